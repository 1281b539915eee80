//! What this instance allows, for clients to know before they ask (R38).

use domain::terms::{FailedPassphrases, Lifetime, Views};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The bounds of one value, and what it is when nothing is said.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub struct Range {
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
    /// When nothing is said.
    pub default: u64,
}

/// What this instance allows.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub struct Limits {
    /// The largest envelope in bytes.
    pub max_envelope_bytes: u64,
    /// Seconds until a secret expires.
    pub expires_in: Range,
    /// How many readers.
    pub views: Range,
    /// How many wrong passphrases.
    pub failed_passphrases: Range,
}

impl Limits {
    /// The limits of an instance with these two ceilings.
    pub fn new(max_envelope_bytes: u64, max_lifetime: Lifetime) -> Self {
        let default = Lifetime::DEFAULT.min(max_lifetime).seconds();
        let [min, max] = [FailedPassphrases::MIN, FailedPassphrases::MAX].map(u64::from);
        Self {
            max_envelope_bytes,
            expires_in: Range {
                min: Lifetime::MIN.seconds(),
                max: max_lifetime.seconds(),
                default,
            },
            views: Range {
                min: Views::MIN.get().into(),
                max: Views::MAX.get().into(),
                default: Views::default().get().into(),
            },
            failed_passphrases: Range { min, max, default: FailedPassphrases::DEFAULT.into() },
        }
    }
}
