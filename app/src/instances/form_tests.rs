//! Tests that the form knows every setting: one that is forgotten in a list or in the merge fails here.

use url::form_urlencoded;

use super::form::InstanceForm;
use crate::{
    fixtures::{my_app, stored},
    redirects::{Instance, InstanceField, Settings},
    saving::merge::Merge,
    ui::form::{read, write},
};

/// The fields of the form that are not settings.
const NOT_SETTINGS: [&str; 3] = ["version", "save_id", "base"];

/// The form of `my-app`, with a value in every field.
fn form() -> InstanceForm {
    InstanceForm::of(&stored(Settings { allowed_origins: vec!["https://other.dev".into()], ..my_app() }, &[]))
}

/// The form's fields with their values.
fn fields(form: &InstanceForm) -> Vec<(String, String)> {
    form_urlencoded::parse(write(form).as_bytes()).into_owned().filter(|(name, _)| !NOT_SETTINGS.contains(&name.as_str())).collect()
}

#[test]
fn every_setting_of_the_form_has_a_label() {
    for (name, _) in fields(&form()) {
        assert!(InstanceField::named(&name).is_some(), "{name} is not in InstanceField::ALL");
    }
    assert_eq!(fields(&form()).len(), InstanceField::ALL.len());
}

#[test]
fn whatever_is_typed_survives_a_merge_with_another_save() {
    let mut now = stored(Settings { allowed_origins: vec!["https://other.dev".into()], ..my_app() }, &[]);
    now.instance = Instance::parse(&now.settings, 2).unwrap();
    for (name, value) in fields(&form()).into_iter().filter(|(name, _)| name != InstanceField::Slug.name()) {
        let typed: Vec<(String, String)> = form_urlencoded::parse(write(&form()).as_bytes())
            .map(|(field, old)| if field == name { (name.clone(), format!("{value}typed")) } else { (field.into(), old.into()) })
            .collect();
        let typed: InstanceForm = read(&form_urlencoded::Serializer::new(String::new()).extend_pairs(&typed).finish()).unwrap();
        let (merged, conflict) = typed.merge(&now);
        assert!(fields(&merged).contains(&(name.clone(), format!("{value}typed"))), "{name} is lost in the merge: {merged:?}");
        assert!(conflict.both.is_empty(), "{conflict:?}");
    }
}
