//! Large payloads: sealed once, read by ranges, removed by a job. The place is a directory or a bucket.
//!
//! A blob is the sealed form of one envelope, in 64 KiB chunks under the lock of its secret
//! ([`crate::at_rest`]), so memory stays constant and a range can be read without what lies before it. It
//! comes in one stream, or in parts of [`PART`] bytes that are sealed each by itself, in any order: both
//! ways make the same bytes. Every byte is safe in its place before the transaction that refers to it
//! starts; what no row refers to is removed (by the next start, in a bucket after a day).

mod bucket;
mod directory;

use domain::hashes::KeyedHash;
use domain::secret::Row;
use domain::time::Timestamp;
use envelope::stream::{CHUNK, ChunkOpener, ChunkSealer, TAG};

use crate::StoreError;
use crate::at_rest::Lock;
use crate::port::Result;

pub(crate) use self::bucket::Bucket;
pub use self::bucket::{BucketFault, BucketTarget};
pub(crate) use self::directory::Directory;

/// Bytes of the envelope in every part but the last: whole chunks.
pub const PART: u64 = 8 * 1024 * 1024;

/// How many parts an envelope of `size` bytes has.
pub fn parts(size: u64) -> u32 {
    u32::try_from(size.div_ceil(PART)).unwrap_or(u32::MAX)
}

/// Some blobs that are old.
#[derive(Debug, Default)]
pub struct Old {
    /// Their rows.
    pub rows: Vec<Row>,
    /// After which row to look for more; `None` at the end.
    pub next: Option<Row>,
}

/// Where large payloads lie.
pub(crate) enum Blobs {
    Bucket(Bucket),
    Directory(Directory),
}

impl Blobs {
    /// Starts to write the blob of `row`, in one stream, for somebody in `network`.
    pub(crate) async fn create(
        &self,
        row: Row,
        network: &KeyedHash,
        lock: Lock,
    ) -> Result<BlobWriter> {
        let sealer = Sealing { sealer: ChunkSealer::new(&lock.key, lock.aad), last: true };
        let sink = match self {
            Self::Bucket(bucket) => Sink::Bucket(bucket.create(row, network)?),
            Self::Directory(directory) => {
                let directory = directory.clone();
                Sink::File(blocking(move || directory.create(row)).await?)
            }
        };
        Ok(BlobWriter { sealing: sealer, sink })
    }

    /// Makes room for the blob of `row`, which comes in parts.
    pub(crate) async fn begin(&self, row: Row) -> Result<()> {
        match self {
            Self::Bucket(bucket) => bucket.begin(row).await,
            Self::Directory(directory) => {
                let directory = directory.clone();
                blocking(move || directory.begin(row)).await
            }
        }
    }

    /// Starts to write part `number`, the first is 0, of the blob of `row`, whose envelope has `size`
    /// bytes, for somebody in `network`. `None` when the blob was given up.
    pub(crate) async fn part(
        &self,
        (row, size): (Row, u64),
        number: u32,
        network: &KeyedHash,
        lock: Lock,
    ) -> Result<Option<BlobWriter>> {
        let chunks = PART.checked_div(chunk()).unwrap_or(1);
        let first = u64::from(number).saturating_mul(chunks);
        let sealer = ChunkSealer::at_chunk(&lock.key, lock.aad, first);
        let last = number.saturating_add(1) == parts(size);
        let sink = match self {
            Self::Bucket(bucket) => Sink::Bucket(bucket.part(row, number, network)?),
            Self::Directory(directory) => {
                let (directory, offset) = (directory.clone(), sealed_at(first));
                let file = blocking(move || directory.part(row, offset)).await?;
                let Some(file) = file else { return Ok(None) };
                Sink::File(file)
            }
        };
        Ok(Some(BlobWriter { sealing: Sealing { sealer, last }, sink }))
    }

    /// Opens the blob of `row`, whose envelope has `size` bytes. `None` when there is no such blob.
    pub(crate) async fn read(&self, row: Row, size: u64, lock: Lock) -> Result<Option<BlobReader>> {
        let source = match self {
            Self::Bucket(bucket) => {
                bucket.find(row, sealed_length(size)).await?.map(Source::Bucket)
            }
            Self::Directory(directory) => {
                let (directory, length) = (directory.clone(), sealed_length(size));
                blocking(move || directory.find(row, length)).await?.map(Source::File)
            }
        };
        let Some(source) = source else { return Ok(None) };
        let reader =
            BlobReader { opener: ChunkOpener::new(&lock.key, lock.aad), source, size, row };
        // So that a wrong key is found before anything is consumed.
        reader.chunks_at(0, 1).await?;
        Ok(Some(reader))
    }

    /// Removes the blob of `row`, finished or not; it may be gone already.
    pub(crate) async fn remove(&self, row: Row) -> Result<()> {
        match self {
            Self::Bucket(bucket) => bucket.remove(row).await,
            Self::Directory(directory) => {
                let directory = directory.clone();
                blocking(move || directory.remove(row)).await
            }
        }
    }

    /// Sees to it that the place belongs to this database.
    pub(crate) async fn hold(&self) -> Result<()> {
        match self {
            Self::Bucket(bucket) => bucket.hold().await,
            Self::Directory(_) => Ok(()),
        }
    }

    /// Some blobs after `after` that were written before `then`, for somebody to see whether a row refers
    /// to them. A directory has none: it was cleaned when it was opened.
    pub(crate) async fn old(&self, then: Timestamp, after: Option<Row>) -> Result<Old> {
        match self {
            Self::Bucket(bucket) => bucket.old(then, after).await,
            Self::Directory(_) => Ok(Old::default()),
        }
    }
}

/// A blob, or a part of one, that is being written.
pub struct BlobWriter {
    sealing: Sealing,
    sink: Sink,
}

struct Sealing {
    sealer: ChunkSealer,
    /// Whether the end of what is written is the end of the blob.
    last: bool,
}

enum Sink {
    Bucket(bucket::Writer),
    File(directory::Writer),
}

impl BlobWriter {
    /// Appends `bytes` of the envelope, and hands their memory back.
    pub async fn write(mut self, mut bytes: Vec<u8>) -> Result<(Self, Vec<u8>)> {
        match self.sink {
            Sink::Bucket(mut writer) => {
                self.sealing.sealer.push(&bytes, writer.room());
                writer.send_full().await?;
                bytes.clear();
                Ok((Self { sealing: self.sealing, sink: Sink::Bucket(writer) }, bytes))
            }
            Sink::File(mut writer) => {
                blocking(move || {
                    let mut sealed = Vec::with_capacity(bytes.len().saturating_add(CHUNK));
                    self.sealing.sealer.push(&bytes, &mut sealed);
                    writer.append(&sealed)?;
                    bytes.clear();
                    Ok((Self { sealing: self.sealing, sink: Sink::File(writer) }, bytes))
                })
                .await
            }
        }
    }

    /// Seals the last chunk; when this returns, everything survives a power cut.
    pub async fn finish(self) -> Result<()> {
        let Sealing { sealer, last } = self.sealing;
        match self.sink {
            Sink::Bucket(mut writer) => {
                sealer.finish_part(last, writer.room());
                writer.finish().await
            }
            Sink::File(mut writer) => {
                blocking(move || {
                    let mut sealed = Vec::with_capacity(CHUNK.saturating_add(TAG));
                    sealer.finish_part(last, &mut sealed);
                    writer.append(&sealed)?;
                    writer.finish()
                })
                .await
            }
        }
    }
}

/// A blob that is being read.
pub struct BlobReader {
    opener: ChunkOpener,
    source: Source,
    size: u64,
    row: Row,
}

enum Source {
    Bucket(bucket::Source),
    File(std::sync::Arc<std::fs::File>),
}

impl BlobReader {
    /// Length of the envelope in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Some bytes of the envelope from the byte at `position` on: those of one chunk, or of a few where
    /// each question costs. Empty at the end.
    pub async fn read_from(&self, position: u64) -> Result<Vec<u8>> {
        if position >= self.size {
            return Ok(Vec::new());
        }
        let index = position.checked_div(chunk()).unwrap_or(0);
        let skip = position.checked_rem(chunk()).unwrap_or(0);
        let count = match &self.source {
            Source::Bucket(_) => bucket::AT_ONCE,
            Source::File(_) => 1,
        };
        let mut bytes = self.chunks_at(index, count).await?;
        drop(bytes.drain(..usize::try_from(skip).unwrap_or(0)));
        Ok(bytes)
    }

    /// Up to `count` chunks from `first` on, opened.
    async fn chunks_at(&self, first: u64, count: u64) -> Result<Vec<u8>> {
        let start = first.saturating_mul(chunk());
        let length = self.size.saturating_sub(start).min(count.saturating_mul(chunk()));
        let offset = sealed_at(first);
        let sealed_end = offset.saturating_add(sealed_length(length));
        let sealed = match &self.source {
            Source::Bucket(source) => source.read(offset, sealed_end).await?,
            Source::File(file) => {
                let file = std::sync::Arc::clone(file);
                blocking(move || directory::read(&file, offset, sealed_end)).await?.into()
            }
        };
        self.open(first, &sealed)
    }

    fn open(&self, first: u64, sealed: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(sealed.len());
        let last = self.size.div_ceil(chunk()).saturating_sub(1);
        for (index, sealed) in (first..).zip(sealed.chunks(CHUNK.saturating_add(TAG))) {
            let mut piece = sealed.to_vec();
            let opened = self.opener.open(index, index == last, &mut piece);
            opened.map_err(|_| StoreError::Undecryptable(self.row))?;
            bytes.append(&mut piece);
        }
        Ok(bytes)
    }
}

/// Does what waits for a disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)?
}

fn chunk() -> u64 {
    u64::try_from(CHUNK).unwrap_or(u64::MAX)
}

fn tag() -> u64 {
    u64::try_from(TAG).unwrap_or(0)
}

/// Where chunk `index` begins in the sealed blob.
fn sealed_at(index: u64) -> u64 {
    index.saturating_mul(chunk().saturating_add(tag()))
}

/// How long `size` bytes are when they are sealed, from the start of a chunk.
fn sealed_length(size: u64) -> u64 {
    size.saturating_add(size.div_ceil(chunk()).saturating_mul(tag()))
}
