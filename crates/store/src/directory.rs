//! The data directory: made for its owner alone, held by one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::{OpenError, StoreError};
use crate::port::Result;

/// Holds the directory until it is dropped.
pub(crate) struct Guard {
    _file: File,
}

/// Makes `dir` when it is not there and takes its exclusive lock. The system gives the lock back when
/// the process ends, however it ends.
pub(crate) fn claim(dir: &Path) -> Result<Guard, OpenError> {
    let path = dir.join("lock");
    let file = open(dir, &path).map_err(|error| {
        if error.kind() == io::ErrorKind::PermissionDenied {
            OpenError::Denied(dir.to_owned())
        } else {
            StoreError::File { path: dir.to_owned(), source: error }.into()
        }
    })?;
    let held = || OpenError::InUse(dir.to_owned());
    match file.try_lock() {
        Ok(()) => Ok(Guard { _file: file }),
        // Somebody who only looks holds it for a moment, shared: wait for that one and nobody else.
        Err(TryLockError::WouldBlock) => {
            file.try_lock_shared().map_err(|_| held())?;
            file.lock().map_err(|source| StoreError::File { path, source })?;
            Ok(Guard { _file: file })
        }
        Err(TryLockError::Error(source)) => Err(StoreError::File { path, source }.into()),
    }
}

fn open(dir: &Path, lock: &Path) -> io::Result<File> {
    if !dir.is_dir() && dir.exists() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let mut permissions = fs::metadata(dir)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(0o700);
        fs::set_permissions(dir, permissions)?;
    }
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock)
}

/// Makes the names of files that were just made survive a power cut.
pub(crate) fn sync(dir: &Path) -> Result<(), OpenError> {
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    Ok(synced.map_err(StoreError::file(dir))?)
}

/// How many bytes the file system of `dir` still takes.
pub(crate) fn free_space(dir: &Path) -> Result<u64> {
    let stat = rustix::fs::statvfs(dir)
        .map_err(|errno| StoreError::File { path: dir.to_owned(), source: errno.into() })?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
