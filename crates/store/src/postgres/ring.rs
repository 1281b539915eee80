//! The server's keys as the database knows them, and per-secret keys that move to another one.
//!
//! Which key of the ring is active is the database's word, so that no node wraps with one that another
//! does not have. Once it has said so, nothing is wrapped with another: whoever inserts or moves keys
//! looks in the same transaction ([`judge`]), and after it has touched their table, so that whoever locks
//! that sees either the keys or somebody who will be refused. So a key that nothing uses, and that is not
//! active, stays unused.

use std::sync::Arc;

use deadpool_postgres::Object;

use super::columns::PgColumns;
use super::transaction::{Params, PgTransaction};
use super::{Target, lend, pool, schema};
use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::codec::Columns as _;
use crate::error::OpenError;
use crate::inspect::RingUse;
use crate::keys::keyring::{Activate, Remember, Turn};
use crate::keys::{KeySource, KnownKeys, KnownRing};
use crate::port::{Result, Unit as _, WrappedAnew};

/// How many bytes the old version of a row of `secret_keys` takes.
const MOVED: u64 = 96;

pub(super) async fn known_keys(tx: &PgTransaction<'_>) -> Result<KnownKeys> {
    let mut known = KnownKeys { active: active(tx).await?, ..KnownKeys::default() };
    let sql = "SELECT name, value FROM meta WHERE name = 'keys' OR name LIKE 'key ring %'";
    for row in tx.rows(sql, &[]).await? {
        known.learn(row.try_get(0)?, row.try_get(1)?)?;
    }
    known.used(&in_use(tx).await?);
    Ok(known)
}

pub(super) async fn active(tx: &PgTransaction<'_>) -> Result<Option<RingId>> {
    let found = tx.first("SELECT value FROM meta WHERE name = 'ring active'", &[]).await?;
    found.map(|found| KnownKeys::number(found.try_get(0)?)).transpose()
}

/// A step from one number to the next each, whatever the number of rows.
pub(super) async fn in_use(tx: &PgTransaction<'_>) -> Result<Vec<RingId>> {
    let (mut rings, mut after) = (Vec::new(), i64::MIN);
    let sql = "SELECT min(ring) FROM secret_keys WHERE ring > $1";
    while let Some(found) = tx.first(sql, &[&after]).await? {
        let Some(next) = found.try_get::<_, Option<i64>>(0)? else { break };
        rings.extend(u8::try_from(next).ok().and_then(RingId::new));
        after = next;
    }
    rings.extend(of_columns(tx).await?.filter(|ring| !rings.contains(ring)));
    Ok(rings)
}

/// The key that has wrapped the key of the columns.
async fn of_columns(tx: &PgTransaction<'_>) -> Result<Option<RingId>> {
    let found = tx.first("SELECT value FROM meta WHERE name = 'column key'", &[]).await?;
    let wrapped: Option<Vec<u8>> = found.map(|found| found.try_get(0)).transpose()?;
    Ok(wrapped.and_then(|wrapped| RingId::new(*wrapped.first()?)))
}

/// How much each key of the ring is used that the database remembers or uses.
pub(super) async fn uses(tx: &PgTransaction<'_>) -> Result<Vec<RingUse>> {
    let known = known_keys(tx).await?;
    let mut uses = Vec::new();
    for KnownRing { id: ring, .. } in known.rings {
        uses.push(used(tx, ring, known.active).await?);
    }
    Ok(uses)
}

async fn used(tx: &PgTransaction<'_>, ring: RingId, active: Option<RingId>) -> Result<RingUse> {
    let columns = of_columns(tx).await? == Some(ring);
    Ok(RingUse { ring, secrets: count(tx, ring).await?, columns, active: active == Some(ring) })
}

async fn count(tx: &PgTransaction<'_>, ring: RingId) -> Result<u64> {
    let sql = "SELECT count(*) FROM secret_keys WHERE ring = $1";
    let found = tx.first(sql, &[&i64::from(ring.get())]).await?;
    let count: i64 = found.map_or(Ok(0), |found| found.try_get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

pub(super) async fn remember(
    tx: &PgTransaction<'_>,
    ring: Option<RingId>,
    verifier: &[u8; 32],
) -> Result<()> {
    tx.one(
        "remember key",
        "INSERT INTO meta AS old (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE old.value = excluded.value",
        &[&KnownKeys::name(ring), &&verifier[..]],
    )
    .await
}

pub(super) async fn forget(tx: &PgTransaction<'_>, ring: RingId) -> Result<()> {
    tx.any("DELETE FROM meta WHERE name = $1", &[&KnownKeys::name(Some(ring))]).await.map(drop)
}

pub(super) async fn activate(tx: &PgTransaction<'_>, ring: RingId) -> Result<()> {
    tx.one(
        "activate ring",
        "INSERT INTO meta (name, value) VALUES ('ring active', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[&&[ring.get()][..]],
    )
    .await
}

/// Whether the database says that `ring` is active. When it is another, that one is in force from here
/// on, and whoever runs the transaction again succeeds.
pub(super) async fn judge(tx: &PgTransaction<'_>, ring: RingId) -> Result<()> {
    match active(tx).await? {
        Some(active) if active == ring => Ok(()),
        Some(active) => {
            // Without that key nothing is lost: it is refused here, and other nodes have it.
            tx.keys()?.activate(active);
            Err(StoreError::NoRing(active.get()))
        }
        None => Err(StoreError::NoRing(ring.get())),
    }
}

pub(super) async fn wrap_anew(
    tx: &mut PgTransaction<'_>,
    ring: RingId,
    after: Option<i64>,
    limit: u32,
) -> Result<WrappedAnew> {
    tx.settle().await?;
    let in_force = tx.keys()?.in_force();
    // With its secret, as everybody who destroys a key: nobody waits for each other in a circle.
    let after = after.unwrap_or(i64::MIN);
    let params: Params<'_> = &[&i64::from(ring.get()), &after, &i64::from(limit)];
    let mut all = Vec::new();
    for owner in ["secrets", "uploads"] {
        let sql = format!(
            "SELECT k.row, k.key FROM secret_keys AS k JOIN {owner} AS s ON s.row = k.row
             WHERE k.ring = $1 AND k.row > $2 ORDER BY k.row LIMIT $3 FOR UPDATE SKIP LOCKED"
        );
        for found in tx.rows(&sql, params).await? {
            all.push((found.try_get::<_, i64>("row")?, found));
        }
    }
    all.sort_unstable_by_key(|(row, _)| *row);
    all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut done = WrappedAnew { last: None, seen: 0, count: 0 };
    let (mut rows, mut keys) = (Vec::new(), Vec::new());
    for (_, found) in &all {
        let columns = PgColumns::new("secret_keys", "row", found)?;
        done.last = Some(columns.id());
        done.seen = done.seen.saturating_add(1);
        let Ok(key) = columns.bytes("key") else { continue };
        if let Some(anew) = in_force.wrap_anew(ring, &WrappedKey::from_bytes(key)) {
            rows.push(columns.id());
            keys.push(anew.as_bytes().to_vec());
        }
    }
    if rows.is_empty() {
        return Ok(done);
    }
    let sql = "UPDATE secret_keys AS k SET ring = $1, key = anew.key
         FROM UNNEST($2::BIGINT[], $3::BYTEA[]) AS anew (row, key)
         WHERE k.row = anew.row AND k.ring = $4";
    let (to, from) = (i64::from(in_force.active.get()), i64::from(ring.get()));
    tx.exactly(rows.len(), "wrap anew", sql, &[&to, &rows, &keys, &from]).await?;
    // A node that has not heard of a turn must not turn keys back.
    judge(tx, in_force.active).await?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    // The old versions of the rows must go, as destroyed ones do.
    let pending = tx.pending()?;
    pending.moved = pending.moved.saturating_add(count.saturating_mul(MOVED));
    done.count = u32::try_from(count).unwrap_or(u32::MAX);
    Ok(done)
}

async fn known(connection: &Object) -> Result<(), OpenError> {
    match schema::found(connection).await? {
        0 => Err(OpenError::Database("nothing was ever kept in it".to_owned())),
        _ => Ok(()),
    }
}

/// Makes the newest key in `source` the active one of the database of `target`: every node must have it.
/// Returns its number.
pub async fn activate_newest(target: &Target, source: &KeySource) -> Result<RingId, OpenError> {
    let text = source.read()?.ok_or_else(|| OpenError::KeysMissing(source.to_string()))?;
    let keys = Arc::new(text.keys());
    let newest = keys.newest();
    let pool = pool(target)?;
    let connection = lend(&pool).await.map_err(|error| target.unreachable(&error))?;
    known(&connection).await?;
    connection.batch_execute("BEGIN").await?;
    let tx = &mut PgTransaction::reading(&connection);
    let remembered = Remember { keys, turn: Turn::WhenTold }.run(tx).await?;
    remembered.map_err(|misfit| misfit.of(source))?;
    Activate(newest).run(tx).await?;
    connection.batch_execute("COMMIT").await?;
    Ok(newest)
}

/// Makes the database forget a key of the ring. `Err` says what uses it, or that it is active; then nothing
/// was changed.
pub async fn forget_unused(
    target: &Target,
    ring: RingId,
) -> Result<Result<(), RingUse>, OpenError> {
    let pool = pool(target)?;
    let connection = lend(&pool).await.map_err(|error| target.unreachable(&error))?;
    known(&connection).await?;
    // Whoever is inserting with it, or wraps the key of the columns, has committed when the locks are there;
    // whoever comes later sees which key is active.
    let hold = "BEGIN; SELECT value FROM meta WHERE name = 'ring active' FOR UPDATE;
         LOCK TABLE secret_keys IN SHARE MODE";
    connection.batch_execute(hold).await?;
    let tx = PgTransaction::reading(&connection);
    let found = used(&tx, ring, active(&tx).await?).await?;
    if !found.is_over() {
        connection.batch_execute("ROLLBACK").await?;
        return Ok(Err(found));
    }
    forget(&tx, ring).await?;
    connection.batch_execute("COMMIT").await?;
    Ok(Ok(()))
}
