//! Blobs in an S3-compatible bucket, for several nodes: `PREFIX/{row}/{number}`, an object a part.
//!
//! An object is written whole or not at all, and written again it is the same, so a part may come to any
//! node, in any order, more than once; nothing has to be put together at the end and nothing is half done
//! when a node is killed (docs/decisions/0011). At most [`TRANSFERS`] parts are gathered in memory at once.
//! What the bucket cannot do is an outage of that request alone.

mod target;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::secret::Row;
use domain::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore as _, ObjectStoreExt as _, RetryConfig};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use self::target::{BucketFault, BucketTarget};
use super::{PART, sealed_length};
use crate::StoreError;
use crate::port::Result;

/// How many parts are gathered at once, each up to 8 MiB.
const TRANSFERS: usize = 16;
/// How many chunks are read at once: 1 MiB.
pub(super) const AT_ONCE: u64 = 16;
/// How long a connection to the bucket may take, and how long it may be silent.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a request is made again, and for how long.
const RETRIES: (usize, Duration) = (3, Duration::from_secs(30));
/// The most blobs that one look for old ones names.
const MOST: usize = 1000;

/// A bucket of blobs.
#[derive(Clone)]
pub(crate) struct Bucket {
    store: Arc<AmazonS3>,
    prefix: Arc<str>,
    transfers: Arc<Semaphore>,
}

impl Bucket {
    /// The bucket of `target`. Nothing is asked yet: small secrets go on without it.
    pub(crate) fn new(target: &BucketTarget) -> Result<Self> {
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
            transfers: Arc::new(Semaphore::new(TRANSFERS)),
        })
    }

    fn of(&self, row: Row) -> String {
        let row = row.get();
        if self.prefix.is_empty() { row.to_string() } else { format!("{}/{row}", self.prefix) }
    }

    fn object(&self, row: Row, number: u64) -> Path {
        Path::from(format!("{}/{number}", self.of(row)))
    }

    /// Starts to write a whole blob.
    pub(super) fn create(&self, row: Row) -> Result<Writer> {
        let mut writer = self.part(row, 0)?;
        writer.whole = true;
        Ok(writer)
    }

    /// Starts to write part `number`.
    pub(super) fn part(&self, row: Row, number: u32) -> Result<Writer> {
        let transfers = Arc::clone(&self.transfers);
        let permit = transfers.try_acquire_owned().map_err(|_| StoreError::Overloaded)?;
        let (bucket, number) = (self.clone(), number.into());
        Ok(Writer { bucket, row, number, whole: false, sealed: Vec::new(), permit: Some(permit) })
    }

    /// The blob of `row`, which must have `length` bytes. `None` when there is none.
    pub(super) async fn find(&self, row: Row, length: u64) -> Result<Option<Source>> {
        let last = length.saturating_sub(1).checked_div(sealed_part()).unwrap_or(0);
        let rest = length.saturating_sub(last.saturating_mul(sealed_part()));
        match self.store.head(&self.object(row, last)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(outage(&error)),
            Ok(found) if found.size == rest => Ok(Some(Source { bucket: self.clone(), row })),
            Ok(_) => Err(StoreError::Undecryptable(row)),
        }
    }

    /// Removes every part of `row`.
    pub(super) async fn remove(&self, row: Row) -> Result<()> {
        let found = self.store.list(Some(&Path::from(self.of(row))));
        let found = found.map_ok(|object| object.location).boxed();
        let mut removed = self.store.delete_stream(found);
        while let Some(outcome) = removed.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(outage(&error)),
            }
        }
        Ok(())
    }

    /// Rows whose latest part was written before `then`.
    pub(super) async fn old(&self, then: Timestamp) -> Result<Vec<Row>> {
        let prefix = (!self.prefix.is_empty()).then(|| Path::from(&*self.prefix));
        let mut found = self.store.list(prefix.as_ref());
        let mut rows: Vec<(Row, bool)> = Vec::new();
        // Objects of one row follow each other.
        while let Some(object) = found.next().await {
            let object = object.map_err(|error| outage(&error))?;
            let mut parts = object.location.parts().map(|part| part.as_ref().to_owned()).rev();
            let Some(row) = parts.nth(1).and_then(|row| row.parse().ok()) else { continue };
            let (row, is_old) =
                (Row::new(row), object.last_modified.timestamp_millis() < then.as_millis());
            match rows.last_mut() {
                Some((last, all_old)) if *last == row => *all_old = *all_old && is_old,
                _ => rows.push((row, is_old)),
            }
            if rows.len() > MOST {
                rows.retain(|(_, is_old)| *is_old);
                if rows.len() > MOST {
                    break;
                }
            }
        }
        Ok(rows.into_iter().filter_map(|(row, is_old)| is_old.then_some(row)).collect())
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
    permit: Option<OwnedSemaphorePermit>,
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
        drop(self.permit.take());
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<()> {
        let object = self.bucket.object(self.row, self.number);
        self.bucket
            .store
            .put(&object, Bytes::from(part).into())
            .await
            .map_err(|error| outage(&error))?;
        self.number = self.number.saturating_add(1);
        Ok(())
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
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {
                Err(StoreError::Undecryptable(self.row))
            }
            Err(error) => Err(outage(&error)),
        }
    }
}

/// What the bucket did not do, without the addresses and values that its words may hold.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other one is the same to whoever asks")]
fn outage(error: &object_store::Error) -> StoreError {
    let word = match error {
        object_store::Error::PermissionDenied { .. } => "it refuses this access key",
        object_store::Error::Unauthenticated { .. } => "it does not know this access key",
        object_store::Error::NotFound { .. } => "it does not exist",
        _ => "it cannot be reached, or failed",
    };
    tracing::debug!(%error, "the bucket");
    StoreError::Bucket(word)
}
