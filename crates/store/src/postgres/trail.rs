//! The audit trail. Rows are only ever added, each chained to the one before.
//!
//! Every node adds to one chain: at the end of a batch, with nothing left to do but the commit, the end
//! of the trail is locked, what happened is numbered and chained, and the end moves on. So there is no
//! gap and no fork, whichever nodes write. The lock is held for two round trips: its own, and one for
//! everything that is added and the commit.

use std::collections::BTreeMap;
use std::mem::take;

use deadpool_postgres::Object;
use domain::audit::{Event, Head, TrailFault};
use domain::organisation::OrganisationId;
use domain::secret::Row;
use tokio_postgres::Statement;

use super::columns::PgColumns;
use super::transaction::{Params, Pending, PgTransaction};
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

/// What a batch adds to the trail, and to the sums that are kept beside its end.
pub(super) struct Addition {
    events: Vec<Event>,
    /// What owners have more, or less: bytes and secrets.
    usage: BTreeMap<Vec<u8>, (i64, i64)>,
    grown: u64,
    shrunk: u64,
}

impl Addition {
    /// Takes it out of what waits; `None` when there is nothing.
    pub(super) fn take(pending: &mut Pending) -> Option<Self> {
        let (grown, shrunk) = (pending.grown, pending.shrunk);
        let (events, usage) = (take(&mut pending.events), take(&mut pending.usage));
        let nothing = events.is_empty() && grown == shrunk && usage.is_empty();
        (!nothing).then_some(Self { events, usage, grown, shrunk })
    }

    /// Holds the end of the trail, and chains to it what happened. Every statement that the rest takes is
    /// known to the server from here on.
    pub(super) async fn chain(self, tx: &PgTransaction<'_>) -> Result<Chained> {
        let counted = (!self.usage.is_empty()).then_some(COUNT);
        let left = self.usage.values().any(|(_, secrets)| *secrets < 0).then_some(LEAVE);
        // The sum is read after the lock was given: nobody else changes it without holding the end.
        let (end, sum, extend, count, leave) = futures_util::try_join!(
            tx.first("SELECT value FROM meta WHERE name = 'trail' FOR UPDATE", &[]),
            tx.first("SELECT value FROM meta WHERE name = 'live bytes'", &[]),
            tx.prepared(EXTEND),
            prepared(tx, counted),
            prepared(tx, left),
        )?;
        let Self { events, usage, grown, shrunk } = self;
        let mut head = codec::head(fixed(end)?);
        let sum = u64::from_be_bytes(fixed(sum)?).saturating_add(grown).saturating_sub(shrunk);
        let mut hashes: Vec<Vec<u8>> = Vec::with_capacity(events.len());
        let mut numbers: Vec<i64> = Vec::with_capacity(events.len());
        for event in &events {
            head = head.append(event);
            numbers.push(head.seq);
            hashes.push(head.hash.to_vec());
        }
        Ok(Chained { events, numbers, hashes, usage, head, sum, extend, count, leave })
    }
}

async fn prepared(tx: &PgTransaction<'_>, sql: Option<&str>) -> Result<Option<Statement>> {
    match sql {
        Some(sql) => tx.prepared(sql).await.map(Some),
        None => Ok(None),
    }
}

/// What is added, and where the trail ends after it. The commit is on its way before this is answered, so
/// the server itself counts the rows: with another number it divides by zero, and commits nothing.
const EXTEND: &str = "WITH added AS (
         INSERT INTO events (seq, at, kind, actor, actor_id, row, subject, organisation, hash)
         SELECT * FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[],
             $6::BIGINT[], $7::BIGINT[], $8::BIGINT[], $9::BYTEA[]) RETURNING 1),
     moved AS (
         UPDATE meta SET value = CASE name WHEN 'trail' THEN $10::BYTEA ELSE $11::BYTEA END
         WHERE name IN ('trail', 'live bytes') RETURNING 1)
     SELECT 1 / CASE WHEN (SELECT count(*) FROM added) = CARDINALITY($1)
         AND (SELECT count(*) FROM moved) = 2 THEN 1 ELSE 0 END";
/// Nobody else counts while this transaction holds the end of the trail.
const COUNT: &str = "INSERT INTO usage AS u (owner, bytes, secrets)
     SELECT * FROM UNNEST($1::BYTEA[], $2::BIGINT[], $3::BIGINT[])
     ON CONFLICT (owner) DO UPDATE SET
         bytes = u.bytes + excluded.bytes, secrets = u.secrets + excluded.secrets";
/// Nothing is left of somebody who has nothing.
const LEAVE: &str = "DELETE FROM usage WHERE owner = ANY($1) AND secrets <= 0";

/// What is chained to the end that this transaction holds, and not sent yet.
pub(super) struct Chained {
    events: Vec<Event>,
    numbers: Vec<i64>,
    hashes: Vec<Vec<u8>>,
    usage: BTreeMap<Vec<u8>, (i64, i64)>,
    head: Head,
    /// The sum of the sizes of all payloads after it.
    pub(super) sum: u64,
    extend: Statement,
    count: Option<Statement>,
    leave: Option<Statement>,
}

impl Chained {
    /// Sends it: everything is on its way when this was polled once.
    pub(super) async fn send(&self, connection: &Object) -> Result<(), tokio_postgres::Error> {
        let events = &self.events;
        let times: Vec<i64> = events.iter().map(|event| event.at.as_millis()).collect();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
        let actors: Vec<&str> = events.iter().map(|event| event.actor.name()).collect();
        let of = |number: fn(&Event) -> Option<i64>| events.iter().map(number).collect();
        let acting: Vec<Option<i64>> = of(|event| event.actor.number());
        let rows: Vec<Option<i64>> = of(|event| event.row.map(Row::get));
        let subjects: Vec<Option<i64>> = of(|event| event.subject);
        let within: Vec<Option<i64>> = of(|event| event.organisation.map(OrganisationId::get));
        let (end, sum) = (codec::head_bytes(&self.head), self.sum.to_be_bytes());
        let (numbers, hashes) = (&self.numbers, &self.hashes);
        let added: Params<'_> = &[
            numbers,
            &times,
            &kinds,
            &actors,
            &acting,
            &rows,
            &subjects,
            &within,
            hashes,
            &&end[..],
            &&sum[..],
        ];
        let owners: Vec<&[u8]> = self.usage.keys().map(Vec::as_slice).collect();
        let (bytes, secrets): (Vec<i64>, Vec<i64>) = self.usage.values().copied().unzip();
        let (counted, left): (Params<'_>, Params<'_>) = (&[&owners, &bytes, &secrets], &[&owners]);
        futures_util::try_join!(
            connection.query(&self.extend, added),
            executed(connection, self.count.as_ref(), counted),
            executed(connection, self.leave.as_ref(), left),
        )?;
        Ok(())
    }
}

async fn executed(
    connection: &Object,
    statement: Option<&Statement>,
    params: Params<'_>,
) -> Result<(), tokio_postgres::Error> {
    match statement {
        Some(statement) => connection.execute(statement, params).await.map(drop),
        None => Ok(()),
    }
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
