//! The API of Onetime Secret, for clients that were written for it: `/api/v1`, `/api/v2`, `/api/v3`.
//!
//! A thin adapter over the use cases of secrets that the server seals. In reading order: [`params`] (what
//! was said, however it was said), [`auth`] (who says it), [`wanted`] (what they want), [`records`] (what
//! is answered), [`trouble`] (what goes wrong), [`first`] and [`later`] (the routes). Where it differs from
//! the original on purpose, docs/guide/moving-from-onetime-secret.md says so.

mod auth;
mod first;
mod generate;
mod later;
mod params;
mod records;
mod trouble;
mod wanted;

use std::future::ready;
use std::net::IpAddr;

use axum::extract::{Path, Request, State as Extract};
use axum::middleware::map_response;
use axum::response::Response;
use axum::{RequestPartsExt as _, Router};
use domain::account::Scope;
use domain::entropy::draw;
use envelope::{Handle, SecretToken, ServerReceipt};
use http::{Method, StatusCode};
use service::accounts::Caller;
use service::receipt::{Receipt, Token};
use wire::Problem;

use self::auth::Refused;
use self::params::Params;
use self::trouble::{Outcome, Trouble, respond};
use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::limits::Class;
use crate::surface::{Access, Policy, Surface};

/// The version of the API that a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
    Three,
}

/// The routes of every version.
pub(crate) fn routes() -> Surface {
    Surface::new()
        .nest("/api/v1", first::routes(), dressed(Version::One))
        .nest("/api/v2", later::second(), dressed(Version::Two))
        .nest("/api/v3", later::third(), dressed(Version::Three))
}

/// Routes with the words of `version` for whatever is refused.
fn dressed(version: Version) -> impl FnOnce(Router<State>, &State) -> Router<State> + 'static {
    move |routes, state| {
        let words = Words { state: state.clone(), version };
        let (method, path, layer) = (words.clone(), words.clone(), words);
        // A wrong method is as good as no route.
        routes
            .method_not_allowed_fallback(async move || method.of(&Trouble::NoRoute))
            .fallback(async move || path.of(&Trouble::NoRoute))
            .layer(map_response(move |response| ready(layer.instead_of(response))))
    }
}

/// The words of a version for what no handler has said.
#[derive(Clone)]
struct Words {
    state: State,
    version: Version,
}

impl Words {
    fn of(&self, trouble: &Trouble) -> Response {
        let service = self.state.service();
        let now = service.clock().now().as_millis().div_euclid(1000);
        trouble.answer(self.version, now, &request_id(draw(service.entropy())))
    }

    /// What a layer refuses.
    fn instead_of(&self, response: Response) -> Response {
        match response.extensions().get::<Problem>() {
            Some(problem) => self.of(&problem.clone().into()),
            None => response,
        }
    }
}

fn request_id(bytes: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// A request, read.
struct Asked {
    state: State,
    version: Version,
    caller: Option<Caller>,
    params: Params,
    network: Vec<u8>,
    address: IpAddr,
    /// Whether the route is one of guests'.
    guest: bool,
    /// The key in the path, as it was sent.
    key: String,
    locale: &'static str,
}

/// The routes of one version, as they are registered.
struct Routes {
    version: Version,
    surface: Surface,
}

impl Routes {
    fn of(version: Version) -> Self {
        Self { version, surface: Surface::new() }
    }

    /// Answers requests with `handler`.
    fn on<F, W>(self, method: Method, path: impl Into<String>, class: Class, handler: F) -> Self
    where
        F: Fn(Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = (Asked, Outcome)> + Send,
    {
        let Self { version, surface } = self;
        let policy = Policy::new(class, Access::Classic);
        let answer = async move |Extract(state): Extract<State>, request: Request| -> Response {
            match Asked::read(state.clone(), version, request).await {
                Ok(asked) => {
                    let (asked, outcome) = handler(asked).await;
                    respond(&asked, &outcome)
                }
                Err(trouble) => Words { state, version }.of(&trouble),
            }
        };
        Self { version, surface: surface.on(method, path, policy, answer) }
    }

    fn get<F, W>(self, path: impl Into<String>, class: Class, handler: F) -> Self
    where
        F: Fn(Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = (Asked, Outcome)> + Send,
    {
        self.on(Method::GET, path, class, handler)
    }

    fn post<F, W>(self, path: impl Into<String>, class: Class, handler: F) -> Self
    where
        F: Fn(Asked) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = (Asked, Outcome)> + Send,
    {
        self.on(Method::POST, path, class, handler)
    }
}

impl Asked {
    async fn read(state: State, version: Version, request: Request) -> Result<Self, Trouble> {
        let (mut parts, body) = request.into_parts();
        let key = match parts.extract::<Option<Path<String>>>().await {
            Ok(Some(Path(key))) => key,
            Ok(None) | Err(_) => String::new(),
        };
        // The layers have found it, for every request.
        let client = parts.extensions.get::<ClientAddress>().copied().ok_or(Trouble::Internal)?;
        let (network, address) = (client.network(), client.0);
        let guest = parts.uri.path().starts_with("/guest/");
        let caller = auth::caller(&state, &parts.headers, &client).await?;
        let params = Params::read(&parts.uri, &parts.headers, body).await?;
        let locale = locale(&params, &parts.headers);
        Ok(Self { state, version, caller, params, network, address, guest, key, locale })
    }

    /// Whoever asks must be somebody.
    fn caller(&self) -> Result<&Caller, Trouble> {
        self.caller.as_ref().ok_or(Trouble::Refused(Refused::Missing))
    }

    /// Whoever asks is anybody, or has a key that may do that.
    fn may(&self, scope: Scope) -> Result<(), Trouble> {
        match &self.caller {
            Some(caller) if !caller.may(scope) => Err(Trouble::Forbidden),
            Some(_) | None => Ok(()),
        }
    }

    /// Whoever asks may create secrets here (R69). Opening never asks this.
    async fn creates(&self) -> Result<(), Trouble> {
        self.may(Scope::SecretsCreate)?;
        let service = self.state.service();
        match &self.caller {
            Some(caller) => {
                let may = service.may_key_create(caller.key.owner, self.address).await?;
                if may { Ok(()) } else { Err(Trouble::Forbidden) }
            }
            None if service.may_create(None, self.address).await? => Ok(()),
            None if self.guest => Err(Trouble::NoGuests),
            None => Err(Trouble::Refused(Refused::Missing)),
        }
    }

    /// Seconds since 1970.
    fn seconds(&self) -> i64 {
        self.state.service().clock().now().as_millis().div_euclid(1000)
    }

    fn request_id(&self) -> String {
        request_id(draw(self.state.service().entropy()))
    }

    /// The link that the path names. What cannot be one is one that nobody has.
    fn link(&self) -> SecretToken {
        link(&self.key)
    }

    /// The receipt that the path names, for whoever holds it or owns the secret.
    async fn receipt(&self) -> Result<(Sight, Receipt), Trouble> {
        self.receipt_named(&self.key).await
    }

    async fn receipt_named(&self, key: &str) -> Result<(Sight, Receipt), Trouble> {
        let service = self.state.service();
        let clean = sanitized(key);
        if let Ok(token) = ServerReceipt::parse(&clean)
            && let Some(receipt) = service.receipt(&token).await?
        {
            return Ok((Sight::Token(token), receipt));
        }
        if let (Some(caller), Ok(handle)) = (&self.caller, Handle::parse(&clean))
            && let Some(receipt) = service.receipt(Token::Owner(&handle, caller.account.id)).await?
        {
            return Ok((Sight::Handle(handle), receipt));
        }
        Err(Trouble::UnknownReceipt(key.to_owned()))
    }
}

/// How somebody came to see a receipt.
enum Sight {
    /// By its handle: it is theirs.
    Handle(Handle),
    /// By its token.
    Token(ServerReceipt),
}

impl Sight {
    /// The receipt's name, as it was shown.
    fn key(&self) -> String {
        match self {
            Self::Handle(handle) => handle.to_string(),
            Self::Token(token) => token.expose().to_string(),
        }
    }

    /// The link of the secret, which a handle does not know.
    fn link(&self, receipt: &Receipt) -> Option<String> {
        match self {
            Self::Handle(_) => None,
            Self::Token(token) => Some(token.link(receipt.id).expose().to_string()),
        }
    }
}

/// What is left of an identifier without what no identifier has.
fn sanitized(key: &str) -> String {
    key.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// The link with this key. What cannot be one gets one that nobody has, always the same for the same text,
/// so that everything that follows is as for any other that does not exist.
fn link(key: &str) -> SecretToken {
    let clean = sanitized(key);
    SecretToken::parse(&clean).unwrap_or_else(|_| SecretToken::nobodys(&clean))
}

/// The language of whoever asks.
fn locale(params: &Params, headers: &http::HeaderMap) -> &'static str {
    let wanted = params.text("locale").or_else(|| {
        let accepted = headers.get(http::header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        accepted.split(',').next().map(str::to_owned)
    });
    if wanted.is_some_and(|wanted| wanted.trim().to_ascii_lowercase().starts_with("sv")) {
        "sv"
    } else {
        "en"
    }
}

/// A request that only says that these routes are there.
async fn options() -> StatusCode {
    StatusCode::NO_CONTENT
}
