//! Who changed each field last.

use super::*;
use crate::history::store::last::last_changes;

async fn save(pool: &PgPool, who: &str, version: i64, values: &[(Flow, &str)]) {
    let actor = Actor { admin: None, name: who.to_owned(), address: None };
    let fallbacks: Fallbacks = values.iter().map(|(flow, value)| (*flow, (*value).to_owned())).collect();
    crate::fallbacks::store::save(pool, &actor, "my-app", &FallbackForm::of(&fallbacks, version)).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_person_who_changed_a_field_is_found_even_if_they_cleared_it(pool: PgPool) {
    let settings = Settings { slug: "my-app".into(), name: "MyApp".into(), domain: "myapp.com".into(), ..Settings::default() };
    store::create(&pool, &Actor::server(), &Instance::parse(&settings, 0).unwrap(), "myapp.com").await.unwrap();
    save(&pool, "ana", 1, &[(Flow::SignIn, "/1"), (Flow::SignOut, "/1")]).await;
    save(&pool, "ben", 2, &[(Flow::SignOut, "/1"), (Flow::Logo, "/2")]).await;
    save(&pool, "cem", 3, &[(Flow::SignOut, "/1"), (Flow::Logo, "/3")]).await;
    let id = store::find(&pool, "my-app").await.unwrap().unwrap().id;
    let fields = ["name", "after_sign_in_url", "after_sign_out_url", "logo_link_url", "after_sign_up_url", "'; --"];
    let who = async |instance, version| {
        let found = last_changes(&pool, instance, version, &fields).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|(field, last)| format!("{field} {}", last.who)).collect();
        found.sort();
        found
    };
    assert_eq!(who(id, 4).await, ["after_sign_in_url ben", "after_sign_out_url ana", "logo_link_url cem", "name the server"]);
    assert_eq!(who(id, 3).await, ["after_sign_in_url ben", "after_sign_out_url ana", "logo_link_url ben", "name the server"]);
    assert_eq!(who(id + 1, 4).await, [""; 0]);
}
