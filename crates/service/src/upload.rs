//! Upload: a large envelope comes in parts, and becomes a secret when all of them are safe.
//!
//! A part counts when it is on disk and its row is committed; whatever happens between two parts, a sender
//! asks which are there and sends the rest. Nobody but the holder of the upload token learns that there is
//! an upload, and nobody opens anything before it is complete. Its bytes count against the quota from the
//! start, and the lifetime of the secret runs from there as well. What nothing has come of for a while is
//! swept, so that nobody holds room without filling it.

mod begin;
mod end;
mod part;
mod turns;

use domain::hashes::{KeyedHash, Kind};
use domain::secret::Row;
use domain::time::Timestamp;
use envelope::{Fault, SecretId, UploadToken};
use store::StoreError;
use store::ids::Tag;
use store::port::{Kept, Query, Result as StoreResult, Upload, View};

pub use store::blobs::PART;

pub use self::begin::Beginning;
pub(crate) use self::end::destroy;
pub use self::part::{Incoming, Part};
pub(crate) use self::turns::Turns;
use crate::Service;

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
    /// The same part has come again meanwhile, and that one counts.
    #[error("the part has come again")]
    Overtaken,
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
