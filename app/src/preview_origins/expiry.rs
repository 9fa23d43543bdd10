//! When a preview origin expires, as a build says it: `expires_in=7d`, or `expires_at` with a time.

use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::redirects::Timestamp;

/// The longest time for which an origin is added.
const MAX_DAYS: i64 = 90;

/// Why there is no expiry to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// Neither of the two is there.
    #[error("Say when the origin expires: expires_in=7d, or expires_at=2026-12-03T14:05:00Z.")]
    Missing,
    /// Both are there.
    #[error("Send expires_in or expires_at, not both.")]
    Both,
    /// `expires_in` is not a number and a unit.
    #[error("That is not a duration. Write a whole number and s, m, h or d, like 90s, 30m, 12h or 7d.")]
    NotADuration,
    /// `expires_in` is 0 or negative.
    #[error("The duration must be longer than 0. Write one like 30m or 7d.")]
    NotPositive,
    /// `expires_at` is not RFC 3339.
    #[error("That is not a time. Write it as in RFC 3339, like 2026-12-03T14:05:00Z.")]
    NotATime,
    /// `expires_at` has passed.
    #[error("That time has passed. Choose a later one, or send expires_in=7d.")]
    Past,
    /// `expires_in` is too long.
    #[error("That is too long. A preview origin lasts at most {MAX_DAYS} days: send expires_in={MAX_DAYS}d or less.")]
    TooLong,
    /// `expires_at` is too late.
    #[error("A preview origin lasts at most {MAX_DAYS} days. Choose an earlier time, or send expires_in={MAX_DAYS}d.")]
    TooLate,
}

impl ExpiryError {
    /// The parameter that is wrong.
    pub fn field(self) -> &'static str {
        match self {
            Self::NotATime | Self::Past | Self::TooLate => "expires_at",
            _ => "expires_in",
        }
    }
}

/// Reads the two parameters. A fraction of a second is dropped.
///
/// # Errors
/// The first rule in [`ExpiryError`] that they break.
pub fn parse_expiry(expires_in: Option<&str>, expires_at: Option<&str>, now: OffsetDateTime) -> Result<Timestamp, ExpiryError> {
    let (expires_at, too_far) = match (expires_in, expires_at) {
        (None, None) => return Err(ExpiryError::Missing),
        (Some(_), Some(_)) => return Err(ExpiryError::Both),
        (Some(duration), None) => (now.checked_add(parse_duration(duration.trim())?).ok_or(ExpiryError::TooLong)?, ExpiryError::TooLong),
        (None, Some(text)) => (OffsetDateTime::parse(text.trim(), &Rfc3339).map_err(|_| ExpiryError::NotATime)?, ExpiryError::TooLate),
    };
    let (now, expires_at) = (Timestamp::from(now), Timestamp::from(expires_at));
    if expires_at <= now {
        Err(ExpiryError::Past)
    } else if expires_at.seconds() - now.seconds() > Duration::days(MAX_DAYS).whole_seconds() {
        Err(too_far)
    } else {
        Ok(expires_at)
    }
}

fn parse_duration(text: &str) -> Result<Duration, ExpiryError> {
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(ExpiryError::NotADuration)?;
    let unit = match unit {
        "s" => Duration::SECOND,
        "m" => Duration::MINUTE,
        "h" => Duration::HOUR,
        "d" => Duration::DAY,
        // Without a unit, 0 is still too short.
        _ if text.trim_start_matches('-').bytes().all(|byte| byte == b'0') && text.contains('0') => return Err(ExpiryError::NotPositive),
        _ => return Err(ExpiryError::NotADuration),
    };
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ExpiryError::NotADuration);
    }
    if number.starts_with('-') || digits.bytes().all(|byte| byte == b'0') {
        return Err(ExpiryError::NotPositive);
    }
    let number: i32 = digits.parse().map_err(|_| ExpiryError::TooLong)?;
    unit.checked_mul(number).ok_or(ExpiryError::TooLong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-27 12:00:00.5 UTC);

    fn lasts(expires_in: &str) -> Result<i64, ExpiryError> {
        parse_expiry(Some(expires_in), None, NOW).map(|end| end.seconds() - NOW.unix_timestamp())
    }

    fn ends(expires_at: &str) -> Result<String, ExpiryError> {
        parse_expiry(None, Some(expires_at), NOW).map(|end| end.to_string())
    }

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("30m", 1_800), ("12h", 43_200), ("7d", 604_800), ("90d", 7_776_000), (" 1s ", 1)] {
            assert_eq!(lasts(text), Ok(seconds), "{text}");
        }
        for (text, error) in [
            ("", ExpiryError::NotADuration),
            ("d", ExpiryError::NotADuration),
            ("7", ExpiryError::NotADuration),
            ("7w", ExpiryError::NotADuration),
            ("7D", ExpiryError::NotADuration),
            ("1.5h", ExpiryError::NotADuration),
            ("+7d", ExpiryError::NotADuration),
            ("7 d", ExpiryError::NotADuration),
            ("7é", ExpiryError::NotADuration),
            ("0", ExpiryError::NotPositive),
            ("0s", ExpiryError::NotPositive),
            ("-7d", ExpiryError::NotPositive),
            ("91d", ExpiryError::TooLong),
            ("365d", ExpiryError::TooLong),
            ("99999999999999999999d", ExpiryError::TooLong),
        ] {
            assert_eq!(lasts(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_time_is_in_the_future_and_at_most_90_days_away() {
        assert_eq!(ends("2026-12-03T14:05:00Z").as_deref(), Ok("3 Dec 2026, 14:05 UTC"));
        assert_eq!(ends("2026-12-03T14:05:59.9+01:00").as_deref(), Ok("3 Dec 2026, 13:05 UTC"));
        assert_eq!(ends("2026-11-27T12:00:01Z").as_deref(), Ok("27 Nov 2026, 12:00 UTC"));
        for (text, error) in [
            ("2026-12-03", ExpiryError::NotATime),
            ("tomorrow", ExpiryError::NotATime),
            ("2026-11-27T12:00:00.9Z", ExpiryError::Past),
            ("2020-01-01T00:00:00Z", ExpiryError::Past),
            ("2027-11-27T12:00:00Z", ExpiryError::TooLate),
        ] {
            assert_eq!(ends(text), Err(error), "{text:?}");
            assert_eq!(error.field(), "expires_at", "{text:?}");
        }
    }

    #[test]
    fn exactly_one_of_the_two_is_sent() {
        assert_eq!(parse_expiry(None, None, NOW), Err(ExpiryError::Missing));
        assert_eq!(parse_expiry(Some("7d"), Some("2026-12-03T14:05:00Z"), NOW), Err(ExpiryError::Both));
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_within_90_days_or_an_error(text in "(-?[0-9]{0,12}[smhd]?|\\PC{0,20})") {
            for end in [parse_expiry(Some(&text), None, NOW), parse_expiry(None, Some(&text), NOW)].into_iter().flatten() {
                let seconds = end.seconds() - NOW.unix_timestamp();
                prop_assert!((1..=7_776_000).contains(&seconds), "{}", text);
            }
        }
    }
}
