//! The button beside a field's error that puts the corrected value in. Without JavaScript it posts the form again with that value.

use leptos::prelude::*;

/// The name of the button in its form.
pub const CORRECTION: &str = "correction";

/// What the button posts: the field, what it should be, and what it is. No field and no corrected value has a tab in it.
pub fn correction_value(field: &str, to: &str, from: &str) -> String {
    [field, to, from].join("\t")
}

/// The button for a value. As a `submit` button it posts the form; JavaScript makes it answer in the page.
pub fn correction_button(field: &str, from: &str, to: &str, kind: &'static str) -> impl IntoView + use<> {
    let (value, to) = (correction_value(field, to, from), to.to_owned());
    view! {
        <button type=kind class="button small correction" name=CORRECTION value=value>
            "Use " <code>{to}</code>
        </button>
    }
}

/// A button that nobody sees, for Enter: the first one of a form is pressed then, and that must not be a correction.
pub fn enter_saves() -> impl IntoView {
    view! { <button class="unseen" tabindex="-1" aria-hidden="true">"Save"</button> }
}

/// The fields of a posted form, with the correction that was chosen taken over. `None` if none was.
#[cfg(feature = "ssr")]
pub fn corrected(body: &[u8]) -> Option<String> {
    let fields: Vec<_> = url::form_urlencoded::parse(body).collect();
    let (_, chosen) = fields.iter().find(|(name, _)| name == CORRECTION)?;
    let mut parts = chosen.splitn(3, '\t');
    let (field, to, from) = (parts.next()?, parts.next()?, parts.next()?);
    // The inputs of a list have a number after their name.
    let name = field.split('-').next().unwrap_or(field);
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    for (other, value) in fields.iter().filter(|(other, _)| other != CORRECTION) {
        written.append_pair(other, if other == name && value.trim() == from.trim() { to } else { value });
    }
    Some(written.finish())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_correction_takes_the_place_of_its_value_and_nothing_else_changes() {
        let written = |field, to, from| {
            let body = format!("name=My+App&allowed_origins=a.com&domain=a.com&allowed_origins=https://b.com&correction={}", {
                url::form_urlencoded::byte_serialize(correction_value(field, to, from).as_bytes()).collect::<String>()
            });
            let fields = corrected(body.as_bytes()).unwrap();
            url::form_urlencoded::parse(fields.as_bytes()).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        };
        assert_eq!(
            written("allowed_origins", "https://a.com", "a.com"),
            "name=My App&allowed_origins=https://a.com&domain=a.com&allowed_origins=https://b.com"
        );
        assert_eq!(
            written("allowed_origins-1", "https://c.com", " https://b.com"),
            "name=My App&allowed_origins=a.com&domain=a.com&allowed_origins=https://c.com"
        );
        assert_eq!(corrected(b"domain=a.com"), None);
    }
}
