use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{
    manifest::Redirects,
    redirects::{Environment, Fallbacks, Flow},
};

const SCHEMA: &str = "https://dashboard.myapp.com/management/v1/settings.schema.json";

fn wrong(file: &str) -> Vec<String> {
    Manifest::parse(file.as_bytes(), None).unwrap_err().iter().map(ToString::to_string).collect()
}

fn one(file: &str) -> String {
    let errors = wrong(file);
    let [error] = &errors[..] else { panic!("{errors:?}") };
    error.clone()
}

const MY_APP: &str = "instances:\n  my-app:\n    name: MyApp\n    environment: production\n    domain: myapp.com\n";

#[test]
fn a_short_file_is_read_with_windows_line_ends_and_a_byte_order_mark() {
    for file in [MY_APP.to_owned(), MY_APP.replace('\n', "\r\n"), format!("\u{feff}{MY_APP}"), format!("# first\n---\n{MY_APP}")] {
        let manifest = Manifest::parse(file.as_bytes(), None).unwrap();
        assert_eq!(manifest.instances()["my-app"].domain, "myapp.com", "{file:?}");
    }
    let json = r#"{"instances": {"my-app": {"name": "\ud83d\ude00", "environment": "production", "domain": "myapp.com"}}}"#;
    assert_eq!(Manifest::parse(json.as_bytes(), None).unwrap().instances()["my-app"].name, "😀");
}

#[test]
fn what_a_reader_does_not_see_is_refused() {
    for (file, expected) in [
        (format!("{MY_APP}\thome_url: https://myapp.com/\n"), "6:"),
        (format!("{MY_APP}    name: Other\n"), "6:5: name is here twice. Remove one of them."),
        (format!("{MY_APP}    <<: {{ home_url: / }}\n"), "6:5: Merge keys (<<) are not read."),
        (format!("{MY_APP}    home_url: &home https://myapp.com/\n"), "6:"),
        (format!("{MY_APP}    home_url: *home\n"), "6:"),
        (format!("{MY_APP}    home_url: !!binary aaaa\n"), "6:"),
        (format!("{MY_APP}---\n{MY_APP}"), "6:"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ninstances: *c\n".to_owned(), "1:"),
    ] {
        let error = one(&file);
        assert!(error.starts_with(expected), "{error} for {file}");
    }
    assert!(one(&format!("{MY_APP}\thome_url: x\n")).contains("Indent YAML with spaces"), "a tab");
    assert!(one("a: &a [x]\n").contains("Anchors (&)"));
}

#[test]
fn a_wrong_value_is_said_with_its_line_and_column() {
    let file = format!("{MY_APP}    home_ur: https://myapp.com/\n    portal_enabled: yes\n    redirects:\n      after_signin_url: /in\n");
    assert_eq!(
        wrong(&file),
        [
            "6:14: instances.my-app.home_ur: There is no setting of that name. Write home_url.",
            "7:21: instances.my-app.portal_enabled: Write true or false here, without quotes, not yes.",
            "9:25: instances.my-app.redirects.after_signin_url: There is no redirect of that name. Write after_sign_in_url.",
        ]
    );
    let json = "{\n  \"instances\": {\n    \"my-app\": {\"name\": \"ä\", \"domain\": 7, \"environment\": \"production\"}\n  }\n}";
    assert_eq!(one(json), "3:39: instances.my-app.domain: Expected a text here, and found a number. Put it in quotes.");
    assert!(one("{\"instances\": {\"a\": {}, \"a\": {}}}").starts_with("1:30: a is here twice."));
    assert!(one("{\"instances\": ").starts_with("1:14: This is not valid JSON"));
    // The rules' own errors.
    let manifest =
        Manifest::parse(format!("{MY_APP}    allowed_origins:\n      - https://a.org\n      - nonsense\n").as_bytes(), None).unwrap();
    let found = manifest.error_of("my-app", ManifestError::new("/allowed_origins/1", "No."));
    assert_eq!(found.to_string(), "8:9: instances.my-app.allowed_origins.1: No.");
    let missing = manifest.error_of("my-app", ManifestError::new("/redirects/after_sign_in_url", "No."));
    assert_eq!((missing.line, missing.column), (2, 3), "the instance, where the value is not there");
}

#[test]
fn a_file_without_settings_says_how_to_get_one() {
    for file in ["", " \n", "# nothing\n\n# yet", "\u{feff}"] {
        assert_eq!(one(file), "1:1: The file has no settings. `portal-redirects export` writes one to begin with.");
    }
    assert!(one("[]").contains("Expected a map of keys here, and found a list."));
    assert!(one("instance: {}").contains("Write instances."), "{:?}", wrong("instance: {}"));
    assert_eq!(one("# head\ninstances:\n"), "2:1: instances: instances is empty. Write {} if there are none.", "a file that was cut off");
    assert_eq!(one("{\"instances\": null}"), "1:15: instances: instances is empty. Write {} if there are none.");
    assert_eq!(Manifest::parse(b"instances: {}", None).unwrap().instances().len(), 0);
    let latin = [MY_APP.as_bytes(), b"    name: \xe4\n"].concat();
    assert_eq!(Manifest::parse(&latin, None).unwrap_err()[0].to_string(), "6:11: This is not UTF-8. Save the file as UTF-8.");
}

#[test]
fn ten_megabytes_of_nonsense_end_soon() {
    for part in ["[", "{", "- ", "a: ", "a", "&a *a ", "\t", "- a\n", "\"", "1,", "{\"a\":1}"] {
        let file = part.repeat(10 * 1024 * 1024 / part.len());
        assert!(Manifest::parse(file.as_bytes(), Some(Format::Yaml)).is_err(), "{part}");
    }
    assert!(Manifest::parse("[".repeat(10 * 1024 * 1024).as_bytes(), Some(Format::Json)).is_err());
    for part in ["1,", "{\"a\":1},"] {
        let file = format!("[{}1]", part.repeat(10 * 1024 * 1024 / part.len()));
        let errors = Manifest::parse(file.as_bytes(), Some(Format::Json)).unwrap_err();
        assert!(errors[0].message.contains("too many values"), "{part}: {errors:?}");
    }
    assert!(Manifest::parse(&vec![b' '; MAX_FILE_BYTES + 1], None).unwrap_err()[0].message.contains("larger than 32 MB"));
}

fn written(format: Format, all: &[(String, InstanceSettings)]) -> String {
    let mut output = Vec::new();
    let mut writer = Writer::begin(&mut output, format, SCHEMA).unwrap();
    for (slug, settings) in all {
        writer.instance(slug, "myapp.com", settings).unwrap();
    }
    writer.end().unwrap();
    String::from_utf8(output).unwrap()
}

#[test]
fn a_written_file_names_what_is_a_default() {
    let mut redirects = Fallbacks::default();
    redirects.set(Flow::SignIn, "/in");
    let settings = InstanceSettings {
        name: "My App: #1".into(),
        environment: Environment::Production,
        domain: "myapp.com".into(),
        allowed_origins: vec!["https://*.preview.myapp.dev".into()],
        redirects: Redirects(redirects),
        portal_enabled: true,
        visits_counted: true,
        application_origins: vec!["https://app.myapp.com".into()],
        ..InstanceSettings::default()
    };
    let expected = r#"# yaml-language-server: $schema=https://dashboard.myapp.com/management/v1/settings.schema.json
# A setting that is commented out has its default.
$schema: https://dashboard.myapp.com/management/v1/settings.schema.json
instances:
  my-app:
    name: "My App: #1"
    environment: production
    domain: myapp.com
    # portal_origin: https://accounts.myapp.com
    # home_url: https://myapp.com/
    allowed_origins:
      - https://*.preview.myapp.dev
    redirects:
      # after_sign_up_url: # the home URL
      after_sign_in_url: /in
      # after_sign_out_url: # the home URL
      # logo_link_url: # the home URL
      # after_create_organization_url: # the home URL
      # after_leave_organization_url: # the home URL
      # after_join_waitlist_url: # the home URL
    portal_enabled: true
    visits_counted: true
    application_origins:
      - https://app.myapp.com
    names_in_tokens: false
    requires_confirmed_email: false
"#;
    assert_eq!(written(Format::Yaml, &[("my-app".into(), settings)]), expected);
    for format in [Format::Yaml, Format::Json] {
        assert!(Manifest::parse(written(format, &[]).as_bytes(), Some(format)).unwrap().instances().is_empty());
    }
}

#[test]
fn a_default_without_its_comment_sign_is_the_default() {
    let settings = InstanceSettings { name: "MyApp".into(), domain: "myapp.com".into(), ..InstanceSettings::default() };
    let file = written(Format::Yaml, &[("my-app".into(), settings.clone())]);
    let (head, instances) = file.split_once("instances:").unwrap();
    let plain = format!("{head}instances:{}", instances.replace("    # ", "    "));
    let manifest = Manifest::parse(plain.as_bytes(), None).unwrap_or_else(|errors| panic!("{errors:?}\n{plain}"));
    let read = &manifest.instances()["my-app"];
    assert_eq!(read.redirects, settings.redirects);
    assert_eq!((read.portal_origin.as_deref(), read.home_url.as_deref()), (Some("https://accounts.myapp.com"), Some("https://myapp.com/")));
}

#[test]
fn a_place_in_one_long_line_is_counted_in_characters() {
    let instances: Vec<String> =
        (0..2000).map(|n| format!(r#""a-{n}":{{"name":"ä","environment":"production","domain":"myapp.com"}}"#)).collect();
    let file =
        format!(r#"{{"instances":{{{},"last":{{"name":7,"environment":"production","domain":"myapp.com"}}}}}}"#, instances.join(","));
    let before = file.split_once("7,\"env").unwrap().0.chars().count();
    let error = one(&file);
    assert!(error.starts_with(&format!("1:{}: instances.last.name: ", before + 1)), "{error}");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{1,20}", ".{1,12}", Just("yes".to_owned()), Just("null".into()), Just("1e3".into()), Just("2024-01-01".into())]
}

prop_compose! {
    fn settings()(
        name in text(), domain in text(), portal in option::of(text()), home in option::of(text()), origins in vec(text(), 0..4),
        redirects in vec(option::of(text()), Flow::ALL.len()), is_on in any::<[bool; 5]>(), applications in vec(text(), 0..3),
    ) -> InstanceSettings {
        let redirects = Flow::ALL.into_iter().zip(redirects).filter_map(|(flow, value)| Some((flow, value?))).collect();
        let some = |value: Option<String>| value.filter(|value| !value.trim().is_empty());
        InstanceSettings {
            name, domain, portal_origin: some(portal), home_url: some(home), allowed_origins: origins, redirects: Redirects(redirects),
            environment: if is_on[0] { Environment::Production } else { Environment::Development },
            portal_enabled: is_on[1], visits_counted: is_on[2], application_origins: applications, names_in_tokens: is_on[3],
            requires_confirmed_email: is_on[4],
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(all in vec(settings(), 0..3)) {
        let all: Vec<_> = all.into_iter().enumerate().map(|(index, settings)| (format!("app-{index}"), settings)).collect();
        for format in [Format::Yaml, Format::Json] {
            let file = written(format, &all);
            let manifest = Manifest::parse(file.as_bytes(), Some(format)).map_err(|errors| TestCaseError::fail(format!("{errors:?}\n{file}")))?;
            let read: Vec<_> = manifest.instances().iter().map(|(slug, settings)| (slug.clone(), settings.clone())).collect();
            prop_assert_eq!(&read, &all, "{}", file);
        }
    }
}
