//! The file of per-secret keys: small slots, each with a wrapped key ([`crate::at_rest`]), that are
//! overwritten when a secret ends.
//!
//! ```text
//! slot = row (8) || wrapped key (40) || SHA-256("sigill/v1 slot" || row || wrapped key)[0..8] || zeros (8)
//! ```
//!
//! A slot is written and synced before the transaction that refers to it commits, and overwritten
//! with zeros after the transaction that destroyed its payload. The overwriting is synced with the
//! next batch, at the latest when the writer has nothing to do. What an interrupted run has left is
//! found by a survey: from every start on the file is compared with the rows, a piece at a time beside
//! the work, and every slot that no payload refers to is overwritten. Only slots that are known to be free
//! are handed out, so nobody waits for it, and no more of them are kept in memory than [`KNOWN`]. SQLite
//! cannot promise this for itself: destroyed bytes stay in its log until a checkpoint. Leave this file out
//! of backups.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read as _};
use std::ops::Range;
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
/// How many slots one step of a survey looks at.
pub(crate) const STEP: u32 = 1024;
/// How many free slots are known at most.
const KNOWN: usize = 16 * 1024;
/// How many free slots must be unknown before a survey looks for them.
const WORTH: u32 = 8 * 1024;
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
        Ok(key_of(&bytes, row))
    }
}

/// The key of `row` in the bytes of a slot.
fn key_of(bytes: &[u8; SIZE], row: Row) -> Option<WrappedKey> {
    let (number, rest) = bytes.split_at(8);
    let (key, rest) = rest.split_at(WrappedKey::LENGTH);
    let mut wrapped = [0; WrappedKey::LENGTH];
    wrapped.copy_from_slice(key);
    let wrapped = WrappedKey::from_bytes(wrapped);
    let (check, _) = rest.split_at(8);
    let whole = number == row.get().to_be_bytes() && check == checksum(row, &wrapped);
    whole.then_some(wrapped)
}

/// Writes slots; owned by the writer thread alone.
pub(crate) struct Slots {
    file: Arc<File>,
    /// Some of the slots that nobody uses.
    free: Vec<Slot>,
    /// How many slots became free and are not in `free`.
    unknown: u32,
    survey: Option<Survey>,
    /// How many slots the file has.
    end: u32,
    /// What is to be on disk with the next sync. After one that failed nobody knows what the disk has of it, and
    /// another sync alone would say nothing about it: it is written once more.
    unsynced: BTreeMap<Slot, [u8; SIZE]>,
    /// What of it the file has not been told yet.
    unwritten: BTreeSet<Slot>,
    /// Whether the file has grown since then.
    grown: bool,
    /// Whether the last sync failed.
    failed: bool,
}

/// A comparison of slots with rows that has come as far as `next`.
#[derive(Clone, Copy)]
struct Survey {
    next: u32,
    /// How many slots the file had as it began. What it has grown by since is known.
    end: u32,
    aim: Aim,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// Free slots that were not remembered.
    Free,
    /// Everything that is not as it must be: the first survey after the start.
    Whole,
}

impl Slots {
    /// Opens the file at `path`. A survey of all of it is due.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        // A cut last slot counts: it is overwritten as a whole.
        let end = u32::try_from(file.metadata()?.len().div_ceil(64)).map_err(io::Error::other)?;
        let survey = Some(Survey { next: 0, end, aim: Aim::Whole });
        Ok(Self {
            file: Arc::new(file),
            free: Vec::new(),
            unknown: 0,
            survey,
            end,
            unsynced: BTreeMap::new(),
            unwritten: BTreeSet::new(),
            grown: false,
            failed: false,
        })
    }

    /// The slots that are surveyed next, if any: a few of the file, and when it is through, all that lie
    /// behind it.
    pub(crate) fn to_survey(&self) -> Option<Range<u32>> {
        let Survey { next, end, aim } = self.survey?;
        match aim {
            Aim::Free if self.free.len() > KNOWN.div_euclid(2) => None,
            Aim::Free | Aim::Whole if next < end => Some(next..next.saturating_add(STEP).min(end)),
            Aim::Free | Aim::Whole => Some(next..u32::MAX),
        }
    }

    /// Compares the slots that [`Slots::to_survey`] named with the rows that refer to them: in the order of
    /// their slots, [`STEP`] at most. Overwrites what no row refers to. Returns the rows whose key
    /// should be there and is not: the file was left out of a backup that was restored.
    pub(crate) fn compare(&mut self, used: &[(Slot, Row)]) -> io::Result<Vec<Row>> {
        let Some(range) = self.to_survey() else { return Ok(Vec::new()) };
        let Some(survey) = &mut self.survey else { return Ok(Vec::new()) };
        let (in_file, whole) = (survey.next < survey.end, survey.aim == Aim::Whole);
        survey.next = match used.last() {
            _ if in_file => range.end,
            Some((last, _)) => last.0.saturating_add(1),
            None => u32::MAX,
        };
        if survey.next == u32::MAX || (survey.next == survey.end && !whole) {
            self.survey = None;
        }
        if in_file {
            self.overwrite_unused(range, used)?;
        }
        let mut lost = Vec::new();
        for (slot, row) in used.iter().filter(|_| whole) {
            if self.reader().read(*slot, *row)?.is_none() {
                lost.push(*row);
            }
        }
        Ok(lost)
    }

    /// Overwrites and frees the slots in `range` that are not `used`.
    fn overwrite_unused(&mut self, range: Range<u32>, used: &[(Slot, Row)]) -> io::Result<()> {
        let mut slots = vec![EMPTY; range.len()];
        read_up_to(&self.file, slots.as_flattened_mut(), offset(Slot(range.start)))?;
        let mut used = used.iter().map(|(slot, _)| *slot).peekable();
        for (slot, bytes) in range.map(Slot).zip(slots) {
            if used.next_if_eq(&slot).is_some() {
                continue;
            }
            if bytes != EMPTY {
                self.put(slot, EMPTY);
            }
            self.free(slot);
        }
        self.write_out()
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

    /// A slot that nobody uses. `None` when none is known: let the file grow.
    pub(crate) fn take(&mut self) -> Option<Slot> {
        let taken = self.free.pop();
        if taken.is_none() && self.survey.is_none() && self.unknown >= WORTH {
            self.unknown = 0;
            self.survey = Some(Survey { next: 0, end: self.end, aim: Aim::Free });
        }
        taken
    }

    /// The slots by which the file grows next.
    pub(crate) fn growth(&self) -> io::Result<Range<u32>> {
        let end = self.end.checked_add(GROWTH);
        Ok(self.end..end.ok_or_else(|| io::Error::other("every slot is taken"))?)
    }

    /// Appends the empty slots of [`Slots::growth`]: all of them, or none that counts. Rows may refer to
    /// some, which are `taken`, where the file was lost.
    pub(crate) fn grow(&mut self, taken: &[(Slot, Row)]) -> io::Result<()> {
        let new = self.growth()?;
        let empty = vec![EMPTY; new.len()];
        self.grown = true;
        self.file.write_all_at(empty.as_flattened(), offset(Slot(new.start)))?;
        self.end = new.end;
        let taken = |slot: &Slot| taken.iter().any(|(taken, _)| taken == slot);
        self.free.extend(new.rev().map(Slot).filter(|slot| !taken(slot)));
        Ok(())
    }

    /// Fills a slot with a key. The file has it after [`Slots::sync`], and before that it does not count.
    pub(crate) fn write(&mut self, slot: Slot, row: Row, key: &WrappedKey) {
        self.put(slot, filled(row, key));
    }

    /// The key of `row` in `slot`, written or not; `None` when the slot is not that row's.
    pub(crate) fn read(&self, slot: Slot, row: Row) -> io::Result<Option<WrappedKey>> {
        match self.unsynced.get(&slot) {
            Some(bytes) => Ok(key_of(bytes, row)),
            None => self.reader().read(slot, row),
        }
    }

    /// Overwrites keys and frees their slots. Where the file has no such slot there is nothing to do.
    pub(crate) fn destroy(&mut self, slots: &[Slot]) -> io::Result<()> {
        let end = self.end;
        for slot in slots.iter().copied().filter(|slot| slot.0 < end) {
            self.put(slot, EMPTY);
            let ahead =
                self.survey.is_some_and(|survey| (survey.next..survey.end).contains(&slot.0));
            // Found again when the survey comes there.
            if !ahead {
                self.free(slot);
            }
        }
        self.write_out()
    }

    fn free(&mut self, slot: Slot) {
        if self.free.len() < KNOWN {
            self.free.push(slot);
        } else {
            self.unknown = self.unknown.saturating_add(1);
        }
    }

    fn put(&mut self, slot: Slot, bytes: [u8; SIZE]) {
        self.unsynced.insert(slot, bytes);
        self.unwritten.insert(slot);
    }

    /// Writes what is not written: slots side by side at once.
    fn write_out(&mut self) -> io::Result<()> {
        let known = |slot: &Slot| Some((*slot, *self.unsynced.get(slot)?));
        let waiting: Vec<(Slot, [u8; SIZE])> = self.unwritten.iter().filter_map(known).collect();
        for run in waiting.chunk_by(|(one, _), (next, _)| one.0.checked_add(1) == Some(next.0)) {
            let Some((first, _)) = run.first() else { continue };
            let bytes: Vec<u8> = run.iter().flat_map(|(_, bytes)| *bytes).collect();
            self.file.write_all_at(&bytes, offset(*first))?;
        }
        self.unwritten.clear();
        Ok(())
    }

    /// Makes everything written so far survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced.is_empty() && !self.grown && !self.failed {
            return Ok(());
        }
        if std::mem::replace(&mut self.failed, true) {
            self.unwritten.extend(self.unsynced.keys());
        }
        self.write_out()?;
        self.file.sync_data()?;
        self.unsynced.clear();
        (self.grown, self.failed) = (false, false);
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

/// Reads what the file has from `offset` on; the rest of `bytes` stays as it is.
fn read_up_to(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = match file.read_at(bytes, offset) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        offset = offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        bytes = bytes.get_mut(read..).unwrap_or_default();
    }
    Ok(())
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
mod tests;
