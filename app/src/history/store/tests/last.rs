//! Who changed each field last.

use super::*;
use crate::history::store::last::last_changes;

async fn save(pool: &PgPool, who: &str, values: &[(Flow, &str)]) {
    fixtures::save_fallbacks(pool, &fixtures::somebody(who), "my-app", values).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_person_who_changed_a_field_is_found_even_if_they_cleared_it(pool: PgPool) {
    let id = create(&pool, "my-app").await.id;
    save(&pool, "ana", &[(Flow::SignIn, "/1"), (Flow::SignOut, "/1")]).await;
    save(&pool, "ben", &[(Flow::SignOut, "/1"), (Flow::Logo, "/2")]).await;
    save(&pool, "cem", &[(Flow::SignOut, "/1"), (Flow::Logo, "/3")]).await;
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
