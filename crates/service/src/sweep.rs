//! Sweep: what time does by itself, with no visitor needed (R41).
//!
//! Ends leases that ran out, destroys payloads whose time is up, forgets receipts and idempotency
//! keys, does the jobs that changes left behind, ends mails whose links nobody knows and letters whose time is
//! up, and takes up server keys that changed. Runs before the listener opens, and then every few seconds. Each
//! row is looked at when its time has come, however many there are, and then not before there is something
//! to do again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::claim::{Claim, Outcome};
use domain::job::{Job, Task};
use domain::secret::{End, Row, Standing};
use domain::time::Timestamp;
use store::StoreError;
use store::port::{Due, Kept, Query, Result as StoreResult, Transaction, Unit, View, settle};
use tokio::time::sleep;

use crate::Service;
use crate::sessions::ForgetSessions;
use crate::sign_in::ForgetTickets;
use crate::upload;

/// How often the sweeper comes by. Law 4 allows 60 s.
pub const EVERY: Duration = Duration::from_secs(5);
/// How many rows one transaction takes where nobody waits behind it, and how many jobs.
const MANY: u32 = 128;
/// How many it takes beside those who ask, so that nobody waits long behind it.
const FEW: u32 = 8;
/// How long those who ask have the store to themselves between two transactions.
const PAUSE: Duration = Duration::from_millis(2);
/// How long a job is this program's alone, once taken.
const LEASE: Duration = Duration::from_mins(1);
/// How often strays are looked for.
const LOOK: Duration = Duration::from_hours(1);
/// How old a stray is at least: nothing that comes in takes as long.
const STRAY: Duration = Duration::from_hours(26);
/// How long after a failure a job waits at most.
const BACKOFF: Duration = Duration::from_hours(1);

impl Service {
    /// Does everything that is due, as fast as it goes: nobody is served yet.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.sweep_at(Pace::AtOnce).await
    }

    /// Does everything that is due beside those who ask, and a little at a time while that keeps pace.
    pub async fn sweep_gently(&self) -> Result<(), StoreError> {
        self.sweep_at(Pace::Gently).await
    }

    /// A step that fails keeps no other from its work.
    async fn sweep_at(&self, pace: Pace) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.look_at_keys(false).await;
        let steps = [
            self.end_lost(now).await,
            self.repeat(pace, now, |limit| EndLeases { now, limit }).await,
            self.repeat(pace, now, |limit| SeeTo { now, limit }).await,
            self.repeat(pace, now, |limit| EndUploads { now, limit }).await,
            self.repeat(pace, now, |limit| Forget { now, limit }).await,
            self.forget_who_was_here(now).await,
            self.work_off(now).await,
            self.look_after_post(now).await,
            self.turn().await,
            self.remove_strays(now).await,
        ];
        self.store.empty_log();
        if self.counters.report(now) {
            self.judge_clock();
        }
        let outcome = steps.into_iter().collect();
        if matches!(outcome, Ok(())) {
            self.readiness.wrote(self.clock.now());
        }
        outcome
    }

    /// Forgets sessions that are over, and what worked once and was not used.
    async fn forget_who_was_here(&self, now: Timestamp) -> Result<(), StoreError> {
        let sessions = self.store.write(ForgetSessions { now }).await;
        self.store.write(ForgetTickets { now }).await.and(sessions)
    }

    /// Looks after mails and letters, neither of which waits for the other.
    async fn look_after_post(&self, now: Timestamp) -> Result<(), StoreError> {
        let mails = self.look_after_mails(now).await;
        self.look_after_letters(now).await.and(mails)
    }

    /// Runs what `unit` makes of a number of rows until it says that there is no more. A sweep that `began` too
    /// long ago does not keep pace, and waits for nobody.
    async fn repeat<U: Unit<Output = bool>>(
        &self,
        pace: Pace,
        began: Timestamp,
        unit: impl Fn(u32) -> U + Send + Sync,
    ) -> Result<(), StoreError> {
        loop {
            let gently = pace == Pace::Gently && self.clock.now() < began.plus(EVERY);
            if !self.store.write(unit(if gently { FEW } else { MANY })).await? {
                return Ok(());
            }
            // There is much to do, and it is being done.
            self.readiness.wrote(self.clock.now());
            if gently {
                sleep(PAUSE).await;
            }
        }
    }

    /// Ends what a restored backup brought back without its keys.
    async fn end_lost(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        loop {
            let lost = self.store.take_lost();
            if lost.is_empty() {
                return outcome;
            }
            for row in lost {
                outcome = outcome.and(self.store.write(Lose { row, now }).await);
            }
        }
    }

    async fn work_off(&self, now: Timestamp) -> Result<(), StoreError> {
        for job in self.store.write(Lease { now }).await? {
            match self.perform(job.task).await {
                Ok(()) => self.store.write(Finish { job }).await?,
                Err(error) => {
                    tracing::warn!(%error, attempts = job.attempts, "a job failed");
                    let wait = Duration::from_secs(5).saturating_mul(1 << job.attempts.min(12));
                    let at = now.plus(wait.min(BACKOFF));
                    self.store.write(Retry { job, at }).await?;
                }
            }
        }
        Ok(())
    }

    /// Removes large payloads that no row refers to: what was being written when a node was killed, or
    /// came after an upload was given up. Some each time, until all were looked at.
    async fn remove_strays(&self, now: Timestamp) -> Result<(), StoreError> {
        let Some(look) = self.strays.due(now) else { return Ok(()) };
        let old = self.store.old_blobs(now.minus(STRAY), look.next).await?;
        for row in old.rows {
            if !self.store.read(IsWanted { row }).await? {
                self.store.remove_blob(row).await?;
            }
        }
        self.strays.looked(old.next);
        Ok(())
    }

    async fn perform(&self, task: Task) -> Result<(), StoreError> {
        match task {
            Task::RemoveBlob(row) => self.store.remove_blob(row).await,
        }
    }

    /// The latest time that the store has seen, for the clock that never goes back.
    pub async fn time_mark(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.read(TimeMark).await
    }
}

/// Whether anybody waits behind the sweeper.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    AtOnce,
    Gently,
}

struct Lose {
    row: Row,
    now: Timestamp,
}

impl Unit for Lose {
    type Output = ();

    fn about(&self) -> Option<Row> {
        Some(self.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        lose(tx, self.row, self.now).await
    }
}

/// Ends `row` as lost, if it has not ended.
pub(crate) async fn lose<T: Transaction>(tx: &mut T, row: Row, now: Timestamp) -> StoreResult<()> {
    if tx.upload(row).await?.is_some() {
        return upload::destroy(tx, row, now).await;
    }
    let Some(kept) = readable(tx.secret(row).await)? else {
        return tx.quarantine(row).await;
    };
    let Some(after) = kept.secret.lose(now) else { return Ok(()) };
    settle(tx, &kept.secret, &after, now).await?;
    let (kind, actor) = (EventKind::Lost, Actor::System);
    tx.record(&Event::new(now, kind, actor).of(row)).await
}

struct EndLeases {
    now: Timestamp,
    limit: u32,
}

impl Unit for EndLeases {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let lapsed = tx.lapsed_claims(self.now, self.limit).await?;
        for claim in &lapsed {
            let ended = end_lease(tx, claim, self.now).await;
            set_aside(tx, claim.row, ended).await?;
        }
        Ok(is_full(&lapsed, self.limit))
    }
}

async fn end_lease<T: Transaction>(tx: &mut T, claim: &Claim, now: Timestamp) -> StoreResult<()> {
    let row = claim.row;
    let kept = readable(tx.secret(row).await)?;
    // Somebody may have ended it since it was found.
    let running = tx.claim(row, &claim.token).await?;
    if running.is_none_or(|claim| claim.outcome.is_some()) {
        return Ok(());
    }
    tx.end_claim(row, &claim.token, Outcome::Unconfirmed { at: now }).await?;
    let kind = EventKind::DeliveryUnconfirmed;
    tx.record(&Event::new(now, kind, Actor::System).of(row)).await?;
    let Some(kept) = kept else { return Ok(()) };
    let after = kept.secret.delivery_over(tx.running_claims(row, now).await?, now);
    if after != kept.secret {
        settle(tx, &kept.secret, &after, now).await?;
    }
    Ok(())
}

/// What was read. A row that cannot be is logged, and keeps no other from being swept (R54).
fn readable(read: StoreResult<Option<Kept>>) -> StoreResult<Option<Kept>> {
    match read {
        Err(error @ StoreError::Inconsistent { .. }) => {
            tracing::error!(%error, "a secret cannot be read");
            Ok(None)
        }
        read => read,
    }
}

/// What was done with one row. A row with which it cannot be done is set aside, so that the others go
/// on: its payload is gone all the same (R54).
async fn set_aside<T: Transaction>(tx: &mut T, row: Row, done: StoreResult<()>) -> StoreResult<()> {
    match done {
        Err(error @ (StoreError::Inconsistent { .. } | StoreError::RowsAffected { .. })) => {
            tracing::error!(%error, "a secret is set aside");
            tx.quarantine(row).await
        }
        done => done,
    }
}

/// Whether there may be more than what was `found`.
fn is_full<T>(found: &[T], limit: u32) -> bool {
    u32::try_from(found.len()).is_ok_and(|count| count == limit)
}

/// Sees to secrets whose time is up, and later to their receipts.
struct SeeTo {
    now: Timestamp,
    limit: u32,
}

impl Unit for SeeTo {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let due = tx.due(self.now, self.limit).await?;
        for due in &due {
            match *due {
                Due::Expired(row) => expire(tx, row, self.now).await?,
                Due::Forgettable(row) => {
                    tx.forget_secret(row).await?;
                    store::owned::forget(tx, row).await?;
                }
                Due::Over { row, until } => tx.put_off(row, until).await?,
            }
        }
        Ok(is_full(&due, self.limit))
    }
}

async fn expire<T: Transaction>(tx: &mut T, row: Row, now: Timestamp) -> StoreResult<()> {
    let Some(kept) = readable(tx.secret(row).await)? else {
        return tx.quarantine(row).await;
    };
    let expired = expire_kept(tx, &kept, now).await;
    set_aside(tx, row, expired).await
}

async fn expire_kept<T: Transaction>(tx: &mut T, kept: &Kept, now: Timestamp) -> StoreResult<()> {
    let (secret, row) = (&kept.secret, kept.secret.row);
    let running = tx.running_claims(row, now).await?;
    let Some(after) = secret.expire(running, now) else {
        // A reader may still fetch it. The next sweep looks again.
        return tx.put_off(row, now.plus(Duration::from_millis(1))).await;
    };
    settle(tx, secret, &after, now).await?;
    if matches!(after.standing, Standing::Ended(End::Expired { .. })) {
        let (kind, actor) = (EventKind::Expired, Actor::System);
        tx.record(&Event::new(now, kind, actor).of(row)).await?;
    }
    tx.put_off(row, kept.receipt_until).await
}

struct EndUploads {
    now: Timestamp,
    limit: u32,
}

impl Unit for EndUploads {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let rows = tx.lapsed_uploads(self.now, self.limit).await?;
        for row in &rows {
            upload::destroy(tx, *row, self.now).await?;
        }
        Ok(is_full(&rows, self.limit))
    }
}

/// How far the look for strays has come.
#[derive(Default)]
pub(crate) struct Strays(Mutex<Look>);

#[derive(Clone, Copy, Default)]
struct Look {
    /// When it last began.
    began: Option<Timestamp>,
    /// After which row it goes on; `None` between two looks.
    next: Option<Row>,
}

impl Strays {
    /// Where to look now, if it is time to.
    fn due(&self, now: Timestamp) -> Option<Look> {
        let mut look = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if look.next.is_none() {
            if look.began.is_some_and(|began| now < began.plus(LOOK)) {
                return None;
            }
            look.began = Some(now);
        }
        Some(*look)
    }

    fn looked(&self, next: Option<Row>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next = next;
    }
}

/// Whether a row refers to the large payload of `row`.
struct IsWanted {
    row: Row,
}

impl Query for IsWanted {
    type Output = bool;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<bool> {
        Ok(view.payload(self.row).await?.is_some())
    }
}

struct Forget {
    now: Timestamp,
    limit: u32,
}

impl Unit for Forget {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        tx.forget_strangers(self.now).await?;
        store::mails::forget(tx, self.now).await?;
        store::organisations::forget_invitations(tx, self.now).await?;
        tx.mark_time(self.now).await?;
        tx.forget_idempotency_keys(self.now, self.limit).await
    }
}

struct Lease {
    now: Timestamp,
}

impl Unit for Lease {
    type Output = Vec<Job>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Vec<Job>> {
        tx.lease_jobs(self.now, self.now.plus(LEASE), MANY).await
    }
}

struct Finish {
    job: Job,
}

impl Unit for Finish {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.finish_job(&self.job).await
    }
}

struct Retry {
    job: Job,
    at: Timestamp,
}

impl Unit for Retry {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.retry_job(&self.job, self.at).await
    }
}

struct TimeMark;

impl Query for TimeMark {
    type Output = Option<Timestamp>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Option<Timestamp>> {
        view.time_mark().await
    }
}
