//! Calls of the server functions. One call serves all of them: what a form holds is sent as it is, and the answer is read field by field.
//! Code that is generated for each function and each type would be most of what the browser loads.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use serde::{
    Deserialize,
    de::{
        IntoDeserializer,
        value::{self, StrDeserializer},
    },
};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Headers, RequestInit, Response,
    js_sys::{Array, JSON, Number, Object, Reflect},
};

use super::form_element::{ALLOW, DISALLOW, Fields};
use crate::error::AppError;

/// Fields that are numbers.
const NUMBERS: [&str; 2] = ["version", "from_version"];

/// Fields that are lists, and that may be missing from the form.
const LISTS: [&str; 5] = ["allowed_origins", "origin", "flow", ALLOW, DISALLOW];

/// The arguments of a server function: those that are given as JSON, and what a form holds.
pub fn arguments(given: &str, form: &Fields) -> Object {
    let body = JSON::parse(given).ok().and_then(|given| given.dyn_into::<Object>().ok()).unwrap_or_default();
    let object = Object::new();
    for (name, value) in form.entries() {
        if LISTS.contains(&name.as_str()) {
            let list = get(&object, &name).dyn_into::<Array>().unwrap_or_default();
            list.push(&value.into());
            set(&object, &name, &list);
        } else if NUMBERS.contains(&name.as_str()) {
            set(&object, &name, &Number::parse_float(&value).into());
        } else {
            set(&object, &name, &value.into());
        }
    }
    set(&body, "form", &object);
    body
}

/// The arguments of a server function, all of them texts.
pub fn object(arguments: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in arguments {
        set(&object, name, &JsValue::from_str(value));
    }
    object
}

/// Calls the server function at that address, and returns its outcome.
///
/// # Errors
/// The server can't be reached, or answers with an error.
pub async fn call(function: String, arguments: Object) -> Result<JsValue, AppError> {
    let (status, text) = post(&function, &arguments).await.map_err(|_| AppError::Unreachable)?;
    let answer = JSON::parse(&text).map_err(|_| AppError::Unreachable)?;
    if status == 200 { Ok(answer) } else { Err(error_named(&answer.as_string().unwrap_or_default())) }
}

/// The error with that name in JSON. Other answers are those of a proxy that does not reach the server.
fn error_named(name: &str) -> AppError {
    let name: StrDeserializer<'_, value::Error> = name.into_deserializer();
    AppError::deserialize(name).unwrap_or(AppError::Unreachable)
}

async fn post(function: &str, arguments: &Object) -> Result<(u16, String), JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&JSON::stringify(arguments)?.into());
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(function, &request)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

/// A property of an object; undefined if it has no such property.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A property that is a text; empty if there is none.
pub fn text(object: &JsValue, name: &str) -> String {
    get(object, name).as_string().unwrap_or_default()
}

/// A property that is a list; empty if there is none.
pub fn list(object: &JsValue, name: &str) -> Array {
    get(object, name).dyn_into().unwrap_or_default()
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // A plain object takes any property.
    let _ = Reflect::set(object, &name.into(), value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_known_by_its_name_in_json() {
        for error in [AppError::NotFound, AppError::SignedOut, AppError::BadRequest, AppError::Unavailable] {
            let json = serde_json::to_value(error).unwrap();
            assert_eq!(error_named(json.as_str().unwrap()), error);
        }
        assert_eq!(error_named("<html>502"), AppError::Unreachable);
    }
}
