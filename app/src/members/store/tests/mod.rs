//! Tests of members and invitations, each with its own database.

mod invitations;
mod roles;

use sqlx::PgPool;

use super::{Member, MemberCount, change_role, count, invite, membership::join, read_page, remove, withdraw};
use crate::{
    admins::{
        Email, Role,
        store::links::{self, OneTimeLink, Purpose},
    },
    database::StoreError,
    fallbacks::{self, form::FallbackForm},
    fixtures::{self, create_owned, other_app},
    history::Actor,
    instances::archive::{ArchiveForm, archive},
    members::{
        filter::{MembersFilter, Position},
        form::{InviteForm, RoleForm},
    },
};

const ANA: &str = "ana@myapp.com";
const BEN: &str = "ben@myapp.com";

/// All members of an instance.
async fn list(pool: &PgPool, instance: i64) -> Result<Vec<Member>, StoreError> {
    Ok(read_page(pool, instance, &MembersFilter::default(), 1_000).await?.members)
}

async fn account(pool: &PgPool, email: &str) -> Actor {
    fixtures::account(pool, email, false).await
}

/// Creates an instance with that slug and owner, and returns its key.
async fn instance(pool: &PgPool, owner: &Actor, slug: &str) -> i64 {
    create_owned(pool, owner, &other_app(slug)).await.id
}

async fn joined(pool: &PgPool, email: &str, instance: i64, role: Role) -> Actor {
    let actor = account(pool, email).await;
    join(&mut pool.acquire().await.unwrap(), &actor, instance, role).await.unwrap();
    actor
}

/// `my-app`, which Ana owns, and a second member.
async fn ana_and_ben(pool: &PgPool, role: Role) -> (Actor, Actor, i64) {
    let ana = account(pool, ANA).await;
    let id = instance(pool, &ana, "my-app").await;
    let ben = joined(pool, BEN, id, role).await;
    (ana, ben, id)
}

fn id(actor: &Actor) -> i64 {
    actor.admin.unwrap()
}

fn to(member: &Actor, role: Role) -> RoleForm {
    RoleForm { member: id(member), role: role.name().to_owned() }
}

fn invitation(email: &str, role: Role) -> InviteForm {
    InviteForm { email: email.to_owned(), role: role.name().to_owned() }
}

async fn roles(pool: &PgPool, instance: i64) -> Vec<(String, Role)> {
    list(pool, instance).await.unwrap().into_iter().map(|member| (member.email, member.role)).collect()
}

/// The recorded changes after the instance was created: who, what, about whom, the role before and after.
async fn records(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', who, kind, about, before->>'role', '>', after->>'role') from changes
        where kind not in ('created', 'joined') order by id",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

#[track_caller]
fn field_error(result: Result<impl std::fmt::Debug, StoreError>) -> (String, String) {
    match result {
        Err(StoreError::Fields(errors)) if errors.len() == 1 => (errors[0].field.clone(), errors[0].message.clone()),
        other => panic!("no field is wrong, or several are: {other:?}"),
    }
}
