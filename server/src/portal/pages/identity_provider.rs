//! `/identity-provider` and below: sends a visitor to the instance's identity provider, takes them back, links their account, and offers the
//! provider's own sign-out. The link's parameters wait on the server meanwhile, and are resolved again at the end like those of any flow.

use app::{
    credentials::token::Token,
    portal::{
        form::LinkForm,
        identity::IdentityError,
        provider::{
            ProviderOutcome, ProviderPerson, SignUpRefusal,
            store::{self, BegunSignIn, PendingIdentity},
        },
        view::{self, FormError, ProviderProblem},
    },
    redirects::{CONTINUE, Flow},
};
use axum::{
    extract::RawQuery,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use url::Url;

use super::{form::VisitorForm, page_request::PageRequest, provider_flow::FlowError, provider_trial, response::with_status};
use crate::{
    identity_provider::{Callback, ProviderError},
    observe::sampled::Sampled,
    portal::rate_limits::VisitorAttempt,
};

const LINK_HEADING: &str = "Link your account";

/// Sign-ins that failed at a provider.
static FAILED: Sampled = Sampled::new();

/// `GET /identity-provider`: sends the visitor to the provider. Signed-in visitors skip it.
pub(super) async fn begin(request: PageRequest, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let visitor = request.visitor().await.ok().flatten();
    let mut again = false;
    if let Some(visitor) = visitor {
        again = request.must_sign_in_again(&visitor, &headers).await;
        if !again {
            return request.skip(Flow::SignIn);
        }
    }
    match try_begin(&request, &headers, query.unwrap_or_default(), again).await {
        Ok(Some(response)) => response,
        // The settings have changed since the page was loaded.
        Ok(None) => request.redirect_to(app::redirects::Page::SignIn),
        Err(problem) => request.provider_problem(problem),
    }
}

async fn try_begin(request: &PageRequest, headers: &HeaderMap, link: String, again: bool) -> Result<Option<Response>, ProviderProblem> {
    let attempt = VisitorAttempt::Provider(request.client.address);
    request.context.limits.take(attempt).await.map_err(|_| ProviderProblem::RateLimited)?;
    let Some(stored) = request.provider().await.map_err(|error| problem_of(&error))? else { return Ok(None) };
    let mut way = request.begin_at(&stored, headers, link, false).await.map_err(|error| request.problem(&error))?;
    if again {
        // An application wants a sign-in that has just happened, and the provider may remember an earlier one.
        way.url.query_pairs_mut().append_pair("prompt", "login");
    }
    Ok(Some(request.go(&way)))
}

/// `GET /identity-provider/callback`: where the provider sends the visitor back.
pub(super) async fn callback(request: PageRequest, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    // Nothing in this address is a parameter of the visitor's link: that one is stored.
    let mut request = request.with_link(String::new());
    let callback = serde_html_form::from_str::<Callback>(&query.unwrap_or_default()).unwrap_or_default();
    let begun = match take(&request, &headers, &callback).await {
        Ok(begun) => begun,
        Err(problem) => return request.provider_problem(problem),
    };
    let (begun, browser, state) = begun;
    request = request.with_link(begun.link.clone());
    if begun.is_trial {
        return provider_trial::finish(&request, callback, &begun, &browser, &state).await;
    }
    match finish(&request, callback, &begun, &browser, &state).await {
        Ok(response) => response,
        Err(problem) => request.provider_problem(problem),
    }
}

/// The sign-in that has begun in this browser. It counts once.
async fn take(request: &PageRequest, headers: &HeaderMap, callback: &Callback) -> Result<(BegunSignIn, Token, Token), ProviderProblem> {
    let (Some(state), Some(browser)) = (Token::parse(&callback.state), request.cookies.provider_browser(headers)) else {
        return Err(ProviderProblem::Expired);
    };
    let taking = store::take(&request.context.pool, request.snapshot.id, &state, &browser);
    let begun = request.read(taking).await.map_err(|_| ProviderProblem::Unavailable)?;
    Ok((begun.ok_or(ProviderProblem::Expired)?, browser, state))
}

async fn finish(
    request: &PageRequest,
    callback: Callback,
    begun: &BegunSignIn,
    browser: &Token,
    state: &Token,
) -> Result<Response, ProviderProblem> {
    let context = &request.context;
    let redeemed = request.redeem(begun, callback, browser, state).await;
    let (stored, redeemed) = redeemed.map_err(|error| request.problem(&error))?;
    let profile = stored.settings.read(&redeemed.claims).map_err(|_| ProviderProblem::WrongDomain)?;
    let person = ProviderPerson { issuer: redeemed.issuer, subject: redeemed.subject, profile };
    let identity = request.identity();
    let outcome = request.write(identity.sign_in_at_provider(&person, &stored.settings, &request.client)).await;
    match outcome.map_err(|error| problem_of(&error))? {
        ProviderOutcome::SignedIn { token, is_new } => {
            context.limits.give_back(VisitorAttempt::Provider(request.client.address)).await;
            // The first sign-in is a sign-up, on whichever page it began.
            Ok(request.finish_sign_in(&token, if is_new { Flow::SignUp } else { Flow::SignIn }))
        }
        ProviderOutcome::LinkFirst => {
            let pending = PendingIdentity { person, link: begun.link.clone() };
            let asking = store::ask_for_password(&context.pool, request.snapshot.id, browser, &pending);
            request.read(asking).await.map_err(|_| ProviderProblem::Unavailable)?;
            Ok(request.redirect(&request.address().to_link()))
        }
        ProviderOutcome::Refused(why) => Err(match why {
            SignUpRefusal::SignUpClosed => ProviderProblem::SignUpClosed,
            SignUpRefusal::NoIdentifier => ProviderProblem::NoIdentifier,
            SignUpRefusal::Taken => ProviderProblem::Taken,
        }),
    }
}

fn problem_of(error: &IdentityError) -> ProviderProblem {
    match error {
        IdentityError::QuotaUsed(_) => ProviderProblem::RateLimited,
        IdentityError::Fields(_) | IdentityError::ManagedElsewhere | IdentityError::Unavailable => ProviderProblem::Unavailable,
    }
}

/// `GET /identity-provider/link`: asks for the password of the account that has the person's address.
pub(super) async fn show_link(request: PageRequest, headers: HeaderMap) -> Response {
    match pending(request, &headers).await {
        Ok((request, _, pending)) => {
            let email = pending.person.profile.email_address.unwrap_or_default();
            request.show(LINK_HEADING, view::link_account(request.address(), &email, None))
        }
        Err(response) => response,
    }
}

/// `POST /identity-provider/link`
pub(super) async fn link(request: PageRequest, headers: HeaderMap, form: VisitorForm<LinkForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let (request, browser, pending) = pending(request, &headers).await?;
    let email = pending.person.profile.email_address.clone().unwrap_or_default();
    match try_link(&request, &browser, &pending, &email, &form).await {
        Ok(token) => Ok(request.finish_sign_in(&token, Flow::SignIn)),
        Err(error) => Err(request.show_rejected(LINK_HEADING, &error, view::link_account(request.address(), &email, Some(&error)))),
    }
}

async fn try_link(
    request: &PageRequest,
    browser: &Token,
    pending: &PendingIdentity,
    email: &str,
    form: &LinkForm,
) -> Result<Token, FormError> {
    let attempt = VisitorAttempt::SignIn { instance: request.snapshot.id, identifier: email, address: request.client.address };
    request.context.limits.take(attempt).await?;
    let stored = request.provider().await.map_err(|_| FormError::Unavailable)?;
    let ended = || IdentityError::field("", "The identity provider was changed meanwhile. Sign in again.");
    let stored = stored.filter(|stored| stored.settings.issuer == pending.person.issuer).ok_or_else(ended)?;
    let identity = request.identity();
    let linking = identity.link((browser, &pending.person), &stored.settings, &form.password, &request.client);
    let token = request.write(linking).await?;
    request.context.limits.give_back(attempt).await;
    Ok(token)
}

/// The person who is asked for a password in this browser, or the page that says that there is none.
async fn pending(request: PageRequest, headers: &HeaderMap) -> Result<(PageRequest, Token, PendingIdentity), Response> {
    let request = request.with_link(String::new());
    let Some(browser) = request.cookies.provider_browser(headers) else { return Err(request.provider_problem(ProviderProblem::Expired)) };
    match request.read(store::pending(&request.context.pool, request.snapshot.id, &browser)).await {
        Ok(Some(pending)) => Ok((request.with_link(pending.link.clone()), browser, pending)),
        Ok(None) => Err(request.provider_problem(ProviderProblem::Expired)),
        Err(_) => Err(request.provider_problem(ProviderProblem::Unavailable)),
    }
}

/// `GET /identity-provider/sign-out`: leads on to the provider's own sign-out, which leads back to `/continue`.
pub(super) async fn sign_out(request: PageRequest) -> Response {
    match sign_out_url(&request).await {
        Some(url) => request.move_on_to(&url),
        None => request.redirect(&request.address().to_continue(Flow::SignOut)),
    }
}

async fn sign_out_url(request: &PageRequest) -> Option<Url> {
    // It needs no session, and a provider that is not in memory is asked.
    request.context.limits.take(VisitorAttempt::Provider(request.client.address)).await.ok()?;
    let stored = request.provider().await.ok()??;
    let provider = request.context.provider.providers.find(&stored.settings.issuer).await.map_err(|error| request.failed(&error)).ok()?;
    let mut url = provider.metadata.end_session_endpoint.clone()?;
    url.query_pairs_mut()
        .append_pair("client_id", &stored.settings.client_id)
        .append_pair("post_logout_redirect_uri", &request.external_url(CONTINUE));
    Some(url)
}

impl PageRequest {
    /// What a visitor sees of it.
    fn problem(&self, error: &FlowError) -> ProviderProblem {
        match error {
            FlowError::Expired => ProviderProblem::Expired,
            FlowError::Unavailable => ProviderProblem::Unavailable,
            FlowError::Provider(error) => self.failed(error),
        }
    }

    /// What a visitor sees of an error, which is logged for those who run the server.
    fn failed(&self, error: &ProviderError) -> ProviderProblem {
        if let ProviderError::Denied(code) = error
            && matches!(
                code.as_str(),
                "access_denied" | "login_required" | "interaction_required" | "consent_required" | "account_selection_required"
            )
        {
            return ProviderProblem::Denied;
        }
        let instance = self.snapshot.instance.slug();
        FAILED.note(|times| tracing::warn!(times, instance, "a sign-in at the identity provider failed: {error}"));
        match error {
            ProviderError::MixedUp
            | ProviderError::NoCode
            | ProviderError::Token(_)
            | ProviderError::IdToken(_)
            | ProviderError::UserInfo(_) => ProviderProblem::Invalid,
            _ => ProviderProblem::Unavailable,
        }
    }

    /// The page that explains a problem, and keeps the way on.
    fn provider_problem(&self, problem: ProviderProblem) -> Response {
        let (status, retry_after) = match problem {
            ProviderProblem::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(5)),
            ProviderProblem::RateLimited => (StatusCode::TOO_MANY_REQUESTS, Some(60)),
            ProviderProblem::Expired | ProviderProblem::Invalid => (StatusCode::BAD_REQUEST, None),
            ProviderProblem::Denied
            | ProviderProblem::SignUpClosed
            | ProviderProblem::NoIdentifier
            | ProviderProblem::Taken
            | ProviderProblem::WrongDomain => (StatusCode::FORBIDDEN, None),
        };
        with_status(self.show(problem.heading(), view::provider_problem(self.address(), problem)), status, retry_after)
    }
}
