//! A page's Content-Security-Policy: it loads only its own style and script, and its forms lead only to the portal itself.

use app::portal::view::{Inlined, STYLE};

/// The policy of a page with that script. In Chromium, `form-action` also governs each redirect that follows a form's post,
/// whoever sends it. So no form's post leads to another site: its answer leads to `/continue`, and that page moves on.
pub(super) fn policy(script: Option<&Inlined>, has_forms: bool) -> String {
    let script = script.map_or_else(String::new, |script| format!("script-src {}; ", script.source));
    let forms = if has_forms { "'self'" } else { "'none'" };
    format!(
        "default-src 'none'; {script}style-src {}; img-src data:; form-action {forms}; base-uri 'none'; \
         frame-ancestors 'none'",
        STYLE.source
    )
}

#[cfg(test)]
mod tests {
    use app::portal::view::FORM_PAGE;

    use super::*;

    #[test]
    fn forms_lead_to_the_portal_only_and_one_script_runs() {
        let expected = format!(
            "default-src 'none'; script-src {}; style-src {}; img-src data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
            FORM_PAGE.source, STYLE.source
        );
        assert_eq!(policy(Some(&FORM_PAGE), true), expected);
    }

    #[test]
    fn a_page_without_an_instance_has_no_form_and_no_script() {
        let expected = format!(
            "default-src 'none'; style-src {}; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
            STYLE.source
        );
        assert_eq!(policy(None, false), expected);
    }
}
