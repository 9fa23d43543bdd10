//! Prefill: the values that the form on a portal page starts with.

use super::{Flow, parameter_advice::decoded_prefill};

/// Values for the fields of a portal page's form. They are not checked: the visitor sees and submits them.
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
const MAX_CHARACTERS: usize = 320;

impl Prefill {
    /// The values that the flow's page reads: three on sign-in, all five on sign-up, the email address on the waitlist.
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

    /// The names of the prefill parameters.
    pub const NAMES: [&str; 5] = ["email_address", "phone_number", "username", "first_name", "last_name"];

    /// The value of the parameter of that name. `None` if it has no value, or if no parameter has that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().into_iter().find(|(field, _)| *field == name).and_then(|(_, value)| value)
    }

    /// Every parameter with its name.
    pub fn fields(&self) -> [(&'static str, Option<&str>); 5] {
        let values = [&self.email_address, &self.phone_number, &self.username, &self.first_name, &self.last_name];
        std::array::from_fn(|at| (Self::NAMES[at], values[at].as_deref()))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Option<String>> {
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

/// A value as it is put into its field: cut, and without control characters. `None` if it is blank.
pub(super) fn prefilled(value: &str) -> Option<String> {
    let value: String = value.chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect();
    Some(value).filter(|value| !value.trim().is_empty())
}

/// What will not work about `value` as the prefill parameter `name` on the flow's page, and how to fix it.
pub fn prefill_advice(flow: Flow, name: &str, value: &str) -> Option<&'static str> {
    let mut asked = Prefill::default();
    *asked.get_mut(name)? = Some(value.to_owned());
    if value.trim().is_empty() {
        return None;
    }
    if asked.for_flow(flow) == Prefill::default() {
        return Some(match flow {
            Flow::SignIn => "The sign-in page has no field for this. Only the sign-up page asks for names.",
            Flow::Waitlist => "The waitlist page reads only the email address.",
            _ => "This page has no form to prefill.",
        });
    }
    match name {
        _ if value.chars().count() > MAX_CHARACTERS => Some("Only the first 320 characters are put into the field. Shorten it."),
        _ if value.contains(char::is_control) => Some("It contains control characters, which are left out."),
        _ if decoded_prefill(value).is_some() => Some("It is encoded twice, so the field shows its % escapes. Encode it only once."),
        "email_address" if value.trim().contains(' ') => Some("It contains a space. A + in an address must be written as %2B in a link."),
        "email_address" if !value.contains('@') => Some("An email address needs an @. The page will reject this one."),
        "phone_number" if value.starts_with(' ') => Some("It begins with a space, because a + was not encoded as %2B. Put the + back."),
        _ => None,
    }
}
