//! What is known about a secret beside its terms: whose it is, how it came to be, what its owner notes.

use crate::account::AccountId;
use crate::secret::Row;
use crate::time::Timestamp;

/// How the content came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A sender has given it.
    #[default]
    Given,
    /// The server has generated it.
    Generated,
}

/// What is known about a secret beside its terms. Nothing in it opens or burns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Which secret.
    pub row: Row,
    /// Whose it is, if anybody's.
    pub account: Option<AccountId>,
    /// How its content came to be.
    pub origin: Origin,
    /// What its owner has noted.
    pub memo: Option<String>,
    /// To whom the link was mailed, obscured.
    pub recipients: Option<String>,
    /// When something of this last changed.
    pub changed_at: Timestamp,
}
