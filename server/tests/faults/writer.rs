//! An admin who saves through the dashboard, one save after the other, whatever becomes of the server.

use std::time::Duration;

use sqlx::PgPool;
use tokio::runtime::Handle;

use crate::{
    model::tag,
    process::{Admin, Client, Saved},
    random::Random,
    running::{INSTANCES, ROUND, World},
};

/// The longest rest between two saves, in milliseconds.
const LONGEST_REST: usize = 150;

/// Saves until it is over, at the first server.
pub(crate) fn write(world: &World, admin: &Admin, pool: &PgPool, runtime: &Handle, mut random: Random) {
    let mut versions = [1; INSTANCES.len()];
    while !world.is_over() {
        let Some(life) = world.places[0].life() else {
            std::thread::sleep(ROUND);
            continue;
        };
        let instance = random.below(INSTANCES.len());
        let (slug, _) = INSTANCES[instance];
        let version = versions[instance] + 1;
        let attempt = world.model.try_save(instance, version);
        let saved = admin.save(&mut Client::new(&life.address), slug, version - 1, &tag(version, attempt));
        if matches!(saved, Ok(Saved::Yes)) {
            versions[instance] = version;
            world.check(world.model.acknowledge(instance, version, attempt), slug);
        } else if let Some(stored) = runtime.block_on(stored(pool, slug)) {
            // It may have been stored all the same, now or in a moment: then the next one is refused, and it is looked again.
            versions[instance] = stored;
        }
        std::thread::sleep(Duration::from_millis(random.below(LONGEST_REST).try_into().unwrap()));
    }
}

/// The version that is stored; nothing while PostgreSQL can't be reached.
async fn stored(pool: &PgPool, slug: &str) -> Option<i64> {
    sqlx::query_scalar("select version from instances where slug = $1").bind(slug).fetch_one(pool).await.ok()
}
