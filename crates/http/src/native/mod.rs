//! The native API, `/v1`: one endpoint a file.
//!
//! A handler reads what was said (`wire`), calls one use case (`service`), and says what came of it.
//! Capabilities travel in bodies and in the `Authorization` header, never in a path or a query.

mod account;
mod acknowledge;
pub(crate) mod administration;
mod claim;
mod create;
mod devices;
mod fetch;
#[cfg(fuzzing)]
pub mod fuzzing;
pub(crate) mod keys;
mod limits;
mod openapi;
pub(crate) mod organisations;
pub(crate) mod overview;
mod parts;
mod passkeys;
mod problems;
mod receipt;
mod switches;
mod uploads;

use axum::extract::{FromRequestParts, Path};
use bytes::Bytes;
use envelope::{ClaimToken, Fault, ReceiptToken, SecretId};
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use wire::Problem;

use crate::layers::limits::Class;
use crate::problem::Refusal;
use crate::surface::{Access, Policy, Surface};

pub use openapi::document;

/// The largest JSON body in bytes.
const JSON: usize = 16 * 1024;

/// The routes.
pub(crate) fn routes() -> Surface {
    let creating = Policy::new(Class::Create, Access::Creating);
    let completing = Policy::new(Class::Create, Access::Capability);
    let sending = Policy::new(Class::Send, Access::Capability);
    let opening = Policy::new(Class::Open, Access::Capability);
    let following = Policy::new(Class::Follow, Access::Capability);
    let reading = Policy::new(Class::Read, Access::Open);
    Surface::new()
        .post("/v1/secrets", creating, create::handle)
        .post("/v1/uploads", creating, uploads::begin)
        .post("/v1/uploads/{id}/complete", completing, uploads::complete)
        .get("/v1/uploads/{id}", sending, uploads::progress)
        .delete("/v1/uploads/{id}", sending, uploads::give_up)
        .put("/v1/uploads/{id}/parts/{part}", sending, uploads::send)
        .post("/v1/secrets/{id}/claim", opening, claim::handle)
        .get("/v1/secrets/{id}/envelope", opening, fetch::handle)
        .post("/v1/secrets/{id}/ack", opening, acknowledge::handle)
        .get("/v1/receipt", following, receipt::follow)
        .post("/v1/receipt/burn", following, receipt::burn)
        .post("/v1/receipt/unlock", following, receipt::unlock)
        .get("/v1/limits", reading, limits::handle)
        .get("/v1/openapi.json", reading, openapi::handle)
        .merge(administration::routes())
        .merge(keys::routes())
        .merge(devices::routes())
        .merge(organisations::routes())
        .merge(overview::routes())
        .merge(switches::routes())
        .merge(passkeys::routes())
        .merge(account::routes())
}

/// The token after `Bearer`, if it is one of the kind that `parse` reads. Any other is answered as if
/// there were no such secret (R17).
fn bearer<T>(headers: &HeaderMap, parse: fn(&str) -> Result<T, Fault>) -> Result<T, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::Unavailable);
    };
    let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
    token.and_then(|token| parse(token).ok()).ok_or(Problem::Unavailable)
}

fn receipt_token(headers: &HeaderMap) -> Result<ReceiptToken, Problem> {
    bearer(headers, ReceiptToken::parse)
}

fn claim_token(headers: &HeaderMap) -> Result<ClaimToken, Problem> {
    bearer(headers, ClaimToken::parse)
}

/// The id in a path. One that cannot be one is answered as one that does not exist (R20).
struct Id(SecretId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let id = text.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or(Refusal(Problem::Unavailable))
    }
}

/// Reads a JSON body. The type must be JSON: a form of another site cannot say so (R8).
async fn json<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<T, Problem> {
    if media_type(headers) != Some("application/json") {
        return Err(Problem::UnsupportedMediaType { expected: "application/json" });
    }
    wire::parse(&read(body, JSON).await?)
}

/// A small body, whole.
pub(crate) async fn read(body: axum::body::Body, limit: usize) -> Result<Bytes, Problem> {
    use http_body_util::{BodyExt as _, LengthLimitError, Limited};
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::TooLarge {
            field: "the body",
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
        }),
        Err(error) => Err(body_fault(&*error)),
    }
}

/// What an interrupted body is called.
fn body_fault(error: &(dyn std::error::Error + 'static)) -> Problem {
    if crate::listener::is_too_slow(error) {
        Problem::Timeout
    } else {
        Problem::Malformed { reason: "the body ended before its end" }
    }
}

pub(crate) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim())
}
