//! Sealing at rest: the second lock on what is already sealed.
//!
//! ```text
//! key = HKDF-SHA-256(salt "", ikm = ring key || data key, "sigill/v1 at rest", 32)
//! aad = length-prefixed ("secrets", row, "payload", tag, terms, created_at, expires_at, passphrase,
//!                        link proof, proof, receipt)
//! ```
//!
//! Every payload has a random data key of its own, kept in the key file and nowhere else
//! ([`crate::slots`]). When it is overwritten, nothing that is left opens the payload: not the
//! database, not its log, not a backup, not the ring (R42, law 4). The associated data binds the
//! payload to its row and to everything about it that never changes: moved to another row, or beside
//! altered terms or another's proofs, it does not open (R45). The data key is fresh for each payload, so chunk numbers may serve as nonces.

use aws_lc_rs::hkdf;
use domain::entropy::{Entropy, draw};
use zeroize::Zeroizing;

use crate::keys::ServerKeys;
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

/// The random key of one payload.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Draws a fresh key.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(draw(entropy)))
    }

    pub(crate) const fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// The key and the associated data with which one payload is sealed and opened.
pub(crate) struct Lock {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) aad: Vec<u8>,
}

impl Lock {
    /// The lock of the payload of `kept`. `None` when the ring has no key `ring`.
    #[expect(clippy::expect_used, reason = "32 bytes are a valid length for HKDF-SHA-256")]
    pub(crate) fn new(
        keys: &ServerKeys,
        ring: RingId,
        data: &DataKey,
        kept: &Kept,
    ) -> Option<Self> {
        let mut ikm = Zeroizing::new([0; 64]);
        let (first, second) = ikm.split_at_mut(32);
        first.copy_from_slice(keys.ring(ring)?);
        second.copy_from_slice(data.expose());
        let mut key = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(&*ikm)
            .expand(&[b"sigill/v1 at rest"], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *key))
            .expect("32 bytes are within the bound");
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
