//! Rows of a PostgreSQL database on the way out and in: backups, restores, migrations.

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;

use super::transaction::{Params, PgTransaction};
use super::{Target, lend, pool, ring, schema, trail};
use crate::StoreError;
use crate::at_rest::WrappedKey;
use crate::error::OpenError;
use crate::keys::KnownKeys;
use crate::moving::Since;
use crate::moving::tables::{Kind, MovingPayload, TABLES, Table, Value};
use crate::port::Result;

/// A database that is read, or written, in one transaction.
pub(crate) struct Moving {
    connection: Object,
    /// Tables whose cursor is open.
    open: Vec<&'static str>,
}

impl Moving {
    /// Reads the database of `target` as it is now.
    pub(crate) async fn outgoing(target: &Target) -> Result<Self, OpenError> {
        let connection = reach(target).await?;
        if schema::found(&connection).await? != schema::known() {
            return Err(OpenError::Database(format!(
                "{target} holds nothing, or was made by an earlier program: start this one on it first"
            )));
        }
        if mark(&connection, "moved").await?.is_some() {
            return Err(OpenError::Database(format!("everything has moved away from {target}")));
        }
        let view = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        connection.batch_execute(view).await?;
        Ok(Self { connection, open: Vec::new() })
    }

    /// Fills the database of `target`, which holds nothing, or what an earlier try has left there.
    pub(crate) async fn incoming(target: &Target) -> Result<Self, OpenError> {
        let mut connection = reach(target).await?;
        schema::lock(&connection).await?;
        let found = schema::found(&connection).await?;
        if found > 0 && mark(&connection, "arriving").await?.is_none() {
            return Err(OpenError::Database(format!("{target} is not empty: choose a fresh one")));
        }
        if found > 0 {
            let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
            let sql = format!(
                "DROP TABLE {}, payloads, secret_keys, allowances; DROP SEQUENCE rows",
                names.join(", ")
            );
            connection.batch_execute(&sql).await?;
        }
        schema::migrate(&mut connection).await?;
        set_mark(&connection, "arriving", &[]).await?;
        connection.batch_execute("BEGIN").await?;
        // What a fresh database has at once comes with the others.
        connection.execute("DELETE FROM meta WHERE name = 'trail'", &[]).await?;
        Ok(Self { connection, open: Vec::new() })
    }

    const fn tx(&self) -> PgTransaction<'_> {
        PgTransaction::reading(&self.connection)
    }

    /// Whether secrets may be there whose keys are not.
    pub(crate) async fn is_keyless(&self) -> Result<bool, OpenError> {
        Ok(mark(&self.connection, "keyless").await?.is_some())
    }

    /// Refuses a copy that was put back, and whose secrets have not been ended.
    pub(crate) async fn must_be_settled(&self) -> Result<(), OpenError> {
        let arriving = mark(&self.connection, "arriving").await?.is_some();
        let restored = mark(&self.connection, "restored").await?.is_some();
        if arriving {
            return Err(OpenError::Database("what moves there has not arrived yet".to_owned()));
        }
        if restored {
            let reason =
                "a backup was put back there: start a node on it once, which ends what waits in it";
            return Err(OpenError::Database(reason.to_owned()));
        }
        Ok(())
    }

    /// The next rows of `table`, up to `limit`; none when there are no more.
    pub(crate) async fn page(&mut self, table: &Table, limit: u32) -> Result<Vec<Vec<Value>>> {
        let sql = format!("SELECT {} FROM {}", table.list(), table.name);
        let found = self.fetch(table.name, &sql, limit).await?;
        let row = |row: &tokio_postgres::Row| {
            let columns = table.columns.iter().enumerate();
            columns.map(|(place, (_, kind))| value(row, place, *kind)).collect()
        };
        found.iter().map(row).collect()
    }

    /// The next payloads, up to `limit`.
    pub(crate) async fn payloads(&mut self, limit: u32) -> Result<Vec<MovingPayload>> {
        let sql = "SELECT p.row, coalesce(k.ring, 1) AS ring, k.key, p.owner, p.body
             FROM payloads AS p LEFT JOIN secret_keys AS k ON k.row = p.row ORDER BY p.row";
        let found = self.fetch("payloads", sql, limit).await?;
        let payload = |found: &tokio_postgres::Row| {
            let key: Option<Vec<u8>> = found.try_get("key")?;
            let key = key.and_then(|key| key.try_into().ok()).map(WrappedKey::from_bytes);
            let (row, ring, body) =
                (found.try_get("row")?, found.try_get("ring")?, found.try_get("body")?);
            Ok(MovingPayload { row, ring, key, owner: found.try_get("owner")?, body })
        };
        found.iter().map(payload).collect()
    }

    async fn fetch(
        &mut self,
        name: &'static str,
        sql: &str,
        limit: u32,
    ) -> Result<Vec<tokio_postgres::Row>> {
        if !self.open.contains(&name) {
            let cursor = format!("DECLARE moving_{name} NO SCROLL CURSOR FOR {sql}");
            self.connection.batch_execute(&cursor).await?;
            self.open.push(name);
        }
        self.tx().rows(&format!("FETCH {limit} FROM moving_{name}"), &[]).await
    }

    pub(crate) async fn insert(&self, table: &Table, rows: &[Vec<Value>]) -> Result<()> {
        let column = |place: usize, kind: Kind| -> Result<Box<dyn ToSql + Sync + Send>> {
            let values = rows.iter().map(|row| row.get(place));
            Ok(match kind {
                Kind::Integer => Box::new(values.map(integer).collect::<Result<Vec<_>>>()?),
                Kind::Bytes => Box::new(values.map(bytes).collect::<Result<Vec<_>>>()?),
                Kind::Text => Box::new(values.map(text).collect::<Result<Vec<_>>>()?),
            })
        };
        let (mut columns, mut casts) = (Vec::new(), Vec::new());
        for (place, (_, kind)) in table.columns.iter().enumerate() {
            columns.push(column(place, *kind)?);
            casts.push(format!("${}::{}[]", place.saturating_add(1), named(*kind)));
        }
        let sql = format!(
            "INSERT INTO {} ({}) SELECT * FROM UNNEST({})",
            table.name,
            table.list(),
            casts.join(", ")
        );
        let params: Vec<&(dyn ToSql + Sync)> =
            columns.iter().map(|column| -> &(dyn ToSql + Sync) { &**column }).collect();
        self.tx().exactly(rows.len(), "move rows", &sql, &params).await
    }

    pub(crate) async fn insert_payloads(&self, payloads: &[MovingPayload]) -> Result<()> {
        let rows: Vec<i64> = payloads.iter().map(|payload| payload.row).collect();
        let bodies: Vec<Option<&[u8]>> =
            payloads.iter().map(|payload| payload.body.as_deref()).collect();
        let owners: Vec<Option<&[u8]>> =
            payloads.iter().map(|payload| payload.owner.as_deref()).collect();
        let sql = "INSERT INTO payloads (row, owner, body)
             SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[], $3::BYTEA[])";
        self.tx().exactly(rows.len(), "move payloads", sql, &[&rows, &owners, &bodies]).await?;
        let with_keys = || payloads.iter().filter_map(|it| Some((it.row, it.ring, it.key?)));
        let rows: Vec<i64> = with_keys().map(|(row, ..)| row).collect();
        let rings: Vec<i64> = with_keys().map(|(_, ring, _)| ring).collect();
        let keys: Vec<Vec<u8>> = with_keys().map(|(.., key)| key.as_bytes().to_vec()).collect();
        let sql = "INSERT INTO secret_keys (row, ring, key)
             SELECT * FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BYTEA[])";
        self.tx().exactly(rows.len(), "move keys", sql, &[&rows, &rings, &keys]).await
    }

    /// Everything is there: numbers go on behind what came, sums fit it, and it is committed. The
    /// database stays marked as arriving.
    pub(crate) async fn finish(&self, with_keys: bool, since: Since) -> Result<(), OpenError> {
        let sql = "
            SELECT setval('rows', 1 + coalesce(greatest(
                (SELECT max(row) FROM secrets), (SELECT max(row) FROM uploads),
                (SELECT max(row) FROM events)), 0));
            SELECT setval(pg_get_serial_sequence('claims', 'id'), 1 + coalesce(max(id), 0)) FROM claims;
            SELECT setval(pg_get_serial_sequence('jobs', 'id'), 1 + coalesce(max(id), 0)) FROM jobs;
            UPDATE meta SET value = (
                SELECT int8send(coalesce(sum(size), 0)::BIGINT) FROM (
                    SELECT size FROM secrets WHERE standing < 4
                    UNION ALL SELECT size FROM uploads) AS waiting)
                WHERE name = 'live bytes';";
        self.connection.batch_execute(sql).await?;
        if !with_keys {
            set_mark(&self.connection, "keyless", &[]).await?;
        }
        if since == Since::Unknown {
            set_mark(&self.connection, "restored", &[]).await?;
        }
        self.connection.batch_execute("COMMIT").await?;
        self.connection.batch_execute("ANALYZE").await?;
        Ok(())
    }

    /// How many rows `table` has.
    pub(crate) async fn count(&self, table: &str) -> Result<i64> {
        let sql = format!("SELECT count(*) FROM {table}");
        let found = self.tx().first(&sql, &[]).await?;
        Ok(found.map(|found| found.try_get(0)).transpose()?.unwrap_or(0))
    }

    /// How many events the trail has, which is followed from the first to the last.
    pub(crate) async fn verify(&self) -> Result<i64, OpenError> {
        let trail = trail::verify(&self.tx()).await?;
        trail.map_err(|fault| OpenError::Trail(fault.to_string()))
    }

    /// The keys of the server that the database remembers.
    pub(crate) async fn known_keys(&self) -> Result<KnownKeys> {
        ring::known_keys(&self.tx()).await
    }

    /// Nodes may start on it from here on.
    pub(crate) async fn arrived(&self) -> Result<(), OpenError> {
        self.connection.execute("DELETE FROM meta WHERE name = 'arriving'", &[]).await?;
        Ok(())
    }
}

/// Whether what has come to `target` waits to be released.
pub(crate) async fn is_arriving(target: &Target) -> Result<bool, OpenError> {
    let connection = reach(target).await?;
    Ok(schema::found(&connection).await? > 0 && mark(&connection, "arriving").await?.is_some())
}

/// Releases what has come to `target`.
pub(crate) async fn release(target: &Target) -> Result<(), OpenError> {
    Moving { connection: reach(target).await?, open: Vec::new() }.arrived().await
}

/// Whether everything in `target` has moved away.
pub(crate) async fn has_moved(target: &Target) -> Result<bool, OpenError> {
    let connection = reach(target).await?;
    Ok(schema::found(&connection).await? > 0 && mark(&connection, "moved").await?.is_some())
}

/// Destroys the keys of what has moved away from `target`, and lets no node start on it any more.
pub(crate) async fn leave(target: &Target) -> Result<(), OpenError> {
    let connection = reach(target).await?;
    connection.batch_execute("BEGIN; DELETE FROM secret_keys").await?;
    set_mark(&connection, "moved", &[]).await?;
    connection.batch_execute("COMMIT").await?;
    connection.batch_execute("VACUUM secret_keys").await?;
    Ok(())
}

/// Keeps nodes from starting on the database of `target` for as long as this is held.
pub(crate) struct Alone {
    _connection: Object,
}

/// Waits until nobody starts on the database of `target`, and keeps them from it. One on which nodes run is
/// refused.
pub(crate) async fn alone(target: &Target) -> Result<Alone, OpenError> {
    let connection = reach(target).await?;
    schema::lock(&connection).await?;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
         AND application_name = 'sigill' AND pid <> pg_backend_pid()";
    let others: i64 = connection.query_one(sql, &[]).await?.try_get(0)?;
    if others > 0 {
        return Err(OpenError::Database(format!("nodes are running on {target}: stop them first")));
    }
    Ok(Alone { _connection: connection })
}

/// Where the trail of `target` ends.
pub(crate) async fn trail_end(target: &Target) -> Result<Vec<u8>, OpenError> {
    Ok(mark(&reach(target).await?, "trail").await?.unwrap_or_default())
}

/// Refuses a database that came half-way, or whose life goes on elsewhere.
pub(super) async fn must_be_home(connection: &Object, target: &Target) -> Result<(), OpenError> {
    if mark(connection, "arriving").await?.is_some() {
        return Err(OpenError::Database(format!(
            "what moves to {target} has not arrived: run sigill migrate again"
        )));
    }
    if mark(connection, "moved").await?.is_some() {
        return Err(OpenError::Database(format!(
            "everything has moved away from {target}: start the server where it moved to"
        )));
    }
    Ok(())
}

async fn mark(connection: &Object, name: &str) -> Result<Option<Vec<u8>>, OpenError> {
    let found = connection.query_opt("SELECT value FROM meta WHERE name = $1", &[&name]).await?;
    Ok(found.map(|found| found.try_get(0)).transpose()?)
}

async fn set_mark(connection: &Object, name: &str, value: &[u8]) -> Result<(), OpenError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    let params: Params<'_> = &[&name, &value];
    connection.execute(sql, params).await?;
    Ok(())
}

async fn reach(target: &Target) -> Result<Object, OpenError> {
    let connection = lend(&pool(target)?).await.map_err(|error| target.unreachable(&error))?;
    // Checking a long trail takes its time, and so does somebody who copies.
    connection.batch_execute("SET idle_in_transaction_session_timeout = 0").await?;
    Ok(connection)
}

const fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "BIGINT",
        Kind::Bytes => "BYTEA",
        Kind::Text => "TEXT",
    }
}

fn value(row: &tokio_postgres::Row, place: usize, kind: Kind) -> Result<Value> {
    Ok(match kind {
        Kind::Integer => row.try_get::<_, Option<i64>>(place)?.map_or(Value::Null, Value::Integer),
        Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(place)?.map_or(Value::Null, Value::Bytes),
        Kind::Text => row.try_get::<_, Option<String>>(place)?.map_or(Value::Null, Value::Text),
    })
}

const fn misfit() -> StoreError {
    StoreError::Inconsistent { table: "any", column: "any", row: 0 }
}

fn integer(value: Option<&Value>) -> Result<Option<i64>> {
    match value {
        Some(Value::Integer(number)) => Ok(Some(*number)),
        Some(Value::Null) => Ok(None),
        Some(Value::Bytes(_) | Value::Text(_)) | None => Err(misfit()),
    }
}

fn bytes(value: Option<&Value>) -> Result<Option<Vec<u8>>> {
    match value {
        Some(Value::Bytes(bytes)) => Ok(Some(bytes.clone())),
        Some(Value::Null) => Ok(None),
        Some(Value::Integer(_) | Value::Text(_)) | None => Err(misfit()),
    }
}

fn text(value: Option<&Value>) -> Result<Option<String>> {
    match value {
        Some(Value::Text(text)) => Ok(Some(text.clone())),
        Some(Value::Null) => Ok(None),
        Some(Value::Integer(_) | Value::Bytes(_)) | None => Err(misfit()),
    }
}
