//! Blobs in an S3-compatible bucket, for several nodes: `PREFIX/{row}/{number}`, an object a part.
//!
//! An object is written whole or not at all, and written again it is the same, so a part may come to any
//! node, in any order, more than once; nothing has to be put together at the end and nothing is half done
//! when a node is killed (docs/decisions/0011). A part of an upload is never replaced by other bytes. So many
//! parts are gathered in memory at once ([`transfers`]), and all of it is one database's ([`marker`]).
//! What the bucket cannot do is an outage of that request alone.

mod marker;
mod target;
mod transfers;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::hashes::KeyedHash;
use domain::secret::Row;
use domain::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    ClientOptions, Error, ObjectStore as _, ObjectStoreExt as _, PutMode, RetryConfig,
};
use tokio::runtime::Handle;

use self::marker::Marker;
pub use self::target::{BucketFault, BucketTarget};
use self::transfers::{Transfer, Transfers};
use super::{Old, PART, sealed_length};
use crate::StoreError;
use crate::port::Result;

/// How many chunks are read at once: 1 MiB.
pub(super) const AT_ONCE: u64 = 16;
/// How long a connection to the bucket may take, and how long it may be silent.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a request is made again, and for how long.
const RETRIES: (usize, Duration) = (3, Duration::from_secs(30));
/// After so many objects a look for old ones ends with a row, and the next one goes on behind it.
const LOOK: usize = 500;

/// A bucket of blobs.
#[derive(Clone)]
pub(crate) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: Arc<str>,
    transfers: Transfers,
    marker: Arc<Marker>,
}

impl Bucket {
    /// The bucket of `target`, for the database whose keys have this verifier. Nothing is asked yet: small
    /// secrets go on without it.
    pub(crate) fn new(target: &BucketTarget, verifier: &[u8; 32]) -> Result<Self> {
        let options = ClientOptions::new()
            .with_connect_timeout(PATIENCE)
            .with_read_timeout(PATIENCE)
            .with_timeout(PATIENCE.saturating_mul(8))
            .with_allow_http(true);
        let (max_retries, retry_timeout) = RETRIES;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&target.bucket)
            .with_region(&target.region)
            .with_access_key_id(&target.access_key)
            .with_secret_access_key(target.secret_key.as_str())
            .with_client_options(options)
            .with_retry(RetryConfig { max_retries, retry_timeout, ..RetryConfig::default() });
        if let Some(endpoint) = &target.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        Ok(Self {
            store: Arc::new(builder.build().map_err(|error| outage(&error))?),
            prefix: target.prefix.as_str().into(),
            transfers: Transfers::default(),
            marker: Arc::new(Marker::new(verifier)),
        })
    }

    fn of(&self, row: Row) -> String {
        let row = row.get();
        if self.prefix.is_empty() { row.to_string() } else { format!("{}/{row}", self.prefix) }
    }

    /// The place of something else below the prefix.
    fn named(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }

    fn object(&self, row: Row, number: u64) -> Path {
        Path::from(format!("{}/{number}", self.of(row)))
    }

    /// Starts to write a whole blob.
    pub(super) fn create(&self, row: Row, network: &KeyedHash) -> Result<Writer> {
        let mut writer = self.part(row, 0, network)?;
        writer.whole = true;
        Ok(writer)
    }

    /// Makes room for parts of `row`: what an earlier life of the database may have left there goes.
    pub(super) async fn begin(&self, row: Row) -> Result<()> {
        self.remove(row).await
    }

    /// Starts to write part `number`.
    pub(super) fn part(&self, row: Row, number: u32, network: &KeyedHash) -> Result<Writer> {
        let transfer = Some(self.transfers.begin(network)?);
        let (bucket, number) = (self.clone(), number.into());
        Ok(Writer { bucket, row, number, whole: false, sealed: Vec::new(), transfer })
    }

    /// The blob of `row`, which must have `length` bytes. `None` when there is none.
    pub(super) async fn find(&self, row: Row, length: u64) -> Result<Option<Source>> {
        let last = length.saturating_sub(1).checked_div(sealed_part()).unwrap_or(0);
        let rest = length.saturating_sub(last.saturating_mul(sealed_part()));
        match self.store.head(&self.object(row, last)).await {
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(outage(&error)),
            Ok(found) if found.size == rest => Ok(Some(Source { bucket: self.clone(), row })),
            Ok(_) => Err(StoreError::Undecryptable(row)),
        }
    }

    /// Removes every part of `row`.
    pub(super) async fn remove(&self, row: Row) -> Result<()> {
        self.hold().await?;
        let found = self.store.list(Some(&Path::from(self.of(row))));
        let found = found.map_ok(|object| object.location).boxed();
        let mut removed = self.store.delete_stream(found);
        while let Some(outcome) = removed.next().await {
            match outcome {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(outage(&error)),
            }
        }
        Ok(())
    }

    /// Some of the rows after `after`, in an order of the bucket's own, whose latest part was written
    /// before `then`.
    pub(super) async fn old(&self, then: Timestamp, after: Option<Row>) -> Result<Old> {
        self.hold().await?;
        let prefix = Path::from(&*self.prefix);
        let mut found = match after {
            None => self.store.list(Some(&prefix)),
            Some(row) => {
                // Behind every part of it, whose names are numbers.
                let end = Path::from(format!("{}/end", self.of(row)));
                self.store.list_with_offset(Some(&prefix), &end)
            }
        };
        let (mut rows, mut seen): (Vec<(Row, bool)>, usize) = (Vec::new(), 0);
        let mut next = None;
        // Objects of one row follow each other.
        while let Some(object) = found.next().await {
            let object = object.map_err(|error| outage(&error))?;
            let Some(row) = self.row_of(&object.location) else { continue };
            let is_old = object.last_modified.timestamp_millis() < then.as_millis();
            match rows.last_mut() {
                Some((last, all_old)) if *last == row => *all_old = *all_old && is_old,
                Some((last, _)) if seen >= LOOK => {
                    next = Some(*last);
                    break;
                }
                Some(_) | None => rows.push((row, is_old)),
            }
            seen = seen.saturating_add(1);
        }
        let rows = rows.into_iter().filter_map(|(row, is_old)| is_old.then_some(row)).collect();
        Ok(Old { rows, next })
    }

    /// The row of the part at `place`; `None` when it is no part.
    fn row_of(&self, place: &Path) -> Option<Row> {
        let mut names = place.prefix_match(&Path::from(&*self.prefix))?;
        let row = names.next()?.as_ref().parse().ok()?;
        let _number: u64 = names.next()?.as_ref().parse().ok()?;
        names.next().is_none().then(|| Row::new(row))
    }

    /// Sees to it that the prefix is this database's.
    pub(crate) async fn hold(&self) -> Result<()> {
        self.marker.hold(&self.store, &self.named(marker::NAME)).await
    }

    /// Whether the prefix was bound to this database; another one's is an error. Writes and removes an
    /// object of its own, and nothing else.
    pub(crate) async fn look(&self) -> Result<bool> {
        let bound = self.marker.is_there(&self.store, &self.named(marker::NAME)).await?;
        let probe = self.named("doctor");
        self.store.put(&probe, Bytes::new().into()).await.map_err(|error| outage(&error))?;
        self.store.delete(&probe).await.map_err(|error| outage(&error))?;
        Ok(bound)
    }
}

/// How many bytes a whole part has when it is sealed.
fn sealed_part() -> u64 {
    sealed_length(PART)
}

/// Parts that are being written. A whole blob that is dropped before [`Writer::finish`] is removed; what
/// that leaves is removed after a day.
pub(super) struct Writer {
    bucket: Bucket,
    row: Row,
    number: u64,
    whole: bool,
    sealed: Vec<u8>,
    transfer: Option<Transfer>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.whole
            && self.number > 0
            && let Ok(runtime) = Handle::try_current()
        {
            let (bucket, row) = (self.bucket.clone(), self.row);
            drop(runtime.spawn(async move {
                if let Err(error) = bucket.remove(row).await {
                    tracing::warn!(%error, "a half-written blob could not be removed");
                }
            }));
        }
    }
}

impl Writer {
    /// Where sealed bytes are gathered.
    pub(super) const fn room(&mut self) -> &mut Vec<u8> {
        &mut self.sealed
    }

    /// Sends the parts that are whole and are not the last.
    pub(super) async fn send_full(&mut self) -> Result<()> {
        let whole = usize::try_from(sealed_part()).unwrap_or(usize::MAX);
        while self.sealed.len() > whole {
            let rest = self.sealed.split_off(whole);
            let part = std::mem::replace(&mut self.sealed, rest);
            self.send(part).await?;
        }
        Ok(())
    }

    /// Sends what is left.
    pub(super) async fn finish(mut self) -> Result<()> {
        self.send_full().await?;
        let part = std::mem::take(&mut self.sealed);
        self.send(part).await?;
        self.whole = false;
        drop(self.transfer.take());
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<()> {
        self.bucket.hold().await?;
        let (object, part) = (self.bucket.object(self.row, self.number), Bytes::from(part));
        // A blob in one stream is nobody else's; a part may be on its way twice.
        let mode = if self.whole { PutMode::Overwrite } else { PutMode::Create };
        match self.bucket.store.put_opts(&object, part.clone().into(), mode.into()).await {
            Ok(_) => {}
            Err(Error::AlreadyExists { .. }) => self.compare(&object, &part).await?,
            Err(error) => return Err(outage(&error)),
        }
        self.number = self.number.saturating_add(1);
        Ok(())
    }

    /// What is sent again is the same.
    async fn compare(&self, object: &Path, part: &Bytes) -> Result<()> {
        let found = self.bucket.store.get(object).await.map_err(|error| outage(&error))?;
        let found = found.bytes().await.map_err(|error| outage(&error))?;
        if found == part { Ok(()) } else { Err(StoreError::Occupied(self.row)) }
    }
}

/// The parts of a blob that is being read.
pub(super) struct Source {
    bucket: Bucket,
    row: Row,
}

impl Source {
    /// The sealed bytes from `offset` on, up to `end` or the end of the part.
    pub(super) async fn read(&self, offset: u64, end: u64) -> Result<Bytes> {
        let number = offset.checked_div(sealed_part()).unwrap_or(0);
        let start = number.saturating_mul(sealed_part());
        let end = end.min(start.saturating_add(sealed_part()));
        let range = offset.saturating_sub(start)..end.saturating_sub(start);
        let expected = range.end.saturating_sub(range.start);
        let object = self.bucket.object(self.row, number);
        match self.bucket.store.get_range(&object, range).await {
            Ok(bytes) if u64::try_from(bytes.len()) == Ok(expected) => Ok(bytes),
            Ok(_) | Err(Error::NotFound { .. }) => Err(StoreError::Undecryptable(self.row)),
            Err(error) => Err(outage(&error)),
        }
    }
}

/// What the bucket did not do, without the addresses and values that its words may hold.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other one is the same to whoever asks")]
fn outage(error: &Error) -> StoreError {
    let word = match error {
        Error::PermissionDenied { .. } => "it refuses this access key",
        Error::Unauthenticated { .. } => "it does not know this access key",
        Error::NotFound { .. } => "it does not exist",
        _ => "it cannot be reached, or failed",
    };
    tracing::debug!(%error, "the bucket");
    StoreError::Bucket(word)
}
