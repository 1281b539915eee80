//! Uploading: a large envelope goes out in parts, and a line that breaks costs no more than a part.
//!
//! One part is in memory at a time. A part is the same bytes however often it is sent, and one that is
//! safe already is not replaced, so every step may be made again.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use envelope::UploadToken;
use futures_util::StreamExt as _;
use http_body::{Body, Frame, SizeHint};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use wire::secrets::{Created, Terms};
use wire::text::Bytes32;
use wire::uploads::{Beginning, Upload};

use crate::create::Motion;
use crate::transport::{accept, bearer, json};
use crate::{Client, Error, Sealed};

/// How much of a part is handed to the connection at once.
const PIECE: usize = 64 * 1024;
/// The largest part that a server may ask for.
const LARGEST: u64 = 64 * 1024 * 1024;

/// What is told while an envelope is on its way: how many bytes were handed to the connection.
pub type Told = dyn Fn(u64) + Send + Sync;

/// What is to be created.
pub struct Parts<'a> {
    /// What the sender asks for.
    pub terms: Terms,
    /// How long the envelope is, in bytes.
    pub length: u64,
    /// Whether a passphrase is needed, as the envelope's header says.
    pub passphrase: bool,
    /// Made for this upload alone.
    pub token: &'a UploadToken,
}

impl Client {
    /// Creates a secret from an envelope that goes out in parts. What is lost on the way is sent again, as
    /// often as the client's [`Pauses`](crate::Pauses) say. An upload that fails is given up.
    pub async fn upload(
        &self,
        parts: Parts<'_>,
        mut envelope: Sealed,
        told: &Arc<Told>,
    ) -> Result<Created, Error> {
        let beginning = Beginning {
            terms: parts.terms,
            size: parts.length,
            passphrase: parts.passphrase,
            token_hash: Bytes32::new(*parts.token.hash().as_bytes()),
        };
        let begin = serde_json::to_vec(&beginning).map_err(|error| Error::Source(error.into()))?;
        let begin = Bytes::from(begin);
        let upload: Upload = self
            .persist(|| async {
                let request = self.post("/v1/uploads").header(CONTENT_TYPE, "application/json");
                json(self.send(request.body(begin.clone())).await?).await
            })
            .await?;
        let path = format!("/v1/uploads/{}", upload.id);
        let value = bearer(&parts.token.expose())?;
        let shown = |request: RequestBuilder| request.header(AUTHORIZATION, value.clone());
        let sent = async {
            self.send_parts(&upload, &path, &shown, &mut envelope, told).await?;
            self.persist(|| async {
                json(self.send(shown(self.post(&format!("{path}/complete")))).await?).await
            })
            .await
        };
        let created = sent.await;
        if created.is_err() {
            // Nobody goes on with it; the server gives it up by itself in a while.
            drop(self.send(shown(self.delete(&path))).await);
        }
        created
    }

    async fn send_parts(
        &self,
        upload: &Upload,
        path: &str,
        shown: &(impl Fn(RequestBuilder) -> RequestBuilder + Sync),
        envelope: &mut Sealed,
        told: &Arc<Told>,
    ) -> Result<(), Error> {
        if upload.part_bytes == 0 || upload.part_bytes > LARGEST {
            return Err(Error::Foreign { status: 201 });
        }
        let mut held = BytesMut::new();
        let mut position = 0_u64;
        for number in 0..upload.size.div_ceil(upload.part_bytes) {
            let length = upload.size.saturating_sub(position).min(upload.part_bytes);
            let part = gather(envelope, &mut held, length).await?;
            let place = format!("{path}/parts/{number}");
            if !upload.parts.iter().any(|there| u64::from(*there) == number) {
                self.persist(|| async {
                    let request = shown(self.put(&place));
                    self.send_part(request, part.clone(), position, told).await.map(drop)
                })
                .await?;
            }
            position = position.saturating_add(length);
            told(position);
        }
        Ok(())
    }

    async fn send_part(
        &self,
        request: RequestBuilder,
        part: Bytes,
        position: u64,
        told: &Arc<Told>,
    ) -> Result<Response, Error> {
        let motion = Arc::new(Motion::default());
        let pieces = Pieces { part, position, told: Arc::clone(told), motion: Arc::clone(&motion) };
        let request = request.header(CONTENT_TYPE, "application/octet-stream");
        let sent = tokio::select! {
            sent = request.body(reqwest::Body::wrap(pieces)).send() => sent,
            () = motion.silence() => return Err(Error::Lost),
        };
        accept(sent?).await
    }

    /// Makes a call that may be repeated without harm until it succeeds or there were enough tries.
    async fn persist<T, F: Future<Output = Result<T, Error>>>(
        &self,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Error> {
        let mut failed = 0_u32;
        loop {
            match call().await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    failed = failed.saturating_add(1);
                    self.pauses().wait(failed, error).await?;
                }
            }
        }
    }
}

/// The next `length` bytes of the envelope.
async fn gather(envelope: &mut Sealed, held: &mut BytesMut, length: u64) -> Result<Bytes, Error> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    while held.len() < length {
        let short = || Err(std::io::ErrorKind::UnexpectedEof.into());
        let bytes = envelope.next().await.unwrap_or_else(short).map_err(Error::Source)?;
        held.extend_from_slice(&bytes);
    }
    Ok(held.split_to(length).freeze())
}

/// The body of a part, handed over piece by piece.
struct Pieces {
    part: Bytes,
    position: u64,
    told: Arc<Told>,
    motion: Arc<Motion>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        this.motion.beat();
        (this.told)(this.position);
        if this.part.is_empty() {
            return Poll::Ready(None);
        }
        let piece = this.part.split_to(this.part.len().min(PIECE));
        let length = u64::try_from(piece.len()).unwrap_or(0);
        this.position = this.position.saturating_add(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.part.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.part.len()).unwrap_or(u64::MAX))
    }
}
