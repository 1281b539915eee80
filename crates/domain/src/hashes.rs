//! What the store keeps of a capability: a hash under a key that only the server has.
//!
//! Law 6: proofs, claim tokens, receipt tokens and idempotency keys reach the store as a
//! [`KeyedHash`] alone. It cannot be turned back, and a thief of the database cannot even check a
//! guess, because the key lives outside the database.

use subtle::ConstantTimeEq;

/// What a hash was made of. A hash of one kind never equals a hash of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Who may ask only so often: a network, for one purpose.
    Allowance,
    /// An e-mail address, to find its account.
    Address,
    /// What a program shows.
    ApiKey,
    /// The token that a reader makes to win and to fetch again.
    Claim,
    /// What a means of signing in is found by.
    Credential,
    /// What a form of somebody who is signed in carries.
    Csrf,
    /// The account that somebody tries to get into.
    Guess,
    /// What lists show in place of a receipt token.
    Handle,
    /// The key under which a creation may be repeated.
    Idempotency,
    /// The token that an invitation carries.
    Invitation,
    /// The proof of the link alone.
    LinkProof,
    /// The network from which a passphrase was tried.
    Network,
    /// Whose secrets take room: a network.
    Owner,
    /// The proof of link and passphrase.
    Proof,
    /// The token with which a sender follows and burns.
    Receipt,
    /// The short name of a secret in receipts.
    Reference,
    /// What the browser of somebody who is signed in shows.
    Session,
    /// Who tries passphrases for an identifier that does not exist.
    Stranger,
    /// The token of something that works once.
    Ticket,
    /// The token with which a sender sends the parts of an envelope.
    Upload,
}

impl Kind {
    /// The label that keeps kinds apart inside the hash.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Allowance => "allowance",
            Self::Address => "address",
            Self::ApiKey => "api key",
            Self::Claim => "claim",
            Self::Credential => "credential",
            Self::Csrf => "csrf",
            Self::Guess => "guess",
            Self::Handle => "handle",
            Self::Idempotency => "idempotency",
            Self::Invitation => "invitation",
            Self::LinkProof => "link proof",
            Self::Network => "network",
            Self::Owner => "owner network",
            Self::Proof => "proof",
            Self::Receipt => "receipt",
            Self::Reference => "reference",
            Self::Session => "session",
            Self::Stranger => "stranger",
            Self::Ticket => "ticket",
            Self::Upload => "upload",
        }
    }
}

/// A keyed hash, as it lies in the store. Equality takes the same time wherever the difference is.
#[derive(Clone, Copy, Debug)]
pub struct KeyedHash([u8; 32]);

impl KeyedHash {
    /// Takes what the store's hasher made, or what the store kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for KeyedHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyedHash {}
