//! The hosted pages' scripts. Each stands in its page as it is here, and the page's policy lets it through by its hash.

use std::sync::LazyLock;

use super::inlined::Inlined;
use crate::{
    credentials::password::MIN_CHARS,
    redirects::{LinkParams, Prefill},
    ui::local_times,
};

/// Moves a link's parameters from a fragment of the form `#/…?…` into the query, where the server sees them. Clerk's components write
/// them into the fragment. And keeps what was typed on the sign-in page for the sign-up page, and the other way round.
pub static FORM_PAGE: LazyLock<Inlined> = LazyLock::new(|| Inlined::new(format!("{}moveParameters();{}", move_parameters(), keep_typed())));

/// Does the same, and goes on to the page's link if there was nothing to move. The target takes the place of this page in the
/// browser's history. Somebody who comes back through the history stays.
pub static MOVE_ON: LazyLock<Inlined> = LazyLock::new(|| Inlined::new(format!("{}{GO_ON}", move_parameters())));

/// Shows times in the visitor's time zone.
pub static LOCAL_TIMES: LazyLock<Inlined> = LazyLock::new(|| Inlined::new(local_times::LOCAL_TIMES.to_owned()));

/// Puts what is typed into the link between the two pages when somebody follows it, as `typed.rs` does after a rejected form.
fn keep_typed() -> String {
    format!(
        "addEventListener(\"click\",event=>{{\
         const link=event.target.closest(\".other a\");\
         if(!link)return;\
         const url=new URL(link.href),query=url.searchParams;\
         for(const {{name,value,defaultValue}} of document.querySelectorAll(\"main input\")){{\
         const text=value.trim();\
         if([{}].includes(name)){{query.delete(name);if(text)query.set(name,text)}}\
         if(name!=\"identifier\"||!text||value==defaultValue)continue;\
         const kind=text.includes(\"@\")?\"email_address\":text.startsWith(\"+\")?\"phone_number\":text.length<{MIN_CHARS}?\"username\":\"\";\
         if(!kind)continue;\
         for(const other of [\"email_address\",\"phone_number\",\"username\"])query.delete(other);\
         query.set(kind,text)}}\
         link.href=url}})",
        Prefill::NAMES.map(|name| format!("\"{name}\"")).join(",")
    )
}

/// Goes on to the page's link, once the page has it.
const GO_ON: &str = "if(!moveParameters()&&performance.getEntriesByType(\"navigation\")[0]?.type!=\"back_forward\")\
    addEventListener(\"DOMContentLoaded\",()=>location.replace(document.querySelector(\"a.primary\").href))";

/// The function that both call. It says whether it has moved something, and the page loads again. A name in the fragment replaces all
/// of that name in the query.
fn move_parameters() -> String {
    let names: Vec<_> = LinkParams::names().map(|name| format!("\"{name}\"")).collect();
    format!(
        "function moveParameters(){{\
         const hash=location.hash,at=hash.indexOf(\"?\");\
         if(!hash.startsWith(\"#/\")||at<0)return false;\
         const given=new URLSearchParams(hash.slice(at)),query=new URLSearchParams(location.search),\
         names=[{}].filter(name=>given.has(name));\
         if(!names.length)return false;\
         for(const name of names){{query.delete(name);for(const value of given.getAll(name))query.append(name,value)}}\
         location.replace(location.pathname+\"?\"+query);\
         return true}}",
        names.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_know_every_parameter_and_can_stand_in_a_page() {
        for script in [&*FORM_PAGE, &*MOVE_ON] {
            for name in LinkParams::names() {
                assert!(script.text().contains(&format!("\"{name}\"")), "{name}");
            }
            assert!(!script.text().contains("</") && !script.text().contains("<!"), "{}", script.text());
            assert!(script.source.starts_with("'sha256-") && script.source.len() == 53, "{}", script.source);
        }
    }
}
