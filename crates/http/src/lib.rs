//! How it is asked: HTTP in front of the use cases.
//!
//! In reading order: [`listener`] (connections and their bounds), [`layers`] (what every request goes
//! through, in one place and order), [`surface`] (every route as data), [`native`] (`/v1`), `ots` (clients of Onetime Secret), [`pages`] (what people see) and [`assets`]
//! (what their browsers run), put together by [`app`].

pub mod assets;
mod cookies;
mod entering;
mod health;
pub mod layers;
pub mod listener;
pub mod native;
mod ots;
pub mod pages;
mod places;
mod problem;
mod state;
pub mod surface;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use wire::Problem;

use crate::problem::Refusal;
use crate::surface::{Entry, Surface};

pub use crate::pages::letters::Letters;
pub use crate::state::{Origin, OriginFault, State};

/// Everything that this program answers, behind its layers.
pub fn app(state: State) -> Router {
    let routes = rooms()
        .router(&state)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(pages::not_found);
    layers::stack(routes, state)
}

/// Every route of [`app`], as data: from the same registration.
pub fn table() -> Vec<Entry> {
    rooms().table()
}

fn rooms() -> Surface {
    native::routes()
        .merge(ots::routes())
        .merge(pages::routes())
        .merge(assets::routes())
        .merge(health::routes())
}

async fn method_not_allowed() -> Response {
    Refusal(Problem::MethodNotAllowed).into_response()
}
