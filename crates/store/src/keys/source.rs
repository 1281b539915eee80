//! Where the server's keys are kept: a file, a credential of systemd's, a variable, a program.
//!
//! A file is made at the first start, readable by its owner alone; keys in any other place are put there by
//! the operator. What others can read is refused (R47). Messages name the source, never what is in it.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use domain::entropy::Entropy;
use zeroize::{Zeroize as _, Zeroizing};

use super::text::{KeysText, MOST};
use super::{ServerKeys, command};
use crate::error::{OpenError, StoreError};

/// Where the server's keys are kept.
#[derive(Debug)]
pub enum KeySource {
    /// A program and its arguments; its standard output is the keys.
    Command(Vec<String>),
    /// A credential that systemd has put into a file.
    Credential {
        /// Its name in the unit.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        name: String,
        /// Its value, if there is one.
        value: Option<Zeroizing<String>>,
    },
    /// A file.
    File(PathBuf),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Arguments may hold what nobody should read in a log.
            Self::Command(words) => {
                write!(f, "the command for keys {}", words.first().map_or("", |word| word))
            }
            Self::Credential { name, .. } => write!(f, "the credential with keys {name}"),
            Self::Environment { name, .. } => write!(f, "the variable with keys {name}"),
            Self::File(path) => write!(f, "the keys file {}", path.display()),
        }
    }
}

/// What tells one version of a file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl KeySource {
    /// The file in the data directory `dir`.
    pub fn in_directory(dir: &Path) -> Self {
        Self::File(dir.join("server.keys"))
    }

    /// Reads the keys, or makes new ones when there is no file and `fresh` says that there is no
    /// database either.
    pub(crate) fn load(
        &self,
        fresh: bool,
        entropy: &dyn Entropy,
    ) -> Result<(ServerKeys, Option<Stamp>), OpenError> {
        // Before it is read: what changes meanwhile is seen the next time.
        let stamp = self.stamp();
        match (self.read()?, self) {
            (Some(text), _) => {
                self.forget_other_name()?;
                Ok((text.keys(), stamp))
            }
            (None, Self::File(path)) if fresh => {
                let text = KeysText::fresh(entropy);
                make(path, &text).map_err(StoreError::file(path))?;
                Ok((text.keys(), self.stamp()))
            }
            (None, _) if fresh => Err(OpenError::NoKeys(self.to_string())),
            (None, _) => Err(OpenError::KeysMissing(self.to_string())),
        }
    }

    /// Removes the other name of a file that was being made when the program was killed: keys have one
    /// place, and those that were replaced must be gone.
    fn forget_other_name(&self) -> Result<(), OpenError> {
        let Self::File(path) = self else { return Ok(()) };
        let part = beside(path);
        let same = |(one, other): (Metadata, Metadata)| {
            (one.dev(), one.ino()) == (other.dev(), other.ino())
        };
        if fs::metadata(path).ok().zip(fs::symlink_metadata(&part).ok()).is_some_and(same) {
            fs::remove_file(&part).map_err(StoreError::file(part))?;
        }
        Ok(())
    }

    /// Reads the text; `None` when there is nothing.
    pub fn read(&self) -> Result<Option<KeysText>, OpenError> {
        match self {
            Self::Command(words) => {
                let output = command::output(words);
                let output = output.map_err(|fault| self.command_failed(fault))?;
                self.judge(output).map(Some)
            }
            Self::Environment { value: None, .. } => Ok(None),
            Self::Environment { value: Some(value), .. } => {
                KeysText::new(value.clone()).map_err(|reason| self.refused(reason)).map(Some)
            }
            Self::Credential { path, .. } | Self::File(path) => match File::open(path) {
                Ok(file) => self.text_of(&file, path).map(Some),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(StoreError::file(path)(error).into()),
            },
        }
    }

    /// What tells whether it must be read anew. A variable never changes while the program runs; a
    /// command is run when somebody asks for it.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Command(_) | Self::Environment { .. } => None,
            Self::Credential { path, .. } | Self::File(path) => {
                fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata))
            }
        }
    }

    /// Holds it, so that it can be replaced and nobody else replaces it meanwhile.
    pub fn hold(&self) -> Result<Held, OpenError> {
        let missing = || OpenError::KeysMissing(self.to_string());
        let Self::File(path) = self else {
            return Ok(Held { text: self.read()?.ok_or_else(missing)?, file: None });
        };
        // A link stays one: what it leads to is replaced.
        let path = match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            found => found.map_err(StoreError::file(path))?,
        };
        loop {
            let file = File::open(&path).map_err(StoreError::file(&path))?;
            file.lock().map_err(StoreError::file(&path))?;
            let held = file.metadata().map_err(StoreError::file(&path))?;
            let there = fs::metadata(&path).map_err(StoreError::file(&path))?;
            // Whoever held it before may have replaced it.
            if (held.dev(), held.ino()) == (there.dev(), there.ino()) {
                let text = self.text_of(&file, &path)?;
                return Ok(Held { text, file: Some((path, file)) });
            }
        }
    }

    fn text_of(&self, file: &File, path: &Path) -> Result<KeysText, OpenError> {
        let metadata = file.metadata().map_err(StoreError::file(path))?;
        let mode = metadata.mode() & 0o777;
        // systemd lets the unit's user read by an access list, which shows as a group that may read.
        let open = mode & if matches!(self, Self::Credential { .. }) { 0o037 } else { 0o077 };
        if open != 0 {
            return Err(OpenError::KeysOpen {
                keys: self.to_string(),
                path: path.to_owned(),
                mode,
            });
        }
        self.judge(command::bounded(&mut &*file).map_err(StoreError::file(path))?)
    }

    fn judge(&self, bytes: Zeroizing<Vec<u8>>) -> Result<KeysText, OpenError> {
        let mut bytes = bytes;
        if bytes.len() > MOST {
            return Err(self.refused("it is too long"));
        }
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => KeysText::new(Zeroizing::new(text)).map_err(|reason| self.refused(reason)),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(self.refused("it is not text"))
            }
        }
    }

    fn refused(&self, reason: &'static str) -> OpenError {
        OpenError::Keys { keys: self.to_string(), reason }
    }

    fn command_failed(&self, fault: String) -> OpenError {
        OpenError::KeysCommand { keys: self.to_string(), fault }
    }
}

/// Keys that are about to be replaced.
pub struct Held {
    text: KeysText,
    /// The file, locked; `None` when somebody else keeps the keys.
    file: Option<(PathBuf, File)>,
}

impl Held {
    /// The keys as they are.
    pub const fn text(&self) -> &KeysText {
        &self.text
    }

    /// Puts `text` in their place, whole or not at all; mode and owner stay. Gives it back when it is
    /// for somebody else to put it there.
    pub fn replace(self, text: KeysText) -> Result<Option<KeysText>, OpenError> {
        let Some((path, file)) = self.file else { return Ok(Some(text)) };
        let replaced = replace(&path, &file, &text);
        if replaced.is_err() {
            // Half a file of keys is of use to nobody.
            drop(fs::remove_file(beside(&path)));
        }
        replaced.map_err(StoreError::file(&path))?;
        Ok(None)
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes `text` beside `path`.
fn write_beside(path: &Path, mode: u32, text: &KeysText) -> io::Result<(PathBuf, File)> {
    let part = beside(path);
    // What an interrupted one left may be somebody else's to read.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&part)?;
    file.write_all(text.expose().as_bytes())?;
    Ok((part, file))
}

/// Makes a file where there is none: whole or not at all, for one that was cut would keep the program
/// from ever starting.
fn make(path: &Path, text: &KeysText) -> io::Result<()> {
    let (part, file) = write_beside(path, 0o600, text)?;
    file.sync_all()?;
    fs::hard_link(&part, path)?;
    fs::remove_file(&part)?;
    sync_parent(path)
}

/// Replaces the file at `path`, which is `old`.
fn replace(path: &Path, old: &File, text: &KeysText) -> io::Result<()> {
    let was = old.metadata()?;
    let (part, file) = write_beside(path, was.mode() & 0o700, text)?;
    let is = file.metadata()?;
    if (is.uid(), is.gid()) != (was.uid(), was.gid()) {
        fchown(&file, Some(was.uid()), Some(was.gid()))?;
    }
    file.sync_all()?;
    fs::rename(&part, path)?;
    sync_parent(path)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
