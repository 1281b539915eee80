//! `GET /v1/secrets/{id}/envelope`: what a claim has won, once more, whole or from a byte on.

use axum::body::Body;
use axum::extract::State as Extract;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};
use service::{Envelope, Service, StoreError};
use std::sync::Arc;
use wire::Problem;

use super::{Id, claim_token};
use crate::State;
use crate::problem::Refusal;

/// Fetches again what a claim has won, whole or from a byte on.
///
/// For an answer that was lost or broke off, until the lease ends or the delivery is acknowledged. It
/// takes no view.
#[utoipa::path(
    get,
    operation_id = "fetch",
    path = "/v1/secrets/{id}/envelope",
    tag = "secrets",
    params(super::openapi::Id, super::openapi::Span),
    security(("claim" = [])),
    responses(
        (
            status = 200,
            description = "The envelope: without a range, or with one that is not understood.",
            body = super::openapi::Envelope,
            content_type = "application/octet-stream",
            headers(
                ("Accept-Ranges" = String, description = "`bytes`"),
                ("Content-Length" = u64, description = "The size of the envelope in bytes"),
            ),
        ),
        (
            status = 206,
            description = "The range.",
            body = super::openapi::Envelope,
            content_type = "application/octet-stream",
            headers(
                ("Accept-Ranges" = String, description = "`bytes`"),
                ("Content-Length" = u64, description = "The size of the range in bytes"),
                ("Content-Range" = String, description = "For instance `bytes 65536-99999/100000`"),
            ),
        ),
    ),
)]
pub(super) async fn handle(
    Extract(state): Extract<State>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let claim = claim_token(&headers)?;
    let found = state.service().fetch_again(&id, &claim).await?;
    let envelope = found.ok_or(Problem::Unavailable)?;
    let size = envelope.size();
    let Some(range) = headers.get(RANGE) else { return Ok(whole(envelope, state.service())) };
    match range.to_str().ok().and_then(|range| parse(range, size)) {
        Some(Ok((first, last))) => {
            let mut response = part(envelope, first, last, state.service());
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = HeaderValue::from_str(&format!("bytes {first}-{last}/{size}"));
            if let Ok(range) = range {
                response.headers_mut().insert(CONTENT_RANGE, range);
            }
            Ok(response)
        }
        Some(Err(problem)) => Err(problem.into()),
        // A range that cannot be read is ignored (RFC 9110, section 14.2).
        None => Ok(whole(envelope, state.service())),
    }
}

/// `bytes=first-last`, `bytes=first-` or `bytes=-suffix`, as first and last byte.
pub(super) fn parse(range: &str, size: u64) -> Option<Result<(u64, u64), Problem>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = size.saturating_sub(1);
    let (first, last) = match (first, last) {
        ("", suffix) => {
            let suffix: u64 = suffix.parse().ok()?;
            if suffix == 0 {
                return Some(Err(Problem::RangeNotSatisfiable));
            }
            (size.saturating_sub(suffix), end)
        }
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<u64>().ok()?.min(end)),
    };
    if first >= size {
        return Some(Err(Problem::RangeNotSatisfiable));
    }
    (first <= last).then_some(Ok((first, last)))
}

/// The whole envelope as an answer.
pub(super) fn whole(envelope: Envelope, service: &Service) -> Response {
    let last = envelope.size().saturating_sub(1);
    part(envelope, 0, last, service)
}

fn part(envelope: Envelope, first: u64, last: u64, service: &Service) -> Response {
    let length = last.saturating_add(1).saturating_sub(first);
    let body = match envelope {
        Envelope::Small(bytes) => {
            let bytes = Bytes::from(bytes);
            let [from, to] = [first, last.saturating_add(1)]
                .map(|at| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len()));
            Body::from(bytes.slice(from..to))
        }
        Envelope::Large(reader) => {
            let (reader, service) = (Arc::new(reader), service.clone());
            let end = last.saturating_add(1);
            Body::from_stream(stream::try_unfold(first, move |position| {
                let (reader, service) = (Arc::clone(&reader), service.clone());
                async move {
                    if position >= end {
                        return Ok::<_, StoreError>(None);
                    }
                    let read = reader.read_from(position).await;
                    if let Err(error) = &read {
                        service.note_fault(error).await;
                    }
                    let mut bytes = read?;
                    let room = usize::try_from(end.saturating_sub(position)).unwrap_or(usize::MAX);
                    bytes.truncate(room);
                    let next = position.saturating_add(u64::try_from(bytes.len()).unwrap_or(0));
                    Ok((!bytes.is_empty()).then(|| (Bytes::from(bytes), next)))
                }
            }))
        }
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        let read = |range| parse(range, 1000);
        assert_eq!(read("bytes=0-99"), Some(Ok((0, 99))));
        assert_eq!(read("bytes=990-2000"), Some(Ok((990, 999))));
        assert_eq!(read("bytes=500-"), Some(Ok((500, 999))));
        assert_eq!(read("bytes=-10"), Some(Ok((990, 999))));
        assert_eq!(read("bytes=-5000"), Some(Ok((0, 999))));
        assert_eq!(read("bytes=1000-"), Some(Err(Problem::RangeNotSatisfiable)));
        assert_eq!(read("bytes=-0"), Some(Err(Problem::RangeNotSatisfiable)));
        for ignored in ["bytes=5-1", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes=-"] {
            assert_eq!(read(ignored), None, "{ignored}");
        }
    }
}
