//! Who asks, once that has been shown: somebody with a session, or a program with a key.
//!
//! These types are made in this crate alone, and only from what the store has just said. A session that
//! lacks the second factor is a [`HalfPerson`]: nothing that takes a [`Person`] can be asked with it (R62).

use domain::account::{Account, AccountId, KeyOwner, Role, Scope};
use domain::audit::Actor;
use domain::session::Session;

use crate::accounts::Bearer;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Person {
    /// Who it is.
    pub account: Account,
    /// Their session.
    pub session: Session,
}

impl Person {
    /// Whether they look after the instance.
    pub fn is_administrator(&self) -> bool {
        self.account.role == Role::Administrator
    }

    /// Who it is in the trail.
    pub const fn actor(&self) -> Actor {
        Actor::Account(self.account.id)
    }
}

/// Somebody who has shown one factor of two.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HalfPerson {
    /// Whom it is about, if the other factor is shown as well.
    pub account: Account,
    /// Their session.
    pub session: Session,
}

/// What a session's token has shown.
#[derive(Clone, Debug)]
pub enum SignedIn {
    /// One factor of two.
    Half(HalfPerson),
    /// Everything.
    Whole(Person),
}

/// Somebody, or a program that acts for them.
#[derive(Clone, Debug)]
pub enum Asker {
    /// A program that has shown an API key.
    Key(Bearer),
    /// Somebody with a session, who may do whatever their account may.
    Person(Person),
}

impl Asker {
    /// For whom it is: nobody, for a key that is an organisation's own.
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Key(bearer) => bearer.key.owner.account(),
            Self::Person(person) => Some(person.account.id),
        }
    }

    /// Whose keys they are that it makes.
    pub const fn key_owner(&self) -> KeyOwner {
        match self {
            Self::Key(bearer) => bearer.key.owner,
            Self::Person(person) => KeyOwner::Account(person.account.id),
        }
    }

    /// Whether that may be done: a key does what it was granted, and nothing else (R59).
    pub const fn may(&self, scope: Scope) -> bool {
        match self {
            Self::Key(bearer) => bearer.key.scopes.has(scope),
            Self::Person(_) => true,
        }
    }

    /// Who it is in the trail.
    pub const fn actor(&self) -> Actor {
        match self {
            Self::Key(bearer) => Actor::Key(bearer.key.id),
            Self::Person(person) => person.actor(),
        }
    }
}
