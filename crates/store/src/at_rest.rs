//! Sealing at rest: the second lock on what is already sealed.
//!
//! ```text
//! wrapping key = HKDF-SHA-256(salt "", ikm = ring key, "sigill/v1 data keys", 32)
//! wrapped      = AES-256 key wrap (RFC 3394) of the data key under the wrapping key
//! payload      = STREAM (docs/spec/envelope.md) under the data key
//! aad          = length-prefixed ("secrets", row, "payload", tag, terms, created_at, expires_at,
//!                                 passphrase, link proof, proof, receipt)
//! ```
//!
//! Every payload has a random data key of its own, kept wrapped and apart from the payload. When the
//! wrapped key is destroyed, nothing that is left opens the payload: not the database, not its log, not
//! a backup, not the ring (R42, law 4). A key of the ring is changed by wrapping data keys anew; no
//! payload is touched (R48). The associated data binds the payload to its row and to everything about
//! it that never changes: moved to another row, or beside altered terms or another's proofs, it does not
//! open (R45). The data key is fresh for each payload, so chunk numbers may serve as nonces.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use domain::entropy::{Entropy, draw};
use zeroize::Zeroizing;

use crate::keys::ServerKeys;
use crate::keys::keyring::InForce;
use crate::port::Kept;

/// The number of a server key in its ring, 1 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingId(u8);

impl RingId {
    /// Number `id`; zero is none.
    pub const fn new(id: u8) -> Option<Self> {
        if id == 0 { None } else { Some(Self(id)) }
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// The data key of one payload under a key of the ring: opens nothing by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WrappedKey([u8; Self::LENGTH]);

impl WrappedKey {
    /// Its length in bytes.
    pub(crate) const LENGTH: usize = 40;

    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    #[expect(clippy::expect_used, reason = "a 32-byte key wraps 32 bytes into 40")]
    pub(crate) fn wrap(wrapping: &[u8; 32], data: &[u8; 32]) -> Self {
        let mut wrapped = [0; Self::LENGTH];
        let kek = AesKek::new(&AES_256, wrapping).expect("32 bytes");
        kek.wrap(data, &mut wrapped).expect("40 bytes");
        Self(wrapped)
    }

    /// `None` when it was wrapped with another key, or altered.
    pub(crate) fn unwrap(&self, wrapping: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        let mut data = Zeroizing::new([0; 32]);
        AesKek::new(&AES_256, wrapping).ok()?.unwrap(&self.0, &mut *data).ok()?;
        Some(data)
    }
}

impl std::fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WrappedKey(..)")
    }
}

/// The key and the associated data with which one payload is sealed and opened.
pub(crate) struct Lock {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) aad: Vec<u8>,
}

impl Lock {
    /// A fresh lock for the payload of `kept`, and its key as it is kept.
    #[expect(clippy::expect_used, reason = "the ring has the key that is active")]
    pub(crate) fn draw(
        in_force: &InForce,
        kept: &Kept,
        entropy: &dyn Entropy,
    ) -> (RingId, WrappedKey, Self) {
        let key = Zeroizing::new(draw(entropy));
        let ring = in_force.active;
        let wrapping = in_force.keys.wrapping(ring).expect("an active key");
        let wrapped = WrappedKey::wrap(wrapping, &key);
        (ring, wrapped, Self { key, aad: associated_data(kept) })
    }

    /// The lock of the payload of `kept`. `None` when the ring has no key `ring`, or another one.
    pub(crate) fn open(
        keys: &ServerKeys,
        ring: RingId,
        wrapped: &WrappedKey,
        kept: &Kept,
    ) -> Option<Self> {
        let key = wrapped.unwrap(keys.wrapping(ring)?)?;
        Some(Self { key, aad: associated_data(kept) })
    }
}

fn associated_data(kept: &Kept) -> Vec<u8> {
    let (secret, shown) = (&kept.secret, &kept.verifiers);
    let mut aad = Vec::with_capacity(256);
    let mut part = |bytes: &[u8]| {
        aad.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        aad.extend_from_slice(bytes);
    };
    part(b"secrets");
    part(&secret.row.get().to_be_bytes());
    part(b"payload");
    part(kept.tag.as_bytes());
    part(&secret.terms.canonical());
    part(&secret.created_at.as_millis().to_be_bytes());
    part(&secret.expires_at.as_millis().to_be_bytes());
    part(&[secret.passphrase.into()]);
    part(shown.link_proof.as_bytes());
    part(shown.proof.as_bytes());
    part(shown.receipt.as_bytes());
    aad
}
