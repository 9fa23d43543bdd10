//! What tokens say of a visitor. Names and addresses are in them only if the instance says so.

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// A visitor with their session, as applications know them. Personal data: not for logs.
#[derive(Clone)]
pub struct Subject {
    /// The visitor's key, which no application sees.
    pub visitor: i64,
    /// The session's key, which no application sees.
    pub session: i64,
    /// `sub`: what applications know the visitor by, for good.
    pub sub: Uuid,
    /// `sid`: what applications know the session by.
    pub sid: Uuid,
    /// When the session began.
    pub auth_time: OffsetDateTime,
    /// `email_address`
    pub email_address: Option<String>,
    /// Whether the visitor has confirmed the address.
    pub is_email_verified: bool,
    /// `phone_number`
    pub phone_number: Option<String>,
    /// `username`
    pub username: Option<String>,
    /// Empty if there is none.
    pub first_name: String,
    /// Empty if there is none.
    pub last_name: String,
    /// Their organizations: id and name.
    pub organizations: Vec<(String, String)>,
}

/// Leaves out who it is, for logs.
impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").field("visitor", &self.visitor).finish_non_exhaustive()
    }
}

/// The claims about a person, by the names of `OpenID` Connect Core, section 5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PersonClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_verified: Option<bool>,
}

/// Which of the claims about a person are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes {
    /// `profile`: the names.
    pub profile: bool,
    /// `email`
    pub email: bool,
    /// `phone`
    pub phone: bool,
}

impl Scopes {
    /// The scopes that the provider knows.
    pub const NAMES: [&'static str; 4] = ["openid", "profile", "email", "phone"];

    /// Everything.
    pub const ALL: Self = Self { profile: true, email: true, phone: true };

    /// Reads a scope parameter. What is not known is ignored.
    pub fn read(scope: &str) -> Self {
        let has = |name| scope.split(' ').any(|scope| scope == name);
        Self { profile: has("profile"), email: has("email"), phone: has("phone") }
    }
}

impl Subject {
    /// What these scopes say of the person. No phone number is ever confirmed, and the claims say so.
    pub fn person(&self, scopes: Scopes) -> PersonClaims {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let name = format!("{} {}", self.first_name, self.last_name);
        let mut person = PersonClaims::default();
        if scopes.profile {
            person.name = text(name.trim());
            person.given_name = text(&self.first_name);
            person.family_name = text(&self.last_name);
            person.preferred_username.clone_from(&self.username);
        }
        if scopes.email {
            person.email.clone_from(&self.email_address);
            person.email_verified = person.email.as_ref().map(|_| self.is_email_verified);
        }
        if scopes.phone {
            person.phone_number.clone_from(&self.phone_number);
            person.phone_number_verified = person.phone_number.as_ref().map(|_| false);
        }
        person
    }

    /// The ids of the organizations.
    pub fn organization_ids(&self) -> Vec<&str> {
        self.organizations.iter().map(|(id, _)| id.as_str()).collect()
    }
}

/// The claims of the token that `GET /v1/session` gives to an application's pages.
#[derive(Debug, Serialize)]
pub struct SessionClaims<'a> {
    /// The portal.
    pub iss: &'a str,
    /// The visitor.
    pub sub: Uuid,
    /// The origin of the page that asked.
    pub azp: &'a str,
    /// The session.
    pub sid: Uuid,
    /// When it was signed, in seconds since 1970.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// The ids of the visitor's organizations.
    pub organizations: Vec<&'a str>,
    /// Empty unless the instance says otherwise.
    #[serde(flatten)]
    pub person: PersonClaims,
}

/// The claims of an ID token (`OpenID` Connect Core, section 2).
#[derive(Debug, Serialize)]
pub struct IdClaims<'a> {
    /// The portal.
    pub iss: &'a str,
    /// The visitor.
    pub sub: Uuid,
    /// The client.
    pub aud: &'a str,
    /// The client.
    pub azp: &'a str,
    /// The session.
    pub sid: Uuid,
    /// When it was signed, in seconds since 1970.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// When the session began.
    pub auth_time: i64,
    /// What the client sent to recognise its own request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// The ids of the visitor's organizations.
    pub organizations: Vec<&'a str>,
    /// Empty unless the instance says otherwise.
    #[serde(flatten)]
    pub person: PersonClaims,
}
