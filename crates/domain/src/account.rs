//! People: who they are, and what a program may do that acts for them.
//!
//! A person is known by an e-mail address. A program shows an API key of theirs, which may do what its
//! [`Scopes`] say and nothing else. Nobody is known by a number that tells how many there are.

use core::net::IpAddr;
use std::fmt;
use std::time::Duration;

use envelope::base58;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::network::Networks;
use crate::organisation::{Name, OrganisationId};
use crate::time::Timestamp;

/// The number of an account in its store: random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(i64);

impl AccountId {
    /// The account with this number.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Shares, and follows what it has shared.
    Member,
    /// Looks after the instance.
    Administrator,
}

/// Why a text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an e-mail address: one \"@\", a name before it and a domain with a dot after it, at most 254 characters"
)]
pub struct NotAnAddress;

/// An e-mail address, as it is compared: NFC and in lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The longest address in bytes (RFC 5321, 4.5.3.1.3).
    pub const MAX: usize = 254;
    /// The longest part before the `@` in bytes (RFC 5321, 4.5.3.1.1).
    const MAX_LOCAL: usize = 64;

    /// Reads an address as people write it. What mail would carry but nobody has (quoted local parts,
    /// addresses of hosts by number) is refused.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let text: String = text.trim().nfc().flat_map(char::to_lowercase).nfc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or(NotAnAddress)?;
        // Letters of every script, and nothing that is not seen or turns the direction of a line.
        let usual = char::is_alphanumeric;
        let local_fits = !local.is_empty()
            && local.len() <= Self::MAX_LOCAL
            && local.split('.').all(|part| !part.is_empty())
            && local.chars().all(|c| usual(c) || ".!#$%&'*+-/=?^_`{|}~".contains(c));
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| usual(c) || c == '-')
        };
        let domain_fits = domain.contains('.') && domain.split('.').all(label);
        let controls = text.chars().any(char::is_control);
        if local_fits && domain_fits && !controls && text.len() <= Self::MAX {
            Ok(Self(text))
        } else {
            Err(NotAnAddress)
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Whose it is.
    pub email: Email,
    /// What it is for.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
    /// Since when it may do nothing, if so.
    pub suspended_at: Option<Timestamp>,
}

/// One thing that a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Share secrets.
    SecretsCreate,
    /// Open secrets.
    SecretsOpen,
    /// Burn secrets.
    SecretsBurn,
    /// Follow secrets, list one's own and note about them.
    ReceiptsRead,
    /// Read what is known about the account.
    AccountRead,
    /// Invite, remove and promote the members of an organisation.
    MembersManage,
    /// Add, prove and remove domains.
    DomainsManage,
    /// Read the audit trail.
    AuditRead,
    /// Make, rotate and revoke API keys.
    KeysManage,
    /// Freeze, burn and revoke when something has gone wrong.
    IncidentAct,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 10] = [
        Self::SecretsCreate,
        Self::SecretsOpen,
        Self::SecretsBurn,
        Self::ReceiptsRead,
        Self::AccountRead,
        Self::MembersManage,
        Self::DomainsManage,
        Self::AuditRead,
        Self::KeysManage,
        Self::IncidentAct,
    ];

    /// Its name, as people grant it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretsCreate => "secrets:create",
            Self::SecretsOpen => "secrets:open",
            Self::SecretsBurn => "secrets:burn",
            Self::ReceiptsRead => "receipts:read",
            Self::AccountRead => "account:read",
            Self::MembersManage => "members:manage",
            Self::DomainsManage => "domains:manage",
            Self::AuditRead => "audit:read",
            Self::KeysManage => "keys:manage",
            Self::IncidentAct => "incident:act",
        }
    }

    /// Its bit in the store. Stable.
    const fn bit(self) -> u32 {
        match self {
            Self::SecretsCreate => 1,
            Self::SecretsOpen => 2,
            Self::SecretsBurn => 4,
            Self::ReceiptsRead => 8,
            Self::AccountRead => 16,
            Self::MembersManage => 32,
            Self::DomainsManage => 64,
            Self::AuditRead => 128,
            Self::KeysManage => 256,
            Self::IncidentAct => 512,
        }
    }
}

/// Why a text names no scopes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scope: choose from {names}, or all", names = names())]
pub struct NoScope(pub String);

fn names() -> String {
    Scope::ALL.map(Scope::name).join(", ")
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u32);

impl Scopes {
    /// Reads names with commas between them; `all` is every one.
    pub fn parse(text: &str) -> Result<Self, NoScope> {
        text.split(',').map(str::trim).try_fold(Self(0), |scopes, name| {
            if name == "all" {
                return Ok(Self::of(&Scope::ALL));
            }
            let scope = Scope::ALL.into_iter().find(|scope| scope.name() == name);
            let scope = scope.ok_or_else(|| NoScope(name.to_owned()))?;
            Ok(Self(scopes.0 | scope.bit()))
        })
    }

    /// These scopes.
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Takes what the store kept; `None` when a bit means nothing.
    pub fn from_bits(bits: u32) -> Option<Self> {
        let known = Self::of(&Scope::ALL).0;
        if bits & !known == 0 { Some(Self(bits)) } else { None }
    }

    /// One bit for each.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Their names, with commas between them.
    pub fn names(self) -> String {
        let granted = Scope::ALL.into_iter().filter(|scope| self.has(*scope));
        granted.map(Scope::name).collect::<Vec<_>>().join(",")
    }

    /// Whether every one of `others` is among them.
    pub const fn cover(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether `scope` is among them.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}

/// What a program shows: `sigill_`, 32 random bytes and a checksum in base58. Shown once, when it is made.
pub struct ApiKeyToken(Zeroizing<[u8; 32]>);

impl ApiKeyToken {
    const PREFIX: &str = "sigill_";

    /// Takes 32 fresh random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads a key. `None` when it is none: a mistyped one never reaches the store.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = base58::decode::<36>(text.strip_prefix(Self::PREFIX)?).ok()?;
        let (key, checksum) = bytes.split_first_chunk::<32>()?;
        let token = Self(Zeroizing::new(*key));
        (checksum == token.checksum()).then_some(token)
    }

    /// The key as text. Whoever sees it acts for its account.
    pub fn expose(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 36]);
        let (key, checksum) = bytes.split_at_mut(32);
        key.copy_from_slice(&*self.0);
        checksum.copy_from_slice(&self.checksum());
        Zeroizing::new(format!("{}{}", Self::PREFIX, *base58::encode(&*bytes)))
    }

    /// What is hashed for the store.
    pub fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    fn checksum(&self) -> [u8; 4] {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        context.update(b"sigill/v1 api key");
        context.update(&*self.0);
        context.finish().as_ref().first_chunk().copied().unwrap_or_default()
    }
}

/// How long a key is worth something unless its maker says otherwise.
pub const KEY_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// Whose an API key is, and within which organisation it acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    /// Somebody's.
    Account(AccountId),
    /// Somebody's, for what they do in an organisation.
    Member(AccountId, OrganisationId),
    /// An organisation's own: a service key.
    Service(OrganisationId),
}

impl KeyOwner {
    /// Whose it is.
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(account) | Self::Member(account, _) => Some(account),
            Self::Service(_) => None,
        }
    }

    /// Within which organisation it acts.
    pub const fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Member(_, organisation) | Self::Service(organisation) => Some(organisation),
            Self::Account(_) => None,
        }
    }
}

/// An API key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number in its store: random.
    pub id: i64,
    /// Whose it is.
    pub owner: KeyOwner,
    /// What it is called.
    pub label: Option<Name>,
    /// What it may do.
    pub scopes: Scopes,
    /// From where; from anywhere without.
    pub networks: Option<Networks>,
    /// How many requests in a minute, where it is fewer than anybody may make.
    pub per_minute: Option<u32>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when, if it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Since when it is worth nothing, if so.
    pub revoked_at: Option<Timestamp>,
    /// On which day it was last used: the first moment of that day in UTC.
    pub used_on: Option<Timestamp>,
    /// The key in whose place it was made.
    pub replaces: Option<i64>,
    /// When its owner was told that it ends soon.
    pub reminded_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it may be shown there.
    pub fn may_come_from(&self, address: IpAddr) -> bool {
        self.networks.as_ref().is_none_or(|networks| networks.contains(address))
    }

    /// Whether it is worth anything.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_compared_as_people_mean_them() {
        let same = |text: &str| Email::parse(text).unwrap().as_str().to_owned();
        assert_eq!(same(" Maja.Lind+vpn@Example.ORG "), "maja.lind+vpn@example.org");
        // The same letter as one character and as two.
        assert_eq!(same("g\u{f6}ran@example.org"), same("go\u{308}ran@example.org"));
        assert_eq!(same("\u{c5}sa@example.org"), same("\u{e5}sa@example.org"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for wrong in [
            "",
            "@",
            "a",
            "a@",
            "@example.org",
            "a@example",
            "a b@example.org",
            "a@exa mple.org",
            "a@-example.org",
            "a@example..org",
            ".a@example.org",
            "a@b@example.org",
            "a\n@example.org",
            "a@example.org\r\nBcc: b@example.org",
            "<a@example.org>",
            "a\u{202e}b@example.org",
            "a\u{200b}@example.org",
            "a@[127.0.0.1]",
            &long,
        ] {
            assert_eq!(Email::parse(wrong).err(), Some(NotAnAddress), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_is_not_printed_by_accident() {
        assert_eq!(format!("{:?}", Email::parse("a@example.org").unwrap()), "Email(..)");
    }

    #[test]
    fn scopes_are_granted_by_name() {
        let scopes = Scopes::parse("secrets:create, receipts:read").unwrap();
        assert!(scopes.has(Scope::SecretsCreate) && scopes.has(Scope::ReceiptsRead));
        assert!(!scopes.has(Scope::SecretsOpen) && !scopes.has(Scope::SecretsBurn));
        assert_eq!(Scopes::from_bits(scopes.bits()), Some(scopes));
        assert_eq!(scopes.names(), "secrets:create,receipts:read");
        assert_eq!(Scopes::parse("all").unwrap(), Scopes::of(&Scope::ALL));
        for wrong in ["", "secrets", "secrets:create,", "SECRETS:CREATE"] {
            assert!(Scopes::parse(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(Scopes::from_bits(1 << 31), None);
    }

    proptest! {
        #[test]
        fn keys_are_read_as_they_were_written(bytes in any::<[u8; 32]>()) {
            let text = ApiKeyToken::new(bytes).expose();
            let read = ApiKeyToken::parse(&text).unwrap();
            prop_assert_eq!(read.secret(), &bytes);
            let mut mistyped = text.to_string();
            let last = mistyped.pop().unwrap();
            mistyped.push(if last == '2' { '3' } else { '2' });
            prop_assert!(ApiKeyToken::parse(&mistyped).is_none());
        }
    }
}
