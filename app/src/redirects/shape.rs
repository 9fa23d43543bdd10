//! The shape of a link: what the policy looks at in each candidate. It holds no path, query or fragment, so it can be kept and counted,
//! and it resolves as the link does, under any settings.

use std::{borrow::Cow, sync::LazyLock};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use strum::{EnumString, IntoStaticStr};
use url::Url;

use super::{
    CONTINUE, Flow, Instance, LinkParams, Outcome, Page, Refusal, RequestingOrigin, Resolution, Source, Visit,
    page::is_continue,
    policy::{MAX_URL_BYTES, read},
};

/// The shape of a link and of the page that it was requested from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinkShape<'a> {
    /// The candidate that the link forces.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub force: Option<CandidateShape<'a>>,
    /// `redirect_url`
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<CandidateShape<'a>>,
    /// The link's own fallback.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<CandidateShape<'a>>,
    /// The requesting origin, where it counts.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub requesting: Option<Cow<'a, str>>,
}

/// The shape of one candidate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateShape<'a> {
    /// Longer than a candidate may be.
    TooLong,
    /// No browser can open it.
    NotAUrl,
    /// It can be read in two ways.
    Ambiguous,
    /// Its scheme is neither `http` nor `https`.
    Scheme(OtherScheme),
    /// The URL of a web page.
    #[serde(borrow)]
    Web(WebShape<'a>),
}

/// The shape of a web URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WebShape<'a> {
    /// `http` or `https`. `None` if the value leaves it to the home URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<WebScheme>,
    /// The host, as browsers write it. `None` if the value leaves it to the home URL.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Cow<'a, str>>,
    /// The port, unless it is the scheme's own. If the value leaves the scheme to the home URL, any port that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether it holds a user name or a password.
    #[serde(default, skip_serializing_if = "is_false")]
    pub credentials: bool,
    /// The path of the portal page that its path would name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PagePath>,
}

/// The scheme of a web URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebScheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

/// The schemes that are told apart. All others count as one: a scheme can be made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the schemes")]
pub enum OtherScheme {
    About,
    Blob,
    Data,
    File,
    Ftp,
    Intent,
    Javascript,
    Mailto,
    Sms,
    Tel,
    Vbscript,
    ViewSource,
    Ws,
    Wss,
    Other,
}

/// The path of a portal page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PagePath(&'static str);

impl<'de> Deserialize<'de> for PagePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = String::deserialize(deserializer)?;
        let mut paths = Page::ALL.into_iter().map(Page::path).chain([CONTINUE]);
        paths.find(|known| *known == path).map(Self).ok_or_else(|| D::Error::custom("not the path of a portal page"))
    }
}

impl PagePath {
    /// The portal page that the path of a URL names.
    fn of(path: &str) -> Option<Self> {
        if is_continue(path) { Some(Self(CONTINUE)) } else { Page::at(path).map(|page| Self(page.path())) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<'a> LinkShape<'a> {
    /// The shape of a visit's link, which resolved so.
    pub fn of(instance: &Instance, visit: Visit<'_>, resolution: &'a Resolution<'_>) -> Self {
        let Visit { flow, link, requesting, .. } = visit;
        let of_source = |source, value: Option<&str>| {
            let value = value.filter(|value| !value.trim().is_empty())?;
            let outcome = resolution.steps.iter().find(|step| step.source == source)?.outcome;
            Some(match outcome {
                Outcome::Allowed { .. } => CandidateShape::of_url(value, &resolution.target),
                Outcome::Refused { reason: Refusal::TooLong } => CandidateShape::TooLong,
                Outcome::Refused { reason: Refusal::NotAUrl } => CandidateShape::NotAUrl,
                Outcome::Refused { reason: Refusal::Ambiguous } => CandidateShape::Ambiguous,
                _ => CandidateShape::read(instance.home_url(), value),
            })
        };
        Self {
            force: of_source(Source::ForceParam, link.force_redirect_url(flow)),
            redirect_url: of_source(Source::RedirectUrl, link.redirect_url.as_deref()),
            fallback: of_source(Source::FallbackParam, link.fallback_redirect_url(flow)),
            requesting: requesting.map(|origin| Cow::Owned(origin.to_string())),
        }
    }

    /// The candidates with their sources, in order.
    pub fn candidates(&self) -> [(Source, Option<&CandidateShape<'a>>); 3] {
        [
            (Source::ForceParam, self.force.as_ref()),
            (Source::RedirectUrl, self.redirect_url.as_ref()),
            (Source::FallbackParam, self.fallback.as_ref()),
        ]
    }

    /// A link of this shape, and the requesting origin. It resolves as each link of this shape does, but for the target's path.
    pub fn example(&self, flow: Flow) -> (LinkParams<'static>, Option<RequestingOrigin>) {
        let value = |shape: &Option<CandidateShape<'_>>| shape.as_ref().map(|shape| Cow::Owned(shape.example()));
        let mut link = LinkParams { redirect_url: value(&self.redirect_url), ..LinkParams::default() };
        match flow {
            Flow::SignIn => (link.sign_in_force, link.sign_in_fallback) = (value(&self.force), value(&self.fallback)),
            Flow::SignUp => (link.sign_up_force, link.sign_up_fallback) = (value(&self.force), value(&self.fallback)),
            _ => {}
        }
        (link, self.requesting.as_deref().and_then(RequestingOrigin::parse))
    }

    /// The same shape, which borrows nothing.
    pub fn into_owned(self) -> LinkShape<'static> {
        LinkShape {
            force: self.force.map(CandidateShape::into_owned),
            redirect_url: self.redirect_url.map(CandidateShape::into_owned),
            fallback: self.fallback.map(CandidateShape::into_owned),
            requesting: self.requesting.map(|origin| Cow::Owned(origin.into_owned())),
        }
    }
}

impl<'a> CandidateShape<'a> {
    /// The shape of a value.
    fn read(home: &Url, value: &str) -> CandidateShape<'static> {
        match read(home, value) {
            Ok(url) => CandidateShape::of_url(value, &url).into_owned(),
            Err(Refusal::TooLong) => CandidateShape::TooLong,
            Err(Refusal::Ambiguous) => CandidateShape::Ambiguous,
            Err(_) => CandidateShape::NotAUrl,
        }
    }

    /// The shape of a value that was read as this URL.
    fn of_url(value: &str, url: &'a Url) -> Self {
        let scheme = match url.scheme() {
            "http" => WebScheme::Http,
            "https" => WebScheme::Https,
            other => return Self::Scheme(other.parse().unwrap_or(OtherScheme::Other)),
        };
        let credentials = !url.username().is_empty() || url.password().is_some();
        let page = PagePath::of(url.path());
        let web = WebShape { scheme: Some(scheme), host: url.host_str().map(Cow::Borrowed), port: url.port(), credentials, page };
        Self::Web(match base_of(value) {
            Base::None => web,
            Base::Scheme { port } => WebShape { scheme: None, port, ..web },
            Base::Host => WebShape { credentials, page, ..WebShape::default() },
        })
    }

    /// A value of this shape.
    fn example(&self) -> String {
        match self {
            Self::TooLong => "x".repeat(MAX_URL_BYTES + 1),
            Self::NotAUrl => "https://[".to_owned(),
            Self::Ambiguous => "https://*.invalid/".to_owned(),
            Self::Scheme(scheme) => format!("{}://x/", <&str>::from(scheme)),
            Self::Web(web) => web.example(),
        }
    }

    fn into_owned(self) -> CandidateShape<'static> {
        match self {
            Self::TooLong => CandidateShape::TooLong,
            Self::NotAUrl => CandidateShape::NotAUrl,
            Self::Ambiguous => CandidateShape::Ambiguous,
            Self::Scheme(scheme) => CandidateShape::Scheme(scheme),
            Self::Web(web) => CandidateShape::Web(WebShape { host: web.host.map(|host| Cow::Owned(host.into_owned())), ..web }),
        }
    }

    /// The host that the value names.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Web(web) => web.host.as_deref(),
            _ => None,
        }
    }

    /// What the value names, without more than its shape: an origin, a scheme, or nothing if no URL can be named.
    pub fn name(&self) -> String {
        match self {
            Self::TooLong | Self::NotAUrl | Self::Ambiguous => String::new(),
            Self::Scheme(scheme) => format!("{}:", <&str>::from(scheme)),
            Self::Web(web) => web.origin(),
        }
    }
}

impl WebShape<'_> {
    /// The origin as far as the value says it: `https://example.com`, `//example.com`, or nothing.
    fn origin(&self) -> String {
        let scheme = match self.scheme {
            Some(WebScheme::Http) => "http:",
            Some(WebScheme::Https) => "https:",
            None => "",
        };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        self.host.as_ref().map(|host| format!("{scheme}//{host}{port}")).unwrap_or_default()
    }

    fn example(&self) -> String {
        let mut example = self.origin();
        if self.credentials {
            example = example.replacen("//", "//user@", 1);
        }
        // The root is a page of the portal, so a URL without one needs another path.
        example + self.page.map_or("/-", |page| page.0)
    }
}

/// What a value leaves to its base.
enum Base {
    None,
    Scheme {
        /// The port that the value names, also if it is the own one of the base's scheme: under another home URL, it is not.
        port: Option<u16>,
    },
    Host,
}

fn base_of(value: &str) -> Base {
    /// No value names this host: the top-level domain is reserved (RFC 2606).
    static BASES: LazyLock<[Option<Url>; 2]> =
        LazyLock::new(|| ["https://relative.invalid/", "http://relative.invalid/"].map(|base| Url::parse(base).ok()));
    if value.starts_with("https://") || value.starts_with("http://") || Url::parse(value).is_ok() {
        return Base::None;
    }
    let joined = BASES.each_ref().map(|base| base.as_ref().and_then(|base| base.join(value).ok()));
    match joined[0].as_ref().and_then(Url::host_str) {
        Some("relative.invalid") => Base::Host,
        // Each scheme leaves out its own port.
        _ => Base::Scheme { port: joined.iter().flatten().find_map(Url::port) },
    }
}
