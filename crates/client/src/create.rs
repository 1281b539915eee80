//! Creating: terms and envelope go out as two parts of one body, which streams.
//!
//! Every attempt carries the same idempotency key and the same bytes, so a creation whose answer was
//! lost is asked again without being made twice.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, stream};
use http_body::{Body, Frame, SizeHint};
use reqwest::header::CONTENT_TYPE;
use tokio::time::sleep;
use wire::secrets::{Created, Terms};

use crate::transport::{PATIENCE, accept, again, json};
use crate::{Client, Error};

/// The bytes of an envelope, in order.
pub type Sealed = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send + Sync>>;

/// An envelope that is in memory.
pub fn once(sealed: Bytes) -> Sealed {
    Box::pin(stream::once(std::future::ready(Ok(sealed))))
}

/// Names one creation, so that the server knows it again.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes 16 fresh random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }
}

/// What is to be created.
pub struct Creation<'a> {
    /// What the sender asks for.
    pub terms: &'a Terms,
    /// How long the envelope is, in bytes.
    pub length: u64,
    /// The same for every attempt.
    pub key: IdempotencyKey,
}

impl Client {
    /// Creates a secret. `envelope` starts the envelope's bytes over, always the same ones, for every
    /// attempt. When the connection is lost, two more attempts are made.
    pub async fn create(
        &self,
        creation: &Creation<'_>,
        mut envelope: impl FnMut() -> Sealed,
    ) -> Result<Created, Error> {
        let terms = serde_json::to_string(creation.terms);
        let terms = terms.map_err(|error| Error::Source(error.into()))?;
        again(|| self.attempt(creation, &terms, envelope())).await
    }

    async fn attempt(
        &self,
        creation: &Creation<'_>,
        terms: &str,
        envelope: Sealed,
    ) -> Result<Created, Error> {
        let Creation { length, key: IdempotencyKey(key), .. } = creation;
        let motion = Arc::new(Motion::default());
        let upload = Upload {
            head: Some(Bytes::from(head(key, terms))),
            envelope,
            left: *length,
            tail: Some(Bytes::from(format!("\r\n--{key}--\r\n"))),
            motion: Arc::clone(&motion),
        };
        let request = self
            .post("/v1/secrets")
            .header("idempotency-key", key)
            .header(CONTENT_TYPE, format!("multipart/form-data; boundary={key}"))
            .body(reqwest::Body::wrap(upload));
        let sent = tokio::select! {
            sent = request.send() => sent,
            () = motion.silence() => return Err(Error::Lost),
        };
        if let Some(fault) = motion.fault() {
            return Err(Error::Source(fault));
        }
        json(accept(sent?).await?).await
    }
}

/// The key is as good a boundary as any: 128 random bits that no envelope holds.
fn head(key: &str, terms: &str) -> String {
    format!(
        "--{key}\r\nContent-Disposition: form-data; name=\"terms\"\r\n\
         Content-Type: application/json\r\n\r\n{terms}\r\n\
         --{key}\r\nContent-Disposition: form-data; name=\"envelope\"; filename=\"envelope\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
}

/// What the upload tells while it is on its way.
#[derive(Default)]
pub(crate) struct Motion {
    beats: AtomicU64,
    fault: Mutex<Option<io::Error>>,
}

impl Motion {
    /// Something moves.
    pub(crate) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until nothing has moved for too long.
    pub(crate) async fn silence(&self) {
        loop {
            let before = self.beats.load(Ordering::Relaxed);
            sleep(PATIENCE).await;
            if self.beats.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }

    fn fault(&self) -> Option<io::Error> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The body: the head, the envelope, the tail.
struct Upload {
    head: Option<Bytes>,
    envelope: Sealed,
    left: u64,
    tail: Option<Bytes>,
    motion: Arc<Motion>,
}

impl Upload {
    fn fail(&self, fault: io::Error) -> io::Error {
        let told = io::Error::from(fault.kind());
        *self.motion.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        told
    }
}

fn size(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        this.motion.beat();
        if let Some(head) = this.head.take() {
            return Poll::Ready(Some(Ok(Frame::data(head))));
        }
        if this.left > 0 {
            let Poll::Ready(next) = this.envelope.as_mut().poll_next(context) else {
                return Poll::Pending;
            };
            let next = next.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
            let next = next.and_then(|bytes| {
                let over = || io::Error::new(io::ErrorKind::InvalidData, "longer than announced");
                this.left = this.left.checked_sub(size(&bytes)).ok_or_else(over)?;
                Ok(Frame::data(bytes))
            });
            return Poll::Ready(Some(next.map_err(|fault| this.fail(fault))));
        }
        Poll::Ready(this.tail.take().map(|tail| Ok(Frame::data(tail))))
    }

    fn is_end_stream(&self) -> bool {
        self.tail.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = [&self.head, &self.tail].into_iter().flatten().map(size);
        SizeHint::with_exact(rest.fold(self.left, u64::saturating_add))
    }
}
