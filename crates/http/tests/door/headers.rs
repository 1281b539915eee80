//! The headers of R88 on every answer, whatever it is, and `Retry-After` where one must wait.

use std::time::Duration;

use serde_json::json;
use testkit::calls::{self, claim, create, fetch};
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask, Connection};

/// What every answer has, with the value that it has unless a page sets its own.
const ALWAYS: [&str; 10] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "cache-control",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "cross-origin-embedder-policy",
    "permissions-policy",
    "x-robots-tag",
];

fn check(status: u16, answer: &Answer) {
    assert_eq!(answer.status, status, "{}", answer.text());
    for name in ALWAYS {
        let count = answer.headers.iter().filter(|(known, _)| known == name).count();
        assert_eq!(count, 1, "{name} on {status}: {:?}", answer.headers);
    }
    let is = |name, value| assert_eq!(answer.header(name), Some(value), "{name} on {status}");
    is("x-content-type-options", "nosniff");
    is("referrer-policy", "no-referrer");
    is("x-frame-options", "DENY");
    is("cache-control", "no-store");
    is("cross-origin-opener-policy", "same-origin");
    is("strict-transport-security", "max-age=63072000");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"),
        "{policy}"
    );
    for silent in ["server", "x-powered-by", "via", "set-cookie"] {
        assert_eq!(answer.header(silent), None, "R103 on {status}");
    }
    if status >= 400 && answer.header("content-type") == Some("application/problem+json") {
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string());
    }
    if matches!(status, 429 | 503) {
        let told: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!(told >= 1, "R36");
        assert_eq!(answer.json()["retry_after"], told);
    }
}

#[tokio::test]
async fn answers_that_work_have_them() {
    let server = Server::start().await;
    for address in [
        "/",
        "/s/1",
        "/receipt",
        "/good-practice",
        "/v1/limits",
        "/v1/openapi.json",
        "/healthz",
        "/readyz",
    ] {
        check(200, &Ask::get(address).of(server.address).await);
        check(200, &Ask::new("HEAD", address).of(server.address).await);
    }
    let sealed = server.seal("hush", None);
    let answer = create(&sealed, &json!({})).of(server.address).await;
    check(201, &answer);
    let shared = calls::Shared::new(sealed, &answer);
    let token = server.claim_token();
    check(200, &claim(&shared, &token).of(server.address).await);
    check(206, &fetch(&shared.id, &token).with("Range", "bytes=0-1").of(server.address).await);
    check(204, &calls::acknowledge(&shared.id, &token).of(server.address).await);
    check(200, &calls::follow(&shared.receipt).of(server.address).await);
    check(200, &calls::burn(&shared.receipt).of(server.address).await);
}

#[tokio::test]
async fn refusals_have_them() {
    let mut setup = Setup::default();
    setup.limits.max_envelope = 10_000;
    setup.limits.max_total = 9_000;
    let server = Server::with(setup).await;
    let at = server.address;
    let (small, large) = (server.seal("hush", None), server.seal(&"x".repeat(20_000), None));
    let shared = server.shared().await;
    let token = server.claim_token();
    claim(&shared, &token).of(at).await;
    check(400, &calls::create_with("x").of(at).await);
    check(403, &calls::burn(&shared.receipt).with("Origin", "https://evil.example").of(at).await);
    check(404, &Ask::get("/nowhere").of(at).await);
    check(404, &Ask::get("/v1/nowhere").of(at).await);
    check(404, &Ask::get("/assets/x/y").of(at).await);
    check(404, &Ask::get("/v1/receipt").of(at).await);
    for (method, address, allowed) in [
        ("POST", "/", "GET,HEAD"),
        ("DELETE", "/v1/secrets", "POST"),
        ("GET", "/v1/receipt/burn", "POST"),
        ("PUT", "/healthz", "GET,HEAD"),
    ] {
        let answer = Ask::new(method, address).of(at).await;
        check(405, &answer);
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {address}");
    }
    let keyed = |sealed| create(sealed, &json!({})).with("Idempotency-Key", "0123456789abcdef");
    check(201, &keyed(&small).of(at).await);
    check(409, &keyed(&server.seal("more", None)).of(at).await);
    check(413, &create(&large, &json!({})).of(at).await);
    check(415, &Ask::post("/v1/secrets").of(at).await);
    check(416, &fetch(&shared.id, &token).with("Range", "bytes=99999-").of(at).await);
    check(421, &Ask::get("/").with("Host", "evil.example").of(at).await);
    check(422, &create(&small, &json!({ "views": 0 })).of(at).await);
    check(431, &Ask::get("/").with("X-Long", &"x".repeat(17_000)).of(at).await);
    check(503, &create(&server.seal(&"x".repeat(9000), None), &json!({})).of(at).await);
}

#[tokio::test]
async fn answers_to_those_who_ask_too_often_have_them() {
    let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
    let sealed = server.seal("hush", None);
    for _ in 0..30 {
        check(201, &create(&sealed, &json!({})).of(server.address).await);
    }
    let refused = create(&sealed, &json!({})).of(server.address).await;
    check(429, &refused);
    assert_eq!(refused.problem(), "too-many-requests");
    let told: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    server.clock.advance(Duration::from_secs(told));
    check(201, &create(&sealed, &json!({})).of(server.address).await);
    check(200, &Ask::get("/").of(server.address).await);
}

#[tokio::test]
async fn answers_of_a_house_with_too_much_to_do_have_them() {
    let mut setup = Setup::default();
    setup.options.requests = 0;
    let server = Server::with(setup).await;
    let answer = Ask::get("/").of(server.address).await;
    check(503, &answer);
    assert_eq!(answer.problem(), "overloaded");
    check(200, &Ask::get("/healthz").of(server.address).await);
    check(200, &Ask::get("/readyz").of(server.address).await);
}

#[tokio::test]
async fn answers_to_the_slow_have_them() {
    let mut setup = Setup::default();
    setup.options.header_timeout = Duration::from_millis(400);
    setup.options.body_patience = Duration::from_millis(400);
    let server = Server::with(setup).await;
    let mut connection = Connection::open(server.address).await;
    connection.send(b"GET / HTTP/1.1\r\nHost: loc").await;
    check(408, &connection.answer().await.unwrap());
    let ask = create(&server.seal("hush", None), &json!({}));
    let mut connection = Connection::open(server.address).await;
    connection.send(&ask.head()).await;
    check(408, &connection.answer().await.unwrap());
}

/// A fault of ours: the file of a large payload is gone from under the store.
#[tokio::test]
async fn faults_of_ours_have_them_and_tell_nothing() {
    let server = Server::start().await;
    let sealed = server.seal(&"x".repeat(100_000), None);
    let shared = calls::share(server.address, sealed, &json!({})).await;
    let blobs = server.data().join("blobs");
    for file in std::fs::read_dir(&blobs).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let answer = claim(&shared, &server.claim_token()).of(server.address).await;
    check(503, &answer);
    assert_eq!(answer.problem(), "undecryptable");
    assert!(!answer.text().contains("blobs"), "{}", answer.text());
    let (state, events) = calls::fate(server.address, &shared.receipt).await;
    assert_eq!(
        (state.as_str(), events),
        ("waiting", vec!["created".into(), "integrity-failure".into()])
    );
    std::fs::remove_dir(&blobs).unwrap();
    let large = server.seal(&"x".repeat(100_000), None);
    let answer = create(&large, &json!({})).of(server.address).await;
    check(500, &answer);
    assert_eq!(answer.problem(), "internal");
    assert!(!answer.text().contains("blobs"), "{}", answer.text());
}

#[tokio::test]
async fn plain_http_promises_no_tls() {
    let server = Server::with(Setup { origin: "http://localhost:8080", ..Setup::default() }).await;
    let answer = Ask::get("/").of(server.address).await;
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[tokio::test]
async fn assets_are_kept_by_browsers_and_nothing_else_is() {
    let server = Server::start().await;
    let page = Ask::get("/").of(server.address).await.text();
    let asset = page.split('"').find(|text| text.starts_with("/assets/")).unwrap();
    let answer = Ask::get(asset).of(server.address).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("max-age=31536000, immutable"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}
