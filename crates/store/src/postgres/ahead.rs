//! What the units of a batch will ask for, read for all of them at once.
//!
//! A question costs a round trip, and a batch of a hundred would ask a hundred times. What units say
//! beforehand ([`Ahead`]) is read before the first of them runs, together with the secrets that the batch
//! holds; what they do not say is read when it is asked for, and remembered. What a batch changes itself,
//! it changes here as well.

use std::collections::{BTreeMap, BTreeSet};

use domain::hashes::KeyedHash;
use domain::secret::Row;

use super::columns::PgColumns;
use super::known;
use super::transaction::{Params, PgTransaction};
use crate::codec::{self, Columns as _};
use crate::port::{Ahead, IdempotencyKey, Result};

/// What was read, by the hashes under which it lies.
#[derive(Default)]
pub(super) struct Read {
    /// How much room owners had taken: bytes and secrets.
    rooms: BTreeMap<[u8; 32], (i64, i64)>,
    /// What was created under idempotency keys.
    repeats: BTreeMap<[u8; 32], Option<IdempotencyKey>>,
    /// What nobody else counts.
    counted: BTreeSet<i64>,
}

impl Read {
    pub(super) fn room(&self, owner: &KeyedHash) -> Option<(i64, i64)> {
        self.rooms.get(owner.as_bytes()).copied()
    }

    #[expect(clippy::option_option, reason = "whether it was asked, and what was there")]
    pub(super) fn repeat(&self, key: &KeyedHash) -> Option<Option<IdempotencyKey>> {
        self.repeats.get(key.as_bytes()).copied()
    }

    /// It was created under that key by this batch.
    pub(super) fn keep(&mut self, key: &IdempotencyKey) {
        self.repeats.insert(*key.hash.as_bytes(), Some(*key));
    }

    fn append(&mut self, mut other: Self) {
        self.rooms.append(&mut other.rooms);
        self.repeats.append(&mut other.repeats);
        self.counted.append(&mut other.counted);
    }
}

/// Holds the secrets in `about`, and reads what units will ask for beside.
pub(super) async fn hold(
    tx: &mut PgTransaction<'_>,
    about: Vec<Row>,
    ahead: &[Ahead],
) -> Result<()> {
    let mut owners: Vec<_> = ahead.iter().filter_map(|ahead| ahead.owner).collect();
    let mut repeats: Vec<_> = ahead.iter().filter_map(|ahead| ahead.repeat).collect();
    for hashes in [&mut owners, &mut repeats] {
        hashes.sort_unstable_by_key(|hash| *hash.as_bytes());
        hashes.dedup();
    }
    // Before everything else, so that whatever is read was kept by whoever counted before.
    alone(tx, ahead.iter().flat_map(|ahead| ahead.counted.iter().copied())).await?;
    let (mut held, rooms, repeats) =
        futures_util::try_join!(known::read(tx, about), rooms(tx, &owners), found(tx, &repeats),)?;
    let pending = tx.pending()?;
    pending.held.append(&mut held);
    pending.read.append(Read { rooms, repeats, counted: BTreeSet::new() });
    Ok(())
}

/// Waits until nobody else counts `what`, in the order of its numbers.
pub(super) async fn alone(
    tx: &mut PgTransaction<'_>,
    what: impl Iterator<Item = i64>,
) -> Result<()> {
    let held = &tx.pending()?.read.counted;
    let counted: BTreeSet<i64> = what.filter(|number| !held.contains(number)).collect();
    if counted.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = counted.iter().copied().collect();
    let sql = "SELECT pg_advisory_xact_lock(number) FROM UNNEST($1::BIGINT[]) AS u (number)";
    tx.rows(sql, &[&numbers]).await?;
    tx.pending()?.read.append(Read { counted, ..Read::default() });
    Ok(())
}

/// How much room `owner` had taken before this batch.
pub(super) async fn room(tx: &mut PgTransaction<'_>, owner: &KeyedHash) -> Result<(i64, i64)> {
    let read = tx.pending.as_ref().and_then(|pending| pending.read.room(owner));
    if let Some(room) = read {
        return Ok(room);
    }
    let rooms = rooms(tx, &[*owner]).await?;
    let room = rooms.get(owner.as_bytes()).copied().unwrap_or_default();
    if let Some(pending) = &mut tx.pending {
        pending.read.append(Read { rooms, ..Read::default() });
    }
    Ok(room)
}

/// What was created under `key`, however long ago.
pub(super) async fn repeat(
    tx: &mut PgTransaction<'_>,
    key: &KeyedHash,
) -> Result<Option<IdempotencyKey>> {
    let read = tx.pending.as_ref().and_then(|pending| pending.read.repeat(key));
    if let Some(repeat) = read {
        return Ok(repeat);
    }
    let repeats = found(tx, &[*key]).await?;
    let repeat = repeats.get(key.as_bytes()).copied().flatten();
    if let Some(pending) = &mut tx.pending {
        pending.read.append(Read { repeats, ..Read::default() });
    }
    Ok(repeat)
}

async fn rooms(
    tx: &PgTransaction<'_>,
    owners: &[KeyedHash],
) -> Result<BTreeMap<[u8; 32], (i64, i64)>> {
    let mut rooms: BTreeMap<_, _> =
        owners.iter().map(|owner| (*owner.as_bytes(), (0, 0))).collect();
    if !rooms.is_empty() {
        let owners: Vec<&[u8]> = owners.iter().map(|owner| &owner.as_bytes()[..]).collect();
        let sql = "SELECT owner, bytes, secrets FROM usage WHERE owner = ANY($1)";
        for found in &tx.rows(sql, &[&owners]).await? {
            let owner: &[u8] = found.try_get(0)?;
            if let Some(room) = owner.first_chunk().and_then(|owner| rooms.get_mut(owner)) {
                *room = (found.try_get(1)?, found.try_get(2)?);
            }
        }
    }
    Ok(rooms)
}

async fn found(
    tx: &PgTransaction<'_>,
    keys: &[KeyedHash],
) -> Result<BTreeMap<[u8; 32], Option<IdempotencyKey>>> {
    let mut repeats: BTreeMap<_, _> = keys.iter().map(|key| (*key.as_bytes(), None)).collect();
    if !repeats.is_empty() {
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key.as_bytes()[..]).collect();
        let params: Params<'_> = &[&keys];
        let sql = "SELECT hash, fingerprint, row, until FROM idempotency_keys WHERE hash = ANY($1)";
        for found in &tx.rows(sql, params).await? {
            let columns = PgColumns::new("idempotency_keys", "row", found)?;
            let hash = columns.hash("hash")?;
            let key = codec::idempotency_key(&columns, hash)?;
            repeats.insert(*hash.as_bytes(), Some(key));
        }
    }
    Ok(repeats)
}
