//! Switches: what an instance lets people do. Each is independent of the others, and none of them is asked
//! when somebody opens a secret (R69).
//!
//! | name | values |
//! |---|---|
//! | `creating` | `anybody`, `signed-in`, `members`, `keys` |
//! | `creating-networks` | networks that may always create |
//! | `organisations` | `administrators`, `signed-in` |
//! | `sign-up` | `closed`, `invitation`, `domain:example.org,...`, `open` |

use core::net::IpAddr;

use crate::account::Email;
use crate::network::Networks;

/// Who may create secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Creating {
    /// Everybody.
    #[default]
    Anybody,
    /// Programs with an API key, and nobody else.
    Keys,
    /// Members of any organisation, and keys of theirs.
    Members,
    /// People who are signed in, and programs with an API key.
    SignedIn,
}

impl Creating {
    const ALL: [Self; 4] = [Self::Anybody, Self::SignedIn, Self::Members, Self::Keys];

    /// Its value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anybody => "anybody",
            Self::Keys => "keys",
            Self::Members => "members",
            Self::SignedIn => "signed-in",
        }
    }
}

/// Who may make an organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Founding {
    /// Administrators of the instance.
    #[default]
    Administrators,
    /// Whoever is signed in.
    SignedIn,
}

impl Founding {
    const ALL: [Self; 2] = [Self::Administrators, Self::SignedIn];

    /// Its value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrators => "administrators",
            Self::SignedIn => "signed-in",
        }
    }
}

/// Who may make an account for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignUp {
    /// Nobody.
    #[default]
    Closed,
    /// Whoever has an address at one of these domains.
    Domains(Vec<String>),
    /// Whoever was invited to an organisation.
    Invitation,
    /// Whoever has an address.
    Open,
}

impl SignUp {
    const DOMAINS: &str = "domain:";
    /// How many domains may be named.
    const MAX: usize = 64;

    fn parse(text: &str) -> Option<Self> {
        if let Some(list) = text.strip_prefix(Self::DOMAINS) {
            // A domain is what may follow the "@" of an address.
            let domain = |part: &str| {
                let email = Email::parse(&format!("a@{}", part.trim())).ok()?;
                Some(email.as_str().strip_prefix("a@")?.to_owned())
            };
            let domains: Vec<_> = list.split(',').map(domain).collect::<Option<_>>()?;
            return (domains.len() <= Self::MAX).then_some(Self::Domains(domains));
        }
        match text {
            "closed" => Some(Self::Closed),
            "invitation" => Some(Self::Invitation),
            "open" => Some(Self::Open),
            _ => None,
        }
    }

    /// Its value.
    pub fn text(&self) -> String {
        match self {
            Self::Closed => "closed".to_owned(),
            Self::Domains(domains) => format!("{}{}", Self::DOMAINS, domains.join(",")),
            Self::Invitation => "invitation".to_owned(),
            Self::Open => "open".to_owned(),
        }
    }

    /// Whether somebody with this address may make an account. `invited`: they hold an invitation to it.
    pub fn permits(&self, email: &Email, invited: bool) -> bool {
        match self {
            Self::Closed => false,
            Self::Domains(domains) => {
                let domain = email.as_str().rsplit_once('@').map(|(_, domain)| domain);
                domains.iter().any(|named| Some(named.as_str()) == domain)
            }
            Self::Invitation => invited,
            Self::Open => true,
        }
    }
}

/// Who wants to create a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    /// A program with an API key. `member`: for an organisation, or for a member of one.
    Key {
        /// Whether an organisation stands behind it.
        member: bool,
    },
    /// Somebody of whom nothing is known.
    Nobody,
    /// Somebody who is signed in.
    Person {
        /// Whether they are a member of any organisation.
        member: bool,
    },
}

/// Every switch of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Who may create secrets.
    pub creating: Creating,
    /// From where everybody may create, whatever that says.
    pub creating_networks: Option<Networks>,
    /// Who may make an organisation.
    pub organisations: Founding,
    /// Who may make an account for themselves.
    pub sign_up: SignUp,
}

/// Why a switch stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASwitch {
    /// There is none of this name.
    #[error("there is no such switch: choose from {}", Switches::NAMES.join(", "))]
    Name,
    /// It has no such value.
    #[error("{name} must be {values}")]
    Value {
        /// Which.
        name: &'static str,
        /// What it may be.
        values: &'static str,
    },
}

impl Switches {
    /// Their names.
    pub const NAMES: [&str; 4] = ["creating", "creating-networks", "organisations", "sign-up"];

    /// The name, if it is one.
    pub fn name(name: &str) -> Option<&'static str> {
        Self::NAMES.into_iter().find(|known| *known == name)
    }

    /// Each name with its value, as it is kept and shown.
    pub fn values(&self) -> [(&'static str, String); 4] {
        let [creating, networks, organisations, sign_up] = Self::NAMES;
        [
            (creating, self.creating.name().to_owned()),
            (
                networks,
                self.creating_networks.as_ref().map(Networks::to_string).unwrap_or_default(),
            ),
            (organisations, self.organisations.name().to_owned()),
            (sign_up, self.sign_up.text()),
        ]
    }

    /// The same, with one of them set otherwise.
    pub fn with(&self, name: &str, value: &str) -> Result<Self, NotASwitch> {
        let name = Self::name(name).ok_or(NotASwitch::Name)?;
        let wrong = |values| NotASwitch::Value { name, values };
        let mut switches = self.clone();
        match name {
            "creating" => {
                let known = Creating::ALL.into_iter().find(|known| known.name() == value);
                switches.creating = known.ok_or(wrong("anybody, signed-in, members or keys"))?;
            }
            "creating-networks" => {
                let networks = (!value.is_empty()).then(|| Networks::parse(value)).transpose();
                switches.creating_networks = networks.map_err(|_| {
                    wrong("networks such as 10.0.0.0/8, with commas between, or empty")
                })?;
            }
            "organisations" => {
                let known = Founding::ALL.into_iter().find(|known| known.name() == value);
                switches.organisations = known.ok_or(wrong("administrators or signed-in"))?;
            }
            _ => {
                let read = SignUp::parse(value);
                switches.sign_up =
                    read.ok_or(wrong("closed, invitation, domain:example.org,... or open"))?;
            }
        }
        Ok(switches)
    }

    /// Whether that one may create a secret, from that address.
    pub fn may_create(&self, creator: Creator, address: IpAddr) -> bool {
        let permitted = match self.creating {
            Creating::Anybody => true,
            Creating::Keys => matches!(creator, Creator::Key { .. }),
            Creating::Members => {
                matches!(creator, Creator::Key { member: true } | Creator::Person { member: true })
            }
            Creating::SignedIn => creator != Creator::Nobody,
        };
        let networks = self.creating_networks.as_ref();
        permitted || networks.is_some_and(|networks| networks.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Creator = Creator::Key { member: false };
    const PERSON: Creator = Creator::Person { member: false };
    const MEMBER: Creator = Creator::Person { member: true };
    const KEY_OF_MEMBER: Creator = Creator::Key { member: true };

    #[test]
    fn who_may_create_is_as_the_switch_says() {
        let everybody = [Creator::Nobody, PERSON, MEMBER, KEY, KEY_OF_MEMBER];
        let home = "10.1.2.3".parse().unwrap();
        let away = "192.0.2.1".parse().unwrap();
        for (value, expected) in [
            ("anybody", [true, true, true, true, true]),
            ("signed-in", [false, true, true, true, true]),
            ("members", [false, false, true, false, true]),
            ("keys", [false, false, false, true, true]),
        ] {
            let switches = Switches::default().with("creating", value).unwrap();
            assert_eq!(everybody.map(|who| switches.may_create(who, away)), expected, "{value}");
            let switches = switches.with("creating-networks", "10.0.0.0/8").unwrap();
            assert_eq!(everybody.map(|who| switches.may_create(who, home)), [true; 5], "{value}");
            assert_eq!(everybody.map(|who| switches.may_create(who, away)), expected, "{value}");
        }
    }

    #[test]
    fn who_may_sign_up_is_as_the_switch_says() {
        let at = |text| Email::parse(text).unwrap();
        for (value, address, invited, expected) in [
            ("closed", "maja@example.org", true, false),
            ("invitation", "maja@example.org", true, true),
            ("invitation", "maja@example.org", false, false),
            ("open", "maja@example.org", false, true),
            ("domain:example.org, Example.NET", "maja@example.net", false, true),
            ("domain:example.org", "maja@sub.example.org", false, false),
            ("domain:example.org", "maja@badexample.org", true, false),
        ] {
            let switches = Switches::default().with("sign-up", value).unwrap();
            assert_eq!(switches.sign_up.permits(&at(address), invited), expected, "{value}");
        }
    }

    #[test]
    fn a_switch_is_read_as_it_was_written_and_refuses_what_it_does_not_know() {
        let mut switches = Switches::default();
        for (name, value) in [
            ("creating", "keys"),
            ("creating-networks", "10.0.0.0/8, ::1/128"),
            ("organisations", "signed-in"),
            ("sign-up", "domain:example.org,example.net"),
        ] {
            switches = switches.with(name, value).unwrap();
            assert!(switches.values().contains(&(name, value.to_owned())), "{name}");
        }
        let read = switches
            .values()
            .iter()
            .try_fold(Switches::default(), |read, (name, value)| read.with(name, value));
        assert_eq!(read.as_ref(), Ok(&switches));
        assert_eq!(switches.with("opening", "nobody"), Err(NotASwitch::Name));
        for (name, value) in [
            ("creating", "Anybody"),
            ("creating", ""),
            ("creating-networks", "everywhere"),
            ("organisations", "nobody"),
            ("sign-up", "domain:"),
            ("sign-up", "domain:nodot"),
            ("sign-up", "domain:a@example.org"),
        ] {
            let refused = switches.with(name, value).unwrap_err();
            assert!(refused.to_string().starts_with(name), "{refused}");
        }
    }
}
