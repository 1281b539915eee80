//! House rules that no compiler knows: how a file opens, how long it is, what it must not hold.
//!
//! A rule looks at one file and says what is wrong with it. CONTRIBUTING.md gives the reasons.

mod crates;
mod links;
mod vendor;

use crate::shell::Failure;
use crate::tree::{self, Source};

/// Ask why a file is longer than this.
const LONG: usize = 400;
/// No file is longer than this.
const TOO_LONG: usize = 600;

/// Left-overs, each with the kinds of files in which it means one. Written in halves, so that this file
/// passes its own rule.
const LEFTOVERS: [(&str, &[&str]); 12] = [
    (concat!("to", "do!("), &["rs"]),
    (concat!("unimple", "mented!("), &["rs"]),
    (concat!("#[ig", "nore"), &["rs"]),
    (concat!("db", "g!("), &["rs"]),
    (concat!("FIX", "ME"), &["rs", "js", "css", "sql", "toml"]),
    (concat!("TO", "DO"), &["rs", "js", "css", "sql", "toml"]),
    (concat!("test.sk", "ip"), &["js"]),
    (concat!("it.sk", "ip"), &["js"]),
    (concat!("describe.sk", "ip"), &["js"]),
    (concat!("test.on", "ly"), &["js"]),
    (concat!("it.on", "ly"), &["js"]),
    (concat!("describe.on", "ly"), &["js"]),
];

/// Folders of one person on one machine.
const MACHINES: [&str; 3] = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/")];

/// What a rule says about a place.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    place: String,
    text: String,
}

impl Finding {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }
}

/// Checks every file that we wrote.
pub(crate) fn run() -> Result<(), Failure> {
    let sources = tree::sources(tree::root())?;
    let mut findings = Vec::new();
    for source in &sources {
        for rule in [header, length, leftovers, ascii, machines, lints] {
            findings.extend(rule(source));
        }
    }
    findings.extend(links::check(&sources));
    findings.extend(vendor::check()?);
    findings.extend(crates::check()?);
    for warning in sources.iter().filter_map(long) {
        println!("  {}: {}", warning.place, warning.text);
    }
    if findings.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> =
        findings.iter().map(|finding| format!("{}: {}", finding.place, finding.text)).collect();
    Err(Failure::new(format!("against the house rules (CONTRIBUTING.md):\n{}", lines.join("\n"))))
}

/// Every file says first what it is for.
fn header(source: &Source) -> Option<Finding> {
    let first = source.text.lines().find(|line| !line.starts_with("#!/")).unwrap_or_default();
    let opens = if source.is(&["rs"]) {
        first.starts_with("//!")
    } else if source.is(&["js", "mjs"]) {
        first.starts_with("/*") || first.starts_with("//")
    } else {
        true
    };
    (!opens)
        .then(|| Finding::new(&source.path, "must open with a comment that says what it is for"))
}

fn lines(source: &Source) -> Option<usize> {
    source.is(&["rs", "js", "mjs", "css"]).then(|| source.text.lines().count())
}

/// No file is so long that it has two purposes.
fn length(source: &Source) -> Option<Finding> {
    let count = lines(source).filter(|count| *count > TOO_LONG)?;
    Some(Finding::new(&source.path, format!("{count} lines; the most is {TOO_LONG}")))
}

fn long(source: &Source) -> Option<Finding> {
    let count = lines(source).filter(|count| (LONG..=TOO_LONG).contains(count))?;
    Some(Finding::new(&source.path, format!("{count} lines; could it be two files?")))
}

/// Nothing half done, nothing switched off.
fn leftovers(source: &Source) -> Option<Finding> {
    source.lines().find_map(|(number, line)| {
        let (word, _) =
            LEFTOVERS.iter().find(|(word, kinds)| source.is(kinds) && line.contains(word))?;
        Some(Finding::new(format!("{}:{number}", source.path), format!("holds `{word}`")))
    })
}

/// Sources are ASCII: what looks like a letter is that letter. Texts for people are elsewhere.
fn ascii(source: &Source) -> Option<Finding> {
    if !source.is(&["rs", "js", "mjs", "sql", "toml"]) {
        return None;
    }
    let (number, _) = source.lines().find(|(_, line)| !line.is_ascii())?;
    Some(Finding::new(format!("{}:{number}", source.path), "is not ASCII; write \\u{..}"))
}

/// No path that exists on one machine only.
fn machines(source: &Source) -> Option<Finding> {
    let root = tree::root().to_string_lossy();
    source.lines().find_map(|(number, line)| {
        let place = MACHINES.iter().copied().chain([&*root]).find(|path| line.contains(path))?;
        let text = format!("holds {place}, a path of one machine");
        Some(Finding::new(format!("{}:{number}", source.path), text))
    })
}

/// Every member of the workspace takes the workspace's lints.
fn lints(source: &Source) -> Option<Finding> {
    let is_member = source.path.ends_with("/Cargo.toml") && !source.path.starts_with("fuzz/");
    let takes = source.text.contains("[lints]\nworkspace = true");
    (is_member && !takes).then(|| Finding::new(&source.path, "must say [lints] workspace = true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        assert!(header(&source("a.rs", "use x;\n")).is_some());
        assert!(header(&source("a.js", "import x from 'x';\n")).is_some());
        assert!(header(&source("a.rs", "//! What.\n")).is_none());
        assert!(header(&source("a.js", "#!/usr/bin/env node\n/** What. */\n")).is_none());
        assert!(header(&source("a.md", "anything")).is_none());
    }

    #[test]
    fn the_limits_of_length_are_exact() {
        let of = |count: usize| source("a.rs", &"x\n".repeat(count));
        assert!(length(&of(600)).is_none() && length(&of(601)).is_some());
        assert!(long(&of(399)).is_none() && long(&of(400)).is_some() && long(&of(601)).is_none());
    }

    #[test]
    fn leftovers_are_found_where_they_mean_one() {
        for (word, kinds) in LEFTOVERS {
            for kind in kinds {
                assert!(
                    leftovers(&source(&format!("a.{kind}"), word)).is_some(),
                    "{word} in {kind}"
                );
            }
        }
        assert!(leftovers(&source("a.rs", "things.iter().skip(1)")).is_none());
        assert!(leftovers(&source("a.md", concat!("FIX", "ME"))).is_none());
    }

    #[test]
    fn letters_that_only_look_like_letters_are_found() {
        assert_eq!(ascii(&source("a.rs", "x\n\u{430}")).unwrap().place, "a.rs:2");
        assert!(ascii(&source("a.ftl", "\u{e5}")).is_none());
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        for path in MACHINES {
            assert!(machines(&source("a.md", &format!("see {path}x"))).is_some());
        }
        assert!(machines(&source("a.md", &format!("see {}", tree::root().display()))).is_some());
        assert!(machines(&source("a.md", "see /var/lib/sigill")).is_none());
    }

    #[test]
    fn a_member_without_lints_is_found() {
        assert!(lints(&source("crates/x/Cargo.toml", "[package]\n")).is_some());
        assert!(lints(&source("crates/x/Cargo.toml", "[lints]\nworkspace = true\n")).is_none());
        assert!(lints(&source("Cargo.toml", "[workspace]\n")).is_none());
    }
}
