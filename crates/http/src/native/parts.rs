//! The two parts of a creation, read as they come.
//!
//! The library that reads multipart bodies gathers whatever it has to search: what comes before the first
//! part, and the heads of parts, however long they are. Here it gets its bytes in small pieces, and no
//! more of them than a head may have before it finds something (law 10).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use multer::{Constraints, Field, Multipart, SizeLimit};
use wire::Problem;

use super::{JSON, body_fault};

/// How much the library gets at once. It searches all that it has gathered each time.
const PIECE: usize = 32 * 1024;
/// How much it gets before it must have found something: the terms and their head, and a piece more.
const PATIENCE: usize = 96 * 1024;

/// The longest boundary (RFC 2046, section 5.1.1). It is searched for in every piece.
const BOUNDARY: usize = 70;
/// What the least piece counts as: each piece costs a search of everything before it.
const LEAST: usize = 64;

/// A multipart body, part by part.
pub(super) struct Parts {
    body: Multipart<'static>,
    progress: Progress,
}

/// One part.
pub(super) struct Part {
    field: Field<'static>,
    progress: Progress,
}

impl Parts {
    /// Begins to read `body`, whose type is in `headers`.
    pub(super) fn new(headers: &HeaderMap, body: Body) -> Result<Self, Problem> {
        let wrong = || Problem::UnsupportedMediaType { expected: "multipart/form-data" };
        let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(value.ok_or_else(wrong)?).map_err(|_| wrong())?;
        if boundary.len() > BOUNDARY {
            return Err(Problem::Malformed { reason: "the boundary has more than 70 characters" });
        }
        let json = u64::try_from(JSON).unwrap_or(0);
        let constraints = Constraints::new().size_limit(SizeLimit::new().for_field("terms", json));
        let progress = Progress::default();
        let pieces = Pieces {
            body: body.into_data_stream(),
            rest: Bytes::new(),
            paused: false,
            progress: progress.clone(),
        };
        Ok(Self { body: Multipart::with_constraints(pieces, boundary, constraints), progress })
    }

    /// The next part, which must have this name.
    pub(super) async fn next(&mut self, name: &'static str) -> Result<Part, Problem> {
        let field = self.field().await?.filter(|field| field.name() == Some(name));
        let reason = match name {
            "terms" => "the first part must be named terms",
            _ => "the second part must be named envelope",
        };
        let field = field.ok_or(Problem::Malformed { reason })?;
        Ok(Part { field, progress: self.progress.clone() })
    }

    /// Nothing may follow.
    pub(super) async fn end(&mut self) -> Result<(), Problem> {
        match self.field().await? {
            None => Ok(()),
            Some(_) => Err(Problem::Malformed { reason: "a part follows the envelope" }),
        }
    }

    async fn field(&mut self) -> Result<Option<Field<'static>>, Problem> {
        let field = self.body.next_field().await.map_err(|error| fault(&error))?;
        self.progress.made();
        Ok(field)
    }
}

impl Part {
    /// The next bytes of its content. `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        let chunk = self.field.chunk().await.map_err(|error| fault(&error))?;
        self.progress.made();
        Ok(chunk)
    }

    /// All of a small content.
    pub(super) async fn whole(mut self) -> Result<Vec<u8>, Problem> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.chunk().await? {
            whole.extend_from_slice(&bytes);
        }
        Ok(whole)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other fault is one of framing")]
fn fault(error: &multer::Error) -> Problem {
    match error {
        multer::Error::FieldSizeExceeded { limit, .. } => {
            Problem::TooLarge { field: "terms", limit: *limit }
        }
        multer::Error::StreamReadFailed(inner) if inner.is::<Lost>() => Problem::Malformed {
            reason: "the parts of the body are not found where they should be",
        },
        multer::Error::StreamReadFailed(inner) => body_fault(&**inner),
        _ => Problem::Malformed { reason: "the body is not multipart/form-data" },
    }
}

/// How many bytes were handed over since something was found in them.
#[derive(Clone, Default)]
struct Progress(Arc<AtomicUsize>);

impl Progress {
    fn made(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn hand_over(&self, bytes: usize) -> bool {
        self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= PATIENCE
    }
}

/// A body in which nothing is found.
#[derive(Debug, thiserror::Error)]
#[error("nothing was found in the body")]
struct Lost;

/// A body in small pieces.
struct Pieces {
    body: axum::body::BodyDataStream,
    rest: Bytes,
    paused: bool,
    progress: Progress,
}

impl Stream for Pieces {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.paused) {
            // The library takes all that is ready: let it search what it has first.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut this.body).poll_next(context)) {
                Some(Ok(bytes)) => this.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        this.paused = true;
        Poll::Ready(Some(if this.progress.hand_over(piece.len().max(LEAST)) {
            Ok(piece)
        } else {
            Err(Box::new(Lost))
        }))
    }
}
