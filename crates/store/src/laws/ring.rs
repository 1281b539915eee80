//! Server keys that change while secrets wait (R48).

use super::bench::{Bench, CONTENT, Step, burned, bytes};
use super::{Fault, Result, holds};
use crate::at_rest::RingId;
use crate::keys::keyring::{Activate, ActiveRing, Turn};
use crate::keys::{KeysText, ServerKeys};
use crate::port::{Kept, NewPayload, Query, Result as StoreResult, SealedPayload, View};
use crate::{OpenError, StoreError};

struct InUse;

impl Query for InUse {
    type Output = Vec<RingId>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<RingId>> {
        view.rings_in_use().await
    }
}

async fn in_use(bench: &Bench<'_>) -> Result<Vec<RingId>> {
    Ok(bench.store.read(InUse).await?)
}

async fn payload(bench: &Bench<'_>, kept: &Kept) -> Result<SealedPayload> {
    let seen = bench.look(kept.secret.row).await?;
    seen.payload.ok_or(Fault::Not("a secret that waits has a payload"))
}

async fn opens(bench: &Bench<'_>, kept: &Kept) -> Result<bool> {
    let payload = payload(bench, kept).await?;
    let opened = bytes(bench.store.unseal(kept, &payload).await?);
    Ok(opened.as_deref() == Some(CONTENT))
}

/// The keys of the store and a fresh one, and the numbers of the old and the new one.
fn grown(bench: &Bench<'_>) -> Result<(ServerKeys, RingId, RingId)> {
    let keys = bench.store.keys();
    let grown = keys.grown(bench.entropy).ok_or(Fault::Not("there is room for a key"))?;
    let (old, new) = (keys.newest(), grown.newest());
    Ok((grown, old, new))
}

/// Gives the ring a fresh key, which becomes active. Returns the numbers of the old and the new one.
pub(super) async fn rotate(bench: &Bench<'_>) -> Result<(RingId, RingId)> {
    let (keys, old, new) = grown(bench)?;
    bench.store.take_up(keys.into(), Turn::AtOnce).await?;
    Ok((old, new))
}

pub(super) async fn a_key_of_the_ring_turns_and_everything_opens(bench: &Bench<'_>) -> Result {
    let mut all = vec![bench.keep().await?, bench.keep().await?];
    let (old, new) = rotate(bench).await?;
    all.push(bench.keep().await?);
    holds(in_use(bench).await? == [old, new], "what is new is wrapped with the new key")?;
    let size = bench.store.live_bytes();
    bench.run(vec![Step::Turn(old)]).await?;
    holds(in_use(bench).await? == [new], "the old key is no longer in use")?;
    all_open(bench, &all).await?;
    holds(bench.store.live_bytes() == size, "they take the same room")?;
    bench.store.take_up(bench.store.keys().without(old).into(), Turn::AtOnce).await?;
    all_open(bench, &all).await?;
    rotate(bench).await?;
    bench.run(vec![Step::Turn(new)]).await?;
    all_open(bench, &all).await
}

async fn all_open(bench: &Bench<'_>, all: &[Kept]) -> Result {
    for kept in all {
        holds(opens(bench, kept).await?, "each of them opens, however often the ring turns")?;
    }
    Ok(())
}

/// Whoever has read where a key lies finds it, or hears the truth: a key that is wrapped anew moves.
pub(super) async fn a_reader_in_the_middle_of_a_turn_is_not_told_that_it_is_gone(
    bench: &Bench<'_>,
) -> Result {
    let (waits, other) = (bench.keep().await?, bench.keep().await?);
    let (before, gone) = (payload(bench, &waits).await?, payload(bench, &other).await?);
    let (mut old, mut new) = rotate(bench).await?;
    for _ in 0..3 {
        bench.run(vec![Step::Turn(old)]).await?;
        // The place of the key is empty, or another's by now, or its own again under another key.
        let opened = bytes(bench.store.unseal(&waits, &before).await?);
        holds(opened.as_deref() == Some(CONTENT), "what waits opens")?;
        bench.store.take_up(bench.store.keys().without(old).into(), Turn::AtOnce).await?;
        let opened = bytes(bench.store.unseal(&waits, &before).await?);
        holds(opened.as_deref() == Some(CONTENT), "when the old key is gone as well")?;
        (old, new) = (new, rotate(bench).await?.1);
    }
    holds(old != new, "the ring has turned")?;
    bench.run(vec![Step::Settle(other.secret, burned(other.secret))]).await?;
    bench.keep().await?;
    holds(bench.store.unseal(&other, &gone).await?.is_none(), "and what is gone is gone")
}

pub(super) async fn a_turn_that_fails_leaves_everything_as_it_was(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let before = payload(bench, &kept).await?;
    let (old, new) = rotate(bench).await?;
    let failed = bench.run(vec![Step::Turn(old), Step::Fail]).await;
    holds(failed.is_err(), "the unit fails")?;
    holds(in_use(bench).await? == [old], "the key is wrapped as it was")?;
    holds(payload(bench, &kept).await? == before && opens(bench, &kept).await?, "and opens")?;
    bench.run(vec![Step::Turn(old)]).await?;
    holds(in_use(bench).await? == [new] && opens(bench, &kept).await?, "the next turn takes it")
}

/// An upload that began before the turn: the old key may be gone from the ring soon after it.
pub(super) async fn what_was_sealed_before_a_turn_is_kept_with_the_new_key(
    bench: &Bench<'_>,
) -> Result {
    let (first, second) = (bench.kept().await?, bench.kept().await?);
    let (early, late) = (bench.seal(&first), bench.seal(&second));
    let (old, new) = rotate(bench).await?;
    bench.run(vec![Step::Insert(Box::new(first), early)]).await?;
    holds(in_use(bench).await? == [new], "nothing is wrapped with the old key any more")?;
    holds(opens(bench, &first).await?, "and it opens")?;
    bench.store.take_up(bench.store.keys().without(old).into(), Turn::AtOnce).await?;
    let refused = bench.run(vec![Step::Insert(Box::new(second), late)]).await;
    holds(matches!(refused, Err(StoreError::NoRing(_))), "without the old key it is refused")?;
    holds(bench.look(second.secret.row).await?.kept.is_none(), "and not kept")
}

pub(super) async fn keys_that_do_not_belong_change_nothing(bench: &Bench<'_>) -> Result {
    let kept = bench.keep().await?;
    let (old, new) = rotate(bench).await?;
    let both = bench.store.keys();
    for (ring, says) in [
        (old, "a key that is in use is missed by its number"),
        (new, "and so is the one that wraps"),
    ] {
        let missed = bench.store.take_up(both.without(ring).into(), Turn::AtOnce).await;
        let number = ring.get();
        let named = matches!(missed, Err(OpenError::MissingKey { ring, .. }) if ring == number);
        holds(named, says)?;
    }
    let another = both.without(old).grown(bench.entropy);
    let strangers = KeysText::fresh(bench.entropy).keys().grown(bench.entropy);
    for (keys, says) in
        [(another, "a number has one key"), (strangers, "keys of another store are refused")]
    {
        let keys = keys.ok_or(Fault::Not("there is room for a key"))?;
        let foreign = bench.store.take_up(keys.into(), Turn::AtOnce).await;
        holds(matches!(foreign, Err(OpenError::WrongKeys(_))), says)?;
    }
    holds(bench.store.active_ring() == new, "what was active is active")?;
    all_open(bench, &[kept, bench.keep().await?]).await
}

pub(super) async fn a_key_that_cannot_be_unwrapped_holds_up_no_other(bench: &Bench<'_>) -> Result {
    let (kept, bad) = (bench.keep().await?, bench.kept().await?);
    let sealed = bench.seal(&bad);
    let (old, new) = rotate(bench).await?;
    // It says that the new key has wrapped it, and the old one has.
    let payload = NewPayload { ring: new, ..sealed };
    bench.run(vec![Step::Insert(Box::new(bad), payload)]).await?;
    rotate(bench).await?;
    bench.run(vec![Step::Turn(old), Step::Turn(new)]).await?;
    holds(in_use(bench).await?.contains(&new), "what cannot be unwrapped stays where it is")?;
    holds(opens(bench, &kept).await?, "and every other goes on")?;
    let refused = opens(bench, &bad).await;
    holds(
        matches!(refused, Err(Fault::Store(StoreError::Undecryptable(_)))),
        "its reader hears that it does not open",
    )?;
    bench.run(vec![Step::Settle(bad.secret, burned(bad.secret))]).await?;
    holds(!in_use(bench).await?.contains(&new), "and it can be burned")
}

pub(super) async fn where_nodes_share_a_database_a_key_wraps_when_it_is_told_to(
    bench: &Bench<'_>,
) -> Result {
    let kept = bench.keep().await?;
    let (keys, old, new) = grown(bench)?;
    bench.store.take_up(keys.into(), Turn::WhenTold).await?;
    holds(bench.store.active_ring() == old, "a key that is known does not wrap yet")?;
    bench.keep().await?;
    holds(in_use(bench).await? == [old], "what is new is wrapped as before")?;
    let late = bench.kept().await?;
    let sealed = bench.seal(&late);
    bench.store.write(Activate(new)).await?;
    holds(bench.store.read(ActiveRing).await? == Some(new), "the database is told")?;
    bench.store.take_up(bench.store.keys(), Turn::WhenTold).await?;
    holds(bench.store.active_ring() == new, "and whoever looks hears it")?;
    bench.run(vec![Step::Insert(Box::new(late), sealed), Step::Turn(old)]).await?;
    holds(in_use(bench).await? == [new], "from then on the new one wraps")?;
    holds(opens(bench, &kept).await? && opens(bench, &late).await?, "and everything opens")?;
    let without = bench.store.keys().without(new).into();
    let refused = bench.store.take_up(without, Turn::WhenTold).await;
    holds(refused.is_err(), "whoever does not have it is refused")
}
