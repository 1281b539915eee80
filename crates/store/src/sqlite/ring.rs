//! The server's keys as the database knows them, and per-secret keys that move to another one.

use domain::secret::Row;
use rusqlite::{Connection, OptionalExtension as _};

use super::secrets::slot_of;
use super::transaction::SqliteTransaction;
use crate::StoreError;
use crate::at_rest::RingId;
use crate::inspect::RingUse;
use crate::keys::{KnownKeys, KnownRing};
use crate::port::{Result, WrappedAnew};

pub(super) fn known_keys(tx: &SqliteTransaction<'_>) -> Result<KnownKeys> {
    let mut known = KnownKeys { active: active(tx)?, ..KnownKeys::default() };
    let sql = "SELECT name, value FROM meta WHERE name = 'keys' OR name LIKE 'key ring %'";
    let mut statement = tx.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, value): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        known.learn(&name, &value)?;
    }
    known.used(&in_use(tx)?);
    Ok(known)
}

pub(super) fn active(tx: &SqliteTransaction<'_>) -> Result<Option<RingId>> {
    let sql = "SELECT value FROM meta WHERE name = 'ring active'";
    let found: Option<Vec<u8>> = tx.prepare(sql)?.query_row([], |row| row.get(0)).optional()?;
    found.map(|value| KnownKeys::number(&value)).transpose()
}

/// A step from one number to the next each, whatever the number of rows.
pub(super) fn in_use(tx: &SqliteTransaction<'_>) -> Result<Vec<RingId>> {
    // A number that is none belongs to a row that was damaged; its reader is told.
    let ring = |number| u8::try_from(number).ok().and_then(RingId::new);
    let mut rings: Vec<RingId> = numbers(tx.connection())?.into_iter().filter_map(ring).collect();
    rings.extend(of_columns(tx)?.filter(|ring| !rings.contains(ring)));
    Ok(rings)
}

/// The key that has wrapped the key of the columns.
fn of_columns(tx: &SqliteTransaction<'_>) -> Result<Option<RingId>> {
    let sql = "SELECT value FROM meta WHERE name = 'column key'";
    let wrapped: Option<Vec<u8>> = tx.prepare(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(wrapped.and_then(|wrapped| RingId::new(*wrapped.first()?)))
}

/// What stands in the column `ring`, each number once.
pub(super) fn numbers(connection: &Connection) -> Result<Vec<i64>> {
    let sql = "SELECT min(ring) FROM payloads WHERE ring > ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let (mut numbers, mut after) = (Vec::new(), i64::MIN);
    while let Some(next) = statement.query_row([after], |row| row.get::<_, Option<i64>>(0))? {
        numbers.push(next);
        after = next;
    }
    Ok(numbers)
}

/// How much each key of the ring is used that the database remembers or uses.
pub(super) fn uses(tx: &SqliteTransaction<'_>) -> Result<Vec<RingUse>> {
    let (known, columns) = (known_keys(tx)?, of_columns(tx)?);
    let mut statement = tx.prepare("SELECT count(*) FROM payloads WHERE ring = ?1")?;
    let mut uses = Vec::new();
    for KnownRing { id: ring, .. } in known.rings {
        let secrets: i64 = statement.query_row([ring.get()], |row| row.get(0))?;
        let secrets = u64::try_from(secrets).unwrap_or(0);
        let (columns, active) = (columns == Some(ring), known.active == Some(ring));
        uses.push(RingUse { ring, secrets, columns, active });
    }
    Ok(uses)
}

pub(super) fn remember(
    tx: &SqliteTransaction<'_>,
    ring: Option<RingId>,
    verifier: &[u8; 32],
) -> Result<()> {
    tx.one(
        "remember key",
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value = excluded.value",
        (KnownKeys::name(ring), verifier),
    )
}

pub(super) fn forget(tx: &SqliteTransaction<'_>, ring: RingId) -> Result<()> {
    tx.any("DELETE FROM meta WHERE name = ?1", [KnownKeys::name(Some(ring))]).map(drop)
}

pub(super) fn activate(tx: &SqliteTransaction<'_>, ring: RingId) -> Result<()> {
    tx.one(
        "activate ring",
        "INSERT INTO meta (name, value) VALUES ('ring active', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [&[ring.get()][..]],
    )
}

pub(super) fn wrap_anew(
    tx: &mut SqliteTransaction<'_>,
    ring: RingId,
    after: Option<i64>,
    limit: u32,
) -> Result<WrappedAnew> {
    let mut done = WrappedAnew { last: None, seen: 0, count: 0 };
    for (row, number) in wrapped_by(tx, ring, after, limit)? {
        // As it lies there: one that is none must not be met again (R54).
        done.last = Some(number);
        let slot = slot_of(number);
        done.seen = done.seen.saturating_add(1);
        let Some(key) = tx.key_in(slot, row)? else { continue };
        let in_force = tx.in_force()?;
        let Some(anew) = in_force.wrap_anew(ring, &key) else { continue };
        let new = tx.keep_key(row, &anew, 0)?;
        tx.one(
            "wrap anew",
            "UPDATE payloads SET ring = ?1, slot = ?2 WHERE row = ?3 AND ring = ?4 AND slot = ?5",
            (in_force.active.get(), new.0, row.get(), ring.get(), slot.0),
        )?;
        // Whoever has read the row before looks again when they do not find the key there.
        tx.destroy_key(slot, 0)?;
        done.count = done.count.saturating_add(1);
    }
    Ok(done)
}

fn wrapped_by(
    tx: &SqliteTransaction<'_>,
    ring: RingId,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<(Row, i64)>> {
    let sql = "SELECT row, slot FROM payloads WHERE ring = ?1 AND slot > ?2 ORDER BY slot LIMIT ?3";
    let after = after.unwrap_or(i64::MIN);
    let mut statement = tx.prepare(sql)?;
    let found = statement
        .query_map((ring.get(), after, limit), |row| Ok((Row::new(row.get(0)?), row.get(1)?)))?;
    found.map(|found| found.map_err(StoreError::from)).collect()
}
