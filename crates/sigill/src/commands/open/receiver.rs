//! Where the content goes: standard output, memory, or files that appear only when they are whole.
//!
//! Small texts and fields are collected and shown at once. Files, and texts that are large, go on
//! piece by piece as they are opened; a file has another name until its last byte is on disk. Nothing
//! is overwritten. What does not fit is refused only while it can be opened again; what cannot is saved
//! where there is room for it.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use domain::entropy::draw;
use envelope::{Fault, Manifest, Sink};
use zeroize::Zeroizing;

use super::files::{Files, Saved};
use super::names::{place, vacant};
use super::shown;
use crate::ambient::System;
use crate::commands::share::fields::name;
use crate::failure::{Code, Failure};
use crate::interrupt::Scratch;
use crate::terminal;

/// The most that is collected in memory.
const MOST: u64 = 16 * 1024 * 1024;
/// What a text or fields are called in a directory.
const TEXT: &str = "secret.txt";
/// Where everybody may write, when the place that was named cannot be written.
const COMMON: &str = "/tmp";

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
    /// Whether standard output is somebody's screen.
    screen: bool,
    /// Whether a refusal costs nothing.
    again: bool,
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
    pub(super) fn new(target: Target, field: Option<String>, json: bool, scratch: Scratch) -> Self {
        let screen = io::stdout().is_terminal();
        Self { target, field, json, screen, again: false, scratch, to: To::Nowhere }
    }

    /// The same, for a secret that can be opened once more or, without `again`, cannot.
    pub(super) fn of(self, again: bool) -> Self {
        Self { again, ..self }
    }

    /// Refuses what can be opened again. For the rest `failure` is only said.
    fn refuse(&self, failure: Failure) -> Result<(), Failure> {
        if self.again {
            return Err(failure);
        }
        terminal::note(&format!(
            "Note: {failure}. There is no second time for this one, so it is handed out \
             nevertheless."
        ));
        Ok(())
    }

    fn choose(&self, manifest: &Manifest) -> Result<To, Failure> {
        let size = manifest.contents_len();
        if self.field.is_some() && !matches!(manifest, Manifest::Fields(_)) {
            self.refuse(Failure::usage("this secret has no fields: open it without --field"))?;
        }
        let to_output = matches!(self.target, Target::Output);
        match manifest {
            Manifest::Fields(_) | Manifest::Text { .. } if size <= MOST => {
                let capacity = usize::try_from(size).unwrap_or(0);
                let bytes = Zeroizing::new(Vec::with_capacity(capacity));
                Ok(To::Memory { manifest: manifest.clone(), bytes })
            }
            Manifest::Fields(fields) => {
                self.refuse(large(size))?;
                let fields: Vec<_> = fields.iter().map(|f| (name(&f.role), f.size)).collect();
                self.save(&fields)
            }
            Manifest::Text { .. } if to_output && !self.json && !self.screen => Ok(To::Output),
            Manifest::Text { .. } => {
                if to_output || self.json {
                    self.refuse(large(size))?;
                }
                self.save(&[(TEXT, size)])
            }
            Manifest::Files(files) => {
                let files: Vec<_> = files.iter().map(|f| (f.name.as_str(), f.size)).collect();
                self.files(&files)
            }
        }
    }

    fn files(&self, files: &[(&str, u64)]) -> Result<To, Failure> {
        let count = files.len();
        match (&self.target, files) {
            (Target::Output, [_]) if !self.json && !self.screen => return Ok(To::Output),
            (Target::Output, [..]) => self.refuse(Failure::usage(format!(
                "this secret holds files ({count}): say where they go, with --out DIR"
            )))?,
            (Target::File(_), [_]) | (Target::Directory(_), [..]) => {}
            (Target::File(_), [..]) => self.refuse(Failure::usage(format!(
                "this secret holds {count} files: name a directory with --out"
            )))?,
        }
        self.save(files)
    }

    /// Into the file or the directory that was named, or into one that is made for it.
    fn save(&self, files: &[(&str, u64)]) -> Result<To, Failure> {
        let mut paths = Vec::new();
        if let (Target::File(path), [_]) = (&self.target, files) {
            paths.push(path.clone());
        } else {
            let dir = match &self.target {
                Target::Directory(dir) => dir.clone(),
                Target::File(path) => self.fresh(path.parent().unwrap_or(Path::new("")))?,
                Target::Output => self.fresh(Path::new(""))?,
            };
            for (name, _) in files {
                let path = place(&dir, name, |path| paths.iter().any(|taken| taken == path));
                paths.push(self.free(path)?);
            }
        }
        let named = files.iter().map(|(name, _)| (*name).to_owned());
        let sizes = files.iter().map(|(_, size)| *size);
        let waiting: Vec<_> = paths.into_iter().zip(named).zip(sizes).rev().collect();
        let waiting = waiting.into_iter();
        let waiting = waiting.map(|((path, name), size)| Saved { name, size, path }).collect();
        Ok(To::Files(Files::new(waiting)))
    }

    /// `path`, or what is free beside it.
    fn free(&self, path: PathBuf) -> Result<PathBuf, Failure> {
        let Err(failure) = free(&path) else { return Ok(path) };
        self.refuse(failure)?;
        Ok(vacant(&path))
    }

    /// A directory that was not there before, in `parent` if that can be written.
    fn fresh(&self, parent: &Path) -> Result<PathBuf, Failure> {
        let name = format!("sigill-{:016x}", u64::from_be_bytes(draw(&System)));
        let near = parent.join(&name);
        if self.scratch.directory(&near).is_ok() {
            return Ok(near);
        }
        let far = Path::new(COMMON).join(name);
        let made = self.scratch.directory(&far);
        made.map(|()| far).map_err(|error| Failure::file(&near, &error))
    }

    /// Everything has arrived and is whole: shows it, or gives the files their names. Only when this
    /// returns is the content safe.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        match std::mem::replace(&mut self.to, To::Nowhere) {
            To::Nowhere => Err(Failure::broken("the envelope had no content")),
            To::Output => io::stdout().flush().map_err(|error| Failure::output(&error)),
            To::Files(mut files) => {
                // Files without content have not been begun yet.
                files.put(&[], &self.scratch)?;
                let saved = files.commit(&self.scratch, self.again)?;
                if self.json { shown::print(&shown::files(&saved)?) } else { Ok(()) }
            }
            To::Memory { manifest, bytes } => {
                let path = match &self.target {
                    Target::Output => None,
                    Target::File(path) => Some(path.clone()),
                    Target::Directory(dir) => Some(dir.join(TEXT)),
                };
                let text = self.shown(&manifest, &bytes, path.is_some() || !self.screen)?;
                let Some(path) = path else { return shown::print(&text) };
                let path = self.free(path)?;
                let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
                let mut files = Files::new(vec![Saved { name: TEXT.to_owned(), size, path }]);
                files.put(&text, &self.scratch)?;
                files.commit(&self.scratch, self.again).map(drop)
            }
        }
    }

    fn shown(
        &self,
        manifest: &Manifest,
        bytes: &[u8],
        bare: bool,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match shown::content(manifest, bytes, self.field.as_deref(), self.json, bare) {
            // No field of that name: all of them.
            Err(failure) if failure.code() == Code::Usage => {
                self.refuse(failure)?;
                shown::content(manifest, bytes, None, self.json, bare)
            }
            shown => shown,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn receiver(again: bool) -> Receiver {
        let receiver = Receiver::new(Target::Output, None, false, Scratch::default());
        Receiver { screen: true, ..receiver }.of(again)
    }

    /// What is too large to be made harmless goes into a file, or is opened again.
    #[test]
    fn a_large_text_never_goes_to_a_terminal_as_it_is() {
        let text = Manifest::Text { size: MOST + 1 };
        let refused = receiver(true).choose(&text).err().unwrap();
        assert!(refused.to_string().contains("--out FILE"));
        let once = receiver(false);
        let Ok(To::Files(files)) = once.choose(&text) else { panic!("not into a file") };
        let path = files.waiting.first().unwrap().path.clone();
        let dir = path.parent().unwrap();
        assert!(dir.is_dir() && path.ends_with(TEXT));
        // Nothing came of it: the directory goes too.
        once.scratch.close();
        assert!(!dir.exists());
    }
}
