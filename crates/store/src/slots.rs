//! The file of per-secret keys: small slots, each with a wrapped key ([`crate::at_rest`]), that are
//! overwritten when a secret ends.
//!
//! ```text
//! slot = row (8) || wrapped key (40) || SHA-256("sigill/v1 slot" || row || wrapped key)[0..8] || zeros (8)
//! ```
//!
//! A slot is written and synced before the transaction that refers to it commits, and overwritten
//! with zeros after the transaction that destroyed its payload. The overwriting is synced with the
//! next batch, at the latest when the writer has nothing to do, and in any case by the recovery at
//! the next start, which overwrites every slot that no payload refers to. SQLite cannot promise this
//! for itself: destroyed bytes stay in its log until a checkpoint. Leave this file out of backups.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use crate::at_rest::WrappedKey;
use crate::port::Slot;
use aws_lc_rs::digest;
use domain::secret::Row;

const SIZE: usize = 64;
/// By how many slots the file grows: a sync that has no new length to write down costs half.
const GROWTH: u32 = 1024;
const EMPTY: [u8; SIZE] = [0; SIZE];

/// Reads slots; shared by everybody.
#[derive(Clone)]
pub(crate) struct SlotReader(Arc<File>);

impl SlotReader {
    /// Opens the file at `path` to read it; `None` when it is not there.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        match File::open(path) {
            Ok(file) => Ok(Some(Self(Arc::new(file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The key of `row` in `slot`; `None` when the slot is no longer that row's.
    pub(crate) fn read(&self, slot: Slot, row: Row) -> io::Result<Option<WrappedKey>> {
        let mut bytes = EMPTY;
        match self.0.read_exact_at(&mut bytes, offset(slot)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let (number, rest) = bytes.split_at(8);
        let (key, rest) = rest.split_at(WrappedKey::LENGTH);
        let mut wrapped = [0; WrappedKey::LENGTH];
        wrapped.copy_from_slice(key);
        let wrapped = WrappedKey::from_bytes(wrapped);
        let (check, _) = rest.split_at(8);
        let whole = number == row.get().to_be_bytes() && check == checksum(row, &wrapped);
        Ok(whole.then_some(wrapped))
    }
}

/// Writes slots; owned by the writer thread alone.
pub(crate) struct Slots {
    file: Arc<File>,
    free: BTreeSet<Slot>,
    /// Slots that rows refer to and the file did not have when it was opened.
    reserved: BTreeSet<Slot>,
    /// How many slots the file has.
    end: u32,
    unsynced: bool,
}

impl Slots {
    /// Opens the file at `path` and overwrites every slot that is not `used`. Returns the rows whose
    /// key should be there and is not: the file was left out of a backup that was restored.
    pub(crate) fn open(path: &Path, used: &BTreeMap<Slot, Row>) -> io::Result<(Self, Vec<Row>)> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let end = u32::try_from(file.metadata()?.len().div_ceil(64)).map_err(io::Error::other)?;
        // A slot that a row refers to is not free, even where the file does not reach it.
        let reserved = used.keys().copied().filter(|slot| slot.0 >= end).collect();
        let (file, free) = (Arc::new(file), BTreeSet::new());
        let mut slots = Self { file, free, reserved, end, unsynced: false };
        let mut bytes = EMPTY;
        for slot in (0..end).map(Slot).filter(|slot| !used.contains_key(slot)) {
            // A cut last slot reads short and is overwritten as well.
            let whole = slots.file.read_exact_at(&mut bytes, offset(slot)).is_ok();
            if !whole || bytes != EMPTY {
                slots.overwrite(slot)?;
            }
            slots.free.insert(slot);
        }
        slots.sync()?;
        let mut lost = Vec::new();
        for (slot, row) in used {
            if slots.reader().read(*slot, *row)?.is_none() {
                lost.push(*row);
            }
        }
        Ok((slots, lost))
    }

    /// Whether the file at `path` is there and holds any key.
    pub(crate) fn any_filled(path: &Path) -> io::Result<bool> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        for byte in BufReader::new(file).bytes() {
            if byte? != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A handle that reads.
    pub(crate) fn reader(&self) -> SlotReader {
        SlotReader(Arc::clone(&self.file))
    }

    /// A slot that nobody uses.
    pub(crate) fn take(&mut self) -> io::Result<Slot> {
        loop {
            if let Some(slot) = self.free.pop_first() {
                return Ok(slot);
            }
            self.grow()?;
        }
    }

    /// Appends empty slots: all of them, or none that counts.
    fn grow(&mut self) -> io::Result<()> {
        let end = self.end.checked_add(GROWTH);
        let end = end.ok_or_else(|| io::Error::other("every slot is taken"))?;
        let empty = vec![EMPTY; usize::try_from(GROWTH).unwrap_or(0)];
        self.unsynced = true;
        self.file.write_all_at(empty.as_flattened(), offset(Slot(self.end)))?;
        let new = (self.end..end).map(Slot).filter(|slot| !self.reserved.contains(slot));
        self.free.extend(new);
        self.end = end;
        Ok(())
    }

    /// Writes a key. It counts only after [`Slots::sync`].
    pub(crate) fn write(&mut self, slot: Slot, row: Row, key: &WrappedKey) -> io::Result<()> {
        self.unsynced = true;
        self.file.write_all_at(&filled(row, key), offset(slot))
    }

    /// Overwrites a key and frees its slot. Where the file has no such slot there is nothing to do.
    pub(crate) fn destroy(&mut self, slot: Slot) -> io::Result<()> {
        if slot.0 < self.end {
            self.overwrite(slot)?;
            self.free.insert(slot);
        }
        self.reserved.remove(&slot);
        Ok(())
    }

    fn overwrite(&mut self, slot: Slot) -> io::Result<()> {
        self.unsynced = true;
        self.file.write_all_at(&EMPTY, offset(slot))
    }

    /// Makes everything written so far survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.file.sync_data()?;
            self.unsynced = false;
        }
        Ok(())
    }
}

/// Makes a file at `path` that holds these keys and no other, on disk when this returns.
pub(crate) fn create_slots(
    path: &Path,
    keys: &BTreeMap<Slot, (Row, WrappedKey)>,
) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    for (slot, (row, key)) in keys {
        file.write_all_at(&filled(*row, key), offset(*slot))?;
    }
    file.sync_all()
}

/// A slot with a key in it.
fn filled(row: Row, key: &WrappedKey) -> [u8; SIZE] {
    let mut bytes = EMPTY;
    let (number, rest) = bytes.split_at_mut(8);
    let (wrapped, rest) = rest.split_at_mut(WrappedKey::LENGTH);
    let (check, _) = rest.split_at_mut(8);
    number.copy_from_slice(&row.get().to_be_bytes());
    wrapped.copy_from_slice(key.as_bytes());
    check.copy_from_slice(&checksum(row, key));
    bytes
}

fn offset(slot: Slot) -> u64 {
    u64::from(slot.0).saturating_mul(64)
}

fn checksum(row: Row, key: &WrappedKey) -> [u8; 8] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"sigill/v1 slot");
    context.update(&row.get().to_be_bytes());
    context.update(key.as_bytes());
    let hash = context.finish();
    let mut check = [0; 8];
    check.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> WrappedKey {
        WrappedKey::from_bytes([byte; WrappedKey::LENGTH])
    }

    #[test]
    fn a_destroyed_key_leaves_no_byte_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let (mut slots, _) = Slots::open(&path, &BTreeMap::new()).unwrap();
        let slot = slots.take().unwrap();
        slots.write(slot, Row::new(5), &key(0xA7)).unwrap();
        let reader = slots.reader();
        assert_eq!(reader.read(slot, Row::new(5)).unwrap().unwrap(), key(0xA7));
        assert!(reader.read(slot, Row::new(6)).unwrap().is_none());
        slots.destroy(slot).unwrap();
        slots.sync().unwrap();
        assert!(reader.read(slot, Row::new(5)).unwrap().is_none());
        assert!(std::fs::read(&path).unwrap().iter().all(|byte| *byte == 0));
        assert_eq!(slots.take().unwrap(), slot);
    }

    #[test]
    fn recovery_overwrites_what_nothing_refers_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let (mut slots, _) = Slots::open(&path, &BTreeMap::new()).unwrap();
        let (kept, lost) = (slots.take().unwrap(), slots.take().unwrap());
        slots.write(kept, Row::new(1), &key(1)).unwrap();
        slots.write(lost, Row::new(2), &key(2)).unwrap();
        drop(slots);
        let used = BTreeMap::from([(kept, Row::new(1))]);
        let (slots, missing) = Slots::open(&path, &used).unwrap();
        assert!(missing.is_empty());
        assert!(slots.reader().read(kept, Row::new(1)).unwrap().is_some());
        assert!(slots.reader().read(lost, Row::new(2)).unwrap().is_none());
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes[64..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_growth_that_fails_leaves_nothing_that_a_later_one_would_zero() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let (mut slots, _) = Slots::open(&path, &BTreeMap::new()).unwrap();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let file = std::mem::replace(&mut slots.file, Arc::new(full));
        assert!(slots.take().is_err());
        slots.file = file;
        let mut kept = BTreeMap::new();
        for row in (0..2000).map(Row::new) {
            let slot = slots.take().unwrap();
            slots.write(slot, row, &key(1)).unwrap();
            assert_eq!(kept.insert(slot, row), None, "handed out once");
        }
        let reader = slots.reader();
        assert!(kept.iter().all(|(slot, row)| reader.read(*slot, *row).unwrap().is_some()));
    }

    #[test]
    fn without_its_file_rows_keep_their_slots_and_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let used = BTreeMap::from([(Slot(0), Row::new(1)), (Slot(3), Row::new(2))]);
        let (mut slots, missing) = Slots::open(&dir.path().join("keys"), &used).unwrap();
        assert_eq!(missing, [Row::new(1), Row::new(2)]);
        let taken: Vec<Slot> = (0..4).map(|_| slots.take().unwrap()).collect();
        assert!(taken.iter().all(|slot| !used.contains_key(slot)), "{taken:?}");
    }

    #[test]
    fn the_file_grows_by_many_slots_and_opens_with_all_of_them_free() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let (mut slots, _) = Slots::open(&path, &BTreeMap::new()).unwrap();
        let length = || std::fs::metadata(&path).unwrap().len();
        assert_eq!(length(), 0);
        let taken: BTreeSet<_> = (0..GROWTH).map(|_| slots.take().unwrap()).collect();
        assert_eq!((taken.len(), length()), (1024, 65_536));
        assert!(!taken.contains(&slots.take().unwrap()));
        assert_eq!(length(), 131_072);
        drop(slots);
        let (mut slots, _) = Slots::open(&path, &BTreeMap::new()).unwrap();
        let again: BTreeSet<_> = (0..2 * GROWTH).map(|_| slots.take().unwrap()).collect();
        assert_eq!((again.len(), length()), (2048, 131_072));
    }
}
