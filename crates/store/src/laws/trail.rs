//! What is written about it (law 9).

use domain::audit::{Head, Kind as EventKind};

use super::bench::{Bench, NOW, Step, burned, event};
use super::{Result, holds};

/// The chain is unbroken whatever ran in between: units that failed, units that shared a commit.
pub(super) async fn events_are_numbered_and_chained_as_they_happen(bench: &Bench<'_>) -> Result {
    for turn in 0_u32..30 {
        let secret = bench.keep().await?.secret;
        let mut steps = vec![
            Step::Settle(secret, burned(secret)),
            Step::Record(event(EventKind::Burned, &secret)),
        ];
        if turn.is_multiple_of(4) {
            steps.push(Step::Fail);
        }
        let result = bench.run(steps).await;
        holds(result.is_err() == turn.is_multiple_of(4), "each unit does what it must")?;
    }
    let trail = bench.due(NOW).await?.trail;
    holds(trail.len() == 52, "every event is there, and no other")?;
    let mut head = Head::EMPTY;
    for recorded in &trail {
        head = head.append(&recorded.event);
        holds(recorded.seq == head.seq, "events are numbered without a gap")?;
        holds(recorded.hash == head.hash, "and each is chained to the one before")?;
    }
    Ok(())
}

pub(super) async fn an_event_of_what_did_not_happen_is_not_there(bench: &Bench<'_>) -> Result {
    let secret = bench.keep().await?.secret;
    bench.run(vec![Step::Settle(secret, burned(secret))]).await?;
    // Whoever comes too late writes first what then turns out not to be.
    let late = vec![
        Step::Record(event(EventKind::Opened, &secret)),
        Step::Claim(bench.claim(secret.row)),
        Step::Settle(secret, burned(secret)),
    ];
    holds(bench.run(late).await.is_err(), "whoever comes too late is told so")?;
    let seen = bench.look(secret.row).await?;
    holds(seen.events == [EventKind::Created], "and nothing says that they opened it")?;
    holds(seen.running == 0, "nor have they a claim")
}
