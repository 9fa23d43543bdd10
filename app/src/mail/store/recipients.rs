//! What a mail must know of its recipient and its instance at the moment it is sent.

use sqlx::PgConnection;

use crate::credentials::{password::NO_PASSWORD, token::Token};

/// The name of an instance whose hosted pages are served; `None` if there is none.
pub(in crate::mail) async fn instance_name(connection: &mut PgConnection, instance: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select name from instances where id = $1 and archived_at is null and portal_enabled", instance)
        .fetch_optional(connection)
        .await
}

/// The key of the visitor with that email address; `None` if there is none.
pub(in crate::mail) async fn visitor(connection: &mut PgConnection, instance: i64, email: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("select id from visitors where instance_id = $1 and email_address = $2", instance, email)
        .fetch_optional(connection)
        .await
}

/// The same, if the visitor may choose a new password: somebody who signs in at the instance's identity provider only may not, or they
/// would keep their way in after they have left the company.
pub(in crate::mail) async fn visitor_with_password(connection: &mut PgConnection, instance: i64, email: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select id from visitors v where instance_id = $1 and email_address = $2
            and (password_hash <> $3 or not exists (select from identity_providers p where p.instance_id = v.instance_id))",
        instance,
        email,
        NO_PASSWORD
    )
    .fetch_optional(connection)
    .await
}

/// What an invitation to an instance says.
pub(in crate::mail) struct Invitation {
    /// Who has made it.
    pub(in crate::mail) maker: String,
    /// The role.
    pub(in crate::mail) role: String,
    /// The instance's name.
    pub(in crate::mail) instance: String,
}

/// Gives an invitation the token of its mail; `None` if it is not valid any more.
pub(in crate::mail) async fn invitation(connection: &mut PgConnection, link: i64, token: &Token) -> sqlx::Result<Option<Invitation>> {
    sqlx::query_as!(
        Invitation,
        r#"update admin_links l set mail_token_hash = $2 from instances i
        where l.id = $1 and l.kind = 'invite' and l.expires_at > now() and i.id = l.instance_id and i.archived_at is null
        returning l.created_by as maker, l.role as "role!", i.name as instance"#,
        link,
        &token.hash()[..]
    )
    .fetch_optional(connection)
    .await
}
