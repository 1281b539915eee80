//! The API's description: what is served is what was reviewed, and it leaves nothing open.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;

use serde_json::Value;
use wire::Problem;

const REVIEWED: &str = include_str!("../../../docs/spec/openapi.json");

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    methods.collect()
}

#[test]
fn what_is_served_is_what_was_reviewed() {
    let served = sigill_http::native::document();
    let place = served.lines().zip(REVIEWED.lines()).position(|(now, then)| now != then);
    assert!(
        served == REVIEWED,
        "line {place:?} of docs/spec/openapi.json is not what is served: run cargo xtask openapi, \
         and read the difference"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_how_it_fails() {
    let document: Value = serde_json::from_str(REVIEWED).unwrap();
    let mut names = BTreeSet::new();
    for (place, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} stands twice");
        assert!(operation["summary"].as_str().unwrap().ends_with('.'), "{place}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{place}");
        for (status, answer) in answers.iter().filter(|(status, _)| status.as_str() >= "400") {
            let Some(place) = answer["$ref"].as_str() else { continue };
            let answer = document.pointer(place.trim_start_matches('#')).unwrap();
            let examples = answer["content"]["application/problem+json"]["examples"].as_object();
            for name in examples.unwrap().keys() {
                let example = &document["components"]["examples"][name]["value"];
                assert_eq!(example["status"].to_string(), *status, "{place}");
            }
        }
    }
}

#[test]
fn every_problem_is_listed_with_the_answer_it_gives() {
    let document: Value = serde_json::from_str(REVIEWED).unwrap();
    let introduction = document["info"]["description"].as_str().unwrap();
    let mut answers = document["components"]["responses"].to_string();
    // Two belong to no operation: another path, and another method.
    answers.push_str(introduction);
    for problem in Problem::examples() {
        let name = problem.name();
        let example = &document["components"]["examples"][name]["value"];
        assert_eq!(*example, serde_json::to_value(&problem).unwrap());
        assert!(introduction.contains(&format!("`urn:sigill:problem:{name}`")), "{name}");
        assert!(answers.contains(&format!("`{name}`")), "no operation answers {name}");
    }
}

/// What stands in paths: public ids, numbers, and references, which name a thing and open nothing (R57).
const IN_PATHS: [&str; 9] =
    ["id", "invitation", "member", "name", "organisation", "part", "passkey", "ref", "session"];
/// What stands in queries: what is looked for, and in which form.
const IN_QUERIES: [&str; 3] = ["format", "q", "state"];

/// R90: nothing that opens or burns is in a path or a query. Whoever adds a name here has looked.
#[test]
fn no_capability_travels_in_an_address() {
    let document: Value = serde_json::from_str(REVIEWED).unwrap();
    for (place, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            let is_known = match parameter["in"].as_str().unwrap() {
                "header" => true,
                "path" => IN_PATHS.contains(&name),
                "query" => IN_QUERIES.contains(&name),
                _ => false,
            };
            assert!(is_known, "{place}: {name}");
        }
    }
}
