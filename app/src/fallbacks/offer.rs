//! The offer to allow the origin of a refused fallback redirect. It says first what that opens up, and is saved together with the field.

use leptos::prelude::*;

use super::verdict::{OfferedVerdict, RefusedValue, Verdict};
use crate::{
    instances::stored::StoredInstance,
    paths,
    preview::highlight::{highlighted, in_unicode},
    redirects::{
        AllowedOrigin, Explanation, Flow, Instance, OriginOwner, Refusal, UNDER_SETTINGS, explain, missing_origin_of_fallback,
        policy::Refused, trim_invisible,
    },
    saving::form_element::ALLOW,
    ui::{
        correction::correction_button,
        icon::{WARNING, icon},
    },
};

/// What an editor can do about a foreign origin beside the field, in the place of [`UNDER_SETTINGS`].
const BESIDE_THE_FIELD: &str = "allow this origin";

/// Says why an editor's value is refused: a foreign origin can be allowed beside it, or why not.
pub fn explain_to_editor(instance: &Instance, flow: Flow, value: &str, refused: &Refused) -> Explanation {
    let explanation = explain(instance, value, refused);
    let other = if missing_origin_of_fallback(instance, flow, value).is_some() {
        BESIDE_THE_FIELD
    } else if refused.reason == Refusal::Foreign && instance.has_max_origins() {
        "remove an allowed origin under Settings to make room for this one"
    } else {
        return explanation;
    };
    Explanation { after: explanation.after.replace(UNDER_SETTINGS, other), ..explanation }
}

impl OfferedVerdict {
    /// The verdict on a value. `allow` has the origins that are ticked; `None` for somebody who may not allow any. `kind` is what a button
    /// does: `submit` in a page, and `button` in what the browser puts into one, so that Enter still saves.
    pub fn of(stored: &StoredInstance, flow: Flow, value: &str, allow: Option<&Vec<String>>, kind: &'static str) -> Self {
        let instance = &stored.instance;
        let value = trim_invisible(value);
        let missing = missing_origin_of_fallback(instance, flow, value).filter(|_| stored.unusable.is_none());
        let (Some(origin), Some(allow)) = (missing, allow) else {
            let verdict = Verdict::of(instance, flow, value);
            let correction = if let Verdict::Refused(refused) = &verdict { refused.correction.as_ref() } else { None };
            let offer = correction.map(|to| correction_button(flow.field(), value, to, kind).to_html());
            return Self { verdict, origin: None, offer };
        };
        let ticked = allow.iter().any(|allowed| allowed == origin.as_str());
        let verdict = if ticked {
            Verdict::of(&instance.with_origins(std::slice::from_ref(&origin), &[]), flow, value)
        } else {
            Verdict::of(instance, flow, value).for_editor()
        };
        Self { verdict, offer: Some(offer(flow, &origin, ticked).to_html()), origin: Some(origin.to_string()) }
    }
}

/// The checkbox, and what it opens up.
fn offer(flow: Flow, origin: &AllowedOrigin, ticked: bool) -> impl IntoView + use<> {
    let help = format!("{}-opens", flow.field());
    view! {
        <div class="offer">
            <label class="choice">
                <input type="checkbox" name=ALLOW value=origin.to_string() checked=ticked data-of=flow.field() aria-describedby=help.clone() />
                <span>"Allow this origin"<small>" Saved together with this field"</small></span>
            </label>
            <div id=help>{opens_up(origin)}</div>
        </div>
    }
}

/// What allowing an origin opens up: who decides what people find there, and what is risky about its name.
pub fn opens_up(origin: &AllowedOrigin) -> impl IntoView + use<> {
    let (scheme, rest) = origin.as_str().split_once("://").unwrap_or(("https", origin.as_str()));
    let (before, owner, after) = owned(rest, origin);
    // An empty text would be written as a blank.
    let (before, after) = (format!("{scheme}://{before}"), (!after.is_empty()).then_some(after));
    let warning = warning(origin).map(|text| view! { <p class="verdict" data-kind="warning">{icon(WARNING)}<span>{text}</span></p> });
    let host = rest.split(':').next().unwrap_or(rest);
    let unicode = in_unicode(host).map(|letters| {
        view! {
            <p class="verdict" data-kind="warning">{icon(WARNING)}<span>"Its host reads as "<code>{highlighted(letters)}</code></span></p>
        }
    });
    view! {
        <p class="help">"Every link to your portal may then lead people to any page of "<code>{before}<b>{owner}</b>{after}</code></p>
        {warning}
        {unicode}
    }
}

/// Settings with an origin filled in that is not saved yet.
pub fn settings_with(slug: &str, origin: &AllowedOrigin) -> String {
    let origin: String = url::form_urlencoded::byte_serialize(origin.as_str().as_bytes()).collect();
    format!("{}?{ALLOW}={origin}", paths::instance(slug).settings())
}

/// Why a value is refused, with a link to Settings where `missing` can be allowed.
pub fn with_settings_link(slug: &str, explanation: Explanation, missing: Option<AllowedOrigin>) -> impl IntoView + use<> {
    let Explanation { before, host, after } = explanation;
    let link = missing.as_ref().map(|origin| settings_with(slug, origin));
    view! { {before}<b>{host}</b>{linked(after, link)} }
}

/// A sentence in which the words about Settings are a link.
pub fn linked(sentence: String, href: Option<String>) -> AnyView {
    match (sentence.split_once(UNDER_SETTINGS), href) {
        (Some((before, after)), Some(href)) => view! { {before.to_owned()}<a href=href>{UNDER_SETTINGS}</a>{after.to_owned()} }.into_any(),
        _ => sentence.into_any(),
    }
}

/// A host and its port in three parts, so that the name that its owner has registered can be set off.
fn owned(rest: &str, origin: &AllowedOrigin) -> (String, String, String) {
    let name = match OriginOwner::of(origin) {
        OriginOwner::Registrant(name) | OriginOwner::Customer { name, .. } => name,
        OriginOwner::Operator | OriginOwner::Address | OriginOwner::Local => rest.to_owned(),
    };
    let at = rest.rfind(&name).unwrap_or_default();
    let end = at + name.len();
    (rest[..at].to_owned(), rest[at..end].to_owned(), rest[end..].to_owned())
}

/// What is risky about the name of an origin.
fn warning(origin: &AllowedOrigin) -> Option<String> {
    match OriginOwner::of(origin) {
        OriginOwner::Registrant(_) => None,
        OriginOwner::Customer { name, host } => Some(format!(
            "Anyone can get a name under {host}. Check that {name} is yours, and remove this origin before you give the name up."
        )),
        OriginOwner::Operator => Some("This name belongs to a host or a registry, not to one of its customers.".to_owned()),
        OriginOwner::Address => Some("An IP address can pass to somebody else. Remove this origin when it does.".to_owned()),
        OriginOwner::Local => Some("This leads to each visitor's own computer or network.".to_owned()),
    }
}

impl Verdict {
    /// The verdict as it stands beside an offer.
    fn for_editor(self) -> Self {
        match self {
            Self::Refused(refused) => {
                let after = refused.after.replace(UNDER_SETTINGS, BESIDE_THE_FIELD);
                Self::Refused(RefusedValue { after, ..refused })
            }
            other => other,
        }
    }
}
