//! Tells a host that could be taken for the instance's own domain: its name is in it, or it differs by a letter or by letters that look
//! alike.

use crate::redirects::is_close;

/// The shortest name that is compared. A shorter one is in many hosts by chance.
const MIN_NAME_CHARS: usize = 4;

/// Letters that look like another one, each with the one that it looks like (a part of Unicode TR 39, confusables).
const CONFUSABLES: [(&str, char); 15] = [
    ("аαạáàâäãåɑ", 'a'),
    ("сϲćç", 'c'),
    ("ԁđ", 'd'),
    ("еéèêëẹė", 'e'),
    ("ɡġ", 'g'),
    ("һհ", 'h'),
    ("іїíìîïıι1l", 'i'),
    ("ј", 'j'),
    ("ոñńп", 'n'),
    ("оοօóòôöõø0", 'o'),
    ("рρ", 'p'),
    ("ѕṣś5", 's'),
    ("υսúùûü", 'u'),
    ("уγýÿ", 'y'),
    ("хχ", 'x'),
];

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

/// A name with each letter replaced by the one that it looks like, and without what is overlooked.
fn skeleton(name: &str) -> String {
    let plain = |c: char| CONFUSABLES.into_iter().find(|(like, _)| like.contains(c)).map_or(c, |(_, letter)| letter);
    let letters: String = name.chars().flat_map(char::to_lowercase).filter(|c| *c != '-').map(plain).collect();
    letters.replace("rn", "m").replace("vv", "w")
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
