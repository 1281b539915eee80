//! The audit trail. Rows are only ever added, each chained to the one before.
//!
//! Every node adds to one chain: at the end of a batch, with nothing left to do but the commit, the end
//! of the trail is locked, what happened is numbered and chained, and the end moves on. So there is no
//! gap and no fork, whichever nodes write, and the lock is held for one round trip and the commit.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::audit::{Event, Head, TrailFault};
use domain::organisation::OrganisationId;
use domain::secret::Row;

use super::columns::PgColumns;
use super::transaction::{Params, PgTransaction};
use crate::StoreError;
use crate::anchor::Reach;
use crate::codec::{self, EVENT};
use crate::port::{EVENTS, Recorded, Result};

/// How many events are read at once when the whole trail is followed.
const PAGE: u32 = 4096;

pub(super) async fn of_row(tx: &PgTransaction<'_>, row: Row) -> Result<Vec<Event>> {
    let sql = format!(
        "SELECT * FROM (SELECT {EVENT} FROM events WHERE row = $1 ORDER BY seq DESC LIMIT {EVENTS})
             AS latest ORDER BY seq"
    );
    let mut events = Vec::new();
    for found in &tx.rows(&sql, &[&row.get()]).await? {
        let event = codec::event(&PgColumns::new("events", "seq", found)?);
        events.extend(codec::readable(event)?);
    }
    // What this transaction has recorded comes after all that.
    let pending = tx.pending.iter().flat_map(|pending| &pending.events);
    events.extend(pending.filter(|event| event.row == Some(row)));
    Ok(events)
}

pub(super) async fn after(tx: &PgTransaction<'_>, seq: i64, limit: u32) -> Result<Vec<Recorded>> {
    let sql = format!("SELECT {EVENT} FROM events WHERE seq > $1 ORDER BY seq LIMIT $2");
    let found = tx.rows(&sql, &[&seq, &i64::from(limit)]).await?;
    found.iter().map(read).collect()
}

fn read(found: &tokio_postgres::Row) -> Result<Recorded> {
    codec::recorded(&PgColumns::new("events", "seq", found)?)
}

/// Chains what happened, counts what came and went, and moves the end on. The last thing before a
/// commit.
pub(super) async fn send(tx: &mut PgTransaction<'_>, live_bytes: &AtomicU64) -> Result<()> {
    let pending = tx.pending()?;
    let events = std::mem::take(&mut pending.events);
    let usage = std::mem::take(&mut pending.usage);
    let (grown, shrunk) = (pending.grown, pending.shrunk);
    if events.is_empty() && grown == shrunk && usage.is_empty() {
        return Ok(());
    }
    // The sum is read after the lock was given: nobody else changes it without holding the end.
    let (end, sum) = futures_util::try_join!(
        tx.first("SELECT value FROM meta WHERE name = 'trail' FOR UPDATE", &[]),
        tx.first("SELECT value FROM meta WHERE name = 'live bytes'", &[]),
    )?;
    let mut head = codec::head(fixed(end)?);
    let sum = u64::from_be_bytes(fixed(sum)?).saturating_add(grown).saturating_sub(shrunk);
    let mut hashes: Vec<Vec<u8>> = Vec::with_capacity(events.len());
    let mut numbers: Vec<i64> = Vec::with_capacity(events.len());
    for event in &events {
        head = head.append(event);
        numbers.push(head.seq);
        hashes.push(head.hash.to_vec());
    }
    let times: Vec<i64> = events.iter().map(|event| event.at.as_millis()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
    let actors: Vec<&str> = events.iter().map(|event| event.actor.name()).collect();
    let numbered = |number: fn(&Event) -> Option<i64>| events.iter().map(number).collect();
    let acting: Vec<Option<i64>> = numbered(|event| event.actor.number());
    let rows: Vec<Option<i64>> = numbered(|event| event.row.map(Row::get));
    let subjects: Vec<Option<i64>> = numbered(|event| event.subject);
    let within: Vec<Option<i64>> = numbered(|event| event.organisation.map(OrganisationId::get));
    let (end, sum) = (codec::head_bytes(&head), sum.to_be_bytes());
    let chained: Params<'_> =
        &[&numbers, &times, &kinds, &actors, &acting, &rows, &subjects, &within, &hashes];
    let moved: Params<'_> = &[&&end[..], &&sum[..]];
    futures_util::try_join!(
        tx.exactly(
            events.len(),
            "insert event",
            "INSERT INTO events (seq, at, kind, actor, actor_id, row, subject, organisation, hash)
             SELECT * FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[],
                 $6::BIGINT[], $7::BIGINT[], $8::BIGINT[], $9::BYTEA[])",
            chained,
        ),
        tx.exactly(
            2,
            "move the trail's end",
            "UPDATE meta SET value = CASE name WHEN 'trail' THEN $1::BYTEA ELSE $2::BYTEA END
             WHERE name IN ('trail', 'live bytes')",
            moved,
        ),
        super::usage::send(tx, &usage),
    )?;
    live_bytes.store(u64::from_be_bytes(sum), Ordering::Relaxed);
    Ok(())
}

/// A value of this many bytes, which is always there.
fn fixed<const N: usize>(found: Option<tokio_postgres::Row>) -> Result<[u8; N]> {
    let damaged = || StoreError::Inconsistent { table: "meta", column: "value", row: 0 };
    let found = found.ok_or_else(damaged)?;
    let value: &[u8] = found.try_get(0)?;
    value.try_into().map_err(|_| damaged())
}

/// The end of the trail.
pub(super) async fn end(tx: &PgTransaction<'_>) -> Result<Head> {
    let end = tx.first("SELECT value FROM meta WHERE name = 'trail'", &[]).await?;
    fixed(end).map(codec::head)
}

/// How far the trail reaches, and the hash of event `seq`.
pub(super) async fn reach(tx: &PgTransaction<'_>, seq: i64) -> Result<Reach> {
    let found = tx.first("SELECT hash FROM events WHERE seq = $1", &[&seq]).await?;
    let hash = match found {
        Some(found) => Some(fixed(Some(found))?),
        None => None,
    };
    Ok(Reach { end: end(tx).await?.seq, hash })
}

/// Follows the whole trail, a page at a time.
pub(super) async fn verify(tx: &PgTransaction<'_>) -> Result<std::result::Result<i64, TrailFault>> {
    let sql = format!("SELECT {EVENT} FROM events WHERE seq > $1 ORDER BY seq LIMIT $2");
    let mut head = Head::EMPTY;
    loop {
        let page = tx.rows(&sql, &[&head.seq, &i64::from(PAGE)]).await?;
        for found in &page {
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
        if page.is_empty() {
            break;
        }
    }
    let end = tx.first("SELECT value FROM meta WHERE name = 'trail'", &[]).await?;
    let end: Option<Vec<u8>> = end.map(|end| end.try_get(0)).transpose()?;
    let end = end.and_then(|end| end.try_into().ok()).map(codec::head);
    Ok(head.reaches(end.as_ref()))
}
