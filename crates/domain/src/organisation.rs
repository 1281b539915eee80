//! Organisations: people who share rules, keys and a trail.
//!
//! What a member may do is said by one role, and asked here and nowhere else.

use std::fmt;
use std::time::Duration;

use unicode_normalization::UnicodeNormalization as _;

use crate::account::{AccountId, Email};
use crate::time::Timestamp;

/// An organisation's number in its store: random, so that it tells neither how many there are nor since
/// when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationId(i64);

impl OrganisationId {
    /// Takes a number from the store, or a random one.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// A name that people give: of an organisation, a key, a passkey. From 1 to 64 characters, none of which
/// is a control character or changes the direction of what follows.
#[derive(Clone, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a name of 1 to 64 characters in one line")]
pub struct NotAName;

impl Name {
    /// Reads a name; spaces around it are left out, and those within it are single ones.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let text: String = text.nfc().collect();
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        let strange = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        };
        let fits = (1..=64).contains(&text.chars().count()) && !text.chars().any(strange);
        if fits { Ok(Self(text)) } else { Err(NotAName) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(..)")
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its number.
    pub id: OrganisationId,
    /// What it is called.
    pub name: Name,
    /// Since when.
    pub created_at: Timestamp,
    /// Whether its members must have a second factor to act in it.
    pub second_factor: bool,
}

/// What a member is in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberRole {
    /// May do everything, also make owners and delete the organisation. There is always one.
    Owner,
    /// Looks after members and keys.
    Administrator,
    /// Shares, and follows what it has shared.
    Member,
    /// Reads the trail and reports, and nothing else.
    Auditor,
}

impl MemberRole {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Administrator, Self::Member, Self::Auditor];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Administrator => "admin",
            Self::Member => "member",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether such a member may invite and remove people, and make keys of the organisation.
    pub const fn may_manage(self) -> bool {
        matches!(self, Self::Owner | Self::Administrator)
    }

    /// Whether such a member may make somebody `other`, or take that from them: nobody gives more than
    /// they have.
    pub const fn may_give(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Administrator => !matches!(other, Self::Owner),
            Self::Member | Self::Auditor => false,
        }
    }

    /// Whether such a member may share secrets for the organisation.
    pub const fn may_share(self) -> bool {
        !matches!(self, Self::Auditor)
    }

    /// Whether such a member may read the trail and the reports of the organisation.
    pub const fn may_audit(self) -> bool {
        !matches!(self, Self::Member)
    }
}

/// Somebody's place in an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: MemberRole,
    /// Since when.
    pub since: Timestamp,
}

/// For how long an invitation may be accepted.
pub const INVITATION: Duration = Duration::from_hours(7 * 24);

/// Somebody is asked to join an organisation. What accepts it is not here: it is in a mail alone (law 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its number: random.
    pub id: i64,
    /// Where.
    pub organisation: OrganisationId,
    /// Who.
    pub email: Email,
    /// As what.
    pub role: MemberRole,
    /// By whom.
    pub invited_by: AccountId,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_that_can_be_read() {
        assert_eq!(Name::parse("  Lind \t & Co ").unwrap().as_str(), "Lind & Co");
        assert_eq!(Name::parse("\u{c5}re").unwrap(), Name::parse("A\u{30a}re").unwrap());
        let long = "a".repeat(65);
        for wrong in ["", "  ", "a\u{202e}b", "a\u{200b}b", "a\0b", &long] {
            assert_eq!(Name::parse(wrong), Err(NotAName), "{wrong:?}");
        }
    }

    #[test]
    fn nobody_gives_what_they_do_not_have() {
        use MemberRole::{Administrator, Auditor, Member, Owner};
        for role in MemberRole::ALL {
            assert_eq!(MemberRole::from_name(role.name()), Some(role));
            assert!(Owner.may_give(role));
            assert_eq!(Administrator.may_give(role), role != Owner);
            assert!(!Member.may_give(role) && !Auditor.may_give(role));
            assert_eq!(role.may_give(Member), role.may_manage());
        }
        assert!(!Auditor.may_share() && Auditor.may_audit() && !Member.may_audit());
    }
}
