//! The advice about prefill values that will not work.

use super::*;
use crate::redirects::{Prefill, prefill_advice};

#[test]
fn values_that_work_need_no_advice() {
    for flow in Flow::ALL {
        for name in Prefill::NAMES {
            assert_eq!(prefill_advice(flow, name, " "), None);
        }
    }
    for (name, value) in
        [("email_address", "a@b"), ("phone_number", "+49 30 1"), ("username", "nick"), ("first_name", "Ñ"), ("last_name", &"x".repeat(320))]
    {
        assert_eq!(prefill_advice(Flow::SignUp, name, value), None, "{name}");
    }
    assert_eq!(prefill_advice(Flow::SignIn, "nonsense", "x"), None);
}

#[test]
fn values_that_will_not_work_get_advice() {
    for (flow, name, value, word) in [
        (Flow::SignIn, "email_address", "nick", "needs an @"),
        (Flow::SignIn, "phone_number", " 4930", "%2B"),
        (Flow::SignIn, "first_name", "Nick", "sign-up"),
        (Flow::Waitlist, "username", "nick", "only the email address"),
        (Flow::SignOut, "email_address", "a@b", "no form"),
        (Flow::SignUp, "username", "a\tb", "left out"),
        (Flow::SignUp, "username", &"ü".repeat(321), "first 320 characters"),
    ] {
        let advice = prefill_advice(flow, name, value).unwrap_or_default();
        assert!(advice.contains(word), "{flow} {name}: {advice}");
    }
}
