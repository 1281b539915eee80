//! Switches: what this instance lets people do, and who may turn that.
//!
//! They are read from the store at most once in [`FRESH`] by each node, and anew after the node itself has
//! changed one: another node follows within that time. A store that cannot be asked permits nothing.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::account::{AccountId, KeyOwner};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::switches::{Creating, Creator, NotASwitch, Switches};
use domain::time::Timestamp;
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::{StoreError, organisations, settings};

use crate::Service;
use crate::people::{Asker, Person};

/// For how long a node believes what it has read.
pub const FRESH: Duration = Duration::from_secs(1);

/// What a node has read last.
#[derive(Default)]
pub(crate) struct Known(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    read: Option<(Timestamp, Arc<Switches>)>,
    /// Counts what was changed here: what was read before a change is not remembered after it.
    changes: u64,
}

impl Known {
    fn fresh(&self, now: Timestamp) -> Result<Arc<Switches>, u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &known.read {
            Some((at, switches)) if now < at.plus(FRESH) => Ok(Arc::clone(switches)),
            Some(_) | None => Err(known.changes),
        }
    }

    fn remember(&self, at: Timestamp, switches: &Arc<Switches>, changes: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.changes == changes {
            known.read = Some((at, Arc::clone(switches)));
        }
    }

    fn forget(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.changes = known.changes.wrapping_add(1);
        known.read = None;
    }
}

/// Why a switch was not turned.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// There is no such switch, or no such value.
    #[error(transparent)]
    Not(#[from] NotASwitch),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Service {
    /// The switches as they are, to a second.
    pub async fn switches(&self) -> Result<Arc<Switches>, StoreError> {
        let now = self.clock.now();
        let changes = match self.switches.fresh(now) {
            Ok(switches) => return Ok(switches),
            Err(changes) => changes,
        };
        let switches = Arc::new(self.store.read(Read).await?);
        self.switches.remember(now, &switches, changes);
        Ok(switches)
    }

    /// Turns a switch. Says whether it was another way before.
    pub async fn turn_switch(
        &self,
        name: &str,
        value: &str,
        actor: Actor,
    ) -> Result<bool, SwitchError> {
        let value = value.trim();
        let wanted = Switches::default().with(name, value)?;
        let found = wanted.values().into_iter().find(|(known, _)| *known == name);
        // As it is shown, so that one value has one text.
        let (name, value) = found.ok_or(NotASwitch::Name)?;
        let turned = self.store.write(Turn { name, value, actor, now: self.clock.now() }).await;
        // Whatever came of it: what is in doubt is read anew.
        self.switches.forget();
        Ok(turned?)
    }

    /// Whether a secret may be created by `asker`, or by nobody who is known, from `address`. Nothing else asks
    /// this: whoever has a link may open it (R69).
    pub async fn may_create(
        &self,
        asker: Option<&Asker>,
        address: IpAddr,
    ) -> Result<bool, StoreError> {
        match asker {
            None => Ok(self.switches().await?.may_create(Creator::Nobody, address)),
            Some(Asker::Key(bearer)) => self.may_key_create(bearer.key.owner, address).await,
            Some(Asker::Person(person)) => {
                let switches = self.switches().await?;
                let member = self.counts_as_member(&switches, person.account.id).await?;
                Ok(switches.may_create(Creator::Person { member }, address))
            }
        }
    }

    /// The same for a program that has shown a key of this owner.
    pub async fn may_key_create(
        &self,
        owner: KeyOwner,
        address: IpAddr,
    ) -> Result<bool, StoreError> {
        let switches = self.switches().await?;
        let member = match owner {
            KeyOwner::Account(account) => self.counts_as_member(&switches, account).await?,
            // It is worth nothing once they have left, or once there is no such organisation.
            KeyOwner::Member(..) | KeyOwner::Service(_) => true,
        };
        Ok(switches.may_create(Creator::Key { member }, address))
    }

    /// Whether somebody is a member, where that matters: most instances never ask.
    async fn counts_as_member(
        &self,
        switches: &Switches,
        account: AccountId,
    ) -> Result<bool, StoreError> {
        match switches.creating {
            Creating::Members => self.store.read(IsMember(account)).await,
            Creating::Anybody | Creating::Keys | Creating::SignedIn => Ok(false),
        }
    }

    /// Whether anybody may create who is not signed in, wherever they come from.
    pub async fn anybody_creates(&self) -> Result<bool, StoreError> {
        Ok(self.switches().await?.creating == Creating::Anybody)
    }

    /// The same as [`Service::turn_switch`], for an administrator who is signed in. `None`: they are none.
    pub async fn turn_switch_as(
        &self,
        person: &Person,
        name: &str,
        value: &str,
    ) -> Result<Option<bool>, SwitchError> {
        if !person.is_administrator() {
            return Ok(None);
        }
        self.turn_switch(name, value, person.actor()).await.map(Some)
    }
}

struct Read;

impl Query for Read {
    type Output = Switches;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Switches> {
        let mut switches = Switches::default();
        for (name, value) in settings::all(view).await? {
            // Another version knows other switches. The values of those that are known were judged when they were
            // turned: another one was written by somebody else, and permits nothing until it is turned anew.
            match switches.with(&name, &value) {
                Ok(set) => switches = set,
                Err(NotASwitch::Name) => {}
                Err(error @ NotASwitch::Value { .. }) => {
                    tracing::error!(%error, "a switch has a value that it cannot have");
                    return Err(StoreError::Closed);
                }
            }
        }
        Ok(switches)
    }
}

struct Turn {
    name: &'static str,
    value: String,
    actor: Actor,
    now: Timestamp,
}

impl Unit for Turn {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { name, value, actor, now } = self;
        let turned = settings::set(tx, name, value, *now).await?;
        if turned {
            tx.record(&Event::new(*now, EventKind::SettingChanged, *actor)).await?;
        }
        Ok(turned)
    }
}

struct IsMember(AccountId);

impl Query for IsMember {
    type Output = bool;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<bool> {
        organisations::is_member(view, self.0).await
    }
}
