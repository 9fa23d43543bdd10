//! Sign-ups and sign-ins that wait, each test with its own PostgreSQL database.

use std::sync::Arc;

use sqlx::PgPool;

use super::*;
use crate::{
    mail::{content, store as mails},
    portal::{
        codes::CONFIRMATION_HOURS,
        form::{SignInForm, SignUpForm},
        identity::{Identity, IdentityKind},
        tests::fixtures::{count, instance, wrong_fields as fields},
    },
};

const PASSWORD: &str = "correct horse battery staple";
const PAGE: &str = "https://accounts.myapp.com/check-mail";

struct Portal {
    pool: PgPool,
    instance: i64,
    identity: Arc<dyn Identity>,
}

impl Portal {
    async fn new(pool: &PgPool, slug: &str) -> Self {
        let instance = instance(pool, slug).await;
        Self { pool: pool.clone(), instance, identity: crate::portal::identity(IdentityKind::Accounts, pool, instance) }
    }

    /// A sign-up that waits in a new browser.
    async fn sign_up(&self, form: &SignUpForm) -> Token {
        let person = self.identity.check_sign_up(form).await.unwrap();
        self.begin(&person, None).await.unwrap()
    }

    async fn begin(&self, person: &Unconfirmed, earlier: Option<&Token>) -> Result<Token, IdentityError> {
        let browser = Token::new()?;
        let place = Place { browser: &browser, earlier, address: None, link: "redirect_url=/x", page: PAGE };
        begin(&self.pool, self.instance, person, place).await?;
        Ok(browser)
    }

    /// What the one mail in the outbox says, which is empty then.
    async fn mail(&self) -> String {
        let due = mails::claim(&self.pool, 10).await.unwrap();
        let [mail] = &due[..] else { panic!("{} mails", due.len()) };
        let message = content(&self.pool, mail).await.unwrap().expect("something to say");
        mails::remove(&self.pool, mail.id).await.unwrap();
        assert_eq!(message.recipient, mail.recipient);
        format!("{}\n{}", message.subject, message.plain)
    }

    async fn finish(&self, browser: &Token, code: &str) -> Result<Confirmed, IdentityError> {
        finish(&self.pool, self.instance, browser, code, &Client::default()).await
    }

    /// Creates an account whose address is not confirmed.
    async fn account(&self, form: &SignUpForm) {
        self.identity.sign_up(form, &Client::default()).await.unwrap();
    }

    async fn sign_in(&self, identifier: &str) -> SignIn {
        let form = SignInForm { identifier: identifier.into(), password: PASSWORD.into() };
        self.identity.sign_in_confirmed(&form, &Client::default()).await.unwrap()
    }
}

fn ana() -> SignUpForm {
    SignUpForm {
        email_address: " Ana@MyApp.com ".into(),
        phone_number: "+1 (415) 555-0123".into(),
        username: "Ana_1".into(),
        first_name: "Ana".into(),
        last_name: "María".into(),
        password: PASSWORD.into(),
    }
}

fn with_email(email: &str) -> SignUpForm {
    SignUpForm { email_address: email.into(), password: PASSWORD.into(), ..SignUpForm::default() }
}

fn code(mail: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix("Or enter this code: ")).unwrap_or_else(|| panic!("no code: {mail}")).to_owned()
}

fn said(answer: Result<Confirmed, IdentityError>) -> String {
    match answer {
        Err(IdentityError::Fields(errors)) => errors.into_iter().map(|error| error.message).collect(),
        other => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_account_is_created_with_the_code_of_the_mail_once_and_in_its_own_browser(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    let browser = portal.sign_up(&ana()).await;
    let mail = portal.mail().await;
    assert!(mail.contains(&format!("{PAGE}?code=")) && mail.contains("within 24 hours"), "{mail}");
    let code = code(&mail);
    assert_eq!((count(&pool, "visitors").await, count(&pool, "visitor_sessions").await), (0, 0), "nothing before the code");
    let other = portal.sign_up(&with_email("ben@myapp.com")).await;
    for (browser, code) in
        [(&other, code.as_str()), (&Token::new().unwrap(), &code), (&browser, "0000-0000-0000-0000"), (&browser, "x"), (&browser, "")]
    {
        assert_eq!(fields(portal.finish(browser, code).await), ["code"], "{code}");
    }
    let elsewhere = Portal::new(&pool, "other").await;
    assert_eq!(fields(elsewhere.finish(&browser, &code).await), ["code"]);
    assert_eq!(count(&pool, "visitors").await, 0);

    let Confirmed { token, is_new } = portal.finish(&browser, &code.to_uppercase()).await.unwrap();
    assert!(is_new);
    let visitor = portal.identity.visitor(&token).await.unwrap().unwrap();
    assert_eq!(visitor.email_address.as_deref(), Some("ana@myapp.com"));
    assert_eq!((visitor.phone_number.as_deref(), visitor.username.as_deref()), (Some("+14155550123"), Some("ana_1")));
    assert_eq!((visitor.first_name.as_str(), visitor.last_name.as_str()), ("Ana", "María"));
    assert!(crate::portal::codes::is_confirmed(&pool, &visitor).await.unwrap());
    assert_eq!(fields(portal.finish(&browser, &code).await), ["code"], "it counts once");
    assert!(matches!(portal.sign_in("ana_1").await, SignIn::Begun(_)), "with the password of the sign-up, and without another mail");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_up_with_the_address_of_an_account_stores_the_same_and_its_owner_is_told(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    portal.account(&with_email("ana@myapp.com")).await;
    let (known, unknown) = (portal.sign_up(&with_email("ana@myapp.com")).await, portal.sign_up(&with_email("ben@myapp.com")).await);
    for browser in [&known, &unknown] {
        let waits = pending(&pool, portal.instance, browser).await.unwrap().unwrap();
        assert_eq!(waits.link, "redirect_url=/x");
    }
    let rows: Vec<(String, bool, bool)> = sqlx::query_as(
        "select p.email_address, p.visitor_id is null and cardinality(code_hashes) = 0 and password_hash like '$argon2id$%', m.kind = 'pending_confirmation'
        from pending_confirmations p join mails m on m.pending_id = p.id and m.recipient = p.email_address order by p.email_address",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(rows, [("ana@myapp.com".into(), true, true), ("ben@myapp.com".into(), true, true)], "one row and one mail each, alike");
    sqlx::query("delete from mails where recipient <> 'ana@myapp.com'").execute(&pool).await.unwrap();
    let mail = portal.mail().await;
    assert!(mail.starts_with("You already have an account at "), "{mail}");
    assert!(mail.contains("https://accounts.myapp.com/sign-in") && mail.contains("https://accounts.myapp.com/forgot-password"), "{mail}");
    assert!(!mail.contains("code"), "{mail}");
    let given: Vec<Vec<u8>> = sqlx::query_scalar("select unnest(code_hashes) from pending_confirmations").fetch_all(&pool).await.unwrap();
    assert!(given.is_empty(), "nobody gets a code");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_identifier_that_somebody_else_gets_meanwhile_is_told_at_the_end(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    let browser = portal.sign_up(&ana()).await;
    let typed = code(&portal.mail().await);
    portal.account(&with_email("ana@myapp.com")).await;
    assert!(said(portal.finish(&browser, &typed).await).contains("An account with this address was created in the meantime"));
    sqlx::query("update visitors set email_address = 'ben@myapp.com', username = 'ana_1'").execute(&pool).await.unwrap();
    assert!(said(portal.finish(&browser, &typed).await).contains("taken your username or phone number"));
    assert_eq!((count(&pool, "visitors").await, count(&pool, "pending_confirmations").await), (1, 1), "nothing is half done");
    sqlx::query("delete from visitors").execute(&pool).await.unwrap();
    portal.finish(&browser, &typed).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_taken_username_or_phone_number_and_a_missing_address_are_told_at_once(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    portal.account(&ana()).await;
    let form = SignUpForm { email_address: "ben@myapp.com".into(), ..ana() };
    assert_eq!(fields(portal.identity.check_sign_up(&form).await.map(|_| ())), ["username", "phone_number"]);
    let without = SignUpForm { email_address: " ".into(), username: "ben".into(), password: PASSWORD.into(), ..SignUpForm::default() };
    assert_eq!(fields(portal.identity.check_sign_up(&without).await.map(|_| ())), ["email_address"]);
    let wrong = SignUpForm { email_address: "ben".into(), password: "short".into(), ..SignUpForm::default() };
    assert_eq!(fields(portal.identity.check_sign_up(&wrong).await.map(|_| ())), ["email_address", "password"]);
    assert_eq!(count(&pool, "pending_confirmations").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_waits_until_the_address_is_confirmed_and_then_not_any_more(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    portal.account(&ana()).await;
    portal.account(&SignUpForm { username: "nomail".into(), password: PASSWORD.into(), ..SignUpForm::default() }).await;
    let sessions = count(&pool, "visitor_sessions").await;
    let SignIn::Unconfirmed(person) = portal.sign_in("ana_1").await else { panic!("it is not confirmed") };
    assert_eq!(count(&pool, "visitor_sessions").await, sessions);
    let browser = portal.begin(&person, None).await.unwrap();
    let typed = code(&portal.mail().await);
    assert!(!portal.finish(&browser, &typed).await.unwrap().is_new);
    assert!(matches!(portal.sign_in("ana@myapp.com").await, SignIn::Begun(_)));
    assert!(matches!(portal.sign_in("nomail").await, SignIn::Begun(_)), "there is no address to ask about");
    let wrong = SignInForm { identifier: "ana_1".into(), password: "three ducks on a pond".into() };
    assert_eq!(fields(portal.identity.sign_in_confirmed(&wrong, &Client::default()).await.map(|_| ())), ["password"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_that_waits_ends_with_the_password_the_address_and_the_account(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    portal.account(&with_email("ana@myapp.com")).await;
    let SignIn::Unconfirmed(person) = portal.sign_in("ana@myapp.com").await else { panic!("it is not confirmed") };
    let browser = portal.begin(&person, None).await.unwrap();
    let typed = code(&portal.mail().await);
    sqlx::query("update visitors set email_address = 'ben@myapp.com'").execute(&pool).await.unwrap();
    assert_eq!(fields(portal.finish(&browser, &typed).await), ["code"]);
    let waits = pending(&pool, portal.instance, &browser).await.unwrap().unwrap();
    ask_again(&pool, portal.instance, &waits, PAGE).await.unwrap();
    let due = mails::claim(&pool, 10).await.unwrap();
    assert!(content(&pool, &due[0]).await.unwrap().is_none(), "no mail to an address that is not the account's");
    let other = "update visitors set email_address = 'ana@myapp.com', password_hash = password_hash || 'x'";
    sqlx::query(other).execute(&pool).await.unwrap();
    assert!(said(portal.finish(&browser, &typed).await).contains("password of your account was changed"));
    sqlx::query("delete from visitors").execute(&pool).await.unwrap();
    assert!(pending(&pool, portal.instance, &browser).await.unwrap().is_none());
    assert_eq!(count(&pool, "mails").await, 0, "its mail goes too");
}

#[sqlx::test(migrations = "../migrations")]
async fn codes_expire_and_the_codes_of_several_mails_count(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    let browser = portal.sign_up(&ana()).await;
    let first = code(&portal.mail().await);
    let waits = pending(&pool, portal.instance, &browser).await.unwrap().unwrap();
    let mut last = String::new();
    for _ in 0..2 {
        ask_again(&pool, portal.instance, &waits, PAGE).await.unwrap();
        last = code(&portal.mail().await);
    }
    let age = |hours: i32| {
        sqlx::query("update pending_confirmations set created_at = now() - make_interval(hours => $1)").bind(hours).execute(&pool)
    };
    age(CONFIRMATION_HOURS).await.unwrap();
    for typed in [&first, &last] {
        assert_eq!(fields(portal.finish(&browser, typed).await), ["code"]);
    }
    assert!(pending(&pool, portal.instance, &browser).await.unwrap().is_none());
    age(CONFIRMATION_HOURS - 1).await.unwrap();
    portal.finish(&browser, &first).await.unwrap();
    portal.sign_up(&with_email("ben@myapp.com")).await;
    age(CONFIRMATION_HOURS).await.unwrap();
    portal.sign_up(&with_email("cleo@myapp.com")).await;
    mails::delete_old(&pool).await.unwrap();
    assert_eq!(count(&pool, "pending_confirmations").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn only_the_newest_codes_count_and_a_new_sign_up_replaces_the_browsers_earlier_one(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    let browser = portal.sign_up(&ana()).await;
    let first = code(&portal.mail().await);
    let waits = pending(&pool, portal.instance, &browser).await.unwrap().unwrap();
    for _ in 0..10 {
        ask_again(&pool, portal.instance, &waits, PAGE).await.unwrap();
        portal.mail().await;
    }
    assert_eq!(fields(portal.finish(&browser, &first).await), ["code"], "ten mails later");
    let person = portal.identity.check_sign_up(&with_email("ben@myapp.com")).await.unwrap();
    let later = portal.begin(&person, Some(&browser)).await.unwrap();
    assert!(pending(&pool, portal.instance, &browser).await.unwrap().is_none());
    assert_eq!((count(&pool, "pending_confirmations").await, count(&pool, "mails").await), (1, 1));
    portal.finish(&later, &code(&portal.mail().await)).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn of_two_requests_with_the_same_code_one_creates_the_account(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    let browser = portal.sign_up(&ana()).await;
    let typed = code(&portal.mail().await);
    let (one, two) = tokio::join!(portal.finish(&browser, &typed), portal.finish(&browser, &typed));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
    assert_eq!((count(&pool, "visitors").await, count(&pool, "visitor_sessions").await), (1, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_waits_is_bounded_for_each_network_and_no_name_breaks_a_mail(pool: PgPool) {
    let portal = Portal::new(&pool, "my-app").await;
    let hostile = SignUpForm { first_name: "Ana\r\nBcc: eve@evil.test".into(), ..with_email("ana@myapp.com") };
    let answer = portal.identity.check_sign_up(&hostile).await;
    if let Ok(person) = answer {
        portal.begin(&person, None).await.unwrap();
        assert!(!portal.mail().await.contains("evil.test"), "no mail says what a stranger calls themselves");
    }
    let name = "update instances set name = E'My\r\nBcc: eve@evil.test'";
    sqlx::query(name).execute(&pool).await.unwrap();
    portal.sign_up(&with_email("ben@myapp.com")).await;
    let mail = portal.mail().await;
    assert!(mail.starts_with("Confirm your email address for My Bcc: eve@evil.test\n"), "one line: {mail}");
    sqlx::query("update visitor_quotas set used = 200 where network <> '*'").execute(&pool).await.unwrap();
    let person = portal.identity.check_sign_up(&with_email("cleo@myapp.com")).await.unwrap();
    let (rows, waiting) = (count(&pool, "pending_confirmations").await, count(&pool, "mails").await);
    let refused = portal.begin(&person, None).await;
    assert!(matches!(refused, Err(IdentityError::QuotaUsed(_))), "as many as accounts in a day");
    assert_eq!((count(&pool, "pending_confirmations").await, count(&pool, "mails").await), (rows, waiting));
}
