//! The envelope's test vectors: made by the testkit's generator, kept in `docs/spec/vectors/`.
//!
//! They are made anew into an empty folder. [`run`] puts them in the place of the old ones; [`check`]
//! says whether they are the same to the byte, so that what both implementations pass is what the
//! generator says and nothing that somebody edited.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::shell::{Failure, cargo, quiet};
use crate::tree;

const LIMIT: Duration = Duration::from_mins(20);

/// Writes the vectors anew.
pub(crate) fn run() -> Result<(), Failure> {
    let made = generate()?;
    let place = place();
    let fault = |error| Failure::new(format!("{}: {error}", place.display()));
    fs::remove_dir_all(&place).map_err(fault)?;
    fs::create_dir_all(&place).map_err(fault)?;
    for (name, bytes) in &made {
        fs::write(place.join(name), bytes).map_err(fault)?;
    }
    println!("{} vectors in docs/spec/vectors", made.len());
    Ok(())
}

/// Fails when the vectors are not those that the generator makes.
pub(crate) fn check() -> Result<(), Failure> {
    let differences = compare(&generate()?, &read(&place())?);
    if differences.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "docs/spec/vectors is not what the generator makes (cargo xtask vectors):\n{}",
        differences.join("\n")
    )))
}

fn place() -> PathBuf {
    tree::root().join("docs").join("spec").join("vectors")
}

fn generate() -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let dir = tree::scratch("vectors")?;
    let mut command = cargo("run --quiet --package sigill-testkit --bin vectors --");
    quiet(command.arg(&dir), LIMIT)?;
    read(&dir)
}

fn read(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut files = BTreeMap::new();
    tree::walk(dir, &mut |path| {
        let name = path.strip_prefix(dir).unwrap_or(path).to_string_lossy().into_owned();
        let bytes = fs::read(path).map_err(|error| Failure::new(format!("{name}: {error}")))?;
        files.insert(name, bytes);
        Ok(())
    })?;
    Ok(files)
}

fn compare(made: &BTreeMap<String, Vec<u8>>, kept: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, bytes) in made {
        match kept.get(name) {
            Some(kept) if kept == bytes => {}
            Some(_) => differences.push(format!("{name} differs")),
            None => differences.push(format!("{name} is missing")),
        }
    }
    let more = kept.keys().filter(|name| !made.contains_key(*name));
    differences.extend(more.map(|name| format!("{name} is made by nobody")));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named() {
        let folder = |files: &[(&str, &str)]| {
            files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect()
        };
        let made = folder(&[("a", "1"), ("b", "2")]);
        assert!(compare(&made, &made).is_empty());
        let kept = folder(&[("b", "3"), ("c", "4")]);
        assert_eq!(compare(&made, &kept), ["a is missing", "b differs", "c is made by nobody"]);
    }
}
