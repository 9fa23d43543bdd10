//! Addresses of the portal's own pages, at its host or under `/portal/{slug}`. Each carries the parameters of the visitor's link.

use std::borrow::Cow;

use crate::credentials::{code::Code, token::Token};
use crate::identity_provider;
pub use crate::redirects::Page;
use crate::redirects::{CHECK_MAIL, CONTINUE, Flow, JOIN_ORGANIZATION, LinkParams, MAX_QUERY_BYTES, Prefill, policy::MAX_URL_BYTES};

/// The page that a visitor wanted when they were asked to sign in. They go on to it afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterSignIn {
    /// `create-organization`
    CreateOrganization,
    /// `organization`
    Organization,
    /// `user`
    User,
    /// `unauthorized-sign-in`
    UnauthorizedSignIn,
    /// `authorization-` and an id: the authorization request of an application that waits for the sign-in.
    Authorization(AuthorizationId),
    /// `invitation-` and its code: the page where an invited visitor joins an organization.
    Invitation(Code),
}

/// What the parameter of an invitation begins with.
const INVITATION_PREFIX: &str = "invitation-";

/// The id of an authorization request that waits. It means nothing without the cookie of the browser that began it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationId([u8; 64]);

impl AuthorizationId {
    /// What the parameter begins with.
    const PREFIX: &'static str = "authorization-";

    /// Reads an id: a token in hexadecimal.
    pub fn parse(text: &str) -> Option<Self> {
        Token::parse(text)?;
        text.as_bytes().try_into().ok().map(Self)
    }

    /// The id as a token.
    pub fn token(&self) -> Option<Token> {
        Token::parse(self.as_str())
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A log must not hold it.
impl std::fmt::Debug for AuthorizationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthorizationId")
    }
}

/// The path that goes on with an authorization request whose visitor has signed in.
pub const RESUME_AUTHORIZATION: &str = "/oauth2/authorize/continue";

impl AfterSignIn {
    const PAGES: [Self; 4] = [Self::CreateOrganization, Self::Organization, Self::User, Self::UnauthorizedSignIn];

    /// The parameter's name.
    pub(super) const NAME: &'static str = "then";

    /// Reads the parameter `then` from a query string; `None` if it is absent or names no such page. The first one counts, as with
    /// the parameters that redirect.
    pub fn read(query: &str) -> Option<Self> {
        let (_, value) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == Self::NAME)?;
        if let Some(id) = value.strip_prefix(AuthorizationId::PREFIX) {
            return AuthorizationId::parse(id).map(Self::Authorization);
        }
        if let Some(code) = value.strip_prefix(INVITATION_PREFIX) {
            return Code::parse(code).map(Self::Invitation);
        }
        Self::PAGES.into_iter().find(|page| page.name() == value)
    }

    pub(super) fn name(self) -> Cow<'static, str> {
        match self {
            Self::Authorization(id) => format!("{}{}", AuthorizationId::PREFIX, id.as_str()).into(),
            Self::Invitation(code) => format!("{INVITATION_PREFIX}{code}").into(),
            page => page.page().map_or("", Page::path).trim_start_matches('/').into(),
        }
    }

    /// The page; `None` for a path that takes a parameter instead.
    fn page(self) -> Option<Page> {
        Some(match self {
            Self::CreateOrganization => Page::CreateOrganization,
            Self::Organization => Page::Organization,
            Self::User => Page::User,
            Self::UnauthorizedSignIn => Page::UnauthorizedSignIn,
            Self::Authorization(_) | Self::Invitation(_) => return None,
        })
    }
}

/// The addresses that the links and forms of a visitor's page lead to.
#[derive(Clone, Debug)]
pub struct Address {
    base: String,
    query: String,
    after_sign_in: Option<AfterSignIn>,
    /// The query of the link to the sign-up page and back, if something was typed.
    typed_query: Option<String>,
    /// Where the logo and Cancel lead.
    pub exit_url: String,
}

impl Address {
    /// The addresses below `base`, which carry the link's parameters.
    pub fn new(base: String, link: &LinkParams<'_>, after_sign_in: Option<AfterSignIn>, exit_url: String) -> Self {
        Self { base, query: carried_query(link), after_sign_in, typed_query: None, exit_url }
    }

    /// Addresses with these texts in the place of the portal's path, the link's parameters and the way out.
    pub fn of_texts(base: String, query: String, exit_url: String) -> Self {
        Self { base, query, after_sign_in: None, typed_query: None, exit_url }
    }

    /// Those texts; `None` if the addresses hold something else too.
    pub fn texts(&self) -> Option<[&str; 3]> {
        let is_plain = self.after_sign_in.is_none() && self.typed_query.is_none();
        is_plain.then_some([&self.base, &self.query, &self.exit_url])
    }

    /// The same addresses, with what was typed as the prefill of [`Address::to_other`].
    #[must_use]
    pub fn with_typed(&self, link: &LinkParams<'_>, prefill: Prefill) -> Self {
        let mut link = link.clone();
        link.prefill = prefill;
        Self { typed_query: Some(carried_query(&link)), ..self.clone() }
    }

    /// The same addresses, where the visitor goes on to that page after the sign-in.
    #[must_use]
    pub fn then(&self, after: AfterSignIn) -> Self {
        Self { after_sign_in: Some(after), ..self.clone() }
    }

    /// The address of the sign-up page on the sign-in page, and the other way round.
    pub fn to_other(&self, page: Page) -> String {
        let query = self.typed_query.clone().unwrap_or_else(|| self.query.clone());
        Self { query, ..self.clone() }.to(page)
    }

    /// The address that sends the visitor to the identity provider.
    pub fn to_provider(&self) -> String {
        let query = self.typed_query.clone().unwrap_or_else(|| self.query.clone());
        Self { query, ..self.clone() }.with_after_sign_in(identity_provider::BEGIN, self.after_sign_in)
    }

    /// The address of the page that asks for the password of an account, to link it.
    pub fn to_link(&self) -> String {
        format!("{}{}", self.base, identity_provider::LINK)
    }

    /// The address of the page that takes the code of a mail. It names no parameter: the link is stored.
    pub fn to_check_mail(&self) -> String {
        format!("{}{CHECK_MAIL}", self.base)
    }

    /// The address that leads on to the provider's own sign-out.
    pub fn to_provider_sign_out(&self) -> String {
        format!("{}{}", self.base, identity_provider::SIGN_OUT)
    }

    /// The address of a page.
    pub fn to(&self, page: Page) -> String {
        let after = self.after_sign_in.filter(|_| matches!(page, Page::SignIn | Page::SignUp));
        self.with_after_sign_in(page.path(), after)
    }

    /// The address that a visitor goes on to after the sign-in.
    pub fn after(&self, after: AfterSignIn) -> String {
        match after {
            AfterSignIn::Authorization(id) => format!("{}{RESUME_AUTHORIZATION}?authorization={}", self.base, id.as_str()),
            AfterSignIn::Invitation(code) => self.with(JOIN_ORGANIZATION, Some(("code", &code.to_string()))),
            after => self.to(after.page().unwrap_or(Page::User)),
        }
    }

    /// The address of a page on the way to a session that belongs to no flow, like those for a forgotten password.
    pub fn to_path(&self, path: &str) -> String {
        self.with_after_sign_in(path, self.after_sign_in)
    }

    /// The address of such a page as it confirms what was done.
    pub fn done_at(&self, path: &str, what: &'static str) -> String {
        let address = self.to_path(path);
        let mark = if address.contains('?') { '&' } else { '?' };
        format!("{address}{mark}done={what}")
    }

    /// The address of a page that a typed address is carried to, as a link on the sign-in page is.
    pub fn to_other_path(&self, path: &str) -> String {
        let query = self.typed_query.clone().unwrap_or_else(|| self.query.clone());
        Self { query, ..self.clone() }.to_path(path)
    }

    /// The address that a page with several forms sends one of them to.
    pub fn form(&self, page: Page, form: &str) -> String {
        self.with(&format!("{}/{form}", page.path()), None)
    }

    /// The address of a page that confirms what was done.
    pub fn done(&self, page: Page, what: &'static str) -> String {
        self.with(page.path(), Some(("done", what)))
    }

    /// The address of the page that moves on to a flow's target. It names the flow only: a cookie holds the link's parameters.
    pub fn to_continue(&self, flow: Flow) -> String {
        format!("{}{CONTINUE}?flow={flow}", self.base)
    }

    /// The address of the sign-in page, from where the visitor goes on to that page.
    pub fn sign_in_first(&self, after: AfterSignIn) -> String {
        self.then(after).to(Page::SignIn)
    }

    fn with_after_sign_in(&self, path: &str, after: Option<AfterSignIn>) -> String {
        let name = after.map(AfterSignIn::name);
        self.with(path, name.as_deref().map(|name| (AfterSignIn::NAME, name)))
    }

    fn with(&self, path: &str, more: Option<(&str, &str)>) -> String {
        let more = more.map(|(name, value)| format!("{name}={value}"));
        let query: Vec<_> = [Some(self.query.as_str()).filter(|query| !query.is_empty()), more.as_deref()].into_iter().flatten().collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}", self.base, query.join("&"))
    }
}

/// The query that is carried from page to page: the link's parameters that some page reads. Encoded again, it may exceed the limit.
/// The prefill is left out then, which is in the form anyway.
fn carried_query(link: &LinkParams<'_>) -> String {
    let mut link = carried(link);
    let whole = link.write();
    if whole.len() <= MAX_QUERY_BYTES {
        return whole;
    }
    link.prefill = Prefill::default();
    link.write()
}

/// The link without URLs that are longer than any target.
pub(super) fn carried<'a>(link: &LinkParams<'a>) -> LinkParams<'a> {
    let mut link = link.clone();
    for redirect in
        [&mut link.redirect_url, &mut link.sign_in_force, &mut link.sign_in_fallback, &mut link.sign_up_force, &mut link.sign_up_fallback]
    {
        redirect.take_if(|value| value.len() > MAX_URL_BYTES);
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(base: &str, query: &str) -> Address {
        Address::new(base.to_owned(), &LinkParams::read(query), AfterSignIn::read(query), String::new())
    }

    #[test]
    fn every_parameter_of_the_link_is_carried_and_nothing_else() {
        let query = "sign_up_fallback_redirect_url=/c&redirect_url=https%3A%2F%2Fmyapp.com%2F%3Fa%3D1%26b%3D%C3%BC&redirect_url=/second\
            &x=y&email_address=a@b&email_address=ana%2Bx%40myapp.com&sign_in_force_redirect_url=/a&sign_in_fallback_redirect_url=/b\
            &sign_up_force_redirect_url=/d&phone_number=%2B49&username=ana&first_name=A&last_name=B&done=names";
        for page in Page::ALL {
            for base in ["", "/portal/my-app"] {
                let written = address(base, query).to(page);
                let (path, carried) = written.split_once('?').unwrap();
                assert_eq!(path, format!("{base}{}", page.path()));
                assert_eq!(LinkParams::read(carried), LinkParams::read(query));
                assert!(!carried.contains("x=y") && !carried.contains("done"), "{carried}");
            }
        }
        assert_eq!(address("", "").to(Page::SignIn), "/sign-in");
    }

    #[test]
    fn a_url_longer_than_any_target_is_dropped_and_the_rest_is_kept() {
        let query = format!("redirect_url=/{}&sign_in_force_redirect_url=/x&username=ana", "a".repeat(2048));
        assert_eq!(address("", &query).to(Page::SignUp), "/sign-up?sign_in_force_redirect_url=%2Fx&username=ana");
        let names =
            ["first_name", "last_name", "username", "email_address", "phone_number"].map(|name| format!("{name}={}", "😀".repeat(400)));
        let query = format!("redirect_url=/x&{}", names.join("&"));
        assert_eq!(address("", &query).to(Page::SignUp), "/sign-up?redirect_url=%2Fx");
    }

    #[test]
    fn an_authorization_request_is_carried_to_sign_in_and_sign_up_and_goes_on_at_its_own_path() {
        let id = "0123456789abcdef".repeat(4);
        let address = address("/portal/my-app", &format!("redirect_url=/x&then=authorization-{id}"));
        for page in [Page::SignIn, Page::SignUp] {
            let to = address.to(page);
            assert_eq!(AfterSignIn::read(to.split_once('?').unwrap().1), AuthorizationId::parse(&id).map(AfterSignIn::Authorization));
        }
        assert_eq!(address.to(Page::User), "/portal/my-app/user?redirect_url=%2Fx");
        let after = AfterSignIn::Authorization(AuthorizationId::parse(&id).unwrap());
        assert_eq!(address.after(after), format!("/portal/my-app/oauth2/authorize/continue?authorization={id}"));
        assert!(!format!("{after:?}").contains(&id), "a log does not show it");
    }

    #[test]
    fn an_invitation_is_carried_to_sign_in_and_sign_up_and_goes_on_at_its_own_page() {
        let code = Code::parse("0123-4567-89ab-cdef").unwrap();
        let address = address("/portal/my-app", "redirect_url=/x&then=invitation-0123456789ABCDEF");
        for page in [Page::SignIn, Page::SignUp] {
            let to = address.to(page);
            assert!(to.ends_with("?redirect_url=%2Fx&then=invitation-0123-4567-89ab-cdef"), "{to}");
            assert_eq!(AfterSignIn::read(to.split_once('?').unwrap().1), Some(AfterSignIn::Invitation(code)));
        }
        assert_eq!(address.to(Page::User), "/portal/my-app/user?redirect_url=%2Fx");
        let after = AfterSignIn::Invitation(code);
        assert_eq!(address.after(after), "/portal/my-app/join-organization?redirect_url=%2Fx&code=0123-4567-89ab-cdef");
        assert!(!format!("{after:?}").contains("0123"), "a log does not show it");
    }

    #[test]
    fn the_page_after_sign_in_is_one_of_four_and_is_carried_to_sign_in_and_sign_up_only() {
        for (query, expected) in [
            ("then=user", Some(AfterSignIn::User)),
            ("then=organization&then=user", Some(AfterSignIn::Organization)),
            ("a=b&then=create-organization", Some(AfterSignIn::CreateOrganization)),
            ("then=unauthorized-sign-in", Some(AfterSignIn::UnauthorizedSignIn)),
            ("then=authorization-x", None),
            ("then=authorization-", None),
            ("then=invitation-", None),
            ("then=invitation-x", None),
            ("then=sign-out", None),
            ("then=https://evil.com", None),
            ("then=/user", None),
            ("then=", None),
            ("", None),
        ] {
            assert_eq!(AfterSignIn::read(query), expected, "{query}");
        }
        let address = address("", "then=user&redirect_url=/x");
        assert_eq!(address.to(Page::SignIn), "/sign-in?redirect_url=%2Fx&then=user");
        assert_eq!(address.to(Page::SignUp), "/sign-up?redirect_url=%2Fx&then=user");
        assert_eq!(address.to(Page::User), "/user?redirect_url=%2Fx");
        assert_eq!(address.sign_in_first(AfterSignIn::Organization), "/sign-in?redirect_url=%2Fx&then=organization");
        assert_eq!(address.form(Page::User, "names"), "/user/names?redirect_url=%2Fx");
        assert_eq!(address.done(Page::User, "names"), "/user?redirect_url=%2Fx&done=names");
    }
}
