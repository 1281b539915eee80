//! How many requests run at once, altogether and for one network. More are turned away at once, and
//! health checks go on (law 10).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use wire::Problem;

use super::address::ClientAddress;
use crate::listener::Arrival;
use crate::problem::Refusal;

pub(super) async fn bound(request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return next.run(request).await;
    }
    let client = request.extensions().get::<ClientAddress>().map(ClientAddress::network);
    let places = request.extensions().get::<Arrival>().map(|arrival| &arrival.requests);
    let Some(_place) = places.map_or(Some(None), |places| places.take(client).map(Some)) else {
        return Refusal(Problem::Overloaded { retry_after: 1 }).into_response();
    };
    next.run(request).await
}
