//! Members: who may do what with an instance.

use app::{
    api_tokens::{Scope, store::FoundToken},
    members::{role::Role, store},
    ui::text::timestamp,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Management,
    input::{NoParams, Query},
    openapi::ReadProblems,
    problem::Problem,
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
    params(("slug" = String, Path, description = "The instance")),
    responses((status = 200, description = "The members", body = Members), ReadProblems)
)]
pub(super) async fn list(
    State(management): State<Management>,
    Extension(token): Extension<FoundToken>,
    Path(slug): Path<String>,
    Query(NoParams {}): Query<NoParams>,
) -> Result<Json<Members>, Problem> {
    let (stored, _) = management.admit(&token, &slug, Scope::Read, Role::Viewer).await?;
    let members = store::list(&management.pool, stored.id).await?;
    let members =
        members.into_iter().map(|member| Member { email: member.email, role: member.role.name(), since: timestamp(member.since) });
    Ok(Json(Members { members: members.collect() }))
}
