//! The engines: which one a store has is decided when it is opened, and nobody above needs to know.

use domain::hashes::KeyedHash;
use domain::secret::Row;

use crate::at_rest::{RingId, WrappedKey};
use crate::keys::keyring::Turn;
use crate::port::{Allowance, KeyPlace, Query, Result, Unit};
use crate::{postgres, sqlite};

/// The engine of one store.
pub(crate) enum Engine {
    /// A database in the data directory, for one process.
    Sqlite(sqlite::Engine),
    /// A database server, for several nodes.
    Postgres(postgres::Engine),
}

impl Engine {
    /// Runs `unit` in a transaction; answers when it is on disk.
    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Output> {
        match self {
            Self::Sqlite(engine) => engine.write(unit).await,
            Self::Postgres(engine) => engine.write(unit).await,
        }
    }

    /// Has what was destroyed leave the database's log soon.
    pub(crate) fn empty_log(&self) {
        match self {
            Self::Sqlite(engine) => engine.empty_log(),
            // That one is the database server's own.
            Self::Postgres(_) => {}
        }
    }

    /// Runs `query` on one view of the store.
    pub(crate) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        match self {
            Self::Sqlite(engine) => engine.read(query).await,
            Self::Postgres(engine) => engine.read(query).await,
        }
    }

    /// Takes from an allowance that all nodes share, or says how many milliseconds to wait. `None` when
    /// there is one node, which counts by itself.
    pub(crate) async fn allow(
        &self,
        key: &KeyedHash,
        asked: Allowance,
    ) -> Result<Option<std::result::Result<(), i64>>> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(engine) => engine.allow(key, asked).await.map(Some),
        }
    }

    /// A row number that nobody else gets.
    pub(crate) async fn reserve(&self) -> Result<Row> {
        match self {
            Self::Sqlite(engine) => Ok(engine.reserve()),
            Self::Postgres(engine) => engine.reserve().await,
        }
    }

    /// The wrapped key of `row`, and which key of the ring wrapped it; `None` when it was destroyed.
    pub(crate) async fn wrapped_key(
        &self,
        row: Row,
        place: KeyPlace,
    ) -> Result<Option<(RingId, WrappedKey)>> {
        match self {
            Self::Sqlite(engine) => engine.wrapped_key(row, place),
            Self::Postgres(engine) => engine.wrapped_key(row, place).await,
        }
    }

    /// The rows whose keys were not there when the store was opened; told once.
    pub(crate) fn take_lost(&self) -> Vec<Row> {
        match self {
            Self::Sqlite(engine) => engine.take_lost(),
            Self::Postgres(engine) => engine.take_lost(),
        }
    }

    /// Who says which key of the ring is active.
    pub(crate) const fn turn(&self) -> Turn {
        match self {
            Self::Sqlite(_) => sqlite::TURN,
            Self::Postgres(_) => postgres::TURN,
        }
    }

    /// The sum of the sizes of all payloads, in bytes.
    pub(crate) fn live_bytes(&self) -> u64 {
        match self {
            Self::Sqlite(engine) => engine.live_bytes(),
            Self::Postgres(engine) => engine.live_bytes(),
        }
    }
}
