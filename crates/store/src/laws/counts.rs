//! What is counted, repeated, left to do and remembered.

use std::time::Duration;

use domain::hashes::{KeyedHash, Kind};
use domain::job::Task;
use domain::secret::{LEASE, Row};
use domain::time::Timestamp;

use super::bench::{Bench, NOW, Step};
use super::{Result, holds};
use crate::StoreError;
use crate::port::{
    IdempotencyKey, Query, Result as StoreResult, STRANGERS, Transaction, Unit, View,
};

pub(super) async fn one_token_has_one_claim(bench: &Bench<'_>) -> Result {
    let row = bench.keep().await?.secret.row;
    let claim = bench.claim(row);
    bench.run(vec![Step::Claim(claim)]).await?;
    holds(bench.run(vec![Step::Claim(claim)]).await.is_err(), "a token claims once")?;
    bench.run(vec![Step::Claim(bench.claim(row))]).await?;
    holds(bench.look(row).await?.running == 2, "another token is another claim")?;
    let other = bench.keep().await?.secret.row;
    bench.run(vec![Step::Claim(domain::claim::Claim { row: other, ..claim })]).await?;
    holds(bench.look(other).await?.running == 1, "of another secret as well")
}

pub(super) async fn claims_end_once(bench: &Bench<'_>) -> Result {
    let row = bench.keep().await?.secret.row;
    let (first, second) = (bench.claim(row), bench.claim(row));
    bench.run(vec![Step::Claim(first), Step::Claim(second)]).await?;
    let just_before = NOW.plus(LEASE).minus(Duration::from_millis(1));
    holds(bench.due(just_before).await?.lapsed.is_empty(), "no lease ends too early")?;
    holds(bench.due(NOW.plus(LEASE)).await?.lapsed.len() == 2, "all end in time")?;
    bench.run(vec![Step::EndClaim(row, first.token)]).await?;
    let again = bench.run(vec![Step::EndClaim(row, first.token)]).await;
    holds(matches!(again, Err(StoreError::RowsAffected { .. })), "a claim ends once")?;
    let lapsed = bench.due(NOW.plus(LEASE)).await?.lapsed;
    holds(lapsed.len() == 1, "what has ended does not lapse")?;
    holds(lapsed.iter().all(|claim| claim.token == second.token), "the other one does")
}

/// Counts a wrong passphrase.
struct Count(Row, KeyedHash, Timestamp);

const WINDOW: Duration = Duration::from_mins(10);

impl Unit for Count {
    type Output = (u32, Timestamp);

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        tx.count_attempt(self.0, &self.1, self.2, WINDOW).await
    }
}

/// What is counted now.
struct Counted(Row, KeyedHash, Timestamp);

impl Query for Counted {
    type Output = Option<(u32, Timestamp)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        view.attempts(self.0, &self.1, self.2).await
    }
}

pub(super) async fn wrong_passphrases_are_counted_by_network_and_window(
    bench: &Bench<'_>,
) -> Result {
    let row = bench.keep().await?.secret.row;
    let (here, there) = (bench.hash(Kind::Network), bench.hash(Kind::Network));
    let until = NOW.plus(WINDOW);
    for count in 1..=3 {
        let counted = bench.store.write(Count(row, here, NOW)).await?;
        holds(counted == (count, until), "each counts, in the window of the first")?;
    }
    let counted = bench.store.write(Count(row, there, NOW)).await?;
    holds(counted.0 == 1, "another network counts for itself")?;
    let last = until.minus(Duration::from_millis(1));
    let counted = bench.store.read(Counted(row, here, last)).await?;
    holds(counted == Some((3, until)), "until its end a window holds")?;
    let counted = bench.store.read(Counted(row, here, until)).await?;
    holds(counted.is_none(), "and then it is over")?;
    let counted = bench.store.write(Count(row, here, until)).await?;
    holds(counted == (1, until.plus(WINDOW)), "and the next begins")
}

/// Forgets what strangers tried.
struct ForgetStrangers(Timestamp);

impl Unit for ForgetStrangers {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.forget_strangers(self.0).await
    }
}

pub(super) async fn what_strangers_tried_is_forgotten_with_its_window(bench: &Bench<'_>) -> Result {
    let row = bench.keep().await?.secret.row;
    let (early, late) = (bench.hash(Kind::Stranger), bench.hash(Kind::Stranger));
    let later = NOW.plus(Duration::from_millis(1));
    let until = NOW.plus(WINDOW);
    for (row, who, at) in [(STRANGERS, early, NOW), (STRANGERS, late, later), (row, early, NOW)] {
        bench.store.write(Count(row, who, at)).await?;
    }
    bench.store.write(ForgetStrangers(until)).await?;
    // Looked at as if it were still early: what is left is left.
    let left = async |row, who| bench.store.read(Counted(row, who, NOW)).await;
    holds(left(STRANGERS, early).await?.is_none(), "its window is over")?;
    holds(left(STRANGERS, late).await?.is_some(), "the other one's is not")?;
    holds(left(row, early).await?.is_some(), "what belongs to a secret stays with it")
}

struct Repeat(IdempotencyKey, Timestamp);

impl Unit for Repeat {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.insert_idempotency_key(&self.0, self.1).await
    }
}

struct Repeated(KeyedHash, Timestamp);

impl Query for Repeated {
    type Output = Option<IdempotencyKey>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        view.idempotency_key(&self.0, self.1).await
    }
}

pub(super) async fn creations_are_repeated_until_their_time_is_up(bench: &Bench<'_>) -> Result {
    let row = bench.keep().await?.secret.row;
    let hash = bench.hash(Kind::Idempotency);
    let until = NOW.plus(Duration::from_hours(24));
    let key = IdempotencyKey { hash, fingerprint: [7; 32], row, until };
    bench.store.write(Repeat(key, NOW)).await?;
    let last = until.minus(Duration::from_millis(1));
    let found = bench.store.read(Repeated(hash, last)).await?;
    holds(found == Some(key), "a key is found as it was kept")?;
    let found = bench.store.read(Repeated(hash, until)).await?;
    holds(found.is_none(), "and not when its time is up")?;
    let other = IdempotencyKey { fingerprint: [8; 32], ..key };
    let early = bench.store.write(Repeat(other, last)).await;
    let refused = matches!(early, Err(StoreError::RowsAffected { .. }));
    holds(refused, "until then nothing else is kept under it")?;
    bench.store.write(Repeat(IdempotencyKey { until: until.plus(WINDOW), ..other }, until)).await?;
    let found = bench.store.read(Repeated(hash, until)).await?;
    holds(found.is_some_and(|found| found.fingerprint == [8; 32]), "and afterwards it is")?;
    let other = bench.hash(Kind::Idempotency);
    holds(bench.store.read(Repeated(other, NOW)).await?.is_none(), "nor is any other")
}

pub(super) async fn jobs_are_due_until_they_are_done(bench: &Bench<'_>) -> Result {
    let row = bench.keep().await?.secret.row;
    bench.run(vec![Step::Enqueue(Task::RemoveBlob(row))]).await?;
    let (early, late) = (NOW.minus(Duration::from_millis(1)), NOW.plus(WINDOW));
    holds(bench.lease(early, NOW).await?.is_empty(), "a job waits for its time")?;
    let [first] = bench.lease(NOW, late).await?[..] else {
        return holds(false, "and is found then");
    };
    holds(first.task == Task::RemoveBlob(row), "as it was left")?;
    holds(bench.lease(NOW, late).await?.is_empty(), "by one who does it")?;
    let later = late.plus(WINDOW);
    let [second] = bench.lease(late, later).await?[..] else {
        return holds(false, "and found again when the lease is over");
    };
    let lost = bench.run(vec![Step::FinishJob(first)]).await;
    let lost = matches!(lost, Err(StoreError::RowsAffected { .. }));
    holds(lost, "whoever has lost the lease cannot finish it")?;
    bench.run(vec![Step::FinishJob(second)]).await?;
    holds(bench.lease(later, later).await?.is_empty(), "and is done once")
}

struct Mark(Timestamp);

impl Unit for Mark {
    type Output = Option<Timestamp>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let before = tx.time_mark().await?;
        tx.mark_time(self.0).await?;
        Ok(before)
    }
}

pub(super) async fn time_is_remembered(bench: &Bench<'_>) -> Result {
    holds(bench.store.write(Mark(NOW)).await?.is_none(), "a new store remembers no time")?;
    let later = NOW.plus(WINDOW);
    holds(bench.store.write(Mark(later)).await? == Some(NOW), "then it remembers the last")?;
    holds(bench.store.write(Mark(later)).await? == Some(later), "whatever that is")
}
