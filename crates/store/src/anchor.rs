//! The anchor: a small file outside of the data directory that remembers how far the audit trail had come.
//!
//! Whoever puts back an older copy of everything, keys of secrets included, undoes burns and openings. The
//! copy's trail is then shorter than the anchor says, or another one, and the program refuses to start on
//! it (R56). The limit: what was copied together with its anchor is not noticed, nor a copy from the few seconds
//! since it was last written.
//!
//! ```text
//! sigill anchor 1
//! event 1234
//! hash 64 hexadecimal digits
//! ```

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::audit::Head;

use crate::error::{OpenError, StoreError};
use crate::port::Result;
use crate::postgres::{self, Target};
use crate::sqlite;

const FIRST: &str = "sigill anchor 1";

/// Where the end of the trail is remembered.
#[derive(Clone, Debug)]
pub struct Anchor(PathBuf);

/// How much of a trail there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// The number of its last event.
    pub(crate) end: i64,
    /// The hash of the event that was asked for, if that is there.
    pub(crate) hash: Option<[u8; 32]>,
}

impl Anchor {
    /// The anchor in the file `path`.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Remembers `head`.
    pub fn write(&self, head: &Head) -> Result<()> {
        self.replace(head).map_err(StoreError::file(&self.0))
    }

    fn replace(&self, head: &Head) -> io::Result<()> {
        let mut text = format!("{FIRST}\nevent {}\nhash ", head.seq);
        for byte in head.hash {
            // A string takes everything.
            let _written = write!(text, "{byte:02x}");
        }
        text.push('\n');
        let mut part = OsString::from(&self.0);
        part.push(".part");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &self.0)?;
        let parent = self.0.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// What is remembered; `None` before anything was.
    pub fn read(&self) -> Result<Option<Head>, OpenError> {
        match fs::read_to_string(&self.0) {
            Ok(text) => parse(&text).map(Some).ok_or_else(|| OpenError::NoAnchor(self.0.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(OpenError::NoAnchor(self.0.clone()))
            }
            Err(error) => Err(StoreError::file(&self.0)(error).into()),
        }
    }

    /// Refuses the database in `dir`, or that of `target`, when it does not go on where this one was. Looks,
    /// and changes nothing.
    pub async fn hold(&self, dir: &Path, target: Option<&Target>) -> Result<(), OpenError> {
        let Some(known) = self.read()?.filter(|head| head.seq > 0) else { return Ok(()) };
        let reach = match target {
            None => sqlite::reach(dir, known.seq)?,
            Some(target) => postgres::reach(target, known.seq).await?,
        };
        let anchor = self.0.clone();
        match reach.hash {
            None => Err(OpenError::Older { anchor, known: known.seq, found: reach.end }),
            Some(hash) if hash != known.hash => {
                Err(OpenError::AnotherTrail { anchor, known: known.seq })
            }
            Some(_) => Ok(()),
        }
    }
}

fn parse(text: &str) -> Option<Head> {
    let mut lines = text.lines();
    let first = lines.next()?;
    let seq = lines.next()?.strip_prefix("event ")?.parse().ok()?;
    let digits = lines.next()?.strip_prefix("hash ")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if first != FIRST || lines.next().is_some() || digits.len() != 64 || !plain {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Head { seq, hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_says_again_what_it_was_told_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let anchor = Anchor::new(dir.path().join("anchor"));
        assert_eq!(anchor.read().unwrap(), None);
        let head = Head { seq: 77, hash: [0xA5; 32] };
        anchor.write(&Head::EMPTY).unwrap();
        anchor.write(&head).unwrap();
        assert_eq!(anchor.read().unwrap(), Some(head));
        let text = fs::read_to_string(dir.path().join("anchor")).unwrap();
        for damaged in [
            String::new(),
            text.replace("anchor 1", "anchor 2"),
            text.replace("77", "many"),
            text.replace("a5a5a5", "a5a5"),
            text.replace("a5a5a5", "a5a5x5"),
            text.replace("a5a5a5", "a5a5+5"),
            format!("{text}more\n"),
        ] {
            fs::write(dir.path().join("anchor"), &damaged).unwrap();
            let refused = anchor.read().unwrap_err();
            assert!(matches!(refused, OpenError::NoAnchor(_)), "{damaged}: {refused}");
        }
        fs::write(dir.path().join("anchor"), [0xFF, 0xFE]).unwrap();
        assert!(matches!(anchor.read(), Err(OpenError::NoAnchor(_))));
    }
}
