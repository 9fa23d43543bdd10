//! Second factors in the database: setting up, codes that count once, recovery codes, turning off.

use sqlx::PgPool;

use super::{
    RecoveryCode, TotpSecret,
    check::{CodeContext, finish_sign_in},
    settings,
};
use crate::{
    admins::{
        Caller, Token,
        form::{CodeForm, ConfirmForm, ProofForm, SetUpForm, SignInForm},
        sign_in::{SignInError, SignInStep, sign_in},
        store::{accounts, pending_sign_ins, second_factors, sessions},
    },
    credentials::{client::Client, password::Password, secret_key::SecretKey},
    fixtures::session,
};

const EMAIL: &str = "ana@myapp.com";
const PASSWORD: &str = "correct horse battery staple";
const NOW: i64 = 1_800_000_000;

/// An account with a password and a session.
async fn caller(pool: &PgPool) -> Caller {
    let hash = Password::from(PASSWORD).hash().await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let id = accounts::create(&mut connection, &EMAIL.parse().unwrap(), &hash, true).await.unwrap().unwrap();
    drop(connection);
    sessions::find(pool, &session(pool, id).await, None).await.unwrap().unwrap()
}

/// What checking a code needs, this many steps later.
fn later(key: &SecretKey, steps: i64) -> CodeContext {
    CodeContext { key: Some(key.clone()), now: NOW + steps * 30 }
}

/// Turns the second factor on with the code of [`NOW`].
async fn turned_on(pool: &PgPool, key: &SecretKey, caller: &Caller) -> (TotpSecret, Vec<RecoveryCode>) {
    settings::begin(pool, key, caller, &SetUpForm::default()).await.unwrap();
    let secret = settings::begun(pool, Some(key), caller).await.unwrap().unwrap();
    let form = ConfirmForm { code: secret.code(NOW) };
    let codes = settings::confirm(pool, &later(key, 0), caller, &form).await.unwrap();
    (secret, codes)
}

/// Signs in with the password, and returns the token of the sign-in whose code is missing.
async fn pending(pool: &PgPool) -> Token {
    let form = SignInForm { email: EMAIL.into(), password: Password::from(PASSWORD), next: String::new() };
    match sign_in(pool, &form, false, &Client::default()).await.unwrap() {
        SignInStep::NeedsCode(token) => token,
        SignInStep::SignedIn(_) => panic!("no code was asked for"),
    }
}

fn code(code: &str) -> CodeForm {
    CodeForm { code: code.into(), ..CodeForm::default() }
}

fn recovery(code: impl ToString) -> CodeForm {
    CodeForm { recovery_code: code.to_string(), ..CodeForm::default() }
}

fn proof(text: &str) -> ProofForm {
    ProofForm { proof: Password::from(text) }
}

/// What is wrong with a field, as the page says it.
fn said<T: std::fmt::Debug>(result: Result<T, SignInError>) -> String {
    match result.unwrap_err() {
        SignInError::Fields(errors) => format!("{}: {}", errors[0].field, errors[0].message),
        other => format!("{other:?}"),
    }
}

async fn kinds(pool: &PgPool) -> Vec<String> {
    let each = "select kind from (
        select id, kind, 1 as attempts from changes union all select id, kind, attempts from failed_sign_ins
    ) c, generate_series(1, attempts) order by id";
    sqlx::query_scalar(each).fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_code_signs_in_once_and_no_earlier_one_does_after_it(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let (secret, _) = turned_on(&pool, &key, &caller).await;
    let client = Client::default();
    let enter = async |context: CodeContext, form: CodeForm| finish_sign_in(&pool, &context, &pending(&pool).await, &form, &client).await;
    // The code that turned it on has been used.
    assert!(said(enter(later(&key, 0), code(&secret.code(NOW))).await).starts_with("code: That code has been used."));
    assert!(enter(later(&key, 1), code(&secret.code(NOW + 60))).await.is_ok(), "the phone is a step ahead");
    for used in [NOW + 30, NOW + 60] {
        assert!(said(enter(later(&key, 2), code(&secret.code(used))).await).starts_with("code: That code has been used."));
    }
    assert!(said(enter(later(&key, 9), code(&secret.code(NOW + 60))).await).starts_with("code: That code is wrong."));
    assert!(said(enter(later(&key, 9), code("")).await).starts_with("code: That code is wrong."));
    assert!(enter(later(&key, 9), code(&secret.code(NOW + 8 * 30))).await.is_ok(), "the phone is a step behind");
    let failed = kinds(&pool).await.iter().filter(|kind| *kind == "second_factor_failed").count();
    assert_eq!(failed, 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_requests_with_one_code_one_signs_in(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let (secret, codes) = turned_on(&pool, &key, &caller).await;
    let client = Client::default();
    for form in [code(&secret.code(NOW + 30)), recovery(codes[0])] {
        let (left, right, context) = (pending(&pool).await, pending(&pool).await, later(&key, 1));
        let done =
            tokio::join!(finish_sign_in(&pool, &context, &left, &form, &client), finish_sign_in(&pool, &context, &right, &form, &client));
        assert_eq!([done.0.is_ok(), done.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
    }
    let token = pending(&pool).await;
    let (form, context) = (code(&secret.code(NOW + 90)), later(&key, 3));
    let done =
        tokio::join!(finish_sign_in(&pool, &context, &token, &form, &client), finish_sign_in(&pool, &context, &token, &form, &client));
    assert_eq!([done.0.is_ok(), done.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn each_recovery_code_signs_in_once_and_without_the_key(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let (_, codes) = turned_on(&pool, &key, &caller).await;
    let client = Client::default();
    let enter = async |form: CodeForm| finish_sign_in(&pool, &CodeContext::default(), &pending(&pool).await, &form, &client).await;
    for code in &codes {
        assert!(enter(recovery(code)).await.is_ok());
        assert!(said(enter(recovery(code)).await).starts_with("recovery_code: That is not one of your recovery codes"));
    }
    assert!(said(enter(recovery("x")).await).starts_with("recovery_code: "));
    assert_eq!(second_factors::find(&pool, caller.id).await.unwrap().unwrap().recovery_codes, 0);
    // Stored are only their hashes.
    let stored: Vec<String> = sqlx::query_scalar("select row_to_json(c)::text from changes c").fetch_all(&pool).await.unwrap();
    assert!(stored.iter().all(|row| !codes.iter().any(|code| row.contains(&code.to_string()))), "{stored:?}");
    let used = stored.iter().filter(|row| row.contains("recovery_code_used")).count();
    assert_eq!(used, 10);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_key_or_with_another_one_no_code_counts(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let (secret, _) = turned_on(&pool, &key, &caller).await;
    let right = code(&secret.code(NOW + 30));
    let token = pending(&pool).await;
    for other in [None, Some(SecretKey::new().unwrap())] {
        let context = CodeContext { key: other, now: NOW + 30 };
        assert_eq!(said(finish_sign_in(&pool, &context, &token, &right, &Client::default()).await), "SecretKey");
        assert_eq!(said(settings::turn_off(&pool, &context, &caller, &proof(&right.code)).await), "SecretKey");
    }
    // Nothing is used up by that.
    assert!(finish_sign_in(&pool, &later(&key, 1), &token, &right, &Client::default()).await.is_ok());
    let failed = kinds(&pool).await.iter().filter(|kind| *kind == "second_factor_failed").count();
    assert_eq!(failed, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_secret_that_is_moved_to_another_account_counts_for_nobody(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let (secret, _) = turned_on(&pool, &key, &caller).await;
    // Somebody who can write to the database puts a secret of their own in the place of another admin's.
    let own = TotpSecret::new().unwrap();
    let encrypted = own.encrypt(&key, caller.id + 1).unwrap();
    sqlx::query("update admin_second_factors set secret = $1").bind(encrypted).execute(&pool).await.unwrap();
    for typed in [own.code(NOW + 30), secret.code(NOW + 30)] {
        let done = finish_sign_in(&pool, &later(&key, 1), &pending(&pool).await, &code(&typed), &Client::default()).await;
        assert_eq!(said(done), "SecretKey");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn setting_up_counts_only_once_confirmed_and_belongs_to_its_session(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let other =
        Caller { session: sessions::find(&pool, &session(&pool, caller.id).await, None).await.unwrap().unwrap().session, ..caller.clone() };
    settings::begin(&pool, &key, &caller, &SetUpForm::default()).await.unwrap();
    let first = settings::begun(&pool, Some(&key), &caller).await.unwrap().unwrap();
    assert!(!second_factors::is_on(&pool, caller.id).await.unwrap());
    assert_eq!(settings::begun(&pool, Some(&key), &other).await.unwrap(), None, "another session does not see the secret");
    assert_eq!(said(settings::confirm(&pool, &later(&key, 0), &other, &ConfirmForm { code: first.code(NOW) }).await), "Expired");
    // Beginning again replaces the secret.
    settings::begin(&pool, &key, &caller, &SetUpForm::default()).await.unwrap();
    let wrong = settings::confirm(&pool, &later(&key, 0), &caller, &ConfirmForm { code: first.code(NOW) }).await;
    assert!(said(wrong).starts_with("code: That code is wrong."));
    sqlx::query("update admin_second_factor_setups set created_at = now() - interval '31 minutes'").execute(&pool).await.unwrap();
    assert_eq!(settings::begun(&pool, Some(&key), &caller).await.unwrap(), None);
    assert_eq!(kinds(&pool).await, ["second_factor_failed"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_older_session_needs_the_password_to_set_it_up(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    sqlx::query("update admin_sessions set created_at = now() - interval '11 minutes'").execute(&pool).await.unwrap();
    let form = |text: &str| SetUpForm { password: Password::from(text) };
    for wrong in ["", "wrong"] {
        assert_eq!(said(settings::begin(&pool, &key, &caller, &form(wrong)).await), "password: That is not your password.");
    }
    assert!(settings::begin(&pool, &key, &caller, &form(PASSWORD)).await.is_ok());
}

#[sqlx::test(migrations = "../migrations")]
async fn turning_it_on_and_off_ends_all_other_sessions_and_sign_ins(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let token = session(&pool, caller.id).await;
    let (secret, codes) = turned_on(&pool, &key, &caller).await;
    assert!(sessions::find(&pool, &token, None).await.unwrap().is_none());
    let (token, half) = (session(&pool, caller.id).await, pending(&pool).await);
    assert_eq!(said(settings::turn_off(&pool, &later(&key, 1), &caller, &proof("wrong")).await), "proof: That is not your password.");
    assert!(said(settings::turn_off(&pool, &later(&key, 1), &caller, &proof("000 000")).await).starts_with("proof: That code is wrong."));
    // A password may be all digits.
    let digits = proof("314159265358");
    assert_eq!(said(settings::turn_off(&pool, &later(&key, 1), &caller, &digits).await), "proof: That is not your password.");
    assert!(said(settings::turn_off(&pool, &later(&key, 1), &caller, &proof(&codes[0].to_string())).await).starts_with("proof: "));
    settings::turn_off(&pool, &later(&key, 1), &caller, &proof(&secret.code(NOW + 30))).await.unwrap();
    assert!(sessions::find(&pool, &token, None).await.unwrap().is_none());
    assert!(sessions::exists(&pool, caller.session).await.unwrap());
    assert!(pending_sign_ins::find(&pool, &half).await.unwrap().is_none());
    assert_eq!(said(settings::turn_off(&pool, &later(&key, 2), &caller, &proof(PASSWORD)).await), "Expired");
    let form = SignInForm { email: EMAIL.into(), password: Password::from(PASSWORD), next: String::new() };
    assert!(matches!(sign_in(&pool, &form, false, &Client::default()).await, Ok(SignInStep::SignedIn(_))));
    assert_eq!(
        kinds(&pool).await,
        [
            "second_factor_on",
            "sign_in_failed",
            "sign_in_failed",
            "sign_in_failed",
            "second_factor_failed",
            "second_factor_off",
            "signed_in"
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn new_recovery_codes_end_the_earlier_ones(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let (_, old) = turned_on(&pool, &key, &caller).await;
    let new = settings::new_recovery_codes(&pool, &later(&key, 1), &caller, &proof(PASSWORD)).await.unwrap();
    let enter =
        async |form: CodeForm| finish_sign_in(&pool, &CodeContext::default(), &pending(&pool).await, &form, &Client::default()).await;
    assert!(enter(recovery(old[0])).await.is_err());
    assert!(enter(recovery(new[0])).await.is_ok());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_without_its_code_expires_and_an_account_has_few_of_them(pool: PgPool) {
    let (key, caller) = (SecretKey::new().unwrap(), caller(&pool).await);
    let (secret, _) = turned_on(&pool, &key, &caller).await;
    let token = pending(&pool).await;
    sqlx::query("update admin_pending_sign_ins set created_at = now() - interval '11 minutes'").execute(&pool).await.unwrap();
    let done = finish_sign_in(&pool, &later(&key, 1), &token, &code(&secret.code(NOW + 30)), &Client::default()).await;
    assert_eq!(said(done), "Expired");
    let mut connection = pool.acquire().await.unwrap();
    for _ in 0..30 {
        pending_sign_ins::create(&mut connection, caller.id, &Token::new().unwrap()).await.unwrap();
    }
    let count: i64 = sqlx::query_scalar("select count(*) from admin_pending_sign_ins").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 20);
}
