//! Other people's crates (R102): each from the registry and with its checksum, none that is banned, and
//! under no licence that `deny.toml` does not list.
//!
//! `cargo deny check` knows more. This is what can be known at once, with cargo alone.

use std::collections::BTreeSet;
use std::fs;

use crate::shell::{Failure, cargo, text};
use crate::tree;

use super::Finding;

/// One provider of cryptography and no OpenSSL; `deny.toml` says why.
const BANNED: [&str; 4] = ["openssl", "openssl-sys", "ring", "native-tls"];
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Looks at the lock files and at what is built.
pub(super) fn check() -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    for file in ["Cargo.lock", "fuzz/Cargo.lock"] {
        findings.extend(unchecked(file, &read(file)?));
    }
    let built = text(&mut cargo(
        "tree --workspace --edges normal,build --prefix none --no-dedupe --format {p}|{l}",
    ))?;
    findings.extend(banned(&built));
    let denied = read("deny.toml")?;
    findings.extend(licences(&built, &allowed(&denied)));
    Ok(findings)
}

fn read(file: &str) -> Result<String, Failure> {
    fs::read_to_string(tree::root().join(file))
        .map_err(|error| Failure::new(format!("{file} cannot be read: {error}")))
}

/// Packages that come from elsewhere than the registry, or whose content nothing vouches for.
fn unchecked(file: &str, lock: &str) -> Vec<Finding> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.map(|quoted| quoted.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").skip(1);
    let foreign = packages.filter(|package| match value(package, "source") {
        None => false, // one of ours
        Some(source) => {
            let sum = value(package, "checksum").unwrap_or_default();
            source != REGISTRY || sum.len() != 64
        }
    });
    let text = "does not come from the registry with a checksum";
    foreign
        .map(|package| value(package, "name").unwrap_or_default())
        .map(|name| Finding::new(file, format!("{name} {text}")))
        .collect()
}

fn banned(built: &str) -> Vec<Finding> {
    BANNED
        .into_iter()
        .filter(|name| built.lines().any(|line| line.split(' ').next() == Some(name)))
        .map(|name| {
            let text = format!("{name} came in; find out by whom: cargo tree -i {name}");
            Finding::new("Cargo.lock", text)
        })
        .collect()
}

/// The licences that `deny.toml` lists.
fn allowed(deny: &str) -> BTreeSet<&str> {
    let list = deny.split("allow = [").nth(1).and_then(|rest| rest.split(']').next());
    let lines = list.unwrap_or_default().lines();
    lines.filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect()
}

fn licences(built: &str, allowed: &BTreeSet<&str>) -> Vec<Finding> {
    let lines: BTreeSet<&str> = built.lines().collect();
    lines
        .into_iter()
        .filter_map(|line| line.split_once('|'))
        .filter(|(_, licence)| !permits(licence, allowed))
        .map(|(package, licence)| {
            let name = package.split(' ').next().unwrap_or(package);
            let text = format!("{name} is under `{licence}`, which deny.toml does not allow");
            Finding::new("Cargo.lock", text)
        })
        .collect()
}

/// Whether one of the ways that `expression` offers is allowed altogether. `AND` binds more than `OR`, and
/// what stands in brackets is judged first.
fn permits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let mut expression = expression.replace('/', " OR ");
    while let Some(end) = expression.find(')') {
        let (before, after) = expression.split_at(end);
        let Some((before, inner)) = before.rsplit_once('(') else { return false };
        let after = after.strip_prefix(')').unwrap_or(after);
        let judged = if permits_flat(inner, allowed) { YES } else { "no" };
        expression = format!("{before}{judged}{after}");
    }
    permits_flat(&expression, allowed)
}

/// Stands for brackets that were allowed.
const YES: &str = "yes";

fn permits_flat(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let known = |licence: &str| licence.trim() == YES || allowed.contains(licence.trim());
    expression.split(" OR ").any(|way| way.split(" AND ").all(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_crates_are_found_by_their_whole_name() {
        let found = banned("sigill v0.1.0|MIT\nring v0.17.14|ISC\n");
        assert_eq!(found.len(), 1);
        assert!(banned("string v1.0.0|MIT\nring-buffer v1.0.0|MIT\n").is_empty());
    }

    #[test]
    fn a_package_without_a_checksum_or_from_elsewhere_is_found() {
        let of =
            |lines: &str| unchecked("Cargo.lock", &format!("[[package]]\nname = \"x\"\n{lines}"));
        let sum = format!("checksum = \"{}\"\n", "0".repeat(64));
        assert!(of("version = \"1\"\n").is_empty(), "ours");
        assert!(of(&format!("source = \"{REGISTRY}\"\n{sum}")).is_empty());
        assert_eq!(of(&format!("source = \"{REGISTRY}\"\n")).len(), 1);
        assert_eq!(of(&format!("source = \"git+https://x.example/x\"\n{sum}")).len(), 1);
    }

    #[test]
    fn a_licence_is_judged_by_what_it_offers() {
        let allowed = allowed("[licenses]\nallow = [\n  \"MIT\",\n  \"BSD-3-Clause\",\n]\n");
        for good in ["MIT", "MIT/GPL-3.0", "GPL-3.0 OR MIT", "(X OR MIT) AND BSD-3-Clause"] {
            assert!(permits(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(X AND MIT) OR Y", "(MIT OR X) AND Y", ")"] {
            assert!(!permits(bad, &allowed), "{bad}");
        }
        let found = licences("a v1|MIT\nb v1 (proc-macro)|GPL-3.0\nb v1|GPL-3.0\n", &allowed);
        assert_eq!(found.len(), 2);
    }
}
