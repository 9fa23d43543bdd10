//! Remembers in the browser whose instances' pages were opened last, for the switcher.

use app::{layout::switcher::RecentSlugs, members::Membership};
use axum::{extract::Request, http::Method, middleware::Next, response::Response};

use super::{cookies, guard::Origin};

/// How many are remembered.
const MAX_RECENT: usize = 8;

/// Hands the instances that were opened last to the page, and adds the one that it is about.
pub(super) async fn remember(mut request: Request, next: Next) -> Response {
    let secure = request.extensions().get::<Origin>().is_some_and(|origin| origin.secure);
    let mut slugs = cookies::recent(request.headers(), secure);
    slugs.truncate(MAX_RECENT);
    request.extensions_mut().insert(RecentSlugs(slugs.clone()));
    // A part of a page is fetched by a page that is open already, perhaps in the background.
    let is_page = request.method() == Method::GET && !request.uri().path().ends_with("/live");
    let opened = request.extensions().get::<Membership>().filter(|_| is_page).map(|membership| membership.slug.clone());
    let mut response = next.run(request).await;
    if let Some(slug) = opened.filter(|slug| response.status().is_success() && slugs.first() != Some(slug)) {
        slugs.retain(|known| *known != slug);
        slugs.insert(0, slug);
        slugs.truncate(MAX_RECENT);
        cookies::set_recent(response.headers_mut(), &slugs, secure);
    }
    response
}
