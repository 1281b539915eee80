//! All or nothing.

use domain::audit::Kind as EventKind;
use domain::job::{Job, JobId, Task};
use domain::secret::Standing;

use super::bench::{Bench, NOW, Step, burned, event, together};
use super::{Result, holds};
use crate::StoreError;

pub(super) async fn a_unit_that_fails_leaves_nothing(bench: &Bench<'_>) -> Result {
    let kept = bench.kept().await?;
    let row = kept.secret.row;
    let failed = bench
        .run(vec![
            Step::Insert(Box::new(kept), bench.seal(&kept)),
            Step::Record(event(EventKind::Created, &kept.secret)),
            Step::Claim(bench.claim(row)),
            Step::Enqueue(Task::RemoveBlob(row)),
            Step::Fail,
        ])
        .await;
    holds(matches!(failed, Err(StoreError::Closed)), "the caller hears of the failure")?;
    let seen = bench.look(row).await?;
    holds(seen.kept.is_none() && seen.payload.is_none(), "no secret is left")?;
    holds(seen.events.is_empty() && seen.running == 0, "no event and no claim are left")?;
    holds(bench.lease(NOW, NOW).await?.is_empty(), "no job is left")?;
    holds(bench.store.live_bytes() == 0, "no room is taken")?;
    // A failure in the middle of a secret's life leaves it as it was.
    let kept = bench.keep().await?;
    let (before, row) = (kept.secret, kept.secret.row);
    let steps = vec![
        Step::Settle(before, burned(before)),
        Step::Record(event(EventKind::Burned, &before)),
        Step::Fail,
    ];
    holds(bench.run(steps).await.is_err(), "the unit fails")?;
    let seen = bench.look(row).await?;
    holds(seen.kept == Some(kept), "the secret is as it was")?;
    holds(seen.events == [EventKind::Created], "and so is its trail")?;
    let payload = seen.payload.ok_or(super::Fault::Not("the payload is still there"))?;
    holds(bench.store.unseal(&kept, &payload).await?.is_some(), "and its key")?;
    holds(bench.store.live_bytes() == before.size, "and the room that it takes")
}

/// Units that wait at the same time may share a commit; each of them is all or nothing by itself.
pub(super) async fn units_that_run_together_hurt_each_other_not(bench: &Bench<'_>) -> Result {
    let mut secrets = Vec::new();
    for _ in 0..40 {
        secrets.push(bench.kept().await?);
    }
    let runs = secrets.iter().enumerate().map(|(number, kept)| {
        let mut steps = vec![
            Step::Insert(Box::new(*kept), bench.seal(kept)),
            Step::Record(event(EventKind::Created, &kept.secret)),
        ];
        if number.is_multiple_of(3) {
            steps.push(Step::Fail);
        }
        bench.run(steps)
    });
    let results = together(runs).await;
    for (number, (kept, result)) in secrets.iter().zip(results).enumerate() {
        let seen = bench.look(kept.secret.row).await?;
        let fails = number.is_multiple_of(3);
        holds(result.is_err() == fails, "each hears what became of it")?;
        holds(seen.kept.is_none() == fails, "each is there, or not, for itself")?;
        holds(seen.events.is_empty() == fails, "and so is its event")?;
        if let Some(payload) = seen.payload {
            let opened = bench.store.unseal(kept, &payload).await?;
            holds(opened.is_some(), "the keys of those that are there are there")?;
        }
    }
    Ok(())
}

pub(super) async fn a_wrong_number_of_rows_is_an_error(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let gone = bench.keep().await?;
    bench.run(vec![Step::Settle(gone.secret, burned(gone.secret))]).await?;
    let nobody = bench.kept().await?.secret;
    let task = Task::RemoveBlob(kept.secret.row);
    let nothing = Job { id: JobId(4711), task, attempts: 0, leased_until: NOW };
    for steps in [
        vec![Step::Update(nobody, burned(nobody))],
        vec![Step::Destroy(gone.secret)],
        vec![Step::Destroy(nobody)],
        vec![Step::EndClaim(kept.secret.row, bench.claim(kept.secret.row).token)],
        vec![Step::FinishJob(nothing)],
        vec![Step::Forget(kept.secret.row)],
        vec![Step::Forget(nobody.row)],
    ] {
        let result = bench.run(steps).await;
        let wrong = matches!(result, Err(StoreError::RowsAffected { expected: 1, actual: 0, .. }));
        holds(wrong, "what is not there cannot be changed")?;
    }
    let twice = vec![Step::Insert(Box::new(kept), bench.seal(&kept))];
    holds(bench.run(twice).await.is_err(), "a row is taken once")?;
    holds(bench.look(kept.secret.row).await?.kept == Some(kept), "and the first one stays")
}

/// Two who have read the same standing cannot both change it.
pub(super) async fn a_change_of_what_has_changed_is_an_error(bench: &Bench<'_>) -> Result {
    let before = bench.keep().await?.secret;
    let failed = domain::secret::Secret { failed: 1, ..before };
    bench.run(vec![Step::Update(before, failed)]).await?;
    let locked = domain::secret::Secret { standing: Standing::Locked, ..before };
    for late in [locked, burned(before), failed] {
        let result = bench.run(vec![Step::Settle(before, late)]).await;
        let wrong = matches!(result, Err(StoreError::RowsAffected { .. }));
        holds(wrong, "whoever comes second is told so")?;
    }
    let seen = bench.look(before.row).await?;
    holds(seen.kept.is_some_and(|kept| kept.secret == failed), "what came first stands")?;
    holds(seen.payload.is_some(), "and nothing was destroyed")
}
