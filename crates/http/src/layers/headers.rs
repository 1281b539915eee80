//! Security headers on every answer, errors included, with no switch to turn them off (R88).
//!
//! A handler that sets one of them itself (pages their policy, assets their caching) keeps it. What
//! means something only where an answer is a document is left out of an answer that says that it is none
//! ([`PartOfPage`]): a page has twenty of those.

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};

use crate::State;

/// An answer that pages are made of: a module, a style, a drawing.
#[derive(Clone, Copy)]
pub(crate) struct PartOfPage;

const HEADERS: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

const OF_DOCUMENTS: [(HeaderName, &str); 5] = [
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (EMBEDDER, "require-corp"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// What a document, and a worker, may take from elsewhere.
pub(crate) const EMBEDDER: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");

/// Two years, for this host alone: what its neighbours serve is not ours to say.
const TRANSPORT: &str = "max-age=63072000";

pub(super) fn add(state: &State, response: &mut Response) {
    let is_part = response.extensions().get::<PartOfPage>().is_some();
    let headers = response.headers_mut();
    for (name, value) in HEADERS.iter().chain(OF_DOCUMENTS.iter().filter(|_| !is_part)) {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if state.origin().is_secure() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT));
    }
}
