//! Organizations of an instance's visitors: made, listed with their members, left. What is another instance's is not there.

use sqlx::PgPool;

use super::{accounts::hold, form::OrganizationForm, identity::IdentityError, name};

/// The most organizations of one visitor.
pub const MOST_ORGANIZATIONS: i64 = 100;

/// The most members of an organization that are listed.
pub const MOST_LISTED: i64 = 50;

/// An organization, as its members see it. Personal: not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Organization {
    /// The key.
    pub id: i64,
    /// The name.
    pub name: String,
    /// What members are called, the visitor first, then by how long they are in it; [`MOST_LISTED`] at most.
    pub members: Vec<String>,
    /// How many members there are.
    pub count: i64,
}

/// A log must not hold what it is called, and who is in it.
impl std::fmt::Debug for Organization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Organization").field("id", &self.id).field("count", &self.count).finish_non_exhaustive()
    }
}

/// Makes an organization, of which the visitor is the first member, and answers its key.
///
/// # Errors
/// The name is wrong, the visitor has too many or is none of the instance's, or the database can't be asked.
pub async fn create(pool: &PgPool, instance: i64, visitor: i64, form: &OrganizationForm) -> Result<i64, IdentityError> {
    let name = name::parse(&form.name).map_err(|error| IdentityError::field("name", error))?;
    if name.is_empty() {
        return Err(IdentityError::field("name", "Enter a name, like Harbour Rowing Club."));
    }
    let mut transaction = pool.begin().await?;
    // Whoever makes two at once makes them one after the other, so that both are counted.
    hold(&mut transaction, instance, visitor).await?.ok_or_else(IdentityError::gone)?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from organization_members where visitor_id = $1"#, visitor)
        .fetch_one(&mut *transaction)
        .await?;
    if count >= MOST_ORGANIZATIONS {
        let message = format_args!("You are in {MOST_ORGANIZATIONS} organizations, and more are not possible. Leave one first.");
        return Err(IdentityError::field("name", message));
    }
    let id = sqlx::query_scalar!("insert into organizations (instance_id, name) values ($1, $2) returning id", instance, name)
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query!("insert into organization_members (organization_id, visitor_id) values ($1, $2)", id, visitor)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(id)
}

/// A visitor's organizations, by name.
///
/// # Errors
/// The database can't be asked.
pub async fn list(pool: &PgPool, instance: i64, visitor: i64) -> Result<Vec<Organization>, IdentityError> {
    // Fellow members see what somebody is called, and only without that what they sign in with.
    let rows = sqlx::query!(
        r#"select o.id, o.name,
            (select count(*) from organization_members c where c.organization_id = o.id) as "count!",
            coalesce(nullif(btrim(v.first_name || ' ' || v.last_name), ''), v.username, v.email_address, v.phone_number, '') as "member!"
        from organization_members own
        join organizations o on o.id = own.organization_id and o.instance_id = $1
        cross join lateral (
            select m.visitor_id, m.since from organization_members m where m.organization_id = o.id
            order by m.visitor_id <> $2, m.since, m.visitor_id limit $3
        ) m
        join visitors v on v.id = m.visitor_id
        where own.visitor_id = $2
        order by lower(o.name), o.id, m.visitor_id <> $2, m.since, m.visitor_id"#,
        instance,
        visitor,
        MOST_LISTED
    )
    .fetch_all(pool)
    .await?;
    let mut organizations: Vec<Organization> = Vec::new();
    for row in rows {
        match organizations.last_mut() {
            Some(last) if last.id == row.id => last.members.push(row.member),
            _ => organizations.push(Organization { id: row.id, name: row.name, members: vec![row.member], count: row.count }),
        }
    }
    Ok(organizations)
}

/// Takes a visitor out of an organization and answers whether they were in it. With the last member the organization goes.
///
/// # Errors
/// The database can't be asked.
pub async fn leave(pool: &PgPool, instance: i64, visitor: i64, organization: i64) -> Result<bool, IdentityError> {
    let mut transaction = pool.begin().await?;
    // Of two last members who leave at once, the second one waits here and then is the last.
    let held = sqlx::query_scalar!(
        "select o.id from organizations o join organization_members m on m.organization_id = o.id
        where o.instance_id = $1 and m.visitor_id = $2 and o.id = $3 for update of o",
        instance,
        visitor,
        organization
    );
    if held.fetch_optional(&mut *transaction).await?.is_none() {
        return Ok(false);
    }
    let left = sqlx::query!("delete from organization_members where organization_id = $1 and visitor_id = $2", organization, visitor)
        .execute(&mut *transaction)
        .await?;
    sqlx::query!(
        "delete from organizations o where o.id = $1 and not exists (select from organization_members m where m.organization_id = o.id)",
        organization
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(left.rows_affected() > 0)
}
