//! A body that stops coming is given up.

use std::time::Duration;

use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutError};

/// How long nothing of a body may come.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) fn layer() -> RequestBodyTimeoutLayer {
    RequestBodyTimeoutLayer::new(SILENCE)
}

/// Whether a body failed because it stopped coming.
pub(crate) fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(<dyn std::error::Error>::is::<TimeoutError>)
}
