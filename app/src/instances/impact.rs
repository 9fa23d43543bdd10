//! What settings mean for the stored fallback redirects: which of them would be skipped, said before and after the settings are saved.

use leptos::prelude::*;

use super::{
    form::InstanceForm,
    save::{DashboardHost, checked},
    stored::StoredInstance,
};
use crate::{
    database::StoreError,
    fallbacks::{
        skipped::{Skipped, skipped},
        verdict::UrlParts,
    },
    paths,
    redirects::Instance,
    saving::outcome::{Impact, SettingsCheck},
    ui::{
        icon::{WARNING, icon},
        text::listed,
    },
};

/// Checks the form against what is stored.
pub(super) fn check(stored: &StoredInstance, form: &InstanceForm, dashboard: &DashboardHost) -> SettingsCheck {
    let errors = match checked(form, dashboard, Some(&stored.instance)) {
        Err(StoreError::Fields(errors)) => errors,
        _ => Vec::new(),
    };
    // What is wrong with another field does not hide what a removed origin means.
    let restore = |form: &InstanceForm| Instance::restore(form.settings(), stored.instance.version()).ok();
    let Some(proposed) = restore(form) else { return SettingsCheck { errors, ..SettingsCheck::default() } };
    let before = skipped(&stored.instance, &stored.fallbacks);
    let is_new = |skipped: &Skipped| before.iter().all(|before| before.flow != skipped.flow);
    let new: Vec<_> = skipped(&proposed, &stored.fallbacks).into_iter().filter(is_new).collect();
    let removed = stored.settings.allowed_origins.iter().filter(|origin| !form.allowed_origins.contains(origin));
    let origins = removed.filter_map(|origin| {
        let mut kept = form.clone();
        kept.allowed_origins.push(origin.clone());
        let with_it = skipped(&restore(&kept)?, &stored.fallbacks);
        let needs_it = |skipped: &&Skipped| with_it.iter().all(|other| other.flow != skipped.flow);
        let affected: Vec<_> = new.iter().filter(needs_it).collect();
        (!affected.is_empty()).then(|| (origin.clone(), removal(stored, origin, &affected).to_html()))
    });
    let origins = origins.collect();
    SettingsCheck { errors, impact: impact(stored, &new, "would be skipped"), origins }
}

/// Which of these are skipped, in a few words, and where to change it. `None` where none is.
fn impact(stored: &StoredInstance, skipped: &[Skipped], what: &str) -> Option<Impact> {
    let first = skipped.first()?;
    let names: Vec<_> = skipped.iter().map(|skipped| skipped.flow.label()).collect();
    Some(Impact { text: format!("{} {what}", listed(&names)), page: page_of(stored, first) })
}

/// The fallback redirects that are skipped as the instance is stored.
pub(super) fn impact_now(stored: &StoredInstance) -> Option<Impact> {
    let skipped = skipped(&stored.instance, &stored.fallbacks);
    impact(stored, &skipped, if skipped.len() == 1 { "is skipped now" } else { "are skipped now" })
}

fn page_of(stored: &StoredInstance, skipped: &Skipped) -> String {
    format!("{}#{}", paths::instance(&stored.settings.slug).redirects(), skipped.flow.field())
}

/// What removing an origin means.
fn removal(stored: &StoredInstance, origin: &str, affected: &[&Skipped]) -> impl IntoView + use<> {
    let (scheme, host) = origin.split_once("://").unwrap_or(("", origin));
    let (scheme, host) = (format!("{scheme}://"), host.to_owned());
    let links = affected.iter().enumerate().map(|(index, skipped)| {
        let comma = (index > 0).then_some(", ");
        view! { {comma}<a href=page_of(stored, skipped)>{skipped.flow.label()}</a> }
    });
    let links = links.collect_view();
    let it = if affected.len() == 1 { "it" } else { "they" };
    let target = affected.first().map(|skipped| UrlParts::from(&skipped.target)).unwrap_or_default();
    view! {
        "Removing "{scheme}<b>{host}</b>" affects "{links}": "{it}" would be skipped, and people would end at "{target.before}<b>{target.host}</b>{target.after}"."
    }
}

/// Says after a save which fallback redirects are skipped now. Nothing where none is.
pub(super) fn skipped_banner(stored: &StoredInstance) -> Option<impl IntoView + use<>> {
    let Impact { text, page } = impact_now(stored)?;
    Some(view! {
        <p class="banner" data-kind="off" role="status">
            {icon(WARNING)}
            <span>{text}", because these settings don't allow what is stored there. " <a href=page>"Open in Redirects"</a></span>
        </p>
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures::{my_app, stored},
        redirects::{Flow, Settings},
    };

    fn my_stored() -> StoredInstance {
        let allowed_origins = vec!["https://partner.example.org".to_owned(), "https://other.example".to_owned()];
        let fallbacks =
            [(Flow::SignIn, "https://partner.example.org/start"), (Flow::SignUp, "/welcome"), (Flow::Logo, "https://gone.example/")];
        stored(Settings { allowed_origins, ..my_app() }, &fallbacks)
    }

    fn checked_with(change: impl FnOnce(&mut InstanceForm)) -> SettingsCheck {
        let stored = my_stored();
        let mut form = InstanceForm::of(&stored);
        change(&mut form);
        check(&stored, &form, &DashboardHost::default())
    }

    #[test]
    fn what_is_skipped_already_and_what_changes_nothing_are_not_said() {
        assert_eq!(checked_with(|_| ()), SettingsCheck::default());
        assert_eq!(checked_with(|form| form.name = "Renamed".into()), SettingsCheck::default());
        assert_eq!(checked_with(|form| drop(form.allowed_origins.remove(1))), SettingsCheck::default());
    }

    #[test]
    fn removing_an_origin_names_the_flows_that_need_it_and_where_their_visitors_would_end() {
        let found = checked_with(|form| drop(form.allowed_origins.remove(0)));
        let impact = Impact { text: "After sign-in would be skipped".into(), page: "/instances/my-app/redirects#after_sign_in_url".into() };
        assert_eq!((found.errors, found.impact), (Vec::new(), Some(impact)));
        let [(origin, html)] = &found.origins[..] else { panic!("{:?}", found.origins) };
        assert_eq!(origin, "https://partner.example.org");
        // Leptos marks the ends of children.
        let html = html.replace("<!>", "");
        assert!(html.contains("https://<b>partner.example.org</b>") || html.contains("partner.example.org</b>"), "{html}");
        assert!(html.contains("After sign-in</a>") && html.contains("<b>myapp.com</b>"), "{html}");
    }

    #[test]
    fn a_changed_domain_environment_and_home_url_are_held_against_the_fallbacks_too() {
        let text = |found: SettingsCheck| found.impact.map(|impact| impact.text);
        let stored =
            stored(Settings { ..my_app() }, &[(Flow::SignIn, "https://app.myapp.com/in"), (Flow::SignOut, "https://myapp.com/out")]);
        let mut form = InstanceForm::of(&stored);
        form.domain = "moved.com".into();
        let both = "After sign-in and After sign-out would be skipped";
        assert_eq!(text(check(&stored, &form, &DashboardHost::default())).as_deref(), Some(both));
        // Another field that is wrong does not hide it.
        form.name = String::new();
        let found = check(&stored, &form, &DashboardHost::default());
        assert_eq!((found.errors.len(), text(found).as_deref()), (1, Some(both)));
    }
}
