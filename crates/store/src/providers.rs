//! Providers of identities, as rows. What is known about one is sealed: its client's secret is in it.
//!
//! The sealed text has a line for each: issuer, client, its secret, domains, scopes, whose word counts for
//! addresses, sign-up. None of them can hold the end of a line.

use domain::organisation::{Name, OrganisationId};
use domain::provider::{Client, Domains, Issuer, OidcScopes, Provider, Settings, Vouching};
use zeroize::Zeroizing;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const PROVIDERS: &str = "providers";
const COLUMNS: &[&str] = &["id", "organisation", "label", "data", "created_at"];
const ALL: Statement =
    Statement::find(PROVIDERS, COLUMNS, "WHERE id <> ?1 ORDER BY created_at, id LIMIT 100");
const BY_ID: Statement = Statement::find(PROVIDERS, COLUMNS, "WHERE id = ?1");
const INSERT: Statement = Statement::insert(PROVIDERS, COLUMNS, "");
const REMOVE: Statement = Statement::change(PROVIDERS, "DELETE FROM providers WHERE id = ?1");

const ORGANISATIONS: Statement =
    Statement::find("organisations", &["id"], "WHERE id <> ?1 ORDER BY id LIMIT 10000");

/// Nothing has this number.
const NONE: i64 = 0;
/// What a provider that signs people up says in the last line.
const SIGN_UP: &str = "sign-up";

/// A provider as it lies in the store: what is known about it is still sealed.
#[derive(Clone, Debug)]
pub struct ProviderRow(Found);

impl ProviderRow {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.0.id()
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Provider> {
        let found = &self.0;
        let text = |column| -> Result<Zeroizing<String>> {
            let place = Place { table: PROVIDERS, row: found.id(), column };
            let sealed = found.any_bytes(column)?.ok_or_else(|| found.impossible(column))?;
            seal.open(place, sealed).map(Zeroizing::new)
        };
        let label = Name::parse(&text("label")?).map_err(|_| found.impossible("label"))?;
        let settings = read(&text("data")?).ok_or_else(|| found.impossible("data"))?;
        Ok(Provider {
            id: found.id(),
            organisation: found.nullable("organisation")?.map(OrganisationId::new),
            label,
            settings,
            created_at: found.time("created_at")?,
        })
    }
}

fn read(text: &str) -> Option<Settings> {
    let lines: Vec<&str> = text.split('\n').collect();
    let [issuer, client, secret, domains, scopes, vouching, sign_up] = lines.as_slice() else {
        return None;
    };
    Some(Settings {
        issuer: Issuer::parse(issuer).ok()?,
        client: Client::parse(client, Some(secret)).ok()?,
        domains: Domains::parse(domains).ok()?,
        scopes: OidcScopes::parse(scopes).ok()?,
        vouching: Vouching::ALL.into_iter().find(|known| known.claim() == *vouching)?,
        sign_up: *sign_up == SIGN_UP,
    })
}

fn write(settings: &Settings) -> Zeroizing<String> {
    let Settings { issuer, client, domains, scopes, vouching, sign_up } = settings;
    let lines = [
        issuer.as_str(),
        &client.id,
        client.expose().unwrap_or_default(),
        &domains.names().join(" "),
        &scopes.names().join(" "),
        vouching.claim(),
        if *sign_up { SIGN_UP } else { "" },
    ];
    Zeroizing::new(lines.join("\n"))
}

/// A provider that is about to be kept, sealed.
#[derive(Clone, Debug)]
pub struct NewProvider(Vec<Value>);

impl NewProvider {
    /// Seals `provider`.
    pub fn new(provider: &Provider, seal: &ColumnSeal) -> Self {
        let sealed = |column, text: &str| {
            let place = Place { table: PROVIDERS, row: provider.id, column };
            Value::from(seal.seal(place, text).as_slice())
        };
        Self(vec![
            provider.id.into(),
            provider.organisation.map(OrganisationId::get).into(),
            sealed("label", provider.label.as_str()),
            sealed("data", &write(&provider.settings)),
            provider.created_at.as_millis().into(),
        ])
    }
}

/// Keeps a provider.
pub async fn insert<T: Transaction>(tx: &mut T, provider: &NewProvider) -> Result<()> {
    one(tx, "insert provider", &INSERT, &provider.0).await
}

/// The provider with this number.
pub async fn by_id<V: View>(view: &mut V, id: i64) -> Result<Option<ProviderRow>> {
    Ok(view.find(&BY_ID, &[id.into()]).await?.into_iter().next().map(ProviderRow))
}

/// Every provider, the oldest first, a hundred at most.
pub async fn all<V: View>(view: &mut V) -> Result<Vec<ProviderRow>> {
    let found = view.find(&ALL, &[NONE.into()]).await?;
    Ok(found.into_iter().map(ProviderRow).collect())
}

/// Removes a provider. Says whether it was there.
pub async fn remove<T: Transaction>(tx: &mut T, id: i64) -> Result<bool> {
    Ok(tx.change(&REMOVE, &[id.into()]).await? == 1)
}

/// The number of every organisation that a provider could make people members of, ten thousand at most.
pub async fn organisations<V: View>(view: &mut V) -> Result<Vec<OrganisationId>> {
    let found = view.find(&ORGANISATIONS, &[NONE.into()]).await?;
    Ok(found.into_iter().map(|found| OrganisationId::new(found.id())).collect())
}
