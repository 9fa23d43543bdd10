//! The redirect and prefill parameters of a direct link: how they are read from its query and written to one.

use std::borrow::Cow;

use url::form_urlencoded;

use super::{Flow, Prefill, prefill::prefilled};

/// The parameters of a direct link. Values are decoded once (`application/x-www-form-urlencoded`, as WHATWG URL defines it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkParams<'a> {
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
    /// The values that the form on the page starts with.
    pub prefill: Prefill,
}

impl<'a> LinkParams<'a> {
    /// The names of the redirect parameters.
    pub const REDIRECTS: [&'static str; 5] = [
        "redirect_url",
        "sign_in_force_redirect_url",
        "sign_in_fallback_redirect_url",
        "sign_up_force_redirect_url",
        "sign_up_fallback_redirect_url",
    ];

    /// The name of every parameter that a rule names: the redirect parameters, then the prefill parameters.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::REDIRECTS.into_iter().chain(Prefill::NAMES)
    }

    /// Sets the parameter of that name to a decoded value. Returns `false` if no parameter has that name.
    pub fn set(&mut self, name: &str, value: impl Into<Cow<'a, str>>) -> bool {
        if let Some(place) = self.redirect_mut(name) {
            *place = Some(value.into());
        } else if let Some(place) = self.prefill.get_mut(name) {
            *place = Some(value.into().into_owned());
        } else {
            return false;
        }
        true
    }

    /// The value of the redirect parameter of that name.
    pub fn redirect(&self, name: &str) -> Option<&str> {
        self.redirects().into_iter().find(|(field, _)| *field == name).and_then(|(_, value)| value)
    }

    /// Reads a query string without its `?`. The first of a repeated redirect parameter counts, and the last of a prefill parameter.
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

    /// Writes the query string that reads as these parameters, without `?`. It is empty if there are none.
    pub fn write(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.redirects().into_iter().chain(self.prefill.fields()) {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// The flow's `…_force_redirect_url`. Only sign-in and sign-up have one.
    pub fn force_redirect_url(&self, flow: Flow) -> Option<&str> {
        match flow {
            Flow::SignIn => self.sign_in_force.as_deref(),
            Flow::SignUp => self.sign_up_force.as_deref(),
            _ => None,
        }
    }

    /// The flow's `…_fallback_redirect_url`. Only sign-in and sign-up have one.
    pub fn fallback_redirect_url(&self, flow: Flow) -> Option<&str> {
        match flow {
            Flow::SignIn => self.sign_in_fallback.as_deref(),
            Flow::SignUp => self.sign_up_fallback.as_deref(),
            _ => None,
        }
    }

    /// Every redirect parameter with its name.
    pub fn redirects(&self) -> [(&'static str, Option<&str>); 5] {
        let values = [&self.redirect_url, &self.sign_in_force, &self.sign_in_fallback, &self.sign_up_force, &self.sign_up_fallback];
        std::array::from_fn(|at| (Self::REDIRECTS[at], values[at].as_deref()))
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
