//! A row for each API token: what it is for, whose it is, when it ends, when it was last used, and the button that revokes it.

use leptos::prelude::*;

use super::super::store::ListedToken;
use crate::ui::text::{Escaped, moment};

/// The row of a token. `revoke` is where its form is sent, `page` the page that it is on.
pub(super) fn token_row(token: ListedToken, revoke: &str, page: &str) -> impl IntoView + use<> {
    let ListedToken {
        id, name, scope, host_pattern, maker, is_own, created_at, expires_at, has_expired, last_used_at, last_address, ..
    } = token;
    let name = Escaped(&name).to_string();
    let hosts = host_pattern.map(|hosts| view! { <p class="help">"Hosts: " <code>{hosts}</code></p> });
    let expired = has_expired.then(|| view! { " " <span class="badge" data-kind="off">"Ended"</span> });
    let ends = if has_expired { "Ended " } else { "Ends " };
    let you = is_own.then_some(" (you)");
    let used = match last_used_at {
        Some(at) => {
            let address = last_address.map(|address| format!(" from {address}"));
            view! { "last used " {moment(at)} {address} }.into_any()
        }
        None => "never used".into_any(),
    };
    let asked = if has_expired {
        "It has already expired. Revoking takes it off this list."
    } else {
        "Programs that send it are refused at once. This can't be undone."
    };
    let unseen = format!(" {name}");
    view! {
        <li>
            <div>
                <p><strong>{name}</strong> " " <span class="badge">{scope.name()}</span> {expired}</p>
                {hosts}
                <p class="help">{ends} {moment(expires_at)} " · " {used}</p>
                <p class="help">"Issued " {moment(created_at)} " by " {maker} {you}</p>
            </div>
            <details class="sure">
                <summary class="button plain small">"Revoke"<span class="unseen">{unseen.clone()}</span></summary>
                <form method="post" action=revoke.to_owned() class="below">
                    <p>{asked}</p>
                    <input type="hidden" name="token" value=id />
                    <a class="button small" href=page.to_owned()>"Cancel"</a>
                    <button class="button small danger">"Revoke now"<span class="unseen">{unseen}</span></button>
                </form>
            </details>
        </li>
    }
}
