//! Envelopes that come in parts.

use std::time::Duration;

use domain::hashes::{KeyedHash, Kind};
use domain::secret::Row;
use domain::time::Timestamp;

use super::bench::{Bench, CONTENT, NOW};
use super::{Fault, Result, holds};
use crate::port::{
    Kept, NewPayload, Query, Result as StoreResult, Transaction, Unit, Upload, View,
};
use crate::{Envelope, Store};

/// How long it is kept.
const KEPT: Duration = Duration::from_hours(24);

/// One change of an upload.
enum Change {
    Begin(Box<Upload>, NewPayload),
    Complete(Row),
    Destroy(Row),
    Part(Row, u32, Timestamp),
}

impl Unit for Change {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        match self {
            Self::Begin(upload, payload) => tx.insert_upload(upload, payload).await,
            Self::Complete(row) => tx.complete_upload(*row).await,
            Self::Destroy(row) => tx.destroy_upload(*row, NOW).await,
            Self::Part(row, number, until) => tx.insert_part(*row, *number, *until).await,
        }
    }
}

/// What is known about the upload of a row.
struct Look {
    row: Row,
    token: KeyedHash,
    now: Timestamp,
}

struct Seen {
    upload: Option<Upload>,
    of_token: Option<Upload>,
    parts: Vec<u32>,
    lapsed: Vec<Row>,
}

impl Query for Look {
    type Output = Seen;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Seen> {
        Ok(Seen {
            upload: view.upload(self.row).await?,
            of_token: view.upload_of(&self.token).await?,
            parts: view.parts(self.row).await?,
            lapsed: view.lapsed_uploads(self.now, 10).await?,
        })
    }
}

async fn look(store: &Store, upload: &Upload, now: Timestamp) -> Result<Seen> {
    Ok(store.read(Look { row: upload.kept.secret.row, token: upload.token, now }).await?)
}

/// An upload of one part that has begun.
async fn begin(bench: &Bench<'_>) -> Result<Upload> {
    let kept: Kept = bench.kept().await?;
    let payload = bench.store.begin_parts(&kept, bench.entropy).await?;
    let upload = Upload { kept, token: bench.hash(Kind::Upload), until: NOW.plus(KEPT) };
    bench.store.write(Change::Begin(Box::new(upload), payload)).await?;
    let seen = look(bench.store, &upload, NOW).await?.upload;
    seen.ok_or(Fault::Not("an upload that has begun is there"))
}

async fn send(bench: &Bench<'_>, upload: &Upload) -> Result {
    let part = bench.store.seal_part(upload, 0, &bench.hash(Kind::Owner)).await?;
    let part = part.ok_or(Fault::Not("a part of it can be sent"))?;
    part.write(CONTENT.to_vec()).await?.0.finish().await?;
    Ok(())
}

pub(super) async fn an_upload_becomes_the_secret_that_it_was_to_be(bench: &Bench<'_>) -> Result {
    let upload = begin(bench).await?;
    let (row, size) = (upload.kept.secret.row, upload.kept.secret.size);
    holds(bench.store.live_bytes() == size, "its bytes count from the start")?;
    holds(bench.look(row).await?.kept.is_none(), "it is no secret yet")?;
    send(bench, &upload).await?;
    bench.store.write(Change::Part(row, 0, upload.until)).await?;
    bench.store.write(Change::Complete(row)).await?;
    let seen = bench.look(row).await?;
    holds(seen.kept == Some(upload.kept), "it becomes the secret that it was to be")?;
    let payload = seen.payload.ok_or(Fault::Not("with its payload"))?;
    let opened = match bench.store.unseal(&upload.kept, &payload).await? {
        Some(Envelope::Large(reader)) => reader.read_from(0).await?,
        Some(Envelope::Small(_)) | None => Vec::new(),
    };
    holds(opened == CONTENT, "which opens as it was sealed (R50)")?;
    holds(bench.store.live_bytes() == size, "and counts once")?;
    let seen = look(bench.store, &upload, NOW).await?;
    let gone = seen.upload.is_none() && seen.of_token.is_none() && seen.parts.is_empty();
    holds(gone, "nothing of the upload is left")
}

/// Law 4, for what never became a secret.
pub(super) async fn an_upload_that_is_given_up_leaves_nothing_that_opens(
    bench: &Bench<'_>,
) -> Result {
    let upload = begin(bench).await?;
    let row = upload.kept.secret.row;
    send(bench, &upload).await?;
    bench.store.write(Change::Part(row, 0, upload.until)).await?;
    bench.store.write(Change::Destroy(row)).await?;
    let seen = look(bench.store, &upload, NOW).await?;
    holds(seen.upload.is_none() && seen.parts.is_empty(), "it is gone with its parts")?;
    // The key is overwritten after the commit, before anything that comes later.
    bench.keep().await?;
    let network = bench.hash(Kind::Owner);
    let part = bench.store.seal_part(&upload, 0, &network).await?;
    holds(part.is_none(), "its key is destroyed")?;
    let jobs = bench.lease(NOW, NOW.plus(KEPT)).await?;
    holds(jobs.len() == 1, "what has come is to be removed")
}

pub(super) async fn parts_are_known_once_they_are_safe(bench: &Bench<'_>) -> Result {
    let upload = begin(bench).await?;
    let row = upload.kept.secret.row;
    for number in [3, 1, 3] {
        bench.store.write(Change::Part(row, number, upload.until)).await?;
    }
    let seen = look(bench.store, &upload, NOW).await?;
    holds(seen.parts == [1, 3], "parts are known in order, each once")?;
    holds(seen.of_token == Some(upload), "the token leads to its upload")?;
    holds(seen.lapsed.is_empty(), "it is kept until its time is up")?;
    let seen = look(bench.store, &upload, upload.until).await?;
    holds(seen.lapsed == [row], "and found at that very moment")?;
    let later = upload.until.plus(KEPT);
    bench.store.write(Change::Part(row, 2, later)).await?;
    let seen = look(bench.store, &upload, upload.until).await?;
    holds(seen.lapsed.is_empty(), "a part keeps it for longer")?;
    holds(seen.upload == Some(Upload { until: later, ..upload }), "as long as was said")
}
