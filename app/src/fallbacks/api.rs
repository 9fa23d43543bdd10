//! What the browser may ask about fallback redirects. Saving is a form post to the tab's own address: see `server`.
#![expect(missing_docs, reason = "the struct that #[server] makes of a function has its documentation on the function")]

use leptos::{prelude::*, server_fn::codec::Json};

use super::verdict::Verdict;
use crate::{error::AppError, redirects::Flow};

/// What the policy says of a value, before it is saved: the same verdict that saving will give.
#[server(endpoint = "check_fallback", input = Json)]
pub async fn check_fallback(slug: String, flow: Flow, value: String) -> Result<Verdict, AppError> {
    let stored = crate::layout::loading::instance(&slug).await?;
    Ok(Verdict::of(&stored.instance, flow, &value))
}
