//! `/v1/uploads`: a large envelope comes in parts, and goes on where it broke.

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State as Extract};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use envelope::{ProofHash, ReceiptHash, SecretId, UploadHash, UploadToken};
use http::header::{CONTENT_LENGTH, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use service::owned::Owner;
use service::share::Request;
use service::upload::{Beginning, Incoming, PART, Part, Progress, UploadError};
use wire::Problem;
use wire::secrets::Created;
use wire::uploads::{Beginning as Begin, Upload};

use super::create::ENVELOPE;
use super::{Id, bearer, body_fault, json};
use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::guard::Creator;
use crate::layers::load::HeldPlace;
use crate::problem::Refusal;

/// Begins to send a large envelope in parts.
///
/// For any envelope; worth it above some 16 MiB. Asked again with the same token, the answer is about the same upload.
/// Its bytes count against the instance's quota from here on, for as long as something comes of it. Nothing can be opened before it is complete.
#[utoipa::path(
    post,
    operation_id = "begin",
    path = "/v1/uploads",
    tag = "uploads",
    request_body(content = Begin, description = "At most 16 KiB."),
    responses(
        (
            status = 201,
            description = "Parts may come.",
            body = Upload,
            headers(("Location" = String, description = "The path of the upload")),
        ),
    ),
)]
pub(super) async fn begin(
    Extract(state): Extract<State>,
    Creator(creator): Creator,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let begin: Begin = json(&headers, body).await?;
    let terms = &begin.terms;
    let request = Request {
        terms: terms.parse(state.service().limits().max_lifetime)?,
        link_proof: ProofHash::from_bytes(*terms.link_proof_hash.expose()),
        proof: ProofHash::from_bytes(*terms.proof_hash.expose()),
        receipt: ReceiptHash::from_bytes(*terms.receipt_hash.expose()),
        idempotency_key: None,
        network: &address.network(),
    };
    let beginning = Beginning {
        request,
        size: begin.size,
        passphrase: begin.passphrase,
        token: UploadHash::from_bytes(*begin.token_hash.expose()),
        owner: creator.as_ref().map(Owner::by),
    };
    let progress = state.service().begin_upload(&beginning).await.map_err(refuse)?;
    let place = HeaderValue::from_str(&format!("/v1/uploads/{}", progress.id));
    let mut response = (StatusCode::CREATED, Json(say(progress))).into_response();
    if let Ok(place) = place {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// How far an upload is.
///
/// Asking changes nothing.
#[utoipa::path(
    get,
    operation_id = "progress",
    path = "/v1/uploads/{id}",
    tag = "uploads",
    params(super::openapi::Id),
    security(("upload" = [])),
    responses((status = 200, description = "Which parts are safe.", body = Upload)),
)]
pub(super) async fn progress(
    Extract(state): Extract<State>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Json<Upload>, Refusal> {
    let progress = state.service().upload(&id, &upload_token(&headers)?).await?;
    Ok(Json(say(progress.ok_or(Problem::Unavailable)?)))
}

/// Sends a part.
///
/// Parts may come in any order and several at once. When the answer is 204 the part survives whatever
/// happens to the server. A part that is safe already and comes again, with the same length, replaces nothing. An envelope
/// is sealed once: whoever sends a part again sends the same bytes.
#[utoipa::path(
    put,
    operation_id = "sendPart",
    path = "/v1/uploads/{id}/parts/{part}",
    tag = "uploads",
    params(super::openapi::Part),
    security(("upload" = [])),
    request_body(
        content = super::openapi::Envelope,
        content_type = "application/octet-stream",
        description = "Exactly `part_bytes` bytes of the envelope, from `part` times `part_bytes` on; \
            the last part has the rest.",
    ),
    responses((status = 204, description = "The part is safe.")),
)]
pub(super) async fn send(
    Extract(state): Extract<State>,
    Extension(address): Extension<ClientAddress>,
    place: Option<Extension<HeldPlace>>,
    Which(id, number): Which,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refusal> {
    let token = upload_token(&headers)?;
    let part = Part { id, token: &token, number, network: &address.network() };
    let part = state.service().send_part(&part).await.map_err(refuse)?;
    let part = receive(part, &headers, body).await?;
    // A task of its own: a client that hangs up now must not leave the work half done.
    let finish = async move {
        let finished = part.finish().await;
        drop(place);
        finished
    };
    let finished = tokio::spawn(finish).await.map_err(|_| Problem::Internal)?;
    finished.map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the bytes of a part.
async fn receive(
    mut part: Incoming,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<Incoming, Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|announced: u64| announced != part.length()) {
        return Err(refuse(UploadError::WrongLength { length: part.length() }));
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal(body_fault(&error)))?;
        if let Ok(bytes) = frame.into_data() {
            part.push(&bytes).await.map_err(refuse)?;
        }
    }
    Ok(part)
}

/// Completes an upload: the secret waits.
///
/// Asked again within 24 hours, the answer is the same.
#[utoipa::path(
    post,
    operation_id = "complete",
    path = "/v1/uploads/{id}/complete",
    tag = "uploads",
    params(super::openapi::Id),
    security(("upload" = [])),
    responses(
        (status = 201, description = "It waits. Every term that is in force is named.", body = Created),
    ),
)]
pub(super) async fn complete(
    Extract(state): Extract<State>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let token = upload_token(&headers)?;
    let shared = state.service().complete_upload(&id, &token).await.map_err(refuse)?;
    let origin = state.origin().as_str();
    let created = Created::new(origin, &shared.id, shared.reference, &shared.secret);
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

/// Gives an upload up.
///
/// What has come is destroyed.
#[utoipa::path(
    delete,
    operation_id = "giveUp",
    path = "/v1/uploads/{id}",
    tag = "uploads",
    params(super::openapi::Id),
    security(("upload" = [])),
    responses((status = 204, description = "Nothing of it is left.")),
)]
pub(super) async fn give_up(
    Extract(state): Extract<State>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let known = state.service().give_up_upload(&id, &upload_token(&headers)?).await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::Unavailable.into()) }
}

fn upload_token(headers: &HeaderMap) -> Result<UploadToken, Problem> {
    bearer(headers, UploadToken::parse)
}

fn say(progress: Progress) -> Upload {
    let Progress { id, size, parts, until } = progress;
    Upload::new(&id, size, PART, parts, until)
}

/// The id and the number in a path. What cannot be one is answered as what does not exist (R20).
pub(super) struct Which(SecretId, u32);

impl<S: Send + Sync> FromRequestParts<S> for Which {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = Path::<(String, String)>::from_request_parts(parts, state).await;
        let which = text.ok().and_then(|Path((id, number))| {
            let plain = number.bytes().all(|byte| byte.is_ascii_digit());
            plain.then_some(Self(id.parse().ok()?, number.parse().ok()?))
        });
        which.ok_or(Refusal(Problem::Unavailable))
    }
}

fn refuse(error: UploadError) -> Refusal {
    Refusal(match error {
        UploadError::Conflict => Problem::IdempotencyConflict,
        UploadError::Full => Problem::StorageFull { retry_after: 60 },
        UploadError::Incomplete => Problem::Incomplete,
        UploadError::NetworkFull => Problem::QuotaExceeded,
        UploadError::NoSuchPart { count } => {
            Problem::invalid("part", format!("must be a whole number below {count}"))
        }
        UploadError::NotAnEnvelope(fault) => {
            Problem::invalid(ENVELOPE, format!("is not a sealed envelope ({})", fault.code()))
        }
        UploadError::OtherPassphrase => {
            Problem::invalid("passphrase", "must be what the header of the envelope says")
        }
        UploadError::Overtaken => Problem::Overloaded { retry_after: 1 },
        UploadError::TooLarge { limit } => Problem::TooLarge { field: ENVELOPE, limit },
        UploadError::Unavailable => Problem::Unavailable,
        UploadError::WrongLength { length } => {
            Problem::invalid("part", format!("must have exactly {length} bytes"))
        }
        UploadError::Store(error) => return error.into(),
    })
}
