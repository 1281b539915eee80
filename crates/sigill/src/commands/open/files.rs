//! Files on their way to the disk: one is open at a time, each has another name until all are whole, and
//! then all get their names or none. Nothing is overwritten.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use domain::entropy::draw;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use serde::Serialize;

use super::names::vacant;
use super::shown;
use crate::ambient::System;
use crate::failure::Failure;
use crate::interrupt::Scratch;
use crate::terminal;

/// A file that was or will be written.
#[derive(Serialize)]
pub(super) struct Saved {
    /// Its name in the envelope.
    pub(super) name: String,
    /// Its length in bytes.
    pub(super) size: u64,
    /// Where it is.
    #[serde(serialize_with = "shown::path")]
    pub(super) path: PathBuf,
}

/// Files on their way to the disk. One is open at a time.
pub(super) struct Files {
    /// Not begun yet, the next one last.
    pub(super) waiting: Vec<Saved>,
    /// Under way.
    current: Option<Unfinished>,
    /// On disk, each under its name for the time being.
    whole: Vec<(PathBuf, Saved)>,
}

struct Unfinished {
    saved: Saved,
    part: PathBuf,
    file: File,
    left: u64,
}

impl Files {
    /// The files, the first one last.
    pub(super) const fn new(waiting: Vec<Saved>) -> Self {
        Self { waiting, current: None, whole: Vec::new() }
    }

    /// Writes on; a file that is full makes room for the next one.
    pub(super) fn put(&mut self, mut bytes: &[u8], scratch: &Scratch) -> Result<(), Failure> {
        loop {
            if self.current.is_none() {
                let Some(saved) = self.waiting.pop_if(|next| next.size == 0 || !bytes.is_empty())
                else {
                    return Ok(());
                };
                self.current = Some(Unfinished::begin(saved, scratch)?);
            }
            let Some(current) = &mut self.current else { return Ok(()) };
            let most = usize::try_from(current.left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(most);
            let written = current.file.write_all(now);
            written.map_err(|error| Failure::file(&current.saved.path, &error))?;
            current.left = current.left.saturating_sub(u64::try_from(most).unwrap_or(0));
            bytes = later;
            let Some(full) = self.current.take_if(|current| current.left == 0) else {
                return Ok(());
            };
            let Unfinished { saved, part, file, .. } = full;
            file.sync_all().map_err(|error| Failure::file(&saved.path, &error))?;
            self.whole.push((part, saved));
        }
    }

    /// Every file is whole and on disk: gives them their names. All or none, whatever comes between.
    pub(super) fn commit(self, scratch: &Scratch, again: bool) -> Result<Vec<Saved>, Failure> {
        let (parts, mut files): (Vec<_>, Vec<_>) = self.whole.into_iter().unzip();
        let mut blamed = files.first().map(|saved: &Saved| saved.path.clone()).unwrap_or_default();
        let named = scratch.finish(&parts, || {
            let mut named = Vec::<PathBuf>::new();
            for (part, saved) in parts.iter().zip(&mut files) {
                let mut result = rename(part, &saved.path);
                if !again && is_taken(&result) {
                    saved.path = vacant(&saved.path);
                    result = rename(part, &saved.path);
                }
                if let Err(error) = result {
                    blamed.clone_from(&saved.path);
                    for path in named {
                        // Ours, made a moment ago.
                        drop(fs::remove_file(path));
                    }
                    return Err(error);
                }
                named.push(saved.path.clone());
            }
            Ok(())
        });
        named.map_err(|error| Failure::file(&blamed, &error))?;
        for Saved { path, size, .. } in &files {
            sync_directory(path).map_err(|error| Failure::file(path, &error))?;
            let name = path.display().to_string();
            let name = terminal::one_line(&name);
            terminal::note(&format!("Saved {} ({}).", *name, terminal::bytes(*size)));
        }
        Ok(files)
    }
}

impl Unfinished {
    fn begin(saved: Saved, scratch: &Scratch) -> Result<Self, Failure> {
        let random = u64::from_be_bytes(draw(&System));
        let part = saved.path.with_file_name(format!(".sigill-{random:016x}.part"));
        let made = scratch.create(&part);
        let file = made.map_err(|error| Failure::file(&saved.path, &error))?;
        let left = saved.size;
        Ok(Self { saved, part, file, left })
    }
}

fn is_taken(result: &io::Result<()>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
}

/// Gives a file its name, unless something has it.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // A file system without this: a second name and one less come to the same.
        Err(Errno::INVAL | Errno::NOSYS) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        Err(errno) => Err(errno.into()),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}
