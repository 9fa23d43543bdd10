//! Direct links: what their query says about redirects and prefill, read and written.

use std::borrow::Cow;

use url::form_urlencoded;

use super::Flow;

/// What a direct link says. Values are decoded once (`application/x-www-form-urlencoded`, as WHATWG URL has it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link<'a> {
    /// `redirect_url`
    pub redirect_url: Option<Cow<'a, str>>,
    /// `sign_in_force_redirect_url`
    pub sign_in_force: Option<Cow<'a, str>>,
    /// `sign_in_fallback_redirect_url`
    pub sign_in_fallback: Option<Cow<'a, str>>,
    /// `sign_up_force_redirect_url`
    pub sign_up_force: Option<Cow<'a, str>>,
    /// `sign_up_fallback_redirect_url`
    pub sign_up_fallback: Option<Cow<'a, str>>,
    /// What the form on the page begins with.
    pub prefill: Prefill,
}

/// Values for the fields of a portal page's form. Not checked: the visitor sees and submits them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefill {
    /// `email_address`
    pub email_address: Option<String>,
    /// `phone_number`
    pub phone_number: Option<String>,
    /// `username`
    pub username: Option<String>,
    /// `first_name`
    pub first_name: Option<String>,
    /// `last_name`
    pub last_name: Option<String>,
}

/// The longest prefill value, in characters.
const MOST_CHARACTERS: usize = 320;

impl<'a> Link<'a> {
    /// Reads a query string, without its `?`. Of a repeated redirect parameter the first counts, of prefill the last.
    pub fn read(query: &'a str) -> Self {
        let mut link = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(place) = link.redirect_mut(&name) {
                place.get_or_insert(value);
            } else if let Some(place) = link.prefill.get_mut(&name) {
                *place = prefilled(&value);
            }
        }
        link
    }

    /// Writes the query string that reads as this link, without `?`; empty where the link says nothing.
    pub fn write(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let redirects = [
            ("redirect_url", &self.redirect_url),
            ("sign_in_force_redirect_url", &self.sign_in_force),
            ("sign_in_fallback_redirect_url", &self.sign_in_fallback),
            ("sign_up_force_redirect_url", &self.sign_up_force),
            ("sign_up_fallback_redirect_url", &self.sign_up_fallback),
        ];
        for (name, value) in redirects {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        for (name, value) in self.prefill.fields() {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// The flow's own `…_force_redirect_url`; only sign-in and sign-up have one.
    pub fn force_redirect_url(&self, flow: Flow) -> Option<&str> {
        match flow {
            Flow::SignIn => self.sign_in_force.as_deref(),
            Flow::SignUp => self.sign_up_force.as_deref(),
            _ => None,
        }
    }

    /// The flow's own `…_fallback_redirect_url`; only sign-in and sign-up have one.
    pub fn fallback_redirect_url(&self, flow: Flow) -> Option<&str> {
        match flow {
            Flow::SignIn => self.sign_in_fallback.as_deref(),
            Flow::SignUp => self.sign_up_fallback.as_deref(),
            _ => None,
        }
    }

    fn redirect_mut(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        match name {
            "redirect_url" => Some(&mut self.redirect_url),
            "sign_in_force_redirect_url" => Some(&mut self.sign_in_force),
            "sign_in_fallback_redirect_url" => Some(&mut self.sign_in_fallback),
            "sign_up_force_redirect_url" => Some(&mut self.sign_up_force),
            "sign_up_fallback_redirect_url" => Some(&mut self.sign_up_fallback),
            _ => None,
        }
    }
}

impl Prefill {
    /// What the flow's page reads of it: sign-in three values, sign-up all five, the waitlist the address.
    #[must_use]
    pub fn for_flow(self, flow: Flow) -> Self {
        let Self { email_address, phone_number, username, .. } = self;
        match flow {
            Flow::SignUp => Self { email_address, phone_number, username, ..self },
            Flow::SignIn => Self { email_address, phone_number, username, ..Self::default() },
            Flow::Waitlist => Self { email_address, ..Self::default() },
            _ => Self::default(),
        }
    }

    /// Every parameter by its name in links.
    pub fn fields(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("email_address", self.email_address.as_deref()),
            ("phone_number", self.phone_number.as_deref()),
            ("username", self.username.as_deref()),
            ("first_name", self.first_name.as_deref()),
            ("last_name", self.last_name.as_deref()),
        ]
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "email_address" => Some(&mut self.email_address),
            "phone_number" => Some(&mut self.phone_number),
            "username" => Some(&mut self.username),
            "first_name" => Some(&mut self.first_name),
            "last_name" => Some(&mut self.last_name),
            _ => None,
        }
    }
}

fn prefilled(value: &str) -> Option<String> {
    let value: String = value.chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS).collect();
    Some(value).filter(|value| !value.trim().is_empty())
}
