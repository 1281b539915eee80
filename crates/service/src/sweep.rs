//! Sweep: what time does by itself, with no visitor needed (R41).
//!
//! Ends leases that ran out, destroys payloads whose time is up, forgets receipts and idempotency
//! keys, does the jobs that changes left behind, ends mails whose links nobody knows and letters whose time is up, and takes up server keys that changed. Runs before the listener opens, and then every
//! few seconds.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::claim::{Claim, Outcome};
use domain::job::{Job, Task};
use domain::secret::{End, Row, Secret, Standing};
use domain::time::Timestamp;
use store::StoreError;
use store::port::{Kept, Query, Result as StoreResult, Transaction, Unit, View, settle};

use crate::Service;
use crate::sessions::ForgetSessions;
use crate::sign_in::ForgetTickets;

/// How often the sweeper comes by. Law 4 allows 60 s.
pub const EVERY: Duration = Duration::from_secs(5);
/// How many rows one transaction takes, so that nobody waits long behind it: a thousand a second are
/// some sixty transactions.
const BATCH: u32 = 16;
/// How long a job is this program's alone, once taken.
const LEASE: Duration = Duration::from_mins(1);
/// How often strays are looked for.
const LOOK: Duration = Duration::from_hours(1);
/// How old a stray is at least: nothing that comes in takes as long.
const STRAY: Duration = Duration::from_hours(26);
/// How long after a failure a job waits at most.
const BACKOFF: Duration = Duration::from_hours(1);

impl Service {
    /// Does everything that is due. A step that fails keeps no other from its work.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.look_at_keys(false).await;
        let steps = [
            self.end_lost(now).await,
            self.repeat(EndLeases { now }).await,
            self.repeat(Expire { now }).await,
            self.repeat(EndUploads { now }).await,
            self.repeat(Forget { now }).await,
            self.store.write(ForgetSessions { now }).await,
            self.store.write(ForgetTickets { now }).await,
            self.work_off(now).await,
            self.look_after_mails(now).await,
            self.look_after_letters(now).await,
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

    /// Runs `unit` until it says that there is no more.
    async fn repeat<U: Unit<Output = bool> + Copy>(&self, unit: U) -> Result<(), StoreError> {
        while self.store.write(unit).await? {
            // There is much to do, and it is being done.
            self.readiness.wrote(self.clock.now());
        }
        Ok(())
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
        return tx.destroy_upload(row, now).await;
    }
    let Some(kept) = readable(tx.secret(row).await)? else {
        return tx.quarantine(row).await;
    };
    let Some(after) = kept.secret.lose(now) else { return Ok(()) };
    settle(tx, &kept.secret, &after, now).await?;
    let (kind, actor) = (EventKind::Lost, Actor::System);
    tx.record(&Event::new(now, kind, actor).of(row)).await
}

#[derive(Clone, Copy)]
struct EndLeases {
    now: Timestamp,
}

impl Unit for EndLeases {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let lapsed = tx.lapsed_claims(self.now, BATCH).await?;
        for claim in &lapsed {
            let ended = end_lease(tx, claim, self.now).await;
            set_aside(tx, claim.row, ended).await?;
        }
        Ok(u32::try_from(lapsed.len()).is_ok_and(|count| count == BATCH))
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

#[derive(Clone, Copy)]
struct Expire {
    now: Timestamp,
}

impl Unit for Expire {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let due = tx.expired(self.now, BATCH).await?;
        for row in &due {
            match readable(tx.secret(*row).await)? {
                Some(kept) => {
                    let expired = expire(tx, &kept.secret, self.now).await;
                    set_aside(tx, *row, expired).await?;
                }
                None => tx.quarantine(*row).await?,
            }
        }
        Ok(u32::try_from(due.len()).is_ok_and(|count| count == BATCH))
    }
}

async fn expire<T: Transaction>(tx: &mut T, secret: &Secret, now: Timestamp) -> StoreResult<()> {
    let running = tx.running_claims(secret.row, now).await?;
    let Some(after) = secret.expire(running, now) else { return Ok(()) };
    settle(tx, secret, &after, now).await?;
    if matches!(after.standing, Standing::Ended(End::Expired { .. })) {
        let (kind, actor) = (EventKind::Expired, Actor::System);
        tx.record(&Event::new(now, kind, actor).of(secret.row)).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct EndUploads {
    now: Timestamp,
}

impl Unit for EndUploads {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let rows = tx.lapsed_uploads(self.now, BATCH).await?;
        for row in &rows {
            tx.destroy_upload(*row, self.now).await?;
        }
        Ok(u32::try_from(rows.len()).is_ok_and(|count| count == BATCH))
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

#[derive(Clone, Copy)]
struct Forget {
    now: Timestamp,
}

impl Unit for Forget {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let rows = tx.forgettable(self.now, BATCH).await?;
        for row in &rows {
            tx.forget_secret(*row).await?;
            store::owned::forget(tx, *row).await?;
        }
        tx.forget_idempotency_keys(self.now).await?;
        tx.forget_strangers(self.now).await?;
        store::mails::forget(tx, self.now).await?;
        store::organisations::forget_invitations(tx, self.now).await?;
        tx.mark_time(self.now).await?;
        Ok(u32::try_from(rows.len()).is_ok_and(|count| count == BATCH))
    }
}

struct Lease {
    now: Timestamp,
}

impl Unit for Lease {
    type Output = Vec<Job>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Vec<Job>> {
        tx.lease_jobs(self.now, self.now.plus(LEASE), BATCH).await
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
