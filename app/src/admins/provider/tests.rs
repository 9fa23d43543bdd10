//! Tests of admins who sign in at the provider, each with its own PostgreSQL database.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    AdminProvider, ProviderAdmin,
    sign_in::sign_in,
    store::{self, BegunAdminSignIn},
};
use crate::{
    admins::{
        self, Caller, Token,
        form::SignInForm,
        sign_in::{SIGN_IN_AT_PROVIDER, SignInError, SignInStep},
        store::{accounts, sessions},
    },
    credentials::{client::Client, password::Password},
    fixtures::{account, create_owned, join, other_app, owner, session},
    history::Actor,
    identity_provider::AllowedProviders,
    members::{self, form::RoleForm, role::Role, store::membership},
};

fn provider() -> AdminProvider {
    let text = json!({
        "issuer": "https://login.company.com", "client_id": "dashboard", "server_admins": ["admins"],
        "members": [
            {"group": "team", "instance": "my-app", "role": "editor"}, {"group": "leads", "instance": "my-app", "role": "owner"},
            {"group": "team", "instance": "not-there", "role": "viewer"}
        ],
        "second_factor": {"amr": ["mfa"]}
    });
    AdminProvider::parse(&text.to_string(), AllowedProviders::Public).unwrap()
}

fn person(subject: &str, groups: &[&str], more: &Value) -> ProviderAdmin {
    let mut claims = json!({"email": format!("{subject}@company.com"), "email_verified": true, "groups": groups});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    ProviderAdmin { subject: subject.into(), claims: claims.as_object().unwrap().clone() }
}

async fn arrive(pool: &PgPool, person: &ProviderAdmin, caller: Option<&Caller>) -> Result<SignInStep, SignInError> {
    sign_in(pool, &provider(), person, caller, &Client::default()).await
}

async fn signed_in(pool: &PgPool, person: &ProviderAdmin) -> (Token, Caller) {
    let step = arrive(pool, person, None).await.unwrap();
    let SignInStep::SignedIn(tokens) = step else { panic!("{step:?}") };
    let caller = sessions::find(pool, &tokens.session, None).await.unwrap().unwrap();
    (tokens.session, caller)
}

async fn role(pool: &PgPool, admin: i64) -> Option<Role> {
    membership::find(pool, "my-app", admin).await.unwrap().map(|access| access.role)
}

fn said(result: Result<SignInStep, SignInError>) -> String {
    match result {
        Err(SignInError::Fields(errors)) => errors[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

async fn my_app(pool: &PgPool) -> Actor {
    let owner = owner(pool).await;
    create_owned(pool, &owner, &other_app("my-app")).await;
    owner
}

#[sqlx::test(migrations = "../migrations")]
async fn groups_give_roles_anew_at_each_sign_in(pool: PgPool) {
    my_app(&pool).await;
    let (first, ana) = signed_in(&pool, &person("ana", &["team"], &json!({}))).await;
    assert_eq!((ana.email.as_str(), ana.is_server_admin, role(&pool, ana.id).await), ("ana@company.com", false, Some(Role::Editor)));
    let (_, again) = signed_in(&pool, &person("ana", &["team", "leads", "admins"], &json!({"email": "other@company.com"}))).await;
    assert_eq!((again.id, again.is_server_admin, role(&pool, ana.id).await), (ana.id, true, Some(Role::Owner)));
    let (_, again) = signed_in(&pool, &person("ana", &["team"], &json!({}))).await;
    assert_eq!((again.is_server_admin, role(&pool, ana.id).await), (false, Some(Role::Editor)));
    // The group is gone: nobody is signed in, and every session has ended.
    let refused = said(arrive(&pool, &person("ana", &["others"], &json!({})), None).await);
    assert_eq!(refused, "None of your groups at the identity provider may use this dashboard any more.");
    assert_eq!(role(&pool, ana.id).await, None);
    assert!(sessions::find(&pool, &first, None).await.unwrap().is_none());
    let kinds: Vec<String> =
        sqlx::query_scalar("select kind from changes where admin_id = $1 order by id").bind(ana.id).fetch_all(&pool).await.unwrap();
    let expected = ["account_created", "joined", "signed_in", "role", "role", "signed_in", "role", "role", "signed_in", "removed"];
    assert_eq!(kinds, expected);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_given_in_another_way_stays(pool: PgPool) {
    my_app(&pool).await;
    let ana = account(&pool, "ana@company.com", true).await;
    join(&pool, &ana, "my-app", Role::Owner).await;
    let token = session(&pool, ana.admin.unwrap()).await;
    let caller = sessions::find(&pool, &token, None).await.unwrap().unwrap();
    let team = person("ana", &["team"], &json!({}));
    // Linking requires being signed in to the account.
    assert!(said(arrive(&pool, &team, None).await).starts_with("There is an account with your address already."));
    let other = account(&pool, "eve@company.com", false).await;
    let token = session(&pool, other.admin.unwrap()).await;
    let eve = sessions::find(&pool, &token, None).await.unwrap().unwrap();
    assert!(said(arrive(&pool, &team, Some(&eve)).await).starts_with("There is an account with your address already."));
    arrive(&pool, &team, Some(&caller)).await.unwrap();
    assert!(store::is_linked(&pool, caller.id, "https://login.company.com").await.unwrap());
    assert_eq!(role(&pool, caller.id).await, Some(Role::Owner));
    said(arrive(&pool, &person("ana", &[], &json!({})), None).await);
    assert_eq!(role(&pool, caller.id).await, Some(Role::Owner), "somebody has invited her");
    let (_, ana) = signed_in(&pool, &team).await;
    assert!(ana.is_server_admin);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_is_no_way_around_the_groups(pool: PgPool) {
    let owner = my_app(&pool).await;
    let ana = account(&pool, "ana@company.com", false).await;
    let token = session(&pool, ana.admin.unwrap()).await;
    let caller = sessions::find(&pool, &token, None).await.unwrap().unwrap();
    let password = Password::from("a long passphrase of hers");
    accounts::set_password(&mut pool.acquire().await.unwrap(), caller.id, &password.hash().await.unwrap()).await.unwrap();
    let form = SignInForm { email: "ana@company.com".into(), password, ..SignInForm::default() };
    let by_password = async |has_provider| admins::sign_in::sign_in(&pool, &form, has_provider, &Client::default()).await;
    assert!(matches!(by_password(true).await, Ok(SignInStep::SignedIn(_))), "no group has given her anything yet");
    arrive(&pool, &person("ana", &["team"], &json!({})), Some(&caller)).await.unwrap();
    assert_eq!(said(by_password(true).await), SIGN_IN_AT_PROVIDER);
    assert!(matches!(by_password(false).await, Ok(SignInStep::SignedIn(_))), "the server has no provider any more");
    // An owner gives her the role for good, which no group takes.
    let form = RoleForm { member: caller.id, role: "viewer".into() };
    members::store::change_role(&pool, &owner, "my-app", &form).await.unwrap();
    assert!(matches!(by_password(true).await, Ok(SignInStep::SignedIn(_))));
    said(arrive(&pool, &person("ana", &[], &json!({})), None).await);
    assert_eq!(role(&pool, caller.id).await, Some(Role::Viewer));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_person_with_another_address_is_not_linked_and_gets_no_second_account(pool: PgPool) {
    my_app(&pool).await;
    let ana = account(&pool, "ana@home.com", false).await;
    let token = session(&pool, ana.admin.unwrap()).await;
    let caller = sessions::find(&pool, &token, None).await.unwrap().unwrap();
    let refused = said(arrive(&pool, &person("ana", &["team"], &json!({})), Some(&caller)).await);
    assert!(refused.contains("another email address for you than ana@home.com"), "{refused}");
    assert!(!store::any(&pool, "https://login.company.com").await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_archived_instance_keeps_its_members(pool: PgPool) {
    my_app(&pool).await;
    let team = person("ana", &["team", "admins"], &json!({}));
    let (_, ana) = signed_in(&pool, &team).await;
    sqlx::query("update instances set archived_at = now()").execute(&pool).await.unwrap();
    signed_in(&pool, &team).await;
    sqlx::query("update instances set archived_at = null").execute(&pool).await.unwrap();
    assert_eq!(role(&pool, ana.id).await, Some(Role::Editor));
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_gets_in_without_a_group_or_a_verified_address(pool: PgPool) {
    my_app(&pool).await;
    for (groups, more, expected) in [
        (&[][..], json!({}), "None of your groups at the identity provider may use this dashboard."),
        (&["team"][..], json!({"email_verified": false}), "The identity provider has not verified your email address."),
        (&["team"][..], json!({"email_verified": "true"}), "The identity provider has not verified your email address."),
        (&["team"][..], json!({"email": null}), "The identity provider has not verified your email address."),
    ] {
        assert_eq!(said(arrive(&pool, &person("ana", groups, &more), None).await), expected);
    }
    assert!(!store::any(&pool, "https://login.company.com").await.unwrap());
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_configured_amr_counts_as_a_second_factor(pool: PgPool) {
    my_app(&pool).await;
    let (_, plain) = signed_in(&pool, &person("ana", &["team"], &json!({"amr": ["pwd", "otp"]}))).await;
    assert!(!plain.has_provider_factor);
    let (_, strong) = signed_in(&pool, &person("ana", &["team"], &json!({"amr": ["pwd", "mfa"]}))).await;
    assert!(strong.has_provider_factor && !strong.has_second_factor);
    sqlx::query("insert into admin_second_factors (admin_id, secret, last_step) values ($1, $2, 0)")
        .bind(plain.id)
        .bind(vec![0_u8; 60])
        .execute(&pool)
        .await
        .unwrap();
    let step = arrive(&pool, &person("ana", &["team"], &json!({})), None).await.unwrap();
    assert!(matches!(step, SignInStep::NeedsCode(_)), "the own factor counts on");
    let step = arrive(&pool, &person("ana", &["team"], &json!({"amr": "mfa"})), None).await.unwrap();
    assert!(matches!(step, SignInStep::SignedIn(_)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_of_the_provider_ends_after_twelve_hours(pool: PgPool) {
    let owner = my_app(&pool).await;
    let (token, _) = signed_in(&pool, &person("ana", &["team"], &json!({}))).await;
    let others = session(&pool, owner.admin.unwrap()).await;
    let age = async |hours: i32| {
        sqlx::query("update admin_sessions set created_at = now() - make_interval(hours => $1)").bind(hours).execute(&pool).await.unwrap();
        let find = async |token| sessions::find(&pool, token, None).await.unwrap().is_some();
        (find(&token).await, find(&others).await)
    };
    assert_eq!(age(11).await, (true, true));
    assert_eq!(age(13).await, (false, true));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_counts_once_in_its_own_browser(pool: PgPool) {
    let (state, browser) = (Token::new().unwrap(), Token::new().unwrap());
    let begun = BegunAdminSignIn { issuer: "https://login.company.com".into(), client_id: "dashboard".into(), next: "/account".into() };
    store::begin(&pool, &state, &browser, &begun).await.unwrap();
    assert!(store::take(&pool, &state, &Token::new().unwrap()).await.unwrap().is_none());
    assert!(store::take(&pool, &Token::new().unwrap(), &browser).await.unwrap().is_none());
    assert_eq!(store::take(&pool, &state, &browser).await.unwrap().unwrap().next, "/account");
    assert!(store::take(&pool, &state, &browser).await.unwrap().is_none());
    store::begin(&pool, &state, &browser, &begun).await.unwrap();
    sqlx::query("update admin_provider_sign_ins set created_at = now() - interval '31 minutes'").execute(&pool).await.unwrap();
    assert!(store::take(&pool, &state, &browser).await.unwrap().is_none());
}
