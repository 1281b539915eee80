//! Requests that were refused before they were read, and what HTTP/2 leaves to be judged.
//!
//! The listener's gate judges every HTTP/1 head and marks what it refuses; the refusal is said here, so
//! that it has the headers of every answer. The connection ends with it.

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONNECTION, HOST};
use http::{HeaderValue, Version};
use wire::Problem;

use crate::listener::{Arrival, Fault};
use crate::problem::Refusal;

/// The answer to a request that is refused.
pub(super) fn refuse(request: &Request) -> Option<Response> {
    let arrival = request.extensions().get::<Arrival>();
    let problem = match arrival.and_then(|arrival| arrival.fault) {
        Some(Fault::Malformed(reason)) => Problem::Malformed { reason },
        Some(Fault::TooLarge) => {
            Problem::HeadersTooLarge { limit: arrival.map_or(0, |arrival| arrival.head_bytes) }
        }
        Some(Fault::TooSlow) => Problem::Timeout,
        None if request.headers().get_all(HOST).iter().count() > 1 => {
            Problem::Malformed { reason: "Host is there twice" }
        }
        None => return None,
    };
    let mut response = Refusal(problem).into_response();
    if request.version() < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Some(response)
}
