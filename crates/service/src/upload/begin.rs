//! Begin an upload: its row, its key and its room are there before the first part.

use std::time::Duration;

use domain::hashes::{KeyedHash, Kind};
use domain::secret::{SealedBy, Secret};
use domain::time::Timestamp;
use envelope::stream::TAG;
use envelope::{Fault, HEADER, UploadHash};
use store::StoreError;
use store::owned::{self, NewOwned};
use store::port::{NewPayload, Result as StoreResult, Transaction, Unit, Upload};

use super::{Progress, UploadError};
use crate::Service;
use crate::coming::Coming;
use crate::owned::Owner;
use crate::share::{Request, charge};

/// How long an upload may take.
const KEPT: Duration = Duration::from_hours(24);
/// How long it may be silent, at its beginning and after each part: a part in so long is 5 kB/s.
const SILENT: Duration = Duration::from_mins(30);

/// Until when an upload of `secret` is kept of which something has come `now`.
pub(super) fn kept_until(secret: &Secret, now: Timestamp) -> Timestamp {
    now.plus(SILENT).min(secret.created_at.plus(KEPT)).min(secret.expires_at)
}

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
    /// Whose the secret will be, if anybody's.
    pub owner: Option<Owner>,
}

impl Service {
    /// Begins an upload. Begun again with the same token, it is the same.
    pub async fn begin_upload(&self, beginning: &Beginning<'_>) -> Result<Progress, UploadError> {
        let Beginning { request, size, passphrase, token, owner: whose } = beginning;
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
        let until = kept_until(&kept.secret, kept.secret.created_at);
        let token = self.store.hash(Kind::Upload, token.as_bytes());
        let owned = match whose {
            Some(whose) => Some(self.owning(&kept.secret, whose).await?),
            None => None,
        };
        let upload = Upload { kept, token, until };
        let begun = self.store.write(Begin { upload, payload, owner, owned, room }).await;
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
}

struct Begin {
    upload: Upload,
    payload: NewPayload,
    owner: KeyedHash,
    /// It has the row of the secret that it will be.
    owned: Option<NewOwned>,
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
        if let Some(owned) = &self.owned {
            owned::insert(tx, owned).await?;
        }
        Ok(Begun::New(self.upload))
    }
}
