//! Receipts: the fate of a secret, for its sender.

use domain::audit::Event as DomainEvent;
use domain::secret::{End, Secret, Standing};
use domain::terms::Delivery;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::secrets::{Action, Budget, SealedBy};
use crate::text::rfc3339;

/// How a secret stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// At least one view is left.
    Waiting,
    /// Too many wrong passphrases; the sender can unlock it.
    Locked,
    /// Every view has its reader; one may still be fetching.
    Delivering,
    /// Opened; nothing is left.
    Opened,
    /// Burned; nothing is left.
    Burned,
    /// Its time was up; nothing is left.
    Expired,
    /// The server was restored without its key; nothing opens it again.
    Lost,
}

/// How many wrong passphrases there were, and how many are borne.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub struct Failures {
    /// Since it was created or last unlocked.
    pub failed: u64,
    /// How many are borne.
    pub limit: u64,
    /// What happens then.
    pub action: Action,
}

/// Something that happened.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Event {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What: `created`, `opened`, `delivered`, `delivery-unconfirmed`, `passphrase-rejected`,
    /// `locked`, `unlocked`, `burned`, `expired`, `lost` or `integrity-failure`.
    pub kind: String,
    /// Who: `sender`, `link-holder` or `system`.
    pub actor: String,
}

/// The fate of a secret.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Receipt {
    /// Its short name.
    #[serde(rename = "ref")]
    pub reference: String,
    /// How it stands.
    pub state: State,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// From then on nobody opens it.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When it ended, if it has.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// How many readers may open it.
    pub views: u64,
    /// How many views are left.
    pub views_left: u64,
    /// Whether a passphrase is needed.
    pub passphrase: bool,
    /// Whether a lost answer cannot be fetched again.
    pub strict: bool,
    /// Who sealed it.
    pub sealed_by: SealedBy,
    /// Wrong passphrases.
    pub failed_passphrases: Failures,
    /// What happened, oldest first.
    pub events: Vec<Event>,
}

impl Receipt {
    /// The receipt of `secret`.
    pub fn new(reference: String, secret: &Secret, events: &[DomainEvent]) -> Self {
        let (state, ended_at) = match secret.standing {
            Standing::Waiting => (State::Waiting, None),
            Standing::Locked => (State::Locked, None),
            Standing::Delivering => (State::Delivering, None),
            Standing::Ended(End::Opened { at }) => (State::Opened, Some(at)),
            Standing::Ended(End::Burned { at }) => (State::Burned, Some(at)),
            Standing::Ended(End::Expired { at }) => (State::Expired, Some(at)),
            Standing::Ended(End::Lost { at }) => (State::Lost, Some(at)),
        };
        let budget = Budget::from(secret.terms.failed_passphrases);
        Self {
            reference,
            state,
            created_at: rfc3339(secret.created_at),
            expires_at: rfc3339(secret.expires_at),
            ended_at: ended_at.map(rfc3339),
            views: secret.terms.views.get().into(),
            views_left: secret.views_left().into(),
            passphrase: secret.passphrase,
            strict: secret.terms.delivery == Delivery::Strict,
            sealed_by: secret.sealed_by.into(),
            failed_passphrases: Failures {
                failed: secret.failed.into(),
                limit: budget.limit,
                action: budget.action,
            },
            events: events.iter().map(Event::new).collect(),
        }
    }
}

impl Event {
    fn new(event: &DomainEvent) -> Self {
        Self {
            at: rfc3339(event.at),
            kind: event.kind.name().to_owned(),
            actor: event.actor.name().to_owned(),
        }
    }
}

/// What burning led to.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BurnOutcome {
    /// It is burned, now or before.
    Burned,
    /// Its time was up first.
    Expired,
    /// Its key was lost before; nobody opens it.
    Lost,
    /// Every view has its reader.
    Opened,
}

/// The answer to burning.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Burned {
    /// What it led to.
    pub outcome: BurnOutcome,
    /// The fate now.
    pub receipt: Receipt,
}

/// What unlocking led to.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnlockOutcome {
    /// It waits again.
    Unlocked,
    /// It was not locked.
    NotLocked,
}

/// The answer to unlocking.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Unlocked {
    /// What it led to.
    pub outcome: UnlockOutcome,
    /// The fate now.
    pub receipt: Receipt,
}
