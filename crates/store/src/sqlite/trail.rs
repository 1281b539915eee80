//! The audit trail. Rows are only ever added, each chained to the one before.

use domain::audit::{Event, Head, TrailFault};
use domain::organisation::OrganisationId;
use domain::secret::Row;
use rusqlite::{Connection, OptionalExtension as _};

use super::columns::SqliteColumns;
use super::transaction::SqliteTransaction;
use crate::StoreError;
use crate::anchor::Reach;
use crate::codec::{self, EVENT};
use crate::port::{EVENTS, Recorded, Result};

/// The end of the chain, as the writer continues it.
pub(super) fn head(connection: &Connection) -> Result<Head> {
    let last = connection
        .query_row("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(last.map_or(Head::EMPTY, |(seq, hash)| Head { seq, hash }))
}

pub(super) fn record(tx: &mut SqliteTransaction<'_>, event: &Event) -> Result<()> {
    let head = tx.head()?;
    let next = head.append(event);
    *head = next;
    tx.one(
        "insert event",
        "INSERT INTO events (seq, at, kind, actor, actor_id, row, subject, organisation, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            next.seq,
            event.at.as_millis(),
            event.kind.name(),
            event.actor.name(),
            event.actor.number(),
            event.row.map(Row::get),
            event.subject,
            event.organisation.map(OrganisationId::get),
            next.hash,
        ),
    )
}

pub(super) fn of_row(tx: &SqliteTransaction<'_>, row: Row) -> Result<Vec<Event>> {
    let mut statement = tx.prepare(&format!(
        "SELECT * FROM (SELECT {EVENT} FROM events WHERE row = ?1 ORDER BY seq DESC LIMIT {EVENTS})
         ORDER BY seq"
    ))?;
    let mut rows = statement.query([row.get()])?;
    let mut events = Vec::new();
    while let Some(found) = rows.next()? {
        events.extend(codec::readable(codec::event(&columns(found)?))?);
    }
    Ok(events)
}

pub(super) fn after(tx: &SqliteTransaction<'_>, seq: i64, limit: u32) -> Result<Vec<Recorded>> {
    let mut statement =
        tx.prepare(&format!("SELECT {EVENT} FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"))?;
    let mut rows = statement.query([seq, i64::from(limit)])?;
    let mut events = Vec::new();
    while let Some(found) = rows.next()? {
        events.push(read(found)?);
    }
    Ok(events)
}

/// The end of the trail as it was kept: a trail that was cut does not reach it.
pub(super) fn end(tx: &SqliteTransaction<'_>) -> Result<Option<Head>> {
    let mut statement = tx.prepare("SELECT value FROM meta WHERE name = 'trail'")?;
    let kept: Option<[u8; 40]> = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(kept.map(codec::head))
}

/// How far the trail reaches, and the hash of event `seq`.
pub(super) fn reach(connection: &Connection, seq: i64) -> Result<Reach> {
    let hash = connection
        .query_row("SELECT hash FROM events WHERE seq = ?1", [seq], |row| row.get(0))
        .optional()?;
    Ok(Reach { end: head(connection)?.seq, hash })
}

/// Follows the whole trail, an event at a time.
pub(super) fn verify(tx: &SqliteTransaction<'_>) -> Result<std::result::Result<i64, TrailFault>> {
    let mut statement = tx.prepare(&format!("SELECT {EVENT} FROM events ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let mut head = Head::EMPTY;
    while let Some(found) = rows.next()? {
        let followed = match read(found) {
            Ok(Recorded { seq, event, hash }) => head.follow(&event, seq, &hash),
            Err(StoreError::Inconsistent { row, .. }) => Err(TrailFault::Altered(row)),
            Err(error) => return Err(error),
        };
        head = match followed {
            Ok(next) => next,
            Err(fault) => return Ok(Err(fault)),
        };
    }
    Ok(head.reaches(end(tx)?.as_ref()))
}

/// Keeps the end of the trail and the sum of the sizes of all payloads, once a commit.
pub(super) fn keep_sums(connection: &Connection, head: &Head, live_bytes: u64) -> Result<()> {
    let sql = "INSERT INTO meta (name, value) VALUES ('trail', ?1), ('live bytes', ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    let (head, live_bytes) = (codec::head_bytes(head), live_bytes.to_be_bytes());
    connection.prepare_cached(sql)?.execute((&head[..], &live_bytes[..]))?;
    Ok(())
}

fn read(found: &rusqlite::Row<'_>) -> Result<Recorded> {
    codec::recorded(&columns(found)?)
}

fn columns<'a, 'b>(row: &'a rusqlite::Row<'b>) -> Result<SqliteColumns<'a, 'b>> {
    Ok(SqliteColumns::new("events", row.get("seq")?, row))
}
