//! Redirects, each followed by hand.

use hyper::StatusCode;

use super::{super::*, TestServer, client_of, response};

/// A server whose pages `/1`, `/2` and so on redirect to the page before, and whose page `/0` answers.
async fn countdown() -> TestServer {
    TestServer::answering(|head| {
        let number: usize = head.split(['/', ' ']).find_map(|part| part.parse().ok()).unwrap();
        match number.checked_sub(1) {
            Some(next) => response("302 Found", &format!("location: /{next}\r\n")),
            None => response("200 OK", ""),
        }
    })
    .await
}

#[tokio::test]
async fn five_redirects_are_followed_and_no_more() {
    let server = countdown().await;
    let client = client_of(server.address);
    let followed = client.follow(&server.url("/5"), |_| false).await.unwrap();
    assert_eq!(followed.end, End::Response(StatusCode::OK, server.url("/0")));
    let failed = client.follow(&server.url("/6"), |_| false).await.unwrap_err();
    assert!(matches!(failed, FollowError { hops: 5, error: OutgoingError::TooManyRedirects }), "{failed:?}");
}

#[tokio::test]
async fn a_redirect_that_is_not_to_be_followed_ends_the_way() {
    let server = TestServer::answering(|_| response("303 See Other", "location: http://accounts.myapp.test/sign-in\r\n")).await;
    let followed = client_of(server.address).follow(&server.url("/"), |to| to.path() == "/sign-in").await.unwrap();
    assert_eq!(followed.end, End::Stopped(StatusCode::SEE_OTHER, "http://accounts.myapp.test/sign-in".parse().unwrap()));
    assert_eq!(followed.first_other_host.as_deref(), Some("accounts.myapp.test"));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_redirect_without_a_web_address_is_told() {
    for to in ["http://[", "javascript:alert(1)", "file:///etc/passwd", "myapp://open", "http://a:b@127.0.0.1/"] {
        let server = TestServer::answering(move |_| response("302 Found", &format!("location: {to}\r\n"))).await;
        let failed = client_of(server.address).follow(&server.url("/"), |_| false).await.unwrap_err();
        assert!(matches!(failed.error, OutgoingError::BadRedirect | OutgoingError::Unsupported), "{to} {failed:?}");
    }
    let server = TestServer::answering(|_| response("304 Not Modified", "")).await;
    let followed = client_of(server.address).follow(&server.url("/"), |_| false).await.unwrap();
    assert_eq!(followed.end, End::Response(StatusCode::NOT_MODIFIED, server.url("/")));
}
