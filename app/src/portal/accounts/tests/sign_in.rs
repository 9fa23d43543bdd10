//! Signing up and in: who gets in, and what those who don't are told.

use super::*;

const WRONG: &str = "These details don't match an account. Check both and try again. If you don't have an account, sign up first.";
const TAKEN: &str = "We can't sign you up with these details. If you already have an account, sign in instead.";

#[sqlx::test(migrations = "../migrations")]
async fn a_new_visitor_signs_in_with_any_of_their_identifiers(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (_, visitor) = signed_up(&*portal, &ana()).await;
    assert_eq!(visitor.email_address.as_deref(), Some("ana@myapp.com"));
    assert_eq!(visitor.phone_number.as_deref(), Some("+14155550123"));
    assert_eq!(visitor.username.as_deref(), Some("ana_1"));
    assert_eq!((visitor.first_name.as_str(), visitor.last_name.as_str()), ("Ana", "María"));
    for identifier in ["ANA@myapp.com", "+1.415.555.0123", " ana_1 ", "ＡＮＡ_1"] {
        let token = token(portal.sign_in(&with(identifier, PASSWORD), &Client::default()).await);
        let again = portal.visitor(&token).await.unwrap().unwrap();
        assert_eq!(again.id, visitor.id, "{identifier}");
        assert_ne!(again.session, visitor.session);
    }
    let stored: String = sqlx::query_scalar("select password_hash from visitors").fetch_one(&pool).await.unwrap();
    assert!(stored.starts_with("$argon2id$") && !stored.contains(PASSWORD));
    assert!(!format!("{visitor:?}").contains("ana"));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_account_and_a_wrong_password_get_the_same_message(pool: PgPool) {
    let (portal, other) = (portal(&pool, "my-app").await, portal(&pool, "other-app").await);
    signed_up(&*portal, &ana()).await;
    let long = "x".repeat(10_000);
    for (identifier, password) in [
        ("ana@myapp.com", OTHER_PASSWORD),
        ("ana@myapp.com", &long),
        ("ana@myapp.com", "\0"),
        ("ben@myapp.com", PASSWORD),
        ("+14155550124", PASSWORD),
        ("ana_2", PASSWORD),
    ] {
        let answer = portal.sign_in(&with(identifier, password), &Client::default()).await;
        assert_eq!(errors(answer), [("password".to_owned(), WRONG.to_owned())], "{identifier}");
    }
    // An account exists in its own instance only.
    assert_eq!(fields(other.sign_in(&with("ana@myapp.com", PASSWORD), &Client::default()).await), ["password"]);
    assert_eq!(count(&pool, "visitor_sessions").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_invalid_identifier_or_an_empty_password_names_the_field(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    for (identifier, password, expected) in [
        ("", "", &["identifier", "password"][..]),
        ("ana@myapp.com", "", &["password"]),
        ("0171 1234567", PASSWORD, &["identifier"]),
        ("a\0b", PASSWORD, &["identifier"]),
        (&"ü".repeat(10_000), PASSWORD, &["identifier"]),
    ] {
        assert_eq!(fields(portal.sign_in(&with(identifier, password), &Client::default()).await), expected);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn all_wrong_fields_are_named_together(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let all = ["email_address", "phone_number", "username", "first_name", "last_name", "password"];
    for bad in ["\0", "a\u{202e}b\u{7}@", &"ü".repeat(10_000)] {
        let text = || bad.to_owned();
        let password = if bad.len() > 1_000 { bad } else { "short" };
        let form = SignUpForm {
            email_address: text(),
            phone_number: text(),
            username: text(),
            first_name: format!("{bad}\0x"),
            last_name: format!("{bad}\0x"),
            password: password.into(),
        };
        assert_eq!(fields(portal.sign_up(&form, &Client::default()).await), all, "{bad:?}");
    }
    let nothing = errors(portal.sign_up(&SignUpForm::default(), &Client::default()).await);
    assert_eq!(nothing.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["email_address", "password"]);
    assert!(nothing[0].1.contains("phone number or a username"), "{}", nothing[0].1);
    let wrong_only = SignUpForm { username: "ab".into(), password: PASSWORD.into(), ..SignUpForm::default() };
    assert_eq!(fields(portal.sign_up(&wrong_only, &Client::default()).await), ["username"]);
    let own = SignUpForm { username: "tame.ducks.of.lisbon".into(), password: "tame.ducks.of.lisbon".into(), ..SignUpForm::default() };
    assert_eq!(fields(portal.sign_up(&own, &Client::default()).await), ["password"]);
    assert_eq!(count(&pool, "visitors").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_up_does_not_reveal_which_identifier_is_taken(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    signed_up(&*portal, &ana()).await;
    signed_up(&*portal, &with_email("ben@myapp.com")).await;
    let new =
        || SignUpForm { email_address: "new@myapp.com".into(), phone_number: "+4917112345".into(), username: "somebody".into(), ..ana() };
    for form in [
        // The right password, but not all identifiers are theirs: the message does not say which.
        SignUpForm { email_address: ana().email_address, ..new() },
        SignUpForm { phone_number: ana().phone_number, ..new() },
        SignUpForm { username: ana().username, ..new() },
        SignUpForm { email_address: "ben@myapp.com".into(), ..ana() },
        SignUpForm { username: "somebody".into(), ..with_email("ben@myapp.com") },
        SignUpForm { password: OTHER_PASSWORD.into(), ..ana() },
        SignUpForm { password: OTHER_PASSWORD.into(), ..with_email("ben@myapp.com") },
    ] {
        assert_eq!(errors(portal.sign_up(&form, &Client::default()).await), [(String::new(), TAKEN.to_owned())]);
    }
    assert_eq!((count(&pool, "visitors").await, count(&pool, "visitor_sessions").await), (2, 2));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_visitor_who_signs_up_again_with_their_password_is_signed_in(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (_, before) = signed_up(&*portal, &ana()).await;
    let (_, again) = signed_up(&*portal, &SignUpForm { first_name: "Eve".into(), ..with_email("ana@myapp.com") }).await;
    assert_eq!((again.id, again.first_name.as_str()), (before.id, "Ana"));
    assert_eq!(count(&pool, "visitors").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_same_identifiers_belong_to_another_account_in_another_instance(pool: PgPool) {
    let (portal, other) = (portal(&pool, "my-app").await, portal(&pool, "other-app").await);
    let (_, ana_here) = signed_up(&*portal, &ana()).await;
    let (_, ana_there) = signed_up(&*other, &SignUpForm { password: OTHER_PASSWORD.into(), ..ana() }).await;
    assert_ne!(ana_here.id, ana_there.id);
}

#[sqlx::test(migrations = "../migrations")]
async fn without_the_database_every_call_is_unavailable(pool: PgPool) {
    let portal = portal(&pool, "my-app").await;
    let (token, visitor) = signed_up(&*portal, &ana()).await;
    pool.close().await;
    let client = Client::default();
    assert!(matches!(portal.visitor(&token).await, Err(IdentityError::Unavailable)));
    assert!(matches!(portal.sign_up(&ana(), &client).await, Err(IdentityError::Unavailable)));
    assert!(matches!(portal.sign_in(&with("ana_1", PASSWORD), &client).await, Err(IdentityError::Unavailable)));
    assert!(matches!(portal.sign_out(&visitor).await, Err(IdentityError::Unavailable)));
}
