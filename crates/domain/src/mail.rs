//! A mail that takes a link to somebody: what is known about it.
//!
//! The link is not: whoever opens a secret with it needs nothing else, so it is never stored (law 6). It is
//! held in memory by the node that made it, and when that ends before the mail is out, the mail has failed.

use crate::account::{AccountId, Email};
use crate::secret::Row;
use crate::time::Timestamp;

/// How far a mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is under way.
    Waiting,
    /// The mail server has taken it.
    Sent,
    /// It could not be sent, or nobody knows its link any more.
    Failed,
    /// Its secret had ended before it could be sent.
    Cancelled,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Failed, Self::Cancelled];
}

/// The number of a process that sends mail: random, and another one at each start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(pub i64);

/// A mail as it is kept. A secret has one at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The secret whose link it takes.
    pub row: Row,
    /// Who has it sent.
    pub account: AccountId,
    /// To whom.
    pub recipient: Email,
    /// How far it has come.
    pub standing: Standing,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it is kept.
    pub created_at: Timestamp,
    /// Who knows its link.
    pub node: Node,
    /// Until when that node is believed to run.
    pub leased_until: Timestamp,
    /// From then on it is forgotten.
    pub until: Timestamp,
}
