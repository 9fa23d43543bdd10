//! `/identity-provider/trial`: an owner tries out a sign-in at the instance's provider, by a link from the dashboard. The page at its end shows
//! what the provider has returned, or why it failed, in full. Nobody is signed in.

use app::{
    credentials::token::Token,
    portal::{
        provider::{
            ProviderPerson,
            store::{self, BegunSignIn},
        },
        view::{self, Trial},
    },
};
use axum::{extract::Query, http::HeaderMap, response::Response};
use serde::Deserialize;

use super::{page_request::PageRequest, provider_flow::FlowError};
use crate::{identity_provider::Callback, portal::rate_limits::VisitorAttempt};

/// The parameter of the dashboard's link.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Offer {
    trial: String,
}

/// `GET /identity-provider/trial`: sends the owner to the provider.
pub(super) async fn begin(request: PageRequest, headers: HeaderMap, Query(offer): Query<Offer>) -> Response {
    let request = request.with_link(String::new());
    match try_begin(&request, &headers, &offer).await {
        Ok(response) => response,
        Err(trial) => show(&request, &trial),
    }
}

async fn try_begin(request: &PageRequest, headers: &HeaderMap, offer: &Offer) -> Result<Response, Trial> {
    let context = &request.context;
    let attempt = VisitorAttempt::Provider(request.client.address);
    context.limits.take(attempt).await.map_err(|_| failed("there are too many sign-ins from your address. Wait a minute"))?;
    let token = Token::parse(&offer.trial).ok_or(Trial::Expired)?;
    let offered =
        request.read(store::is_trial_offered(&context.pool, request.snapshot.id, &token)).await.map_err(FlowError::from).map_err(why)?;
    let stored = request.provider().await.map_err(FlowError::from).map_err(why)?.filter(|_| offered).ok_or(Trial::Expired)?;
    let way = request.begin_at(&stored, headers, String::new(), true).await.map_err(why)?;
    Ok(request.go(&way))
}

/// The end of a trial, at the redirect URI.
pub(super) async fn finish(request: &PageRequest, callback: Callback, begun: &BegunSignIn, browser: &Token, state: &Token) -> Response {
    let trial = read(request, callback, begun, browser, state).await.unwrap_or_else(|trial| trial);
    show(request, &trial)
}

async fn read(request: &PageRequest, callback: Callback, begun: &BegunSignIn, browser: &Token, state: &Token) -> Result<Trial, Trial> {
    let (stored, redeemed) = request.redeem(begun, callback, browser, state).await.map_err(why)?;
    let profile = stored.settings.read(&redeemed.claims);
    let person = ProviderPerson { issuer: redeemed.issuer, subject: redeemed.subject, profile: profile.clone().unwrap_or_default() };
    let finding = async { Ok(store::visitor_of(&request.context.pool, request.snapshot.id, &person).await?) };
    let has_account = request.read(finding).await.map_err(FlowError::from).map_err(why)?.is_some();
    Ok(Trial::Returned { claims: redeemed.claims, profile, has_account, allows_sign_up: stored.settings.allows_sign_up })
}

fn show(request: &PageRequest, trial: &Trial) -> Response {
    request.show("Trial sign-in", view::provider_trial(trial))
}

fn why(error: FlowError) -> Trial {
    match error {
        FlowError::Expired => Trial::Expired,
        FlowError::Unavailable => failed("the database does not answer. Try again in a moment"),
        FlowError::Provider(error) => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> Trial {
    Trial::Failed(why.to_owned())
}
