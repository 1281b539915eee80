//! `POST /v1/secrets`: a sealed envelope comes in, a secret waits.
//!
//! `multipart/form-data` with exactly two parts: `terms` (JSON), then `envelope`, which streams.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use envelope::{ProofHash, ReceiptHash};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use service::owned::Owner;
use service::share::{Request, ShareError};
use wire::Problem;
use wire::secrets::{Created, Terms};

use super::JSON;
use super::parts::Parts;
use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::guard::Creator;
use crate::layers::load::HeldPlace;
use crate::problem::Refusal;

/// The name of the part that streams.
pub(super) const ENVELOPE: &str = "envelope";
/// What frames the parts: boundaries and part headers.
const FRAME: u64 = 8 * 1024;

/// Creates a secret.
///
/// The envelope is sealed before it is sent; the server gets the hashes of what must be shown to open,
/// and of what follows and burns. Nothing is stored unless the answer is 201.
#[utoipa::path(
    post,
    operation_id = "create",
    path = "/v1/secrets",
    tag = "secrets",
    params(super::openapi::Idempotency),
    request_body(
        content = super::openapi::Creation,
        content_type = "multipart/form-data",
        description = "Exactly two parts, in this order: `terms`, at most 16 KiB of JSON, and \
            `envelope`, at most `max_envelope_bytes` of `GET /v1/limits`.",
    ),
    responses(
        (status = 201, description = "It waits. Every term that is in force is named.", body = Created),
    ),
)]
pub(super) async fn handle(
    Extract(state): Extract<State>,
    Creator(creator): Creator,
    place: Option<Extension<HeldPlace>>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let limits = state.service().limits();
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let json = u64::try_from(JSON).unwrap_or(0);
    if length.unwrap_or(0) > limits.max_envelope.saturating_add(json).saturating_add(FRAME) {
        return Err(Problem::TooLarge { field: ENVELOPE, limit: limits.max_envelope }.into());
    }
    let idempotency_key = idempotency_key(&headers)?;
    let mut parts = Parts::new(&headers, body)?;
    let terms: Terms = wire::parse(&parts.next("terms").await?.whole().await?)?;
    let request = Request {
        terms: terms.parse(limits.max_lifetime)?,
        link_proof: ProofHash::from_bytes(*terms.link_proof_hash.expose()),
        proof: ProofHash::from_bytes(*terms.proof_hash.expose()),
        receipt: ReceiptHash::from_bytes(*terms.receipt_hash.expose()),
        idempotency_key,
        network: &address.network(),
    };
    let owner = creator.as_ref().map(Owner::by);
    let mut intake = state.service().share_for(&request, owner).await.map_err(refuse)?;
    {
        let mut part = parts.next(ENVELOPE).await?;
        while let Some(bytes) = part.chunk().await? {
            intake.push(&bytes).await.map_err(refuse)?;
        }
    }
    parts.end().await?;
    // A task of its own: a client that hangs up now must not leave the work half done.
    let finish = async move {
        let finished = intake.finish().await;
        drop(place);
        finished
    };
    let finished = tokio::spawn(finish).await.map_err(|_| Problem::Internal)?;
    let shared = finished.map_err(refuse)?;
    let origin = state.origin().as_str();
    let created = Created::new(origin, &shared.id, shared.reference, &shared.secret);
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        (16..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let wrong = || Problem::Invalid {
        field: "Idempotency-Key".to_owned(),
        reason: "must be 16 to 128 visible characters".to_owned(),
        limit: Some((16, 128)),
    };
    key.map(Some).ok_or_else(wrong)
}

fn refuse(error: ShareError) -> Refusal {
    Refusal(match error {
        ShareError::Conflict => Problem::IdempotencyConflict,
        ShareError::NotAnEnvelope(fault) => {
            Problem::invalid(ENVELOPE, format!("is not a sealed envelope ({})", fault.code()))
        }
        ShareError::NetworkFull => Problem::QuotaExceeded,
        ShareError::Full => Problem::StorageFull { retry_after: 60 },
        ShareError::TooSlow => Problem::Timeout,
        ShareError::TooManyMails { wait } => {
            Problem::TooManyRequests { retry_after: wait.as_secs().saturating_add(1) }
        }
        ShareError::TooLarge { limit } => Problem::TooLarge { field: ENVELOPE, limit },
        ShareError::Store(error) => return error.into(),
    })
}
