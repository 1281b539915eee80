//! Overview: what somebody has shared, how it stands, and what they may still do about it.
//!
//! Secrets go by their references here, which open and burn nothing (R57, law 6): the right to burn comes from
//! who asks, and is judged once more in the transaction that burns. A key finds what its owner has shared; one
//! that acts within an organisation finds what was shared there.

use std::collections::HashMap;
use std::sync::Arc;

use domain::account::KeyOwner;
use domain::audit::{Event, Kind as EventKind};
use domain::owned::Owned;
use domain::secret::{End, Secret, Standing};
use domain::time::Timestamp;
use store::StoreError;
use store::owned::{self, ChangedOwned, OwnedRow};
use store::port::{Kept, Query, Result as StoreResult, Transaction, Unit, View};
use store::sealed::ColumnSeal;

use crate::Service;
use crate::people::Asker;
use crate::receipt::{Burn, BurnIt, Holder};

/// How many secrets are shown at most, the latest first.
const LISTED: u32 = 1000;
/// How many are burned at once at most.
pub const AT_ONCE: usize = 100;

/// A secret, as its owner sees it. Nothing in it opens or burns.
#[derive(Clone, Debug)]
pub struct Overseen {
    /// Its short name.
    pub reference: String,
    /// What is known about it.
    pub secret: Secret,
    /// Until when it is shown.
    pub until: Timestamp,
    /// What its owner has noted.
    pub memo: Option<String>,
    /// To whom the link was mailed, obscured.
    pub recipients: Option<String>,
}

/// Secrets that have something in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Their payload is there.
    Waiting,
    /// They were opened.
    Opened,
    /// They were burned.
    Burned,
    /// Their time was up, or their key was lost.
    Gone,
    /// Somebody tries passphrases, or has: their owner should know.
    Look,
}

impl Group {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Opened, Self::Burned, Self::Gone, Self::Look];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Opened => "opened",
            Self::Burned => "burned",
            Self::Gone => "gone",
            Self::Look => "look",
        }
    }

    /// The group that is called so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }

    /// Whether a secret is in it.
    pub const fn has(self, secret: &Secret) -> bool {
        match self {
            Self::Waiting => secret.has_payload(),
            Self::Opened => matches!(secret.standing, Standing::Ended(End::Opened { .. })),
            Self::Burned => matches!(secret.standing, Standing::Ended(End::Burned { .. })),
            Self::Gone => {
                matches!(secret.standing, Standing::Ended(End::Expired { .. } | End::Lost { .. }))
            }
            Self::Look => secret.has_payload() && secret.failed > 0,
        }
    }
}

impl Overseen {
    /// Whether a note or a reference has `text` in it, whatever the case.
    pub fn says(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let memo = self.memo.as_deref().unwrap_or_default();
        self.reference.contains(&text) || memo.to_lowercase().contains(&text)
    }
}

/// Whether what was shared is theirs. What a member has shared is never the organisation's own, and a key for
/// one organisation has no business with the rest.
pub(crate) fn is_theirs(owner: KeyOwner, owned: &OwnedRow) -> StoreResult<bool> {
    let within = match owner {
        KeyOwner::Account(_) => None,
        KeyOwner::Member(_, organisation) | KeyOwner::Service(organisation) => Some(organisation),
    };
    let here = within.is_none() || owned.organisation()? == within;
    Ok(here && owned.account()? == owner.account())
}

impl Service {
    /// What whoever asks has shared, the latest first.
    pub async fn overview(&self, asker: &Asker) -> Result<Vec<Overseen>, StoreError> {
        let found = self.store.read(self.theirs(asker)).await?;
        self.oversee(found).await
    }

    /// The same, to take away: the trail has it.
    pub async fn export(&self, asker: &Asker) -> Result<Vec<Overseen>, StoreError> {
        let exported = Event::new(self.clock.now(), EventKind::Exported, asker.actor());
        let exported = exported.within(asker.key_owner().organisation());
        let found = self.store.write(Export { theirs: self.theirs(asker), exported }).await?;
        self.oversee(found).await
    }

    /// One of them with what happened to it, oldest first. `None` is the one answer.
    pub async fn overview_of(
        &self,
        asker: &Asker,
        reference: &str,
    ) -> Result<Option<(Overseen, Vec<Event>)>, StoreError> {
        let found = self.store.read(self.theirs(asker)).await?;
        let one = found.into_iter().find(|(kept, _)| self.is_called(kept, reference));
        self.count_unknown(one.is_none());
        let Some(one) = one else { return Ok(None) };
        let events = self.store.read(Happened(self.owner_of(&one.0, asker.key_owner()))).await?;
        let one = self.oversee(vec![one]).await?;
        Ok(one.into_iter().next().zip(events))
    }

    /// Burns what is left of each: at most [`AT_ONCE`] of them, the rest is left alone. `None` for what is not
    /// theirs or not there.
    pub async fn burn_several(
        &self,
        asker: &Asker,
        references: &[String],
    ) -> Result<Vec<(String, Option<Burn>)>, StoreError> {
        let found = self.store.read(self.theirs(asker)).await?;
        let found: HashMap<String, Kept> = found
            .into_iter()
            .map(|(kept, _)| (self.store.reference(kept.secret.row), kept))
            .collect();
        let mut burned = Vec::new();
        for reference in references.iter().take(AT_ONCE) {
            let burn = match found.get(reference) {
                Some(kept) => {
                    let holder = self.owner_of(kept, asker.key_owner());
                    self.store.write(BurnIt(holder)).await?.map(|(burn, _)| burn)
                }
                None => None,
            };
            self.count_unknown(burn.is_none());
            burned.push((reference.clone(), burn));
        }
        Ok(burned)
    }

    /// Replaces the note about one of them. Whether it is there and theirs.
    pub async fn annotate(
        &self,
        asker: &Asker,
        reference: &str,
        memo: Option<String>,
    ) -> Result<bool, StoreError> {
        let found = self.store.read(self.theirs(asker)).await?;
        let one = found.into_iter().find(|(kept, _)| self.is_called(kept, reference));
        self.count_unknown(one.is_none());
        let Some((kept, _)) = one else { return Ok(false) };
        let holder = self.owner_of(&kept, asker.key_owner());
        let seal = self.store.columns(&*self.entropy).await?;
        self.store.write(Annotate { holder, seal, memo }).await
    }

    fn theirs(&self, asker: &Asker) -> Theirs {
        Theirs { owner: asker.key_owner(), now: self.clock.now() }
    }

    fn is_called(&self, kept: &Kept, reference: &str) -> bool {
        self.store.reference(kept.secret.row) == reference
    }

    async fn oversee(&self, found: Vec<(Kept, OwnedRow)>) -> Result<Vec<Overseen>, StoreError> {
        let seal = self.store.columns(&*self.entropy).await?;
        let overseen = found.into_iter().map(|(kept, owned)| {
            let Owned { memo, recipients, .. } = owned.open(&seal)?;
            let reference = self.store.reference(kept.secret.row);
            let (secret, until) = (kept.secret, kept.receipt_until);
            Ok(Overseen { reference, secret, until, memo, recipients })
        });
        overseen.collect()
    }
}

#[derive(Clone, Copy)]
struct Theirs {
    owner: KeyOwner,
    now: Timestamp,
}

impl Theirs {
    async fn find<V: View>(&self, view: &mut V) -> StoreResult<Vec<(Kept, OwnedRow)>> {
        let listed = match self.owner {
            KeyOwner::Account(account) | KeyOwner::Member(account, _) => {
                owned::of_account(view, account, None, LISTED).await?
            }
            KeyOwner::Service(organisation) => {
                owned::of_organisation(view, organisation, None, LISTED).await?
            }
        };
        let mut theirs = Vec::new();
        for (kept, owned) in listed {
            let is_kept = self.now < kept.receipt_until || kept.secret.has_payload();
            if is_kept && is_theirs(self.owner, &owned)? {
                theirs.push((kept, owned));
            }
        }
        Ok(theirs)
    }
}

impl Query for Theirs {
    type Output = Vec<(Kept, OwnedRow)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        self.find(view).await
    }
}

struct Happened(Holder);

impl Query for Happened {
    type Output = Option<Vec<Event>>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        if self.0.find(view).await?.is_none() {
            return Ok(None);
        }
        view.events(self.0.row).await.map(Some)
    }
}

struct Export {
    theirs: Theirs,
    exported: Event,
}

impl Unit for Export {
    type Output = Vec<(Kept, OwnedRow)>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let found = self.theirs.find(tx).await?;
        tx.record(&self.exported).await?;
        Ok(found)
    }
}

struct Annotate {
    holder: Holder,
    seal: Arc<ColumnSeal>,
    memo: Option<String>,
}

impl Unit for Annotate {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        // What is kept beside the note is read here, so that nothing that changes at the same time is undone.
        let Some(owned) = owned::held(tx, self.holder.row).await? else { return Ok(false) };
        if self.holder.find(tx).await?.is_none() {
            return Ok(false);
        }
        let owned = owned.open(&self.seal)?;
        let noted = Owned { memo: self.memo.clone(), changed_at: self.holder.now, ..owned };
        owned::replace(tx, &ChangedOwned::new(&noted, &self.seal)).await.map(|()| true)
    }
}
