//! What an owner sees at the end of a trial sign-in: what the provider has returned, and what that means here.

use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::{
    identity_provider::{Profile, ProfileError},
    ui::text::Escaped,
};

/// How many claims the page shows, and how much of each.
const MAX_CLAIMS: usize = 100;
const MAX_CHARS: usize = 500;

/// How a trial ended.
#[derive(Clone)]
pub enum Trial {
    /// The provider has signed somebody in.
    Returned {
        /// The claims of the ID token and of the userinfo response.
        claims: Map<String, Value>,
        /// What the instance's rules make of them.
        profile: Result<Profile, ProfileError>,
        /// Whether the person has an account.
        has_account: bool,
        /// Whether people without an account get one.
        allows_sign_up: bool,
    },
    /// It failed, for that reason.
    Failed(String),
    /// The link is too old or not known, or the settings have changed since.
    Expired,
}

/// The page.
pub fn provider_trial(trial: &Trial) -> impl IntoView + use<> {
    let body = match trial {
        Trial::Returned { claims, profile, has_account, allows_sign_up } => {
            returned(claims, profile, outcome(profile, *has_account, *allows_sign_up)).into_any()
        }
        Trial::Failed(why) => view! { <p role="alert">{format!("It failed: {}.", Escaped(why))}</p> }.into_any(),
        Trial::Expired => {
            let text = "This link has expired, or the settings were changed since it was made. Go back to the dashboard, and choose \
                 “Test connection” again.";
            view! { <p role="alert">{text}</p> }.into_any()
        }
    };
    view! {
        {body}
        <p class="other">"Close this tab to go back to the dashboard."</p>
    }
}

fn returned(claims: &Map<String, Value>, profile: &Result<Profile, ProfileError>, outcome: &'static str) -> impl IntoView + use<> {
    let more = claims.len().saturating_sub(MAX_CLAIMS);
    let claims = claims.iter().take(MAX_CLAIMS).map(|(name, value)| row(name, &text(value))).collect_view();
    let filled = profile.as_ref().ok().map(|profile| {
        let rows = [
            ("Email address", &profile.email_address),
            ("Username", &profile.username),
            ("First name", &profile.first_name),
            ("Last name", &profile.last_name),
        ];
        let rows = rows.map(|(label, value)| row(label, value.as_deref().unwrap_or("Not filled"))).collect_view();
        view! {
            <section aria-labelledby="filled-title">
                <h2 id="filled-title">"What fills a new account"</h2>
                <dl>{rows}</dl>
            </section>
        }
    });
    view! {
        <p role="status">"The provider signed you in. "{outcome}" This was only a trial: nobody is signed in here, and nothing is stored."</p>
        {filled}
        <section aria-labelledby="claims-title">
            <h2 id="claims-title">"Claims"</h2>
            <dl>{claims}</dl>
            {(more > 0).then(|| view! { <p>{format!("{more} more claims are not shown.")}</p> })}
        </section>
    }
}

/// What a real sign-in would have done.
fn outcome(profile: &Result<Profile, ProfileError>, has_account: bool, allows_sign_up: bool) -> &'static str {
    match profile {
        Err(ProfileError::NoEmail) => "You could not sign in here: only some email domains may, and the claims have no email address.",
        Err(ProfileError::UnverifiedEmail) => {
            "You could not sign in here: only some email domains may, and the provider does not say that your address is verified."
        }
        Err(ProfileError::OtherDomain) => "You could not sign in here: your email address's domain is not allowed.",
        Ok(_) if has_account => "You have an account here, and would be signed in to it.",
        Ok(_) if !allows_sign_up => "You could not sign in here: you have no account, and new people may not sign up.",
        Ok(profile) if profile.email_address.is_none() && profile.username.is_none() => {
            "You could not sign in here: the claims have neither a verified email address nor a username to fill an account with."
        }
        Ok(_) => "You have no account here, so your first sign-in would be a sign-up.",
    }
}

fn row(label: &str, value: &str) -> impl IntoView + use<> {
    view! { <div><dt>{Escaped(label).to_string()}</dt><dd>{Escaped(value).to_string()}</dd></div> }
}

/// A claim's value: texts as they are, others as JSON. It says how long a text is that is not shown whole.
fn text(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let chars = text.chars().count();
    if chars <= MAX_CHARS {
        return text;
    }
    let start: String = text.chars().take(MAX_CHARS).collect();
    format!("{start}… ({chars} characters)")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn html(trial: &Trial) -> String {
        provider_trial(trial).to_html()
    }

    #[test]
    fn it_shows_claims_what_fills_an_account_and_what_a_sign_in_would_do() {
        let Value::Object(claims) = json!({"sub": "1", "groups": ["a", "b"], "bio": "é".repeat(600), "name": "<b>"}) else { panic!() };
        let profile = Profile { email_address: Some("ana@company.com".into()), ..Profile::default() };
        let returned =
            |profile, has_account, allows_sign_up| Trial::Returned { claims: claims.clone(), profile, has_account, allows_sign_up };
        let page = html(&returned(Ok(profile.clone()), false, true));
        for text in ["[\"a\",\"b\"]", "… (600 characters)", "&lt;b&gt;", "ana@company.com", "Not filled", "would be a sign-up"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        for (trial, text) in [
            (returned(Ok(profile.clone()), true, false), "would be signed in to it"),
            (returned(Ok(profile), false, false), "new people may not sign up"),
            (returned(Ok(Profile::default()), false, true), "neither a verified email address nor a username"),
            (returned(Err(ProfileError::NoEmail), true, true), "have no email address"),
            (returned(Err(ProfileError::UnverifiedEmail), true, true), "does not say that your address is verified"),
            (returned(Err(ProfileError::OtherDomain), true, true), "email address's domain is not allowed"),
            (Trial::Failed("the provider answers invalid_client".into()), "It failed: the provider answers invalid_client."),
            (Trial::Expired, "has expired"),
        ] {
            assert!(html(&trial).contains(text), "{text}");
        }
        let many = (0..150).map(|n| (format!("claim{n}"), json!(n))).collect();
        let many = Trial::Returned { claims: many, profile: Ok(Profile::default()), has_account: true, allows_sign_up: true };
        assert!(html(&many).contains("50 more claims are not shown."));
    }
}
