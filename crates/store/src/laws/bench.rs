//! What laws work with: secrets to keep, units that do what they are told, and looks at the store.

use std::future::Future;
use std::task::Poll;

use domain::Entropy;
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::claim::{Claim, Outcome};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::job::{Job, Task};
use domain::secret::{End, Row, SealedBy, Secret, Standing};
use domain::terms::Terms;
use domain::time::Timestamp;

use crate::at_rest::RingId;
use crate::ids::Tag;
use crate::port::{
    self, Kept, NewPayload, Query, Recorded, Result as StoreResult, SealedPayload, Transaction,
    Unit, Verifiers, View, settle,
};
use crate::{Envelope, Store, StoreError};

/// When everything happens, unless a law says otherwise.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_795_521_600_000);
/// What is sealed.
pub(super) const CONTENT: &[u8] = b"an envelope, sealed by somebody else";

/// A store with nothing in it.
pub(super) struct Bench<'a> {
    pub(super) store: &'a Store,
    pub(super) entropy: &'a dyn Entropy,
}

/// One thing that a unit does.
pub(super) enum Step {
    Claim(Claim),
    Destroy(Secret),
    EndClaim(Row, KeyedHash),
    Enqueue(Task),
    Fail,
    FinishJob(Job),
    Forget(Row),
    Insert(Box<Kept>, NewPayload),
    PutOff(Row, Timestamp),
    Record(Event),
    Settle(Secret, Secret),
    Turn(RingId),
    Update(Secret, Secret),
}

/// A unit that does these things, in this order.
pub(super) struct Script(pub(super) Vec<Step>);

impl Unit for Script {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        for step in &self.0 {
            match step {
                Step::Claim(claim) => tx.insert_claim(claim).await?,
                Step::Destroy(secret) => tx.destroy_payload(secret, NOW).await?,
                Step::EndClaim(row, token) => {
                    tx.end_claim(*row, token, Outcome::Confirmed { at: NOW }).await?;
                }
                Step::Enqueue(task) => tx.enqueue(*task, NOW).await?,
                Step::Fail => return Err(StoreError::Closed),
                Step::FinishJob(job) => tx.finish_job(job).await?,
                Step::Forget(row) => tx.forget_secret(*row).await?,
                Step::Insert(kept, payload) => tx.insert_secret(kept, payload).await?,
                Step::PutOff(row, until) => tx.put_off(*row, *until).await?,
                Step::Record(event) => tx.record(event).await?,
                Step::Settle(before, after) => settle(tx, before, after, NOW).await?,
                Step::Turn(ring) => drop(tx.wrap_anew(*ring, None, 100).await?),
                Step::Update(before, after) => tx.update_secret(before, after).await?,
            }
        }
        Ok(())
    }
}

/// Everything that is known about one row.
pub(super) struct Look(pub(super) Row);

/// What a look saw.
pub(super) struct Seen {
    pub(super) kept: Option<Kept>,
    pub(super) payload: Option<SealedPayload>,
    pub(super) events: Vec<EventKind>,
    pub(super) running: u32,
}

impl Query for Look {
    type Output = Seen;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Seen> {
        Ok(Seen {
            kept: view.secret(self.0).await?,
            payload: view.payload(self.0).await?,
            events: view.events(self.0).await?.into_iter().map(|event| event.kind).collect(),
            running: view.running_claims(self.0, NOW).await?,
        })
    }
}

/// Takes the jobs that are due at the first time, until the second.
struct LeaseJobs(Timestamp, Timestamp);

impl Unit for LeaseJobs {
    type Output = Vec<Job>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Vec<Job>> {
        tx.lease_jobs(self.0, self.1, 100).await
    }
}

/// What is due at a point in time, and the whole trail.
pub(super) struct Due(pub(super) Timestamp);

/// What was due.
pub(super) struct Found {
    pub(super) secrets: Vec<port::Due>,
    pub(super) lapsed: Vec<Claim>,
    pub(super) trail: Vec<Recorded>,
}

impl Query for Due {
    type Output = Found;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Found> {
        Ok(Found {
            secrets: view.due(self.0, 100).await?,
            lapsed: view.lapsed_claims(self.0, 100).await?,
            trail: view.trail(0, 10_000).await?,
        })
    }
}

impl<'a> Bench<'a> {
    pub(super) const fn new(store: &'a Store, entropy: &'a dyn Entropy) -> Self {
        Self { store, entropy }
    }

    /// A hash that nothing else has.
    pub(super) fn hash(&self, kind: Kind) -> KeyedHash {
        self.store.hash(kind, &draw::<32>(self.entropy))
    }

    /// A secret that waits, and is not kept yet.
    pub(super) async fn kept(&self) -> StoreResult<Kept> {
        let terms = Terms::default();
        let expires_at = NOW.plus(terms.lifetime.duration());
        let secret = Secret {
            row: self.store.reserve().await?,
            terms,
            created_at: NOW,
            expires_at,
            views_taken: 0,
            failed: 0,
            passphrase: false,
            sealed_by: SealedBy::Sender,
            size: u64::try_from(CONTENT.len()).unwrap_or(0),
            standing: Standing::Waiting,
        };
        let verifiers = Verifiers {
            link_proof: self.hash(Kind::LinkProof),
            proof: self.hash(Kind::Proof),
            receipt: self.hash(Kind::Receipt),
        };
        let receipt_until = expires_at.plus(terms.lifetime.duration());
        Ok(Kept { tag: Tag::new(draw(self.entropy)), secret, verifiers, receipt_until })
    }

    /// The payload of `kept`.
    pub(super) fn seal(&self, kept: &Kept) -> NewPayload {
        self.store.seal_small(kept, CONTENT, self.entropy)
    }

    /// Keeps a secret, with its event.
    pub(super) async fn keep(&self) -> StoreResult<Kept> {
        let kept = self.kept().await?;
        let payload = self.seal(&kept);
        let created = event(EventKind::Created, &kept.secret);
        self.run(vec![Step::Insert(Box::new(kept), payload), Step::Record(created)]).await?;
        Ok(kept)
    }

    pub(super) async fn run(&self, steps: Vec<Step>) -> StoreResult<()> {
        self.store.write(Script(steps)).await
    }

    pub(super) async fn look(&self, row: Row) -> StoreResult<Seen> {
        self.store.read(Look(row)).await
    }

    pub(super) async fn due(&self, at: Timestamp) -> StoreResult<Found> {
        self.store.read(Due(at)).await
    }

    /// The jobs that are due at `now`, taken until `until`.
    pub(super) async fn lease(&self, now: Timestamp, until: Timestamp) -> StoreResult<Vec<Job>> {
        self.store.write(LeaseJobs(now, until)).await
    }

    /// A claim on `row`.
    pub(super) fn claim(&self, row: Row) -> Claim {
        let lease_ends_at = NOW.plus(domain::secret::LEASE);
        Claim { row, token: self.hash(Kind::Claim), taken_at: NOW, lease_ends_at, outcome: None }
    }
}

/// What happened to `secret`.
pub(super) const fn event(kind: EventKind, secret: &Secret) -> Event {
    Event::new(NOW, kind, Actor::System).of(secret.row)
}

/// `secret` after it was burned.
pub(super) const fn burned(secret: Secret) -> Secret {
    Secret { standing: Standing::Ended(End::Burned { at: NOW }), ..secret }
}

/// The bytes of an envelope that is in memory.
pub(super) fn bytes(envelope: Option<Envelope>) -> Option<Vec<u8>> {
    match envelope {
        Some(Envelope::Small(bytes)) => Some(bytes),
        Some(Envelope::Large(_)) | None => None,
    }
}

/// Polls all of them together, so that they wait at the same time.
pub(super) async fn together<T: Send>(
    runs: impl Iterator<Item = impl Future<Output = T> + Send> + Send,
) -> Vec<T> {
    let mut open: Vec<_> = runs.map(|run| (Box::pin(run), None)).collect();
    std::future::poll_fn(|context| {
        for (run, result) in &mut open {
            if result.is_none()
                && let Poll::Ready(ready) = run.as_mut().poll(context)
            {
                *result = Some(ready);
            }
        }
        if open.iter().all(|(_, result)| result.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    open.into_iter().filter_map(|(_, result)| result).collect()
}
