//! Members: who may do what with an instance.

use app::{
    members::{
        filter::{MembersFilter, Position, parse_search},
        store,
    },
    ui::text::timestamp,
};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    openapi::ReadProblems,
    problem::{InputError, Problem},
    request::{InPath, InstanceRequest},
};

/// The most members of one answer.
const MAX_LIMIT: i64 = 500;

/// Which members are listed.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MembersParams {
    /// The `next` of the page before. Without it, the page begins with the first member.
    cursor: Option<String>,
    /// The most members of the page.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: i64,
    /// Only members with this text in their email address.
    #[serde(default)]
    #[param(max_length = 254)]
    email: String,
}

fn hundred() -> i64 {
    100
}

/// A page of members.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Members {
    /// Owners first, then editors and viewers, each by email address.
    members: Vec<Member>,
    /// The cursor of the next page; `null` if this is the last one.
    next: Option<String>,
}

/// A member.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    /// The email address.
    email: String,
    /// `owner`, `editor` or `viewer`.
    role: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
}

/// Lists the members, a page at a time.
#[utoipa::path(
    get,
    path = "/instances/{slug}/members",
    operation_id = "listMembers",
    tag = "members",
    params(InPath, MembersParams),
    responses((status = 200, description = "A page of members", body = Members), ReadProblems)
)]
pub(super) async fn list(request: InstanceRequest<MembersParams>) -> Result<Json<Members>, Problem> {
    let (stored, _) = request.admit_read().await?;
    let MembersParams { cursor, limit, email } = &request.params;
    let after = cursor.as_deref().map(str::parse::<Position>).transpose();
    let search = parse_search(email);
    let mut errors = Vec::new();
    errors.extend(after.is_err().then(|| InputError::of("cursor", "Use the next of the page before.")));
    errors.extend((!(1..=MAX_LIMIT).contains(limit)).then(|| InputError::of("limit", format_args!("Use a number from 1 to {MAX_LIMIT}."))));
    errors.extend(search.as_ref().err().map(|error| InputError::of("email", error)));
    let (Ok(after), Ok(search), []) = (after, search, &errors[..]) else { return Err(Problem::parameters(errors)) };
    let page = store::read_page(&request.management.pool, stored.id, &MembersFilter { search, after }, *limit).await?;
    let member = |member: store::Member| Member { email: member.email, role: member.role.name(), since: timestamp(member.since) };
    Ok(Json(Members { members: page.members.into_iter().map(member).collect(), next: page.next.map(|next| next.to_string()) }))
}
