//! The marker: an object that binds a prefix of a bucket to one database.
//!
//! What lies below the prefix and has no row is removed, so two databases must not share one. The marker is
//! made with the first thing that is written there, and nothing is written or removed before it was seen.
//!
//! ```text
//! sigill bucket 1
//! database 64 hexadecimal digits
//! ```

use std::fmt::Write as _;

use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{Error, ObjectStore as _, ObjectStoreExt as _, PutMode};
use tokio::sync::OnceCell;

use super::outage;
use crate::StoreError;
use crate::port::Result;

/// Its name below the prefix.
pub(super) const NAME: &str = "sigill";

/// What the marker must say, and whether it was seen.
pub(super) struct Marker {
    text: String,
    seen: OnceCell<()>,
}

impl Marker {
    /// That of the database whose keys have this verifier.
    pub(super) fn new(verifier: &[u8; 32]) -> Self {
        let mut text = "sigill bucket 1\ndatabase ".to_owned();
        for byte in verifier {
            // A string takes everything.
            let _written = write!(text, "{byte:02x}");
        }
        text.push('\n');
        Self { text, seen: OnceCell::new() }
    }

    /// Sees to it that the marker at `place` is this one. Where there is none it is made.
    pub(super) async fn hold(&self, store: &AmazonS3, place: &Path) -> Result<()> {
        self.seen.get_or_try_init(|| self.claim(store, place)).await?;
        Ok(())
    }

    async fn claim(&self, store: &AmazonS3, place: &Path) -> Result<()> {
        if self.is_there(store, place).await? {
            return Ok(());
        }
        let text = self.text.clone().into();
        match store.put_opts(place, text, PutMode::Create.into()).await {
            Ok(_) => Ok(()),
            // Another node was quicker.
            Err(Error::AlreadyExists { .. }) => self.is_there(store, place).await.map(drop),
            Err(error) => Err(outage(&error)),
        }
    }

    /// Whether it is there; another database's is an error.
    pub(super) async fn is_there(&self, store: &AmazonS3, place: &Path) -> Result<bool> {
        let found = match store.get(place).await {
            Err(Error::NotFound { .. }) => return Ok(false),
            found => found.map_err(|error| outage(&error))?,
        };
        let text = found.bytes().await.map_err(|error| outage(&error))?;
        if text == self.text.as_bytes() { Ok(true) } else { Err(StoreError::ForeignBucket) }
    }
}
