//! Reading changes nothing (law 8), and only a page of this host may ask for a change.

use serde_json::json;
use testkit::calls::{self, claim, fate, follow};
use testkit::server::Server;
use testkit::{Ask, Connection};

const QUERIES: [&str; 6] = [
    "",
    "?continue=true&reveal=1&confirm=yes",
    "?_method=POST&claim=1",
    "?lang=sv",
    "?token=x&burn",
    "?%00&a=%ff",
];

/// R8: previews, scanners and prefetching browsers may ask what they like.
#[tokio::test]
async fn no_safe_method_on_any_address_with_any_query_changes_anything() {
    let server = Server::start().await;
    let shared = server.shared_as(&json!({ "views": 2 })).await;
    let token = server.claim_token();
    assert_eq!(claim(&shared, &token).of(server.address).await.status, 200);
    let before = server.kept().await;
    let receipt = follow(&shared.receipt).of(server.address).await.json();
    let id = &shared.id;
    let mut addresses = vec![
        "/".to_owned(),
        format!("/s/{id}"),
        "/receipt".to_owned(),
        "/good-practice".to_owned(),
        "/v1/secrets".to_owned(),
        "/v1/receipt".to_owned(),
        "/v1/receipt/burn".to_owned(),
        "/v1/receipt/unlock".to_owned(),
        "/v1/limits".to_owned(),
        "/v1/openapi.json".to_owned(),
        "/healthz".to_owned(),
        "/readyz".to_owned(),
        "/nowhere".to_owned(),
    ];
    addresses.extend(["", "/claim", "/envelope", "/ack"].map(|at| format!("/v1/secrets/{id}{at}")));
    for method in ["GET", "HEAD", "OPTIONS", "PROPFIND", "TRACE", "SEARCH"] {
        for address in &addresses {
            for query in QUERIES {
                // Whatever could be mistaken for a wish: both capabilities, another method, a prefetch.
                let ask = Ask::new(method, &format!("{address}{query}"))
                    .bearer(if address.contains("secrets") { &token } else { &shared.receipt })
                    .with("X-HTTP-Method-Override", "POST")
                    .with("X-HTTP-Method", "DELETE")
                    .with("Sec-Purpose", "prefetch");
                let answer = ask.of(server.address).await;
                let what = format!("{method} {address}{query}: {}", answer.status);
                assert_ne!(answer.status, 500, "{what}");
                if !matches!(method, "GET" | "HEAD") {
                    assert!(matches!(answer.status, 404 | 405), "{what}");
                }
                if !address.ends_with("/envelope") {
                    assert_ne!(answer.header("content-type"), Some("application/octet-stream"));
                }
            }
        }
    }
    assert_eq!(server.kept().await, before);
    assert_eq!(follow(&shared.receipt).of(server.address).await.json(), receipt);
    assert_eq!(claim(&shared, &server.claim_token()).of(server.address).await.status, 200);
}

/// R10: what the creator's own pages load leaves the views alone.
#[tokio::test]
async fn opening_the_page_of_a_link_opens_nothing() {
    let server = Server::start().await;
    let shared = server.shared().await;
    for _ in 0..5 {
        let page = Ask::get(&format!("/s/{}", shared.id)).of(server.address).await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains("hush"));
    }
    assert_eq!(fate(server.address, &shared.receipt).await.1, ["created"]);
}

#[tokio::test]
async fn a_page_of_another_site_can_change_nothing() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let before = server.kept().await;
    let burn = || calls::burn(&shared.receipt);
    for ask in [
        burn().with("Origin", "https://evil.example"),
        burn().with("Origin", "null"),
        burn().with("Origin", "https://localhost.evil.example"),
        burn().with("Sec-Fetch-Site", "cross-site"),
        burn().with("Sec-Fetch-Site", "same-site"),
        claim(&shared, &server.claim_token()).with("Origin", "https://evil.example"),
        calls::create(&server.seal("x", None), &json!({})).with("Sec-Fetch-Site", "cross-site"),
    ] {
        let answer = ask.of(server.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "cross-site"));
        assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control")));
    }
    assert_eq!(server.kept().await, before);
    let own = burn().with("Origin", "http://localhost").with("Sec-Fetch-Site", "same-origin");
    assert_eq!(own.of(server.address).await.status, 200);
}

/// R93: no answer lets another origin read it, a preflight's neither.
#[tokio::test]
async fn no_answer_allows_another_origin() {
    let server = Server::start().await;
    for method in ["OPTIONS", "GET", "POST"] {
        for address in ["/", "/v1/secrets", "/v1/limits", "/v1/receipt", "/healthz", "/nowhere"] {
            let ask = Ask::new(method, address)
                .with("Origin", "https://evil.example")
                .with("Access-Control-Request-Method", "POST")
                .with("Access-Control-Request-Headers", "authorization");
            let answer = ask.of(server.address).await;
            let allowed =
                answer.headers.iter().find(|(name, _)| name.starts_with("access-control"));
            assert_eq!(allowed, None, "{method} {address}");
        }
    }
}

/// R92: there is no parameter that sends a visitor elsewhere.
#[tokio::test]
async fn nothing_redirects() {
    let server = Server::start().await;
    for address in
        ["//evil.example", "/%5cevil.example", "/?next=//evil.example", "/s/", "/v1/", "/s"]
    {
        let mut connection = Connection::open(server.address).await;
        let ask = format!("GET {address} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        connection.send(ask.as_bytes()).await;
        let answer = connection.answer().await.unwrap();
        assert!(!(300..400).contains(&answer.status), "{address}: {}", answer.status);
        assert_eq!(answer.header("location"), None);
    }
}
