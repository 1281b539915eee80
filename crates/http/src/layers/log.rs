//! One line a request, from an allowlist: method, route template, status, milliseconds (R94).
//!
//! Never a path, a query, a header, a body or an address: ids are in paths, and what opens is in headers
//! and bodies.

use axum::extract::{MatchedPath, Request, State as Extract};
use axum::middleware::Next;
use axum::response::Response;

use crate::State;

pub(super) async fn write(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = state.service().clock().now();
    let response = next.run(request).await;
    let took = start.until(state.service().clock().now()).as_millis();
    let route = route.as_ref().map_or("unknown route", MatchedPath::as_str);
    tracing::info!(%method, route, status = response.status().as_u16(), ms = took, "request");
    response
}
