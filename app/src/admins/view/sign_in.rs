//! The sign-in page: email and password.

use crate::paths;
use leptos::prelude::*;

use super::{Refused, errors, label, shown};
use crate::{
    admins::store::accounts,
    layout::{frame::Entrance, loading},
    ui::field::Field,
};

/// Email and password.
#[component]
pub fn SignInPage() -> impl IntoView {
    let refused = use_context::<Refused>();
    let next = refused.as_ref().map_or_else(|| loading::query_value("next"), |refused| refused.next.clone());
    let (email, why) = refused.map_or_else(Default::default, |refused| (refused.email, Some(refused.why)));
    loading::loaded(async move {
        let anybody = accounts::any(&loading::pool()?).await.map_err(loading::unavailable)?;
        let nobody = (!anybody).then(|| {
            view! { <p class="banner note" role="status">"There is no admin yet. When it started, the server printed a link to create the first one; it holds for an hour. Start the server again for a new one."</p> }
        });
        let summary = shown(why.as_ref(), label);
        let errors = errors(why);
        Ok(view! {
            <Entrance title="Sign in">
                {nobody}
                {summary}
                <form method="post" class="card" action=paths::SIGN_IN novalidate>
                    <input type="hidden" name="next" value=next />
                    {Field { name: "email", label: "Email", kind: "email", autocomplete: "username", value: email, ..Field::default() }.show(&errors)}
                    {Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(&errors)}
                    <div class="end"><button class="button primary">"Sign in"</button></div>
                </form>
                <p class="help">"Locked out? Whoever runs the server can make a link to choose a new password: " <code>"portal-redirects admin reset"</code></p>
            </Entrance>
        })
    })
}
