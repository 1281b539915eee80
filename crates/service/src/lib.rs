//! What is done: one use case a file.
//!
//! A use case is data that implements the store's `Unit` or `Query`, and a method of [`Service`] that
//! runs it. In reading order, along the life of a secret: [`share`], [`upload`] (a large one, in parts),
//! [`reveal`], [`acknowledge`], [`receipt`] (follow, burn, unlock), [`sweep`] (expiry, leases, receipts,
//! jobs); for clients that cannot seal and open themselves: [`conceal`], [`disclose`], [`hashing`] (the
//! bound on passphrases that are stretched here). Beside it, who asks: [`accounts`], [`sign_in`], [`passkeys`],
//! [`providers`], [`sessions`] and [`people`], with [`keys`] and [`devices`] for programs and [`allowance`] against
//! guessing; what is theirs: [`owned`], [`overview`], by names that tell nothing ([`references`]); people together:
//! [`organisations`], [`members`], [`invitations`], and what goes with whoever goes ([`ending`], [`leaving`]); mail:
//! [`mail`] (links that are mailed) and [`letters`] (all other). For the operator: [`administration`], [`switches`],
//! [`counters`], readiness, `turn` (server keys that change), and
//! `restored` (a copy was put back). Clock and randomness are handed in; nothing here knows HTTP.

pub mod accounts;
pub mod acknowledge;
pub mod administration;
pub mod allowance;
mod coming;
pub mod conceal;
pub mod counters;
pub mod devices;
pub mod disclose;
pub mod ending;
pub mod hashing;
pub mod invitations;
pub mod keys;
pub mod leaving;
pub mod letters;
pub mod mail;
pub mod members;
pub mod organisations;
pub mod overview;
pub mod owned;
pub mod passkeys;
pub mod people;
pub mod providers;
mod readiness;
pub mod receipt;
pub mod references;
mod restored;
pub mod reveal;
pub mod sessions;
pub mod share;
pub mod sign_in;
pub mod sweep;
pub mod switches;
mod turn;
pub mod upload;

use std::sync::Arc;
use std::time::Duration;

use domain::terms::Lifetime;
use domain::{Clock, Entropy};
use store::Store;

pub use store::{Envelope, StoreError};

use crate::allowance::{Buckets, Guess};
use crate::coming::AllComing;
use crate::counters::Counters;
use crate::hashing::{Hashing, Load, Pool};
use crate::mail::{Caps, Outbox};
use crate::providers::port::OpenId;
use crate::readiness::Readiness;

/// What an operator may set for one instance, with the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest envelope in bytes.
    pub max_envelope: u64,
    /// The most bytes that all payloads together may take.
    pub max_total: u64,
    /// The most bytes that the payloads of one network may take.
    pub max_per_network: u64,
    /// How many bytes the file system must have left for a creation to be taken. Opening, burning
    /// and following go on below it (R32).
    pub keep_free: u64,
    /// The longest lifetime that a sender may choose.
    pub max_lifetime: Lifetime,
    /// How long a receipt outlives its secret (R53).
    pub receipts_kept: Duration,
    /// How many passphrases are stretched here.
    pub hashing: Hashing,
    /// How many links may be mailed.
    pub mails: Caps,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_envelope: 2 << 30,
            max_total: 32 << 30,
            max_per_network: 4 << 30,
            keep_free: 256 << 20,
            max_lifetime: Lifetime::MAX,
            receipts_kept: Duration::from_hours(90 * 24),
            hashing: Hashing::default(),
            mails: Caps::default(),
        }
    }
}

/// The use cases, over one store. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    limits: Limits,
    counters: Arc<Counters>,
    readiness: Arc<Readiness>,
    /// The bytes of all envelopes that are coming in.
    coming: Arc<AllComing>,
    strays: Arc<sweep::Strays>,
    pool: Arc<Pool>,
    turns: Arc<upload::Turns>,
    outbox: Arc<Outbox>,
    guesses: Arc<Buckets<(Guess, [u8; 32])>>,
    letters: Arc<letters::Letters>,
    open_id: Arc<dyn OpenId>,
    switches: Arc<switches::Known>,
    /// How fast the API keys may be used that have limits of their own.
    paces: Arc<Buckets<i64>>,
}

impl Service {
    /// Puts the use cases on a store.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            clock,
            entropy,
            limits,
            counters: Arc::default(),
            readiness: Arc::default(),
            coming: Arc::default(),
            strays: Arc::default(),
            pool: Arc::new(Pool::new(limits.hashing)),
            turns: Arc::default(),
            outbox: Arc::new(Outbox::closed()),
            guesses: Arc::default(),
            letters: Arc::default(),
            open_id: Arc::new(providers::Nobody),
            switches: Arc::default(),
            paces: Arc::default(),
        }
    }

    /// What this instance allows.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The clock that never goes back.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What nobody can predict.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    pub(crate) fn count_unknown(&self, unknown: bool) {
        if unknown {
            self.counters.count(counters::Cause::Unknown);
        }
    }

    /// How many passphrases are being stretched.
    pub fn hashing(&self) -> Load {
        self.pool.load()
    }

    /// How many passphrases and passwords were ever stretched here.
    pub fn stretched(&self) -> u64 {
        self.pool.begun()
    }

    /// How often what happened (R98).
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}
