//! Names of files as this machine will have them. A name from an envelope was chosen by a stranger.

use std::path::{Path, PathBuf};

use envelope::manifest::is_file_name;

use crate::terminal;

/// The longest name in bytes; file systems allow 255, and a number may be added.
const LONGEST: usize = 200;

/// A name that stays in its directory, hides nothing, is taken for no option and steers no terminal.
pub(super) fn safe(name: &str) -> String {
    if !is_file_name(name) {
        return "secret".to_owned();
    }
    let mut safe: String = name
        .chars()
        .map(|c| if terminal::is_control(c) || c == '/' || c == '\\' { '_' } else { c })
        .collect();
    if safe.starts_with(['.', '-', ' ', '~']) {
        safe.insert(0, '_');
    }
    while safe.len() > LONGEST {
        safe.pop();
    }
    safe
}

/// `dir/name`, told apart from what is taken.
pub(super) fn place(dir: &Path, name: &str, is_taken: impl Fn(&Path) -> bool) -> PathBuf {
    let name = safe(name);
    let path = dir.join(&name);
    if !is_taken(&path) {
        return path;
    }
    let numbered = (2_u32..).map(|number| dir.join(format!("{number}-{name}")));
    numbered.into_iter().find(|path| !is_taken(path)).unwrap_or(path)
}

/// A name like that of `path` and beside it that nothing has.
pub(super) fn vacant(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let dir = path.parent().unwrap_or(Path::new(""));
    place(dir, &name, |path| path.symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_out_of_its_directory() {
        for (name, expected) in [
            ("report.pdf", "report.pdf"),
            ("\u{e4} b.txt", "\u{e4} b.txt"),
            ("../../etc/passwd", "secret"),
            ("..", "secret"),
            ("a\\b", "secret"),
            ("", "secret"),
            ("a\u{1b}[2Jb", "secret"),
            (".bashrc", "_.bashrc"),
            ("-rf", "_-rf"),
            ("txt.\u{202e}exe", "secret"),
            ("a\u{9b}b", "secret"),
            ("a\u{200b}b", "a_b"),
        ] {
            assert_eq!(safe(name), expected);
        }
        assert!(safe(&"\u{e4}".repeat(400)).len() <= LONGEST);
    }

    #[test]
    fn two_files_of_one_secret_do_not_meet() {
        let dir = Path::new("d");
        let first = place(dir, "a", |_| false);
        let second = place(dir, "a", |path| path == first);
        assert_eq!((first, second), ("d/a".into(), "d/2-a".into()));
    }
}
