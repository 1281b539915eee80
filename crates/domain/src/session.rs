//! Sessions: somebody is signed in, for a while.
//!
//! A session is known by a token that only the browser has; the store has its hash. Who has shown one factor
//! of two has a session that is [`Stage::Half`], and code that needs a whole one cannot be given it: it
//! becomes another type on the way (R62).

use std::time::Duration;

use envelope::base58;
use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::time::Timestamp;

/// After how long without a request a session is over.
pub const IDLE: Duration = Duration::from_hours(12);
/// After how long a session is over in any case.
pub const LIFE: Duration = Duration::from_hours(7 * 24);
/// How long somebody has for the second factor.
pub const HALF_LIFE: Duration = Duration::from_mins(10);
/// For how long it counts that somebody has shown once more who they are.
pub const CONFIRMATION: Duration = Duration::from_mins(10);

/// What the browser shows: 32 random bytes in base58. Another one at each sign-in and each confirmation.
pub struct SessionToken(Zeroizing<[u8; 32]>);

impl SessionToken {
    /// Takes 32 fresh random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a token. `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        base58::decode::<32>(text).ok().map(Self)
    }

    /// The token as text. Whoever has it is signed in.
    pub fn expose(&self) -> Zeroizing<String> {
        base58::encode(&*self.0)
    }

    /// What is hashed for the store.
    pub fn secret(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The token of something that works once: a link in a mail, one end of a ceremony.
pub struct TicketToken(Zeroizing<[u8; 32]>);

impl TicketToken {
    /// Takes 32 fresh random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a token. `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        base58::decode::<32>(text).ok().map(Self)
    }

    /// The token as text. Whoever has it may use it, once.
    pub fn expose(&self) -> Zeroizing<String> {
        base58::encode(&*self.0)
    }

    /// What is hashed for the store.
    pub fn secret(&self) -> &[u8; 32] {
        &self.0
    }
}

/// How far somebody has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The second factor is missing.
    Half,
    /// Signed in.
    Whole,
}

/// How somebody has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// With a password alone.
    Password,
    /// With a password and a one-time code, or a recovery code.
    PasswordAndCode,
    /// With a passkey.
    Passkey,
    /// With a link that was mailed.
    MailedLink,
    /// With an identity at a provider.
    Provider,
    /// With the link that sets an account up.
    SetUpLink,
    /// With a password and a passkey.
    PasswordAndPasskey,
    /// With a link that was mailed and a one-time code, or a recovery code.
    LinkAndCode,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 8] = [
        Self::Password,
        Self::PasswordAndCode,
        Self::Passkey,
        Self::MailedLink,
        Self::Provider,
        Self::SetUpLink,
        Self::PasswordAndPasskey,
        Self::LinkAndCode,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordAndCode => "password-and-code",
            Self::Passkey => "passkey",
            Self::MailedLink => "mailed-link",
            Self::Provider => "provider",
            Self::SetUpLink => "set-up-link",
            Self::PasswordAndPasskey => "password-and-passkey",
            Self::LinkAndCode => "link-and-code",
        }
    }

    /// Whether it takes two things to sign in like this, or a provider that answers for it.
    pub const fn has_second_factor(self) -> bool {
        match self {
            Self::LinkAndCode
            | Self::PasswordAndCode
            | Self::Passkey
            | Self::PasswordAndPasskey
            | Self::Provider => true,
            Self::Password | Self::MailedLink | Self::SetUpLink => false,
        }
    }
}

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number: random.
    pub id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// How far they have come.
    pub stage: Stage,
    /// How they have signed in.
    pub method: Method,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to some minutes.
    pub seen_at: Timestamp,
    /// When it is over in any case.
    pub ends_at: Timestamp,
    /// When they have last shown who they are.
    pub confirmed_at: Option<Timestamp>,
    /// With which browser, as far as it says.
    pub agent: String,
    /// From which network, reduced.
    pub network: String,
}

impl Session {
    /// Whether it is not over.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.ends_at && now < self.seen_at.plus(IDLE)
    }

    /// Whether they have shown only a short time ago who they are.
    pub fn is_confirmed(&self, now: Timestamp) -> bool {
        self.confirmed_at.is_some_and(|at| now < at.plus(CONFIRMATION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_over_when_it_was_not_used_and_in_any_case() {
        let start = Timestamp::from_millis(1_000_000);
        let session = Session {
            id: 1,
            account: AccountId::new(1),
            stage: Stage::Whole,
            method: Method::Passkey,
            created_at: start,
            seen_at: start,
            ends_at: start.plus(LIFE),
            confirmed_at: Some(start),
            agent: String::new(),
            network: String::new(),
        };
        let just_before =
            |span: Duration| start.plus(span.saturating_sub(Duration::from_millis(1)));
        assert!(session.is_alive(just_before(IDLE)) && !session.is_alive(start.plus(IDLE)));
        let used = Session { seen_at: start.plus(LIFE), ..session.clone() };
        assert!(used.is_alive(just_before(LIFE)) && !used.is_alive(start.plus(LIFE)));
        assert!(session.is_confirmed(just_before(CONFIRMATION)));
        assert!(!session.is_confirmed(start.plus(CONFIRMATION)));
    }

    #[test]
    fn tokens_are_read_as_they_were_written() {
        let token = SessionToken::new([7; 32]);
        assert_eq!(SessionToken::parse(&token.expose()).unwrap().secret(), &[7; 32]);
        assert!(SessionToken::parse("").is_none() && SessionToken::parse("0").is_none());
        let ticket = TicketToken::new([7; 32]);
        assert_eq!(TicketToken::parse(&ticket.expose()).unwrap().secret(), &[7; 32]);
    }
}
