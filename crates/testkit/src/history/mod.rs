//! Histories of one secret, and whether they can be true.
//!
//! A history is what clients asked about one secret, what they heard, and in which order: who asked after
//! somebody had heard, and who asked at the same time. It is linearizable when there is one order of the
//! operations, each between its asking and its hearing, in which every answer is the one that the
//! specification gives. In reading order: this file (what a history is), [`secret`] (the specification),
//! [`search`] (the search for the order).
//!
//! Secrets have nothing to do with each other, so each is judged by itself.

mod search;
mod secret;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display, Formatter};

/// What the sender asked for, as far as it decides about answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How many readers may open it.
    pub views: usize,
    /// Whether nothing is fetched again.
    pub strict: bool,
    /// How long it waits, in milliseconds.
    pub lifetime: i64,
    /// How many wrong passphrases it bears.
    pub guesses: usize,
    /// Whether it is burned, and not locked, when they are used up.
    pub burns: bool,
}

/// Somebody who asks for a view: each has one token.
pub type Reader = usize;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The reader says that it arrived.
    Acknowledge(Reader),
    /// The sender burns it.
    Burn,
    /// The reader asks for a view, or for the same view again.
    Claim(Reader),
    /// The sender creates it.
    Create,
    /// The reader fetches again.
    Fetch(Reader),
    /// The sender looks.
    Follow,
    /// Somebody tries a wrong passphrase.
    Guess,
    /// The sender unlocks it.
    Unlock,
}

/// How the secret stands, as its receipt has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// At least one view is left.
    Waiting,
    /// Too many wrong passphrases.
    Locked,
    /// Every view has its reader.
    Delivering,
    /// Opened.
    Opened,
    /// Burned.
    Burned,
    /// Expired.
    Expired,
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Burned, now or before.
    Burned,
    /// It arrived, now or before.
    Confirmed,
    /// It waits.
    Created,
    /// At least one byte of the envelope.
    Envelope,
    /// The time was up before it was burned.
    Expired,
    /// The receipt.
    Fate {
        /// How it stands.
        standing: Standing,
        /// How many views were taken.
        opened: usize,
        /// How many deliveries were confirmed.
        delivered: usize,
    },
    /// There is nothing to unlock.
    NotLocked,
    /// Every view had its reader before it was burned.
    Opened,
    /// The passphrase is wrong.
    Rejected,
    /// The one answer.
    Unavailable,
    /// It waits again.
    Unlocked,
}

/// What happened when somebody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What was asked.
    pub asked: Asked,
    /// What was heard, and at which moment. `None` when nobody heard: it may have been done, or be done
    /// at any time after, or never.
    pub heard: Option<(Heard, u64)>,
    /// At which moment it was asked. Moments are numbers that only grow, over all clients.
    pub at: u64,
    /// The earliest and the latest time, in milliseconds, that the server's clock may have told
    /// meanwhile. Who heard nothing cannot know the latest.
    pub clock: (i64, i64),
}

impl Operation {
    /// The moment of hearing; the end of time when nobody heard.
    const fn end(&self) -> u64 {
        match self.heard {
            Some((_, at)) => at,
            None => u64::MAX,
        }
    }
}

/// Everything that happened to one secret.
#[derive(Clone, Debug)]
pub struct History {
    /// What was asked for.
    pub terms: Terms,
    /// What happened, in any order.
    pub operations: Vec<Operation>,
}

/// A history that cannot be true.
#[derive(Debug)]
pub struct Impossible {
    history: History,
    /// The longest order that was found.
    order: Vec<Operation>,
}

impl History {
    /// Finds an order of the operations that explains every answer.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn check(&self) -> Result<(), Impossible> {
        search::explain(self).map_err(|order| {
            let mut history = self.clone();
            history.operations.sort_by_key(|operation| operation.at);
            Impossible { history, order }
        })
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (earliest, latest) = self.clock;
        match self.heard {
            Some((heard, end)) => {
                write!(f, "{}..{end}: {:?} -> {heard:?}", self.at, self.asked)?;
                write!(f, " (clock {earliest}..{latest})")
            }
            None => write!(f, "{}..: {:?} -> nothing (clock {earliest}..)", self.at, self.asked),
        }
    }
}

impl Display for Impossible {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { history, order } = self;
        writeln!(f, "no order explains what was heard of a secret on {:?}:", history.terms)?;
        for operation in &history.operations {
            writeln!(f, "  {operation}")?;
        }
        writeln!(f, "the longest order is")?;
        for operation in order {
            writeln!(f, "  {operation}")?;
        }
        Ok(())
    }
}
