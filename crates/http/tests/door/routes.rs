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

const TABLE: [(&str, &str, Burst); 21] = [
    ("/", "GET", Burst::Of(300)),
    ("/assets/{tree}/{*name}", "GET", Burst::Unlimited),
    ("/good-practice", "GET", Burst::Of(300)),
    ("/healthz", "GET", Burst::Unlimited),
    ("/readyz", "GET", Burst::Unlimited),
    ("/receipt", "GET", Burst::Of(300)),
    ("/s/{id}", "GET", Burst::Of(300)),
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
    let known: BTreeSet<String> = TABLE.iter().map(|(path, _, _)| (*path).to_owned()).collect();
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

/// A method that the table does not know would have a class that nobody has looked at.
#[tokio::test]
async fn no_route_takes_a_method_that_is_not_known() {
    let server = Server::start().await;
    for (path, _, _) in TABLE {
        let target = path.replace("{id}", "1").replace("{tree}", "x").replace("{*name}", "y");
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
        let target = path.replace("{id}", "1").replace("{tree}", "x").replace("{*name}", "y");
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
