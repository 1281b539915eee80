//! What is kept, and how it is destroyed.
//!
//! In reading order: the [`port`] (what any store must do), [`Store`] (what services hold in their
//! hands), the engines behind it (`sqlite`, [`postgres`]), and the parts that they share: server keys
//! ([`keys`]), public ids ([`ids`]), sealing at rest ([`at_rest`]), the file of per-secret keys
//! (`slots`), the files of large payloads ([`blobs`]), a look that changes nothing ([`inspect`]), what
//! remembers from outside how far all that had come ([`anchor`]), and backups, restores and migrations
//! ([`moving`]).
//! [`laws`] is the suite that every engine must pass.

pub mod accounts;
pub mod anchor;
pub mod api_keys;
pub mod at_rest;
pub mod blobs;
mod codec;
pub mod credentials;
mod directory;
mod engine;
mod error;
pub mod ids;
pub mod inspect;
pub mod keys;
pub mod laws;
pub mod leaving;
pub mod letters;
pub mod link_tokens;
pub mod mails;
pub mod moving;
pub mod organisations;
pub mod owned;
#[cfg(test)]
mod pinned;
pub mod port;
pub mod postgres;
pub mod providers;
pub mod rows;
pub mod sealed;
pub mod sessions;
pub mod settings;
mod slots;
mod sqlite;
pub mod tickets;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Entropy;
use domain::hashes::{KeyedHash, Kind};
use domain::secret::{Row, Secret};
use domain::time::Timestamp;
use envelope::stream::{ChunkSealer, StreamOpener};
use envelope::{Handle, ReceiptId, SecretId};
use tokio::sync::OnceCell;

use crate::at_rest::{Lock, RingId};
use crate::blobs::{BlobReader, BlobWriter, Blobs, Bucket, BucketTarget, Directory, Old};
use crate::engine::Engine;
use crate::ids::{Ids, Tag};
use crate::keys::keyring::{
    Activate, ActiveRing, InForce, Keyring, Misfit, PlaceOf, Remember, Turn,
};
use crate::keys::{KeySource, Lasting, ServerKeys};
use crate::port::{
    Allowance, Body, Kept, KeyPlace, NewPayload, Query, Result, SealedPayload, Unit, Upload,
};
use crate::postgres::{Reached, Target};
use crate::sealed::ColumnSeal;

pub use crate::error::{OpenError, StoreError};

/// Envelopes up to this size lie in the database; larger ones in files.
pub const INLINE: u64 = 64 * 1024;

/// The store of one data directory. Cheap to clone; closes with its last clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    engine: Engine,
    ids: Ids,
    lasting: Arc<Lasting>,
    keys: Arc<Keyring>,
    /// Seals columns; fetched when it is first needed.
    columns: OnceCell<Arc<ColumnSeal>>,
    blobs: Blobs,
    dir: PathBuf,
    // Last, so that the directory is free only when everything else is closed.
    _lock: directory::Guard,
}

/// An envelope that was opened at rest: what the sealer made, byte for byte.
pub enum Envelope {
    /// In memory.
    Small(Vec<u8>),
    /// In its place, to be read by ranges.
    Large(BlobReader),
}

impl Envelope {
    /// Its length in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::Small(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Large(reader) => reader.size(),
        }
    }
}

/// Where large payloads lie.
#[derive(Clone, Debug, Default)]
pub enum BlobPlace {
    /// In a bucket, for several nodes.
    Bucket(BucketTarget),
    /// In `blobs/` of the data directory.
    #[default]
    Directory,
}

impl BlobPlace {
    fn open(&self, dir: &Path, keys: &Keyring, wanted: impl Fn(Row) -> bool) -> Result<Blobs> {
        match self {
            Self::Bucket(target) => {
                Bucket::new(target, &keys.in_force().keys.verifier()).map(Blobs::Bucket)
            }
            Self::Directory => Directory::open(dir.join("blobs"), wanted).map(Blobs::Directory),
        }
    }
}

impl Store {
    /// Opens the store in `dir`, which is made when it is not there, with the keys that lie in it.
    pub fn open(dir: &Path, entropy: &dyn Entropy) -> Result<Self, OpenError> {
        Self::open_with(dir, KeySource::in_directory(dir), &BlobPlace::Directory, entropy)
    }

    /// Opens the store in `dir`, which is made when it is not there. Takes the exclusive lock,
    /// checks the keys, migrates, and overwrites what an interrupted run left behind.
    pub fn open_with(
        dir: &Path,
        source: KeySource,
        place: &BlobPlace,
        entropy: &dyn Entropy,
    ) -> Result<Self, OpenError> {
        let lock = directory::claim(dir)?;
        let fresh = sqlite::is_fresh(dir)?;
        if fresh && moving::has_left(dir) {
            return Err(OpenError::Moved(dir.to_owned()));
        }
        if fresh && sqlite::has_remains(dir)? {
            // Whoever starts on a half-restored directory must not lose the other half.
            return Err(OpenError::DatabaseMissing(dir.to_owned()));
        }
        let (keys, stamp) = source.load(fresh, entropy)?;
        let keys = Arc::new(Keyring::new(source, keys, stamp));
        let (engine, wanted) = sqlite::Engine::open(dir, &keys)?;
        let blobs = place.open(dir, &keys, |row| wanted.contains(&row))?;
        Self::from_parts(Engine::Sqlite(engine), keys, blobs, dir, lock)
    }

    /// Opens the store in the database of `target`, with the keys that lie in `dir`.
    pub async fn connect(
        target: &Target,
        dir: &Path,
        entropy: &dyn Entropy,
    ) -> Result<Self, OpenError> {
        let (source, place) = (KeySource::in_directory(dir), BlobPlace::Directory);
        Self::connect_with(target, dir, source, &place, entropy).await
    }

    /// Opens the store in the database of `target`, which several nodes may share. The directory `dir`
    /// is this node's alone.
    pub async fn connect_with(
        target: &Target,
        dir: &Path,
        source: KeySource,
        place: &BlobPlace,
        entropy: &dyn Entropy,
    ) -> Result<Self, OpenError> {
        let lock = directory::claim(dir)?;
        let reached = Reached::reach(target).await?;
        let (keys, stamp) = source.load(reached.is_fresh(), entropy)?;
        let keys = Arc::new(Keyring::new(source, keys, stamp));
        let engine = reached.open(&keys).await?;
        let wanted = postgres::blob_rows(&engine).await?;
        let blobs = place.open(dir, &keys, |row| wanted.contains(&row))?;
        Self::from_parts(Engine::Postgres(engine), keys, blobs, dir, lock)
    }

    fn from_parts(
        engine: Engine,
        keys: Arc<Keyring>,
        blobs: Blobs,
        dir: &Path,
        lock: directory::Guard,
    ) -> Result<Self, OpenError> {
        let lasting = keys.in_force().keys.lasting();
        let ids = Ids::new(lasting.id_key());
        directory::sync(dir)?;
        let dir = dir.to_owned();
        let columns = OnceCell::new();
        Ok(Self(Arc::new(Inner { engine, ids, lasting, keys, columns, blobs, dir, _lock: lock })))
    }

    /// Runs `unit` in a transaction; answers when it is on disk.
    pub async fn write<U: Unit>(&self, unit: U) -> Result<U::Output> {
        self.0.engine.write(unit).await
    }

    /// Runs `query` on one view of the store.
    pub async fn read<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        self.0.engine.read(query).await
    }

    /// Has what was destroyed leave the log of the database soon, however much there is to do (law 4).
    pub fn empty_log(&self) {
        self.0.engine.empty_log();
    }

    /// The secrets whose keys were not there when the store was opened: somebody restored a backup
    /// without them. Told once, to be ended.
    pub fn take_lost(&self) -> Vec<Row> {
        self.0.engine.take_lost()
    }

    /// A row number that nobody else gets.
    pub async fn reserve(&self) -> Result<Row> {
        self.0.engine.reserve().await
    }

    /// Takes from an allowance that all nodes share, or says how many milliseconds to wait. `None` when
    /// there is one node, which counts by itself.
    pub async fn allow(
        &self,
        key: &KeyedHash,
        asked: Allowance,
    ) -> Result<Option<std::result::Result<(), i64>>> {
        self.0.engine.allow(key, asked).await
    }

    /// The public id of `row` with `tag`.
    pub fn identify(&self, row: Row, tag: Tag) -> SecretId {
        self.0.ids.identify(row, tag)
    }

    /// The row and tag that `id` would have, whether or not they exist.
    pub fn locate(&self, id: &SecretId) -> (Row, Tag) {
        self.0.ids.locate(id)
    }

    /// The public id of the receipt of `row` with `tag`, where the server has sealed.
    pub fn identify_receipt(&self, row: Row, tag: Tag) -> ReceiptId {
        self.0.ids.identify_receipt(row, tag)
    }

    /// The row and tag that the receipt `id` would have, whether or not they exist.
    pub fn locate_receipt(&self, id: &ReceiptId) -> (Row, Tag) {
        self.0.ids.locate_receipt(id)
    }

    /// What lists show in place of the receipt token of `row` with `tag`. It is worth nothing without the
    /// rights of whoever owns the secret (law 6).
    pub fn handle(&self, row: Row, tag: Tag) -> Handle {
        let hash = self.0.lasting.hash(Kind::Handle, &row.get().to_be_bytes());
        let hash = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        Handle::new(self.identify_receipt(row, tag), hash)
    }

    /// Hashes what a capability gave.
    pub fn hash(&self, kind: Kind, value: &[u8]) -> KeyedHash {
        self.0.lasting.hash(kind, value)
    }

    /// A short name of `row` for receipts and the trail; it tells nothing and opens nothing (R57).
    pub fn reference(&self, row: Row) -> String {
        let hash = self.0.lasting.hash(Kind::Reference, &row.get().to_be_bytes());
        let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        format!("{:012x}", u64::from_be_bytes(first).wrapping_shr(16))
    }

    /// The seal of columns that tell something about people.
    pub async fn columns(&self, entropy: &dyn Entropy) -> Result<Arc<ColumnSeal>> {
        let fetch = || self.columns_anew(entropy);
        Ok(Arc::clone(self.0.columns.get_or_try_init(fetch).await?))
    }

    async fn columns_anew(&self, entropy: &dyn Entropy) -> Result<Arc<ColumnSeal>> {
        sealed::seal(&self.0.engine, &self.0.keys, entropy).await.map(Arc::new)
    }

    /// Wraps the key of the columns with the active key of the ring, if another one has wrapped it.
    pub async fn wrap_columns_anew(&self) -> Result<bool> {
        let (in_force, turn) = (self.0.keys.in_force(), self.0.engine.turn());
        self.write(sealed::WrapAnew { in_force, turn }).await
    }

    /// Seals a small envelope for the row of `kept`.
    pub fn seal_small(&self, kept: &Kept, envelope: &[u8], entropy: &dyn Entropy) -> NewPayload {
        let (ring, key, lock) = Lock::draw(&self.0.keys.in_force(), kept, entropy);
        let mut sealed = Vec::with_capacity(envelope.len().saturating_add(32));
        let mut sealer = ChunkSealer::with_room(&lock.key, lock.aad, envelope.len());
        sealer.push(envelope, &mut sealed);
        sealer.finish(&mut sealed);
        NewPayload { ring, key, owner: None, body: Body::Inline(sealed) }
    }

    /// Starts to seal a large envelope of somebody in `network` into its place. Keep the payload only
    /// after the writer has finished.
    pub async fn seal_large(
        &self,
        kept: &Kept,
        network: &KeyedHash,
        entropy: &dyn Entropy,
    ) -> Result<(BlobWriter, NewPayload)> {
        let (ring, key, lock) = Lock::draw(&self.0.keys.in_force(), kept, entropy);
        let writer = self.0.blobs.create(kept.secret.row, network, lock).await?;
        Ok((writer, NewPayload { ring, key, owner: None, body: Body::Blob }))
    }

    /// Makes room for an envelope that comes in parts. Keep the upload afterwards.
    pub async fn begin_parts(&self, kept: &Kept, entropy: &dyn Entropy) -> Result<NewPayload> {
        let (ring, key, _lock) = Lock::draw(&self.0.keys.in_force(), kept, entropy);
        self.0.blobs.begin(kept.secret.row).await?;
        Ok(NewPayload { ring, key, owner: None, body: Body::Blob })
    }

    /// Starts to seal part `number` of an upload, for somebody in `network`. `None` when it was given up
    /// meanwhile.
    pub async fn seal_part(
        &self,
        upload: &Upload,
        number: u32,
        network: &KeyedHash,
    ) -> Result<Option<BlobWriter>> {
        let secret = &upload.kept.secret;
        let Some(place) = self.read(PlaceOf(secret.row)).await? else { return Ok(None) };
        let Some(lock) = self.lock(&upload.kept, place).await? else { return Ok(None) };
        self.0.blobs.part((secret.row, secret.size), number, network, lock).await
    }

    /// Opens the payload of `kept` at rest. `Ok(None)` when its key was destroyed meanwhile,
    /// [`StoreError::Undecryptable`] when the server's keys do not fit or something was altered.
    pub async fn unseal(&self, kept: &Kept, payload: &SealedPayload) -> Result<Option<Envelope>> {
        let secret = &kept.secret;
        let Some(lock) = self.lock(kept, payload.key).await? else { return Ok(None) };
        match &payload.body {
            Body::Inline(sealed) => small(secret, sealed, lock).map(Some),
            Body::Blob => match self.0.blobs.read(secret.row, secret.size, lock).await? {
                Some(reader) => Ok(Some(Envelope::Large(reader))),
                // The secret ended in this moment, or the blob is truly missing.
                None if self.lock(kept, payload.key).await?.is_none() => Ok(None),
                None => Err(StoreError::Undecryptable(secret.row)),
            },
        }
    }

    /// The lock of the payload of `kept`, whose key was in `place` a moment ago; `None` when it was
    /// destroyed. A key that is being wrapped anew moves: it is not believed to be gone, or not to
    /// open, before two looks have seen the same.
    async fn lock(&self, kept: &Kept, place: KeyPlace) -> Result<Option<Lock>> {
        let row = kept.secret.row;
        let (mut place, mut before) = (place, None);
        loop {
            let found = self.0.engine.wrapped_key(row, place).await?;
            let opened = found
                .and_then(|(ring, key)| Lock::open(&self.0.keys.in_force().keys, ring, &key, kept));
            if opened.is_some() {
                return Ok(opened);
            }
            let seen = Some((place, found));
            if seen == before {
                return match found {
                    Some(_) => Err(StoreError::Undecryptable(row)),
                    None => Ok(None),
                };
            }
            before = seen;
            let Some(now) = self.read(PlaceOf(row)).await? else { return Ok(None) };
            place = now;
        }
    }

    /// Removes a large payload from its place; it may be gone already.
    pub async fn remove_blob(&self, row: Row) -> Result<()> {
        self.0.blobs.remove(row).await
    }

    /// Some large payloads after `after` that were written before `then`, so that those which no row
    /// refers to are found.
    pub async fn old_blobs(&self, then: Timestamp, after: Option<Row>) -> Result<Old> {
        self.0.blobs.old(then, after).await
    }

    /// Sees to it that the place of large payloads belongs to this database, and binds it to it.
    pub async fn hold_blobs(&self) -> Result<()> {
        self.0.blobs.hold().await
    }

    /// Reads the server's keys anew when they have changed where they are kept, or when it is `asked` for,
    /// and takes them up if they belong to the database. Says whether anything is other than before.
    /// Keys that do not belong change nothing.
    pub async fn look_at_keys(&self, asked: bool) -> Result<bool, OpenError> {
        let before = self.0.keys.in_force();
        let keys = Arc::clone(&self.0.keys);
        let read = tokio::task::spawn_blocking(move || keys.reread(asked)).await;
        let turn = self.0.engine.turn();
        if let Some((keys, stamp)) = read.map_err(|_| StoreError::Closed)?? {
            self.take_up(Arc::new(keys), turn).await?;
            self.0.keys.stamp(stamp);
        } else if turn == Turn::WhenTold
            && let Some(active) = self.read(ActiveRing).await?
            && !self.0.keys.activate(active)
        {
            let keys = self.0.keys.source().to_string();
            return Err(OpenError::MissingKey { keys, ring: active.get() });
        }
        let after = self.0.keys.in_force();
        Ok(before.active != after.active || !before.keys.rings().eq(after.keys.rings()))
    }

    /// Puts `keys` into force, in an order that loses nothing wherever it breaks off: what opens is known
    /// here before it is used, and what wraps is remembered by the database before it does.
    pub(crate) async fn take_up(&self, keys: Arc<ServerKeys>, turn: Turn) -> Result<(), OpenError> {
        let before = self.0.keys.in_force();
        let misfit = |misfit: Misfit| misfit.of(self.0.keys.source());
        if !keys.has(before.active) {
            return Err(misfit(Misfit::Missing(before.active)));
        }
        let remembered = self.write(Remember { keys: Arc::clone(&keys), turn }).await?;
        let known = remembered.map_err(misfit)?;
        let active = match (turn, known) {
            (Turn::WhenTold, Some(active)) => active,
            (Turn::WhenTold, None) | (Turn::AtOnce, _) => keys.newest(),
        };
        // Nothing is wrapped with what is gone: neither in the database, nor from here on.
        self.0.keys.put(InForce { keys, active });
        if known != Some(active) {
            self.write(Activate(active)).await?;
        }
        Ok(())
    }

    /// Whether per-secret keys may be left that another key of the ring than the active one has wrapped.
    pub fn is_turning(&self) -> bool {
        self.0.keys.is_turning()
    }

    /// Says that none is left that could be wrapped with `active`.
    pub fn has_turned(&self, active: RingId) {
        self.0.keys.has_turned(active);
    }

    /// The server's keys in force.
    pub(crate) fn keys(&self) -> Arc<ServerKeys> {
        self.0.keys.in_force().keys
    }

    /// The key of the ring that wraps what is new.
    pub fn active_ring(&self) -> RingId {
        self.0.keys.in_force().active
    }

    /// Whether no other node shares it.
    pub fn is_of_one_node(&self) -> bool {
        match self.0.engine {
            Engine::Sqlite(_) => true,
            Engine::Postgres(_) => false,
        }
    }

    /// The sum of the sizes of all payloads, in bytes.
    pub fn live_bytes(&self) -> u64 {
        self.0.engine.live_bytes()
    }

    /// Whether large payloads lie in the data directory.
    pub fn keeps_blobs_here(&self) -> bool {
        match self.0.blobs {
            Blobs::Bucket(_) => false,
            Blobs::Directory(_) => true,
        }
    }

    /// How many bytes the file system of the data directory still takes.
    pub fn free_space(&self) -> Result<u64> {
        directory::free_space(&self.0.dir)
    }
}

fn small(secret: &Secret, sealed: &[u8], lock: Lock) -> Result<Envelope> {
    let mut bytes = Vec::with_capacity(sealed.len());
    let mut keep = |plain: &[u8]| -> std::result::Result<(), envelope::Fault> {
        bytes.extend_from_slice(plain);
        Ok(())
    };
    let mut opener = StreamOpener::with_room(&lock.key, lock.aad, sealed.len());
    let opened = opener.push(sealed, &mut keep).and_then(|()| opener.finish(&mut keep));
    if opened.is_err() || u64::try_from(bytes.len()).ok() != Some(secret.size) {
        return Err(StoreError::Undecryptable(secret.row));
    }
    Ok(Envelope::Small(bytes))
}
