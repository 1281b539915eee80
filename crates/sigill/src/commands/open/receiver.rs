//! Where the content goes: standard output, memory, or files that appear only when they are whole.
//!
//! Small texts and fields are collected and shown at once. Files, and texts that are large, go on
//! piece by piece as they are opened; a file has another name until its last byte is on disk. Nothing
//! is overwritten.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use domain::entropy::draw;
use envelope::{Fault, Manifest, Sink};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use serde::Serialize;
use zeroize::Zeroizing;

use super::names::place;
use super::shown;
use crate::ambient::System;
use crate::failure::{Code, Failure};
use crate::interrupt::Scratch;
use crate::terminal;

/// The most that is collected in memory.
const MOST: u64 = 16 * 1024 * 1024;
/// What a text or fields are called in a directory.
const TEXT: &str = "secret.txt";

/// Where the content shall go.
pub(super) enum Target {
    /// Into this directory, under the names in the envelope, made safe.
    Directory(PathBuf),
    /// Into this file, which does not exist yet.
    File(PathBuf),
    /// To standard output.
    Output,
}

impl Target {
    /// What `--out` means: a directory that is there, or a file that is not.
    pub(super) fn find(path: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Output) };
        if path.is_dir() {
            return Ok(Self::Directory(path));
        }
        free(&path)?;
        match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() || parent.is_dir() => {
                Ok(Self::File(path))
            }
            Some(_) | None => {
                let text = "its directory does not exist. Nothing was opened";
                Err(Failure::new(Code::File, format!("{}: {text}", path.display())))
            }
        }
    }
}

/// Refuses a path where something is.
fn free(path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let text = "is there already and is not overwritten: move it, or choose another --out";
    Err(Failure::new(Code::File, format!("{} {text}", path.display())))
}

/// Why receiving stopped.
pub(super) enum Stop {
    /// The envelope is not whole.
    Fault(Fault),
    /// It cannot be put where it should go.
    Failure(Failure),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Takes the content as it is opened.
pub(super) struct Receiver {
    target: Target,
    field: Option<String>,
    json: bool,
    scratch: Scratch,
    to: To,
}

/// Where the next bytes go.
enum To {
    Files(Files),
    Memory { manifest: Manifest, bytes: Zeroizing<Vec<u8>> },
    Nowhere,
    Output,
}

impl Receiver {
    pub(super) const fn new(
        target: Target,
        field: Option<String>,
        json: bool,
        scratch: Scratch,
    ) -> Self {
        Self { target, field, json, scratch, to: To::Nowhere }
    }

    fn choose(&self, manifest: &Manifest) -> Result<To, Failure> {
        let size = manifest.contents_len();
        let in_memory = |manifest: &Manifest| {
            let capacity = usize::try_from(size).unwrap_or(0);
            let bytes = Zeroizing::new(Vec::with_capacity(capacity));
            To::Memory { manifest: manifest.clone(), bytes }
        };
        match manifest {
            Manifest::Fields(_) if size <= MOST => Ok(in_memory(manifest)),
            Manifest::Fields(_) => Err(large(size)),
            Manifest::Files(_) | Manifest::Text { .. } if self.field.is_some() => {
                Err(Failure::usage("this secret has no fields: open it without --field"))
            }
            Manifest::Text { .. } if size <= MOST => Ok(in_memory(manifest)),
            Manifest::Text { .. } if self.json => Err(large(size)),
            Manifest::Text { .. } => match &self.target {
                Target::Output => Ok(To::Output),
                Target::File(_) | Target::Directory(_) => self.files(&[(TEXT, size)]),
            },
            Manifest::Files(files) => {
                let files: Vec<_> = files.iter().map(|f| (f.name.as_str(), f.size)).collect();
                self.files(&files)
            }
        }
    }

    fn files(&self, files: &[(&str, u64)]) -> Result<To, Failure> {
        let mut paths = Vec::new();
        match (&self.target, files) {
            (Target::Output, [_]) if !self.json && !io::stdout().is_terminal() => {
                return Ok(To::Output);
            }
            (Target::Output, [..]) => {
                let count = files.len();
                return Err(Failure::usage(format!(
                    "this secret holds files ({count}): say where they go, with --out DIR"
                )));
            }
            (Target::File(path), [_]) => paths.push(path.clone()),
            (Target::File(_), [..]) => {
                let count = files.len();
                return Err(Failure::usage(format!(
                    "this secret holds {count} files: name a directory with --out"
                )));
            }
            (Target::Directory(dir), files) => {
                for (name, _) in files {
                    let path = place(dir, name, &paths);
                    free(&path)?;
                    paths.push(path);
                }
            }
        }
        let named = files.iter().map(|(name, _)| (*name).to_owned());
        let sizes = files.iter().map(|(_, size)| *size);
        let waiting: Vec<_> = paths.into_iter().zip(named).zip(sizes).rev().collect();
        let waiting = waiting.into_iter();
        let waiting = waiting.map(|((path, name), size)| Saved { name, size, path }).collect();
        Ok(To::Files(Files { waiting, written: Vec::new() }))
    }

    /// Everything has arrived and is whole: shows it, or gives the files their names. Only when this
    /// returns is the content safe.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self { target, field, json, scratch, to } = self;
        match to {
            To::Nowhere => Err(Failure::broken("the envelope had no content")),
            To::Output => io::stdout().flush().map_err(|error| Failure::output(&error)),
            To::Files(mut files) => {
                // Files without content have not been begun yet.
                files.put(&[], &scratch)?;
                let saved = files.commit(&scratch)?;
                if json { shown::print(&shown::files(&saved)?) } else { Ok(()) }
            }
            To::Memory { manifest, bytes } => {
                let path = match target {
                    Target::Output => None,
                    Target::File(path) => Some(path),
                    Target::Directory(dir) => Some(dir.join(TEXT)),
                };
                let bare = path.is_some() || !io::stdout().is_terminal();
                let text = shown::content(&manifest, &bytes, field.as_deref(), json, bare)?;
                let Some(path) = path else { return shown::print(&text) };
                free(&path)?;
                let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
                let saved = Saved { name: TEXT.to_owned(), size, path };
                let mut files = Files { waiting: vec![saved], written: Vec::new() };
                files.put(&text, &scratch)?;
                files.commit(&scratch).map(drop)
            }
        }
    }
}

fn large(size: u64) -> Failure {
    let size = terminal::bytes(size);
    Failure::usage(format!(
        "this secret is large ({size}): open it with --out FILE, without --json"
    ))
}

impl Sink for Receiver {
    type Error = Stop;

    fn manifest(&mut self, manifest: &Manifest) -> Result<(), Stop> {
        self.to = self.choose(manifest)?;
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        match &mut self.to {
            To::Files(files) => files.put(bytes, &self.scratch)?,
            To::Memory { bytes: collected, .. } => collected.extend_from_slice(bytes),
            To::Nowhere => return Err(Fault::BadManifest.into()),
            To::Output => {
                io::stdout().write_all(bytes).map_err(|error| Failure::output(&error))?;
            }
        }
        Ok(())
    }
}

/// A file that was or will be written.
#[derive(Serialize)]
pub(super) struct Saved {
    /// Its name in the envelope.
    name: String,
    /// Its length in bytes.
    size: u64,
    /// Where it is.
    #[serde(serialize_with = "shown::path")]
    path: PathBuf,
}

/// Files on their way to the disk.
struct Files {
    /// Not complete yet, the next one last.
    waiting: Vec<Saved>,
    /// Complete or under way, each under its name for the time being, with what is left of it.
    written: Vec<Unfinished>,
}

struct Unfinished {
    saved: Saved,
    part: PathBuf,
    file: File,
    left: u64,
}

impl Files {
    /// Writes on; a file that is full makes room for the next one.
    fn put(&mut self, mut bytes: &[u8], scratch: &Scratch) -> Result<(), Failure> {
        loop {
            if self.written.last().is_none_or(|last| last.left == 0) {
                let Some(saved) = self.waiting.pop_if(|next| next.size == 0 || !bytes.is_empty())
                else {
                    return Ok(());
                };
                self.written.push(Unfinished::begin(saved, scratch)?);
            }
            let Some(last) = self.written.last_mut() else { return Ok(()) };
            let most = usize::try_from(last.left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(most);
            let written = last.file.write_all(now);
            written.map_err(|error| Failure::file(&last.saved.path, &error))?;
            last.left = last.left.saturating_sub(u64::try_from(most).unwrap_or(0));
            bytes = later;
            if last.left > 0 {
                return Ok(());
            }
        }
    }

    /// Every file is whole: syncs them, then gives them their names. All or none.
    fn commit(self, scratch: &Scratch) -> Result<Vec<Saved>, Failure> {
        for Unfinished { file, saved, .. } in &self.written {
            file.sync_all().map_err(|error| Failure::file(&saved.path, &error))?;
        }
        let mut named = Vec::new();
        for Unfinished { part, saved, .. } in self.written {
            let result = scratch.finish(&part, || rename(&part, &saved.path));
            if let Err(error) = result {
                for Saved { path, .. } in named {
                    // Ours, made a moment ago.
                    drop(fs::remove_file(path));
                }
                return Err(Failure::file(&saved.path, &error));
            }
            named.push(saved);
        }
        for Saved { path, size, .. } in &named {
            sync_directory(path).map_err(|error| Failure::file(path, &error))?;
            let name = path.display().to_string();
            let name = terminal::harmless(&name);
            terminal::note(&format!("Saved {} ({}).", *name, terminal::bytes(*size)));
        }
        Ok(named)
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
