//! What other people made, in [`FOLDERS`]: every file is listed with its checksum, and still is what it
//! was when somebody read it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::shell::{Failure, text};
use crate::tree;

use super::Finding;

/// The list, in the form of `sha256sum`.
const LIST: &str = "SHA256SUMS";

/// Where such files are: what browsers run, and the passwords that many choose.
const FOLDERS: [&str; 2] = ["web/vendor", "crates/domain/vendor"];

/// Compares the lists with the files.
pub(super) fn check() -> Result<Vec<Finding>, Failure> {
    let found = FOLDERS.into_iter().map(folder).collect::<Result<Vec<_>, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn folder(folder: &str) -> Result<Vec<Finding>, Failure> {
    let dir = tree::root().join(folder);
    // Without a list, nothing is listed.
    let list = fs::read_to_string(dir.join(LIST)).unwrap_or_default();
    let mut paths = Vec::new();
    tree::walk(&dir, &mut |path| {
        let name = path.strip_prefix(&dir).unwrap_or(path).to_string_lossy().into_owned();
        if !matches!(name.as_str(), LIST | "README.md") {
            paths.push(name);
        }
        Ok(())
    })?;
    let sums = text(Command::new("sha256sum").current_dir(&dir).args(&paths))?;
    Ok(compare(folder, &read(&list), &read(&sums)))
}

/// Checksums by file, from lines of a checksum, two spaces and a file.
fn read(list: &str) -> BTreeMap<&str, &str> {
    let lines = list.lines().filter_map(|line| line.split_once(char::is_whitespace));
    lines.map(|(sum, file)| (file.trim_start_matches([' ', '*']), sum)).collect()
}

fn compare(
    folder: &str,
    listed: &BTreeMap<&str, &str>,
    found: &BTreeMap<&str, &str>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, sum) in found {
        let text = match listed.get(file) {
            Some(known) if known == sum => continue,
            Some(_) => format!("is not the file that {LIST} lists"),
            None => format!("is not listed in {LIST}"),
        };
        findings.push(Finding::new(format!("{folder}/{file}"), text));
    }
    let missing = listed.keys().filter(|file| !found.contains_key(*file));
    findings.extend(missing.map(|file| {
        Finding::new(format!("{folder}/{file}"), format!("is listed in {LIST} and not there"))
    }));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_altered_an_added_and_a_missing_file_are_found() {
        let listed = read("aa  one.js\nbb  two.js\ncc *three.js\n");
        assert!(compare("web/vendor", &listed, &listed).is_empty());
        let found = read("aa  one.js\nb0  two.js\ndd  four.js\n");
        let findings = compare("web/vendor", &listed, &found);
        let said: Vec<&str> = findings.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(said, ["web/vendor/four.js", "web/vendor/two.js", "web/vendor/three.js"]);
    }
}
