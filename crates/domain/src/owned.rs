//! What is known about a secret that belongs to somebody: whose it is, and what they have noted.

use crate::account::AccountId;
use crate::organisation::OrganisationId;
use crate::secret::Row;
use crate::time::Timestamp;

/// What is known about a secret of an account. Nothing in it opens or burns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Which secret.
    pub row: Row,
    /// Whose it is; nobody's, where an organisation's own key has made it.
    pub account: Option<AccountId>,
    /// For which organisation it was shared.
    pub organisation: Option<OrganisationId>,
    /// The number of the API key with which it was made.
    pub api_key: Option<i64>,
    /// What its owner has noted.
    pub memo: Option<String>,
    /// To whom the link is mailed or was, obscured; `None` when it could not be.
    pub recipients: Option<String>,
    /// When something of this last changed.
    pub changed_at: Timestamp,
}
