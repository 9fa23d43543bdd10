//! Tells a host that could be taken for the instance's own domain: its name is in it, or it differs by a letter or by letters that look
//! alike.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::redirects::is_close;

/// The shortest name that is compared. A shorter one is in many hosts by chance.
const MIN_NAME_CHARS: usize = 4;

/// Whether a foreign host could be taken for one of the domain.
pub fn is_look_alike(domain: &str, host: &str) -> bool {
    let (own, theirs) = (registered_name(domain), registered_name(host));
    if own.chars().count() < MIN_NAME_CHARS {
        return false;
    }
    let (own, whole) = (skeleton(&own), skeleton(&idna::domain_to_unicode(host).0));
    whole.contains(&own) || is_close(&own, &skeleton(&theirs), 1)
}

/// The label that somebody has registered, in Unicode: `myapp` of `app.myapp.co.uk`.
fn registered_name(host: &str) -> String {
    let domain = psl::domain_str(host).unwrap_or(host);
    let label = domain.split('.').next().unwrap_or(domain);
    idna::domain_to_unicode(label).0
}

/// The name without what is easily overlooked: look-alike characters as UTS #39 folds them, marks on letters, capitals and hyphens.
fn skeleton(name: &str) -> String {
    let plain: String = name.to_lowercase().nfd().filter(|c| *c != '-' && !is_combining_mark(*c)).collect();
    unicode_security::skeleton(&plain).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_has_the_name_or_looks_like_it_is_told() {
        for host in [
            "xn--mypp-63d.com", // with a Cyrillic а
            "myapp.com.evil.co.uk",
            "evilmyapp.com",
            "my-app.com",
            "myap.com",
            "myaqp.com",
            "rnyapp.com",
            "login.myapp.evil.com",
            "myapp.net",
            "MYAPP.vercel.app",
        ] {
            assert!(is_look_alike("app.myapp.com", host), "{host}");
        }
        assert!(is_look_alike("hello-world.co.uk", "he110world.com"));
    }

    #[test]
    fn other_hosts_are_not() {
        for host in ["partner.example.org", "evil.com", "192.0.2.7", "[2001:db8::1]", "localhost", "xn--bcher-kva.example"] {
            assert!(!is_look_alike("myapp.com", host), "{host}");
        }
        assert!(!is_look_alike("abc.com", "abc.evil.com"), "too short to tell");
    }
}
