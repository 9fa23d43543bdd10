//! Where links would end: one with every step, or a whole list.

use std::fmt;

use app::{
    bulk_check::{
        check::{CheckedLink, check},
        list::{Line, MAX_LINKS},
    },
    heavy_work::{LISTS, NotDone},
    redirects::{DirectLink, RequestingOrigin, Visit, resolve as resolve_visit},
};
use axum::{
    Json,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, SeqAccess, Visitor},
};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    input::{JsonBody, RawJson},
    openapi::PostProblems,
    problem::{InputError, Problem},
    request::{InPath, InstanceRequest},
};
use crate::http::turns::NoTurn;

/// A link to resolve.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    /// A direct link to a page of this instance's portal.
    #[schema(example = "https://accounts.myapp.com/sign-in?redirect_url=https://myapp.com/dashboard")]
    link: String,
    /// The origin of the page that would send the visitor on, if it calls the portal API itself.
    #[serde(default)]
    requesting_origin: Option<String>,
}

/// Where a visit would end, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResolutionBody {
    /// The resolution, as `/v1/resolve` of the portal API answers it: `flow`, `target`, `source`, `version` and `steps`.
    #[schema(value_type = Object)]
    resolution: Value,
    /// What looks like a mistake in the link.
    advice: Vec<String>,
    /// What is good to know and is no mistake.
    notes: Vec<String>,
    /// The link that was probably meant; `null` if there is nothing to correct.
    corrected_link: Option<String>,
}

/// Resolves one link: where a visitor would end, with every step. Nothing is counted as a visit.
#[utoipa::path(
    post,
    path = "/instances/{slug}/resolve",
    operation_id = "resolveLink",
    tag = "links",
    params(InPath),
    request_body = LinkBody,
    responses((status = 200, description = "Where it would end", body = ResolutionBody), PostProblems)
)]
pub(super) async fn one(request: InstanceRequest, body: JsonBody) -> Result<Json<ResolutionBody>, Problem> {
    let (stored, _) = request.admit_read().await?;
    let LinkBody { link, requesting_origin } = body.read()?;
    let instance = &stored.instance;
    let direct =
        DirectLink::parse(instance, &link).map_err(|error| Problem::values(vec![InputError::at("/link", error.explain(instance))]))?;
    let requesting = requesting_origin.as_deref().map(|text| {
        let wrong =
            || InputError::at("/requesting_origin", "Write an origin, like https://app.myapp.com: a scheme, a host and nothing behind it.");
        RequestingOrigin::parse(text).ok_or_else(|| Problem::values(vec![wrong()]))
    });
    let (requesting, params) = (requesting.transpose()?, direct.link());
    let now = Some(OffsetDateTime::now_utc().into());
    let visit = Visit { flow: direct.flow(), link: &params, requesting: requesting.as_ref(), now };
    let resolution = resolve_visit(instance, &stored.fallbacks, visit);
    let advice = direct.advice(instance, now);
    Ok(Json(ResolutionBody {
        resolution: serde_json::to_value(&resolution).unwrap_or_default(),
        advice: advice.mistakes,
        notes: advice.notes,
        corrected_link: advice.corrected,
    }))
}

/// Links to check.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinksBody {
    /// Direct links to pages of this instance's portal.
    #[serde(deserialize_with = "few")]
    #[schema(max_items = 10_000)]
    links: Vec<String>,
}

/// Where links would end, in their order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CheckedLinks {
    /// One for each link.
    links: Vec<CheckedLinkBody>,
}

/// Where a link would end.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CheckedLink)]
pub(crate) struct CheckedLinkBody {
    /// The link as given.
    link: String,
    /// `allowed`: it gets what it asks for. `refused`: a value is refused. `no-link`: it leads to no page of this portal that has a
    /// redirect.
    outcome: &'static str,
    /// The URL where it would end; `null` for `no-link`.
    target: Option<String>,
    /// Where that URL comes from; `null` for `no-link`.
    source: Option<&'static str>,
    /// Why it is refused, and what looks like a mistake. Empty if there is nothing to say.
    reason: String,
    /// What is good to know and is no mistake. Empty if there is nothing to say.
    note: String,
    /// The link that was probably meant; `null` if there is nothing to correct.
    corrected_link: Option<String>,
    /// The origin that would have to be allowed for the value that is refused.
    missing_origin: Option<String>,
}

impl From<CheckedLink> for CheckedLinkBody {
    fn from(checked: CheckedLink) -> Self {
        let (target, source) = checked.target.map(|(target, source)| (target, source.name())).unzip();
        Self {
            link: checked.link,
            outcome: checked.outcome.name(),
            target,
            source,
            reason: checked.reason,
            note: checked.note,
            corrected_link: checked.corrected,
            missing_origin: checked.missing.map(|origin| origin.to_string()),
        }
    }
}

/// Checks up to 10,000 links at once.
#[utoipa::path(
    post,
    path = "/instances/{slug}/resolve/bulk",
    operation_id = "resolveLinks",
    tag = "links",
    params(InPath),
    request_body = LinksBody,
    responses((status = 200, description = "Where they would end", body = CheckedLinks), PostProblems)
)]
pub(super) async fn bulk(request: InstanceRequest, sent: Request) -> Result<Response, Problem> {
    let (stored, _) = request.admit_read().await?;
    // The turn comes first, so that nothing is read of a list that has to wait.
    let turn = request.management.lists.take(request.token.maker).await.map_err(|NoTurn| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Too many lists are being checked right now. Try again in a moment.")
            .with(header::RETRY_AFTER, "5")
    })?;
    let body = RawJson::from_request(sent, &()).await?;
    let checked = LISTS.run(move || {
        let LinksBody { links } = body.read()?;
        let lines = links.into_iter().zip(1..).map(|(text, number)| Line { number, text });
        let now = Some(OffsetDateTime::now_utc().into());
        let checked = lines.map(|line| check(&stored.instance, &stored.fallbacks, now, &line).into()).collect();
        Ok::<_, Problem>(Json(CheckedLinks { links: checked }).into_response())
    });
    let stopping = |NotDone| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping. Try again in a moment.");
    Ok(turn.until_written(checked.await.map_err(stopping)??))
}

/// Reads at most [`MAX_LINKS`] links, and nothing behind one too many.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Few;

    impl<'de> Visitor<'de> for Few {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of links")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
            let mut links = Vec::new();
            while let Some(link) = items.next_element()? {
                if links.len() == MAX_LINKS {
                    return Err(A::Error::custom(format_args!("more than {MAX_LINKS} links are too many at once")));
                }
                links.push(link);
            }
            Ok(links)
        }
    }

    deserializer.deserialize_seq(Few)
}
