//! Letters: what people get by mail that is not a secret's link.
//!
//! A letter waits in the store until it is sent, and says what it is about. What its link lets somebody do is
//! not in it: the token is drawn when the letter is sent, and again each time that is tried (law 6).

use std::fmt;

use crate::account::{AccountId, Email};
use crate::time::Timestamp;

/// The number of a letter in its store: random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId(i64);

impl LetterId {
    /// The letter with this number.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// What a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A means of signing in has changed.
    CredentialChanged,
    /// Somebody is asked to join an organisation.
    Invitation,
    /// An API key ends soon.
    KeyExpiring,
    /// Somebody has signed in from where they never did.
    NewPlace,
    /// What an organisation or an account should look at, once a month.
    Review,
    /// A link that sets up an account.
    SetUp,
    /// A link that signs in.
    SignIn,
    /// An operator wants to see whether mail arrives.
    Test,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::CredentialChanged,
        Self::Invitation,
        Self::KeyExpiring,
        Self::NewPlace,
        Self::Review,
        Self::SetUp,
        Self::SignIn,
        Self::Test,
    ];

    /// The name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CredentialChanged => "credential-changed",
            Self::Invitation => "invitation",
            Self::KeyExpiring => "key-expiring",
            Self::NewPlace => "new-place",
            Self::Review => "review",
            Self::SetUp => "set-up",
            Self::SignIn => "sign-in",
            Self::Test => "test",
        }
    }

    /// Whether it takes a link that works once.
    pub const fn has_token(self) -> bool {
        match self {
            Self::Invitation | Self::SetUp | Self::SignIn => true,
            Self::CredentialChanged
            | Self::KeyExpiring
            | Self::NewPlace
            | Self::Review
            | Self::Test => false,
        }
    }

    /// Whether somebody asks for it, whom others may have to be protected from (R39). The others tell what has
    /// happened, and nobody who asks for much keeps them from being told.
    pub const fn is_asked_for(self) -> bool {
        match self {
            Self::Invitation | Self::SetUp | Self::SignIn | Self::Test => true,
            Self::CredentialChanged | Self::KeyExpiring | Self::NewPlace | Self::Review => false,
        }
    }
}

/// What has changed about how somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One-time codes are asked for from now on.
    CodesAdded,
    /// They are not any more.
    CodesRemoved,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The password is another one.
    PasswordChanged,
    /// There is no password any more.
    PasswordRemoved,
    /// Another provider may sign in.
    ProviderAdded,
    /// A provider may not sign in any more.
    ProviderRemoved,
    /// A recovery code was used up.
    RecoveryCodeUsed,
    /// There are new recovery codes.
    RecoveryCodesMade,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 10] = [
        Self::CodesAdded,
        Self::CodesRemoved,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::PasswordChanged,
        Self::PasswordRemoved,
        Self::ProviderAdded,
        Self::ProviderRemoved,
        Self::RecoveryCodeUsed,
        Self::RecoveryCodesMade,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CodesAdded => "codes-added",
            Self::CodesRemoved => "codes-removed",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyRemoved => "passkey-removed",
            Self::PasswordChanged => "password-changed",
            Self::PasswordRemoved => "password-removed",
            Self::ProviderAdded => "provider-added",
            Self::ProviderRemoved => "provider-removed",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::RecoveryCodesMade => "recovery-codes-made",
        }
    }
}

/// What a letter tells. Names that people give are shortened to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A means of signing in has changed.
    CredentialChanged {
        /// What has.
        change: Change,
    },
    /// Somebody is asked to join.
    Invitation {
        /// The name of the organisation.
        organisation: String,
        /// The address of whoever asks.
        inviter: String,
        /// The name of the role: `owner`, `admin`, `member` or `auditor`.
        role: String,
        /// Until when they may say yes.
        until: Timestamp,
    },
    /// An API key ends soon.
    KeyExpiring {
        /// What its owner calls it; perhaps nothing.
        label: String,
        /// What names it in lists.
        reference: String,
        /// When.
        expires_at: Timestamp,
    },
    /// Somebody has signed in from where they never did.
    NewPlace {
        /// When.
        at: Timestamp,
        /// From which network.
        network: String,
        /// With which program.
        agent: String,
    },
    /// What should be looked at.
    Review {
        /// Of which organisation; one's own account otherwise.
        organisation: Option<String>,
        /// The name of each finding, and how many there are.
        findings: Vec<(String, u32)>,
    },
    /// A link that sets up an account.
    SetUp,
    /// A link that signs in.
    SignIn,
    /// Mail arrives.
    Test,
}

/// The longest name that a letter repeats, in characters.
const LONGEST: usize = 120;

/// A text of somebody's as one line.
fn line(text: &str) -> String {
    let seen = |c: char| {
        let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns { ' ' } else { c }
    };
    text.chars().map(seen).take(LONGEST).collect()
}

fn time(at: Timestamp) -> String {
    at.as_millis().to_string()
}

fn read_time(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(Timestamp::from_millis)
}

impl Content {
    /// What it is for.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::CredentialChanged { .. } => Kind::CredentialChanged,
            Self::Invitation { .. } => Kind::Invitation,
            Self::KeyExpiring { .. } => Kind::KeyExpiring,
            Self::NewPlace { .. } => Kind::NewPlace,
            Self::Review { .. } => Kind::Review,
            Self::SetUp => Kind::SetUp,
            Self::SignIn => Kind::SignIn,
            Self::Test => Kind::Test,
        }
    }

    /// What it tells, each a line.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::CredentialChanged { change } => vec![change.name().to_owned()],
            Self::Invitation { organisation, inviter, role, until } => {
                vec![line(organisation), line(inviter), line(role), time(*until)]
            }
            Self::KeyExpiring { label, reference, expires_at } => {
                vec![line(label), line(reference), time(*expires_at)]
            }
            Self::NewPlace { at, network, agent } => vec![time(*at), line(network), line(agent)],
            Self::Review { organisation, findings } => {
                let whose = organisation.as_deref().map_or(String::new(), line);
                let finding = |(name, count): &(String, u32)| format!("{count} {}", line(name));
                [whose].into_iter().chain(findings.iter().map(finding)).collect()
            }
            Self::SetUp | Self::SignIn | Self::Test => vec![],
        }
    }

    /// Reads what [`Content::lines`] has written.
    pub fn read(kind: Kind, lines: &[&str]) -> Option<Self> {
        let own = |text: &&str| (*text).to_owned();
        Some(match (kind, lines) {
            (Kind::CredentialChanged, [name]) => Self::CredentialChanged {
                change: Change::ALL.into_iter().find(|change| change.name() == *name)?,
            },
            (Kind::Invitation, [organisation, inviter, role, until]) => Self::Invitation {
                organisation: own(organisation),
                inviter: own(inviter),
                role: own(role),
                until: read_time(until)?,
            },
            (Kind::KeyExpiring, [label, reference, expires_at]) => Self::KeyExpiring {
                label: own(label),
                reference: own(reference),
                expires_at: read_time(expires_at)?,
            },
            (Kind::NewPlace, [at, network, agent]) => {
                Self::NewPlace { at: read_time(at)?, network: own(network), agent: own(agent) }
            }
            (Kind::Review, [whose, findings @ ..]) => {
                let finding = |text: &&str| {
                    let (count, name) = text.split_once(' ')?;
                    Some((name.to_owned(), count.parse().ok()?))
                };
                Self::Review {
                    organisation: (!whose.is_empty()).then(|| own(whose)),
                    findings: findings.iter().map(finding).collect::<Option<_>>()?,
                }
            }
            (Kind::SetUp, []) => Self::SetUp,
            (Kind::SignIn, []) => Self::SignIn,
            (Kind::Test, []) => Self::Test,
            _ => return None,
        })
    }
}

/// A letter that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it tells.
    pub content: Content,
    /// To whom.
    pub to: Email,
    /// The account that it is about, or that asks for it.
    pub account: Option<AccountId>,
    /// The number of what it is about: an invitation, a key. 0 when that is nothing.
    pub subject: i64,
    /// The tag of its language.
    pub locale: String,
}

/// How far a letter has come. One that was sent is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It could not be sent, and nobody tries any more.
    Dead,
    /// It is under way.
    Waiting,
}

impl Standing {
    /// The name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Waiting => "waiting",
        }
    }
}

/// Why a mail was not sent: never a word of the other side, which may repeat what is not for a log (R94).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The mail server has answered with this code.
    Code(u16),
    /// The mail server cannot do what the message needs.
    Incapable,
    /// The mail server could not be reached, or has hung up.
    Line,
    /// The message cannot be written as a mail.
    Message,
    /// It took too long.
    Timeout,
    /// There was no TLS, or the certificate is not the mail server's.
    Tls,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "the mail server answered {code}"),
            Self::Incapable => f.write_str("the mail server cannot do what is needed"),
            Self::Line => f.write_str("the mail server cannot be reached, or has hung up"),
            Self::Message => f.write_str("it cannot be written as a mail"),
            Self::Timeout => f.write_str("the mail server took too long"),
            Self::Tls => f.write_str("no TLS, or not the certificate of the mail server"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some() -> Vec<Content> {
        let at = Timestamp::from_millis(1_732_443_120_007);
        let text = str::to_owned;
        let mut contents = vec![
            Content::Invitation {
                organisation: text("Nordwind AB"),
                inviter: text("maja@example.org"),
                role: text("auditor"),
                until: at,
            },
            Content::KeyExpiring { label: String::new(), reference: text("0a1b"), expires_at: at },
            Content::NewPlace { at, network: text("192.0.2.0/24"), agent: text("Firefox") },
            Content::Review { organisation: None, findings: vec![] },
            Content::Review {
                organisation: Some(text("Nordwind AB")),
                findings: vec![(text("keys-old"), 3), (text("keys-unused"), 1)],
            },
            Content::SetUp,
            Content::SignIn,
            Content::Test,
        ];
        contents.extend(Change::ALL.map(|change| Content::CredentialChanged { change }));
        contents
    }

    #[test]
    fn what_a_letter_tells_is_read_as_it_was_written() {
        for content in some() {
            let lines = content.lines();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(Content::read(content.kind(), &lines), Some(content.clone()));
            let more: Vec<&str> = lines.iter().copied().chain(["x"]).collect();
            assert_eq!(Content::read(content.kind(), &more), None, "{content:?}");
        }
        let kinds = some().into_iter().map(|content| content.kind());
        let all = Kind::ALL.into_iter();
        assert!(all.into_iter().all(|kind| kinds.clone().any(|other| other == kind)));
    }

    proptest! {
        /// Whatever somebody calls their organisation, it stays one line, and no direction turns.
        #[test]
        fn a_name_is_a_line(organisation in any::<String>(), inviter in any::<String>()) {
            let until = Timestamp::from_millis(0);
            let role = "member".to_owned();
            let content = Content::Invitation { organisation, inviter, role, until };
            for line in content.lines() {
                prop_assert!(line.chars().count() <= LONGEST);
                let strange = line.chars().any(|c| c.is_control() || c == '\u{202e}');
                prop_assert!(!strange);
            }
        }
    }
}
