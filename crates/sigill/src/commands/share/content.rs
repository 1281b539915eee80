//! What is shared: a text or bytes from standard input, fields, or files.
//!
//! Text and fields lie in memory, in pieces that are zeroized; an envelope begins with the length of
//! what it holds, so standard input has to be read to its end first, and has a limit. Files have none:
//! they are read as they are sealed, as often as they are sent. Every attempt seals under the same key
//! and nonces, so nothing is sealed that differs from what was read before (law 3).

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use client::Sealed;
use envelope::manifest::{Field, File as Entry, MAX_FILES, Manifest, Role, is_file_name};
use envelope::{Keys, Sealer};
use futures_util::stream::poll_fn;
use indicatif::ProgressBar;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::failure::{Code, Failure};
use crate::terminal;

/// The most that is read from standard input.
pub(super) const MOST: u64 = 16 * 1024 * 1024;
/// How much is read and sealed at once.
const PIECE: usize = 64 * 1024;
/// How many sealed pieces wait to be sent.
const AHEAD: usize = 4;
/// What bytes from standard input are called when nobody names them.
const UNNAMED: &str = "secret.bin";
/// Why a file is not sealed again.
const CHANGED: &str = "the file changed while it was sent";

/// What is shared.
pub(super) struct Content {
    pub(super) manifest: Manifest,
    parts: Vec<Part>,
    seen: Seen,
}

/// The hash of every piece of the files, from when it was read first: 512 KiB for a gigabyte.
#[derive(Default)]
struct Seen(Mutex<Vec<[u8; 32]>>);

impl Seen {
    /// Refuses a piece that is not what it was at `place`. An attempt comes to a place only after all
    /// places before it.
    fn check(&self, place: usize, plain: &[u8]) -> io::Result<()> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, plain).as_ref());
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(place) {
            None => seen.push(hash),
            Some(first) if *first == hash => {}
            Some(_) => return Err(io::Error::other(CHANGED)),
        }
        drop(seen);
        Ok(())
    }
}

enum Part {
    Memory(Vec<Zeroizing<Vec<u8>>>),
    File { file: File, size: u64 },
}

impl Content {
    /// Everything that `input` has. Bytes that are not text, or that have a `name`, become a file.
    pub(super) fn from_input(input: impl Read, name: Option<&str>) -> Result<Self, Failure> {
        let pieces = read(input)?;
        let size = pieces.iter().map(|piece| length(piece)).fold(0, u64::saturating_add);
        if size == 0 {
            terminal::note("Note: standard input was empty, and so is the secret.");
        }
        let name = match name {
            Some(name) => Some(file_name(name)?),
            None if is_text(&pieces) => None,
            None => {
                terminal::note(&format!(
                    "Note: this is not text (UTF-8), so it is shared as a file called {UNNAMED}; \
                     --name gives it another name."
                ));
                Some(UNNAMED.to_owned())
            }
        };
        let manifest = match name {
            None => Manifest::Text { size },
            Some(name) => Manifest::Files(vec![Entry { name, media_type: String::new(), size }]),
        };
        Ok(Self { manifest, parts: vec![Part::Memory(pieces)], seen: Seen::default() })
    }

    /// The files at `paths`, under the names that they have there, or one file called `name`.
    pub(super) fn from_files(paths: &[PathBuf], name: Option<&str>) -> Result<Self, Failure> {
        if paths.len() > MAX_FILES {
            return Err(Failure::usage(format!("at most {MAX_FILES} files go into one secret")));
        }
        if name.is_some() && paths.len() != 1 {
            return Err(Failure::usage("--name is for one file"));
        }
        let (mut entries, mut parts) = (Vec::<Entry>::new(), Vec::new());
        for path in paths {
            let (file, size) = open(path)?;
            let own = || path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name = file_name(name.unwrap_or_else(own))?;
            if entries.iter().any(|entry| entry.name == name) {
                let text = "two of the files have the same name: share them apart";
                return Err(Failure::usage(text));
            }
            entries.push(Entry { name, media_type: String::new(), size });
            parts.push(Part::File { file, size });
        }
        Ok(Self { manifest: Manifest::Files(entries), parts, seen: Seen::default() })
    }

    /// Named values.
    pub(super) fn from_fields(fields: Vec<(Role, Zeroizing<String>)>) -> Self {
        let (mut named, mut parts) = (Vec::new(), Vec::new());
        for (role, value) in fields {
            let value = Zeroizing::new(value.as_bytes().to_vec());
            named.push(Field { role, size: length(&value) });
            parts.push(Part::Memory(vec![value]));
        }
        Self { manifest: Manifest::Fields(named), parts, seen: Seen::default() }
    }

    /// Hands the envelope to `send`, piece by piece: the same bytes for the same `keys` and `salt`.
    fn seal(
        &self,
        keys: &Keys,
        salt: [u8; 16],
        mut send: impl FnMut(Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = Vec::new();
        let mut sealer =
            Sealer::new(keys, salt, &self.manifest, &mut out).map_err(io::Error::other)?;
        let mut put = |plain: &[u8], out: &mut Vec<u8>| {
            sealer.write(plain, out).map_err(io::Error::other)?;
            if out.len() >= PIECE { send(std::mem::take(out)) } else { Ok(()) }
        };
        let mut place = 0_usize;
        for part in &self.parts {
            match part {
                Part::Memory(pieces) => {
                    for piece in pieces {
                        put(piece, &mut out)?;
                    }
                }
                Part::File { file, size } => {
                    each_piece(file, *size, |plain| {
                        self.seen.check(place, plain)?;
                        place = place.saturating_add(1);
                        put(plain, &mut out)
                    })?;
                }
            }
        }
        let mut result = Ok(());
        let finished = sealer.finish(|sealed| {
            out.append(sealed);
            if result.is_ok() && out.len() >= PIECE {
                result = send(std::mem::take(&mut out));
            }
        });
        finished.map_err(io::Error::other)?;
        result?;
        send(out)
    }
}

/// The envelope's bytes as they are sealed on a thread of their own, a few pieces ahead of the sending.
pub(super) fn sealed(
    content: &Arc<Content>,
    keys: &Arc<Keys>,
    salt: [u8; 16],
    bar: &ProgressBar,
) -> Sealed {
    let (sender, mut receiver) = mpsc::channel::<io::Result<Bytes>>(AHEAD);
    let (content, keys, bar) = (Arc::clone(content), Arc::clone(keys), bar.clone());
    bar.set_position(0);
    tokio::task::spawn_blocking(move || {
        let sent = content.seal(&keys, salt, |piece| {
            bar.inc(length(&piece));
            let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
            sender.blocking_send(Ok(piece.into())).map_err(gone)
        });
        if let Err(error) = sent {
            // Nobody is left to tell when the attempt has ended meanwhile.
            drop(sender.blocking_send(Err(error)));
        }
    });
    Box::pin(poll_fn(move |context| receiver.poll_recv(context)))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn read(mut input: impl Read) -> Result<Vec<Zeroizing<Vec<u8>>>, Failure> {
    let (mut pieces, mut total) = (Vec::new(), 0_u64);
    loop {
        let mut piece = Zeroizing::new(Vec::with_capacity(PIECE));
        let most = u64::try_from(PIECE).unwrap_or(u64::MAX);
        let read = input.by_ref().take(most).read_to_end(&mut piece);
        read.map_err(|error| {
            Failure::new(Code::File, format!("standard input: {error}. Nothing was shared"))
        })?;
        // At a terminal the end comes once and is not repeated.
        let is_last = piece.len() < PIECE;
        total = total.saturating_add(length(&piece));
        if total > MOST {
            return Err(Failure::usage(format!(
                "standard input has more than {}. Nothing was shared. A file has no such limit: \
                 sigill share FILE",
                terminal::bytes(MOST)
            )));
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
        if is_last {
            return Ok(pieces);
        }
    }
}

/// Whether the pieces together are UTF-8.
fn is_text(pieces: &[Zeroizing<Vec<u8>>]) -> bool {
    // A character may lie across two pieces.
    let mut open = Zeroizing::new(Vec::new());
    for piece in pieces {
        open.extend_from_slice(piece);
        match str::from_utf8(&open) {
            Ok(_) => open.clear(),
            Err(error) if error.error_len().is_none() => {
                let rest = open.split_off(error.valid_up_to());
                *open = rest;
            }
            Err(_) => return false,
        }
    }
    open.is_empty()
}

fn open(path: &Path) -> Result<(File, u64), Failure> {
    let failure = |error| Failure::file(path, &error).and("Nothing was shared.");
    let file = File::open(path).map_err(failure)?;
    let metadata = file.metadata().map_err(failure)?;
    if !metadata.is_file() {
        let text = "is no regular file. Nothing was shared. Send it to standard input instead";
        return Err(Failure::usage(format!("{} {text}", path.display())));
    }
    Ok((file, metadata.len()))
}

fn file_name(name: &str) -> Result<String, Failure> {
    if is_file_name(name) && !name.chars().any(terminal::is_control) {
        Ok(name.to_owned())
    } else {
        Err(Failure::usage(
            "a file's name must be UTF-8 without slashes and control characters: give it another \
             with --name",
        ))
    }
}

/// Reads `file` in pieces whose borders are always the same.
fn each_piece(
    file: &File,
    size: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Zeroizing::new(vec![0; PIECE]);
    let mut position = 0;
    while position < size {
        let most = usize::try_from(size.saturating_sub(position)).unwrap_or(PIECE).min(PIECE);
        let (room, _) = buffer.split_at_mut(most);
        file.read_exact_at(room, position).map_err(|error| {
            let is_short = error.kind() == io::ErrorKind::UnexpectedEof;
            if is_short { io::Error::other(CHANGED) } else { error }
        })?;
        take(room)?;
        position = position.saturating_add(length(room));
    }
    if file.read_at(&mut [0], size)? != 0 {
        return Err(io::Error::other(CHANGED));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use envelope::{LinkKey, Profile};

    use super::*;

    #[test]
    fn text_is_recognised_across_pieces() {
        let piece = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        assert!(is_text(&[]));
        assert!(is_text(&[piece(b"a\xc3"), piece(b"\xa4b")]));
        assert!(!is_text(&[piece(b"a\xc3")]));
        assert!(!is_text(&[piece(b"\xff"), piece(b"a")]));
        assert!(!is_text(&[piece(b"a\xc3"), piece(b"b")]));
    }

    /// Law 3: one key and nonce never seal two plaintexts.
    #[test]
    fn a_file_that_changed_is_not_sealed_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut bytes = vec![7; 4 * PIECE + 9];
        std::fs::write(&path, &bytes).unwrap();
        let content = Content::from_files(std::slice::from_ref(&path), None).unwrap();
        let key = LinkKey::new([1; 32], Profile::None);
        let keys = Keys::derive(&key, None).unwrap();
        let seal = |most: usize| {
            let mut all = Vec::new();
            let sealed = content.seal(&keys, [2; 16], |piece| {
                all.extend(piece);
                if all.len() < most { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
            });
            (sealed.map_err(|error| error.to_string()), all)
        };
        // The first attempt breaks in the middle, the second comes to the end, a third is the same.
        assert!(seal(2 * PIECE).0.is_err());
        let (sealed, first) = seal(usize::MAX);
        assert_eq!(sealed, Ok(()));
        assert_eq!(seal(usize::MAX), (Ok(()), first.clone()));
        // One byte of the fourth piece is another one: not a byte of that is sealed.
        bytes[3 * PIECE + 1] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let (sealed, other) = seal(usize::MAX);
        assert_eq!(sealed, Err(CHANGED.to_owned()));
        assert!(first.starts_with(&other) && other.len() < 4 * PIECE);
    }
}
