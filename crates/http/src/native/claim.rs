//! `POST /v1/secrets/{id}/claim`: a reader wins one view, and the answer is the envelope itself.

use axum::Extension;
use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use envelope::{ClaimToken, Proof};
use http::{HeaderMap, HeaderValue};
use service::reveal::{Attempt, Revealed};
use wire::Problem;
use wire::secrets::Claim;
use wire::text::rfc3339;

use super::{Id, fetch, json};
use crate::State;
use crate::layers::address::ClientAddress;
use crate::problem::Refusal;

/// Until when the envelope may be fetched again.
const LEASE: &str = "sigill-lease-ends";

/// Wins one view, and gets the envelope.
///
/// Nothing is consumed unless the answer is 200. The same claim asked again with the same token before
/// the lease ends gets the same answer and takes no further view. 403 is for somebody who holds the link
/// and has the wrong passphrase; everybody else gets `unavailable`, for every cause.
#[utoipa::path(
    post,
    operation_id = "claim",
    path = "/v1/secrets/{id}/claim",
    tag = "secrets",
    params(super::openapi::Id),
    request_body(content = Claim, description = "At most 16 KiB."),
    responses(
        (
            status = 200,
            description = "The view is yours: the envelope.",
            body = super::openapi::Envelope,
            content_type = "application/octet-stream",
            headers(
                ("Accept-Ranges" = String, description = "`bytes`"),
                ("Content-Length" = u64, description = "The size of the envelope in bytes"),
                ("Sigill-Lease-Ends" = String, description = "Until when the same token may fetch \
                    the envelope again (RFC 3339). Absent when delivery is strict."),
            ),
        ),
    ),
)]
pub(super) async fn handle(
    Extract(state): Extract<State>,
    Id(id): Id,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let claim: Claim = json(&headers, body).await?;
    let token = ClaimToken::parse(claim.claim_token.expose());
    let wrong = |_| Problem::invalid("claim_token", "must be sgc_ and 44 characters of base58");
    let token = token.map_err(wrong)?;
    let attempt = Attempt {
        id,
        link_proof: &Proof::from_bytes(*claim.link_proof.expose()),
        proof: &Proof::from_bytes(*claim.proof.expose()),
        claim: &token,
        network: &address.network(),
    };
    match state.service().reveal(&attempt).await? {
        Revealed::Envelope { envelope, lease_ends_at } => {
            let mut response = fetch::whole(envelope, state.service());
            let lease = lease_ends_at.and_then(|end| HeaderValue::from_str(&rfc3339(end)).ok());
            if let Some(lease) = lease {
                response.headers_mut().insert(LEASE, lease);
            }
            Ok(response)
        }
        Revealed::PassphraseRejected { left } => {
            Err(Problem::PassphraseRejected { attempts_left: left }.into())
        }
        Revealed::TooManyAttempts { wait } => {
            // Rounded up: whoever waits as long as they are told is let in (R36).
            let retry_after = wait.as_secs().saturating_add(1);
            Err(Problem::TooManyAttempts { retry_after }.into())
        }
        Revealed::Unavailable => Err(Problem::Unavailable.into()),
    }
}
