//! What owners store of applications: only what the rules allow, by owners only, and without a secret that anybody could read.

use sqlx::PgPool;

use super::{
    check_origins,
    client::{ClientSecret, RedirectUriError, check_redirect_uris, is_client_id},
    form::{ApplicationsForm, ClientForm},
    store::{self, clients},
};
use crate::{
    database::StoreError,
    fixtures::{self, create_owned, member, my_app, owner},
    instances::store::find,
    members::role::Role,
    redirects::Environment,
};

fn form(origins: &[&str], another: &str, stored: &[&str]) -> ApplicationsForm {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    ApplicationsForm {
        origin: texts(origins),
        stored: texts(stored),
        stored_names: if stored.is_empty() { String::new() } else { "on".into() },
        another: another.to_owned(),
        names_in_tokens: "on".into(),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_mark_origins_and_a_list_that_somebody_has_changed_is_not_overwritten(pool: PgPool) {
    let owner = owner(&pool).await;
    create_owned(&pool, &owner, &my_app()).await;
    store::save(&pool, &owner, "my-app", &form(&[], "https://App.myapp.com/", &[])).await.unwrap();
    let stored = find(&pool, "my-app").await.unwrap().unwrap();
    assert_eq!((stored.applications.origins.as_slice(), stored.instance.version()), (&["https://app.myapp.com".to_owned()][..], 2));
    assert!(stored.applications.names_in_tokens);
    let stale = store::save(&pool, &owner, "my-app", &form(&[], "", &[])).await;
    assert!(matches!(stale, Err(StoreError::Fields(_))), "{stale:?}");
    store::save(&pool, &owner, "my-app", &form(&["https://app.myapp.com"], "", &["https://app.myapp.com"])).await.unwrap();
    assert_eq!(find(&pool, "my-app").await.unwrap().unwrap().instance.version(), 2, "nothing has changed");
    let editor = member(&pool, "ben@myapp.com", "my-app", Role::Editor).await;
    let refused = store::save(&pool, &editor, "my-app", &form(&[], "", &["https://app.myapp.com"])).await;
    assert!(matches!(refused, Err(StoreError::Forbidden)), "{refused:?}");
}

#[test]
fn a_stored_origin_that_no_longer_counts_may_stay_and_no_other_may_come() {
    let stored = fixtures::stored(my_app(), &[]);
    let had = ["https://old.example".to_owned()];
    let wanted = ["https://old.example".to_owned(), "https://app.myapp.com".to_owned(), "https://app.myapp.com".to_owned()];
    assert_eq!(check_origins(&stored.instance, &had, &wanted).unwrap(), ["https://old.example", "https://app.myapp.com"]);
    let errors = check_origins(&stored.instance, &[], &wanted).unwrap_err();
    assert_eq!(errors[0].field, "application_origins");
    let many: Vec<String> = (0..21).map(|n| format!("https://a{n}.myapp.com")).collect();
    assert!(check_origins(&stored.instance, &[], &many).is_err());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_clients_secret_is_stored_as_a_hash_and_can_be_replaced(pool: PgPool) {
    let owner = owner(&pool).await;
    let stored = create_owned(&pool, &owner, &my_app()).await;
    let form = ClientForm { name: " Desk ".into(), redirect_uris: "https://desk.example/cb https://desk.example/cb".into() };
    let made = clients::add(&pool, &owner, "my-app", &form.check(&stored).unwrap()).await.unwrap();
    assert!(is_client_id(&made.client_id));
    assert_eq!(ClientSecret::of_cookie(&made.to_cookie()), Some(made.clone()));
    let found = clients::find(&pool, stored.id, &made.client_id).await.unwrap().unwrap();
    assert_eq!((found.secret_hash.as_slice(), found.redirect_uris.len()), (&made.secret.hash()[..], 1));
    assert!(clients::find(&pool, stored.id + 1, &made.client_id).await.unwrap().is_none());
    let listed = clients::list(&pool, stored.id).await.unwrap();
    let next = clients::replace_secret(&pool, &owner, "my-app", listed[0].id).await.unwrap();
    assert_eq!(next.client_id, made.client_id);
    assert_ne!(next.secret, made.secret);
    let editor = member(&pool, "ben@myapp.com", "my-app", Role::Editor).await;
    assert!(matches!(clients::remove(&pool, &editor, "my-app", listed[0].id).await, Err(StoreError::Forbidden)));
    clients::remove(&pool, &owner, "my-app", listed[0].id).await.unwrap();
    assert!(clients::list(&pool, stored.id).await.unwrap().is_empty());
}

#[test]
fn a_redirect_uri_is_a_whole_web_url_as_browsers_write_it() {
    let check = |text: &str| check_redirect_uris(text, Environment::Production);
    assert_eq!(check(" https://a.example/cb?x=y  https://b.example").unwrap().len(), 2);
    for (text, error) in [
        ("", RedirectUriError::None),
        ("https://u@a.example/cb", RedirectUriError::NotAlone),
        ("https://a.example/cb#x", RedirectUriError::NotAlone),
        ("http://a.example/cb", RedirectUriError::Insecure),
        ("/cb", RedirectUriError::NotAUrl),
        ("myapp:/cb", RedirectUriError::NotAUrl),
        ("https://A.example/cb", RedirectUriError::NotAUrl),
        ("https://a.example/../cb", RedirectUriError::NotAUrl),
        ("https://a.example:443/cb", RedirectUriError::NotAUrl),
        ("javascript:alert(1)", RedirectUriError::NotAUrl),
    ] {
        assert_eq!(check(text), Err(error), "{text}");
    }
    assert!(check_redirect_uris("http://localhost:8080/cb", Environment::Development).is_ok());
}
