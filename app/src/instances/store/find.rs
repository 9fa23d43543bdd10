//! Finding stored instances: each is read whole by one query, so that a reader never sees half a change.

use std::collections::HashMap;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    database::StoreError,
    identity_provider::ProviderButton,
    instances::stored::StoredInstance,
    redirects::{Applications, Instance, Settings, is_slug},
};

#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
struct Row {
    id: i64,
    slug: String,
    name: String,
    environment: String,
    domain: String,
    domain_typed: String,
    portal_origin: String,
    home_url: String,
    allowed_origins: Vec<String>,
    version: i64,
    save_id: Uuid,
    archived_at: Option<OffsetDateTime>,
    portal_enabled: bool,
    visits_counted: bool,
    requires_confirmed_email: bool,
    identity: String,
    application_origins: Vec<String>,
    names_in_tokens: bool,
    flows: Vec<String>,
    urls: Vec<String>,
    preview_origins: Vec<String>,
    preview_ends: Vec<OffsetDateTime>,
    button_text: Option<String>,
    replaces_accounts: Option<bool>,
    manages_names: Option<bool>,
}

impl Row {
    /// The instance, if today's rules allow it.
    fn read(self) -> Result<StoredInstance, StoreError> {
        let stored = self.read_any()?;
        match stored.unusable {
            Some(message) => Err(StoreError::Invalid { slug: stored.settings.slug, message }),
            None => Ok(stored),
        }
    }

    /// The instance, also if its domain or portal origin breaks a rule of today.
    fn read_any(self) -> Result<StoredInstance, StoreError> {
        let invalid = |slug: &str, message: &dyn ToString| StoreError::Invalid { slug: slug.to_owned(), message: message.to_string() };
        let settings = Settings {
            environment: self.environment.parse().map_err(|error| invalid(&self.slug, &error))?,
            slug: self.slug,
            name: self.name,
            domain: self.domain,
            portal_origin: self.portal_origin,
            home_url: self.home_url,
            allowed_origins: self.allowed_origins,
        };
        let (instance, unusable) = match Instance::restore(settings.clone(), self.version) {
            Ok(instance) => (instance, None),
            Err(errors) => {
                let message = errors.into_iter().next().map(|error| error.message).unwrap_or_default();
                let stand_in = Instance::stand_in(&settings, self.version).ok_or_else(|| invalid(&settings.slug, &message))?;
                (stand_in, Some(message))
            }
        };
        let preview_origins = self.preview_origins.into_iter().zip(self.preview_ends);
        let instance = instance.with_stored_expiring(preview_origins.map(|(origin, expires_at)| (origin, expires_at.into())));
        let fallbacks = self.flows.iter().zip(self.urls).filter_map(|(flow, url)| Some((flow.parse().ok()?, url))).collect();
        let identity = self.identity.parse().map_err(|error| invalid(&settings.slug, &error))?;
        Ok(StoredInstance {
            id: self.id,
            save_id: self.save_id,
            settings,
            domain_typed: self.domain_typed,
            instance,
            unusable,
            fallbacks,
            archived_at: self.archived_at,
            portal_enabled: self.portal_enabled,
            visits_counted: self.visits_counted,
            requires_confirmed_email: self.requires_confirmed_email,
            identity,
            applications: Applications { origins: self.application_origins, names_in_tokens: self.names_in_tokens },
            provider: self.button_text.map(|text| ProviderButton {
                text,
                replaces_accounts: self.replaces_accounts.unwrap_or_default(),
                manages_names: self.manages_names.unwrap_or_default(),
            }),
        })
    }
}

/// The query that reads instances whole: a row each, with what comes after `from instances i`.
macro_rules! rows {
    ($rest:tt, $($value:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"
            select i.id, i.slug, i.name, i.environment, i.domain, i.domain_typed, i.portal_origin, i.home_url, i.allowed_origins, i.version,
                i.save_id, i.archived_at, i.portal_enabled, i.visits_counted, i.requires_confirmed_email, i.identity,
                i.application_origins, i.names_in_tokens,
                array(select f.flow from fallback_redirects f where f.instance_id = i.id order by f.flow) as "flows!",
                array(select f.value from fallback_redirects f where f.instance_id = i.id order by f.flow) as "urls!",
                array(select p.origin from preview_origins p where p.instance_id = i.id order by p.origin) as "preview_origins!",
                array(select p.expires_at from preview_origins p where p.instance_id = i.id order by p.origin) as "preview_ends!",
                (select d.button_text from identity_providers d where d.instance_id = i.id) as button_text,
                (select d.replaces_accounts from identity_providers d where d.instance_id = i.id) as replaces_accounts,
                (select d.names_use = 'force' from identity_providers d where d.instance_id = i.id) as manages_names
            from instances i
            "# + $rest,
            $($value),+
        )
    };
}

/// The instance with that slug. `None` if no instance has it.
///
/// # Errors
/// PostgreSQL, or a stored instance that is no longer valid.
pub async fn find<'e>(executor: impl sqlx::PgExecutor<'e>, slug: &str) -> Result<Option<StoredInstance>, StoreError> {
    // What can't be a slug need not be asked for; PostgreSQL would refuse a text with a zero in it.
    if !is_slug(slug) {
        return Ok(None);
    }
    rows!("where i.slug = $1", slug).fetch_optional(executor).await?.map(Row::read).transpose()
}

/// The instance with that slug, for the dashboard: also one that can't be restored, so that an editor can correct it.
///
/// # Errors
/// PostgreSQL, or a stored instance that is no longer valid in other ways.
pub async fn find_any<'e>(executor: impl sqlx::PgExecutor<'e>, slug: &str) -> Result<Option<StoredInstance>, StoreError> {
    if !is_slug(slug) {
        return Ok(None);
    }
    rows!("where i.slug = $1", slug).fetch_optional(executor).await?.map(Row::read_any).transpose()
}

/// The instance whose portal is at one of these origins, the greatest of them first: `https` before `http`. `None` where there is
/// none.
///
/// # Errors
/// PostgreSQL, or a stored instance that is no longer valid.
pub async fn find_by_portal_origin<'e>(
    executor: impl sqlx::PgExecutor<'e>,
    origins: &[String],
) -> Result<Option<StoredInstance>, StoreError> {
    rows!("where i.portal_origin = any($1) order by i.portal_origin desc limit 1", origins)
        .fetch_optional(executor)
        .await?
        .map(Row::read)
        .transpose()
}

/// The instances of these keys, as far as there are any. One that is no longer valid is an error of its own.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn find_all<'e>(
    executor: impl sqlx::PgExecutor<'e>,
    ids: &[i64],
) -> Result<Vec<(i64, Result<StoredInstance, StoreError>)>, StoreError> {
    // PostgreSQL keeps the plan of a query for a single key, but plans one for a short list anew each time.
    let rows = match ids {
        [id] => rows!("where i.id = $1", id).fetch_all(executor).await?,
        _ => rows!("where i.id = any($1)", ids).fetch_all(executor).await?,
    };
    Ok(rows.into_iter().map(|row| (row.id, row.read())).collect())
}

/// The instances with these slugs, archived ones included. A slug without an instance is left out.
///
/// # Errors
/// PostgreSQL, or a stored instance that is no longer valid in other ways.
pub async fn find_by_slug<'e>(executor: impl sqlx::PgExecutor<'e>, slugs: &[String]) -> Result<Vec<StoredInstance>, StoreError> {
    rows!("where i.slug = any($1)", slugs).fetch_all(executor).await?.into_iter().map(Row::read_any).collect()
}

/// The next instances after that slug that are not archived, by slug: the same order in every database.
///
/// # Errors
/// PostgreSQL, or a stored instance that is no longer valid in other ways.
pub async fn page<'e>(executor: impl sqlx::PgExecutor<'e>, after: &str, limit: i64) -> Result<Vec<StoredInstance>, StoreError> {
    rows!(r#"where i.archived_at is null and i.slug collate "C" > $1 order by i.slug collate "C" limit $2"#, after, limit)
        .fetch_all(executor)
        .await?
        .into_iter()
        .map(Row::read_any)
        .collect()
}

/// Which of these portal hosts, with their ports, instances have: each host and the slug of its instance. Archived instances keep theirs.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn portal_hosts<'e>(executor: impl sqlx::PgExecutor<'e>, hosts: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query!(
        r#"select regexp_replace(portal_origin, '^https?://', '') as "host!", slug
        from instances where regexp_replace(portal_origin, '^https?://', '') = any($1)"#,
        hosts
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(|row| (row.host, row.slug)).collect())
}

/// The last saves of the instances of these keys, by key. One that is gone is left out.
///
/// # Errors
/// PostgreSQL, or the way to it.
pub async fn save_ids<'e>(executor: impl sqlx::PgExecutor<'e>, ids: &[i64]) -> Result<HashMap<i64, Uuid>, StoreError> {
    let rows = sqlx::query!("select id, save_id from instances where id = any($1)", ids).fetch_all(executor).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.save_id)).collect())
}
