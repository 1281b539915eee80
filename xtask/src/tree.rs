//! The files of the repository: where they are and which of them we wrote.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::Failure;

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 4] = [".git", "node_modules", "target", "vendor"];

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// A file that we wrote.
pub(crate) struct Source {
    /// Relative to the root, with forward slashes.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl Source {
    /// Whether the name ends in one of `endings`.
    pub(crate) fn is(&self, endings: &[&str]) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| endings.iter().any(|ending| found == *ending))
    }

    /// The lines, counted from one.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// Every text file below `dir` that we wrote, in the order of their names.
pub(crate) fn sources(dir: &Path) -> Result<Vec<Source>, Failure> {
    let mut found = Vec::new();
    walk(dir, &mut |path| {
        // What is not UTF-8 is a picture or a vector, not a source.
        if let Ok(text) = fs::read_to_string(path) {
            found.push(Source { path: relative(path), text });
        }
        Ok(())
    })?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// Hands every file below `dir` to `take`, except in folders that hold nothing of ours.
pub(crate) fn walk(
    dir: &Path,
    take: &mut impl FnMut(&Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let fault = |error| Failure::new(format!("{}: {error}", dir.display()));
    for entry in fs::read_dir(dir).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(fault)?;
        let foreign = FOREIGN.iter().any(|name| entry.file_name() == *name);
        if kind.is_dir() && !foreign {
            walk(&path, take)?;
        } else if kind.is_file() {
            take(&path)?;
        }
    }
    Ok(())
}

/// A path as messages show it.
pub(crate) fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// A folder for what is made on the way, empty and below `target/`.
pub(crate) fn scratch(name: &str) -> Result<PathBuf, Failure> {
    let dir = root().join("target").join("xtask").join(name);
    let fault = |error| Failure::new(format!("{}: {error}", dir.display()));
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(fault)?;
    }
    fs::create_dir_all(&dir).map_err(fault)?;
    Ok(dir)
}
