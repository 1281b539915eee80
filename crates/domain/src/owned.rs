//! What is known about a secret that belongs to somebody: whose it is, and what they have noted.

use crate::account::AccountId;
use crate::secret::Row;
use crate::time::Timestamp;

/// What is known about a secret of an account. Nothing in it opens or burns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Which secret.
    pub row: Row,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner has noted.
    pub memo: Option<String>,
    /// To whom the link is mailed or was, obscured; `None` when it could not be.
    pub recipients: Option<String>,
    /// When something of this last changed.
    pub changed_at: Timestamp,
}
