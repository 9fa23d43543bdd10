//! Members, as they are stored. Whoever changes them holds the instance's row, so that of two owners who remove each other at
//! once the second one finds that only one is left.

use sqlx::{PgConnection, PgPool, PgTransaction};
use time::OffsetDateTime;

use super::form::{InviteForm, RoleForm};
use crate::{
    admins::{
        Email, Role, Token,
        store::links::{self, Invite, Purpose},
    },
    database::{StoreError, check_role, lock_row},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    ui::form::FieldError,
};

/// A member, as the list shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account's key.
    pub id: i64,
    /// The account's email address.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Since when they are a member.
    pub since: OffsetDateTime,
}

/// The members of an instance: owners first, then by address.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn list(pool: &PgPool, instance: i64) -> Result<Vec<Member>, StoreError> {
    let rows = sqlx::query!(
        "select m.admin_id, a.email, m.role, m.since from members m join admins a on a.id = m.admin_id
        where m.instance_id = $1 order by array_position(array['owner', 'editor', 'viewer'], m.role), a.email",
        instance
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|row| Ok(Member { id: row.admin_id, email: row.email, role: stored_role(&row.role)?, since: row.since })).collect()
}

fn stored_role(name: &str) -> sqlx::Result<Role> {
    name.parse().map_err(|error: crate::admins::UnknownRole| sqlx::Error::Decode(error.into()))
}

/// What a member may do with an instance; `None` where the admin is not a member.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub(crate) async fn role_of(connection: &mut PgConnection, instance: i64, admin: i64) -> sqlx::Result<Option<Role>> {
    let role = sqlx::query_scalar!("select role from members where instance_id = $1 and admin_id = $2", instance, admin)
        .fetch_optional(connection)
        .await?;
    role.as_deref().map(stored_role).transpose()
}

/// Invites somebody and answers the token of their link, which is stored nowhere. An earlier invitation for the same address
/// no longer holds.
///
/// # Errors
/// Not found, archived, fields are wrong, they are a member already, or PostgreSQL.
pub async fn invite(pool: &PgPool, actor: &Actor, slug: &str, form: &InviteForm) -> Result<(Invite, Token), StoreError> {
    let mut transaction = pool.begin().await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let (email, role) = (form.email.parse::<Email>(), form.role.parse::<Role>());
    let mut errors: Vec<_> = email.as_ref().err().map(|error| FieldError::new("email", error)).into_iter().collect();
    errors.extend(role.as_ref().err().map(|error| FieldError::new("role", error)));
    let (Ok(email), Ok(role)) = (email, role) else { return Err(StoreError::Fields(errors)) };
    let is_member = sqlx::query_scalar!(
        r#"select exists (select from members m join admins a on a.id = m.admin_id where m.instance_id = $1 and a.email = $2) as "is!""#,
        instance,
        email.as_str()
    )
    .fetch_one(&mut *transaction)
    .await?;
    if is_member {
        let message = format_args!("{email} is a member already. Their role is changed in the list.");
        return Err(StoreError::Fields(vec![FieldError::new("email", message)]));
    }
    withdraw_all(&mut transaction, actor, instance, email.as_str(), false).await?;
    let invite = Invite { email, membership: Some((instance, role)), server_admin: false, owner_of_all: false };
    let token = links::make(&mut transaction, &Purpose::Invite(invite.clone()), &actor.name).await?;
    let entry = Entry::of(instance).about(invite.email.as_str()).field("role", None::<String>, role.name());
    record(&mut transaction, actor, Kind::Invited, entry).await?;
    transaction.commit().await?;
    Ok((invite, token))
}

/// Withdraws an invitation: its link no longer holds.
///
/// # Errors
/// Not found, archived, or PostgreSQL.
pub async fn withdraw(pool: &PgPool, actor: &Actor, slug: &str, invitation: i64) -> Result<(), StoreError> {
    let mut transaction = pool.begin().await?;
    let instance = lock_row(&mut transaction, actor, slug, Role::Owner).await?;
    let email = links::withdraw(&mut transaction, instance, invitation).await?.ok_or(StoreError::NotFound)?;
    record(&mut transaction, actor, Kind::InvitationWithdrawn, Entry::of(instance).about(email)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Withdraws what invitations to an instance there are for an address, and where it is a member who goes, those they have made.
async fn withdraw_all(connection: &mut PgConnection, actor: &Actor, instance: i64, email: &str, made_too: bool) -> sqlx::Result<()> {
    for about in links::withdraw_all(connection, instance, email, made_too).await? {
        record(connection, actor, Kind::InvitationWithdrawn, Entry::of(instance).about(about)).await?;
    }
    Ok(())
}

/// Gives a member another role. Where it is the one they have, nothing is changed.
///
/// # Errors
/// Not found, archived, no such role, they are the last owner, or PostgreSQL.
pub async fn change_role(pool: &PgPool, actor: &Actor, slug: &str, form: &RoleForm) -> Result<(), StoreError> {
    let mut transaction = pool.begin().await?;
    let member = lock_member(&mut transaction, actor, slug, form.member).await?;
    let role: Role = form.role.parse().map_err(|error| member.wrong(error))?;
    if role == member.role {
        return Ok(());
    }
    check_role(&mut transaction, actor, member.instance, Role::Owner).await?;
    member.leaves_an_owner(&mut transaction, "Their role can't be changed").await?;
    sqlx::query!("update members set role = $3 where instance_id = $1 and admin_id = $2", member.instance, form.member, role.name())
        .execute(&mut *transaction)
        .await?;
    let entry = Entry::of(member.instance).about(member.email).field("role", member.role.name(), role.name());
    record(&mut transaction, actor, Kind::Role, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// Removes a member, who may be the actor. Their pages answer as if the instance were not there, at once.
///
/// # Errors
/// Not found, archived, they are the last owner, or PostgreSQL.
pub async fn remove(pool: &PgPool, actor: &Actor, slug: &str, admin: i64) -> Result<(), StoreError> {
    let mut transaction = pool.begin().await?;
    let member = lock_member(&mut transaction, actor, slug, admin).await?;
    member.leaves_an_owner(&mut transaction, "They can't go").await?;
    sqlx::query!("delete from members where instance_id = $1 and admin_id = $2", member.instance, admin).execute(&mut *transaction).await?;
    // A link that was made for them before, or by them for another address, would let them in again.
    withdraw_all(&mut transaction, actor, member.instance, &member.email, true).await?;
    let entry = Entry::of(member.instance).about(member.email).field("role", member.role.name(), None::<String>);
    record(&mut transaction, actor, Kind::Removed, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// A member of an instance whose row is held.
struct LockedMember {
    instance: i64,
    admin: i64,
    email: String,
    role: Role,
}

async fn lock_member(transaction: &mut PgTransaction<'_>, actor: &Actor, slug: &str, admin: i64) -> Result<LockedMember, StoreError> {
    // Everybody may go.
    let least = if actor.admin == Some(admin) { Role::Viewer } else { Role::Owner };
    let instance = lock_row(transaction, actor, slug, least).await?;
    let row = sqlx::query!(
        "select a.email, m.role from members m join admins a on a.id = m.admin_id where m.instance_id = $1 and m.admin_id = $2",
        instance,
        admin
    )
    .fetch_optional(&mut **transaction)
    .await?
    .ok_or(StoreError::NotFound)?;
    Ok(LockedMember { instance, admin, email: row.email, role: stored_role(&row.role)? })
}

impl LockedMember {
    fn wrong(&self, message: impl ToString) -> StoreError {
        StoreError::Fields(vec![FieldError::new(&format!("role-{}", self.admin), message)])
    }

    /// An instance without an owner would be nobody's: another one has to be left.
    async fn leaves_an_owner(&self, connection: &mut PgConnection, refused: &str) -> Result<(), StoreError> {
        if self.role != Role::Owner {
            return Ok(());
        }
        let others = sqlx::query_scalar!(
            r#"select exists (select from members where instance_id = $1 and role = 'owner' and admin_id <> $2) as "others!""#,
            self.instance,
            self.admin
        )
        .fetch_one(connection)
        .await?;
        let message = format_args!("{} is the last owner. {refused} before somebody else is an owner.", self.email);
        if others { Ok(()) } else { Err(self.wrong(message)) }
    }
}

/// Makes somebody a member of an instance. A member who has a role already keeps it.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn join(connection: &mut PgConnection, actor: &Actor, instance: i64, role: Role) -> sqlx::Result<()> {
    let joined = sqlx::query!(
        "insert into members (instance_id, admin_id, role) values ($1, $2, $3) on conflict do nothing",
        instance,
        actor.admin,
        role.name()
    )
    .execute(&mut *connection)
    .await?;
    if joined.rows_affected() == 0 {
        return Ok(());
    }
    let entry = Entry::of(instance).about(actor.name.clone()).field("role", None::<String>, role.name());
    record(connection, actor, Kind::Joined, entry).await
}

/// Makes somebody an owner of every instance there is.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn join_all_as_owner(connection: &mut PgConnection, actor: &Actor) -> sqlx::Result<()> {
    let instances = sqlx::query!(
        r#"with before as (select instance_id, role from members where admin_id = $1)
        insert into members (instance_id, admin_id, role) select id, $1, 'owner' from instances
        on conflict (instance_id, admin_id) do update set role = 'owner' where members.role <> 'owner'
        returning instance_id, (select before.role from before where before.instance_id = members.instance_id) as "before?""#,
        actor.admin
    )
    .fetch_all(&mut *connection)
    .await?;
    for joined in instances {
        let kind = if joined.before.is_some() { Kind::Role } else { Kind::Joined };
        let entry = Entry::of(joined.instance_id).about(actor.name.clone()).field("role", joined.before, Role::Owner.name());
        record(connection, actor, kind, entry).await?;
    }
    Ok(())
}
