//! The audit trail: what happened, chained so that an alteration shows.
//!
//! Every state change writes its event in the same transaction (law 9). An event names the row of
//! its secret, and the numbers of accounts, keys and organisations: never an id, an address or anything
//! that opens or burns (law 6). The chain is
//!
//! ```text
//! hash(n) = SHA-256("sigill/v1 audit" || hash(n-1) || canonical(n))      hash(0) = 32 zero bytes
//! canonical = seq (8) || at (8) || row (8) || actor's number (8) || subject (8) || organisation (8)
//!             || kind length (1) || kind || actor length (1) || actor
//! ```
//!
//! with integers big endian, and 0 for what an event does not have: no number is 0.

mod kind;

use aws_lc_rs::digest;

use crate::account::AccountId;
use crate::organisation::OrganisationId;
use crate::secret::Row;
use crate::time::Timestamp;

pub use kind::Kind;

/// Who did it, as far as it is known. Never a guess (R95).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who was signed in to this account.
    Account(AccountId),
    /// A program with the API key of this number.
    Key(i64),
    /// Somebody who showed that they hold the link.
    LinkHolder,
    /// Whoever may read the data directory: the operator.
    Operator,
    /// Whoever created the secret, or holds its receipt.
    Sender,
    /// Somebody of whom nothing is known.
    Stranger,
    /// Sigill itself.
    System,
}

impl Actor {
    /// One of each.
    pub const EACH: [Self; 7] = [
        Self::Account(AccountId::new(1)),
        Self::Key(1),
        Self::LinkHolder,
        Self::Operator,
        Self::Sender,
        Self::Stranger,
        Self::System,
    ];

    /// The name in the trail and in receipts. Stable: it is part of the chain.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Key(_) => "key",
            Self::LinkHolder => "link-holder",
            Self::Operator => "operator",
            Self::Sender => "sender",
            Self::Stranger => "stranger",
            Self::System => "system",
        }
    }

    /// The number of the account or the key.
    pub const fn number(self) -> Option<i64> {
        match self {
            Self::Account(id) => Some(id.get()),
            Self::Key(number) => Some(number),
            Self::LinkHolder | Self::Operator | Self::Sender | Self::Stranger | Self::System => {
                None
            }
        }
    }

    /// The actor with this name, and this number where it has one.
    pub fn from_parts(name: &str, number: Option<i64>) -> Option<Self> {
        match (name, number) {
            ("account", Some(number)) => Some(Self::Account(AccountId::new(number))),
            ("key", Some(number)) => Some(Self::Key(number)),
            (_, None) => Self::EACH
                .into_iter()
                .find(|actor| actor.number().is_none() && actor.name() == name),
            (_, Some(_)) => None,
        }
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
    /// The number of what else it happened to: an account, a key, an organisation, as the kind says.
    pub subject: Option<i64>,
    /// The organisation in whose trail it is read.
    pub organisation: Option<OrganisationId>,
}

impl Event {
    /// An event that is about nothing yet.
    pub const fn new(at: Timestamp, kind: Kind, actor: Actor) -> Self {
        Self { at, kind, actor, row: None, subject: None, organisation: None }
    }

    /// The same, about this secret.
    #[must_use]
    pub const fn of(self, row: Row) -> Self {
        Self { row: Some(row), ..self }
    }

    /// The same, about the thing with this number.
    #[must_use]
    pub const fn about(self, subject: i64) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// The same, in the trail of this organisation.
    #[must_use]
    pub const fn within(self, organisation: Option<OrganisationId>) -> Self {
        Self { organisation, ..self }
    }
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
        for number in [
            event.row.map(Row::get),
            event.actor.number(),
            event.subject,
            event.organisation.map(OrganisationId::get),
        ] {
            context.update(&number.unwrap_or(0).to_be_bytes());
        }
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
        let actor = Actor::Account(AccountId::new(3));
        Event::new(at, Kind::Created, actor).of(Row::new(7)).about(4)
    }

    #[test]
    fn any_altered_part_alters_every_later_hash() {
        let honest = Head::EMPTY.append(&event()).append(&event());
        let altered = [
            Event { at: Timestamp::from_millis(0), ..event() },
            Event { kind: Kind::Burned, ..event() },
            Event { actor: Actor::System, ..event() },
            Event { actor: Actor::Account(AccountId::new(4)), ..event() },
            Event { actor: Actor::Key(3), ..event() },
            Event { row: None, ..event() },
            Event { row: None, subject: Some(7), ..event() },
            Event { subject: None, ..event() },
            event().within(Some(OrganisationId::new(1))),
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
        for actor in Actor::EACH {
            assert_eq!(Actor::from_parts(actor.name(), actor.number()), Some(actor));
        }
        assert_eq!(Actor::from_parts("account", None), None);
        assert_eq!(Actor::from_parts("system", Some(1)), None);
    }
}
