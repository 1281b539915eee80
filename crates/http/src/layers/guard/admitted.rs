//! Whom the guard has let in, for the handler.
//!
//! Nothing but the guard makes these values, and each route has one of them, of the type that its access
//! declares. A handler that asks for another one is a mistake: it answers 500 and does nothing.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
use service::people;
use wire::Problem;

use crate::problem::Refusal;

/// Whom the guard has let in.
#[derive(Clone)]
pub(super) enum Admitted {
    Asker(Asker),
    Creator(Option<people::Asker>),
    Half(Half),
    Person(Person),
}

/// Somebody who is signed in: where access is for a person, confirmed or not, or for an administrator.
#[derive(Clone)]
pub(crate) struct Person {
    person: people::Person,
    csrf: String,
}

/// Somebody who is signed in, or a program that may do this.
#[derive(Clone)]
pub(crate) struct Asker {
    asker: people::Asker,
}

/// Somebody whose second factor is missing.
#[derive(Clone)]
pub(crate) struct Half {
    half: people::HalfPerson,
    csrf: String,
}

/// Whoever creates a secret; `None` is anybody.
#[derive(Clone)]
pub(crate) struct Creator(pub(crate) Option<people::Asker>);

impl Person {
    pub(super) const fn new(person: people::Person, csrf: String) -> Self {
        Self { person, csrf }
    }

    /// What the forms of this session carry (R65).
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl Asker {
    pub(super) const fn new(asker: people::Asker) -> Self {
        Self { asker }
    }
}

impl Half {
    pub(super) const fn new(half: people::HalfPerson, csrf: String) -> Self {
        Self { half, csrf }
    }

    /// What the forms of this session carry (R65).
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl Deref for Person {
    type Target = people::Person;

    fn deref(&self) -> &people::Person {
        &self.person
    }
}

impl Deref for Asker {
    type Target = people::Asker;

    fn deref(&self) -> &people::Asker {
        &self.asker
    }
}

impl Deref for Half {
    type Target = people::HalfPerson;

    fn deref(&self) -> &people::HalfPerson {
        &self.half
    }
}

/// What the guard has let in, if it is what the handler wants.
fn admitted<T>(parts: &Parts, fits: impl FnOnce(&Admitted) -> Option<T>) -> Result<T, Refusal> {
    parts.extensions.get::<Admitted>().and_then(fits).ok_or_else(|| {
        tracing::error!("a handler asks for somebody whom its route does not declare");
        Refusal(Problem::Internal)
    })
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        admitted(parts, |admitted| match admitted {
            Admitted::Person(person) => Some(person.clone()),
            Admitted::Asker(_) | Admitted::Creator(_) | Admitted::Half(_) => None,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        admitted(parts, |admitted| match admitted {
            Admitted::Asker(asker) => Some(asker.clone()),
            Admitted::Creator(_) | Admitted::Half(_) | Admitted::Person(_) => None,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Half {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        admitted(parts, |admitted| match admitted {
            Admitted::Half(half) => Some(half.clone()),
            Admitted::Asker(_) | Admitted::Creator(_) | Admitted::Person(_) => None,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Creator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        admitted(parts, |admitted| match admitted {
            Admitted::Creator(creator) => Some(Self(creator.clone())),
            Admitted::Asker(_) | Admitted::Half(_) | Admitted::Person(_) => None,
        })
    }
}
