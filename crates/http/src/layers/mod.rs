//! What every request goes through, in one place and one order.
//!
//! From the outside in: security headers on whatever comes out; a panic becomes an answer; the log; the
//! refusals of what could not be read; who is asking; the number of requests at once; which host is
//! asked; and whether another site sent it. Rate limits belong to routes ([`limits`]), because each class
//! of routes has its own.

pub mod address;
mod cross_site;
mod framing;
mod headers;
mod host;
pub mod limits;
pub(crate) mod load;
mod log;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use wire::Problem;

use crate::State;
use crate::problem::Refusal;

/// Puts the layers around the routes.
pub(crate) fn stack(routes: Router<State>, state: State) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), headers::add))
        .layer(from_fn_with_state(state.clone(), log::write))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(framing::check))
        .layer(from_fn_with_state(state.clone(), address::find))
        .layer(from_fn(load::bound))
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(from_fn(cross_site::check));
    routes.layer(layers).with_state(state)
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    drop(panic);
    tracing::error!("a request panicked");
    Refusal(Problem::Internal).into_response()
}
