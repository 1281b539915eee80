//! The port: whoever speaks OpenID Connect with a provider.
//!
//! An implementation proves what comes back (signature by a key of the issuer, one of the algorithms that
//! are taken, issuer, audience, nonce, times); what follows from it is judged here, by the use cases. Adding
//! one: every doubt is a [`Trouble`], never a claim; nothing that the other side says goes into an error or a
//! log (R94); and whatever is fetched is bounded in time, in size and in where it may come from (R83).

use std::future::Future;
use std::pin::Pin;

use domain::provider::Settings;
use domain::time::Timestamp;
use zeroize::Zeroizing;

/// Somebody leaves for the provider.
pub struct Departure<'a> {
    /// Where they come back to.
    pub redirect: &'a str,
    /// What they bring back, so that they are known again.
    pub state: &'a str,
    /// What is in the token that the provider signs, so that it is for this journey alone.
    pub nonce: &'a str,
    /// Whose hash goes along, so that the code is worth nothing to others (PKCE, RFC 7636).
    pub verifier: &'a str,
    /// Whether they must sign in anew there, whoever they are to the provider already.
    pub fresh: bool,
}

/// Somebody is back.
pub struct Return<'a> {
    /// Where to, as it was said at the departure.
    pub redirect: &'a str,
    /// What the provider has given them for us.
    pub code: &'a str,
    /// Who the provider says it is, if it has said so on the way (RFC 9207).
    pub issuer: Option<&'a str>,
    /// As at the departure.
    pub nonce: &'a str,
    /// As at the departure.
    pub verifier: &'a str,
    /// When they left, if they had to sign in anew.
    pub fresh_since: Option<Timestamp>,
}

/// What the provider has proven about somebody.
pub struct Claims {
    /// Who it is, there: letters that mean nothing elsewhere.
    pub subject: String,
    /// Their address, as it is written there.
    pub email: Option<Zeroizing<String>>,
    /// Whether the provider vouches for the address.
    pub vouched: bool,
}

/// Why nothing is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The provider is at an address that is not asked.
    #[error("the provider names an address that is not asked: https alone, and not this machine")]
    Barred,
    /// The provider does not take the identifier or the secret of the client.
    #[error("the provider does not know this client, or its secret is another one")]
    Client,
    /// The provider does not take the code: it is used, too old, or somebody else's.
    #[error("the provider does not take the code")]
    Code,
    /// Whoever speaks there is another issuer than the one that was named.
    #[error(
        "the provider calls itself otherwise: the issuer must be written exactly as it writes it"
    )]
    OtherIssuer,
    /// The person did not sign in anew there.
    #[error("the provider does not say that the person has just signed in")]
    Stale,
    /// What the provider says could not be proven.
    #[error("what the provider says about the person is not proven")]
    Unproven,
    /// What the provider answers is not what a provider answers.
    #[error("the provider answers otherwise than OpenID Connect asks for")]
    Unfit,
    /// The provider cannot be reached.
    #[error("the provider cannot be reached, or takes too long")]
    Unreachable,
}

/// What the methods of [`OpenId`] return.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// Whoever speaks with providers.
pub trait OpenId: Send + Sync {
    /// Whether a provider is there and is who it should be.
    fn greet<'a>(&'a self, settings: &'a Settings) -> Answering<'a, ()>;

    /// The address that takes somebody there.
    fn leave<'a>(
        &'a self,
        settings: &'a Settings,
        departure: &'a Departure<'a>,
    ) -> Answering<'a, String>;

    /// Changes the code for what the provider says about the person.
    fn back<'a>(&'a self, settings: &'a Settings, back: &'a Return<'a>) -> Answering<'a, Claims>;
}
