//! Links in the documents: to a file that is there, and to a heading that it has.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::tree::{self, Source};

use super::Finding;

/// Follows every relative link of every Markdown file.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let texts: HashMap<&str, &str> =
        sources.iter().map(|source| (source.path.as_str(), source.text.as_str())).collect();
    let there = |path: &str| tree::root().join(path).exists();
    let documents = sources.iter().filter(|source| source.is(&["md"]));
    documents.flat_map(|document| broken(document, &texts, &there)).collect()
}

fn broken(
    document: &Source,
    texts: &HashMap<&str, &str>,
    there: &dyn Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, target) in targets(&document.text) {
        let place = format!("{}:{number}", document.path);
        let (file, heading) = target.split_once('#').unwrap_or((target, ""));
        let path =
            if file.is_empty() { document.path.clone() } else { resolve(&document.path, file) };
        if !there(&path) {
            findings.push(Finding::new(place, format!("links to {file}, which is not there")));
        } else if let Some(text) = texts.get(path.as_str())
            && !heading.is_empty()
            && !headings(text).any(|known| known == heading)
        {
            findings.push(Finding::new(place, format!("{path} has no heading #{heading}")));
        }
    }
    findings
}

/// The relative targets of `[text](target)`, outside of code, with their lines.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        for (at, _) in line.match_indices("](") {
            let rest = line.get(at.saturating_add(2)..).unwrap_or_default();
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !is_elsewhere && !target.is_empty() {
                found.push((number, target));
            }
        }
    }
    found
}

/// The lines that are not inside a fence.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence
    })
}

/// The headings as links name them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter_map(|(_, line)| {
        let title =
            line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
        let kept = title.to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
    })
}

/// `file` as seen from the document at `from`, relative to the root.
fn resolve(from: &str, file: &str) -> String {
    let mut path = PathBuf::new();
    let base = Path::new(from).parent().unwrap_or_else(|| Path::new(""));
    for part in base.join(file).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir | Component::Prefix(_) | Component::RootDir => {}
        }
    }
    tree::relative(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let document = Source { path: "docs/guide/a.md".to_owned(), text: text.to_owned() };
        let texts = HashMap::from([
            ("docs/guide/a.md", text),
            ("README.md", "# The house\n\n## Two commands, no more\n"),
        ]);
        let there = |path: &str| texts.contains_key(path) || path == "docs";
        broken(&document, &texts, &there).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let text = "# Here\n[a](../../README.md) [b](../../README.md#two-commands-no-more) [c](#here)\n\
                    [d](https://example.org/x) [e](..)\n```\n[f](nowhere.md)\n```\n";
        assert_eq!(said(text), Vec::<String>::new());
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(said("[a](nowhere.md)").len(), 1);
        assert_eq!(said("[a](../../README.md#three-commands)").len(), 1);
        assert_eq!(said("[a](#nothing)").len(), 1);
    }
}
