//! The payload of a notification: an instance's key and its version.

/// Reads `12 3`: instance 12 is at version 3. Returns `None` for any other text, which anyone who may connect to the database can send.
pub(super) fn read(payload: &str) -> Option<(i64, i64)> {
    let (id, version) = payload.split_once(' ')?;
    Some((number(id)?, number(version)?))
}

fn number(text: &str) -> Option<i64> {
    let number = text.parse().ok()?;
    (number > 0 && text.starts_with(|first: char| first.is_ascii_digit())).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_two_positive_numbers_and_nothing_else() {
        assert_eq!(read("12 3"), Some((12, 3)));
        assert_eq!(read("9223372036854775807 1"), Some((i64::MAX, 1)));
        for payload in ["", "12", "12 ", " 3", "12  3", "12 3 4", "-1 3", "12 0", "+12 3", "0 1", "a b", "12,3", "9223372036854775808 1"] {
            assert_eq!(read(payload), None, "{payload}");
        }
    }
}
