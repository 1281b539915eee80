//! What is destroyed, and what opens.

use std::time::Duration;

use domain::audit::Kind as EventKind;
use domain::hashes::Kind;
use domain::secret::{Row, Secret};
use domain::terms::{Terms, Views};
use domain::time::Timestamp;

use super::bench::{Bench, CONTENT, NOW, Step, burned, bytes, event};
use super::{Fault, Result, holds};
use crate::StoreError;
use crate::port::{
    Due, Kept, NextSecrets, Query, Result as StoreResult, SealedPayload, Verifiers, View,
};

async fn payload(bench: &Bench<'_>, secret: &Secret) -> Result<SealedPayload> {
    bench.look(secret.row).await?.payload.ok_or(Fault::Not("a secret that waits has a payload"))
}

pub(super) async fn a_payload_opens_as_it_was_sealed(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let payload = payload(bench, &kept.secret).await?;
    let opened = bytes(bench.store.unseal(&kept, &payload).await?);
    holds(opened.as_deref() == Some(CONTENT), "what comes out is what went in (R50)")?;
    holds(bench.store.live_bytes() == kept.secret.size, "and it is counted")
}

/// Law 4: whoever copied the sealed payload before the end opens nothing with it after the end.
pub(super) async fn a_destroyed_payload_does_not_open_from_a_copy(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let secret = kept.secret;
    let copy = payload(bench, &secret).await?.without_key();
    let burn =
        vec![Step::Settle(secret, burned(secret)), Step::Record(event(EventKind::Burned, &secret))];
    bench.run(burn).await?;
    let seen = bench.look(secret.row).await?;
    holds(seen.payload.is_none(), "the payload went in the same transaction (R14)")?;
    // The key is overwritten after the commit, before anything that comes later.
    bench.keep().await?;
    holds(bench.store.unseal(&kept, &copy).await?.is_none(), "its copy has no key any more")?;
    holds(bench.store.live_bytes() == secret.size, "its room is free again")
}

/// R45: a sealed column that was moved to another row does not open there.
pub(super) async fn a_payload_in_another_row_does_not_open(bench: &Bench<'_>) -> Result {
    let (mine, theirs) = (bench.keep().await?, bench.kept().await?);
    // The row of one secret, sealed for another: as if somebody had swapped two columns.
    let moved = bench.seal(&mine);
    bench.run(vec![Step::Insert(Box::new(theirs), moved)]).await?;
    let payload = payload(bench, &theirs.secret).await?;
    let opened = bench.store.unseal(&theirs, &payload).await;
    let refused = matches!(opened, Err(StoreError::Undecryptable(row)) if row == theirs.secret.row);
    holds(refused, "a payload opens in its own row alone")
}

/// R45: terms or proofs that were altered beside it close it.
pub(super) async fn a_payload_beside_other_terms_does_not_open(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let (secret, shown) = (kept.secret, kept.verifiers);
    let payload = payload(bench, &secret).await?;
    let terms = Terms { views: Views::MAX, ..secret.terms };
    let later = secret.expires_at.plus(Duration::from_hours(1));
    let proof = bench.hash(Kind::Proof);
    for altered in [
        Kept { secret: Secret { terms, ..secret }, ..kept },
        Kept { secret: Secret { expires_at: later, ..secret }, ..kept },
        Kept { secret: Secret { created_at: later, ..secret }, ..kept },
        Kept { secret: Secret { passphrase: true, ..secret }, ..kept },
        Kept { verifiers: Verifiers { proof, ..shown }, ..kept },
        Kept { verifiers: Verifiers { link_proof: proof, ..shown }, ..kept },
        Kept { verifiers: Verifiers { receipt: proof, ..shown }, ..kept },
        Kept { tag: bench.kept().await?.tag, ..kept },
    ] {
        let opened = bench.store.unseal(&altered, &payload).await;
        let refused = matches!(opened, Err(StoreError::Undecryptable(_)));
        holds(refused, "a payload opens under its own terms alone")?;
    }
    holds(bench.store.unseal(&kept, &payload).await?.is_some(), "and under its own it opens")
}

fn just_before(at: Timestamp) -> Timestamp {
    at.minus(Duration::from_millis(1))
}

pub(super) async fn each_secret_is_seen_to_in_its_time(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let (secret, until) = (kept.secret, kept.receipt_until);
    let (row, expiry) = (secret.row, secret.expires_at);
    let due = bench.due(just_before(expiry)).await?;
    holds(due.secrets.is_empty(), "nothing expires too early")?;
    for at in [expiry, until] {
        let due = bench.due(at).await?;
        holds(due.secrets == [Due::Expired(row)], "what has expired is found from that moment on")?;
    }
    bench.run(vec![Step::Settle(secret, burned(secret))]).await?;
    let due = bench.due(just_before(expiry)).await?;
    holds(due.secrets.is_empty(), "an end is seen to in its time")?;
    for at in [expiry, just_before(until)] {
        let due = bench.due(at).await?;
        holds(due.secrets == [Due::Over { row, until }], "what has ended cannot expire")?;
    }
    Ok(())
}

pub(super) async fn receipts_outlive_payloads(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let (secret, until) = (kept.secret, kept.receipt_until);
    let row = secret.row;
    let burn = vec![Step::Settle(secret, burned(secret)), Step::PutOff(row, until)];
    bench.run(burn).await?;
    holds(bench.due(just_before(until)).await?.secrets.is_empty(), "it is seen to once")?;
    let seen = bench.look(row).await?;
    holds(seen.kept.is_some() && seen.payload.is_none(), "the receipt is there, the payload not")?;
    let due = bench.due(until).await?;
    holds(due.secrets == [Due::Forgettable(row)], "and is found when its time is up")?;
    bench.run(vec![Step::Claim(bench.claim(row)), Step::Forget(row)]).await?;
    let seen = bench.look(row).await?;
    holds(seen.kept.is_none() && seen.running == 0, "forgotten is forgotten, claims as well")?;
    holds(!seen.events.is_empty(), "but for the trail")?;
    holds(!bench.due(NOW).await?.trail.is_empty(), "which stays")?;
    let again = bench.run(vec![Step::PutOff(row, until)]).await;
    let none = matches!(again, Err(StoreError::RowsAffected { actual: 0, .. }));
    holds(none, "what is not there is not put off")
}

/// However many have ended and are not swept yet: a sweep sees each of them once, and what waits behind them.
pub(super) async fn a_sweep_sees_each_secret_once(bench: &Bench<'_>) -> Result {
    let (mut ended, mut waiting) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let kept = bench.keep().await?;
        bench.run(vec![Step::Settle(kept.secret, burned(kept.secret))]).await?;
        ended.push(kept.secret.row);
    }
    for _ in 0..10 {
        waiting.push(bench.keep().await?.secret.row);
    }
    let now = NOW.plus(Terms::default().lifetime.duration());
    let (mut over, mut expired) = (Vec::new(), Vec::new());
    // So many times four, and one that is not full.
    for _ in 0..8 {
        let mut steps = Vec::new();
        for due in bench.store.read(SomeDue { now, limit: 4 }).await? {
            match due {
                Due::Over { row, until } => {
                    over.push(row);
                    steps.push(Step::PutOff(row, until));
                }
                Due::Expired(row) => {
                    expired.push(row);
                    steps.push(Step::PutOff(row, now.plus(Duration::from_millis(1))));
                }
                Due::Forgettable(_) => return Err(Fault::Not("a receipt ends at its time")),
            }
        }
        bench.run(steps).await?;
    }
    holds(bench.due(now).await?.secrets.is_empty(), "nothing is left")?;
    for (mut seen, all) in [(over, &ended), (expired, &waiting)] {
        seen.sort_unstable();
        holds(seen == *all, "each is seen once, and none is left out")?;
    }
    let next = bench.due(now.plus(Duration::from_millis(1))).await?;
    holds(next.secrets.len() == waiting.len(), "the next sweep sees what was put off")?;
    let mut after = Row::new(i64::MIN);
    let mut open = Vec::new();
    while let NextSecrets { open: some, last: Some(last) } =
        bench.store.read(Next { after, limit: 7 }).await?
    {
        open.extend(some);
        after = last;
    }
    holds(open == waiting, "what waits is found in the order of its arrival, too")
}

struct SomeDue {
    now: Timestamp,
    limit: u32,
}

impl Query for SomeDue {
    type Output = Vec<Due>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<Due>> {
        view.due(self.now, self.limit).await
    }
}

struct Next {
    after: Row,
    limit: u32,
}

impl Query for Next {
    type Output = NextSecrets;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<NextSecrets> {
        view.next_secrets(self.after, self.limit).await
    }
}
