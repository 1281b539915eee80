//! Every route that is there is known here, with its class of limits (R35). The table is read from the
//! router itself: a route that nobody has classified fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sigill_http::layers::address::TrustedProxies;
use sigill_http::{Origin, State, app};
use testkit::server::{Server, Setup};
use testkit::{Ask, Connection};

/// How many requests one network may send at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Burst {
    Of(usize),
    /// Constant bytes, or a probe: bounded by the number of requests that run, and not counted.
    Unlimited,
}

const TABLE: [(&str, &str, Burst); 34] = [
    ("/", "GET", Burst::Of(300)),
    ("/assets/{tree}/{*name}", "GET", Burst::Unlimited),
    ("/good-practice", "GET", Burst::Of(300)),
    ("/healthz", "GET", Burst::Unlimited),
    ("/l/{token}", "GET", Burst::Of(300)),
    ("/l/{token}", "POST", Burst::Of(60)),
    ("/metadata/{token}", "GET", Burst::Of(120)),
    ("/metadata/{token}/burn", "GET", Burst::Of(120)),
    ("/metadata/{token}/burn", "POST", Burst::Of(120)),
    ("/private/{token}", "GET", Burst::Of(120)),
    ("/private/{token}/burn", "GET", Burst::Of(120)),
    ("/private/{token}/burn", "POST", Burst::Of(120)),
    ("/readyz", "GET", Burst::Unlimited),
    ("/receipt", "GET", Burst::Of(300)),
    ("/receipt/{token}", "GET", Burst::Of(120)),
    ("/receipt/{token}/burn", "GET", Burst::Of(120)),
    ("/receipt/{token}/burn", "POST", Burst::Of(120)),
    ("/s/{id}", "GET", Burst::Of(300)),
    ("/secret/{token}", "GET", Burst::Of(300)),
    ("/secret/{token}", "POST", Burst::Of(60)),
    ("/v1/limits", "GET", Burst::Of(300)),
    ("/v1/openapi.json", "GET", Burst::Of(300)),
    ("/v1/receipt", "GET", Burst::Of(120)),
    ("/v1/receipt/burn", "POST", Burst::Of(120)),
    ("/v1/receipt/unlock", "POST", Burst::Of(120)),
    ("/v1/secrets", "POST", Burst::Of(30)),
    ("/v1/secrets/{id}/ack", "POST", Burst::Of(60)),
    ("/v1/secrets/{id}/claim", "POST", Burst::Of(60)),
    ("/v1/secrets/{id}/envelope", "GET", Burst::Of(60)),
    ("/v1/uploads", "POST", Burst::Of(30)),
    ("/v1/uploads/{id}", "GET", Burst::Of(240)),
    ("/v1/uploads/{id}", "DELETE", Burst::Of(240)),
    ("/v1/uploads/{id}/complete", "POST", Burst::Of(30)),
    ("/v1/uploads/{id}/parts/{part}", "PUT", Burst::Of(240)),
];

/// The routes for clients of Onetime Secret, which have words of their own for everything.
const CLASSIC: [(&str, &str, usize); 61] = [
    ("/api/v1/authcheck", "GET", 300),
    ("/api/v1/create", "POST", 200),
    ("/api/v1/generate", "POST", 200),
    ("/api/v1/metadata/recent", "GET", 20),
    ("/api/v1/metadata/{key}", "GET", 120),
    ("/api/v1/metadata/{key}", "POST", 120),
    ("/api/v1/metadata/{key}/burn", "POST", 120),
    ("/api/v1/private/recent", "GET", 20),
    ("/api/v1/private/{key}", "GET", 120),
    ("/api/v1/private/{key}", "POST", 120),
    ("/api/v1/private/{key}/burn", "POST", 120),
    ("/api/v1/receipt/recent", "GET", 20),
    ("/api/v1/receipt/{key}", "GET", 120),
    ("/api/v1/receipt/{key}", "POST", 120),
    ("/api/v1/receipt/{key}/burn", "POST", 120),
    ("/api/v1/secret/{key}", "POST", 200),
    ("/api/v1/share", "POST", 200),
    ("/api/v1/status", "GET", 300),
    ("/api/v2/guest/receipt/{key}", "GET", 120),
    ("/api/v2/guest/receipt/{key}/burn", "POST", 120),
    ("/api/v2/guest/secret/conceal", "POST", 200),
    ("/api/v2/guest/secret/generate", "POST", 200),
    ("/api/v2/guest/secret/{key}", "GET", 200),
    ("/api/v2/guest/secret/{key}/reveal", "POST", 200),
    ("/api/v2/private/recent", "GET", 20),
    ("/api/v2/private/{key}", "GET", 120),
    ("/api/v2/private/{key}", "PATCH", 120),
    ("/api/v2/private/{key}/burn", "POST", 120),
    ("/api/v2/receipt/recent", "GET", 20),
    ("/api/v2/receipt/{key}", "GET", 120),
    ("/api/v2/receipt/{key}", "PATCH", 120),
    ("/api/v2/receipt/{key}/burn", "POST", 120),
    ("/api/v2/secret/conceal", "POST", 200),
    ("/api/v2/secret/generate", "POST", 200),
    ("/api/v2/secret/status", "POST", 120),
    ("/api/v2/secret/{key}", "GET", 200),
    ("/api/v2/secret/{key}/reveal", "POST", 200),
    ("/api/v2/secret/{key}/status", "GET", 120),
    ("/api/v2/status", "GET", 300),
    ("/api/v2/supported-locales", "GET", 300),
    ("/api/v2/version", "GET", 300),
    ("/api/v3/guest/receipt/{key}", "GET", 120),
    ("/api/v3/guest/receipt/{key}/burn", "POST", 120),
    ("/api/v3/guest/receipts", "POST", 120),
    ("/api/v3/guest/secret/conceal", "POST", 200),
    ("/api/v3/guest/secret/generate", "POST", 200),
    ("/api/v3/guest/secret/{key}", "GET", 200),
    ("/api/v3/guest/secret/{key}/reveal", "POST", 200),
    ("/api/v3/receipt/recent", "GET", 120),
    ("/api/v3/receipt/{key}", "GET", 120),
    ("/api/v3/receipt/{key}", "PATCH", 120),
    ("/api/v3/receipt/{key}/burn", "POST", 120),
    ("/api/v3/secret/conceal", "POST", 120),
    ("/api/v3/secret/generate", "POST", 120),
    ("/api/v3/secret/status", "POST", 120),
    ("/api/v3/secret/{key}", "GET", 120),
    ("/api/v3/secret/{key}/reveal", "POST", 120),
    ("/api/v3/secret/{key}/status", "GET", 120),
    ("/api/v3/status", "GET", 300),
    ("/api/v3/supported-locales", "GET", 300),
    ("/api/v3/version", "GET", 300),
];

/// Where these routes begin: nothing is there.
const ROOTS: [&str; 3] = ["/api/v1", "/api/v2", "/api/v3"];

/// The paths of the router that is served.
fn live(server: &Server) -> BTreeSet<String> {
    let origin = Origin::parse("https://secrets.example").unwrap();
    let state = State::new(server.service.clone(), origin, TrustedProxies::default(), None);
    // The router has no other way of telling than its debug form: RouteId(0): "/path".
    let said = format!("{:?}", app(state));
    let paths = said.split("RouteId(").filter_map(|rest| {
        let (_, rest) = rest.split_once("): \"")?;
        rest.split_once('"').map(|(path, _)| path.to_owned())
    });
    // The router keeps the place of what no route knows among its routes.
    paths.filter(|path| path.starts_with('/') && !path.contains("__private__")).collect()
}

#[tokio::test]
async fn no_route_is_unclassified() {
    let server = Server::start().await;
    let classic = CLASSIC.iter().map(|(path, _, _)| *path).chain(ROOTS);
    let known = TABLE.iter().map(|(path, _, _)| *path).chain(classic);
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    assert_eq!(live(&server), known);
}

#[tokio::test]
async fn the_api_that_is_described_is_the_api_that_is_there() {
    let server = Server::start().await;
    let document = Ask::get("/v1/openapi.json").of(server.address).await.json();
    let mut described = BTreeMap::<_, BTreeSet<_>>::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods: BTreeSet<_> =
            methods.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
        described.insert(path.clone(), methods);
    }
    let there = TABLE
        .iter()
        .filter(|(path, _, _)| path.starts_with("/v1/") || matches!(*path, "/healthz" | "/readyz"));
    let mut known = BTreeMap::<_, BTreeSet<_>>::new();
    for (path, method, _) in there {
        known.entry((*path).to_owned()).or_default().insert((*method).to_owned());
    }
    assert_eq!(described, known);
    let version = document["openapi"].as_str().unwrap();
    assert!(version.starts_with("3.1"), "{version}");
    assert!(matches!(document["components"]["securitySchemes"], Value::Object(_)));
}

/// What docs/spec/openapi-onetime-secret.json describes is there, and so is what takes a session, which it
/// leaves out.
#[test]
fn the_routes_for_clients_of_onetime_secret_are_those_that_are_described() {
    let document = include_str!("../../../../docs/spec/openapi-onetime-secret.json");
    let document: Value = serde_json::from_str(document).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert((path.clone(), method.to_uppercase()));
        }
    }
    let sessions = |path: &str| {
        path.starts_with("/api/v3/receipt/") || {
            path.starts_with("/api/v3/secret/") && !path.ends_with("/status")
        }
    };
    let there = CLASSIC.iter().filter(|(path, _, _)| !sessions(path));
    let there = there.map(|(path, method, _)| ((*path).to_owned(), (*method).to_owned())).collect();
    assert_eq!(described, there);
}

/// Each of them meets the limit of its class as well, in the words of its version.
#[tokio::test]
async fn no_route_for_clients_of_onetime_secret_is_without_a_limit() {
    for (path, method, count) in CLASSIC {
        let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
        let ask = Ask::new(method, &path.replace("{key}", &"0".repeat(62)));
        let refused = |answer: &testkit::Answer| {
            answer.status == 429 || answer.text().contains("Rate limit exceeded")
        };
        let mut connection = Connection::open(server.address).await;
        for turn in 0..count {
            connection.send(&ask.bytes()).await;
            let answer = connection.answer().await.unwrap();
            assert!(!refused(&answer), "{method} {path} after {turn}");
        }
        assert!(refused(&ask.of(server.address).await), "{method} {path}");
    }
}

/// A method that the table does not know would have a class that nobody has looked at.
#[tokio::test]
async fn no_route_takes_a_method_that_is_not_known() {
    let server = Server::start().await;
    for (path, _, _) in TABLE {
        let target = path
            .replace("{id}", "1")
            .replace("{token}", "1")
            .replace("{tree}", "x")
            .replace("{*name}", "y");
        let methods = TABLE.iter().filter(|(known, _, _)| *known == path);
        let known: Vec<&str> = methods
            .flat_map(|(_, method, _)| match *method {
                "GET" => vec!["GET", "HEAD"],
                method => vec![method],
            })
            .collect();
        for other in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            let answer = Ask::new(other, &target).of(server.address).await;
            assert_eq!(answer.status != 405, known.contains(&other), "{other} {path}");
            if answer.status == 405 {
                assert_eq!(answer.header("allow"), Some(known.join(",").as_str()), "{path}");
            }
        }
    }
}

/// Two routes of one class are one bucket, and an address that is written in another way is no other one:
/// it meets the same limit, or no route at all.
#[tokio::test]
async fn no_second_route_and_no_other_spelling_is_a_way_around_a_limit() {
    let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
    let status = async |method, target| Ask::new(method, target).of(server.address).await.status;
    for _ in 0..30 {
        assert_eq!(status("POST", "/v1/secrets").await, 415);
    }
    for _ in 0..60 {
        assert_eq!(status("POST", "/v1/secrets/1/ack").await, 404);
    }
    let (limited, nowhere) = ("too-many-requests", "not-found");
    for (method, target, expected) in [
        ("POST", "/v1/secrets?", limited),
        ("POST", "/v1/secrets?x=1", limited),
        ("POST", "http://localhost/v1/secrets", limited),
        ("POST", "/v1/secrets/1/claim", limited),
        ("POST", "/v1/secrets/2/claim", limited),
        ("POST", "/v1/secrets/%31/claim", limited),
        ("GET", "/v1/secrets/1/envelope", limited),
        ("POST", "/v1/secrets/", nowhere),
        ("POST", "//v1/secrets", nowhere),
        ("POST", "/v1//secrets", nowhere),
        ("POST", "/V1/secrets", nowhere),
        ("POST", "/v1/secret%73", nowhere),
        ("POST", "/v1/./secrets", nowhere),
        ("POST", "/x/../v1/secrets", nowhere),
        ("GET", "/v1/receipt", "unavailable"),
    ] {
        let answer = Ask::new(method, target).of(server.address).await;
        assert_eq!(answer.problem(), expected, "{method} {target}");
    }
    assert_eq!(status("HEAD", "/v1/secrets/1/envelope").await, 429);
}

/// Each route meets the limit of its class: no second way in without one.
#[tokio::test]
async fn every_route_has_the_limit_of_its_class() {
    for (path, method, burst) in TABLE {
        let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
        let target = path
            .replace("{id}", "1")
            .replace("{token}", "1")
            .replace("{tree}", "x")
            .replace("{*name}", "y");
        let ask = Ask::new(method, &target);
        let count = match burst {
            Burst::Of(count) => count,
            Burst::Unlimited => 310,
        };
        let mut connection = Connection::open(server.address).await;
        for turn in 0..count {
            connection.send(&ask.bytes()).await;
            let status = connection.answer().await.unwrap().status;
            assert_ne!(status, 429, "{method} {target} after {turn}");
        }
        let status = ask.of(server.address).await.status;
        assert_eq!(status == 429, burst != Burst::Unlimited, "{method} {target}: {status}");
    }
}
