//! An instance's settings for a pipeline: as a call of the management API, as the settings file, and as a job that plans a change.

use super::snippet::Block;
use crate::{
    instances::stored::StoredInstance,
    manifest::{Format, InstanceSettings, SCHEMA_PATH, Writer},
    redirects::Flow,
};

/// The name of the pipeline in the page's address.
pub(super) const PIPELINE: &str = "pipeline";

/// The code for the instance. `dashboard` is the URL of the dashboard, without a slash at its end.
pub(super) fn blocks(stored: &StoredInstance, dashboard: &str) -> Vec<Block> {
    vec![
        Block {
            title: "Settings file",
            about: "Everything that admins set, to keep in git. `portal-redirects export` writes the same.".to_owned(),
            file: "settings.yaml",
            code: settings_file(stored, dashboard),
        },
        Block {
            title: "curl",
            about: "Replaces all fallback redirects, if nobody has saved since they were read. With `?dry_run=true` it only says what would change.".to_owned(),
            file: "redirects.sh",
            code: curl(stored, dashboard),
        },
        Block {
            title: "CI job",
            about: "Writes what a pull request would change as a comment. The token needs the scope `read`.".to_owned(),
            file: ".github/workflows/redirects.yml",
            code: job(dashboard),
        },
    ]
}

fn settings_file(stored: &StoredInstance, dashboard: &str) -> String {
    let schema = format!("{dashboard}{SCHEMA_PATH}");
    let mut file = Vec::new();
    // Writing to memory does not fail.
    let _ = Writer::begin(&mut file, Format::Yaml, &schema).and_then(|mut writer| {
        writer.instance(&stored.settings.slug, stored.instance.domain().as_str(), &InstanceSettings::of(stored))?;
        writer.end()
    });
    String::from_utf8_lossy(&file).trim_end().to_owned()
}

fn curl(stored: &StoredInstance, dashboard: &str) -> String {
    let redirects: serde_json::Map<_, _> =
        Flow::ALL.into_iter().map(|flow| (flow.field().to_owned(), stored.fallbacks.get(flow).into())).collect();
    let body = serde_json::to_string_pretty(&redirects).unwrap_or_default();
    format!(
        "redirects={dashboard}/management/v1/instances/{}/redirects\n\
         auth=\"Authorization: Bearer $PORTAL_REDIRECTS_TOKEN\"\n\
         etag=$(curl -fsS -o /dev/null -D - -H \"$auth\" \"$redirects\" | sed -n 's/^etag: //Ip' | tr -d '\\r')\n\
         curl -fsS -X PUT -H \"$auth\" -H \"If-Match: $etag\" --json @- \"$redirects\" <<'JSON'\n{body}\nJSON",
        stored.settings.slug
    )
}

/// The job, for this dashboard.
fn job(dashboard: &str) -> String {
    include_str!("job.yml").trim_end().replace("https://dashboard.myapp.com", dashboard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{my_app, stored},
        manifest::Manifest,
    };

    fn code(index: usize) -> String {
        let stored = stored(my_app(), &[(Flow::SignIn, "/dash'board")]);
        blocks(&stored, "https://admin.example").swap_remove(index).code
    }

    #[test]
    fn the_file_is_one_that_apply_takes() {
        let file = Manifest::parse(code(0).as_bytes(), Some(Format::Yaml)).unwrap();
        let settings = &file.instances()["my-app"];
        assert_eq!(settings.redirects.0.get(Flow::SignIn), Some("/dash'board"));
        assert!(code(0).contains("$schema: https://admin.example/management/v1/settings.schema.json"));
    }

    #[test]
    fn the_call_has_every_redirect_and_the_dashboard() {
        let call = code(1);
        assert!(call.starts_with("redirects=https://admin.example/management/v1/instances/my-app/redirects\n"), "{call}");
        let body = call.split_once("<<'JSON'\n").unwrap().1.strip_suffix("\nJSON").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((body.as_object().unwrap().len(), &body["after_sign_in_url"]), (Flow::ALL.len(), &"/dash'board".into()));
    }

    #[test]
    fn the_job_is_that_of_the_readme() {
        let job = code(2);
        assert!(job.starts_with("name: redirects\non:\n") && job.contains("SERVER: https://admin.example\n"), "{job}");
        assert!(job.ends_with("test \"$status\" -le 1"), "{job}");
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&format!("```yaml\n{}```\n", include_str!("job.yml"))));
    }
}
