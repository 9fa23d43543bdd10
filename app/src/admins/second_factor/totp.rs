//! The secret of an authenticator app, and the codes that it makes (TOTP, RFC 6238).

use std::fmt;

use totp_rs::{Builder, Totp};

use crate::{
    admins::Email,
    credentials::secret_key::{NotDecrypted, SecretKey},
};

/// The length of a secret, in bytes: the 160 bits that RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// How long a code is shown, in seconds, as all authenticator apps expect.
const STEP_SECONDS: u64 = 30;

/// How many steps the clock of a phone may be ahead or behind.
const MAX_DRIFT_STEPS: u16 = 1;

/// The name under which authenticator apps list the account.
const ISSUER: &str = "Portal Redirects";

/// The secret that an authenticator app shares with the server.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET_BYTES]);

/// A log must not hold it.
impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret")
    }
}

impl TotpSecret {
    /// A new random secret.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The secret as it is stored for that admin, and for nobody else.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn encrypt(&self, key: &SecretKey, admin: i64) -> Result<Vec<u8>, getrandom::Error> {
        key.encrypt(&self.0, &purpose(admin))
    }

    /// Reads a stored secret of that admin.
    ///
    /// # Errors
    /// It was encrypted with another key or for another admin, or has been changed.
    pub fn decrypt(encrypted: &[u8], key: &SecretKey, admin: i64) -> Result<Self, NotDecrypted> {
        key.decrypt(encrypted, &purpose(admin))?.try_into().map(Self).map_err(|_| NotDecrypted)
    }

    /// The time step of a code, if the code is one of the present step or of a neighbouring one. `now` is in seconds since 1970.
    pub fn step_of(&self, code: &str, now: i64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = self.totp("").check(&code, u64::try_from(now).ok()?)?;
        i64::try_from(step).ok()
    }

    /// The code of that moment, in seconds since 1970.
    pub fn code(&self, at: i64) -> String {
        self.totp("").generate(u64::try_from(at).unwrap_or_default()).to_string()
    }

    /// The address that authenticator apps read from a QR code.
    pub fn url(&self, email: &Email) -> String {
        // A colon separates the parts of the label.
        let totp = self.totp(&email.as_str().replace(':', "_"));
        totp.to_url().unwrap_or_else(|_| format!("otpauth://totp/admin?secret={}", self.base32()))
    }

    /// The secret as it is typed where no camera can read the QR code, in groups of four characters.
    pub fn typed(&self) -> String {
        let text = self.base32();
        let groups: Vec<&str> = text.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
        groups.join(" ")
    }

    fn base32(&self) -> String {
        self.totp("").secret().to_base32()
    }

    fn totp(&self, account: &str) -> Totp {
        Builder::new()
            .with_secret(self.0.to_vec())
            .with_step_duration(STEP_SECONDS)
            .with_skew(MAX_DRIFT_STEPS)
            .with_issuer(Some(ISSUER))
            .with_account_name(account)
            .build_noncompliant()
    }
}

/// What an encrypted secret is, and whose.
fn purpose(admin: i64) -> Vec<u8> {
    format!("portal-redirects second factor of admin {admin}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors in RFC 6238, appendix B.
    fn of_the_rfc() -> TotpSecret {
        TotpSecret(*b"12345678901234567890")
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The RFC has eight digits; six are the last ones of them.
        for (at, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(of_the_rfc().code(at), code);
            assert_eq!(of_the_rfc().step_of(code, at), Some(at / 30));
        }
        assert_eq!(of_the_rfc().step_of(" 005 924 ", 1_234_567_890), Some(41_152_263));
    }

    #[test]
    fn a_clock_may_be_one_step_ahead_or_behind() {
        let (secret, now) = (of_the_rfc(), 1_234_567_890);
        for (drift, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let at = now + drift * 30;
            assert_eq!(secret.step_of(&secret.code(at), now), counts.then_some(at / 30), "{drift}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_code_does_not_count() {
        for text in ["", "5924", "+05924", "0005924", "００５９２４", "00592a", "-05924"] {
            assert_eq!(of_the_rfc().step_of(text, 1_234_567_890), None, "{text}");
        }
        assert_eq!(of_the_rfc().step_of("005924", -1), None);
    }

    #[test]
    fn a_stored_secret_belongs_to_one_admin() {
        let (key, other) = (SecretKey::new().unwrap(), SecretKey::new().unwrap());
        let stored = of_the_rfc().encrypt(&key, 7).unwrap();
        assert_eq!(stored.len(), 60, "as the database checks");
        assert_eq!(TotpSecret::decrypt(&stored, &key, 7), Ok(of_the_rfc()));
        assert_eq!(TotpSecret::decrypt(&stored, &key, 8), Err(NotDecrypted));
        assert_eq!(TotpSecret::decrypt(&stored, &other, 7), Err(NotDecrypted));
    }

    #[test]
    fn an_app_reads_the_secret_from_the_address_or_as_typed() {
        let secret = of_the_rfc();
        assert_eq!(
            secret.url(&"ana+x@myapp.com".parse().unwrap()),
            "otpauth://totp/Portal%20Redirects:ana%2Bx%40myapp.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Portal%20Redirects"
        );
        assert!(secret.url(&"a:b@myapp.com".parse().unwrap()).contains(":a_b%40myapp.com?"));
        assert_eq!(secret.typed(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    }
}
