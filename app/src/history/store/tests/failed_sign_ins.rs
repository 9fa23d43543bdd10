//! Failed sign-ins: counted instead of recorded, bounded, shown among the changes, and deleted after a time.

use super::*;
use crate::{
    admins::{
        form::SignInForm,
        sign_in::{SignInError, sign_in},
    },
    credentials::{client::Client, password::Password},
    history::store::{
        Attempts,
        failed_sign_ins::{MAX_NETWORKS, MAX_ROWS, count, delete_old},
    },
};

/// Somebody at that address who does not know the password of that account.
async fn fail(pool: &PgPool, email: &str, address: &str) {
    let form = SignInForm { email: email.into(), password: Password::from("not the password"), next: String::new() };
    let client = Client { address: address.parse().ok(), ..Client::default() };
    assert!(matches!(sign_in(pool, &form, false, &client).await, Err(SignInError::Fields(_))));
}

/// Gives the accounts of the fixtures, which nobody can sign in to, a password.
async fn with_passwords(pool: &PgPool) {
    let hash = Password::from("correct horse battery staple").hash().await.unwrap();
    sqlx::query("update admins set password_hash = $1").bind(hash).execute(pool).await.unwrap();
}

async fn count_from(pool: &PgPool, actor: &Actor, address: [u8; 4]) {
    let actor = Actor { address: Some(address.into()), ..actor.clone() };
    count(&mut pool.acquire().await.unwrap(), &actor, Kind::SignInFailed).await.unwrap();
}

/// The rows as they are stored: whose, from where, how many.
async fn stored(pool: &PgPool) -> Vec<(Option<String>, String, i64)> {
    sqlx::query_as("select who, network, attempts from failed_sign_ins order by id").fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_attempts_of_a_day_from_one_network_are_one_row_and_nothing_that_was_typed_is_stored(pool: PgPool) {
    account(&pool, "ana@myapp.com").await;
    with_passwords(&pool).await;
    for (email, address) in [
        ("Ana@myapp.com", "192.0.2.1"),
        ("ana@myapp.com", "192.0.2.1"),
        ("ana@myapp.com", "2001:db8:0:1::1"),
        ("ana@myapp.com", "2001:db8:0:1::2"),
        ("secret@pass.word", "192.0.2.1"),
        ("correct horse battery staple", "192.0.2.1"),
        ("nobody@myapp.com", ""),
    ] {
        fail(&pool, email, address).await;
    }
    let ana = || Some("ana@myapp.com".to_owned());
    let expected = [(ana(), "192.0.2.1", 2), (ana(), "2001:db8:0:1::/64", 2), (None, "192.0.2.1", 2), (None, "unknown", 1)];
    assert_eq!(stored(&pool).await, expected.map(|(who, network, attempts)| (who, network.to_owned(), attempts)));
    let changes: i64 = sqlx::query_scalar("select count(*) from changes").fetch_one(&pool).await.unwrap();
    assert_eq!(changes, 0, "anybody could make the history as long as they like");
    // Another day begins another row.
    sqlx::query("update failed_sign_ins set first_at = first_at - interval '1 day'").execute(&pool).await.unwrap();
    fail(&pool, "ana@myapp.com", "192.0.2.1").await;
    assert_eq!(stored(&pool).await.len(), 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn beyond_the_networks_of_a_day_an_accounts_attempts_are_counted_in_one_row(pool: PgPool) {
    let (ana, ben) = (account(&pool, "ana@myapp.com").await, account(&pool, "ben@myapp.com").await);
    let networks = u8::try_from(MAX_NETWORKS).unwrap();
    for last in 0..networks + 20 {
        count_from(&pool, &ana, [192, 0, 2, last]).await;
    }
    // A network that is listed already keeps its own row, and other accounts get rows of their own.
    count_from(&pool, &ana, [192, 0, 2, 0]).await;
    count_from(&pool, &ben, [192, 0, 2, 110]).await;
    let rows = stored(&pool).await;
    assert_eq!(i64::try_from(rows.len()).unwrap(), MAX_NETWORKS + 2);
    let of = |network: &str| rows.iter().filter(|row| row.1 == network).map(|row| row.2).collect::<Vec<_>>();
    assert_eq!((of("192.0.2.0"), of("*"), of("192.0.2.110")), (vec![2], vec![20], vec![1]));
    assert_eq!(rows.iter().map(|row| row.2).sum::<i64>(), MAX_NETWORKS + 22, "none is lost");
    let shown = all(&pool, Scope::Server, "").await;
    let others = shown.iter().find(|change| change.attempts.is_some_and(|attempts| attempts.count == 20)).unwrap();
    assert_eq!((others.who.as_str(), others.address.as_deref()), ("ana@myapp.com", Some("other addresses")));
}

#[sqlx::test(migrations = "../migrations")]
async fn beyond_the_rows_of_a_day_each_account_gets_one_more(pool: PgPool) {
    let (ana, ben) = (account(&pool, "ana@myapp.com").await, account(&pool, "ben@myapp.com").await);
    sqlx::query(
        "insert into failed_sign_ins (kind, admin_id, who, network) select 'sign_in_failed', 1000 + n, 'n', 'n' from generate_series(1, $1) n",
    )
    .bind(MAX_ROWS)
    .execute(&pool)
    .await
    .unwrap();
    for last in 0..20 {
        count_from(&pool, &ana, [192, 0, 2, last]).await;
        count_from(&pool, &ben, [192, 0, 2, last]).await;
    }
    let more: Vec<(String, String, i64)> =
        sqlx::query_as("select who, network, attempts from failed_sign_ins where admin_id < 1000 order by who")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(more, ["ana@myapp.com", "ben@myapp.com"].map(|who| (who.to_owned(), "*".to_owned(), 20)));
}

#[sqlx::test(migrations = "../migrations")]
async fn failed_sign_ins_stand_among_the_changes_with_the_filters_and_the_pages(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    let (ben, stranger) = (member(&pool, "my-app", "ben@myapp.com", Role::Viewer).await, account(&pool, "eve@myapp.com").await);
    with_passwords(&pool).await;
    // As an earlier version recorded it.
    note(&pool, &ben, Kind::SignInFailed, Entry::default()).await;
    fail(&pool, "ben@myapp.com", "192.0.2.1").await;
    fail(&pool, "nobody@myapp.com", "").await;
    count(&mut pool.acquire().await.unwrap(), &stranger, Kind::SecondFactorFailed).await.unwrap();
    note(&pool, &ben, Kind::SignedIn, Entry::default()).await;
    // Counted after the sign-in, and still where the first attempt was: pages have no gaps and no repeats.
    fail(&pool, "ben@myapp.com", "192.0.2.1").await;

    let rows = async |scope, query: &str| {
        let short = |change: Change| {
            let count = change.attempts.map_or(0, |Attempts { count, .. }| count);
            (change.kind, change.who, change.address.unwrap_or_default(), count)
        };
        all(&pool, scope, query).await.into_iter().map(short).collect::<Vec<_>>()
    };
    let row = |kind, who: &str, address: &str, count| (kind, who.to_owned(), address.to_owned(), count);
    let signed_in = row(Kind::SignedIn, "ben@myapp.com", "192.0.2.1", 0);
    let of_stranger = row(Kind::SecondFactorFailed, "eve@myapp.com", "192.0.2.1", 1);
    let of_nobody = row(Kind::SignInFailed, "unknown account", "", 1);
    let of_ben = row(Kind::SignInFailed, "ben@myapp.com", "192.0.2.1", 2);
    let earlier = row(Kind::SignInFailed, "ben@myapp.com", "192.0.2.1", 0);
    let server = [&signed_in, &of_stranger, &of_nobody, &of_ben, &earlier].map(Clone::clone);
    assert_eq!(rows(Scope::Server, "").await, server);
    assert_eq!(rows(Scope::Server, "person=BEN").await, [&signed_in, &of_ben, &earlier].map(Clone::clone));
    assert_eq!(rows(Scope::Server, "person=unknown").await, [of_nobody]);
    assert_eq!(rows(Scope::Server, "field=role").await, []);
    assert_eq!(rows(Scope::Server, "to=2020-01-01").await, []);
    assert_eq!(rows(Scope::Server, "from=2020-01-01").await, server);

    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let page = read_page(&pool, Scope::Server, &Criteria { before, ..Criteria::default() }, 2).await.unwrap();
        paged.extend(page.changes.into_iter().map(|change| change.id));
        before = page.older;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, all(&pool, Scope::Server, "").await.iter().map(|change| change.id).collect::<Vec<_>>());

    let owner: Vec<_> = rows(Scope::Instance { id, role: Role::Owner }, "person=ben").await;
    assert_eq!(owner[..3], [signed_in, of_ben, earlier]);
    assert!(!rows(Scope::Instance { id, role: Role::Owner }, "").await.contains(&of_stranger), "of members only");
    assert!(all(&pool, Scope::Instance { id, role: Role::Editor }, "").await.iter().all(|change| change.attempts.is_none()));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_older_than_the_days_to_keep_is_deleted_by_one_runtime(pool: PgPool) {
    sqlx::query(
        "insert into failed_sign_ins (kind, network, first_at, last_at)
        select 'sign_in_failed', n::text, day, day from generate_series(1, 2500) n, lateral (select now() - n * interval '1 day') d (day)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let ana = account(&pool, "ana@myapp.com").await;
    note(&pool, &ana, Kind::SignInFailed, Entry::default()).await;
    assert_eq!(delete_old(&pool, 90).await.unwrap(), 2_410);
    assert_eq!(delete_old(&pool, 90).await.unwrap(), 0);
    // Another runtime is at it.
    let mut turn = pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('portal-redirects: old failed sign-ins', 0))")
        .execute(&mut *turn)
        .await
        .unwrap();
    assert_eq!(delete_old(&pool, 1).await.unwrap(), 0);
    turn.rollback().await.unwrap();
    assert_eq!(delete_old(&pool, 1).await.unwrap(), 89);
    assert_eq!(all(&pool, Scope::Server, "").await.len(), 2, "one of yesterday, and the change");
}
