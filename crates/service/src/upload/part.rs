//! One part of an upload: counts when it is on disk and its row is committed.

use domain::hashes::KeyedHash;
use domain::secret::Row;
use envelope::{HEADER, Header, Profile, SecretId, UploadToken};
use store::blobs::{BlobWriter, PART, parts};
use store::port::{Result as StoreResult, Transaction, Unit, Upload};

use super::UploadError;
use crate::Service;
use crate::counters::Cause;
use crate::share::PIECE;

impl Service {
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
