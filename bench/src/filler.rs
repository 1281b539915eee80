//! Fills a store with secrets that wait, through the store's own port and many in a transaction: what is
//! measured afterwards is what the program makes of a store that it could have filled itself.
//!
//! A few of them, spread over all, are remembered with their keys, to be claimed and burned.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::hashes::Kind;
use domain::secret::{SealedBy, Secret, Standing};
use domain::terms::Terms;
use domain::{Entropy, Timestamp};
use envelope::{Content, SecretId};
use store::Store;
use store::ids::Tag;
use store::port::{
    Due, Kept, NewPayload, Query, Result as StoreResult, Transaction, Unit, Verifiers, View,
};
use tokio::task::{JoinHandle, yield_now};

use crate::clock::today;
use crate::secrets::{Dice, Prepared};
use crate::void::Void;

/// How many secrets one transaction takes.
const BATCH: u64 = 2000;
/// How long a receipt outlives its secret.
const RECEIPT: Duration = Duration::from_hours(90 * 24);

/// A secret in the store whose keys are known.
pub(crate) struct Known {
    /// Its public id.
    pub(crate) id: SecretId,
    /// What is asked about it.
    pub(crate) secret: Prepared,
}

/// What to fill a store with.
pub(crate) struct Filling<'a> {
    /// How many secrets.
    pub(crate) count: u64,
    /// How many of them are remembered.
    pub(crate) known: u64,
    /// What each holds.
    pub(crate) content: &'a Content,
    /// How long until the first expires.
    pub(crate) first: Duration,
    /// How long after the one before each expires.
    pub(crate) gap: Duration,
}

/// Fills the store in `dir`. What is remembered comes in no order.
pub(crate) async fn fill(dir: &Path, filling: &Filling<'_>) -> Result<Vec<Known>, Void> {
    let chance = Chance(Mutex::new(Dice::new(filling.count)));
    let store = Store::open(dir, &chance).map_err(|error| Void::new(error.to_string()))?;
    let mut dice = Dice::new(filling.count.wrapping_add(1));
    let strangers = Prepared::new(filling.content, &mut dice)?;
    let every = filling.count.checked_div(filling.known).unwrap_or(u64::MAX);
    let now = today();
    let (mut known, mut running) = (Vec::new(), None);
    for start in (0..filling.count).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        let mut batch = Vec::new();
        for number in start..start.saturating_add(BATCH).min(filling.count) {
            let number_32 = u32::try_from(number).unwrap_or(u32::MAX);
            let until = filling.first.saturating_add(filling.gap.saturating_mul(number_32));
            let remembered = number.checked_rem(every) == Some(0);
            let secret =
                if remembered { Some(Prepared::new(filling.content, &mut dice)?) } else { None };
            let ours = secret.as_ref().unwrap_or(&strangers);
            let kept = kept(&store, ours, now, now.plus(until), &chance).await?;
            let payload = store.seal_small(&kept, &ours.envelope, &chance);
            let id = store.identify(kept.secret.row, kept.tag);
            known.extend(secret.map(|secret| Known { id, secret }));
            batch.push((kept, payload));
        }
        finish(running.take()).await?;
        let store = store.clone();
        running = Some(tokio::spawn(async move { store.write(Fill { batch, now }).await }));
        // It is handed over before the next batch is made.
        yield_now().await;
    }
    finish(running).await?;
    // Drawn from a hat.
    known.sort_by_cached_key(|_| dice.draw::<8>());
    Ok(known)
}

async fn finish(running: Option<JoinHandle<StoreResult<()>>>) -> Result<(), Void> {
    let Some(running) = running else { return Ok(()) };
    running.await?.map_err(|error| Void::new(error.to_string()))
}

async fn kept(
    store: &Store,
    secret: &Prepared,
    created_at: Timestamp,
    expires_at: Timestamp,
    chance: &Chance,
) -> Result<Kept, Void> {
    let row = store.reserve().await.map_err(|error| Void::new(error.to_string()))?;
    let shown = &secret.shown;
    let verifiers = Verifiers {
        link_proof: store.hash(Kind::LinkProof, shown.link_proof.as_bytes()),
        proof: store.hash(Kind::Proof, shown.proof.as_bytes()),
        receipt: store.hash(Kind::Receipt, shown.receipt.as_bytes()),
    };
    let secret = Secret {
        row,
        terms: Terms::default(),
        created_at,
        expires_at,
        views_taken: 0,
        failed: 0,
        passphrase: false,
        sealed_by: SealedBy::Sender,
        size: u64::try_from(secret.envelope.len()).unwrap_or(u64::MAX),
        standing: Standing::Waiting,
    };
    let mut tag = [0; 8];
    chance.fill(&mut tag);
    Ok(Kept { tag: Tag::new(tag), secret, verifiers, receipt_until: expires_at.plus(RECEIPT) })
}

/// How long the secret that has been due for the longest has been so, in the store in `dir`.
pub(crate) async fn overdue(dir: &Path) -> Result<Duration, Void> {
    let chance = Chance(Mutex::new(Dice::new(0)));
    let store = Store::open(dir, &chance).map_err(|error| Void::new(error.to_string()))?;
    let now = today();
    let first = store.read(FirstDue(now)).await.map_err(|error| Void::new(error.to_string()))?;
    Ok(first.map_or(Duration::ZERO, |due| due.until(now)))
}

/// Keeps many secrets, each with its event.
struct Fill {
    batch: Vec<(Kept, NewPayload)>,
    now: Timestamp,
}

impl Unit for Fill {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        for (kept, payload) in &self.batch {
            tx.insert_secret(kept, payload).await?;
            let event = Event::new(self.now, EventKind::Created, Actor::Sender);
            tx.record(&event.of(kept.secret.row)).await?;
        }
        Ok(())
    }
}

/// When the first secret was due that is still there.
struct FirstDue(Timestamp);

impl Query for FirstDue {
    type Output = Option<Timestamp>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let due = view.due(self.0, 1).await?;
        let Some(Due::Expired(row) | Due::Forgettable(row) | Due::Over { row, .. }) = due.first()
        else {
            return Ok(None);
        };
        Ok(view.secret(*row).await?.map(|kept| kept.secret.expires_at))
    }
}

/// Randomness that repeats: what is sealed here guards nothing.
struct Chance(Mutex<Dice>);

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}
