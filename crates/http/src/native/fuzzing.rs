//! What fuzz targets call: the readers of creations, ranges and headers. Built for them alone.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use wire::Problem;
use wire::secrets::Terms;

use super::parts::Parts;

/// Reads a creation whose body comes in these pieces: the terms, and the bytes of the envelope.
pub fn creation(content_type: &[u8], pieces: Vec<Vec<u8>>) -> Result<(Terms, Vec<u8>), Problem> {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    let pieces = pieces.into_iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
    let body = Body::from_stream(stream::iter(pieces));
    let mut reading = pin!(read(&headers, body));
    let mut context = Context::from_waker(Waker::noop());
    // Everything is there: it only ever waits for itself.
    loop {
        if let Poll::Ready(read) = reading.as_mut().poll(&mut context) {
            return read;
        }
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<(Terms, Vec<u8>), Problem> {
    let mut parts = Parts::new(headers, body)?;
    let terms: Terms = wire::parse(&parts.next("terms").await?.whole().await?)?;
    let mut envelope = Vec::new();
    {
        let mut part = parts.next("envelope").await?;
        while let Some(bytes) = part.chunk().await? {
            envelope.extend_from_slice(&bytes);
        }
    }
    parts.end().await?;
    Ok((terms, envelope))
}

/// The first and the last byte that a `Range` header asks for. `None` when it is ignored.
pub fn range(header: &str, size: u64) -> Option<Result<(u64, u64), Problem>> {
    super::fetch::parse(header, size)
}

/// The idempotency key of a request.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    super::create::idempotency_key(headers)
}

/// Whether a request shows a receipt token, and whether it shows a claim token.
pub fn tokens(headers: &HeaderMap) -> (bool, bool) {
    (super::receipt_token(headers).is_ok(), super::claim_token(headers).is_ok())
}
