//! A problem as an answer, and the only way in which anything fails here.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use service::StoreError;
use wire::problem::{MEDIA_TYPE, Problem};

/// A problem that becomes an answer.
pub(crate) struct Refusal(pub(crate) Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<StoreError> for Refusal {
    /// The store's faults, as far as a client may know them.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self(Problem::Overloaded { retry_after: 1 }),
            StoreError::Undecryptable(_) => {
                tracing::error!("a payload does not open with the server's keys");
                Self(Problem::Undecryptable { retry_after: 60 })
            }
            // Another node may have the key, and this one as soon as its keys are in their place.
            StoreError::NoRing(_) => {
                tracing::error!(%error, "a secret could not be kept");
                Self(Problem::Overloaded { retry_after: 30 })
            }
            // The commit has logged why: a disk that fails, most likely.
            StoreError::Commit(_) => Self(Problem::Overloaded { retry_after: 30 }),
            // Whoever asks again with the same claim token or idempotency key loses nothing.
            StoreError::Bucket(_)
            | StoreError::ForeignBucket
            | StoreError::InDoubt
            | StoreError::Unreachable(_) => {
                tracing::error!(%error, "the store did not do it");
                Self(Problem::Overloaded { retry_after: 5 })
            }
            // It goes on by itself when there is room again.
            ref full if full.is_full() => {
                tracing::error!(%error, "the disk is full");
                Self(Problem::StorageFull { retry_after: 60 })
            }
            StoreError::Engine(_)
            | StoreError::Full
            | StoreError::Occupied(_)
            | StoreError::Statement(_)
            | StoreError::Inconsistent { .. }
            | StoreError::File { .. }
            | StoreError::RowsAffected { .. }
            | StoreError::Closed => {
                tracing::error!(%error, "the store failed");
                Self(Problem::Internal)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = problem.retry_after() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if problem == Problem::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For whoever says the same in other words.
        response.extensions_mut().insert(problem);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};

    fn of(kind: ErrorKind) -> Problem {
        Refusal::from(StoreError::File { path: "secret.keys".into(), source: Error::from(kind) }).0
    }

    /// A disk that is full is no fault of the program's: it goes on when there is room again (R32).
    #[test]
    fn a_full_disk_is_told_as_such_and_any_other_fault_is_not() {
        for full in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            assert!(matches!(of(full), Problem::StorageFull { retry_after: 60 }));
        }
        assert!(matches!(of(ErrorKind::PermissionDenied), Problem::Internal));
    }
}
