//! Blobs as files: `blobs/{row}`, and `blobs/{row}.part` while one is written in one stream.
//!
//! A blob that comes in parts is written into its place at once: the row of the upload says that it is
//! not whole. A part is synced before it is acknowledged, a whole file before it is renamed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::secret::Row;

use crate::StoreError;
use crate::port::Result;

/// The directory of blobs.
#[derive(Clone)]
pub(crate) struct Directory {
    dir: Arc<Path>,
}

impl Directory {
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
        Ok(Self { dir: dir.into() })
    }

    fn path(&self, row: Row) -> PathBuf {
        self.dir.join(row.get().to_string())
    }

    /// Starts the file of `row`, which is in its place when it is finished.
    pub(super) fn create(&self, row: Row) -> Result<Writer> {
        let part = self.dir.join(format!("{}.part", row.get()));
        let file = create(&part)?;
        let part = Some(Part { now: part, path: self.path(row), dir: Arc::clone(&self.dir) });
        Ok(Writer { file, offset: 0, part })
    }

    /// Makes the file of `row`, whose parts come later.
    pub(super) fn begin(&self, row: Row) -> Result<()> {
        let path = self.path(row);
        let made = || -> io::Result<()> { File::open(&self.dir)?.sync_all() };
        create(&path)?;
        made().map_err(StoreError::file(path))
    }

    /// Starts a part at `offset` of the file of `row`. `None` when there is no such file.
    pub(super) fn part(&self, row: Row, offset: u64) -> Result<Option<Writer>> {
        let path = self.path(row);
        match OpenOptions::new().write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => {
                let file = file.map_err(StoreError::file(path))?;
                Ok(Some(Writer { file, offset, part: None }))
            }
        }
    }

    /// Opens the file of `row`, which must have `length` bytes. `None` when there is no such file.
    pub(super) fn find(&self, row: Row, length: u64) -> Result<Option<Arc<File>>> {
        let path = self.path(row);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(StoreError::file(&path))?,
        };
        if file.metadata().map_err(StoreError::file(path))?.len() != length {
            return Err(StoreError::Undecryptable(row));
        }
        Ok(Some(Arc::new(file)))
    }

    /// Removes the file of `row`; it may be gone already.
    pub(super) fn remove(&self, row: Row) -> Result<()> {
        let path = self.path(row);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(StoreError::file(path)),
        }
    }
}

fn create(path: &Path) -> Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.map_err(StoreError::file(path))
}

/// The sealed bytes from `offset` to `end`.
pub(super) fn read(file: &File, offset: u64, end: u64) -> Result<Vec<u8>> {
    let mut sealed = vec![0; usize::try_from(end.saturating_sub(offset)).unwrap_or(0)];
    file.read_exact_at(&mut sealed, offset).map_err(StoreError::file("blobs"))?;
    Ok(sealed)
}

/// A file that is being written. One that is new and dropped before [`Writer::finish`] leaves nothing.
pub(super) struct Writer {
    file: File,
    offset: u64,
    part: Option<Part>,
}

/// A file that is not in its place yet.
struct Part {
    now: PathBuf,
    path: PathBuf,
    dir: Arc<Path>,
}

impl Writer {
    pub(super) fn append(&mut self, sealed: &[u8]) -> Result<()> {
        self.file.write_all_at(sealed, self.offset).map_err(StoreError::file("blobs"))?;
        self.offset = self.offset.saturating_add(u64::try_from(sealed.len()).unwrap_or(0));
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<()> {
        let Some(Part { now, path, dir }) = &self.part else {
            return self.file.sync_data().map_err(StoreError::file("blobs"));
        };
        let finish = || -> io::Result<()> {
            self.file.sync_all()?;
            fs::rename(now, path)?;
            File::open(dir)?.sync_all()
        };
        finish().map_err(StoreError::file(path))?;
        self.part = None;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Nobody will miss it; the next start tries again.
        if let Some(Part { now, .. }) = self.part.take()
            && let Err(error) = fs::remove_file(now)
        {
            tracing::warn!(%error, "a half-written blob could not be removed");
        }
    }
}
