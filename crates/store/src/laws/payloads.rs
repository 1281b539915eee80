//! What is destroyed, and what opens.

use std::time::Duration;

use domain::audit::Kind as EventKind;
use domain::hashes::Kind;
use domain::secret::Secret;
use domain::terms::{Terms, Views};

use super::bench::{Bench, CONTENT, NOW, Step, burned, bytes, event};
use super::{Fault, Result, holds};
use crate::StoreError;
use crate::port::{Kept, SealedPayload, Verifiers};

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

pub(super) async fn receipts_outlive_payloads(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let secret = kept.secret;
    let just_before = |at: domain::Timestamp| at.minus(Duration::from_millis(1));
    let due = bench.due(just_before(secret.expires_at)).await?;
    holds(due.expired.is_empty(), "nothing expires too early")?;
    let due = bench.due(secret.expires_at).await?;
    holds(due.expired == [secret.row], "what has expired is found at that very moment")?;
    holds(bench.due(kept.receipt_until).await?.forgettable.is_empty(), "what waits is kept")?;
    bench.run(vec![Step::Settle(secret, burned(secret))]).await?;
    holds(bench.due(secret.expires_at).await?.expired.is_empty(), "what has ended cannot expire")?;
    let due = bench.due(just_before(kept.receipt_until)).await?;
    holds(due.forgettable.is_empty(), "a receipt is not forgotten too early")?;
    let seen = bench.look(secret.row).await?;
    holds(seen.kept.is_some() && seen.payload.is_none(), "the receipt is there, the payload not")?;
    let due = bench.due(kept.receipt_until).await?;
    holds(due.forgettable == [secret.row], "and is found when its time is up")?;
    bench.run(vec![Step::Claim(bench.claim(secret.row)), Step::Forget(secret.row)]).await?;
    let seen = bench.look(secret.row).await?;
    holds(seen.kept.is_none() && seen.running == 0, "forgotten is forgotten, claims as well")?;
    holds(!seen.events.is_empty(), "but for the trail")?;
    holds(!bench.due(NOW).await?.trail.is_empty(), "which stays")
}
