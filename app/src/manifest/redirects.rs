//! The fallback redirects in a settings file, by the names that forms and the API have for them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};

use crate::redirects::{Fallbacks, Flow};

/// The fallback redirects of an instance. A flow without one ends at the home URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redirects(pub Fallbacks);

impl Serialize for Redirects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for flow in Flow::ALL {
            if let Some(value) = self.0.get(flow) {
                map.serialize_entry(flow.field(), value)?;
            }
        }
        map.end()
    }
}

impl JsonSchema for Redirects {
    fn schema_name() -> Cow<'static, str> {
        "Redirects".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Value> = Flow::ALL
            .into_iter()
            .map(|flow| {
                let help = flow.help().replace('`', "");
                let description = format!("{}: {help} A URL, or a path that begins with one /. Without it: the home URL.", flow.label());
                (flow.field().to_owned(), json!({ "description": description, "type": ["string", "null"], "maxLength": 2048 }))
            })
            .collect();
        json_schema!({
            "description": "Where people go after each flow, when the link does not say or says something that is refused.",
            "type": ["object", "null"],
            "properties": properties,
            "additionalProperties": false
        })
    }
}
