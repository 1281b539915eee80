//! Means of signing in, and what works once.
//!
//! What proves somebody is never kept as it is shown: of a password there is a hash that costs work, of a
//! recovery code and of every token a keyed hash. The secret of one-time codes must be read to be compared,
//! so it is sealed in the store.

use std::fmt;

use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::hashes::KeyedHash;
use crate::time::Timestamp;

/// A kind of means of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A password.
    Password,
    /// One-time codes of an authenticator (RFC 6238).
    OneTimeCodes,
    /// A code for whoever has lost the others. It works once.
    RecoveryCode,
    /// A passkey.
    Passkey,
    /// An identity at a provider.
    Identity,
}

impl Means {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Password, Self::OneTimeCodes, Self::RecoveryCode, Self::Passkey, Self::Identity];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::OneTimeCodes => "one-time-codes",
            Self::RecoveryCode => "recovery-code",
            Self::Passkey => "passkey",
            Self::Identity => "identity",
        }
    }
}

/// One means of signing in to one account.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its number: random.
    pub id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// What kind it is.
    pub means: Means,
    /// What it is found by: there is one with that in the whole store.
    pub lookup: Option<KeyedHash>,
    /// What its owner calls it.
    pub label: Option<String>,
    /// What proves it, as its kind has it.
    pub data: Option<Zeroizing<String>>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last shown.
    pub used_at: Option<Timestamp>,
    /// The last time step of a one-time code, or the counter of a passkey.
    pub counter: Option<i64>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("means", &self.means).finish_non_exhaustive()
    }
}

/// What kind of thing works once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Setting an account up.
    SetUp,
    /// Signing in with a link that was mailed.
    SignInLink,
    /// The ceremony of a passkey.
    Passkey,
    /// A journey to a provider of identities and back.
    Journey,
    /// The login of a device: what its program holds.
    Device,
    /// The same: what a person types.
    DeviceCode,
}

impl Errand {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::SetUp,
        Self::SignInLink,
        Self::Passkey,
        Self::Journey,
        Self::Device,
        Self::DeviceCode,
    ];
}

/// Something that works once. Its token is not part of it: the store has a hash of that.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its number: random.
    pub id: i64,
    /// What it is for.
    pub errand: Errand,
    /// For whom, where that is known.
    pub account: Option<AccountId>,
    /// The number of what else it is about.
    pub subject: Option<i64>,
    /// What must be remembered until it is taken.
    pub data: Option<Zeroizing<String>>,
    /// Since when.
    pub created_at: Timestamp,
    /// From then on it is worth nothing.
    pub until: Timestamp,
    /// How often somebody has tried it in vain.
    pub attempts: u32,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("errand", &self.errand).finish_non_exhaustive()
    }
}
