//! The dashboard as people open it: DNS, TLS, and whether the proxy passes on what the server needs.

use app::{
    database::timed_on,
    target_checks::{CheckOutcome, TargetState, store::deployment_key},
};
use hyper::{HeaderMap, Method, StatusCode, header};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{flags::DoctorFlags, report::Report};
use crate::{
    config::Config,
    outgoing::{AddressPolicy, Client, OutgoingRequest},
    target_checks::check_portal,
};

/// Asks the dashboard through its proxy.
pub(super) async fn check(flags: &DoctorFlags, config: &Config, connection: Option<&mut PgConnection>, report: &mut Report) {
    let configured = config.dashboard_url.as_ref().filter(|url| url.scheme() == "https");
    let Some(url) = flags.url.as_ref().or(configured) else { return };
    let about = "dashboard";
    let client = match Client::new(AddressPolicy::Private) {
        Ok(client) => client,
        Err(error) => return report.failed(about, error),
    };
    let Ok(page) = url.join("/account/sign-in") else { return };
    let mut request = OutgoingRequest::new(Method::GET, &page);
    request.headers = HeaderMap::from_iter([(header::ACCEPT, header::HeaderValue::from_static("application/json"))]);
    let fetched = match client.fetch(request).await {
        Ok(fetched) => fetched,
        Err(error) => {
            return report
                .problem(about, format!("{url} can't be opened: {error}. Look at its DNS record, its certificate and the proxy."));
        }
    };
    match fetched.status {
        StatusCode::MISDIRECTED_REQUEST | StatusCode::BAD_REQUEST => {
            let detail =
                serde_json::from_slice::<serde_json::Value>(&fetched.body).ok().and_then(|body| Some(body["detail"].as_str()?.to_owned()));
            let detail = detail.unwrap_or_else(|| "the proxy does not pass on what the server needs".to_owned());
            return report.problem(about, format!("{url} answers {}: {detail}", fetched.status.as_u16()));
        }
        status if status.is_server_error() => {
            return report
                .problem(about, format!("{url} answers {}. Does the server run, and does the proxy lead to --listen?", status.as_u16()));
        }
        _ => {}
    }
    if let Some(key) = key(connection).await
        && check_portal(&client, url, &key).await.state != TargetState::Ok
    {
        return report.problem(about, format!("{url} does not lead to a server on this database. Look at the proxy and at DNS."));
    }
    if url.scheme() == "https" && !fetched.headers.contains_key(header::STRICT_TRANSPORT_SECURITY) {
        return report.problem(
            about,
            format!("{url} answers without HSTS, so the server does not know that it is behind TLS. Set --dashboard-url to {url}."),
        );
    }
    let outcome = CheckOutcome { certificate_ends_at: fetched.certificate_ends_at, ..CheckOutcome::of(TargetState::Ok) };
    match outcome.certificate_ends_in(OffsetDateTime::now_utc()) {
        Some(left) => report.problem(about, format!("the certificate of {url} ends in {} days. Renew it.", left.whole_days().max(0))),
        None => report.ok(about, format!("{url} answers through its proxy")),
    }
}

async fn key(connection: Option<&mut PgConnection>) -> Option<Vec<u8>> {
    deployment_key(timed_on(connection?)).await.ok()
}
