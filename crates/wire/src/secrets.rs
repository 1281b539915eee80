//! Creating and claiming.

use domain::secret::Secret;
use domain::terms::{
    Delivery, FailedPassphrases, Lifetime, OnExhausted, Terms as DomainTerms, Views,
};
use envelope::SecretId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::Problem;
use crate::text::{Bytes32, Secretive, rfc3339};

/// A number, if anything is said: `null` is not a number.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    whole(deserializer).map(Some)
}

/// A number. One that is not whole, or less than nothing, is out of every bound, so that the answer names
/// the bounds.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    Ok(number.as_u64().unwrap_or(u64::MAX))
}

const fn one() -> u64 {
    1
}

fn budget() -> u64 {
    FailedPassphrases::DEFAULT.into()
}

/// What happens when the wrong passphrases are used up.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The secret stays, and nobody opens it until its sender unlocks it.
    #[default]
    Lock,
    /// The secret is destroyed.
    Burn,
}

/// How many wrong passphrases a secret bears.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// 1 to 100, over all readers.
    #[serde(default = "budget", deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 100, default = 20)]
    pub limit: u64,
    /// What happens then.
    #[serde(default)]
    pub action: Action,
}

impl Default for Budget {
    fn default() -> Self {
        Self { limit: budget(), action: Action::Lock }
    }
}

/// The first part of a creation: what the sender asks for, and the hashes of what must be shown.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// SHA-256 of the link proof, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", example = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")]
    pub link_proof_hash: Bytes32,
    /// SHA-256 of the proof, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", example = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")]
    pub proof_hash: Bytes32,
    /// SHA-256 of the receipt token's secret, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", example = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")]
    pub receipt_hash: Bytes32,
    /// Seconds until it expires. When nothing is said a day, or what the instance allows if that is
    /// less.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false, minimum = 60, maximum = 31_536_000, default = 86_400)]
    pub expires_in: Option<u64>,
    /// How many readers may open it.
    #[serde(default = "one", deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 100, default = 1)]
    pub views: u64,
    /// How many wrong passphrases it bears.
    #[serde(default)]
    pub failed_passphrases: Budget,
    /// Destroy the content as it is claimed: a lost answer cannot be fetched again.
    #[serde(default)]
    #[schema(default = false)]
    pub strict: bool,
}

impl Terms {
    /// The terms as the domain has them. `ceiling` is the longest lifetime of this instance.
    pub fn parse(&self, ceiling: Lifetime) -> Result<DomainTerms, Problem> {
        let action = match self.failed_passphrases.action {
            Action::Lock => OnExhausted::Lock,
            Action::Burn => OnExhausted::Burn,
        };
        let limit = self.failed_passphrases.limit;
        let lifetime = match self.expires_in {
            Some(seconds) => Lifetime::below(seconds, ceiling)?,
            None => Lifetime::DEFAULT.min(ceiling),
        };
        Ok(DomainTerms {
            lifetime,
            views: Views::new(self.views)?,
            failed_passphrases: FailedPassphrases::new(limit, action)?,
            delivery: if self.strict { Delivery::Strict } else { Delivery::Held },
        })
    }
}

impl From<FailedPassphrases> for Budget {
    fn from(budget: FailedPassphrases) -> Self {
        let action = match budget.action() {
            OnExhausted::Lock => Action::Lock,
            OnExhausted::Burn => Action::Burn,
        };
        Self { limit: budget.limit().into(), action }
    }
}

/// The answer to a creation: the terms that are in force.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Created {
    /// The public id.
    #[schema(pattern = "^[1-9A-HJ-NP-Za-km-z]{22}$", example = "9PJwG4sD5JYkqWf6N3x8Zb")]
    pub id: String,
    /// The short name in receipts.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The link without its key: append `#` and the key (docs/spec/envelope.md, section 1.2).
    #[schema(format = "uri", example = "https://secrets.example/s/9PJwG4sD5JYkqWf6N3x8Zb")]
    pub url: String,
    /// When it was created.
    #[schema(format = DateTime, example = "2026-11-24T12:00:00.000Z")]
    pub created_at: String,
    /// From then on nobody opens it.
    #[schema(format = DateTime, example = "2026-11-24T12:00:00.000Z")]
    pub expires_at: String,
    /// How many readers may open it.
    pub views: u64,
    /// Whether a passphrase is needed.
    pub passphrase: bool,
    /// How many wrong passphrases it bears.
    pub failed_passphrases: Budget,
    /// Whether a lost answer cannot be fetched again.
    pub strict: bool,
    /// Who sealed it.
    pub sealed_by: SealedBy,
}

/// Who sealed the content.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SealedBy {
    /// The sender's browser or terminal: the server never had the key.
    Sender,
    /// The server, for a client that could not: it has forgotten the key.
    Server,
}

impl From<domain::secret::SealedBy> for SealedBy {
    fn from(sealed_by: domain::secret::SealedBy) -> Self {
        match sealed_by {
            domain::secret::SealedBy::Sender => Self::Sender,
            domain::secret::SealedBy::Server { .. } => Self::Server,
        }
    }
}

impl Created {
    /// The answer for `secret`, whose link starts with `origin`.
    pub fn new(origin: &str, id: &SecretId, reference: String, secret: &Secret) -> Self {
        Self {
            id: id.to_string(),
            reference,
            url: format!("{origin}/s/{id}"),
            created_at: rfc3339(secret.created_at),
            expires_at: rfc3339(secret.expires_at),
            views: secret.terms.views.get().into(),
            passphrase: secret.passphrase,
            failed_passphrases: secret.terms.failed_passphrases.into(),
            strict: secret.terms.delivery == Delivery::Strict,
            sealed_by: secret.sealed_by.into(),
        }
    }
}

/// A claim: what a reader shows to win one view.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The link proof, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", example = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")]
    pub link_proof: Bytes32,
    /// The proof, base64url.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$", example = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")]
    pub proof: Bytes32,
    /// `sgc_` and 44 characters of base58, made by the reader. Keep it: with the same token the
    /// same claim is asked again, fetched again and acknowledged.
    #[schema(value_type = String, pattern = "^sgc_[1-9A-HJ-NP-Za-km-z]{44}$")]
    pub claim_token: Secretive,
}
