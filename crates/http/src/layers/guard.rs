//! Who may ask, judged before the handler: the guard of each route.
//!
//! It stands on the route that the router has matched, with the access that the route declares, and refuses
//! what it does not know.

use axum::Extension;
use axum::extract::{Request, State as Extract};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use wire::Problem;

use super::address::ClientAddress;
use super::limits::{self, Class};
use crate::State;
use crate::problem::Refusal;
use crate::surface::{Access, Entry};

/// Puts the limit and the guard of a route before its handler. A route that everybody may ask, or that judges
/// a token itself, has its limit and nothing more.
pub(crate) fn before(
    handler: MethodRouter<State>,
    state: &State,
    entry: &Entry,
) -> MethodRouter<State> {
    match entry.access {
        Access::Capability | Access::Classic | Access::Creating | Access::Open => {
            limits::before(handler, state, entry.class)
        }
        Access::Administrator
        | Access::Asker(_)
        | Access::AskerConfirmed(_)
        | Access::Confirmed
        | Access::Half
        | Access::Person => {
            handler.route_layer(from_fn_with_state((state.clone(), entry.class), check))
        }
    }
}

async fn check(
    Extract((state, class)): Extract<(State, Class)>,
    Extension(address): Extension<ClientAddress>,
    request: Request,
    next: Next,
) -> Response {
    drop((request, next));
    match limits::pass(&state, class, &address).await {
        Ok(()) => Refusal(Problem::NotFound).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
