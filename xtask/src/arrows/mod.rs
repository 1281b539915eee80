//! Which room may know which: `cargo metadata` and the sources against the table.
//!
//! The compiler keeps a room from using what it does not depend on; this keeps `Cargo.toml` from
//! making it depend on what it must not know. It looks at every member of the workspace, fails on a
//! member that the table does not have, and says which import broke which rule.

mod sources;
mod table;

use serde_json::Value;

use crate::shell::{Failure, cargo, text};
use crate::tree;

use self::table::{Room, TESTKIT};

/// An import against the arrows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Where it stands.
    pub(crate) place: String,
    /// What is imported.
    pub(crate) import: String,
    /// What it breaks.
    pub(crate) rule: String,
}

/// Checks the whole workspace.
pub(crate) fn run() -> Result<(), Failure> {
    let mut breaches = dependencies(&metadata()?);
    breaches.extend(sources::check(&tree::sources(&tree::root().join("crates"))?));
    if breaches.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = breaches
        .iter()
        .map(|breach| format!("{}: {}: {}", breach.place, breach.import, breach.rule))
        .collect();
    Err(Failure::new(format!("against the arrows (ARCHITECTURE.md):\n{}", lines.join("\n"))))
}

/// What cargo knows about the workspace.
pub(crate) fn metadata() -> Result<Value, Failure> {
    let json = text(&mut cargo("metadata --no-deps --format-version 1 --offline"))
        .or_else(|_| text(&mut cargo("metadata --no-deps --format-version 1")))?;
    serde_json::from_str(&json).map_err(|error| Failure::new(format!("cargo metadata: {error}")))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Build,
    Dev,
    Normal,
}

/// Every dependency of every member against the table.
fn dependencies(metadata: &Value) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for package in list(metadata, "packages") {
        let name = field(package, "name");
        let place = format!("{name}/Cargo.toml");
        let Some(room) = table::room(name) else {
            let rule =
                "has no row in xtask/src/arrows/table.rs; give it one, and ARCHITECTURE.md too";
            breaches.push(Breach { place, import: name.to_owned(), rule: rule.to_owned() });
            continue;
        };
        for dependency in list(package, "dependencies") {
            let kind = match dependency.get("kind").and_then(Value::as_str) {
                Some("dev") => Kind::Dev,
                Some("build") => Kind::Build,
                Some(_) | None => Kind::Normal,
            };
            let import = field(dependency, "name");
            if let Some(rule) = judge(room, import, kind) {
                breaches.push(Breach { place: place.clone(), import: import.to_owned(), rule });
            }
        }
    }
    breaches
}

/// The rule that `import` breaks in `room`, if it breaks one.
fn judge(room: &Room, import: &str, kind: Kind) -> Option<String> {
    let name = room.name;
    if table::room(import).is_some() {
        if import == TESTKIT {
            return (kind != Kind::Dev)
                .then(|| format!("{TESTKIT} is for tests: a dev-dependency and nothing else"));
        }
        let known = room.knows.contains(&import);
        let below = kind == Kind::Dev && table::below(room).contains(import);
        let knows = if room.knows.is_empty() { "nobody".to_owned() } else { room.knows.join(", ") };
        return (!known && !below).then(|| format!("{name} knows {knows}"));
    }
    if kind == Kind::Dev {
        return None;
    }
    if room.pure && !table::PURE.contains(&import) {
        let allowed = table::PURE.join(", ");
        return Some(format!("{name} is pure: of other people's crates it takes {allowed}"));
    }
    let (_, hosts) = table::GUESTS.iter().find(|(guest, _)| *guest == import)?;
    (!hosts.contains(&name)).then(|| format!("{import} belongs in {}", hosts.join(", ")))
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is said about one package with one dependency.
    fn said(package: &str, import: &str, kind: Option<&str>) -> Vec<Breach> {
        dependencies(&json!({ "packages": [
            { "name": package, "dependencies": [{ "name": import, "kind": kind }] },
        ]}))
    }

    #[test]
    fn every_arrow_of_the_table_is_allowed() {
        for room in &table::ROOMS {
            for known in room.knows {
                assert_eq!(said(room.name, known, None), [], "{} -> {known}", room.name);
            }
        }
    }

    #[test]
    fn an_arrow_that_points_up_is_named_with_its_rule() {
        let [breach] = &said("sigill-envelope", "sigill-domain", None)[..] else {
            panic!("one breach");
        };
        assert_eq!(breach.place, "sigill-envelope/Cargo.toml");
        assert_eq!(breach.import, "sigill-domain");
        assert_eq!(breach.rule, "sigill-envelope knows nobody");
        for (room, import) in [
            ("sigill-domain", "sigill-store"),
            ("sigill-wire", "sigill-store"),
            ("sigill-store", "sigill-service"),
            ("sigill-service", "sigill-wire"),
            ("sigill-http", "sigill-store"),
            ("sigill-client", "sigill-service"),
            ("xtask", "sigill-envelope"),
        ] {
            for kind in [None, Some("build")] {
                assert_eq!(said(room, import, kind).len(), 1, "{room} -> {import}");
            }
        }
    }

    #[test]
    fn pure_rooms_take_no_guests() {
        for room in ["sigill-domain", "sigill-envelope"] {
            for guest in ["serde", "serde_json", "rusqlite", "tokio", "tracing", "no-such-crate"] {
                assert_eq!(said(room, guest, None).len(), 1, "{room} -> {guest}");
            }
            assert_eq!(said(room, "proptest", Some("dev")), []);
        }
    }

    #[test]
    fn guests_stay_in_their_rooms() {
        for (room, guest) in [
            ("sigill-service", "rusqlite"),
            ("sigill-http", "rusqlite"),
            ("sigill-service", "axum"),
            ("sigill-store", "serde"),
            ("sigill-http", "reqwest"),
            ("sigill-http", "clap"),
        ] {
            assert_eq!(said(room, guest, None).len(), 1, "{room} -> {guest}");
        }
        assert_eq!(said("sigill-store", "rusqlite", None), []);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        assert_eq!(said("sigill", "sigill-testkit", Some("dev")), []);
        assert_eq!(said("sigill", "sigill-testkit", None).len(), 1);
        assert_eq!(said("sigill-http", "sigill-testkit", Some("build")).len(), 1);
    }

    #[test]
    fn tests_may_look_further_down_but_never_up() {
        assert_eq!(said("sigill-http", "sigill-store", Some("dev")), []);
        assert_eq!(said("sigill-domain", "sigill-store", Some("dev")).len(), 1);
    }

    #[test]
    fn a_member_without_a_row_fails() {
        let [breach] = &said("sigill-novelty", "serde", None)[..] else { panic!("one breach") };
        assert!(breach.rule.contains("no row"), "{breach:?}");
    }

    #[test]
    fn the_table_has_no_circles() {
        for room in &table::ROOMS {
            assert!(!table::below(room).contains(room.name), "{} knows itself", room.name);
        }
    }

    #[test]
    fn this_workspace_keeps_to_the_table() {
        assert_eq!(dependencies(&metadata().unwrap()), []);
        let sources = tree::sources(&tree::root().join("crates")).unwrap();
        assert_eq!(sources::check(&sources), []);
    }
}
