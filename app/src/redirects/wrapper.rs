//! Links that a mail scanner or a chat has wrapped: what is pasted leads to the scanner, which leads to the link inside.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{ParseError, Url, form_urlencoded};

/// Who has wrapped a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// Microsoft Defender's Safe Links, in Outlook and Teams.
    SafeLinks,
    /// Proofpoint URL Defense, versions 1 to 3.
    UrlDefense,
    /// Google, in Gmail, Docs and search results.
    Google,
    /// Slack.
    Slack,
    /// Facebook, Messenger and Instagram.
    Facebook,
}

/// How many wrappers are removed. Mail that is forwarded is wrapped again.
const MAX_WRAPPERS: usize = 5;

/// The longest run of characters in a link of URL Defense, version 3.
const RUN_CODES: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl fmt::Display for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SafeLinks => "Outlook Safe Links",
            Self::UrlDefense => "Proofpoint URL Defense",
            Self::Google => "Google",
            Self::Slack => "Slack",
            Self::Facebook => "Facebook",
        })
    }
}

/// Removes the wrappers of a link. Returns who has wrapped it, from the outside in, and the URL that was inside. If nobody has, that is the
/// link itself.
///
/// # Errors
/// What is inside is not an absolute URL.
pub(super) fn unwrap(text: &str) -> Result<(Vec<Wrapper>, Url), ParseError> {
    let mut wrappers = Vec::new();
    let mut url = Url::parse(text)?;
    let mut inside = unwrap_once(text, &url);
    while let Some((wrapper, text)) = inside {
        wrappers.push(wrapper);
        url = Url::parse(&text)?;
        inside = if wrappers.len() < MAX_WRAPPERS { unwrap_once(&text, &url) } else { None };
    }
    Ok((wrappers, url))
}

/// Removes one wrapper. `url` is the parsed `text`. `None` if nobody has wrapped it.
fn unwrap_once(text: &str, url: &Url) -> Option<(Wrapper, String)> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    let parameter = |name: &str| form_urlencoded::parse(url.query()?.as_bytes()).find(|(other, _)| other == name).map(|(_, value)| value);
    let is_safe_links = [".safelinks.protection.outlook.com", ".safelinks.protection.outlook.us", ".safelinks.protection.office365.us"]
        .iter()
        .any(|end| host.ends_with(end));
    let (wrapper, inside) = match host {
        _ if is_safe_links => (Wrapper::SafeLinks, parameter("url")?.into_owned()),
        "statics.teams.cdn.office.net" if url.path().contains("safelinks") => (Wrapper::SafeLinks, parameter("url")?.into_owned()),
        "urldefense.com" | "urldefense.us" | "urldefense.proofpoint.com" => {
            let inside = match url.path().get(..4)? {
                "/v1/" => parameter("u")?.into_owned(),
                "/v2/" => decoded(&parameter("u")?.replace('-', "%").replace('_', "/"))?,
                "/v3/" => version_3(text)?,
                _ => return None,
            };
            (Wrapper::UrlDefense, inside)
        }
        "slack-redir.net" => (Wrapper::Slack, parameter("url")?.into_owned()),
        "l.facebook.com" | "lm.facebook.com" | "l.messenger.com" | "l.instagram.com" => (Wrapper::Facebook, parameter("u")?.into_owned()),
        _ if is_google(host) && url.path() == "/url" => (Wrapper::Google, parameter("q").or_else(|| parameter("url"))?.into_owned()),
        _ => return None,
    };
    Some((wrapper, inside.trim().to_owned())).filter(|(_, inside)| !inside.is_empty())
}

/// Whether a host is Google's, in any country.
fn is_google(host: &str) -> bool {
    let Some(country) = host.strip_prefix("www.google.").or_else(|| host.strip_prefix("google.")) else { return false };
    let code = country.strip_prefix("co.").or_else(|| country.strip_prefix("com.")).unwrap_or(country);
    country == "com" || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// The link inside a link of URL Defense, version 3: `/v3/__LINK__;BYTES!…`. `*` stands for the next character of the decoded bytes,
/// and `**X` for the next 2 to 65 of them.
fn version_3(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("/v3/__")?;
    let (link, rest) = rest.split_once("__;")?;
    let taken_out = String::from_utf8(base64(rest.split_once('!')?.0)?).ok()?;
    let mut taken_out = taken_out.chars();
    let mut found = String::new();
    // Proofpoint drops one of the two slashes where its own link passes a proxy.
    let link = match link.split_once(":/") {
        Some((scheme, after)) if !after.starts_with('/') => format!("{scheme}://{after}"),
        _ => link.to_owned(),
    };
    let link = decoded(&link)?;
    let mut rest = link.as_str();
    while let Some((before, after)) = rest.split_once('*') {
        found.push_str(before);
        let run = after.strip_prefix('*').and_then(|after| after.chars().next());
        let count = match run {
            Some(code) => RUN_CODES.find(code)? + 2,
            None => 1,
        };
        for _ in 0..count {
            found.push(taken_out.next()?);
        }
        rest = run.map_or(after, |code| &after[1 + code.len_utf8()..]);
    }
    found.push_str(rest);
    Some(found)
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// Decodes base64 with the alphabet of URLs (RFC 4648, section 5), without padding.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://accounts.myapp.com/sign-in?redirect_url=https%3A%2F%2Fmyapp.com%2Fa-b_c&x=1#top";

    #[test]
    fn a_wrapped_link_is_found_and_its_wrapper_named() {
        let encoded: String = form_urlencoded::byte_serialize(LINK.as_bytes()).collect();
        let dashed = encoded.replace('-', "%2D").replace('_', "%5F").replace("%2F", "_").replace('%', "-");
        for (text, wrapper) in [
            (
                format!("https://eur01.safelinks.protection.outlook.com/?url={encoded}&data=05%7C01&sdata=x%3D&reserved=0"),
                Wrapper::SafeLinks,
            ),
            (format!("https://urldefense.proofpoint.com/v1/url?u={encoded}&k=x"), Wrapper::UrlDefense),
            (format!("https://urldefense.proofpoint.com/v2/url?u={dashed}&d=DwMFaQ&c=x&r=y"), Wrapper::UrlDefense),
            (format!("https://www.google.com/url?q={encoded}&sa=D&ust=1"), Wrapper::Google),
            (format!("https://www.google.co.uk/url?rct=j&url={encoded}&usg=x"), Wrapper::Google),
            (format!("https://slack-redir.net/link?url={encoded}&v=3"), Wrapper::Slack),
            (format!("https://l.facebook.com/l.php?u={encoded}&h=x"), Wrapper::Facebook),
        ] {
            assert_eq!(unwrap(&text), Ok((vec![wrapper], Url::parse(LINK).unwrap())), "{text}");
        }
    }

    #[test]
    fn version_3_of_url_defense_puts_back_the_characters_that_it_took_out() {
        for (text, expected) in [
            ("https://urldefense.com/v3/__http://www.example.com__;!!foo!bar$", "http://www.example.com"),
            ("https://urldefense.com/v3/__https://a.com/o/owa*2Findex*x?b=1&c=2__;JSM!!x!y$", "https://a.com/o/owa%2Findex#x?b=1&c=2"),
            // A run of two characters, and of three.
            ("https://urldefense.com/v3/__https://a.com/**A__;w7zDvA!!x$", "https://a.com/üü"),
            ("https://urldefense.com/v3/__https://a.com/**Bx*__;w7zDvDIj!!x$", "https://a.com/üü2x#"),
            ("https://urldefense.com/v3/__https:/a.com/__;!!x$", "https://a.com/"),
        ] {
            assert_eq!(unwrap(text), Ok((vec![Wrapper::UrlDefense], Url::parse(expected).unwrap())), "{text}");
        }
        for text in ["https://urldefense.com/v3/__https://a.com/*__;!!x$", "https://urldefense.com/v3/__https://a.com/**?__;w7zDvA!!x$"] {
            assert_eq!(unwrap(text).map(|(wrappers, _)| wrappers), Ok(Vec::new()), "{text}");
        }
    }

    #[test]
    fn a_link_that_was_wrapped_twice_is_unwrapped_twice() {
        let google = format!("https://www.google.com/url?q={}", form_urlencoded::byte_serialize(LINK.as_bytes()).collect::<String>());
        let both = format!("https://slack-redir.net/link?url={}", form_urlencoded::byte_serialize(google.as_bytes()).collect::<String>());
        assert_eq!(unwrap(&both), Ok((vec![Wrapper::Slack, Wrapper::Google], Url::parse(LINK).unwrap())));
    }

    #[test]
    fn nobody_else_is_taken_for_a_wrapper() {
        for text in [
            LINK,
            "https://www.google.evil.com/url?q=https://a.com",
            "https://www.google.com/search?q=https://a.com",
            "https://www.google.com/url",
            "https://evil.com/?url=https://a.com",
            "https://safelinks.protection.outlook.com.evil.com/?url=https://a.com",
            "https://urldefense.com/v4/url?u=https://a.com",
            "https://slack-redir.net/link?url=",
            "ftp://slack-redir.net/link?url=https://a.com",
        ] {
            assert_eq!(unwrap(text), Ok((Vec::new(), Url::parse(text).unwrap())), "{text}");
        }
        assert_eq!(unwrap("no link"), Err(ParseError::RelativeUrlWithoutBase));
    }
}
