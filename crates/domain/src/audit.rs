//! The audit trail: what happened, chained so that an alteration shows.
//!
//! Every state change writes its event in the same transaction (law 9). An event names the row of
//! its secret, never the id or anything that opens or burns (law 6). The chain is
//!
//! ```text
//! hash(n) = SHA-256("sigill/v1 audit" || hash(n-1) || canonical(n))      hash(0) = 32 zero bytes
//! canonical = seq (8) || at (8) || row (8, 0 for none) || kind length (1) || kind || actor length (1) || actor
//! ```
//!
//! with integers big endian.

use aws_lc_rs::digest;

use crate::secret::Row;
use crate::time::Timestamp;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account was made.
    AccountCreated,
    /// A secret was burned.
    Burned,
    /// A secret was created.
    Created,
    /// A reader confirmed that the content arrived.
    Delivered,
    /// A reader's time ran out without a confirmation.
    DeliveryUnconfirmed,
    /// A payload was destroyed because its time was up.
    Expired,
    /// A payload did not open with the server's keys: nothing was consumed.
    IntegrityFailure,
    /// An API key was made.
    KeyCreated,
    /// An API key is worth nothing from here on.
    KeyRevoked,
    /// Too many wrong passphrases.
    Locked,
    /// The key of a secret that waited was not there when the store was opened.
    Lost,
    /// The link could not be mailed to its recipient.
    MailFailed,
    /// The link was mailed to its recipient.
    MailSent,
    /// A reader won a view.
    Opened,
    /// Somebody who holds the link has shown that they know the passphrase, and has not opened it.
    PassphraseMatched,
    /// A wrong passphrase from somebody who holds the link.
    PassphraseRejected,
    /// A copy was put back, and every secret that waited in it is ended, because it may have been opened or
    /// burned since.
    Restored,
    /// An account was given another role.
    RoleChanged,
    /// The sender unlocked it.
    Unlocked,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::AccountCreated,
        Self::Burned,
        Self::Created,
        Self::Delivered,
        Self::DeliveryUnconfirmed,
        Self::Expired,
        Self::IntegrityFailure,
        Self::KeyCreated,
        Self::KeyRevoked,
        Self::Locked,
        Self::Lost,
        Self::MailFailed,
        Self::MailSent,
        Self::Opened,
        Self::PassphraseMatched,
        Self::PassphraseRejected,
        Self::Restored,
        Self::RoleChanged,
        Self::Unlocked,
    ];

    /// The name in the trail and in receipts. Stable: it is part of the chain.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountCreated => "account-created",
            Self::Burned => "burned",
            Self::Created => "created",
            Self::Delivered => "delivered",
            Self::DeliveryUnconfirmed => "delivery-unconfirmed",
            Self::Expired => "expired",
            Self::IntegrityFailure => "integrity-failure",
            Self::KeyCreated => "key-created",
            Self::KeyRevoked => "key-revoked",
            Self::Locked => "locked",
            Self::Lost => "lost",
            Self::MailFailed => "mail-failed",
            Self::MailSent => "mail-sent",
            Self::Opened => "opened",
            Self::PassphraseMatched => "passphrase-matched",
            Self::PassphraseRejected => "passphrase-rejected",
            Self::Restored => "restored",
            Self::RoleChanged => "role-changed",
            Self::Unlocked => "unlocked",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who did it, as far as it is known. Never a guess (R95).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who showed that they hold the link.
    LinkHolder,
    /// Whoever may read the data directory: the operator.
    Operator,
    /// Whoever created the secret, or holds its receipt.
    Sender,
    /// Sigill itself.
    System,
}

impl Actor {
    /// Every actor.
    pub const ALL: [Self; 4] = [Self::LinkHolder, Self::Operator, Self::Sender, Self::System];

    /// The name in the trail and in receipts. Stable: it is part of the chain.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkHolder => "link-holder",
            Self::Operator => "operator",
            Self::Sender => "sender",
            Self::System => "system",
        }
    }

    /// The actor with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|actor| actor.name() == name)
    }
}

/// An event that is about to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// Who did it.
    pub actor: Actor,
    /// The secret it happened to.
    pub row: Option<Row>,
}

/// The end of the chain: the number of events and the hash of the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last event's number; 0 before the first.
    pub seq: i64,
    /// The last event's hash.
    pub hash: [u8; 32],
}

impl Head {
    /// The head of an empty trail.
    pub const EMPTY: Self = Self { seq: 0, hash: [0; 32] };

    /// The head after `event`.
    #[must_use]
    pub fn append(&self, event: &Event) -> Self {
        let seq = self.seq.saturating_add(1);
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"sigill/v1 audit");
        context.update(&self.hash);
        context.update(&seq.to_be_bytes());
        context.update(&event.at.as_millis().to_be_bytes());
        context.update(&event.row.map_or(0, Row::get).to_be_bytes());
        for text in [event.kind.name(), event.actor.name()] {
            context.update(&[u8::try_from(text.len()).unwrap_or(u8::MAX)]);
            context.update(text.as_bytes());
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self { seq, hash }
    }
}

/// What is wrong with a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrailFault {
    /// This event, or one before it, is not as it was written.
    #[error("event {0} was altered")]
    Altered(i64),
    /// The trail ends here, and it did not.
    #[error("everything after event {0} is missing")]
    Cut(i64),
    /// The trail does not go on with this number.
    #[error("event {0} is missing")]
    Missing(i64),
}

impl Head {
    /// The head after an event as it was found, with the number and the hash that it was found with.
    pub fn follow(&self, event: &Event, seq: i64, hash: &[u8; 32]) -> Result<Self, TrailFault> {
        let next = self.append(event);
        if seq != next.seq {
            return Err(TrailFault::Missing(next.seq));
        }
        if *hash != next.hash {
            return Err(TrailFault::Altered(next.seq));
        }
        Ok(next)
    }

    /// Whether this is where the trail ended, as it was kept beside it. Returns how many events it has.
    pub fn reaches(&self, end: Option<&Self>) -> Result<i64, TrailFault> {
        if end.is_none_or(|end| end == self) {
            Ok(self.seq)
        } else {
            Err(TrailFault::Cut(self.seq))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        let at = Timestamp::from_millis(1_732_443_120_000);
        Event { at, kind: Kind::Created, actor: Actor::Sender, row: Some(Row::new(7)) }
    }

    #[test]
    fn any_altered_part_alters_every_later_hash() {
        let honest = Head::EMPTY.append(&event()).append(&event());
        let altered = [
            Event { at: Timestamp::from_millis(0), ..event() },
            Event { kind: Kind::Burned, ..event() },
            Event { actor: Actor::System, ..event() },
            Event { row: None, ..event() },
        ];
        for altered in altered {
            let forged = Head::EMPTY.append(&altered).append(&event());
            assert_eq!(forged.seq, honest.seq);
            assert_ne!(forged.hash, honest.hash);
        }
    }

    #[test]
    fn names_are_unique_and_read_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        for actor in Actor::ALL {
            assert_eq!(Actor::from_name(actor.name()), Some(actor));
        }
    }
}
