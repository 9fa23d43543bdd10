//! The JSON Schema of a settings file (draft 2020-12): editors complete from it.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::InstanceSettings;

/// Where the dashboard has the schema.
pub const SCHEMA_PATH: &str = "/management/v1/settings.schema.json";

/// The schema of the whole file.
pub fn json_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let instance = generator.subschema_for::<InstanceSettings>();
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of Portal Redirects",
        "description": "The settings of instances. A setting that is left out has its default.",
        "type": "object",
        "properties": {
            "$schema": { "description": "The URL of this schema.", "type": "string" },
            "instances": {
                "description": "The instances by slug: the name in URLs, like my-app.",
                "type": "object",
                "propertyNames": { "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 63, "not": { "const": "new" } },
                "additionalProperties": instance
            }
        },
        "required": ["instances"],
        "additionalProperties": false,
        "$defs": definitions
    })
}
