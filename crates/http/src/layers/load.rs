//! How many requests run at once. More are turned away at once, and health checks go on (law 10).

use std::sync::Arc;

use axum::extract::{Request, State as Extract};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;
use wire::Problem;

use crate::problem::Refusal;

/// The most requests at once.
const REQUESTS: usize = 2048;

#[derive(Clone)]
pub(super) struct Load(Arc<Semaphore>);

impl Default for Load {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(REQUESTS)))
    }
}

pub(super) async fn bound(Extract(load): Extract<Load>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/healthz" {
        return next.run(request).await;
    }
    let Ok(_place) = load.0.try_acquire() else {
        return Refusal(Problem::Overloaded { retry_after: 1 }).into_response();
    };
    next.run(request).await
}
