//! The HTML document around every page, and the dashboard's routes.

use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::{
    admins::view::{
        account::AccountPage, code::CodePage, forgot_password::ForgotPasswordPage, link::LinkPage, second_factor::SecondFactorPage,
        sign_in::SignInPage,
    },
    api_tokens::view::{ApiTokensPage, ServerApiTokensPage},
    applications::view::ApplicationsPage,
    bulk_check::view::BulkCheckPage,
    copy_settings::view::CopyPage,
    error::AppError,
    fallbacks::view::RedirectsPage,
    history::{
        restore::view::RestorePage,
        view::{HistoryPage, ServerHistoryPage},
    },
    identity_provider::view::SignInSettingsPage,
    insight::activity::view::ActivityPage,
    instances::{archive::view::ArchivePage, list::view::ListPage, view},
    layout::{current_tab::CURRENT_TAB, error_page::error_page, hydration::hydration, insecure_http::insecure_http_banner},
    mail::view::MailPage,
    members::view::MembersPage,
    overview::view::OverviewPage,
    preview::view::PreviewPage,
    snippets::view::SnippetsPage,
    ui::{local_times::LOCAL_TIMES, text::escape_for_title},
    visitors::view::VisitorsPage,
};

/// Where the browser finds the files that the binary carries.
#[derive(Clone, Debug)]
pub struct DocumentFiles {
    /// The path of the style sheet.
    pub style: &'static str,
    /// The path of the icon.
    pub icon: &'static str,
    /// The path of the licenses of third-party code.
    pub notices: &'static str,
    /// Names and place of script and wasm.
    pub options: LeptosOptions,
}

/// The whole document. Without its type, which names every element: each place that renders it would be compiled with all of
/// them once more.
pub fn document(files: DocumentFiles) -> AnyView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=files.icon type="image/svg+xml" />
                <link rel="stylesheet" href=files.style />
                <script nonce=use_nonce() inner_html=LOCAL_TIMES></script>
                <script nonce=use_nonce() inner_html=CURRENT_TAB></script>
                {hydration(files.options)}
                <MetaTags />
            </head>
            <body>
                {insecure_http_banner()}
                <Dashboard />
            </body>
        </html>
    }
    .into_any()
}

/// A page's title. An instance's name may be in it.
fn title(text: String) -> String {
    escape_for_title(&format!("{text} · Portal Redirects"))
}

/// The dashboard's pages by their paths.
#[component]
fn Dashboard() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title />
        <Router>
            <Routes fallback=|| error_page(AppError::NotFound)>
                <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/account/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/account/sign-in/code") view=CodePage ssr=SsrMode::Async />
                <Route path=path!("/account/second-factor") view=SecondFactorPage ssr=SsrMode::Async />
                <Route path=path!("/account/forgot-password") view=ForgotPasswordPage ssr=SsrMode::Async />
                <Route path=path!("/account/setup") view=LinkPage ssr=SsrMode::Async />
                <Route path=path!("/account/invitation") view=LinkPage ssr=SsrMode::Async />
                <Route path=path!("/account/reset") view=LinkPage ssr=SsrMode::Async />
                <Route path=path!("/instances") view=ListPage ssr=SsrMode::Async />
                <Route path=path!("/instances/new") view=view::NewPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug") view=OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/redirects") view=RedirectsPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/preview") view=PreviewPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/preview/links") view=BulkCheckPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/snippets") view=SnippetsPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/activity") view=ActivityPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/history") view=HistoryPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/history/:version") view=RestorePage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/members") view=MembersPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/api-tokens") view=ApiTokensPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/visitors") view=VisitorsPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/applications") view=ApplicationsPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/sign-in") view=SignInSettingsPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/settings") view=view::SettingsPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/copy") view=CopyPage ssr=SsrMode::Async />
                <Route path=path!("/instances/:slug/archive") view=ArchivePage ssr=SsrMode::Async />
                <Route path=path!("/api-tokens") view=ServerApiTokensPage ssr=SsrMode::Async />
                <Route path=path!("/mail") view=MailPage ssr=SsrMode::Async />
                <Route path=path!("/history") view=ServerHistoryPage ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
