//! Slots as rows come and go, and as crashes and lost files leave them.

use std::collections::BTreeMap;

use super::*;

fn key(byte: u8) -> WrappedKey {
    WrappedKey::from_bytes([byte; WrappedKey::LENGTH])
}

/// A file with its slots, and the rows that refer to them.
struct Bench {
    dir: tempfile::TempDir,
    slots: Slots,
    rows: BTreeMap<Slot, Row>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let slots = Slots::open(&dir.path().join("keys")).unwrap();
        Self { dir, slots, rows: BTreeMap::new() }
    }

    /// Opens the file anew, as after a crash.
    fn reopen(&mut self) {
        self.slots = Slots::open(&self.dir.path().join("keys")).unwrap();
    }

    fn used(&self, range: Range<u32>) -> Vec<(Slot, Row)> {
        let range = Slot(range.start)..Slot(range.end);
        let used = self.rows.range(range).map(|(slot, row)| (*slot, *row));
        used.take(usize::try_from(STEP).unwrap()).collect()
    }

    /// Surveys as long as there is something to survey.
    fn survey(&mut self) -> Vec<Row> {
        let mut lost = Vec::new();
        while let Some(range) = self.slots.to_survey() {
            lost.extend(self.slots.compare(&self.used(range)).unwrap());
        }
        lost
    }

    fn take(&mut self) -> Slot {
        loop {
            if let Some(slot) = self.slots.take() {
                return slot;
            }
            let taken = self.used(self.slots.growth().unwrap());
            self.slots.grow(&taken).unwrap();
        }
    }

    fn keep(&mut self, row: i64) -> Slot {
        let slot = self.take();
        self.slots.write(slot, Row::new(row), &key(7));
        self.slots.write_out().unwrap();
        assert_eq!(self.rows.insert(slot, Row::new(row)), None, "handed out once");
        slot
    }

    fn keep_all(&mut self, rows: Range<i64>) {
        for row in rows {
            self.keep(row);
        }
    }

    fn end(&mut self, slot: Slot) {
        self.rows.remove(&slot).unwrap();
        self.slots.destroy(&[slot]).unwrap();
    }

    fn is_whole(&self) -> bool {
        let reader = self.slots.reader();
        self.rows.iter().all(|(slot, row)| reader.read(*slot, *row).unwrap().is_some())
    }

    fn filled(&self) -> usize {
        let bytes = std::fs::read(self.dir.path().join("keys")).unwrap();
        bytes.chunks(SIZE).filter(|slot| **slot != EMPTY).count()
    }
}

#[test]
fn a_destroyed_key_leaves_no_byte_behind() {
    let mut bench = Bench::new();
    let slot = bench.keep(5);
    let reader = bench.slots.reader();
    assert_eq!(reader.read(slot, Row::new(5)).unwrap().unwrap(), key(7));
    assert!(reader.read(slot, Row::new(6)).unwrap().is_none());
    bench.end(slot);
    assert!(reader.read(slot, Row::new(5)).unwrap().is_none());
    assert_eq!(bench.filled(), 0);
    assert_eq!(bench.take(), slot);
}

#[test]
fn a_survey_overwrites_what_nothing_refers_to() {
    let mut bench = Bench::new();
    let slots: Vec<Slot> = (0..3000).map(|row| bench.keep(row)).collect();
    for slot in slots.iter().step_by(3) {
        bench.rows.remove(slot);
    }
    bench.reopen();
    // While it runs, secrets come and go before it and behind it.
    let range = bench.slots.to_survey().unwrap();
    assert_eq!(bench.slots.compare(&bench.used(range)).unwrap(), []);
    bench.end(slots[1]);
    bench.end(slots[2999]);
    bench.keep_all(3000..4000);
    assert_eq!(bench.survey(), []);
    assert!(bench.is_whole());
    assert_eq!(bench.filled(), bench.rows.len());
    bench.keep_all(4000..8000);
    assert!(bench.is_whole());
}

#[test]
fn a_growth_that_fails_leaves_nothing_that_a_later_one_would_zero() {
    let mut bench = Bench::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let file = std::mem::replace(&mut bench.slots.file, Arc::new(full));
    assert!(bench.slots.grow(&[]).is_err());
    assert!(bench.slots.take().is_none());
    bench.slots.file = file;
    bench.keep_all(0..2000);
    assert!(bench.is_whole());
}

#[test]
fn without_its_file_rows_keep_their_slots_and_are_named() {
    let mut bench = Bench::new();
    bench.rows = (0..5000).map(|number| (Slot(3 * number), Row::new(number.into()))).collect();
    bench.rows.insert(Slot(u32::MAX - 1), Row::new(5000));
    let taken: Vec<Slot> = (0..1000).map(|_| bench.take()).collect();
    assert!(taken.iter().all(|slot| !bench.rows.contains_key(slot)), "{taken:?}");
    assert_eq!(bench.survey(), (0..=5000).map(Row::new).collect::<Vec<_>>());
}

#[test]
fn a_cut_last_slot_is_overwritten_as_a_whole() {
    let mut bench = Bench::new();
    bench.keep(1);
    let path = bench.dir.path().join("keys");
    std::fs::write(&path, [7; 100]).unwrap();
    bench.rows.clear();
    bench.reopen();
    assert_eq!(bench.survey(), []);
    assert_eq!(std::fs::read(&path).unwrap(), [0; 128]);
}

#[test]
fn memory_is_bounded_and_every_slot_is_used_again() {
    let mut bench = Bench::new();
    let count = 3 * u32::try_from(KNOWN).unwrap();
    let slots: Vec<Slot> = (0..count).map(|row| bench.keep(row.into())).collect();
    let end = bench.slots.end;
    for slot in slots {
        bench.end(slot);
    }
    assert!(bench.slots.free.len() <= KNOWN);
    for row in 0..count {
        bench.keep(row.into());
        // One step beside each, as the writer does it.
        if let Some(range) = bench.slots.to_survey() {
            bench.slots.compare(&bench.used(range)).unwrap();
        }
    }
    assert!(bench.is_whole());
    assert!(bench.slots.free.len() <= KNOWN);
    assert!(bench.slots.end <= end + 2 * GROWTH, "{} of {end}", bench.slots.end);
}

#[test]
fn the_file_grows_by_many_slots_and_opens_with_all_of_them_free() {
    let mut bench = Bench::new();
    let path = bench.dir.path().join("keys");
    let length = || std::fs::metadata(&path).unwrap().len();
    assert_eq!(length(), 0);
    bench.keep_all(0..1024);
    assert_eq!(length(), 65_536);
    bench.keep(1024);
    assert_eq!(length(), 131_072);
    bench.rows.clear();
    bench.reopen();
    assert_eq!(bench.survey(), []);
    bench.keep_all(0..2048);
    assert_eq!(length(), 131_072);
}

/// After a failed sync the system takes for written what it has not written.
#[test]
fn what_a_failed_sync_left_open_is_written_again() {
    let mut bench = Bench::new();
    let path = bench.dir.path().join("keys");
    let [filled, destroyed] = [(); 2].map(|()| bench.take());
    let slots = &mut bench.slots;
    slots.write(destroyed, Row::new(2), &key(2));
    slots.sync().unwrap();
    let on_disk = std::fs::read(&path).unwrap();
    slots.write(filled, Row::new(1), &key(1));
    slots.destroy(&[destroyed]).unwrap();
    // A descriptor that cannot be synced.
    let unable = File::open("/proc/self/stat").unwrap();
    let file = std::mem::replace(&mut slots.file, Arc::new(unable));
    assert!(slots.sync().is_err());
    slots.file = file;
    std::fs::write(&path, on_disk).unwrap();
    slots.sync().unwrap();
    let reader = slots.reader();
    assert_eq!(reader.read(filled, Row::new(1)).unwrap(), Some(key(1)));
    assert_eq!(reader.read(destroyed, Row::new(2)).unwrap(), None);
}
