//! Addresses of the portal's own pages: at its host or under `/portal/{slug}`, each with what the visitor's link said.

pub use crate::redirects::Page;
use crate::redirects::{LinkParams, MAX_QUERY_BYTES, Prefill, policy::MAX_URL_BYTES};

/// What a visitor was about to do when they were asked to sign in: the page that they go on to then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// `create-organization`
    CreateOrganization,
    /// `organization`
    Organization,
    /// `user`
    User,
}

impl Then {
    /// The parameter's name.
    const NAME: &'static str = "then";

    /// Reads it from a query string: the first counts, as of the parameters that redirect. Anything else than a page's name is nothing.
    pub fn read(query: &str) -> Option<Self> {
        let (_, value) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == Self::NAME)?;
        [Self::CreateOrganization, Self::Organization, Self::User].into_iter().find(|then| then.name() == value)
    }

    fn name(self) -> &'static str {
        self.page().path().trim_start_matches('/')
    }

    /// The page.
    pub fn page(self) -> Page {
        match self {
            Self::CreateOrganization => Page::CreateOrganization,
            Self::Organization => Page::Organization,
            Self::User => Page::User,
        }
    }
}

/// Where a visitor is on the portal: what every link and form of its pages is made with.
#[derive(Clone, Debug)]
pub struct Address {
    base: String,
    query: String,
    then: Option<Then>,
    /// The way out: where the logo leads.
    pub out: String,
}

impl Address {
    /// The addresses below `base`, which carry what the link said.
    pub fn new(base: String, link: &LinkParams<'_>, then: Option<Then>, out: String) -> Self {
        Self { base, query: carried(link), then, out }
    }

    /// The address of a page.
    pub fn to(&self, page: Page) -> String {
        self.with(page.path(), self.then.filter(|_| matches!(page, Page::SignIn | Page::SignUp)).map(|then| (Then::NAME, then.name())))
    }

    /// The address that a form of a page is sent to, where the page has more than one.
    pub fn form(&self, page: Page, form: &str) -> String {
        self.with(&format!("{}/{form}", page.path()), None)
    }

    /// The address of a page that says what has been done.
    pub fn done(&self, page: Page, what: &'static str) -> String {
        self.with(page.path(), Some(("done", what)))
    }

    /// The address to sign in at, and to go on from to what the visitor was about to do.
    pub fn to_sign_in_then(&self, then: Then) -> String {
        Self { then: Some(then), ..self.clone() }.to(Page::SignIn)
    }

    fn with(&self, path: &str, more: Option<(&str, &str)>) -> String {
        let more = more.map(|(name, value)| format!("{name}={value}"));
        let query: Vec<_> = [Some(self.query.as_str()).filter(|query| !query.is_empty()), more.as_deref()].into_iter().flatten().collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}", self.base, query.join("&"))
    }
}

/// What is carried from page to page: all that the link said, except what no page would read. Written anew it may have grown: what
/// is longer than any target goes first, then the prefill, which stands in the form.
fn carried(link: &LinkParams<'_>) -> String {
    let mut link = link.clone();
    for redirect in
        [&mut link.redirect_url, &mut link.sign_in_force, &mut link.sign_in_fallback, &mut link.sign_up_force, &mut link.sign_up_fallback]
    {
        redirect.take_if(|value| value.len() > MAX_URL_BYTES);
    }
    let whole = link.write();
    if whole.len() <= MAX_QUERY_BYTES {
        return whole;
    }
    link.prefill = Prefill::default();
    link.write()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(base: &str, query: &str) -> Address {
        Address::new(base.to_owned(), &LinkParams::read(query), Then::read(query), String::new())
    }

    #[test]
    fn every_parameter_of_the_link_goes_along_and_nothing_else() {
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
    fn what_is_too_long_for_a_target_stays_behind_and_the_rest_is_still_read() {
        let query = format!("redirect_url=/{}&sign_in_force_redirect_url=/x&username=ana", "a".repeat(2048));
        assert_eq!(address("", &query).to(Page::SignUp), "/sign-up?sign_in_force_redirect_url=%2Fx&username=ana");
        let names =
            ["first_name", "last_name", "username", "email_address", "phone_number"].map(|name| format!("{name}={}", "😀".repeat(400)));
        let query = format!("redirect_url=/x&{}", names.join("&"));
        assert_eq!(address("", &query).to(Page::SignUp), "/sign-up?redirect_url=%2Fx");
    }

    #[test]
    fn what_comes_after_signing_in_is_one_of_three_pages_and_kept_on_the_way_to_them_only() {
        for (query, then) in [
            ("then=user", Some(Then::User)),
            ("then=organization&then=user", Some(Then::Organization)),
            ("a=b&then=create-organization", Some(Then::CreateOrganization)),
            ("then=sign-out", None),
            ("then=https://evil.com", None),
            ("then=/user", None),
            ("then=", None),
            ("", None),
        ] {
            assert_eq!(Then::read(query), then, "{query}");
        }
        let address = address("", "then=user&redirect_url=/x");
        assert_eq!(address.to(Page::SignIn), "/sign-in?redirect_url=%2Fx&then=user");
        assert_eq!(address.to(Page::SignUp), "/sign-up?redirect_url=%2Fx&then=user");
        assert_eq!(address.to(Page::User), "/user?redirect_url=%2Fx");
        assert_eq!(address.to_sign_in_then(Then::Organization), "/sign-in?redirect_url=%2Fx&then=organization");
        assert_eq!(address.form(Page::User, "names"), "/user/names?redirect_url=%2Fx");
        assert_eq!(address.done(Page::User, "names"), "/user?redirect_url=%2Fx&done=names");
    }
}
