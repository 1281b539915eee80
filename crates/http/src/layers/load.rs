//! How many requests run at once, altogether and for one network. More are turned away at once, and
//! health checks go on (law 10).
//!
//! A request runs until its answer has been read: its place goes with the answer. Creations have fewer
//! places than there are, so that slow senders cannot keep readers from opening.

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::Method;
use wire::Problem;

use super::address::ClientAddress;
use crate::listener::Arrival;
use crate::problem::Refusal;
use crate::shares::Place;

pub(super) async fn bound(request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    let network = request.extensions().get::<ClientAddress>().map(ClientAddress::network);
    let Some(arrival) = request.extensions().get::<Arrival>() else {
        return next.run(request).await;
    };
    let Some(place) = arrival.requests.take(network.clone()) else { return overloaded() };
    let creation = if is_creation(&request) {
        let Some(place) = arrival.creations.take(network) else { return overloaded() };
        Some(place)
    } else {
        None
    };
    let mut response = next.run(request).await;
    drop(creation);
    response.extensions_mut().insert(HeldPlace(Arc::new(place)));
    response
}

/// The place of a request, which its answer holds until it has been read.
#[derive(Clone)]
pub(crate) struct HeldPlace(#[expect(dead_code, reason = "held, not read")] Arc<Place>);

fn overloaded() -> Response {
    Refusal(Problem::Overloaded { retry_after: 1 }).into_response()
}

fn is_creation(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path() == "/v1/secrets"
}
