//! For any query, parsing a link does not panic, and a parsed link survives writing and parsing again. The first byte selects the
//! page; the rest is the query, and also a complete link.
#![no_main]

use std::{str, sync::LazyLock};

use app::redirects::{DirectLink, Flow, Instance, LinkParams, Page, Prefill, Settings, parameter_advice, prefill_advice};
use libfuzzer_sys::fuzz_target;

static INSTANCE: LazyLock<Instance> = LazyLock::new(|| {
    let settings = Settings { slug: "my-app".into(), name: "MyApp".into(), domain: "myapp.com".into(), ..Settings::default() };
    Instance::parse(&settings, 1).expect("these settings are valid")
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, query)) = data.split_first() else { return };
    let Ok(query) = str::from_utf8(query) else { return };
    let flow = Flow::ALL[usize::from(*choice) % Flow::ALL.len()];

    let link = LinkParams::read(query);
    holds(flow, &link);
    let page = flow.page().unwrap_or(Page::SignIn).path();
    for text in [query, &format!("https://accounts.myapp.com{page}?{query}")] {
        match DirectLink::parse(&INSTANCE, text) {
            Ok(direct) => {
                let advice = direct.advice(&INSTANCE, None);
                if let Some(corrected) = advice.corrected {
                    assert!(DirectLink::parse(&INSTANCE, &corrected).is_ok(), "{corrected}");
                }
                holds(direct.flow(), &direct.link());
            }
            Err(none) => {
                none.explain(&INSTANCE).to_string();
                if let Some(corrected) = none.corrected(&INSTANCE, text) {
                    assert!(DirectLink::parse(&INSTANCE, &corrected).is_ok(), "{corrected}");
                }
            }
        }
    }
});

fn holds(flow: Flow, link: &LinkParams<'_>) {
    let written = link.write();
    let again = LinkParams::read(&written);
    assert_eq!(again, *link, "{written}");
    assert_eq!(again.write(), written);
    for (name, value) in link.prefill.fields() {
        let Some(value) = value else { continue };
        assert!(value.chars().count() <= 320 && !value.contains(char::is_control) && !value.trim().is_empty(), "{name}: {value:?}");
        assert_eq!(link.prefill.get(name), Some(value));
        prefill_advice(flow, name, value);
    }
    for name in LinkParams::REDIRECTS {
        assert!(!Prefill::NAMES.contains(&name));
        if let Some(value) = link.redirect(name) {
            parameter_advice(&INSTANCE, flow, None, name, value);
            prefill_advice(flow, "email_address", value);
        }
    }
    // A page uses some of the values, and never changes one.
    let read = link.prefill.clone().for_flow(flow);
    for (name, value) in read.fields() {
        assert!(value.is_none() || value == link.prefill.get(name), "{name}");
    }
}
