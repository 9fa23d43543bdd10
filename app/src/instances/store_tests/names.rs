//! The names that the database accepts in a column are exactly the names that the code has for them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgPool;
use strum::VariantArray;

use crate::{
    admins::{
        self,
        store::links::{Invitation, Purpose},
    },
    api_tokens, history,
    identity_provider::ClaimUse,
    portal::{identity::IdentityKind, quotas::Quota},
    redirects::{Environment, Flow},
    runtimes,
    target_checks::Target,
};

type Names = BTreeSet<String>;

fn names<const N: usize>(names: [&str; N]) -> Names {
    names.map(str::to_owned).into()
}

/// The names that the code has, by the constraint that lists them again.
fn of_the_code() -> BTreeMap<&'static str, Names> {
    let email = || "ana@myapp.com".parse().unwrap();
    let invite = Invitation { email: email(), membership: None, server_admin: false, owner_of_all: false };
    let purposes = [Purpose::Setup, Purpose::Invite(invite), Purpose::Reset(email())];
    let roles = names(admins::Role::ALL.map(admins::Role::name));
    let targets = Flow::ALL.map(Target::Fallback).into_iter().chain([Target::HomeUrl, Target::PortalOrigin]);
    BTreeMap::from([
        ("admin_links_kind_check", names(purposes.each_ref().map(Purpose::kind))),
        ("admin_links_role_check", roles.clone()),
        ("api_tokens_scope_check", api_tokens::Scope::VARIANTS.iter().map(|scope| scope.name().to_owned()).collect()),
        ("changes_kind_check", names(history::Kind::ALL.map(history::Kind::name))),
        ("failed_sign_ins_kind_check", names([history::Kind::SignInFailed, history::Kind::SecondFactorFailed].map(history::Kind::name))),
        ("fallback_redirects_flow_check", names(Flow::ALL.map(Flow::name))),
        ("identity_providers_email_use_check", names(ClaimUse::ALL.map(ClaimUse::name))),
        ("identity_providers_names_use_check", names(ClaimUse::ALL.map(ClaimUse::name))),
        ("identity_providers_username_use_check", names(ClaimUse::ALL.map(ClaimUse::name))),
        ("instances_environment_check", names(Environment::ALL.map(Environment::name))),
        ("instances_identity_check", names(IdentityKind::ALL.map(IdentityKind::name))),
        ("members_role_check", roles),
        ("target_checks_target_check", targets.map(|target| target.name().to_owned()).collect()),
        // The queries name these themselves.
        ("visits_unit_check", names(["hour", "day"])),
        ("visitor_quotas_kind_check", names(Quota::ALL.map(Quota::name))),
        ("runtimes_role_check", names(runtimes::RuntimeRole::ALL.map(runtimes::RuntimeRole::name))),
    ])
}

/// Every constraint that lists the values of a column, with those values.
async fn of_the_database(pool: &PgPool) -> BTreeMap<String, Names> {
    // PostgreSQL writes `in ('a', 'b')` as `= ANY (ARRAY['a'::text, 'b'::text])`, and `in ('a')` as `= 'a'::text`.
    let constraints: Vec<(String, String)> = sqlx::query_as(
        r"select conname::text, pg_get_constraintdef(oid) from pg_constraint
        where contype = 'c' and pg_get_constraintdef(oid) ~ '^CHECK \(\(\w+ = (ANY \(ARRAY\[.*\]\)|''[^'']*''::text)\)\)$'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let values = |definition: &str| definition.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    constraints.into_iter().map(|(name, definition)| (name, values(&definition))).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_accepts_the_names_of_the_code_and_no_others(pool: PgPool) {
    let (mut database, code) = (of_the_database(&pool).await, of_the_code());
    for (constraint, names) in code {
        assert_eq!(database.remove(constraint), Some(names), "{constraint}");
    }
    assert!(database.is_empty(), "say in this test which names of the code these are: {database:?}");
}
