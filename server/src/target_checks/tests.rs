//! Whole checks of an instance, against real servers on loopback.

use app::{
    database::timed,
    fixtures::{self, my_app},
    redirects::{Environment, Flow, Settings},
    target_checks::{
        Target, TargetState,
        store::{self, due},
    },
};
use axum::{Router, body::Body, extract::Request};
use sqlx::PgPool;
use tower::ServiceExt;

use super::{proof, proof_routes, runner::Checks};
use crate::outgoing::{
    AddressPolicy, Client,
    tests::{TestServer, client_of, hurried, response},
};

/// A development instance whose names are all at one server, by http.
async fn stored(pool: &PgPool, values: &[(Flow, &str)]) -> i64 {
    let settings = Settings {
        environment: Environment::Development,
        portal_origin: "http://accounts.myapp.com".into(),
        home_url: "http://myapp.com/".into(),
        ..my_app()
    };
    let instance = fixtures::create(pool, &settings).await.id;
    fixtures::save_fallbacks(pool, &app::history::Actor::server(), "my-app", values).await;
    instance
}

/// Checks the instance once, and returns the states of its targets.
async fn states(pool: &PgPool, client: Client, instance: i64) -> Vec<(Target, TargetState, Option<u16>)> {
    let checks = Checks::new(pool.clone(), client);
    checks.check(due(pool, &[], 10).await.unwrap()[0]).await.unwrap();
    let mut found = store::find(pool, instance).await.unwrap();
    assert!(!found.is_waiting);
    found.checks.sort_by_key(|check| check.target.name());
    found.checks.into_iter().map(|check| (check.target, check.outcome.state, check.outcome.status)).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn each_target_says_what_visitors_meet_there(pool: PgPool) {
    let server = TestServer::answering(|head| match head.split(' ').nth(1).unwrap() {
        "/" => response("200 OK", ""),
        "/members" => response("302 Found", "location: http://accounts.myapp.com/sign-in\r\n"),
        "/moved" => response("301 Moved", "location: http://other.org/\r\n"),
        "/private" => response("302 Found", "location: http://169.254.169.254/latest\r\n"),
        "/locked" => response("401 Unauthorized", ""),
        "/loop" => response("302 Found", "location: /loop\r\n"),
        _ => response("404 Not Found", ""),
    })
    .await;
    let values = [
        (Flow::SignUp, "/members"),
        (Flow::SignIn, "/moved"),
        (Flow::SignOut, "/private"),
        (Flow::Logo, "/locked"),
        (Flow::CreateOrganization, "/loop"),
        (Flow::LeaveOrganization, "/gone"),
        (Flow::Waitlist, "/"),
    ];
    let instance = stored(&pool, &values).await;
    let found = states(&pool, client_of(server.address), instance).await;
    let of = |target| found.iter().find(|(known, ..)| *known == target).map(|(_, state, status)| (*state, *status)).unwrap();
    assert_eq!(of(Target::Fallback(Flow::SignUp)), (TargetState::SignIn, Some(302)));
    assert_eq!(of(Target::Fallback(Flow::SignIn)), (TargetState::OtherSite, Some(200)));
    assert_eq!(of(Target::Fallback(Flow::SignOut)), (TargetState::RedirectsToPrivateAddress, None));
    assert_eq!(of(Target::Fallback(Flow::Logo)), (TargetState::SignIn, Some(401)));
    assert_eq!(of(Target::Fallback(Flow::CreateOrganization)), (TargetState::TooManyRedirects, None));
    assert_eq!(of(Target::Fallback(Flow::LeaveOrganization)), (TargetState::ErrorStatus, Some(404)));
    assert_eq!(of(Target::Fallback(Flow::Waitlist)), (TargetState::Ok, Some(200)));
    assert_eq!(of(Target::HomeUrl), (TargetState::Ok, Some(200)));
    assert_eq!(of(Target::PortalOrigin), (TargetState::NotThisPortal, Some(404)));
    let home = server.heads().iter().filter(|head| head.starts_with("HEAD / ") && head.contains("host: myapp.com\r\n")).count();
    assert_eq!(home, 1, "a URL that is two targets is asked once");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_redirect_to_a_host_that_no_dns_has_stops_no_check(pool: PgPool) {
    let far = format!("location: https://{}.example/login\r\n", "a".repeat(301));
    let server =
        TestServer::answering(move |head| if head.contains(" /far ") { response("302 Found", &far) } else { response("200 OK", "") }).await;
    let instance = stored(&pool, &[(Flow::SignUp, "/far")]).await;
    let found = states(&pool, client_of(server.address), instance).await;
    assert!(found.contains(&(Target::Fallback(Flow::SignUp), TargetState::SignIn, Some(302))), "{found:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_instance_whose_outcome_cant_be_stored_is_not_first_in_line_again(pool: PgPool) {
    let server = TestServer::answering(|_| response("200 OK", "")).await;
    stored(&pool, &[]).await;
    sqlx::query("alter table target_checks add constraint takes_nothing check (false)").execute(&pool).await.unwrap();
    let checks = Checks::new(pool.clone(), client_of(server.address));
    assert!(checks.check(due(&pool, &[], 10).await.unwrap()[0]).await.is_err());
    assert_eq!(due(&pool, &[], 10).await.unwrap().len(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_is_taken_down_is_noticed_by_the_next_check(pool: PgPool) {
    let server = TestServer::answering(|_| response("200 OK", "")).await;
    let instance = stored(&pool, &[]).await;
    let home = async |client| states(&pool, client, instance).await.into_iter().find(|(target, ..)| *target == Target::HomeUrl).unwrap().1;
    assert_eq!(home(client_of(server.address)).await, TargetState::Ok);
    let again = async || sqlx::query("update target_check_schedule set due_at = now()").execute(&pool).await.unwrap();
    again().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(home(client_of(closed)).await, TargetState::Unreachable);
    again().await;
    let silent = TestServer::start(|stream, _| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(home(hurried(client_of(silent.address))).await, TargetState::Timeout);
}

#[sqlx::test(migrations = "../migrations")]
async fn private_addresses_are_not_checked_unless_the_server_says_so(pool: PgPool) {
    let settings = Settings { environment: Environment::Development, home_url: "http://localhost:1/".into(), ..my_app() };
    let settings = Settings { domain: "localhost".into(), portal_origin: "http://accounts.localhost:1".into(), ..settings };
    let instance = fixtures::create(&pool, &settings).await.id;
    let found = states(&pool, Client::new(AddressPolicy::Public).unwrap(), instance).await;
    let private = TargetState::PrivateAddress;
    assert_eq!(found, [(Target::HomeUrl, private, None), (Target::PortalOrigin, private, None)]);
}

/// Serves a router on loopback.
async fn served(router: Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[sqlx::test(migrations = "../migrations")]
async fn a_portal_host_leads_here_if_a_server_on_the_same_database_answers(pool: PgPool) {
    let instance = stored(&pool, &[]).await;
    let portal =
        async |client| states(&pool, client, instance).await.into_iter().find(|(target, ..)| *target == Target::PortalOrigin).unwrap();
    let here = served(proof_routes(pool.clone())).await;
    assert_eq!(portal(client_of(here)).await.1, TargetState::Ok);
    let again = async || sqlx::query("update target_check_schedule set due_at = now()").execute(&pool).await.unwrap();
    // A server that repeats an answer it has heard, or the challenge, is not this deployment.
    for answer in [proof::proof(&[0; 32], "accounts.myapp.com", "00").unwrap(), String::new()] {
        again().await;
        let impostor = TestServer::answering(move |head| {
            let challenge = head.split_once("challenge=").map(|(_, rest)| rest.split(' ').next().unwrap().to_owned());
            let body = if answer.is_empty() { challenge.unwrap_or_default() } else { answer.clone() };
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        })
        .await;
        assert_eq!(portal(client_of(impostor.address)).await.1, TargetState::NotThisPortal);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_proof_says_nothing_without_a_challenge_and_differs_by_host(pool: PgPool) {
    let router = proof_routes(pool.clone());
    let ask = async |host: &str, query: &str| {
        let request = Request::builder().uri(format!("/.well-known/portal-redirects{query}")).header("host", host).body(Body::empty());
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        (status, axum::body::to_bytes(response.into_body(), 1024).await.unwrap())
    };
    let challenge = format!("?challenge={}", "0f".repeat(16));
    let (status, one) = ask("accounts.myapp.com", &challenge).await;
    assert_eq!((status, one.len()), (200, 64));
    assert_eq!(ask("accounts.myapp.com:8443", &challenge).await.1, one, "a proxy may have another port");
    assert_ne!(ask("accounts.other.com", &challenge).await.1, one);
    for query in ["", "?challenge=", "?challenge=00", &format!("{challenge}0"), &challenge.replace('f', "g")] {
        assert_eq!(ask("accounts.myapp.com", query).await.0, 404, "{query}");
    }
    let key: Vec<u8> = store::deployment_key(timed(&pool)).await.unwrap();
    assert!(key.len() == 32 && one != proof::proof(&key[..31], "accounts.myapp.com", &"0f".repeat(16)).unwrap());
}
