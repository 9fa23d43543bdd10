//! Members: who may do what with an instance.

use app::{members::store, ui::text::timestamp};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    openapi::ReadProblems,
    problem::Problem,
    request::{InPath, InstanceRequest},
};

/// The members of an instance.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Members {
    /// Owners first, then editors and viewers.
    members: Vec<Member>,
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

/// Lists the members.
#[utoipa::path(
    get,
    path = "/instances/{slug}/members",
    operation_id = "listMembers",
    tag = "members",
    params(InPath),
    responses((status = 200, description = "The members", body = Members), ReadProblems)
)]
pub(super) async fn list(request: InstanceRequest) -> Result<Json<Members>, Problem> {
    let (stored, _) = request.admit_read().await?;
    let members = store::list(&request.management.pool, stored.id).await?;
    let members =
        members.into_iter().map(|member| Member { email: member.email, role: member.role.name(), since: timestamp(member.since) });
    Ok(Json(Members { members: members.collect() }))
}
