//! Providers of identities: which there are, who adds and removes them.
//!
//! A provider is asked who it is before it is kept: what cannot work is refused at once (law 7). Its client's
//! secret comes in and never goes out again. [`port`] is how providers are spoken with, [`journey`] how somebody
//! goes there and comes back.

pub mod identities;
pub mod journey;
pub mod port;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::organisation::{Name, OrganisationId};
use domain::provider::{Provider, Settings};
use domain::time::Timestamp;
use store::StoreError;
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::providers::{self, NewProvider, ProviderRow};

use crate::Service;
use crate::people::Person;
use crate::providers::port::{Answering, Claims, Departure, OpenId, Return, Trouble};
use crate::references::Named;

/// How many providers an instance has at most.
pub const MOST: usize = 50;

/// Where nobody speaks with providers.
pub(crate) struct Nobody;

impl OpenId for Nobody {
    fn greet<'a>(&'a self, _: &'a Settings) -> Answering<'a, ()> {
        Box::pin(async { Err(Trouble::Unreachable) })
    }

    fn leave<'a>(&'a self, _: &'a Settings, _: &'a Departure<'a>) -> Answering<'a, String> {
        Box::pin(async { Err(Trouble::Unreachable) })
    }

    fn back<'a>(&'a self, _: &'a Settings, _: &'a Return<'a>) -> Answering<'a, Claims> {
        Box::pin(async { Err(Trouble::Unreachable) })
    }
}

/// Who looks after providers.
#[derive(Clone, Copy, Debug)]
pub enum Keeper<'a> {
    /// Whoever may read the data directory.
    Operator,
    /// Somebody who is signed in, and must be an administrator.
    Person(&'a Person),
}

impl Keeper<'_> {
    fn actor(self) -> Result<Actor, ProviderError> {
        match self {
            Self::Operator => Ok(Actor::Operator),
            Self::Person(person) if person.is_administrator() => Ok(person.actor()),
            Self::Person(_) => Err(ProviderError::Unknown),
        }
    }
}

/// A provider that is to be added.
#[derive(Debug)]
pub struct Wanted {
    /// What people read on the button.
    pub label: Name,
    /// What is said about it.
    pub settings: Settings,
    /// The reference of the organisation that new people become members of.
    pub organisation: Option<String>,
}

/// A provider as it is listed. Its client's secret is not in it.
#[derive(Clone, Debug)]
pub struct ListedProvider {
    /// What names it.
    pub reference: String,
    /// What people read on the button.
    pub label: Name,
    /// Who speaks there.
    pub issuer: String,
    /// By which name it knows this instance.
    pub client: String,
    /// Whether it has been given a secret.
    pub has_secret: bool,
    /// Whose people may come; empty for everybody's.
    pub domains: Vec<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Which word of it counts for addresses.
    pub vouching: &'static str,
    /// Whether it gives accounts to people who come for the first time.
    pub sign_up: bool,
    /// The reference of the organisation that they become members of.
    pub organisation: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A button of the sign-in page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// What names the provider.
    pub reference: String,
    /// What people read.
    pub label: String,
}

/// Why a provider was not added, checked or removed.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The same client of the same issuer is there.
    #[error("this client of this issuer is there already: remove it first")]
    Known,
    /// There is no such organisation.
    #[error("there is no organisation with this reference")]
    Organisation,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are too many.
    #[error("there are {MOST} providers already")]
    TooMany,
    /// The provider is not what it should be.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// There is no such provider.
    #[error("there is no provider with this reference: the list shows which there are")]
    Unknown,
}

impl Service {
    /// The same, with somebody who speaks with providers.
    #[must_use]
    pub fn with_providers(self, port: std::sync::Arc<dyn OpenId>) -> Self {
        Self { open_id: port, ..self }
    }

    async fn every_provider(&self) -> Result<Vec<Provider>, StoreError> {
        let rows = self.store.read(All).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        rows.iter().map(|row| row.open(&seal)).collect()
    }

    /// The provider with this reference.
    async fn provider(&self, reference: &str) -> Result<Option<Provider>, StoreError> {
        let named = |provider: &Provider| self.name(Named::Provider, provider.id) == reference;
        Ok(self.every_provider().await?.into_iter().find(named))
    }

    /// The buttons of the sign-in page.
    pub async fn offered(&self) -> Result<Vec<Offered>, StoreError> {
        let offered = |provider: Provider| Offered {
            reference: self.name(Named::Provider, provider.id),
            label: provider.label.as_str().to_owned(),
        };
        Ok(self.every_provider().await?.into_iter().map(offered).collect())
    }

    fn listed_provider(&self, provider: &Provider) -> ListedProvider {
        let Provider { id, organisation, label, settings, created_at } = provider;
        let organisation = organisation.map(|id| self.name(Named::Organisation, id.get()));
        ListedProvider {
            reference: self.name(Named::Provider, *id),
            label: label.clone(),
            issuer: settings.issuer.as_str().to_owned(),
            client: settings.client.id.clone(),
            has_secret: settings.client.expose().is_some(),
            domains: settings.domains.names().to_vec(),
            scopes: settings.scopes.names().to_vec(),
            vouching: settings.vouching.claim(),
            sign_up: settings.sign_up,
            organisation,
            created_at: *created_at,
        }
    }

    /// Every provider, the oldest first.
    pub async fn providers(
        &self,
        keeper: Keeper<'_>,
    ) -> Result<Vec<ListedProvider>, ProviderError> {
        keeper.actor()?;
        let all = self.every_provider().await?;
        Ok(all.iter().map(|provider| self.listed_provider(provider)).collect())
    }

    /// Adds a provider, once it has shown that it is there and is who it should be.
    pub async fn add_provider(
        &self,
        keeper: Keeper<'_>,
        wanted: Wanted,
    ) -> Result<ListedProvider, ProviderError> {
        let actor = keeper.actor()?;
        let Wanted { label, settings, organisation } = wanted;
        let organisation = match organisation {
            Some(reference) => {
                let all = self.store.read(Organisations).await?;
                let named =
                    |id: &OrganisationId| self.name(Named::Organisation, id.get()) == reference;
                Some(all.into_iter().find(named).ok_or(ProviderError::Organisation)?)
            }
            None => None,
        };
        let all = self.every_provider().await?;
        let same = |other: &Provider| {
            other.settings.issuer == settings.issuer
                && other.settings.client.id == settings.client.id
        };
        if all.iter().any(same) {
            return Err(ProviderError::Known);
        }
        if all.len() >= MOST {
            return Err(ProviderError::TooMany);
        }
        self.open_id.greet(&settings).await?;
        let created_at = self.clock.now();
        let provider = Provider { id: self.number(), organisation, label, settings, created_at };
        let seal = self.store.columns(&*self.entropy).await?;
        let row = NewProvider::new(&provider, &seal);
        let event = Event::new(created_at, EventKind::ProviderAdded, actor);
        let event = event.about(provider.id).within(organisation);
        self.store.write(Add { row, event }).await?;
        Ok(self.listed_provider(&provider))
    }

    /// Asks a provider whether it is there and is who it should be.
    pub async fn check_provider(
        &self,
        keeper: Keeper<'_>,
        reference: &str,
    ) -> Result<(), ProviderError> {
        keeper.actor()?;
        let provider = self.provider(reference).await?.ok_or(ProviderError::Unknown)?;
        Ok(self.open_id.greet(&provider.settings).await?)
    }

    /// Removes a provider: nobody signs in there any more. Accounts and their other means stay.
    pub async fn remove_provider(
        &self,
        keeper: Keeper<'_>,
        reference: &str,
    ) -> Result<(), ProviderError> {
        let actor = keeper.actor()?;
        let provider = self.provider(reference).await?.ok_or(ProviderError::Unknown)?;
        let event = Event::new(self.clock.now(), EventKind::ProviderRemoved, actor);
        let event = event.about(provider.id).within(provider.organisation);
        let removed = self.store.write(Remove { id: provider.id, event }).await?;
        if removed { Ok(()) } else { Err(ProviderError::Unknown) }
    }
}

struct All;

impl Query for All {
    type Output = Vec<ProviderRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        providers::all(view).await
    }
}

struct Organisations;

impl Query for Organisations {
    type Output = Vec<OrganisationId>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        providers::organisations(view).await
    }
}

struct Add {
    row: NewProvider,
    event: Event,
}

impl Unit for Add {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        providers::insert(tx, &self.row).await?;
        tx.record(&self.event).await
    }
}

struct Remove {
    id: i64,
    event: Event,
}

impl Unit for Remove {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let removed = providers::remove(tx, self.id).await?;
        if removed {
            tx.record(&self.event).await?;
        }
        Ok(removed)
    }
}
