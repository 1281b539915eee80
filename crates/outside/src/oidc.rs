//! OpenID Connect: what a provider says about somebody, proven.
//!
//! Authorization code with PKCE. What proves it is the ID token: signed by a key of the issuer with one of
//! the algorithms in [`ALGORITHMS`] (never `none`, never with the client's secret), for this client alone, for
//! this journey, now. Where the token has no address the provider is asked for it, and must speak of the same
//! person. What a provider publishes about itself is remembered for a short while; a key that is not among its
//! keys is looked for again, once a minute at most. Nothing that a provider says is kept or logged (R94).

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Clock;
use domain::provider::{Settings, Vouching};
use domain::time::Timestamp;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, AuthType,
    AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IdToken, IdTokenClaims, IdTokenFields, IdTokenVerifier, IssuerUrl,
    JsonWebKeySet, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadata, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse as _, TokenUrl,
    UserInfoClaims, UserInfoError, UserInfoUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::providers::port::{Answering, Claims, Departure, OpenId, Return, Trouble};
use zeroize::Zeroizing;

use crate::egress::{Egress, Loopback, Unanswered};

/// The algorithms that a token may be signed with: keys whose other half the provider alone has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// How long what a provider publishes is believed.
const REMEMBERED: Duration = Duration::from_mins(10);
/// How long keys are believed when one is missing.
const KEYS_AGAIN: Duration = Duration::from_mins(1);
/// By how much the clocks of two machines may differ.
const SKEW: Duration = Duration::from_mins(2);
/// How old a token may be when it comes: it comes from the provider itself, just now.
const AGE: Duration = Duration::from_mins(10);
/// How many providers are remembered.
const ROOM: usize = 64;
/// The longest subject (OpenID Connect Core, section 2).
const SUBJECT: usize = 255;

/// What a provider says of itself beyond the library's knowledge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct AlsoSupported {
    /// RFC 9207.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for AlsoSupported {}

/// What a provider says of a person beyond the library's knowledge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct AlsoSaid {
    #[serde(default)]
    xms_edov: Option<Value>,
}
impl AdditionalClaims for AlsoSaid {}

impl AlsoSaid {
    /// Whether the owner of the mail domain is the tenant. Entra ID writes it in several ways.
    fn is_of_owner(&self) -> bool {
        match &self.xms_edov {
            Some(Value::Bool(said)) => *said,
            Some(Value::Number(said)) => said.as_u64() == Some(1),
            Some(Value::String(said)) => said == "1" || said == "true",
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
        }
    }
}

type Metadata = ProviderMetadata<
    AlsoSupported,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type Token =
    IdToken<AlsoSaid, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<
    AlsoSaid,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Known = Client<
    AlsoSaid,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type Said = IdTokenClaims<AlsoSaid, CoreGenderClaim>;

/// What is remembered of a provider.
#[derive(Clone)]
struct Remembered {
    metadata: Arc<Metadata>,
    fetched_at: Timestamp,
    keys_at: Timestamp,
}

/// Speaks with providers.
pub struct Oidc {
    egress: Egress,
    clock: Arc<dyn Clock>,
    remembered: Mutex<HashMap<String, Remembered>>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Oidc(..)")
    }
}

/// The way out, as the library wants it.
struct Way<'a>(&'a Egress);

impl<'c> AsyncHttpClient<'c> for Way<'_> {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.ask(request))
    }
}

impl Oidc {
    /// Speaks with nobody yet. `None` when this machine has no certificates to judge others by.
    pub fn new(loopback: Loopback, clock: Arc<dyn Clock>) -> Option<Self> {
        Some(Self { egress: Egress::new(loopback)?, clock, remembered: Mutex::default() })
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Remembered>) -> T) -> T {
        act(&mut self.remembered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is remembered of an issuer, or what it says now.
    async fn known(&self, settings: &Settings) -> Result<Remembered, Trouble> {
        let issuer = settings.issuer.as_str();
        let now = self.clock.now();
        let remembered = self.with(|all| all.get(issuer).cloned());
        let fresh = |known: &Remembered| known.fetched_at.plus(REMEMBERED) > now;
        if let Some(known) = remembered.filter(fresh) {
            return Ok(known);
        }
        let metadata = self.discover(issuer).await?;
        let known = Remembered { metadata: Arc::new(metadata), fetched_at: now, keys_at: now };
        self.remember(issuer, &known);
        Ok(known)
    }

    fn remember(&self, issuer: &str, known: &Remembered) {
        self.with(|all| {
            if all.len() >= ROOM && !all.contains_key(issuer) {
                all.clear();
            }
            all.insert(issuer.to_owned(), known.clone());
        });
    }

    async fn discover(&self, issuer: &str) -> Result<Metadata, Trouble> {
        let url = IssuerUrl::new(issuer.to_owned()).map_err(|_| Trouble::Unfit)?;
        let way = Way(&self.egress);
        let metadata = Metadata::discover_async(url, &way).await.map_err(|error| found(&error))?;
        // The library has compared it; whoever replaces the library does so as well.
        if metadata.issuer().as_str() != issuer {
            return Err(Trouble::OtherIssuer);
        }
        let asked = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(TokenUrl::url),
            metadata.userinfo_endpoint().map(UserInfoUrl::url),
        ];
        if metadata.token_endpoint().is_none() {
            return Err(Trouble::Unfit);
        }
        if !asked.into_iter().flatten().all(|url| self.egress.permits(url)) {
            return Err(Trouble::Barred);
        }
        Ok(metadata)
    }

    /// The provider with the keys that it has now, when the last look at them is long enough ago.
    async fn renew_keys(
        &self,
        settings: &Settings,
        known: &Remembered,
    ) -> Result<Option<Remembered>, Trouble> {
        let now = self.clock.now();
        let issuer = settings.issuer.as_str();
        // Whoever is first asks, and the others do not ask again.
        let mine = self.with(|all| match all.get_mut(issuer) {
            Some(shared) if shared.keys_at.plus(KEYS_AGAIN) > now => {
                let newer = shared.keys_at > known.keys_at;
                Err(newer.then(|| shared.clone()))
            }
            Some(shared) => {
                shared.keys_at = now;
                Ok(())
            }
            None => Ok(()),
        });
        if let Err(known) = mine {
            return Ok(known);
        }
        let way = Way(&self.egress);
        let keys = JsonWebKeySet::fetch_async(known.metadata.jwks_uri(), &way).await;
        let keys = keys.map_err(|error| found(&error))?;
        let metadata = Arc::new(Metadata::clone(&known.metadata).set_jwks(keys));
        let known = Remembered { metadata, fetched_at: known.fetched_at, keys_at: now };
        self.remember(issuer, &known);
        Ok(Some(known))
    }

    fn client(settings: &Settings, metadata: &Metadata) -> Known {
        let secret = settings.client.expose().map(|secret| ClientSecret::new(secret.to_owned()));
        let id = ClientId::new(settings.client.id.clone());
        let client = Known::from_provider_metadata(metadata.clone(), id, secret);
        // Basic is the standard's default, and what is not said is the default.
        let methods = metadata.token_endpoint_auth_methods_supported();
        let has = |wanted| methods.is_none_or(|methods| methods.contains(wanted));
        let in_body = !has(&CoreClientAuthMethod::ClientSecretBasic)
            && has(&CoreClientAuthMethod::ClientSecretPost);
        client.set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    async fn exchange(&self, settings: &Settings, back: &Return<'_>) -> Result<Claims, Trouble> {
        let mut known = self.known(settings).await?;
        let said_on_the_way = known.metadata.additional_metadata();
        match back.issuer {
            Some(issuer) if issuer != settings.issuer.as_str() => return Err(Trouble::OtherIssuer),
            None if said_on_the_way.authorization_response_iss_parameter_supported => {
                return Err(Trouble::OtherIssuer);
            }
            Some(_) | None => {}
        }
        let client = Self::client(settings, &known.metadata);
        let way = Way(&self.egress);
        let redirect = RedirectUrl::new(back.redirect.to_owned()).map_err(|_| Trouble::Unfit)?;
        let answer = client
            .exchange_code(AuthorizationCode::new(back.code.to_owned()))
            .map_err(|_| Trouble::Unfit)?
            .set_pkce_verifier(PkceCodeVerifier::new(back.verifier.to_owned()))
            .set_redirect_uri(std::borrow::Cow::Owned(redirect))
            .request_async(&way)
            .await
            .map_err(|error| exchanged(&error))?;
        let token = answer.id_token().ok_or(Trouble::Unproven)?;
        let said = match self.prove(settings, back, &known, token) {
            Err(Doubt::Key) => {
                let renewed = self.renew_keys(settings, &known).await?;
                known = renewed.ok_or(Trouble::Unproven)?;
                self.prove(settings, back, &known, token)
            }
            proven => proven,
        };
        let said = said.map_err(Doubt::trouble)?;
        let subject = said.subject().as_str();
        if subject.is_empty() || subject.len() > SUBJECT {
            return Err(Trouble::Unproven);
        }
        let subject = subject.to_owned();
        if let Some(email) = said.email() {
            let vouched = match settings.vouching {
                Vouching::EmailVerified => said.email_verified() == Some(true),
                Vouching::DomainOwner => said.additional_claims().is_of_owner(),
            };
            let email = Some(Zeroizing::new(email.as_str().to_owned()));
            return Ok(Claims { subject, email, vouched });
        }
        if client.user_info_url().is_none() {
            return Ok(Claims { subject, email: None, vouched: false });
        }
        self.ask_for_address(settings, &client, answer.access_token(), subject).await
    }

    /// Asks for what the token does not say. The provider must speak of the same person.
    async fn ask_for_address(
        &self,
        settings: &Settings,
        client: &Known,
        access: &AccessToken,
        subject: String,
    ) -> Result<Claims, Trouble> {
        let way = Way(&self.egress);
        let expected = SubjectIdentifier::new(subject.clone());
        let said: UserInfoClaims<AlsoSaid, CoreGenderClaim> = client
            .user_info(access.clone(), Some(expected))
            .map_err(|_| Trouble::Unfit)?
            .require_signed_response(false)
            .request_async(&way)
            .await
            .map_err(|error| {
                if let UserInfoError::Request(error) = error {
                    unanswered(error)
                } else {
                    Trouble::Unproven
                }
            })?;
        let vouched = match settings.vouching {
            Vouching::EmailVerified => said.email_verified() == Some(true),
            Vouching::DomainOwner => said.additional_claims().is_of_owner(),
        };
        let email = said.email().map(|email| Zeroizing::new(email.as_str().to_owned()));
        Ok(Claims { subject, vouched: vouched && email.is_some(), email })
    }

    /// Proves a token, or doubts it.
    fn prove(
        &self,
        settings: &Settings,
        back: &Return<'_>,
        known: &Remembered,
        token: &Token,
    ) -> Result<Said, Doubt> {
        let now = self.clock.now();
        let client = ClientId::new(settings.client.id.clone());
        // As a public client, whatever it is: the client's secret never proves anything.
        let verifier = IdTokenVerifier::new_public_client(
            client.clone(),
            known.metadata.issuer().clone(),
            known.metadata.jwks().clone(),
        );
        let nonce = Nonce::new(back.nonce.to_owned());
        let fresh_since = back.fresh_since.map(|since| since.minus(SKEW).as_millis());
        let verifier = verifier
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || moment(now.minus(SKEW)))
            .set_issue_time_verifier_fn(move |issued| {
                let issued = Timestamp::from_millis(issued.timestamp_millis());
                let fits = issued <= now.plus(SKEW) && issued >= now.minus(AGE);
                if fits { Ok(()) } else { Err(String::new()) }
            })
            .set_auth_time_verifier_fn(move |signed_in| match (fresh_since, signed_in) {
                (None, _) => Ok(()),
                (Some(since), Some(at)) if at.timestamp_millis() >= since => Ok(()),
                (Some(_), Some(_) | None) => Err(String::new()),
            });
        let said = token.claims(&verifier, &nonce).map_err(|error| Doubt::of(&error))?;
        // The library leaves this one to its users (OpenID Connect Core, section 3.1.3.7).
        match said.authorized_party() {
            Some(party) if *party != client => return Err(Doubt::Token),
            None if said.audiences().len() != 1 => return Err(Doubt::Token),
            Some(_) | None => {}
        }
        Ok(said.clone())
    }
}

/// Why a token does not prove anything.
enum Doubt {
    /// The key that it names is not among those that are remembered.
    Key,
    /// The person signed in there too long ago.
    Stale,
    /// Anything else about it.
    Token,
}

impl Doubt {
    fn of(error: &ClaimsVerificationError) -> Self {
        use ClaimsVerificationError::{InvalidAuthTime, SignatureVerification};
        if matches!(error, SignatureVerification(SignatureVerificationError::NoMatchingKey)) {
            Self::Key
        } else if matches!(error, InvalidAuthTime(_)) {
            Self::Stale
        } else {
            Self::Token
        }
    }

    const fn trouble(self) -> Trouble {
        match self {
            Self::Key | Self::Token => Trouble::Unproven,
            Self::Stale => Trouble::Stale,
        }
    }
}

fn moment(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.as_millis()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

const fn unanswered(error: Unanswered) -> Trouble {
    match error {
        Unanswered::Barred => Trouble::Barred,
        Unanswered::Line => Trouble::Unreachable,
        Unanswered::TooLarge => Trouble::Unfit,
    }
}

fn found(error: &DiscoveryError<Unanswered>) -> Trouble {
    if let DiscoveryError::Request(error) = error {
        unanswered(*error)
    } else if matches!(error, DiscoveryError::Response(status, ..) if status.is_server_error()) {
        Trouble::Unreachable
    } else if matches!(error, DiscoveryError::Validation(_)) {
        Trouble::OtherIssuer
    } else {
        Trouble::Unfit
    }
}

fn exchanged(
    error: &RequestTokenError<Unanswered, StandardErrorResponse<CoreErrorResponseType>>,
) -> Trouble {
    match error {
        RequestTokenError::Request(error) => unanswered(*error),
        RequestTokenError::ServerResponse(said) => match said.error() {
            CoreErrorResponseType::InvalidClient | CoreErrorResponseType::UnauthorizedClient => {
                Trouble::Client
            }
            CoreErrorResponseType::InvalidGrant => Trouble::Code,
            CoreErrorResponseType::InvalidRequest
            | CoreErrorResponseType::InvalidScope
            | CoreErrorResponseType::UnsupportedGrantType
            | CoreErrorResponseType::Extension(_) => Trouble::Unfit,
        },
        // A token that cannot be read proves nothing: an algorithm that nobody knows, a word where a
        // truth value belongs.
        RequestTokenError::Parse(..) => Trouble::Unproven,
        RequestTokenError::Other(_) => Trouble::Unreachable,
    }
}

impl OpenId for Oidc {
    fn greet<'a>(&'a self, settings: &'a Settings) -> Answering<'a, ()> {
        Box::pin(async move {
            let metadata = self.discover(settings.issuer.as_str()).await?;
            let takes = |algorithm| ALGORITHMS.contains(algorithm);
            let algorithms = metadata.id_token_signing_alg_values_supported();
            if algorithms.iter().any(takes) { Ok(()) } else { Err(Trouble::Unfit) }
        })
    }

    fn leave<'a>(
        &'a self,
        settings: &'a Settings,
        departure: &'a Departure<'a>,
    ) -> Answering<'a, String> {
        Box::pin(async move {
            let known = self.known(settings).await?;
            let client = Self::client(settings, &known.metadata);
            let redirect = RedirectUrl::new(departure.redirect.to_owned());
            let verifier = PkceCodeVerifier::new(departure.verifier.to_owned());
            let (state, nonce) = (departure.state.to_owned(), departure.nonce.to_owned());
            let flow = CoreAuthenticationFlow::AuthorizationCode;
            let mut asked = client
                .authorize_url(flow, move || CsrfToken::new(state), move || Nonce::new(nonce))
                .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
                .set_redirect_uri(std::borrow::Cow::Owned(redirect.map_err(|_| Trouble::Unfit)?));
            for scope in settings.scopes.names() {
                asked = asked.add_scope(Scope::new(scope.clone()));
            }
            if departure.fresh {
                asked = asked.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
            }
            let (url, _, _) = asked.url();
            Ok(url.into())
        })
    }

    fn back<'a>(&'a self, settings: &'a Settings, back: &'a Return<'a>) -> Answering<'a, Claims> {
        Box::pin(self.exchange(settings, back))
    }
}
