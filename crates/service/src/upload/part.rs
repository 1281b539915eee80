//! One part of an upload: counts when it is on disk and its row is committed.

use domain::hashes::{KeyedHash, Kind};
use domain::secret::Row;
use domain::time::Timestamp;
use envelope::{HEADER, Header, Profile, SecretId, UploadToken};
use store::StoreError;
use store::blobs::{BlobWriter, PART, parts};
use store::port::{Result as StoreResult, Transaction, Unit, Upload};

use super::begin::kept_until;
use super::turns::Turn;
use super::{Shown, UploadError};
use crate::Service;
use crate::share::PIECE;

/// A part that somebody wants to send.
pub struct Part<'a> {
    /// The id that the secret will have.
    pub id: SecretId,
    /// Of the upload.
    pub token: &'a UploadToken,
    /// Which part; the first is 0.
    pub number: u32,
    /// The network that it comes from, as bytes that are only hashed.
    pub network: &'a [u8],
}

impl Service {
    /// Begins to take a part. Nothing of it counts before [`Incoming::finish`].
    pub async fn send_part(&self, part: &Part<'_>) -> Result<Incoming, UploadError> {
        let shown = self.shown(&part.id, part.token);
        let number = part.number;
        // Nobody takes a turn who has not shown the token, and who has it looks once more.
        let size = self.find_upload(shown).await?.0.kept.secret.size;
        let count = parts(size);
        if number >= count {
            return Err(UploadError::NoSuchPart { count });
        }
        let turn = self.turns.take((shown.row, number)).await;
        let (upload, there) = self.find_upload(shown).await?;
        let writer = if there.contains(&number) {
            None
        } else {
            if self.store.free_space()? < self.limits.keep_free {
                return Err(UploadError::Full);
            }
            let network = self.store.hash(Kind::Owner, part.network);
            let writer = self.store.seal_part(&upload, number, &network).await?;
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
            turn,
            writer,
            gathered,
        })
    }

    async fn find_upload(&self, shown: Shown) -> Result<(Upload, Vec<u32>), UploadError> {
        let found = self.store.read(shown).await?;
        self.count_unknown(found.is_none());
        found.ok_or(UploadError::Unavailable)
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
    turn: Turn,
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
        let _held = self.turn.hold().await?;
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
        let Self { service, upload, number, turn, writer, .. } = self;
        let Some(writer) = writer else { return Ok(()) };
        // Until it is known to be safe.
        let _held = turn.hold().await?;
        match writer.finish().await {
            Err(StoreError::Occupied(_)) => return Err(UploadError::Conflict),
            finished => finished?,
        }
        let (row, token, now) = (upload.kept.secret.row, upload.token, service.clock.now());
        let known = service.store.write(KeepPart { row, token, number, now }).await?;
        if known { Ok(()) } else { Err(UploadError::Unavailable) }
    }
}

struct KeepPart {
    row: Row,
    token: KeyedHash,
    number: u32,
    now: Timestamp,
}

impl Unit for KeepPart {
    /// Whether there is still such an upload.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Some(upload) = tx.upload(self.row).await?.filter(|it| it.token == self.token) else {
            return Ok(false);
        };
        let until = kept_until(&upload.kept.secret, self.now).max(upload.until);
        tx.insert_part(self.row, self.number, until).await?;
        Ok(true)
    }
}
