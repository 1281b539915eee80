//! Which keys are in force, and how others come to be while the program runs.
//!
//! One key of the ring is *active*: it wraps what is new. A key may wrap only after the database remembers
//! it ([`Remember`]), so that the next start misses it when it is gone; and keys that the database does not
//! belong to, or that lack one that is in use, are refused and change nothing (R6, R48). Where this process
//! alone has the database, the newest key becomes active at once. Where several nodes share it, the
//! database says which one is, and somebody says so when every node has it ([`Turn`]).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::source::Stamp;
use super::{KeySource, ServerKeys};
use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::error::OpenError;
use crate::port::{KeyPlace, Query, Result, Transaction, Unit, View};
use domain::secret::Row;

/// Who says which key of the ring is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// This process: the newest is.
    AtOnce,
    /// The database, once somebody has told it that every node has the key.
    WhenTold,
}

/// What a database knows about the server's keys.
#[derive(Clone, Debug, Default)]
pub struct KnownKeys {
    /// The verifier of the keys that never change.
    pub lasting: Option<[u8; 32]>,
    /// The keys of the ring that it remembers, and those that are in use.
    pub rings: Vec<KnownRing>,
    /// The number of the active one.
    pub active: Option<RingId>,
}

impl KnownKeys {
    /// The name under which a database remembers a key.
    pub(crate) fn name(ring: Option<RingId>) -> String {
        ring.map_or_else(|| "keys".to_owned(), |ring| format!("key ring {}", ring.get()))
    }

    /// Takes in what a database remembers under `name`.
    pub(crate) fn learn(&mut self, name: &str, value: &[u8]) -> Result<()> {
        let verifier: [u8; 32] = value.try_into().map_err(|_| damaged())?;
        match name.strip_prefix("key ring ") {
            None => self.lasting = Some(verifier),
            Some(number) => {
                let number = number.parse().map_err(|_| damaged())?;
                let id = RingId::new(number).ok_or_else(damaged)?;
                self.rings.push(KnownRing { id, verifier: Some(verifier), in_use: false });
            }
        }
        self.rings.sort_unstable_by_key(|known| known.id.get());
        Ok(())
    }

    /// Takes in which keys of the ring are in use.
    pub(crate) fn used(&mut self, rings: &[RingId]) {
        for ring in rings {
            match self.rings.iter_mut().find(|known| known.id == *ring) {
                Some(known) => known.in_use = true,
                None => self.rings.push(KnownRing { id: *ring, verifier: None, in_use: true }),
            }
        }
    }

    /// The number of a key of the ring, as a database remembers it.
    pub(crate) fn number(value: &[u8]) -> Result<RingId> {
        let [number] = value.try_into().map_err(|_| damaged())?;
        RingId::new(number).ok_or_else(damaged)
    }
}

const fn damaged() -> StoreError {
    StoreError::Inconsistent { table: "meta", column: "value", row: 0 }
}

/// What a database knows about one key of the ring.
#[derive(Clone, Copy, Debug)]
pub struct KnownRing {
    /// Its number.
    pub id: RingId,
    /// Its verifier, if it is remembered.
    pub verifier: Option<[u8; 32]>,
    /// Whether a per-secret key is wrapped with it.
    pub in_use: bool,
}

/// Why keys do not belong to a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// They are others.
    Foreign,
    /// One of the ring that is needed is not there.
    Missing(RingId),
}

impl Misfit {
    /// The error that it is for keys from `source`.
    pub(crate) fn of(self, source: &KeySource) -> OpenError {
        let keys = source.to_string();
        match self {
            Self::Foreign => OpenError::WrongKeys(keys),
            Self::Missing(ring) => OpenError::MissingKey { keys, ring: ring.get() },
        }
    }
}

impl ServerKeys {
    /// Whether they belong to a database that knows `known`. A key of the ring that is missing is only
    /// missed while something is wrapped with it, or will be.
    pub(crate) fn fit(&self, known: &KnownKeys, turn: Turn) -> Result<(), Misfit> {
        if known.lasting.is_some_and(|verifier| verifier != self.verifier()) {
            return Err(Misfit::Foreign);
        }
        for ring in &known.rings {
            match (self.ring_verifier(ring.id), ring.verifier) {
                (Some(ours), Some(theirs)) if ours != theirs => return Err(Misfit::Foreign),
                (None, _) if ring.in_use => return Err(Misfit::Missing(ring.id)),
                (Some(_) | None, _) => {}
            }
        }
        match known.active {
            Some(active) if turn == Turn::WhenTold && !self.has(active) => {
                Err(Misfit::Missing(active))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Keys, and which of their ring is active. The ring always has that one.
#[derive(Clone)]
pub(crate) struct InForce {
    pub(crate) keys: Arc<ServerKeys>,
    pub(crate) active: RingId,
}

impl InForce {
    /// What `ring` has wrapped, wrapped with the active key. `None` when there is no such key, or
    /// something was altered.
    pub(crate) fn wrap_anew(&self, ring: RingId, key: &WrappedKey) -> Option<WrappedKey> {
        let data = key.unwrap(self.keys.wrapping(ring)?)?;
        Some(WrappedKey::wrap(self.keys.wrapping(self.active)?, &data))
    }

    /// `key` under the active key of the ring, whichever has wrapped it.
    pub(crate) fn current(&self, ring: RingId, key: WrappedKey) -> Result<(RingId, WrappedKey)> {
        if ring == self.active {
            return Ok((ring, key));
        }
        let anew = self.wrap_anew(ring, &key);
        anew.map(|key| (self.active, key)).ok_or(StoreError::NoRing(ring.get()))
    }
}

/// The keys of a store, to be asked by everybody and replaced while they do.
pub(crate) struct Keyring {
    source: KeySource,
    /// The version of the source that is in force.
    stamp: Mutex<Option<Stamp>>,
    in_force: RwLock<InForce>,
    /// Whether per-secret keys may be left that another key than the active one has wrapped.
    turning: AtomicBool,
}

impl Keyring {
    /// `keys` from `source`. Until the database has a say, the newest key is active.
    pub(crate) fn new(source: KeySource, keys: ServerKeys, stamp: Option<Stamp>) -> Self {
        let in_force = InForce { active: keys.newest(), keys: Arc::new(keys) };
        let (stamp, in_force) = (Mutex::new(stamp), RwLock::new(in_force));
        Self { source, stamp, in_force, turning: AtomicBool::new(true) }
    }

    /// Where the keys are kept.
    pub(crate) const fn source(&self) -> &KeySource {
        &self.source
    }

    /// The keys in force at this moment.
    pub(crate) fn in_force(&self) -> InForce {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts keys into force.
    pub(crate) fn put(&self, in_force: InForce) {
        let mut held = self.in_force.write().unwrap_or_else(PoisonError::into_inner);
        if held.active != in_force.active {
            self.turning.store(true, Ordering::Relaxed);
        }
        *held = in_force;
    }

    /// Makes `ring` the active one; `false` when there is no such key.
    pub(crate) fn activate(&self, ring: RingId) -> bool {
        let InForce { keys, active } = self.in_force();
        let there = keys.has(ring);
        if there && active != ring {
            self.put(InForce { keys, active: ring });
        }
        there
    }

    /// Whether there may be work left from a turn.
    pub(crate) fn is_turning(&self) -> bool {
        self.turning.load(Ordering::Relaxed)
    }

    /// The work is done, if `active` is still the active key.
    pub(crate) fn has_turned(&self, active: RingId) {
        let held = self.in_force.read().unwrap_or_else(PoisonError::into_inner);
        if held.active == active {
            self.turning.store(false, Ordering::Relaxed);
        }
    }

    /// Reads the source anew when it has changed, or when somebody asks for it.
    pub(crate) fn reread(
        &self,
        asked: bool,
    ) -> Result<Option<(ServerKeys, Option<Stamp>)>, OpenError> {
        let stamp = self.source.stamp();
        if !asked && stamp == *self.stamp.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(None);
        }
        match self.source.read()? {
            Some(text) => Ok(Some((text.keys(), stamp))),
            None => Err(OpenError::KeysMissing(self.source.to_string())),
        }
    }

    /// The version of the source whose keys are in force.
    pub(crate) fn stamp(&self, stamp: Option<Stamp>) {
        *self.stamp.lock().unwrap_or_else(PoisonError::into_inner) = stamp;
    }
}

/// Checks keys against the database and makes it remember them. Returns the number of the active one.
pub(crate) struct Remember {
    pub(crate) keys: Arc<ServerKeys>,
    pub(crate) turn: Turn,
}

impl Unit for Remember {
    type Output = Result<Option<RingId>, Misfit>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<Self::Output> {
        let Self { keys, turn } = self;
        let known = tx.known_keys().await?;
        if let Err(misfit) = keys.fit(&known, *turn) {
            return Ok(Err(misfit));
        }
        if known.lasting.is_none() {
            tx.remember_key(None, &keys.verifier()).await?;
        }
        let is_known = |ring: RingId| {
            known.rings.iter().any(|known| known.id == ring && known.verifier.is_some())
        };
        for ring in keys.rings().filter(|ring| !is_known(*ring)) {
            if let Some(verifier) = keys.ring_verifier(ring) {
                tx.remember_key(Some(ring), &verifier).await?;
            }
        }
        if *turn == Turn::AtOnce {
            // Nobody else can have put it there: its number is free again.
            for gone in known.rings.iter().filter(|known| !keys.has(known.id)) {
                tx.forget_ring(gone.id).await?;
            }
        }
        Ok(Ok(known.active))
    }
}

/// Makes the database say that this key of the ring is the active one.
pub(crate) struct Activate(pub(crate) RingId);

impl Unit for Activate {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<()> {
        tx.activate_ring(self.0).await
    }
}

/// Which key of the ring the database says is active.
pub(crate) struct ActiveRing;

impl Query for ActiveRing {
    type Output = Option<RingId>;

    async fn run<V: View>(&self, view: &mut V) -> Result<Option<RingId>> {
        view.active_ring().await
    }
}

/// Where the wrapped key of a row lies now; `None` when its payload is gone.
pub(crate) struct PlaceOf(pub(crate) Row);

impl Query for PlaceOf {
    type Output = Option<KeyPlace>;

    async fn run<V: View>(&self, view: &mut V) -> Result<Option<KeyPlace>> {
        Ok(view.payload(self.0).await?.map(|payload| payload.key))
    }
}
