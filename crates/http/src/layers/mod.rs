//! What every request goes through, in one place and one order.
//!
//! From the outside in: security headers on whatever comes out; a panic becomes an answer; the log; the
//! number of requests at once; framing that two servers could read in two ways; who is asking; which
//! host is asked; whether another site sent it; and a body that must not come too slowly. Rate limits
//! belong to routes ([`limits`]), because each class of routes has its own.

pub mod address;
mod cross_site;
mod framing;
mod headers;
mod host;
pub mod limits;
mod load;
mod log;
pub(crate) mod slow;

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
        .layer(from_fn_with_state(load::Load::default(), load::bound))
        .layer(from_fn(framing::check))
        .layer(from_fn_with_state(state.clone(), address::find))
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(from_fn(cross_site::check))
        .layer(slow::layer());
    routes.layer(layers).with_state(state)
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    drop(panic);
    tracing::error!("a request panicked");
    Refusal(Problem::Internal).into_response()
}
