//! Members in PostgreSQL. Every change locks the instance's row first. If two owners remove each other at once, the second one finds
//! that only one is left.

mod invitations;
pub mod membership;
#[cfg(test)]
mod tests;

use sqlx::{PgConnection, PgPool, PgTransaction};
use time::OffsetDateTime;

pub(crate) use invitations::withdraw_all;
pub use invitations::{invite, invite_by_mail, withdraw};

use self::membership::{has_other_owner, stored_role};
use crate::{
    admins::Role,
    database::{StoreError, begin, check_role, lock_row, timed},
    history::{
        Actor, Kind,
        record::{Entry, record},
    },
    members::{
        filter::{MembersFilter, Position},
        form::RoleForm,
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
    /// The member's role.
    pub role: Role,
    /// When they became a member.
    pub since: OffsetDateTime,
}

/// A page of members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersPage {
    /// The members: owners first, then editors and viewers, each by address.
    pub members: Vec<Member>,
    /// The position after which the next page begins; `None` if this is the last one.
    pub next: Option<Position>,
}

/// How many members an instance has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberCount {
    /// All of them.
    pub all: i64,
    /// Those whose address has the text that was searched for.
    pub found: i64,
}

/// The members of an instance that match, after the filter's position: at most `limit` of them.
///
/// # Errors
/// The query fails.
pub async fn read_page(pool: &PgPool, instance: i64, filter: &MembersFilter, limit: i64) -> Result<MembersPage, StoreError> {
    let rows = sqlx::query!(
        "select m.admin_id, a.email, m.role, m.since from members m join admins a on a.id = m.admin_id
        where m.instance_id = $1 and strpos(a.email, $2) > 0 and (
            $3::text is null or (array_position(array['owner', 'editor', 'viewer'], m.role), a.email)
                > (array_position(array['owner', 'editor', 'viewer'], $3), $4)
        )
        order by array_position(array['owner', 'editor', 'viewer'], m.role), a.email limit $5",
        instance,
        filter.search,
        filter.after.as_ref().map(|after| after.role.name()),
        filter.after.as_ref().map(|after| after.email.as_str()),
        // One more than the page shows tells whether there is another page.
        limit + 1
    )
    .fetch_all(timed(pool))
    .await?;
    let member =
        |(id, email, role, since): (i64, String, String, OffsetDateTime)| Ok(Member { id, email, role: stored_role(&role)?, since });
    let members: sqlx::Result<Vec<_>> = rows.into_iter().map(|row| member((row.admin_id, row.email, row.role, row.since))).collect();
    let (mut members, limit) = (members?, usize::try_from(limit).unwrap_or(0));
    let more = members.len() > limit;
    members.truncate(limit);
    let next = members.last().filter(|_| more).map(|last| Position { role: last.role, email: last.email.clone() });
    Ok(MembersPage { members, next })
}

/// How many members an instance has, and how many have this text in their address.
///
/// # Errors
/// The query fails.
pub async fn count(pool: &PgPool, instance: i64, search: &str) -> sqlx::Result<MemberCount> {
    sqlx::query_as!(
        MemberCount,
        r#"select count(*) as "all!", count(*) filter (where strpos(a.email, $2) > 0) as "found!"
        from members m join admins a on a.id = m.admin_id where m.instance_id = $1"#,
        instance,
        search
    )
    .fetch_one(timed(pool))
    .await
}

/// One member; `None` if that account is not a member.
///
/// # Errors
/// The query fails.
pub async fn find(pool: &PgPool, instance: i64, admin: i64) -> Result<Option<Member>, StoreError> {
    let row = sqlx::query!(
        "select a.email, m.role, m.since from members m join admins a on a.id = m.admin_id where m.instance_id = $1 and m.admin_id = $2",
        instance,
        admin
    )
    .fetch_optional(timed(pool))
    .await?;
    row.map(|row| Ok(Member { id: admin, email: row.email, role: stored_role(&row.role)?, since: row.since })).transpose()
}

/// Gives a member another role, and returns the one that they had. Nothing changes if they have that role already.
///
/// # Errors
/// The instance or the member is not found, the instance is archived, the actor is not an owner, there is no such role, the member is
/// the last owner, or the query fails.
pub async fn change_role(pool: &PgPool, actor: &Actor, slug: &str, form: &RoleForm) -> Result<Role, StoreError> {
    let mut transaction = begin(pool).await?;
    let member = lock_member(&mut transaction, actor, slug, form.member).await?;
    let role: Role = form.role.parse().map_err(|error| member.field_error(error))?;
    let was = member.role;
    if role == was {
        return Ok(was);
    }
    check_role(&mut transaction, actor, member.instance, Role::Owner).await?;
    member.check_other_owner(&mut transaction).await?;
    sqlx::query!(
        "update members set role = $3, by_provider = false where instance_id = $1 and admin_id = $2",
        member.instance,
        form.member,
        role.name()
    )
    .execute(&mut *transaction)
    .await?;
    if was == Role::Owner {
        // Only owners invite. The one who was demoted could follow such a link, or have somebody follow it.
        withdraw_all(&mut transaction, actor, member.instance, &member.email, Some(member.admin)).await?;
    }
    let entry = Entry::of(member.instance).about(member.email).field("role", member.role.name(), role.name());
    record(&mut transaction, actor, Kind::Role, entry).await?;
    transaction.commit().await?;
    Ok(was)
}

/// Removes a member, who may be the actor. From then on their requests find no such instance.
///
/// # Errors
/// The instance or the member is not found, the instance is archived, the actor may not, the member is the last owner, or the query
/// fails.
pub async fn remove(pool: &PgPool, actor: &Actor, slug: &str, admin: i64) -> Result<(), StoreError> {
    let mut transaction = begin(pool).await?;
    let member = lock_member(&mut transaction, actor, slug, admin).await?;
    member.check_other_owner(&mut transaction).await?;
    sqlx::query!("delete from members where instance_id = $1 and admin_id = $2", member.instance, admin).execute(&mut *transaction).await?;
    // A link that was made for them before, or by them for another address, would let them in again.
    withdraw_all(&mut transaction, actor, member.instance, &member.email, Some(member.admin)).await?;
    let entry = Entry::of(member.instance).about(member.email).field("role", member.role.name(), None::<String>);
    record(&mut transaction, actor, Kind::Removed, entry).await?;
    transaction.commit().await?;
    Ok(())
}

/// A member of an instance whose row is locked.
struct LockedMember {
    instance: i64,
    admin: i64,
    email: String,
    role: Role,
}

async fn lock_member(transaction: &mut PgTransaction<'_>, actor: &Actor, slug: &str, admin: i64) -> Result<LockedMember, StoreError> {
    // Every member may leave.
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
    fn field_error(&self, message: impl ToString) -> StoreError {
        StoreError::Fields(vec![FieldError::new(&format!("role-{}", self.admin), message)])
    }

    /// Checks that the instance has an owner without this member.
    async fn check_other_owner(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.role != Role::Owner || has_other_owner(connection, self.instance, self.admin).await? {
            return Ok(());
        }
        Err(self.field_error(format_args!("{} is the last owner. Make somebody else an owner first.", self.email)))
    }
}
