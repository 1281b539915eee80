//! How many requests run at once, altogether and for one network. More are turned away at once, and
//! health checks go on (law 10).
//!
//! A request runs until its answer has been read: its place goes with the answer. Creations have fewer
//! places than there are, so that slow senders cannot keep readers from opening.

use std::sync::Arc;

use axum::extract::Request;
use http::Method;
use wire::Problem;

use super::address::ClientAddress;
use crate::listener::Arrival;
use crate::places::Place;
use crate::problem::Refusal;

/// The place of a request, and the one among creations. Its answer holds them until it has been read.
#[derive(Clone)]
pub(crate) struct HeldPlace(#[expect(dead_code, reason = "held")] Arc<(Place, Option<Place>)>);

/// A place for a request, if it needs one.
pub(super) fn place(request: &Request) -> Result<Option<HeldPlace>, Refusal> {
    let probe = matches!(request.uri().path(), "/healthz" | "/readyz");
    let arrival = request.extensions().get::<Arrival>().filter(|_| !probe);
    let Some(arrival) = arrival else { return Ok(None) };
    let network = request.extensions().get::<ClientAddress>().map(ClientAddress::network);
    let full = || Refusal(Problem::Overloaded { retry_after: 1 });
    let creation = if is_creation(request) {
        Some(arrival.creations.take(network.clone()).ok_or_else(full)?)
    } else {
        None
    };
    let place = arrival.requests.take(network).ok_or_else(full)?;
    Ok(Some(HeldPlace(Arc::new((place, creation)))))
}

fn is_creation(request: &Request) -> bool {
    let path = request.uri().path();
    (request.method() == Method::POST && path == "/v1/secrets")
        || (request.method() == Method::PUT && path.starts_with("/v1/uploads/"))
}
