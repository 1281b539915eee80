//! What every request goes through, in one place and one order.
//!
//! From the outside in: security headers on whatever comes out; the log; a panic becomes an answer; and
//! then [`admit`]: the refusals of what could not be read, who is asking, the number of requests at
//! once, which host is asked, and whether another site sent it. Rate limits belong to routes
//! ([`limits`]), because each class of routes has its own.
//!
//! A layer of its own costs each request some allocations. So what only looks at a request is a function
//! that one layer calls.

pub mod address;
mod cross_site;
mod framing;
pub(crate) mod guard;
pub(crate) mod headers;
mod host;
pub mod limits;
pub(crate) mod load;
mod log;

use axum::Router;
use axum::extract::{Request, State as Extract};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use wire::Problem;

use crate::State;
use crate::pages::Person;
use crate::problem::Refusal;

/// Puts the layers around the routes.
pub(crate) fn stack(routes: Router<State>, state: State) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), watch))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), admit));
    routes.layer(layers).with_state(state)
}

/// What happens to every answer. A person reads a problem as a page, with the same status and headers.
async fn watch(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let line = log::Line::begin(&state, &request);
    let person = Person::behind(&request);
    let mut response = next.run(request).await;
    line.end(&state, &response);
    if let Some(person) = person {
        response = person.told(response);
    }
    headers::add(&state, &mut response);
    response
}

/// What every request must pass, in this order.
async fn admit(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    if let Some(refusal) = framing::refuse(&request) {
        return refusal;
    }
    address::find(&state, &mut request);
    let place = match load::place(&request) {
        Ok(place) => place,
        Err(refusal) => return refusal.into_response(),
    };
    if let Some(place) = &place {
        // For work that goes on when the client has gone.
        request.extensions_mut().insert(place.clone());
    }
    let judged = host::check(&state, &request).and_then(|()| cross_site::check(&request));
    let mut response = match judged {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    if let Some(place) = place {
        response.extensions_mut().insert(place);
    }
    response
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    drop(panic);
    tracing::error!("a request panicked");
    Refusal(Problem::Internal).into_response()
}
