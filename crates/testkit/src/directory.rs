//! Data directories as somebody has them who copies files: whole, or without some, and the keys in them.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Copies every file below `from` to `to`. A socket is none: it is the running program's.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// The wrapped keys in the `secret.keys` of a directory, by row.
pub fn keys(dir: &Path) -> BTreeMap<u64, [u8; 40]> {
    let bytes = fs::read(dir.join("secret.keys")).expect("a file");
    let slots = bytes.as_chunks::<64>().0.iter();
    slots
        .filter(|slot| slot.iter().any(|byte| *byte != 0))
        .map(|slot| {
            let (row, rest) = slot.split_first_chunk().expect("a row");
            (u64::from_be_bytes(*row), *rest.first_chunk().expect("a key"))
        })
        .collect()
}
