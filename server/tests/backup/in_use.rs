//! A database that somebody uses is replaced only on request.

use app::fixtures::{create_owned, other_app, owner};
use sqlx::PgPool;

use crate::process::{backup, fill, rows, run, second};

#[sqlx::test(migrations = "../migrations")]
async fn a_database_in_use_is_replaced_only_on_request(pool: PgPool) {
    fill(&pool).await;
    let (_folder, file) = backup(&pool.connect_options());
    let target = second(&pool).await;
    let options = target.connect_options();
    sqlx::migrate!("../migrations").run(&target).await.unwrap();
    create_owned(&target, &owner(&target).await, &other_app("precious")).await;
    let before = rows(&target).await;

    let refused = run(&options, &["restore", &file]);
    assert_eq!((refused.code, refused.output.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.said.contains("the database is in use: it holds 1 instance"), "{}", refused.said);
    assert_eq!(rows(&target).await, before);

    let restored = run(&options, &["restore", &file, "--replace"]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert_eq!(rows(&target).await, rows(&pool).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_instance_of_a_first_start_is_nobodys(pool: PgPool) {
    fill(&pool).await;
    let (_folder, file) = backup(&pool.connect_options());
    let target = second(&pool).await;
    sqlx::migrate!("../migrations").run(&target).await.unwrap();
    let seeded = app::fixtures::instance(&other_app("localhost"));
    app::instances::store::create(&target, &app::history::Actor::server(), &seeded, "localhost").await.unwrap();
    let restored = run(&target.connect_options(), &["restore", &file]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
}
