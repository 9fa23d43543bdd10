//! What is sent.

use hyper::StatusCode;

use super::{super::*, TestServer, client_of, response};

#[tokio::test]
async fn a_request_says_who_asks_and_carries_nothing_else() {
    let server = TestServer::answering(|head| {
        if head.starts_with("HEAD /first") {
            response("302 Found", "location: /second?y=2#there\r\nset-cookie: id=secret\r\n")
        } else {
            response("200 OK", "")
        }
    })
    .await;
    let url = format!("http://myapp.test:{}/first?x=1#here", server.address.port()).parse().unwrap();
    client_of(server.address).follow(&url, |_| false).await.unwrap();
    assert_eq!(server.lines(), ["HEAD /first?x=1 HTTP/1.1", "HEAD /second?y=2 HTTP/1.1"]);
    for head in server.heads() {
        let mut headers: Vec<&str> = head.lines().skip(1).filter(|line| !line.is_empty()).collect();
        headers.sort_unstable();
        let agent = concat!("user-agent: portal-redirects/", env!("CARGO_PKG_VERSION"));
        assert_eq!(headers, ["accept: text/html, */*;q=0.5", &format!("host: myapp.test:{}", server.address.port()), agent]);
    }
}

#[tokio::test]
async fn get_is_sent_where_head_says_nothing_about_the_page() {
    for answer in ["405 Method Not Allowed", "404 Not Found", "501 Not Implemented", ""] {
        let server = TestServer::answering(move |head| {
            if head.starts_with("GET ") {
                response("200 OK", "")
            } else if answer.is_empty() {
                String::new()
            } else {
                response(answer, "")
            }
        })
        .await;
        let followed = client_of(server.address).follow(&server.url("/"), |_| false).await.unwrap();
        assert_eq!(followed.end, End::Response(StatusCode::OK, server.url("/")), "{answer}");
        assert_eq!(server.lines(), ["HEAD / HTTP/1.1", "GET / HTTP/1.1"], "{answer}");
    }
}
