//! The page of the caller's second factor: setting it up, new recovery codes, turning it off.

use leptos::prelude::*;
use leptos_meta::Title;
use sqlx::PgPool;

use super::{RejectedSignIn, RejectionReason, errors, label, rejection_summary};
use crate::{
    admins::{
        Caller,
        second_factor::{RecoveryCode, SecondFactorConfig, TotpSecret, settings},
        sign_in::SignInError,
        store::{
            second_factors::{self, SecondFactor},
            sessions,
        },
    },
    database::timed,
    error::AppError,
    layout::{
        frame::{Entrance, Frame, ServerPage},
        loading,
    },
    paths,
    ui::{
        copy_button::copy_button,
        field::Field,
        form::FieldError,
        icon::{TICK, icon},
        qr_code::qr_code,
        text::moment,
    },
};

/// Recovery codes that were just made. The page finds them in its context, this once.
#[derive(Clone, Debug)]
pub struct NewRecoveryCodes(pub Vec<RecoveryCode>);

/// What the page shows.
enum State {
    /// The second factor is off. The password is asked for if the session has not begun a moment ago.
    Off { asks_for_password: bool },
    /// It is being set up with this secret.
    Begun(TotpSecret),
    /// It is on.
    On(SecondFactor),
    /// It is on, and these are the recovery codes.
    New(Vec<RecoveryCode>),
}

/// The caller's second factor.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    let mut reason = use_context::<RejectedSignIn>().map(|rejected| rejected.reason);
    let new = use_context::<NewRecoveryCodes>();
    let config = use_context::<SecondFactorConfig>().unwrap_or_default();
    let done = match loading::query().as_str() {
        "off" => Some("The second factor is off. Your other sessions have ended."),
        "expired" => Some("That took too long, or was finished elsewhere. Start again where it stands now."),
        _ => None,
    };
    loading::loaded(async move {
        let caller = loading::caller()?;
        let state = match new {
            Some(NewRecoveryCodes(codes)) => State::New(codes),
            None => match state(&loading::pool()?, &config, &caller).await {
                Ok(state) => state,
                Err(SignInError::SecretKey) => {
                    reason = Some(RejectionReason::SecretKey);
                    State::Off { asks_for_password: true }
                }
                Err(SignInError::Database(error)) => return Err(loading::unavailable(error)),
                Err(_) => return Err(AppError::Unavailable),
            },
        };
        let done = done.filter(|_| reason.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let summary = rejection_summary(reason.as_ref(), label);
        // Nothing else is open to those who must set it up, so there is nothing to navigate to.
        let is_forced = config.is_required && !caller.has_second_factor && !caller.has_provider_factor && !matches!(state, State::New(_));
        let content = content(state, &caller, &errors(reason));
        Ok(if is_forced {
            view! {
                <Entrance title="Set up a second factor">
                    {summary}
                    {done}
                    <p>"This server requires a second factor beside the password. Set it up to go on."</p>
                    <div class="second-factor">{content}</div>
                    <form method="post" action=paths::SIGN_OUT><button class="button">"Sign out"</button></form>
                </Entrance>
            }
            .into_any()
        } else {
            view! {
                <Title text="Second factor" />
                <Frame page=ServerPage::Account>
                    <header class="head">
                        <h1>"Second factor"</h1>
                        <p class="host">{caller.email.to_string()}</p>
                    </header>
                    {summary}
                    {done}
                    <div class="second-factor">{content}</div>
                    <p><a href=paths::ACCOUNT>"Back to your account"</a></p>
                </Frame>
            }
            .into_any()
        })
    })
}

async fn state(pool: &PgPool, config: &SecondFactorConfig, caller: &Caller) -> Result<State, SignInError> {
    if let Some(factor) = second_factors::find(timed(pool), caller.id).await? {
        return Ok(State::On(factor));
    }
    if second_factors::setup(timed(pool), caller.session).await?.is_some() {
        let key = config.key();
        return Ok(match settings::begun(pool, key.as_ref(), caller).await? {
            Some(secret) => State::Begun(secret),
            None => State::Off { asks_for_password: true },
        });
    }
    Ok(State::Off { asks_for_password: !sessions::is_recent(crate::database::timed(pool), caller.session).await? })
}

fn content(state: State, caller: &Caller, errors: &[FieldError]) -> AnyView {
    match state {
        State::Off { asks_for_password } => off(asks_for_password, errors).into_any(),
        State::Begun(secret) => begun(&secret, caller, errors).into_any(),
        State::On(factor) => on(&factor, errors).into_any(),
        State::New(codes) => new_codes(&codes).into_any(),
    }
}

fn off(asks_for_password: bool, errors: &[FieldError]) -> impl IntoView + use<> {
    let password = asks_for_password.then(|| {
        Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(errors)
    });
    view! {
        <form method="post" class="card factor-card" action=paths::SECOND_FACTOR>
            <p>
                "With a second factor, somebody who knows your password still can't sign in: it also takes a code from an app on your "
                "phone. Any authenticator app will do, such as Google Authenticator, 1Password or Aegis."
            </p>
            {password}
            <div class="end"><button class="button primary">"Set up"</button></div>
        </form>
    }
}

fn begun(secret: &TotpSecret, caller: &Caller, errors: &[FieldError]) -> impl IntoView + use<> {
    let code = Field {
        name: "code",
        label: "Code",
        help: "The six digits that the app shows now.",
        kind: "text",
        autocomplete: "one-time-code",
        ..Field::default()
    };
    view! {
        <form method="post" class="card factor-card" action=paths::CONFIRM_SECOND_FACTOR novalidate>
            <h2>"1. Scan this with your authenticator app"</h2>
            {qr_code(&secret.url(&caller.email), "QR code for your authenticator app")}
            <p>"No camera? Enter this key in the app:"</p>
            <p class="secret"><code id="secret">{secret.typed()}</code>{copy_button("secret", "key")}</p>
            <h2>"2. Enter its code"</h2>
            {code.show(errors)}
            <p class="help">"Turning it on ends your other sessions."</p>
            <div class="end"><button class="button primary">"Turn on"</button></div>
        </form>
    }
}

fn on(factor: &SecondFactor, errors: &[FieldError]) -> impl IntoView + use<> {
    let left = match factor.recovery_codes {
        0 => "No recovery code is left. Make new ones, so that you can sign in without your phone.".to_owned(),
        1 => "One recovery code is left.".to_owned(),
        left => format!("{left} recovery codes are left."),
    };
    let proof = Field {
        name: "proof",
        label: "Password or code",
        help: "Your password, or the six digits that your app shows now.",
        kind: "password",
        autocomplete: "current-password",
        ..Field::default()
    };
    view! {
        <form method="post" class="card factor-card" action=paths::RECOVERY_CODES>
            <p><span class="badge">"On"</span>" since "{moment(factor.since)}". "{left}</p>
            {proof.show(errors)}
            <p class="help">"New recovery codes replace the old ones. Turning the second factor off ends your other sessions."</p>
            <div class="end">
                <button class="button">"Make new recovery codes"</button>
                <button class="button danger" formaction=paths::TURN_OFF_SECOND_FACTOR>"Turn off"</button>
            </div>
        </form>
    }
}

fn new_codes(codes: &[RecoveryCode]) -> impl IntoView + use<> {
    let codes: Vec<String> = codes.iter().map(RecoveryCode::to_string).collect();
    view! {
        <p class="banner" role="status">{icon(TICK)}"The second factor is on."</p>
        <section class="card factor-card" aria-labelledby="codes-title">
            <h2 id="codes-title">"Save your recovery codes"</h2>
            <p>"Each one signs you in once, if you lose your phone. Keep them where you keep passwords. They are not shown again."</p>
            <pre class="recovery-codes" id="recovery-codes">{codes.join("\n")}</pre>
            <div class="end">
                {copy_button("recovery-codes", "recovery codes")}
                <a class="button primary" href=paths::INSTANCES>"I have saved them"</a>
            </div>
        </section>
    }
}
