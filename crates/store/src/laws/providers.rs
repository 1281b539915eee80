//! Providers of identities: what is known about one comes back as it was said, and the same from no other row.

use domain::entropy::draw;
use domain::organisation::{Name, OrganisationId};
use domain::provider::{Client, Domains, Issuer, OidcScopes, Provider, Settings, Vouching};

use super::bench::{Bench, NOW};
use super::{Fault, Result, holds};
use crate::port::{Query, Result as StoreResult, Transaction, Unit, View};
use crate::providers::{self, NewProvider, ProviderRow};

struct Add(NewProvider);

impl Unit for Add {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        providers::insert(tx, &self.0).await
    }
}

struct Remove(i64);

impl Unit for Remove {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        providers::remove(tx, self.0).await
    }
}

struct ById(i64);

impl Query for ById {
    type Output = Option<ProviderRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        providers::by_id(view, self.0).await
    }
}

struct All;

impl Query for All {
    type Output = Vec<ProviderRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        providers::all(view).await
    }
}

fn provider(
    bench: &Bench<'_>,
    secret: Option<&str>,
    domains: &str,
    organisation: Option<i64>,
) -> Result<Provider> {
    let parsed = || {
        Some(Settings {
            issuer: Issuer::parse("https://id.example/realms/staff").ok()?,
            client: Client::parse("sigill", secret).ok()?,
            domains: Domains::parse(domains).ok()?,
            scopes: OidcScopes::parse("email profile").ok()?,
            vouching: if secret.is_some() {
                Vouching::EmailVerified
            } else {
                Vouching::DomainOwner
            },
            sign_up: secret.is_some(),
        })
    };
    Ok(Provider {
        id: i64::from_be_bytes(draw(bench.entropy)) & i64::MAX,
        organisation: organisation.map(OrganisationId::new),
        label: Name::parse("Staff").map_err(|_| Fault::Not("that is a name"))?,
        settings: parsed().ok_or(Fault::Not("those are settings"))?,
        created_at: NOW,
    })
}

pub(super) async fn a_provider_is_as_it_was_said(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let first = provider(bench, Some("s3cret"), "example.org, example.com", Some(7))?;
    let second = provider(bench, None, "", None)?;
    for said in [&first, &second] {
        bench.store.write(Add(NewProvider::new(said, &seal))).await?;
    }
    for said in [&first, &second] {
        let found = bench.store.read(ById(said.id)).await?;
        let found = found.ok_or(Fault::Not("a provider is found"))?.open(&seal)?;
        holds(found.organisation == said.organisation, "it belongs to the same organisation")?;
        holds(found.label == said.label, "it is called the same")?;
        let (is, was) = (&found.settings, &said.settings);
        holds(is.issuer == was.issuer, "it has the same issuer")?;
        holds(is.client.id == was.client.id, "it knows us by the same name")?;
        holds(is.client.expose() == was.client.expose(), "the secret is the same, or none")?;
        holds(is.domains == was.domains, "it is for the same domains")?;
        holds(is.scopes == was.scopes, "it is asked for the same")?;
        holds(is.vouching == was.vouching, "the same word of it counts")?;
        holds(is.sign_up == was.sign_up, "sign-up is as it was said")?;
    }
    holds(bench.store.read(All).await?.len() == 2, "both are listed")?;
    holds(bench.store.write(Remove(first.id)).await?, "one is removed")?;
    holds(!bench.store.write(Remove(first.id)).await?, "and it was the last time")?;
    let left: Vec<i64> = bench.store.read(All).await?.iter().map(ProviderRow::id).collect();
    holds(left == [second.id], "the other one stays")
}
