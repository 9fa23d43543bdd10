//! The payloads of notifications: of a save, an instance's key, its version and the random id of the save; of sessions that have ended, their
//! keys.

use std::collections::BTreeSet;

use app::runtimes::ServedSave;
use uuid::Uuid;

use crate::portal::session_cache::EndedSessions;

/// Reads `12 3 0190c5f2-…`: instance 12 was saved as version 3. Returns `None` for any other text, which anyone who may connect to the
/// database can send.
pub(super) fn read(payload: &str) -> Option<ServedSave> {
    let (id, save) = payload.split_once(' ')?;
    let (version, save_id) = save.split_once(' ')?;
    Some(ServedSave { instance: number(id)?, version: number(version)?, save_id: Uuid::try_parse(save_id).ok()? })
}

/// Reads `5 6 7`, or `*` for all. Any other text stands for all too: to ask again is always right.
pub(super) fn read_ended(payload: &str) -> EndedSessions {
    let keys: Option<BTreeSet<i64>> = payload.split(' ').map(number).collect();
    keys.map_or(EndedSessions::All, EndedSessions::Some)
}

fn number(text: &str) -> Option<i64> {
    let number = text.parse().ok()?;
    (number > 0 && text.starts_with(|first: char| first.is_ascii_digit())).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_two_positive_numbers_and_an_id_and_nothing_else() {
        let id = "018f3b1e-5c5b-4d4a-9a55-0f1e2d3c4b5a";
        let save = |instance, version| Some(ServedSave { instance, version, save_id: Uuid::try_parse(id).unwrap() });
        assert_eq!(read(&format!("12 3 {id}")), save(12, 3));
        assert_eq!(read(&format!("9223372036854775807 1 {id}")), save(i64::MAX, 1));
        for payload in ["", "12", "12 ", " 3", "12  3", "-1 3", "12 0", "+12 3", "0 1", "a b", "12,3", "9223372036854775808 1"] {
            assert_eq!(read(&format!("{payload} {id}")), None, "{payload}");
        }
        for save_id in ["", "4", &id[1..], &format!("{id} "), &format!("{id} 1")] {
            assert_eq!(read(&format!("12 3 {save_id}")), None, "{save_id}");
        }
        assert_eq!(read("12 3"), None);
    }

    #[test]
    fn ended_sessions_are_named_or_all() {
        assert_eq!(read_ended("5"), EndedSessions::Some([5].into()));
        assert_eq!(read_ended("5 6 70"), EndedSessions::Some([5, 6, 70].into()));
        for payload in ["*", "", "5  6", "5 x", "-1", "5 "] {
            assert_eq!(read_ended(payload), EndedSessions::All, "{payload}");
        }
    }
}
