//! Framing that two servers could read in two ways is refused, and the connection closed.
//!
//! hyper refuses most of it before it gets here; this is what it lets through.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Version};
use wire::Problem;

use crate::problem::Refusal;

pub(super) async fn check(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let both = headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
    let lengths = headers.get_all(CONTENT_LENGTH).iter().count();
    let hosts = headers.get_all(HOST).iter().count();
    let hostless = request.version() == Version::HTTP_11 && hosts != 1;
    if both || lengths > 1 || hosts > 1 || hostless {
        let mut response =
            Refusal(Problem::Malformed { reason: "its framing is ambiguous" }).into_response();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    next.run(request).await
}
