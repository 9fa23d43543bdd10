//! Tests of signing in at a provider, each with its own PostgreSQL database.

use sqlx::PgPool;

use super::{
    ProviderOutcome, ProviderPerson, SignUpRefusal,
    store::{self, BegunSignIn, PendingIdentity},
};
use crate::{
    credentials::{client::Client, code::Code, token::Token},
    identity_provider::{ClaimRule, ClaimUse, Profile, ProviderSettings, tests_settings},
    portal::{
        codes::{self, Purpose},
        form::{DeletionForm, NamesForm, PasswordForm, SignInForm, SignUpForm},
        identity::{Identity, IdentityError, IdentityKind, Visitor},
        tests::fixtures::{count, instance, wrong_fields},
    },
};

const PASSWORD: &str = "correct horse battery staple";

fn person(subject: &str, email: Option<&str>) -> ProviderPerson {
    let profile = Profile {
        email_address: email.map(str::to_owned),
        username: Some(subject.to_owned()),
        first_name: Some("Ana".into()),
        last_name: Some("María".into()),
    };
    ProviderPerson { issuer: "https://login.company.com".into(), subject: subject.into(), profile }
}

async fn portal(pool: &PgPool, slug: &str) -> (i64, std::sync::Arc<dyn Identity>) {
    let id = instance(pool, slug).await;
    (id, crate::portal::identity(IdentityKind::Accounts, pool, id))
}

async fn arrive(portal: &dyn Identity, person: &ProviderPerson, settings: &ProviderSettings) -> ProviderOutcome {
    portal.sign_in_at_provider(person, settings, &Client::default()).await.unwrap()
}

async fn signed_in(portal: &dyn Identity, person: &ProviderPerson, settings: &ProviderSettings) -> (Visitor, bool) {
    let outcome = arrive(portal, person, settings).await;
    let ProviderOutcome::SignedIn { token, is_new } = outcome else { panic!("{outcome:?}") };
    (portal.visitor(&token).await.unwrap().unwrap(), is_new)
}

fn refusal(outcome: &ProviderOutcome) -> Option<SignUpRefusal> {
    if let ProviderOutcome::Refused(why) = outcome { Some(*why) } else { None }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_is_found_by_issuer_and_subject_and_never_by_an_address(pool: PgPool) {
    let (id, portal) = portal(&pool, "my-app").await;
    let settings = tests_settings();
    let (ana, is_new) = signed_in(&*portal, &person("ana", Some("ana@company.com")), &settings).await;
    assert!(is_new && ana.by_provider && ana.has_identity && !ana.has_password);
    assert_eq!(ana.first_name, "Ana");
    let code = Code::new().unwrap();
    codes::store(&mut pool.acquire().await.unwrap(), ana.id, Purpose::Reset, "ana@company.com", &code).await.unwrap();
    assert!(codes::counts(&pool, id, Purpose::Reset, &code).await.unwrap());
    // The same person, with another address, which is not confirmed only because the earlier one was.
    sqlx::query("update visitors set email_verified_at = now()").execute(&pool).await.unwrap();
    assert_eq!(signed_in(&*portal, &person("ana", Some("ana@company.com")), &settings).await.0.id, ana.id);
    assert_eq!(count(&pool, "visitors where email_verified_at is not null").await, 1);
    let (again, is_new) = signed_in(&*portal, &person("ana", Some("maria@company.com")), &settings).await;
    assert_eq!((again.id, is_new, again.email_address.as_deref()), (ana.id, false, Some("maria@company.com")));
    assert_eq!(count(&pool, "visitors where email_verified_at is not null").await, 0);
    assert!(!codes::counts(&pool, id, Purpose::Reset, &code).await.unwrap(), "a code in her old mailbox");
    // Other people, one of them with the address that Ana had.
    let (ben, is_new) = signed_in(&*portal, &person("ben", Some("ana@company.com")), &settings).await;
    assert!(is_new && ben.id != ana.id);
    let other_issuer = ProviderPerson { issuer: "https://login.company.com/".into(), ..person("ana", Some("eve@company.com")) };
    let (eve, is_new) = signed_in(&*portal, &other_issuer, &settings).await;
    assert!(is_new && eve.id != ana.id);
    // And another one with the address that she has now.
    assert_eq!(refusal(&arrive(&*portal, &person("cat", Some("maria@company.com")), &settings).await), Some(SignUpRefusal::Taken));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_counts_in_its_own_instance_only(pool: PgPool) {
    let (_, one) = portal(&pool, "my-app").await;
    let (_, other) = portal(&pool, "other-app").await;
    let (ana, _) = signed_in(&*one, &person("ana", Some("ana@company.com")), &tests_settings()).await;
    let (there, is_new) = signed_in(&*other, &person("ana", Some("ana@company.com")), &tests_settings()).await;
    assert!(is_new && there.id != ana.id);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_existing_account_is_linked_with_its_own_password_only(pool: PgPool) {
    let (id, portal) = portal(&pool, "my-app").await;
    let settings = tests_settings();
    let form = SignUpForm { email_address: "ana@company.com".into(), password: PASSWORD.into(), ..SignUpForm::default() };
    portal.sign_up(&form, &Client::default()).await.unwrap();
    let ana = person("ana", Some("Ana@Company.com"));
    assert!(matches!(arrive(&*portal, &ana, &settings).await, ProviderOutcome::LinkFirst));
    let browser = Token::new().unwrap();
    let pending = PendingIdentity { person: ana.clone(), link: "redirect_url=/x".into() };
    store::ask_for_password(&pool, id, &browser, &pending).await.unwrap();
    let link = async |password: &str| portal.link((&browser, &ana), &settings, &password.into(), &Client::default()).await;
    assert_eq!(wrong_fields(link("").await), ["password"]);
    assert_eq!(wrong_fields(link("seven tame ducks in a row").await), ["password"]);
    assert!(store::pending(&pool, id, &Token::new().unwrap()).await.unwrap().is_none(), "another browser");
    assert_eq!(store::pending(&pool, id, &browser).await.unwrap().unwrap().link, "redirect_url=/x");
    let token = link(PASSWORD).await.unwrap();
    let visitor = portal.visitor(&token).await.unwrap().unwrap();
    assert!(visitor.has_identity && visitor.has_password && visitor.by_provider);
    assert_eq!(wrong_fields(link(PASSWORD).await), [""], "it counts once");
    let (again, is_new) = signed_in(&*portal, &ana, &settings).await;
    assert_eq!((again.id, is_new), (visitor.id, false));
    assert_eq!(count(&pool, "visitors").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_without_a_verified_address_gets_no_account_with_it(pool: PgPool) {
    let (_, portal) = portal(&pool, "my-app").await;
    let settings = tests_settings();
    // `Profile` holds verified addresses only.
    let nobody = ProviderPerson { profile: Profile::default(), ..person("ana", None) };
    assert_eq!(refusal(&arrive(&*portal, &nobody, &settings).await), Some(SignUpRefusal::NoIdentifier));
    let closed = ProviderSettings { allows_sign_up: false, ..settings };
    assert_eq!(refusal(&arrive(&*portal, &person("ana", Some("ana@company.com")), &closed).await), Some(SignUpRefusal::SignUpClosed));
    assert_eq!(count(&pool, "visitors").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_username_that_somebody_has_is_left_out(pool: PgPool) {
    let (_, portal) = portal(&pool, "my-app").await;
    let settings = ProviderSettings { username: ClaimRule { claim: "x".into(), usage: ClaimUse::Force }, ..tests_settings() };
    let form = SignUpForm { username: "ana".into(), password: PASSWORD.into(), ..SignUpForm::default() };
    portal.sign_up(&form, &Client::default()).await.unwrap();
    let (ana, is_new) = signed_in(&*portal, &person("ana", Some("ana@company.com")), &settings).await;
    assert_eq!((is_new, ana.username), (true, None));
    let (again, _) = signed_in(&*portal, &person("ana", Some("ana@company.com")), &settings).await;
    assert_eq!(again.username, None);
    let only_name = person("ana", None);
    let other = ProviderPerson { subject: "ana2".into(), ..only_name };
    assert_eq!(refusal(&arrive(&*portal, &other, &settings).await), Some(SignUpRefusal::Taken));
}

#[sqlx::test(migrations = "../migrations")]
async fn suggested_names_fill_a_new_account_and_forced_ones_every_sign_in(pool: PgPool) {
    let (_, portal) = portal(&pool, "my-app").await;
    let suggest = ProviderSettings { names_use: ClaimUse::Suggest, ..tests_settings() };
    let ana = person("ana", Some("ana@company.com"));
    let (visitor, _) = signed_in(&*portal, &ana, &suggest).await;
    let form = NamesForm { first_name: "Anna".into(), last_name: "M".into() };
    portal.rename(&visitor, &form).await.unwrap();
    assert_eq!(signed_in(&*portal, &ana, &suggest).await.0.first_name, "Anna");
    let force = ProviderSettings { names_use: ClaimUse::Force, ..suggest };
    assert_eq!(signed_in(&*portal, &ana, &force).await.0.first_name, "Ana");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_password_nobody_signs_in_with_one(pool: PgPool) {
    let (_, portal) = portal(&pool, "my-app").await;
    let (visitor, _) = signed_in(&*portal, &person("ana", Some("ana@company.com")), &tests_settings()).await;
    for password in ["", "x", PASSWORD, crate::portal::accounts::NO_PASSWORD] {
        let form = SignInForm { identifier: "ana@company.com".into(), password: password.into() };
        assert_eq!(wrong_fields(portal.sign_in(&form, &Client::default()).await), ["password"], "{password}");
    }
    let form = PasswordForm { current: "x".into(), new: PASSWORD.into() };
    assert!(matches!(portal.change_password(&visitor, &form).await, Err(IdentityError::ManagedElsewhere)));
    portal.delete(&visitor, &DeletionForm::default()).await.unwrap();
    assert_eq!(count(&pool, "visitor_identities").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn deleting_an_account_without_a_password_needs_a_new_session(pool: PgPool) {
    let (_, portal) = portal(&pool, "my-app").await;
    let (visitor, _) = signed_in(&*portal, &person("ana", Some("ana@company.com")), &tests_settings()).await;
    sqlx::query("update visitor_sessions set created_at = now() - interval '11 minutes'").execute(&pool).await.unwrap();
    assert_eq!(wrong_fields(portal.delete(&visitor, &DeletionForm::default()).await), ["password"]);
    assert_eq!(count(&pool, "visitors").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_first_sign_ins_of_one_person_make_one_account(pool: PgPool) {
    let (_, portal) = portal(&pool, "my-app").await;
    let settings = tests_settings();
    let ana = person("ana", Some("ana@company.com"));
    let all = futures_util::future::join_all((0..8).map(|_| arrive(&*portal, &ana, &settings))).await;
    let new = all.iter().filter(|outcome| matches!(outcome, ProviderOutcome::SignedIn { is_new: true, .. })).count();
    assert_eq!(new, 1, "{all:?}");
    assert_eq!(count(&pool, "visitors").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_counts_once_in_its_own_browser_and_instance_and_for_a_while(pool: PgPool) {
    let (id, _) = portal(&pool, "my-app").await;
    let other = instance(&pool, "other-app").await;
    let (state, browser) = (Token::new().unwrap(), Token::new().unwrap());
    let begun = BegunSignIn {
        issuer: "https://login.company.com".into(),
        client_id: "portal".into(),
        link: "redirect_url=/x".into(),
        is_trial: false,
    };
    store::begin(&pool, id, &state, &browser, &begun).await.unwrap();
    let take = async |instance: i64, state: &Token, browser: &Token| store::take(&pool, instance, state, browser).await.unwrap();
    assert!(take(id, &state, &Token::new().unwrap()).await.is_none(), "another browser");
    assert!(take(id, &Token::new().unwrap(), &browser).await.is_none(), "another state");
    assert!(take(other, &state, &browser).await.is_none(), "another instance");
    assert_eq!(take(id, &state, &browser).await.unwrap().link, "redirect_url=/x");
    assert!(take(id, &state, &browser).await.is_none(), "once");
    store::begin(&pool, id, &state, &browser, &begun).await.unwrap();
    sqlx::query("update provider_sign_ins set created_at = now() - interval '31 minutes'").execute(&pool).await.unwrap();
    assert!(take(id, &state, &browser).await.is_none(), "too late");
    store::begin(&pool, id, &Token::new().unwrap(), &browser, &begun).await.unwrap();
    assert_eq!(count(&pool, "provider_sign_ins").await, 1, "those that have ended are deleted");
}
