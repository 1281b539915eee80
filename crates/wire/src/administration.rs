//! Administration: accounts, organisations, mails and how the instance is, for those who look after it.

use domain::account::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedAccount)]
pub struct Account {
    /// What names it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its address.
    pub email: String,
    /// `member` or `administrator`.
    pub role: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Since when it may do nothing, if so.
    #[schema(format = DateTime)]
    pub suspended_at: Option<String>,
    /// On which day somebody last used it, in UTC.
    #[schema(format = Date)]
    pub seen_on: Option<String>,
}

/// The name of a role of the instance.
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Administrator => "administrator",
    }
}

/// The accounts of the instance.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedAccounts)]
pub struct Accounts {
    /// The latest first, a thousand at most.
    pub accounts: Vec<Account>,
}

/// An organisation.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedPlace)]
pub struct Place {
    /// What names it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is called.
    pub name: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// How many members it has.
    pub members: u64,
}

/// The organisations of the instance.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedPlaces)]
pub struct Places {
    /// The latest first, a thousand at most.
    pub organisations: Vec<Place>,
}

/// A mail that waits or could not be sent. It names nobody.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedLetter)]
pub struct Letter {
    /// What names it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is for.
    pub kind: String,
    /// `waiting` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was not sent the last time.
    pub cause: Option<String>,
    /// Since when it is kept.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it is tried next, while it waits.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
}

/// The mails that are kept.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedLetters)]
pub struct Letters {
    /// The dead before those that wait, the latest first.
    pub letters: Vec<Letter>,
}

/// How the instance is.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = ListedCondition)]
pub struct Condition {
    /// The version of the program.
    pub version: String,
    /// How many bytes the payloads of all secrets take.
    pub live_bytes: u64,
    /// How many they may.
    pub max_total: u64,
    /// How many bytes the file system has left.
    pub free_space: u64,
    /// How many must be left for a creation to be taken.
    pub keep_free: u64,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many organisations.
    pub organisations: u64,
    /// Whether mail is sent.
    pub sends_mail: bool,
    /// How many mails could not be sent.
    pub dead_letters: u64,
    /// How many passphrases are being stretched.
    pub stretching: u64,
    /// How many wait for that.
    pub stretching_waits: u64,
}
