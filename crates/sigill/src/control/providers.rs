//! What an operator asks about providers of identities. The secret of a client comes in, and goes out in no answer.

use std::fmt;

use domain::organisation::Name;
use domain::provider::{Client, Domains, Issuer, OidcScopes, Settings, Vouching};
use serde::{Deserialize, Serialize};
use service::Service;
use service::providers::{Keeper, ListedProvider, ProviderError, Wanted};
use wire::text::rfc3339;
use zeroize::Zeroize as _;

use super::{Answer, Refusal, asked};

/// The secret that a provider has given us, on its way to the server on this machine.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What is said about a provider that is to be added.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    /// What people read on the button.
    pub(crate) label: String,
    /// Who speaks there.
    pub(crate) issuer: String,
    /// By which name it knows this instance.
    pub(crate) client_id: String,
    /// What this instance shows it.
    pub(crate) client_secret: Option<Secret>,
    /// Whose people may come, with commas between.
    pub(crate) domains: String,
    /// What is asked for, with spaces between.
    pub(crate) scopes: String,
    /// Which word of it counts for addresses.
    pub(crate) vouched_by: String,
    /// Whether it gives accounts to people who come for the first time.
    pub(crate) sign_up: bool,
    /// The organisation that they become members of.
    pub(crate) organisation: Option<String>,
}

/// What an operator asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "kebab-case")]
pub(crate) enum Wish {
    /// Add a provider.
    Add {
        /// What is said about it.
        said: Box<Said>,
    },
    /// See whether a provider is there and who it should be.
    Check {
        /// What names it in the list.
        reference: String,
    },
    /// Tell which providers there are.
    List,
    /// Remove a provider.
    Remove {
        /// What names it in the list.
        reference: String,
    },
}

/// A provider, as it is listed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// What names it.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    /// What people read on the button.
    pub(crate) label: String,
    /// Who speaks there.
    pub(crate) issuer: String,
    /// By which name it knows this instance.
    pub(crate) client_id: String,
    /// Whether it has been given a secret.
    pub(crate) has_secret: bool,
    /// Whose people may come; empty for everybody's.
    pub(crate) domains: Vec<String>,
    /// What is asked for.
    pub(crate) scopes: Vec<String>,
    /// Which word of it counts for addresses.
    pub(crate) vouched_by: String,
    /// Whether it gives accounts to people who come for the first time.
    pub(crate) sign_up: bool,
    /// The organisation that they become members of.
    pub(crate) organisation: Option<String>,
    /// Since when, in RFC 3339.
    pub(crate) created_at: String,
}

impl From<ListedProvider> for Listed {
    fn from(provider: ListedProvider) -> Self {
        Self {
            reference: provider.reference,
            label: provider.label.as_str().to_owned(),
            issuer: provider.issuer,
            client_id: provider.client,
            has_secret: provider.has_secret,
            domains: provider.domains,
            scopes: provider.scopes,
            vouched_by: provider.vouching.to_owned(),
            sign_up: provider.sign_up,
            organisation: provider.organisation,
            created_at: rfc3339(provider.created_at),
        }
    }
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Store(error) => Self::Store(error),
            ProviderError::Known
            | ProviderError::Organisation
            | ProviderError::TooMany
            | ProviderError::Trouble(_)
            | ProviderError::Unknown => asked(&error),
        }
    }
}

fn wanted(said: &Said) -> Result<Wanted, Refusal> {
    let vouching = Vouching::ALL.into_iter().find(|known| known.claim() == said.vouched_by);
    let secret = said.client_secret.as_ref().map(|secret| secret.0.as_str());
    Ok(Wanted {
        label: Name::parse(&said.label).map_err(|error| asked(&format!("label: {error}")))?,
        settings: Settings {
            issuer: Issuer::parse(&said.issuer).map_err(|error| asked(&error))?,
            client: Client::parse(&said.client_id, secret).map_err(|error| asked(&error))?,
            domains: Domains::parse(&said.domains).map_err(|error| asked(&error))?,
            scopes: OidcScopes::parse(&said.scopes).map_err(|error| asked(&error))?,
            vouching: vouching.ok_or_else(|| asked(&"vouched-by: email_verified or xms_edov"))?,
            sign_up: said.sign_up,
        },
        organisation: said.organisation.clone(),
    })
}

/// Does what is asked.
pub(super) async fn answer(service: &Service, wish: &Wish) -> Result<Answer, Refusal> {
    let keeper = Keeper::Operator;
    let providers = match wish {
        Wish::Add { said } => vec![service.add_provider(keeper, wanted(said)?).await?],
        Wish::List => service.providers(keeper).await?,
        Wish::Check { reference } => {
            service.check_provider(keeper, reference).await?;
            return Ok(Answer::Done);
        }
        Wish::Remove { reference } => {
            service.remove_provider(keeper, reference).await?;
            return Ok(Answer::Done);
        }
    };
    Ok(Answer::Providers { providers: providers.into_iter().map(Listed::from).collect() })
}
