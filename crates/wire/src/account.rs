//! Who is signed in, and what their account has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who asks, for the pages of this host.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Session {
    /// The address of the account.
    pub email: String,
    /// Whether they look after the instance.
    pub administrator: bool,
    /// What a request of this session carries that changes something, in the header `Sigill-CSRF`.
    pub csrf: String,
    /// How they have signed in.
    pub method: String,
    /// Whether they have confirmed within ten minutes that it is them.
    pub confirmed: bool,
    /// When the session ends in any case.
    pub ends_at: String,
}

/// An account, and what there is to sign in with.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Account {
    /// The address that it goes by.
    pub email: String,
    /// Whether it looks after the instance.
    pub administrator: bool,
    /// Since when.
    pub created_at: String,
    /// What there is to sign in with; only for a person who is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<Means>,
}

/// What there is to sign in with.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub struct Means {
    /// Whether there is a password.
    pub password: bool,
    /// Whether one-time codes are asked for.
    pub one_time_codes: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u64,
    /// How many passkeys there are.
    pub passkeys: u64,
    /// How many identities at providers.
    pub identities: u64,
}

/// Where somebody is signed in.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Sessions {
    /// The one that was used last first.
    pub sessions: Vec<Listed>,
}

/// One of the sessions of an account.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Listed {
    /// What names it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The family of the browser and its system; perhaps nothing.
    pub agent: String,
    /// The network, reduced.
    pub network: String,
    /// How they have signed in.
    pub method: String,
    /// Since when.
    pub created_at: String,
    /// When it was last used, to some minutes.
    pub seen_at: String,
    /// When it ends in any case.
    pub ends_at: String,
}

/// How many sessions were ended.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub struct Ended {
    /// How many.
    pub ended: u64,
}
