//! Large payloads: one sealed file each, written once, read by ranges, removed by a job.
//!
//! A file is `blobs/{row}`; while it is being written it is `blobs/{row}.part`. It is sealed in
//! 64 KiB chunks under the lock of its secret ([`crate::at_rest`]), so memory stays constant and a
//! range can be read without what lies before it. The file is synced and in its place before the
//! transaction that refers to it starts; what no secret refers to is removed at the next start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use domain::secret::Row;
use envelope::stream::{CHUNK, ChunkOpener, ChunkSealer, TAG};

use crate::StoreError;
use crate::at_rest::Lock;
use crate::port::Result;

/// The directory of blobs.
pub(crate) struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    /// Opens the directory and removes every file that `wanted` does not ask for.
    pub(crate) fn open(dir: PathBuf, wanted: impl Fn(Row) -> bool) -> Result<Self> {
        fs::create_dir_all(&dir).map_err(StoreError::file(&dir))?;
        let entries = fs::read_dir(&dir).map_err(StoreError::file(&dir))?;
        for entry in entries {
            let path = entry.map_err(StoreError::file(&dir))?.path();
            if path.is_dir() {
                continue;
            }
            let row = path.file_name().and_then(|name| name.to_str()?.parse().ok());
            if !row.is_some_and(|row| wanted(Row::new(row))) {
                fs::remove_file(&path).map_err(StoreError::file(&path))?;
            }
        }
        Ok(Self { dir })
    }

    fn path(&self, row: Row) -> PathBuf {
        self.dir.join(row.get().to_string())
    }

    /// Starts to write the blob of `row`.
    pub(crate) fn create(&self, row: Row, lock: Lock) -> Result<BlobWriter> {
        let (path, part) = (self.path(row), self.dir.join(format!("{}.part", row.get())));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
        let file = file.map_err(StoreError::file(&part))?;
        Ok(BlobWriter {
            sealer: Some(ChunkSealer::new(&lock.key, lock.aad)),
            file: BufWriter::with_capacity(4 * CHUNK, file),
            sealed: Vec::with_capacity(CHUNK.saturating_add(TAG)),
            dir: self.dir.clone(),
            part: Some(part),
            path,
        })
    }

    /// Opens the blob of `row`, whose envelope has `size` bytes. `None` when there is no such file.
    pub(crate) fn read(&self, row: Row, size: u64, lock: Lock) -> Result<Option<BlobReader>> {
        let path = self.path(row);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(StoreError::file(&path))?,
        };
        let reader = BlobReader { opener: ChunkOpener::new(&lock.key, lock.aad), file, size, row };
        reader.check()?;
        Ok(Some(reader))
    }

    /// Removes the blob of `row`; it may be gone already.
    pub(crate) fn remove(&self, row: Row) -> Result<()> {
        let path = self.path(row);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(StoreError::file(path)),
        }
    }
}

/// A blob that is being written. Dropped before [`BlobWriter::finish`], it leaves nothing behind.
pub struct BlobWriter {
    sealer: Option<ChunkSealer>,
    file: BufWriter<File>,
    sealed: Vec<u8>,
    dir: PathBuf,
    part: Option<PathBuf>,
    path: PathBuf,
}

impl BlobWriter {
    /// Appends `bytes` of the envelope.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sealed.clear();
        if let Some(sealer) = &mut self.sealer {
            sealer.push(bytes, &mut self.sealed);
        }
        self.file.write_all(&self.sealed).map_err(StoreError::file(&self.path))
    }

    /// Seals the last chunk and makes the file survive a power cut.
    pub fn finish(mut self) -> Result<()> {
        self.sealed.clear();
        if let Some(sealer) = self.sealer.take() {
            sealer.finish(&mut self.sealed);
        }
        let Some(part) = self.part.as_ref() else { return Err(StoreError::Closed) };
        let write = || -> io::Result<()> {
            self.file.write_all(&self.sealed)?;
            self.file.flush()?;
            self.file.get_ref().sync_all()?;
            fs::rename(part, &self.path)?;
            File::open(&self.dir)?.sync_all()
        };
        let mut write = write;
        write().map_err(StoreError::file(&self.path))?;
        self.part = None;
        Ok(())
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            discard(&part);
        }
    }
}

/// Removes a file that nobody will miss; the next start tries again.
fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, "a half-written blob could not be removed");
    }
}

/// A blob that is being read.
pub struct BlobReader {
    opener: ChunkOpener,
    file: File,
    size: u64,
    row: Row,
}

impl BlobReader {
    /// Length of the envelope in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Opens the first chunk, so that a wrong key is found before anything is consumed, and checks
    /// the file's length.
    fn check(&self) -> Result<()> {
        let chunks = self.size.div_ceil(chunk());
        let overhead = chunks.saturating_mul(u64::try_from(TAG).unwrap_or(0));
        let length = self.file.metadata().map_err(StoreError::file("blobs"))?.len();
        if length != self.size.saturating_add(overhead) {
            return Err(StoreError::Undecryptable(self.row));
        }
        self.chunk_at(0).map(drop)
    }

    /// The bytes of the chunk that holds the byte at `position`, from that byte on. Empty at the
    /// end.
    pub fn read_from(&self, position: u64) -> Result<Vec<u8>> {
        if position >= self.size {
            return Ok(Vec::new());
        }
        let index = position.checked_div(chunk()).unwrap_or(0);
        let skip = position.checked_rem(chunk()).unwrap_or(0);
        let mut bytes = self.chunk_at(index)?;
        drop(bytes.drain(..usize::try_from(skip).unwrap_or(0)));
        Ok(bytes)
    }

    fn chunk_at(&self, index: u64) -> Result<Vec<u8>> {
        let start = index.saturating_mul(chunk());
        let length = self.size.saturating_sub(start).min(chunk());
        let last = start.saturating_add(length) == self.size;
        let tag = u64::try_from(TAG).unwrap_or(0);
        let offset = index.saturating_mul(chunk().saturating_add(tag));
        let length = usize::try_from(length.saturating_add(tag)).unwrap_or(0);
        let mut sealed = vec![0; length];
        self.file.read_exact_at(&mut sealed, offset).map_err(StoreError::file("blobs"))?;
        self.opener
            .open(index, last, &mut sealed)
            .map_err(|_| StoreError::Undecryptable(self.row))?;
        Ok(sealed)
    }
}

fn chunk() -> u64 {
    u64::try_from(CHUNK).unwrap_or(u64::MAX)
}
