//! The frame around every dashboard page: brand, instance switcher, navigation, and the head of an instance's pages.

use super::{
    off_banner::off_banner,
    rule_banner::{skipped_banner, unusable_banner},
    switcher::switcher,
};
use crate::{
    instances::stored::StoredInstance,
    layout::loading,
    paths,
    redirects::Environment,
    runtimes::{live::wait_until_live, view::live_line, watch::WatchRuntimes},
    ui::icon::{TURN, icon},
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The pages of an instance, as its navigation and tabs name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Account Portal, Overview
    Overview,
    /// Account Portal, Redirects
    Redirects,
    /// Account Portal, Preview
    Preview,
    /// Account Portal, Snippets
    Snippets,
    /// Account Portal, Activity
    Activity,
    /// Account Portal, History
    History,
    /// Members
    Members,
    /// API tokens
    ApiTokens,
    /// Visitors
    Visitors,
    /// Applications
    Applications,
    /// Sign-in: the identity provider
    SignIn,
    /// Settings
    Settings,
    /// Settings, the way to archive
    Archive,
}

impl Place {
    /// Whether it is one of the Account Portal's tabs.
    fn is_tab(self) -> bool {
        matches!(self, Self::Overview | Self::Redirects | Self::Preview | Self::Snippets | Self::Activity | Self::History)
    }

    /// The pages that one can switch to in another instance.
    const NAMED: [(&str, Self); 12] = [
        ("overview", Self::Overview),
        ("redirects", Self::Redirects),
        ("preview", Self::Preview),
        ("snippets", Self::Snippets),
        ("activity", Self::Activity),
        ("history", Self::History),
        ("members", Self::Members),
        ("api-tokens", Self::ApiTokens),
        ("visitors", Self::Visitors),
        ("applications", Self::Applications),
        ("sign-in", Self::SignIn),
        ("settings", Self::Settings),
    ];

    /// The page's name in an address. Archiving an instance leads to the settings of another one.
    pub(super) fn name(self) -> &'static str {
        Self::NAMED.into_iter().find(|(_, place)| *place == self).map_or("settings", |(name, _)| name)
    }

    /// The page of that name; Overview for any other name.
    pub(super) fn named(name: &str) -> Self {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map_or(Self::Overview, |(_, place)| place)
    }

    /// The address of this page of an instance.
    pub(super) fn address(self, slug: &str) -> String {
        let at = paths::instance(slug);
        match self {
            Self::Overview => at.overview(),
            Self::Redirects => at.redirects(),
            Self::Preview => at.preview(),
            Self::Snippets => at.snippets(),
            Self::Activity => at.activity(),
            Self::History => at.history(),
            Self::Members => at.members(),
            Self::ApiTokens => at.api_tokens(),
            Self::Visitors => at.visitors(),
            Self::Applications => at.applications(),
            Self::SignIn => at.sign_in(),
            Self::Settings | Self::Archive => at.settings(),
        }
    }
}

/// The pages that belong to the server, as the navigation names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerPage {
    /// A page that the navigation does not name.
    #[default]
    Other,
    /// The list of instances
    Instances,
    /// The caller's own account
    Account,
    /// The API tokens of the whole server
    ApiTokens,
    /// The history of the server's accounts
    History,
    /// The page of an error. It has no switcher: the database may be the error.
    Error,
}

/// The frame: what is beside and above a page's content.
#[component]
pub fn Frame(
    /// The instance that the page is about, and which of its pages it is.
    #[prop(optional)]
    current: Option<(StoredInstance, Place)>,
    /// Which page of the server it is, if it is not a page of an instance.
    #[prop(optional)]
    page: ServerPage,
    children: Children,
) -> impl IntoView {
    let chosen = current.clone();
    let switcher = (page != ServerPage::Error).then(|| view! { <Suspense>{Suspend::new(switcher(chosen))}</Suspense> });
    let nav = current.map(|(stored, place)| {
        let slug = stored.settings.slug;
        let portal = place.is_tab().then_some("page");
        let members = (place == Place::Members).then_some("page");
        let visitors = (place == Place::Visitors).then_some("page");
        let applications = (place == Place::Applications).then_some("page");
        let sign_in = (place == Place::SignIn).then_some("page");
        let api_tokens = (place == Place::ApiTokens).then_some("page");
        let settings = matches!(place, Place::Settings | Place::Archive).then_some("page");
        view! {
            <ul>
                <li><a href=paths::instance(&slug).overview() aria-current=portal>"Account Portal"</a></li>
                <li><a href=paths::instance(&slug).members() aria-current=members>"Members"</a></li>
                <li><a href=paths::instance(&slug).visitors() aria-current=visitors>"Visitors"</a></li>
                <li><a href=paths::instance(&slug).applications() aria-current=applications>"Applications"</a></li>
                <li><a href=paths::instance(&slug).sign_in() aria-current=sign_in>"Sign-in"</a></li>
                <li><a href=paths::instance(&slug).api_tokens() aria-current=api_tokens>"API tokens"</a></li>
                <li><a href=paths::instance(&slug).settings() aria-current=settings>"Settings"</a></li>
            </ul>
        }
    });
    let here = |is: ServerPage| (page == is).then_some("page");
    let all = here(ServerPage::Instances);
    let for_server_admins = loading::caller().ok().filter(|caller| caller.is_server_admin).map(|_| {
        view! {
            <li><a href=paths::SERVER_API_TOKENS aria-current=here(ServerPage::ApiTokens)>"Server API tokens"</a></li>
            <li><a href=paths::SERVER_HISTORY aria-current=here(ServerPage::History)>"Server history"</a></li>
        }
    });
    // Who is not signed in sees error pages only, and the way in is all there is for them.
    let account = loading::caller().ok().map(|caller| {
        view! {
            <li>
                <a href=paths::ACCOUNT aria-current=here(ServerPage::Account)><span>"Account" <small class="address">{caller.email.to_string()}</small></span></a>
            </li>
        }
    });
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="frame">
            <header class="rail">
                <a class="brand" href=paths::INSTANCES><span class="mark">{icon(TURN)}</span><span class="brand-name">"Portal Redirects"</span></a>
                {switcher}
                <nav aria-label="Dashboard">{nav}<ul><li><a href=paths::INSTANCES aria-current=all>"All instances"</a></li>{for_server_admins}{account}</ul></nav>
            </header>
            <main id="main" tabindex="-1">{children()}</main>
        </div>
    }
}

/// The frame of the pages for those who are not signed in: one card, and nothing to go to.
#[component]
pub fn Entrance(
    /// The page's title.
    title: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title />
        <div class="entrance">
            <header><span class="brand"><span class="mark">{icon(TURN)}</span><span class="brand-name">"Portal Redirects"</span></span></header>
            <main id="main">
                <h1>{title}</h1>
                {children()}
            </main>
        </div>
    }
}

/// The frame of one of an instance's pages: its title, environment and tabs.
#[component]
pub fn InstanceFrame(
    /// The instance that the page is about.
    stored: StoredInstance,
    /// Which of its pages it is.
    place: Place,
    children: Children,
) -> impl IntoView {
    let slug = stored.settings.slug.clone();
    let name = stored.settings.name.clone();
    let environment = stored.settings.environment;
    let portal = stored.instance.portal_origin().as_str();
    let portal = portal.split_once("://").map_or(portal, |(_, host)| host).to_owned();
    let tab = move |to: Place, href: String, label: &'static str| {
        let here = (place == to).then_some("page");
        view! { <li><a href=href aria-current=here>{label}</a></li> }
    };
    let title = match place {
        Place::Overview => "Overview",
        Place::Redirects => "Redirects",
        Place::Preview => "Preview",
        Place::Snippets => "Snippets",
        Place::Activity => "Activity",
        Place::History => "History",
        Place::Members => "Members",
        Place::ApiTokens => "API tokens",
        Place::Visitors => "Visitors",
        Place::Applications => "Applications",
        Place::SignIn => "Sign-in",
        Place::Settings => "Settings",
        Place::Archive => "Archive this instance",
    };
    // The tabs say themselves which page it is.
    let (heading, below) =
        if place.is_tab() { (name.clone(), portal.clone()) } else { (title.to_owned(), format!("{name} · {}", stored.domain_typed)) };
    let live = Suspend::new(live(stored.id, slug.clone()));
    let off = if matches!(place, Place::Overview | Place::Redirects | Place::Preview) { off_banner(&stored) } else { None };
    let unusable = unusable_banner(&stored);
    let skipped = if matches!(place, Place::Overview | Place::Settings) { skipped_banner(&stored) } else { None };
    let at = paths::instance(&slug);
    let tabs = place.is_tab().then(|| {
        view! {
            <nav class="tabs" aria-label="Account Portal">
                <ul>
                    {tab(Place::Overview, at.overview(), "Overview")}
                    {tab(Place::Redirects, at.redirects(), "Redirects")}
                    {tab(Place::Preview, at.preview(), "Preview")}
                    {tab(Place::Snippets, at.snippets(), "Snippets")}
                    {tab(Place::Activity, at.activity(), "Activity")}
                    {tab(Place::History, at.history(), "History")}
                </ul>
            </nav>
        }
    });
    view! {
        <Title text=format!("{title} · {name}") />
        <Frame current=(stored, place)>
            <header class="head">
                <h1>{heading}</h1>
                {environment_badge(environment)}
                <Suspense>{live}</Suspense>
                <p class="host">{below}</p>
            </header>
            <WatchRuntimes />
            {tabs}
            {unusable}
            {skipped}
            {off}
            {children()}
        </Frame>
    }
}

/// The line about the runtimes. It is left out where the database does not answer: the page itself says so then.
async fn live(instance: i64, slug: String) -> Option<impl IntoView> {
    let found = wait_until_live(&loading::pool().ok()?, instance).await.map_err(loading::unavailable).ok()??;
    Some(live_line(&found, &slug))
}

/// Development or production, as a badge.
pub fn environment_badge(environment: Environment) -> impl IntoView {
    let label = match environment {
        Environment::Development => "Development",
        Environment::Production => "Production",
    };
    view! { <span class="badge" data-kind=environment.name()>{label}</span> }
}
