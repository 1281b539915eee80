//! One line a request, from an allowlist: method, route template, status, milliseconds (R94).
//!
//! Never a path, a query, a header, a body or an address: ids are in paths, and what opens is in headers
//! and bodies.

use axum::extract::{MatchedPath, Request, State as Extract};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;

use crate::State;

pub(super) async fn write(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let method = name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = state.service().clock().now();
    let response = next.run(request).await;
    let took = start.until(state.service().clock().now()).as_millis();
    let route = route.as_ref().map_or("unknown route", MatchedPath::as_str);
    tracing::info!(method, route, status = response.status().as_u16(), ms = took, "request");
    response
}

/// The method, if it is one that HTTP knows. A client may write anything in its place.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::CONNECT => "CONNECT",
        Method::DELETE => "DELETE",
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::TRACE => "TRACE",
        _ => "another method",
    }
}
