//! Every route is data: method, path, class of limits, access (R35, R60). What is tested here is the table
//! that the registration of the routes gives, all of it, and that nothing else is served.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::Value;
use sigill_http::layers::address::TrustedProxies;
use sigill_http::layers::limits::Class;
use sigill_http::surface::Entry;
use sigill_http::{Origin, State, app, table};
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask, Connection};

/// Where the routes for clients of Onetime Secret begin: nothing is there.
const ROOTS: [&str; 3] = ["/api/v1", "/api/v2", "/api/v3"];

/// An address that `entry` matches.
pub(crate) fn target(entry: &Entry) -> String {
    let segments = entry.path.split('/').map(|segment| match segment {
        "{key}" => "0".repeat(62),
        "{*name}" => "y".to_owned(),
        segment if segment.starts_with('{') => "1".to_owned(),
        segment => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

fn is_classic(entry: &Entry) -> bool {
    ROOTS.iter().any(|root| entry.path.starts_with(root))
}

/// A layer or a handler that somebody has put beside the registration would be served, and in no table.
#[tokio::test]
async fn nothing_is_served_that_is_not_in_the_table() {
    let server = Server::start().await;
    let origin = Origin::parse("https://secrets.example").unwrap();
    let state = State::new(server.service.clone(), origin, TrustedProxies::default(), None);
    // The router has no other way of telling than its debug form: RouteId(0): "/path".
    let said = format!("{:?}", app(state));
    let paths = said.split("RouteId(").filter_map(|rest| {
        let (_, rest) = rest.split_once("): \"")?;
        rest.split_once('"').map(|(path, _)| path.to_owned())
    });
    // The router keeps the place of what no route knows among its routes.
    let served: BTreeSet<String> =
        paths.filter(|path| path.starts_with('/') && !path.contains("__private__")).collect();
    let known = table().into_iter().map(|entry| entry.path);
    assert_eq!(served, known.chain(ROOTS.map(str::to_owned)).collect());
}

#[test]
fn no_route_is_there_twice() {
    let mut seen = BTreeSet::new();
    for entry in table() {
        assert!(seen.insert((entry.path.clone(), entry.method.to_string())), "{entry:?}");
    }
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
    let mut known = BTreeMap::<_, BTreeSet<_>>::new();
    for entry in table() {
        let described =
            entry.path.starts_with("/v1/") || matches!(&*entry.path, "/healthz" | "/readyz");
        if described {
            known.entry(entry.path).or_default().insert(entry.method.to_string());
        }
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
    let there = table().into_iter().filter(|entry| {
        is_classic(entry) && entry.method != Method::OPTIONS && !sessions(&entry.path)
    });
    let there = there.map(|entry| (entry.path, entry.method.to_string())).collect();
    assert_eq!(described, there);
}

/// A method that the table does not know would have a class that nobody has looked at.
#[tokio::test]
async fn no_route_takes_a_method_that_is_not_known() {
    let server = Server::start().await;
    let mut methods = BTreeMap::<String, (String, Vec<Method>)>::new();
    for entry in table().into_iter().filter(|entry| !is_classic(entry)) {
        let target = target(&entry);
        let (_, methods) = methods.entry(entry.path).or_insert_with(|| (target, Vec::new()));
        if entry.method == Method::GET {
            methods.push(Method::HEAD);
        }
        methods.push(entry.method);
    }
    for (path, (target, methods)) in methods {
        let known: BTreeSet<&str> = methods.iter().map(Method::as_str).collect();
        for other in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            let answer = Ask::new(other, &target).of(server.address).await;
            assert_eq!(answer.status != 405, known.contains(other), "{other} {path}");
            if answer.status == 405 {
                let allow = answer.header("allow").unwrap_or_default();
                assert_eq!(allow.split(',').collect::<BTreeSet<_>>(), known, "{path}");
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

/// Each route meets the limit of its class: no second way in without one, whatever its method or its words.
#[tokio::test]
async fn every_route_has_the_limit_of_its_class() {
    let refused =
        |answer: &Answer| answer.status == 429 || answer.text().contains("Rate limit exceeded");
    let mut classes = BTreeMap::<String, Vec<Entry>>::new();
    for entry in table() {
        classes.entry(format!("{:?}", entry.class)).or_default().push(entry);
    }
    for entries in classes.into_values() {
        let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
        let class = entries[0].class;
        let count = class.quota().map_or(310, |(burst, _)| burst);
        let ask = |entry: &Entry| Ask::new(entry.method.as_str(), &target(entry));
        let mut connection = Connection::open(server.address).await;
        for turn in 0..count {
            connection.send(&ask(&entries[0]).bytes()).await;
            let answer = connection.answer().await.unwrap();
            assert!(!refused(&answer), "{:?} after {turn}", entries[0]);
        }
        for entry in &entries {
            let answer = ask(entry).of(server.address).await;
            assert_eq!(refused(&answer), class != Class::Uncounted, "{entry:?}: {}", answer.status);
        }
    }
}
