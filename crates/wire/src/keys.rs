//! API keys: what somebody wants of one, and what is known about those that are there.

use std::time::Duration;

use domain::account::{ApiKey, KEY_LIFETIME, Scope, Scopes};
use domain::network::Networks;
use domain::organisation::Name;
use domain::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::Problem;
use crate::text::{Secretive, rfc3339};

/// The longest lifetime that a key is given: ten years. `null` is for ever.
const LONGEST: u64 = 10 * 365 * 24 * 60 * 60;
/// The longest overlap of a rotation: 90 days.
const OVERLAP: u64 = 90 * 24 * 60 * 60;

/// A key that is wanted.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = KeyWanted)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// What it is called: 1 to 64 characters.
    pub label: String,
    /// What it may do. `all` is every scope.
    #[schema(example = json!(["secrets:create"]))]
    pub scopes: Vec<String>,
    /// Addresses and networks from which it may be shown; from anywhere without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["192.0.2.0/24"]))]
    pub networks: Option<Vec<String>>,
    /// How many requests it may make in a minute; as many as anybody without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 6000)]
    pub per_minute: Option<u32>,
    /// For how many seconds it is worth something: 90 days without, for ever with `null`.
    #[serde(
        default = "usual",
        deserialize_with = "given",
        skip_serializing_if = "Lifetime::is_usual"
    )]
    #[schema(value_type = Option<u64>, minimum = 60)]
    pub expires_in: Lifetime,
}

/// For how long a key is worth something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Lifetime {
    /// So many seconds, or for ever.
    Given(Option<u64>),
    /// What is usual: nothing was said.
    #[serde(skip)]
    Usual,
}

impl Lifetime {
    const fn is_usual(&self) -> bool {
        matches!(self, Self::Usual)
    }
}

const fn usual() -> Lifetime {
    Lifetime::Usual
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lifetime, D::Error> {
    Option::deserialize(deserializer).map(Lifetime::Given)
}

/// The same, judged.
#[derive(Debug)]
pub struct Judged {
    /// What it is called.
    pub label: Name,
    /// What it may do.
    pub scopes: Scopes,
    /// From where.
    pub networks: Option<Networks>,
    /// How many requests in a minute.
    pub per_minute: Option<u32>,
    /// For how long.
    pub lifetime: Option<Duration>,
}

impl Wanted {
    /// Judges every field.
    pub fn judge(self) -> Result<Judged, Problem> {
        let invalid = |field: &str, reason: String| Problem::invalid(field, reason);
        let label = Name::parse(&self.label).map_err(|e| invalid("label", e.to_string()))?;
        if self.scopes.is_empty() {
            return Err(invalid("scopes", "must name at least one".to_owned()));
        }
        let scopes = Scopes::parse(&self.scopes.join(","));
        let scopes = scopes.map_err(|error| {
            // The name is not repeated: it is whatever somebody has sent.
            drop(error);
            let names = Scope::ALL.map(Scope::name).join(", ");
            invalid("scopes", format!("must be some of {names}, or all"))
        })?;
        let networks = match self.networks {
            None => None,
            Some(networks) => {
                let fits = networks.iter().all(|network| !network.contains([',', ' ']));
                let networks = fits.then(|| Networks::parse(&networks.join(" ")).ok()).flatten();
                Some(networks.ok_or_else(|| {
                    let reason = "must be 1 to 64 addresses, or networks such as 192.0.2.0/24";
                    invalid("networks", reason.to_owned())
                })?)
            }
        };
        if self.per_minute.is_some_and(|count| !(1..=6000).contains(&count)) {
            return Err(invalid("per_minute", "must be from 1 to 6000".to_owned()));
        }
        let lifetime = match self.expires_in {
            Lifetime::Usual => Some(KEY_LIFETIME),
            Lifetime::Given(None) => None,
            Lifetime::Given(Some(seconds)) if (60..=LONGEST).contains(&seconds) => {
                Some(Duration::from_secs(seconds))
            }
            Lifetime::Given(Some(_)) => {
                let reason = format!("must be from 60 to {LONGEST} seconds, or null");
                return Err(invalid("expires_in", reason));
            }
        };
        Ok(Judged { label, scopes, networks, per_minute: self.per_minute, lifetime })
    }
}

/// A rotation that is wanted.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = KeyRotation)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// For how many seconds the old key goes on: a day without.
    #[serde(default = "a_day")]
    #[schema(minimum = 0, maximum = 7_776_000)]
    pub overlap: u64,
}

const fn a_day() -> u64 {
    24 * 60 * 60
}

impl Rotation {
    /// For how long the old key goes on.
    pub fn judge(&self) -> Result<Duration, Problem> {
        if self.overlap > OVERLAP {
            return Err(Problem::invalid(
                "overlap",
                format!("must be from 0 to {OVERLAP} seconds"),
            ));
        }
        Ok(Duration::from_secs(self.overlap))
    }
}

/// How a key stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = KeyState)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its time is up.
    Expired,
    /// Somebody has made it worth nothing.
    Revoked,
    /// It is worth something.
    Valid,
}

impl State {
    /// How `key` stands.
    pub fn of(key: &ApiKey, now: Timestamp) -> Self {
        if key.revoked_at.is_some() {
            Self::Revoked
        } else if key.is_valid(now) {
            Self::Valid
        } else {
            Self::Expired
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Valid => "valid",
        }
    }
}

/// A key that is there. Nothing of it can be shown in its place.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct Key {
    /// What names it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is called.
    pub label: Option<String>,
    /// How it stands.
    pub state: State,
    /// What it may do.
    pub scopes: Vec<String>,
    /// From where; from anywhere with `null`.
    pub networks: Option<Vec<String>>,
    /// How many requests it may make in a minute.
    pub per_minute: Option<u32>,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Until when; for ever with `null`.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// On which day it was last used, in UTC.
    #[schema(format = Date)]
    pub used_on: Option<String>,
}

impl Key {
    /// Says what is known.
    pub fn new(reference: String, key: &ApiKey, now: Timestamp) -> Self {
        let networks = key.networks.as_ref().map(ToString::to_string);
        Self {
            reference,
            label: key.label.as_ref().map(|label| label.as_str().to_owned()),
            state: State::of(key, now),
            scopes: key.scopes.names().split(',').map(str::to_owned).collect(),
            networks: networks.map(|all| all.split(", ").map(str::to_owned).collect()),
            per_minute: key.per_minute,
            created_at: rfc3339(key.created_at),
            expires_at: key.expires_at.map(rfc3339),
            used_on: key.used_on.map(|day| rfc3339(day).chars().take(10).collect()),
        }
    }
}

/// The keys that are there.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ApiKeys)]
pub struct Keys {
    /// First those that are worth something, the latest before others.
    pub keys: Vec<Key>,
}

/// A key that was made.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = MadeKey)]
pub struct Made {
    /// What a program shows. Shown this once.
    #[schema(value_type = String)]
    pub key: Secretive,
    /// What is known about it.
    #[serde(flatten)]
    pub known: Key,
}

/// A key that was found where it does not belong.
#[derive(Deserialize, ToSchema)]
#[schema(as = KeyReport)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The key, or a text with one in it.
    #[schema(value_type = String)]
    pub key: Secretive,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(more: &str) -> Result<Judged, Problem> {
        let text = format!(r#"{{"label":"billing","scopes":["secrets:create"]{more}}}"#);
        crate::parse::<Wanted>(text.as_bytes())?.judge()
    }

    #[test]
    fn a_key_ends_unless_somebody_says_otherwise() {
        assert_eq!(wanted("").unwrap().lifetime, Some(KEY_LIFETIME));
        assert_eq!(wanted(r#","expires_in":null"#).unwrap().lifetime, None);
        let hour = wanted(r#","expires_in":3600"#).unwrap().lifetime;
        assert_eq!(hour, Some(Duration::from_hours(1)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (more, field) in [
            (r#","expires_in":59"#, "expires_in"),
            (r#","per_minute":0"#, "per_minute"),
            (r#","networks":[]"#, "networks"),
            (r#","networks":["192.0.2.0/24, 10.0.0.0/8"]"#, "networks"),
            (r#","networks":["office"]"#, "networks"),
            (r#","colour":1"#, "colour"),
        ] {
            let problem = wanted(more).unwrap_err();
            assert!(matches!(&problem, Problem::Invalid { field: f, .. } if f == field), "{more}");
        }
        let text = br#"{"label":"","scopes":["all"]}"#;
        assert!(crate::parse::<Wanted>(text).unwrap().judge().is_err());
        for scopes in ["[]", r#"["all things"]"#, r#"["SECRETS:CREATE"]"#] {
            let text = format!(r#"{{"label":"x","scopes":{scopes}}}"#);
            assert!(crate::parse::<Wanted>(text.as_bytes()).unwrap().judge().is_err(), "{scopes}");
        }
    }
}
