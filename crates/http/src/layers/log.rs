//! One line a request, from an allowlist: method, route template, status, milliseconds (R94).
//!
//! Never a path, a query, a header, a body or an address: ids are in paths, and what opens is in headers
//! and bodies.

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use domain::Timestamp;
use http::Method;

use crate::State;

/// What is known about a request before it is answered.
pub(super) struct Line {
    method: &'static str,
    route: Option<MatchedPath>,
    start: Timestamp,
}

impl Line {
    pub(super) fn begin(state: &State, request: &Request) -> Self {
        Self {
            method: name(request.method()),
            route: request.extensions().get::<MatchedPath>().cloned(),
            start: state.service().clock().now(),
        }
    }

    pub(super) fn end(self, state: &State, response: &Response) {
        let Self { method, route, start } = self;
        let took = start.until(state.service().clock().now()).as_millis();
        let route = route.as_ref().map_or("unknown route", MatchedPath::as_str);
        tracing::info!(method, route, status = response.status().as_u16(), ms = took, "request");
    }
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
