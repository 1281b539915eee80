//! The schema's versions, in order. Forward only; a newer database is refused (R105).
//!
//! Several nodes may start at once: whoever migrates holds a lock of the whole database, so the others
//! wait, and then find nothing left to do.

use deadpool_postgres::Object;

use crate::error::OpenError;

/// Every migration; the first makes version 1.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001.sql")];

/// The number of the lock: "sigill" in ASCII.
const LOCK: i64 = 0x7369_6769_6C6C;

/// The newest schema of this program.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Takes the lock of the whole database; the end of the connection gives it back.
pub(super) async fn lock(connection: &Object) -> Result<(), OpenError> {
    // A migration of somebody else's may take its time.
    connection.batch_execute("SET lock_timeout = 0").await?;
    connection.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    connection.batch_execute("SET lock_timeout = '2s'").await?;
    Ok(())
}

/// Gives the lock back.
pub(super) async fn unlock(connection: &Object) -> Result<(), OpenError> {
    connection.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
    Ok(())
}

/// The schema of a database; zero when it is empty. A newer one than this program's is refused.
pub(super) async fn found(connection: &Object) -> Result<i64, OpenError> {
    let there = connection.query_one("SELECT to_regclass('meta') IS NOT NULL", &[]).await?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let sql = "SELECT value FROM meta WHERE name = 'schema'";
    let value = connection.query_opt(sql, &[]).await?;
    let value: Option<Vec<u8>> = value.map(|value| value.try_get(0)).transpose()?;
    let found = value.and_then(|value| value.try_into().ok()).map_or(-1, i64::from_be_bytes);
    if found > known() || found < 1 {
        return Err(OpenError::Newer { found, known: known() });
    }
    Ok(found)
}

/// Brings the database to the newest version, each step in a transaction of its own. Hold the lock.
pub(super) async fn migrate(connection: &mut Object) -> Result<(), OpenError> {
    let done = usize::try_from(found(connection).await?).unwrap_or(usize::MAX);
    for (version, sql) in (1_i64..).zip(MIGRATIONS).skip(done) {
        let step = connection.transaction().await?;
        step.batch_execute(sql).await?;
        let sql = "INSERT INTO meta (name, value) VALUES ('schema', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        step.execute(sql, &[&&version.to_be_bytes()[..]]).await?;
        if version == 1 {
            // The end of an empty trail, and the sum of no payloads: always there, to be locked.
            let sql = "INSERT INTO meta (name, value) VALUES ('trail', $1), ('live bytes', $2)";
            step.execute(sql, &[&&[0_u8; 40][..], &&[0_u8; 8][..]]).await?;
        }
        step.commit().await?;
    }
    Ok(())
}
