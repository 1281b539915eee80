//! The disk's limit: how often 4 KiB are made to survive a power cut.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use crate::clock;
use crate::figures::rate;
use crate::void::Void;

const BLOCK: [u8; 4096] = [0x5A; 4096];
/// How many blocks the file has before its writes are measured, when they must not grow it.
const READY: u64 = 4096;

/// What grows and what is synced.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// `fdatasync` after each block of a file that grows.
    Growing,
    /// `fdatasync` after each block of a file that has its length already.
    Ready,
    /// `fsync` after each block of a file that grows.
    WithMetadata,
}

/// Synced writes a second for `span`, in a file below `dir`.
pub(crate) fn syncs(dir: &Path, way: Way, span: Duration) -> Result<f64, Void> {
    let path = dir.join("sync");
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
    if matches!(way, Way::Ready) {
        for block in 0..READY {
            write(&file, block)?;
        }
        file.sync_all()?;
    }
    let start = clock::now();
    let mut count = 0_u64;
    while start.elapsed() < span {
        match way {
            Way::Growing | Way::WithMetadata => write(&file, count)?,
            Way::Ready => write(&file, count.rem_euclid(READY))?,
        }
        match way {
            Way::Growing | Way::Ready => file.sync_data()?,
            Way::WithMetadata => file.sync_all()?,
        }
        count = count.saturating_add(1);
    }
    let rate = rate(count, start.elapsed());
    fs::remove_file(&path)?;
    Ok(rate)
}

fn write(file: &File, block: u64) -> Result<(), Void> {
    Ok(file.write_all_at(&BLOCK, block.saturating_mul(4096))?)
}
