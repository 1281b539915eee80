//! What `Cargo.toml` cannot tell: the standard library in pure rooms, and SQL outside of the store.

use crate::tree::Source;

use super::Breach;

/// Rooms without I/O and without a clock, by their folder.
const PURE: [&str; 2] = ["crates/envelope/src/", "crates/domain/src/"];
/// Modules of `std` that reach outside.
const OUTSIDE: [&str; 8] = ["env", "fs", "io", "net", "os", "path", "process", "thread"];
/// Types of `std::time` that are a clock.
const CLOCKS: [&str; 2] = ["Instant", "SystemTime"];
/// How a statement in SQL begins, as we write it.
const SQL: [&str; 8] = [
    "\"ALTER TABLE ",
    "\"CREATE ",
    "\"DELETE FROM ",
    "\"INSERT INTO ",
    "\"INSERT OR ",
    "\"PRAGMA ",
    "\"SELECT ",
    "\"UPDATE ",
];

/// Looks at every source below `crates/`.
pub(super) fn check(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        if PURE.iter().any(|room| source.path.starts_with(room)) && source.is(&["rs"]) {
            breaches.extend(impurities(source));
        }
        // A test may damage a database as no program of ours would.
        if !source.path.starts_with("crates/store/") && !source.path.contains("/tests/") {
            breaches.extend(queries(source));
        }
    }
    breaches
}

fn impurities(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (number, statement) in statements(&source.text) {
        for import in imports(&statement) {
            let is_outside = OUTSIDE.contains(&import.as_str());
            if is_outside || CLOCKS.contains(&import.as_str()) {
                let rule = "a pure room has no I/O and no clock; take what it needs as an argument";
                breaches.push(Breach {
                    place: format!("{}:{number}", source.path),
                    import: if is_outside { format!("std::{import}") } else { import },
                    rule: rule.to_owned(),
                });
            }
        }
    }
    breaches
}

/// The code of a file, cut at semicolons and braces outside of a `use` group, with the line it starts in.
fn statements(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or(line).trim();
        let (start, mut statement) = open.take().unwrap_or((number, String::new()));
        statement.push_str(code);
        statement.push(' ');
        let is_open_use = is_use(&statement) && !statement.contains(';');
        if is_open_use {
            open = Some((start, statement));
        } else {
            found.push((start, statement));
        }
    }
    found.extend(open);
    found
}

fn is_use(statement: &str) -> bool {
    let statement = statement.trim_start();
    let statement = statement.strip_prefix("pub").map_or(statement, |rest| {
        rest.strip_prefix("(crate)").or_else(|| rest.strip_prefix("(super)")).unwrap_or(rest)
    });
    statement.trim_start().starts_with("use ")
}

/// The modules of `std` and the clocks that a statement names.
fn imports(statement: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in statement.match_indices("std::") {
        let rest = statement.get(at.saturating_add(5)..).unwrap_or_default().trim_start();
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(members(group));
        } else {
            found.extend(word(rest));
        }
    }
    let words = statement.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    found.extend(words.filter(|word| CLOCKS.contains(word)).map(str::to_owned));
    found.dedup();
    found
}

/// The first word of every member of a `{..}` group whose opening brace is gone.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut start) = (0_usize, true);
    let mut found = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth = depth.saturating_add(1),
            '}' if depth == 0 => break,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => start = true,
            c if start && !c.is_whitespace() => {
                start = false;
                found.extend(group.get(at..).and_then(word));
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).filter(|word| !word.is_empty()).map(str::to_owned)
}

fn queries(source: &Source) -> Vec<Breach> {
    let breach = |place: String, import: &str| {
        let rule = "SQL is written in crates/store and nowhere else".to_owned();
        Breach { place, import: import.trim().to_owned(), rule }
    };
    if source.is(&["sql"]) {
        return vec![breach(source.path.clone(), "a file of SQL")];
    }
    let code = source.lines().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter_map(|(number, line)| {
        let found = SQL.iter().find(|start| line.contains(**start))?;
        Some(breach(format!("{}:{number}", source.path), found.trim_start_matches('"')))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        check(&[source])
            .into_iter()
            .map(|breach| format!("{} {}", breach.place, breach.import))
            .collect()
    }

    const DOMAIN: &str = "crates/domain/src/terms.rs";

    #[test]
    fn pure_rooms_do_not_reach_outside() {
        assert_eq!(said(DOMAIN, "//! x\nuse std::fs::File;"), [format!("{DOMAIN}:2 std::fs")]);
        assert_eq!(said(DOMAIN, "pub(crate) use std::{fmt, net::IpAddr};").len(), 1);
        assert_eq!(said(DOMAIN, "use std::{\n    fmt,\n    io::{self, Read},\n};").len(), 1);
        assert_eq!(said(DOMAIN, "fn f() { std::process::abort() }").len(), 1);
        assert_eq!(said(DOMAIN, "use std::time::{Duration, Instant};").len(), 1);
        assert_eq!(said(DOMAIN, "fn f() { let t = time::SystemTime::now(); }").len(), 1);
    }

    #[test]
    fn pure_rooms_may_use_the_rest() {
        let text =
            "//! std::fs is not for us.\nuse std::time::Duration;\nuse std::{fmt, str::FromStr};";
        assert!(said(DOMAIN, text).is_empty());
        assert!(said("crates/service/src/share.rs", "use std::fs::File;").is_empty());
        assert!(said("crates/domain/tests/all.rs", "use std::fs::File;").is_empty());
    }

    #[test]
    fn sql_stays_in_the_store() {
        let text = "let sql = \"SELECT views FROM secrets\";";
        assert_eq!(said("crates/service/src/share.rs", text).len(), 1);
        assert_eq!(said("crates/http/src/new.sql", "").len(), 1);
        assert!(said("crates/store/src/sqlite/secrets.rs", text).is_empty());
        assert!(said("crates/http/src/pages.rs", "// \"SELECT \" is for others").is_empty());
    }
}
