//! The login of a device: a program gets an API key of its own (RFC 8628, whose names these are).

use domain::organisation::Name;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;
use crate::text::Secretive;

/// A login that is wanted.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = DeviceWanted)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// What the program calls itself, for the person who permits it.
    #[schema(example = "sigill on laptop")]
    pub client: String,
}

impl Wanted {
    /// What the program calls itself.
    pub fn judge(&self) -> Result<Name, Problem> {
        Name::parse(&self.client).map_err(|error| Problem::invalid("client", error.to_string()))
    }
}

/// A login that has begun.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = DeviceBegun)]
pub struct Begun {
    /// What the program holds, and shows to nobody.
    #[schema(value_type = String)]
    pub device_code: Secretive,
    /// What a person types.
    #[schema(example = "BCDF-GHJK")]
    pub user_code: String,
    /// Where they type it.
    pub verification_uri: String,
    /// In how many seconds it is too late.
    pub expires_in: u64,
    /// How many seconds the program waits between two questions.
    pub interval: u64,
}

/// The program asks what has become of its login.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = DeviceAsked)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What it holds.
    #[schema(value_type = String)]
    pub device_code: Secretive,
}

/// What has become of it, while there is no key.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DeviceStanding)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nobody has said anything yet.
    Pending,
}

/// The same as a document.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = DeviceWaiting)]
pub struct Waiting {
    /// How it stands.
    pub state: Standing,
}
