//! What a step does, and how the whole store is looked at.

use std::time::Duration;

use domain::audit::Event;
use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::job::{Job, Task};
use domain::secret::{Row, Secret};
use domain::time::Timestamp;

use crate::StoreError;
use crate::port::{
    Due, IdempotencyKey, Kept, NewPayload, Query, Result, SealedPayload, Transaction, Unit, View,
    settle,
};

/// How long attempts are counted together.
pub(super) const WINDOW: Duration = Duration::from_mins(10);
/// More than there ever is of anything.
const ALL: u32 = 10_000;

/// One call of the port, or two.
#[derive(Debug)]
pub(super) enum Action {
    Claim(Claim),
    Count(Row, KeyedHash),
    EndClaim(Row, KeyedHash, Outcome),
    Enqueue(Row, Timestamp),
    Finish(Job),
    Forget(Row),
    ForgetAttempts(Row),
    ForgetRepeats,
    Insert(Box<Kept>, NewPayload),
    Lease(Timestamp),
    Mark,
    PutOff(Row, Timestamp),
    Record(Event),
    Repeat(IdempotencyKey),
    Retry(Job, Timestamp),
    Settle(Secret, Secret),
}

/// What an action gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Counted(u32, Timestamp),
    Done,
    /// Whether there may be more.
    More(bool),
    /// The numbers of the tasks and how often each was tried, in the order of the numbers.
    Leased(Vec<(Row, u32)>),
}

/// A unit of some actions at one time, which may fail in the end.
pub(super) struct Play {
    pub(super) actions: Vec<Action>,
    pub(super) now: Timestamp,
    pub(super) fails: bool,
}

impl Unit for Play {
    type Output = (Vec<Said>, Vec<Job>);

    async fn run<T: Transaction>(&self, tx: &mut T) -> Result<Self::Output> {
        let (mut said, mut jobs) = (Vec::new(), Vec::new());
        for action in &self.actions {
            said.push(action.run(tx, self.now, &mut jobs).await?);
        }
        if self.fails { Err(StoreError::Closed) } else { Ok((said, jobs)) }
    }
}

impl Action {
    async fn run<T: Transaction>(
        &self,
        tx: &mut T,
        now: Timestamp,
        jobs: &mut Vec<Job>,
    ) -> Result<Said> {
        match self {
            Self::Claim(claim) => tx.insert_claim(claim).await?,
            Self::Count(row, network) => {
                let (count, until) = tx.count_attempt(*row, network, now, WINDOW).await?;
                return Ok(Said::Counted(count, until));
            }
            Self::EndClaim(row, token, outcome) => tx.end_claim(*row, token, *outcome).await?,
            Self::Enqueue(row, at) => tx.enqueue(Task::RemoveBlob(*row), *at).await?,
            Self::Finish(job) => tx.finish_job(job).await?,
            Self::Forget(row) => tx.forget_secret(*row).await?,
            Self::ForgetAttempts(row) => tx.forget_attempts(*row).await?,
            Self::ForgetRepeats => {
                return tx.forget_idempotency_keys(now, ALL).await.map(Said::More);
            }
            Self::Insert(kept, payload) => tx.insert_secret(kept, payload).await?,
            Self::Lease(until) => {
                let leased = tx.lease_jobs(now, *until, ALL).await?;
                let mut told: Vec<_> =
                    leased.iter().map(|job| (number(job), job.attempts)).collect();
                told.sort_unstable();
                jobs.extend(leased);
                return Ok(Said::Leased(told));
            }
            Self::Mark => tx.mark_time(now).await?,
            Self::PutOff(row, until) => tx.put_off(*row, *until).await?,
            Self::Record(event) => tx.record(event).await?,
            Self::Repeat(key) => tx.insert_idempotency_key(key, now).await?,
            Self::Retry(job, at) => tx.retry_job(job, *at).await?,
            Self::Settle(before, after) => settle(tx, before, after, now).await?,
        }
        Ok(Said::Done)
    }
}

/// The number by which the model knows a job.
pub(super) const fn number(job: &Job) -> Row {
    let Task::RemoveBlob(row) = job.task;
    row
}

/// A look at everything that the model speaks of.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) now: Timestamp,
    pub(super) rows: Vec<Row>,
    pub(super) tokens: Vec<KeyedHash>,
    pub(super) networks: Vec<KeyedHash>,
    pub(super) keys: Vec<KeyedHash>,
}

/// What is known about one row.
#[derive(Debug)]
pub(super) struct SeenRow {
    pub(super) row: Row,
    pub(super) kept: Option<Kept>,
    pub(super) payload: Option<SealedPayload>,
    /// By token.
    pub(super) claims: Vec<Option<Claim>>,
    pub(super) running: u32,
    /// By network.
    pub(super) attempts: Vec<Option<(u32, Timestamp)>>,
    pub(super) events: Vec<Event>,
}

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) rows: Vec<SeenRow>,
    pub(super) keys: Vec<Option<IdempotencyKey>>,
    pub(super) due: Vec<Due>,
    pub(super) open: Vec<Row>,
    pub(super) lapsed: Vec<Claim>,
    pub(super) mark: Option<Timestamp>,
}

impl Query for Whole {
    type Output = Seen;

    async fn run<V: View>(&self, view: &mut V) -> Result<Seen> {
        let (mut rows, mut keys) = (Vec::new(), Vec::new());
        for row in &self.rows {
            rows.push(self.row(view, *row).await?);
        }
        for key in &self.keys {
            keys.push(view.idempotency_key(key, self.now).await?);
        }
        Ok(Seen {
            rows,
            keys,
            due: view.due(self.now, ALL).await?,
            open: view.next_secrets(Row::new(i64::MIN), ALL).await?.open,
            lapsed: view.lapsed_claims(self.now, ALL).await?,
            mark: view.time_mark().await?,
        })
    }
}

impl Whole {
    async fn row<V: View>(&self, view: &mut V, row: Row) -> Result<SeenRow> {
        let (mut claims, mut attempts) = (Vec::new(), Vec::new());
        for token in &self.tokens {
            claims.push(view.claim(row, token).await?);
        }
        for network in &self.networks {
            attempts.push(view.attempts(row, network, self.now).await?);
        }
        Ok(SeenRow {
            row,
            kept: view.secret(row).await?,
            payload: view.payload(row).await?,
            claims,
            running: view.running_claims(row, self.now).await?,
            attempts,
            events: view.events(row).await?,
        })
    }
}
