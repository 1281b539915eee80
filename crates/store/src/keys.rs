//! The server's keys: kept outside of the database, and changed while the program runs.
//!
//! These keys alone open nothing: a payload needs its per-secret key too, and what the sender sealed needs
//! the link (R44). In reading order: [`text`] (how they are written), [`source`] (where they are kept),
//! [`command`] (a source that is a program), `keyring` (which of them are in force, and how others come
//! to be). Two keys never change: the permutation of public ids and the key of the hashes. The others are
//! the ring: they wrap per-secret keys, one of them what is new, and all of them what is there (R48).

mod command;
pub(crate) mod keyring;
mod source;
mod text;

use std::sync::Arc;

use aws_lc_rs::{hkdf, hmac};
use domain::entropy::{Entropy, draw};
use domain::hashes::{KeyedHash, Kind};
use zeroize::Zeroizing;

use crate::at_rest::RingId;

pub use self::keyring::{KnownKeys, KnownRing};
pub use self::source::{Held, KeySource};
pub use self::text::KeysText;

#[cfg(test)]
pub(crate) use self::text::parse;

/// Every key of the server. Zeroized when dropped, never printed.
pub struct ServerKeys {
    lasting: Arc<Lasting>,
    /// Never empty; the last one is the newest.
    ring: Vec<Arc<Ring>>,
}

/// The keys that never change.
pub(crate) struct Lasting {
    id: Zeroizing<[u8; 32]>,
    hash: hmac::Key,
}

/// A key of the ring.
struct Ring {
    id: RingId,
    key: Zeroizing<[u8; 32]>,
    /// What wraps data keys, derived from it.
    wrapping: Zeroizing<[u8; 32]>,
}

impl Ring {
    #[expect(clippy::expect_used, reason = "32 bytes are a valid length for HKDF-SHA-256")]
    fn new(id: RingId, key: Zeroizing<[u8; 32]>) -> Self {
        let mut wrapping = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(&*key)
            .expand(&[b"sigill/v1 data keys"], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *wrapping))
            .expect("32 bytes are within the bound");
        Self { id, key, wrapping }
    }
}

impl Lasting {
    pub(crate) fn id_key(&self) -> &[u8; 32] {
        &self.id
    }

    /// Hashes what a capability gave, apart for every kind.
    pub(crate) fn hash(&self, kind: Kind, value: &[u8]) -> KeyedHash {
        KeyedHash::from_bytes(self.sign(&[kind.label().as_bytes(), &[0], value]))
    }

    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hash);
        for part in parts {
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        bytes
    }
}

impl ServerKeys {
    /// The keys that never change.
    pub(crate) fn lasting(&self) -> Arc<Lasting> {
        Arc::clone(&self.lasting)
    }

    /// The number of the key at the end of the ring.
    #[expect(clippy::expect_used, reason = "whoever makes a ring puts a key into it")]
    pub(crate) fn newest(&self) -> RingId {
        self.ring.last().expect("a ring has a key").id
    }

    fn ring(&self, id: RingId) -> Option<&Ring> {
        self.ring.iter().find(|ring| ring.id == id).map(|ring| &**ring)
    }

    /// Whether the ring has the number `id`.
    pub(crate) fn has(&self, id: RingId) -> bool {
        self.ring(id).is_some()
    }

    /// The key that wraps under `id`.
    pub(crate) fn wrapping(&self, id: RingId) -> Option<&[u8; 32]> {
        self.ring(id).map(|ring| &*ring.wrapping)
    }

    /// Every number of the ring, the oldest first.
    pub(crate) fn rings(&self) -> impl Iterator<Item = RingId> {
        self.ring.iter().map(|ring| ring.id)
    }

    /// A value that shows whether a database belongs to the keys that never change, and tells nothing
    /// about them.
    pub(crate) fn verifier(&self) -> [u8; 32] {
        self.lasting.sign(&[b"sigill/v1 verifier\0", self.lasting.id_key()])
    }

    /// The same for one key of the ring, apart, because keys of the ring come and go.
    pub(crate) fn ring_verifier(&self, id: RingId) -> Option<[u8; 32]> {
        Some(self.lasting.sign(&[b"sigill/v1 ring verifier\0", &*self.ring(id)?.key]))
    }

    /// These keys and a fresh one at the end of the ring; `None` when every number is taken.
    pub(crate) fn grown(&self, entropy: &dyn Entropy) -> Option<Self> {
        let id = (1..=u8::MAX).filter_map(RingId::new).find(|id| !self.has(*id))?;
        let mut ring = self.ring.clone();
        ring.push(Arc::new(Ring::new(id, Zeroizing::new(draw(entropy)))));
        Some(Self { lasting: self.lasting(), ring })
    }

    /// These keys without `id`.
    pub(crate) fn without(&self, id: RingId) -> Self {
        let ring = self.ring.iter().filter(|ring| ring.id != id).map(Arc::clone).collect();
        Self { lasting: self.lasting(), ring }
    }
}
