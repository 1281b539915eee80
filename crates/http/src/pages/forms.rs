//! `/secret/{token}` and `/receipt/{token}`: what the server has sealed opens and burns here by a form, also
//! without JavaScript.
//!
//! These links are those of Onetime Secret, so the token is in the path: it is not logged (the log has
//! routes alone), not handed on (a `Referer` is the host alone), and GET does nothing but look. Whoever
//! holds the right token sees how things stand; everybody else sees one page, whatever they ask for.

use std::convert::Infallible;

use axum::Extension;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, State as Extract};
use axum::response::{Html, IntoResponse as _, Response};
use envelope::{Fault, SecretToken, ServerReceipt};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use http::header::{RETRY_AFTER, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use maud::Markup;
use service::disclose::{Attempt, Disclosed, Wish};
use service::receipt::{Burn, Receipt};
use wire::Problem;
use wire::receipts::{self, BurnOutcome};
use zeroize::Zeroizing;

use super::disclosed::{self, Said};
use super::followed::{self, View};
use super::form::Form;
use super::texts::{self, Texts};
use super::{POLICY_OF_FORMS, language};
use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

/// The routes.
pub(super) fn routes() -> Surface {
    let looking = Policy::new(Class::Read, Access::Capability);
    let opening = Policy::new(Class::Open, Access::Capability);
    let following = Policy::new(Class::Follow, Access::Capability);
    let mut surface = Surface::new();
    for at in ["/secret/{token}", "/l/{token}"] {
        surface = surface.get(at, looking, look).post(at, opening, open);
    }
    for at in ["/receipt", "/private", "/metadata"] {
        let burning = format!("{at}/{{token}}/burn");
        surface = surface
            .get(format!("{at}/{{token}}"), following, follow)
            .get(&burning, following, follow)
            .post(&burning, following, burn);
    }
    surface
}

/// How things stand, for whoever holds the link. Takes nothing.
async fn look(
    Extract(state): Extract<State>,
    Token(token): Token,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asked = Asked { uri, headers };
    let token = match SecretToken::parse(&token) {
        Ok(token) => token,
        Err(fault) => return Ok(asked.incomplete(fault)),
    };
    Ok(match state.service().look(&token).await? {
        Some(secret) => {
            asked.page(StatusCode::OK, |texts| disclosed::ready(texts, secret.passphrase, None))
        }
        None => asked.gone(),
    })
}

/// The deliberate act: opens what waits, and shows it once.
async fn open(
    Extract(state): Extract<State>,
    Extension(address): Extension<ClientAddress>,
    Token(token): Token,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let asked = Asked { uri, headers };
    let token = match SecretToken::parse(&token) {
        Ok(token) => token,
        Err(fault) => return Ok(asked.incomplete(fault)),
    };
    let typed = asked.field("passphrase", body).await?;
    let passphrase = typed.as_ref().map(|typed| typed.as_str()).filter(|typed| !typed.is_empty());
    let network = &address.network();
    let attempt = Attempt { token: &token, passphrase, wish: Wish::Take, network };
    let again =
        |status, said| asked.page(status, |texts| disclosed::ready(texts, true, Some(said)));
    Ok(match state.service().disclose(attempt).await? {
        Disclosed::Content { text, .. } => {
            asked.page(StatusCode::OK, |texts| disclosed::shown(texts, &text))
        }
        Disclosed::PassphraseNeeded => again(StatusCode::FORBIDDEN, Said::Needed),
        Disclosed::PassphraseRejected { left } => {
            again(StatusCode::FORBIDDEN, Said::Rejected(left))
        }
        Disclosed::TooManyAttempts { wait } => {
            let seconds = wait.as_secs().saturating_add(1);
            later(again(StatusCode::TOO_MANY_REQUESTS, Said::Wait(seconds)), seconds)
        }
        Disclosed::Busy(busy) => {
            later(again(StatusCode::SERVICE_UNAVAILABLE, Said::Busy), busy.wait.as_secs())
        }
        Disclosed::Fits(_) | Disclosed::Unavailable => asked.gone(),
    })
}

/// The fate of a secret, for whoever holds its receipt. With `/burn` at its end, the question is open.
async fn follow(
    Extract(state): Extract<State>,
    Token(token): Token,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asked = Asked { uri, headers };
    let Ok(token) = ServerReceipt::parse(&token) else { return Ok(asked.no_receipt()) };
    Ok(match state.service().receipt(&token).await? {
        Some(receipt) => asked.receipt(&state, &token, receipt, None),
        None => asked.no_receipt(),
    })
}

/// Burns what is left. The receipt alone gives the right to, as everywhere on these pages.
async fn burn(
    Extract(state): Extract<State>,
    Token(token): Token,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let asked = Asked { uri, headers };
    let Ok(token) = ServerReceipt::parse(&token) else { return Ok(asked.no_receipt()) };
    let Some((burn, receipt)) = state.service().burn(&token).await? else {
        return Ok(asked.no_receipt());
    };
    let outcome = match burn {
        Burn::Burned | Burn::BurnedBefore => BurnOutcome::Burned,
        Burn::Expired => BurnOutcome::Expired,
        Burn::Lost => BurnOutcome::Lost,
        Burn::Opened => BurnOutcome::Opened,
    };
    Ok(asked.receipt(&state, &token, receipt, Some(outcome)))
}

/// A token as it stands in a link, without what a message has put around it. One that cannot be read is
/// empty: it is answered like any other that is none.
struct Token(Zeroizing<String>);

impl<S: Send + Sync> FromRequestParts<S> for Token {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let text = RawPathParams::from_request_parts(parts, state).await;
        let text = text.ok().and_then(|all| Some(cleaned(all.iter().next()?.1)));
        Ok(Self(text.unwrap_or_default()))
    }
}

fn cleaned(token: &str) -> Zeroizing<String> {
    Zeroizing::new(token.chars().filter(char::is_ascii_alphanumeric).collect())
}

/// With the time after which to ask again.
fn later(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

/// Who asks for a page, and how.
struct Asked {
    uri: Uri,
    headers: HeaderMap,
}

impl Asked {
    /// A page for this visitor alone. It may hold a secret: nobody keeps it, and it is not compressed.
    fn page(&self, status: StatusCode, make: impl FnOnce(&Texts) -> Markup) -> Response {
        let html = texts::with(language(&self.uri, &self.headers), make).into_string();
        let mut response = (status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY_OF_FORMS));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // With "no-referrer" a browser says that a form comes from nowhere. This says the host, and no path.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
        response
    }

    fn gone(&self) -> Response {
        self.page(StatusCode::NOT_FOUND, disclosed::gone)
    }

    fn incomplete(&self, fault: Fault) -> Response {
        let cut = fault == Fault::Cut;
        self.page(StatusCode::NOT_FOUND, |texts| disclosed::incomplete(texts, cut))
    }

    fn no_receipt(&self) -> Response {
        self.page(StatusCode::NOT_FOUND, followed::gone)
    }

    fn receipt(
        &self,
        state: &State,
        token: &ServerReceipt,
        receipt: Receipt,
        outcome: Option<BurnOutcome>,
    ) -> Response {
        let asks = self.uri.path().ends_with("/burn");
        let Receipt { id, reference, secret, events, until, .. } = receipt;
        let told = receipts::Receipt::new(reference, &secret, &events);
        let waits = matches!(told.state, receipts::State::Waiting | receipts::State::Locked);
        let link = waits.then(|| {
            let token = token.link(id).expose();
            Zeroizing::new(format!("{}/secret/{}", state.origin().as_str(), *token))
        });
        let at = Zeroizing::new(format!("/receipt/{}", *token.expose()));
        let view = View {
            at: &at,
            receipt: &told,
            until: &wire::text::rfc3339(until),
            link: link.as_ref().map(|link| link.as_str()),
            outcome,
            asks,
        };
        self.page(StatusCode::OK, |texts| followed::receipt(texts, &view))
    }

    /// One field of a form; `None` when the form has none of that name.
    async fn field(&self, name: &str, body: Body) -> Result<Option<Zeroizing<String>>, Problem> {
        let form = Form::read(&self.headers, body).await?;
        Ok(form.find(name).map(|value| Zeroizing::new(value.to_owned())))
    }
}

/// Every page in every state, for the test that renders them.
#[cfg(test)]
pub(super) fn all(language: texts::Language) -> Vec<String> {
    let texts = Texts::new(language);
    let said = [Said::Busy, Said::Needed, Said::Rejected(1), Said::Wait(60), Said::Wait(600)];
    let said = said.into_iter().map(Some).chain([None]);
    let mut pages: Vec<Markup> = said
        .flat_map(|said| [true, false].map(|guarded| disclosed::ready(&texts, guarded, said)))
        .collect();
    pages.extend([true, false].map(|cut| disclosed::incomplete(&texts, cut)));
    pages.extend([disclosed::shown(&texts, "x"), disclosed::gone(&texts), followed::gone(&texts)]);
    pages.extend(followed::all(&texts));
    pages.into_iter().map(Markup::into_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_puts_around_a_token_is_not_of_it() {
        assert_eq!(&*cleaned("<abc123>."), "abc123");
    }
}
