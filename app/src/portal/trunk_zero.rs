//! The trunk zero: the 0 before a national number that is dialled only inside the country. Many people write it after the country code,
//! as in `+49 (0)170 1234567`, where it does not belong.

/// The country calling codes (ITU-T E.164) whose numbers have a trunk 0, while no fixed or mobile number itself begins with 0. So +39 is
/// not one of them: Italy keeps the 0 of its fixed numbers. Made from the metadata of Google's libphonenumber, release 9.0.43: `nationalPrefix` is
/// 0, and the patterns of `fixedLine` and `mobile` match no number that begins with 0.
const CALLING_CODES: [&str; 102] = [
    "20", "27", "31", "32", "33", "40", "41", "43", "44", "46", "49", "51", "53", "54", "55", "57", "58", "60", "61", "62", "63", "64",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98", "211", "212", "213", "218", "231", "232", "233", "234", "243",
    "249", "251", "252", "254", "255", "256", "260", "261", "262", "263", "264", "265", "291", "353", "355", "358", "359", "370", "373",
    "374", "377", "380", "381", "382", "383", "385", "386", "387", "389", "421", "423", "508", "590", "591", "593", "594", "595", "596",
    "598", "686", "850", "855", "856", "880", "886", "961", "962", "963", "964", "966", "967", "970", "971", "972", "976", "977", "994",
    "995", "996",
];

/// The calling code of a number that has its trunk zero, as digits without the `+`. Calling codes are free of prefixes, so there is one at
/// most.
pub(super) fn calling_code(digits: &str) -> Option<&'static str> {
    CALLING_CODES.into_iter().find(|code| digits.strip_prefix(code).is_some_and(|national| national.starts_with('0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_a_trunk_zero_only_where_the_country_has_one() {
        for (digits, code) in [("4901701234567", Some("49")), ("4407700900123", Some("44")), ("8109012345678", Some("81"))] {
            assert_eq!(calling_code(digits), code, "{digits}");
        }
        // Italy, San Marino, Ivory Coast and Benin have numbers that begin with 0; the United States and Spain have no trunk 0.
        for digits in
            ["390612345678", "3780549123456", "2250701234567", "2290112345678", "10123456789", "34012345678", "491701234567", "49"]
        {
            assert_eq!(calling_code(digits), None, "{digits}");
        }
    }

    #[test]
    fn no_calling_code_is_the_beginning_of_another() {
        for code in CALLING_CODES {
            assert_eq!(CALLING_CODES.into_iter().filter(|other| other.starts_with(code)).count(), 1, "{code}");
        }
    }
}
