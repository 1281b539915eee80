//! One reader's hold on one view.

use crate::hashes::KeyedHash;
use crate::secret::Row;
use crate::time::Timestamp;

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The reader said that it arrived.
    Confirmed {
        /// When.
        at: Timestamp,
    },
    /// The time to fetch again ran out, or there was none, and the reader said nothing.
    Unconfirmed {
        /// When.
        at: Timestamp,
    },
}

/// One view, won by whoever made the token behind `token`.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The secret.
    pub row: Row,
    /// Hash of the claim token.
    pub token: KeyedHash,
    /// When the view was taken.
    pub taken_at: Timestamp,
    /// Until when the reader may fetch again.
    pub lease_ends_at: Timestamp,
    /// How it ended; `None` while it is held.
    pub outcome: Option<Outcome>,
}

impl Claim {
    /// Whether its reader may fetch again now.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.outcome.is_none() && now < self.lease_ends_at
    }
}
