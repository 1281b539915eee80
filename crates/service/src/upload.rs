//! Upload: a large envelope comes in parts, and becomes a secret when all of them are safe.
//!
//! A part counts when it is on disk and its row is committed; whatever happens between two parts, a sender
//! asks which are there and sends the rest. Nobody but the holder of the upload token learns that there is
//! an upload, and nobody opens anything before it is complete. Its bytes count against the quota from the
//! start, and the lifetime of the secret runs from there as well. What is not completed in time is swept.

use std::time::Duration;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::hashes::{KeyedHash, Kind};
use domain::secret::{Row, SealedBy};
use domain::time::Timestamp;
use envelope::stream::TAG;
use envelope::{Fault, HEADER, Header, Profile, SecretId, UploadHash, UploadToken};
use store::StoreError;
use store::blobs::{BlobWriter, parts};
use store::ids::Tag;
use store::port::{
    IdempotencyKey, Kept, NewPayload, Query, Result as StoreResult, Transaction, Unit, Upload, View,
};

pub use store::blobs::PART;

use crate::Service;
use crate::coming::Coming;
use crate::counters::Cause;
use crate::share::{PIECE, REPEAT, Request, Shared, charge};

/// How long an upload may take.
const KEPT: Duration = Duration::from_hours(24);

/// What a sender says before the first part.
pub struct Beginning<'a> {
    /// What is to be created. Its idempotency key is not used: the token is one.
    pub request: Request<'a>,
    /// How long the envelope is, in bytes.
    pub size: u64,
    /// Whether a passphrase is needed, as the header of the envelope will say.
    pub passphrase: bool,
    /// Of the token that sends the parts.
    pub token: UploadHash,
}

/// How far an upload is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The id that the secret will have.
    pub id: SecretId,
    /// How long the envelope is.
    pub size: u64,
    /// Which parts are safe, in order.
    pub parts: Vec<u32>,
    /// From then on it is swept.
    pub until: Timestamp,
}

/// Why a step of an upload was not done.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The token was used for another upload.
    #[error("the token was used for something else")]
    Conflict,
    /// There is no room: the disk or the instance's quota is nearly full.
    #[error("there is no room")]
    Full,
    /// The sender's network has no room left.
    #[error("the network has no room left")]
    NetworkFull,
    /// Not all parts are there.
    #[error("parts are missing")]
    Incomplete,
    /// The envelope has no such part.
    #[error("there are {count} parts")]
    NoSuchPart {
        /// How many it has.
        count: u32,
    },
    /// The bytes are not an envelope.
    #[error("not an envelope: {0}")]
    NotAnEnvelope(Fault),
    /// The header says the contrary of what was said about a passphrase.
    #[error("the header says otherwise about a passphrase")]
    OtherPassphrase,
    /// The envelope is larger than this instance takes.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The largest envelope in bytes.
        limit: u64,
    },
    /// There is no such upload, or this token does not belong to it.
    #[error("no such upload")]
    Unavailable,
    /// The part has another length than it must.
    #[error("the part must have {length} bytes")]
    WrongLength {
        /// How many bytes it must have.
        length: u64,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Service {
    /// Begins an upload. Begun again with the same token, it is the same.
    pub async fn begin_upload(&self, beginning: &Beginning<'_>) -> Result<Progress, UploadError> {
        let Beginning { request, size, passphrase, token } = beginning;
        let (size, limit) = (*size, self.limits.max_envelope);
        if size > limit {
            return Err(UploadError::TooLarge { limit });
        }
        if size <= u64::try_from(HEADER.saturating_add(TAG)).unwrap_or(u64::MAX) {
            return Err(UploadError::NotAnEnvelope(Fault::Cut));
        }
        // Held until the store has counted the upload itself.
        let owner = self.store.hash(Kind::Owner, request.network);
        let mut coming = Coming::new(&self.coming, &owner);
        let total = self.store.live_bytes().saturating_add(coming.add(size).all);
        let taken = if self.store.keeps_blobs_here() { size } else { 0 };
        let free = self.store.free_space()?.saturating_sub(taken);
        if total > self.limits.max_total || free < self.limits.keep_free {
            return Err(UploadError::Full);
        }
        let mut kept = self.waiting(request, SealedBy::Sender).await?;
        kept.secret.size = size;
        kept.secret.passphrase = *passphrase;
        let mut payload = self.store.begin_parts(&kept, &*self.entropy).await?;
        payload.owner = Some(owner);
        let room = self.limits.max_per_network;
        let until = kept.secret.created_at.plus(KEPT).min(kept.secret.expires_at);
        let token = self.store.hash(Kind::Upload, token.as_bytes());
        let upload = Upload { kept, token, until };
        let begun = self.store.write(Begin { upload, payload, owner, room }).await;
        if !matches!(begun, Ok(Begun::New(_)) | Err(StoreError::Closed | StoreError::InDoubt)) {
            self.store.remove_blob(kept.secret.row).await?;
        }
        match begun? {
            Begun::New(upload) => Ok(self.progress(&upload, Vec::new())),
            Begun::Repeated(upload, parts) => Ok(self.progress(&upload, parts)),
            Begun::Conflict => Err(UploadError::Conflict),
            Begun::NetworkFull => Err(UploadError::NetworkFull),
        }
    }

    /// How far the upload is. `None` is the one answer.
    pub async fn upload(
        &self,
        id: &SecretId,
        token: &UploadToken,
    ) -> Result<Option<Progress>, StoreError> {
        let found = self.store.read(self.shown(id, token)).await?;
        self.count_unknown(found.is_none());
        Ok(found.map(|(upload, parts)| self.progress(&upload, parts)))
    }

    /// Begins to take a part, the first is 0. Nothing of it counts before [`Incoming::finish`].
    pub async fn send_part(
        &self,
        id: &SecretId,
        token: &UploadToken,
        number: u32,
    ) -> Result<Incoming, UploadError> {
        let shown = self.shown(id, token);
        let Some((upload, there)) = self.store.read(shown).await? else {
            self.counters.count(Cause::Unknown);
            return Err(UploadError::Unavailable);
        };
        let size = upload.kept.secret.size;
        let count = parts(size);
        if number >= count {
            return Err(UploadError::NoSuchPart { count });
        }
        let writer = if there.contains(&number) {
            None
        } else {
            if self.store.free_space()? < self.limits.keep_free {
                return Err(UploadError::Full);
            }
            let writer = self.store.seal_part(&upload, number).await?;
            Some(writer.ok_or(UploadError::Unavailable)?)
        };
        let before = u64::from(number).saturating_mul(PART);
        let length = size.saturating_sub(before).min(PART);
        let service = self.clone();
        let gathered = Vec::new();
        Ok(Incoming {
            service,
            upload,
            number,
            length,
            received: 0,
            judged: false,
            writer,
            gathered,
        })
    }

    /// All parts are there: keeps the secret, and answers when it is on disk. Asked again, the answer is
    /// the same.
    pub async fn complete_upload(
        &self,
        id: &SecretId,
        token: &UploadToken,
    ) -> Result<Shared, UploadError> {
        let shown = self.shown(id, token);
        match self.store.write(Complete(shown)).await? {
            Completed::Kept(kept) => Ok(self.shared(&kept)),
            Completed::Incomplete => Err(UploadError::Incomplete),
            Completed::Unavailable => {
                self.counters.count(Cause::Unknown);
                Err(UploadError::Unavailable)
            }
        }
    }

    /// Gives an upload up, and destroys what has come. Says whether there was one.
    pub async fn give_up_upload(
        &self,
        id: &SecretId,
        token: &UploadToken,
    ) -> Result<bool, StoreError> {
        let known = self.store.write(GiveUp(self.shown(id, token))).await?;
        self.count_unknown(!known);
        Ok(known)
    }

    fn shown(&self, id: &SecretId, token: &UploadToken) -> Shown {
        let (row, tag) = self.store.locate(id);
        let token = self.store.hash(Kind::Upload, token.hash().as_bytes());
        Shown { row, tag, token, now: self.clock.now() }
    }

    fn progress(&self, upload: &Upload, parts: Vec<u32>) -> Progress {
        let Kept { tag, secret, .. } = &upload.kept;
        let id = self.store.identify(secret.row, *tag);
        Progress { id, size: secret.size, parts, until: upload.until }
    }
}

/// A part that is coming in.
pub struct Incoming {
    service: Service,
    upload: Upload,
    number: u32,
    length: u64,
    received: u64,
    judged: bool,
    /// `None` when the part is safe already: what is sent again replaces nothing.
    writer: Option<BlobWriter>,
    gathered: Vec<u8>,
}

impl Incoming {
    /// How many bytes it must have.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Takes the next bytes.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        let length = self.length;
        self.received =
            self.received.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.received > length {
            return Err(UploadError::WrongLength { length });
        }
        if self.writer.is_some() {
            self.gathered.extend_from_slice(bytes);
            self.judge_header()?;
            if self.gathered.len() >= PIECE {
                self.spill().await?;
            }
        }
        Ok(())
    }

    /// The first 64 bytes of the first part must be the header that was announced.
    fn judge_header(&mut self) -> Result<(), UploadError> {
        if self.number != 0 || self.judged || self.gathered.len() < HEADER {
            return Ok(());
        }
        let header = Header::parse(&self.gathered).map_err(UploadError::NotAnEnvelope)?;
        self.judged = true;
        let passphrase = header.profile() != Profile::None;
        if passphrase == self.upload.kept.secret.passphrase {
            Ok(())
        } else {
            Err(UploadError::OtherPassphrase)
        }
    }

    async fn spill(&mut self) -> Result<(), UploadError> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let (writer, gathered) = writer.write(std::mem::take(&mut self.gathered)).await?;
        self.gathered = gathered;
        self.writer = Some(writer);
        Ok(())
    }

    /// The part is complete: it counts when this has answered.
    pub async fn finish(mut self) -> Result<(), UploadError> {
        let length = self.length;
        if self.received != length {
            return Err(UploadError::WrongLength { length });
        }
        if !self.gathered.is_empty() {
            self.spill().await?;
        }
        let Self { service, upload, number, writer, .. } = self;
        let Some(writer) = writer else { return Ok(()) };
        writer.finish().await?;
        let (row, token) = (upload.kept.secret.row, upload.token);
        let known = service.store.write(KeepPart { row, token, number }).await?;
        if known { Ok(()) } else { Err(UploadError::Unavailable) }
    }
}

/// An upload that somebody shows the token of, while it is kept.
#[derive(Clone, Copy)]
struct Shown {
    row: Row,
    tag: Tag,
    token: KeyedHash,
    now: Timestamp,
}

impl Shown {
    async fn find<V: View>(&self, view: &mut V) -> StoreResult<Option<Upload>> {
        let found = view.upload(self.row).await?;
        Ok(found.filter(|upload| {
            upload.kept.tag == self.tag && upload.token == self.token && self.now < upload.until
        }))
    }
}

impl Query for Shown {
    type Output = Option<(Upload, Vec<u32>)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(upload) = self.find(view).await? else { return Ok(None) };
        Ok(Some((upload, view.parts(self.row).await?)))
    }
}

struct Begin {
    upload: Upload,
    payload: NewPayload,
    owner: KeyedHash,
    /// How many bytes the owner's payloads may take.
    room: u64,
}

enum Begun {
    Conflict,
    NetworkFull,
    New(Upload),
    Repeated(Upload, Vec<u32>),
}

impl Unit for Begin {
    type Output = Begun;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Begun> {
        let (new, now) = (&self.upload.kept, self.upload.kept.secret.created_at);
        if let Some(earlier) = tx.upload_of(&self.upload.token).await? {
            let (was, will) = (&earlier.kept, new);
            let same = was.secret.terms == will.secret.terms
                && was.secret.size == will.secret.size
                && was.secret.passphrase == will.secret.passphrase
                && was.verifiers == will.verifiers
                && now < earlier.until;
            if !same {
                return Ok(Begun::Conflict);
            }
            let parts = tx.parts(was.secret.row).await?;
            return Ok(Begun::Repeated(earlier, parts));
        }
        if tx.idempotency_key(&self.upload.token, now).await?.is_some() {
            return Ok(Begun::Conflict);
        }
        if charge(tx.usage(&self.owner).await?, new.secret.size) > self.room {
            return Ok(Begun::NetworkFull);
        }
        tx.insert_upload(&self.upload, &self.payload).await?;
        Ok(Begun::New(self.upload))
    }
}

struct KeepPart {
    row: Row,
    token: KeyedHash,
    number: u32,
}

impl Unit for KeepPart {
    /// Whether there is still such an upload.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let upload = tx.upload(self.row).await?;
        let known = upload.is_some_and(|upload| upload.token == self.token);
        if known {
            tx.insert_part(self.row, self.number).await?;
        }
        Ok(known)
    }
}

struct Complete(Shown);

enum Completed {
    Incomplete,
    Kept(Box<Kept>),
    Unavailable,
}

impl Unit for Complete {
    type Output = Completed;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Completed> {
        let Shown { row, token, now, .. } = self.0;
        let Some(Upload { kept, .. }) = self.0.find(tx).await? else {
            return self.repeat(tx).await;
        };
        if tx.parts(row).await?.len() != usize::try_from(parts(kept.secret.size)).unwrap_or(0) {
            return Ok(Completed::Incomplete);
        }
        tx.complete_upload(row).await?;
        // The token is used up, and whoever lost the answer asks again with it.
        let (fingerprint, until) = ([0; 32], now.plus(REPEAT));
        let used = IdempotencyKey { hash: token, fingerprint, row, until };
        tx.insert_idempotency_key(&used, now).await?;
        let (kind, actor) = (EventKind::Created, Actor::Sender);
        tx.record(&Event { at: now, kind, actor, row: Some(row) }).await?;
        Ok(Completed::Kept(Box::new(kept)))
    }
}

impl Complete {
    /// The answer to an upload that was completed before.
    async fn repeat<T: Transaction>(&self, tx: &mut T) -> StoreResult<Completed> {
        let Shown { row, tag, token, now } = self.0;
        let used = tx.idempotency_key(&token, now).await?.filter(|used| used.row == row);
        if used.is_none() {
            return Ok(Completed::Unavailable);
        }
        let kept = tx.secret(row).await?.filter(|kept| kept.tag == tag);
        Ok(kept.map_or(Completed::Unavailable, |kept| Completed::Kept(Box::new(kept))))
    }
}

struct GiveUp(Shown);

impl Unit for GiveUp {
    /// Whether there was such an upload.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let known = self.0.find(tx).await?.is_some();
        if known {
            tx.destroy_upload(self.0.row, self.0.now).await?;
        }
        Ok(known)
    }
}
