//! How much room somebody's payloads take (R32).

use domain::audit::Kind as EventKind;
use domain::hashes::{KeyedHash, Kind};

use super::bench::{Bench, Step, burned, event, together};
use super::{Result, holds};
use crate::port::{Kept, Query, Result as StoreResult, Transaction, Unit, Usage, View};

struct Used(KeyedHash);

impl Query for Used {
    type Output = Usage;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Usage> {
        view.usage(&self.0).await
    }
}

async fn keep_for(bench: &Bench<'_>, owner: KeyedHash) -> StoreResult<Kept> {
    let kept = bench.kept().await?;
    let mut payload = bench.seal(&kept);
    payload.owner = Some(owner);
    let created = event(EventKind::Created, &kept.secret);
    bench.run(vec![Step::Insert(Box::new(kept), payload), Step::Record(created)]).await?;
    Ok(kept)
}

pub(super) async fn what_an_owner_has_is_counted_until_it_goes(bench: &Bench<'_>) -> Result {
    let (here, there) = (bench.hash(Kind::Owner), bench.hash(Kind::Owner));
    let first = keep_for(bench, here).await?.secret;
    let second = keep_for(bench, here).await?.secret;
    keep_for(bench, there).await?;
    bench.keep().await?;
    let both = Usage { bytes: first.size.saturating_mul(2), secrets: 2 };
    holds(bench.store.read(Used(here)).await? == both, "everything of one owner is counted")?;
    let failed = vec![Step::Settle(first, burned(first)), Step::Fail];
    holds(bench.run(failed).await.is_err(), "the unit fails")?;
    holds(bench.store.read(Used(here)).await? == both, "what did not happen is not")?;
    bench.run(vec![Step::Settle(first, burned(first))]).await?;
    let one = Usage { bytes: second.size, secrets: 1 };
    holds(bench.store.read(Used(here)).await? == one, "what has ended is not any more")?;
    bench.run(vec![Step::Settle(second, burned(second))]).await?;
    let nothing = Usage::default();
    holds(bench.store.read(Used(here)).await? == nothing, "nothing is left of them")?;
    let other = bench.store.read(Used(there)).await?;
    holds(other.secrets == 1, "others are counted for themselves")
}

/// Keeps a secret if its owner has fewer than `room`.
struct IfRoom {
    kept: Kept,
    payload: crate::port::NewPayload,
    owner: KeyedHash,
    room: u64,
}

impl Unit for IfRoom {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let free = tx.usage(&self.owner).await?.secrets < self.room;
        if free {
            tx.insert_secret(&self.kept, &self.payload).await?;
        }
        Ok(free)
    }
}

pub(super) async fn units_of_one_commit_count_for_each_other(bench: &Bench<'_>) -> Result {
    let owner = bench.hash(Kind::Owner);
    // One after the other at first: however they share commits, no node gives more than there is room.
    let room = 5;
    let mut taken = 0_u64;
    for _ in 0..8 {
        let kept = bench.kept().await?;
        let mut payload = bench.seal(&kept);
        payload.owner = Some(owner);
        let unit = IfRoom { kept, payload, owner, room };
        taken = taken.saturating_add(u64::from(bench.store.write(unit).await?));
    }
    holds(taken == room, "as many as there is room for")?;
    let used = bench.store.read(Used(owner)).await?;
    holds(used.secrets == room, "and so many are counted")?;
    let mut units = Vec::new();
    for _ in 0..8 {
        let kept = bench.kept().await?;
        let mut payload = bench.seal(&kept);
        payload.owner = Some(owner);
        units.push(IfRoom { kept, payload, owner, room });
    }
    for done in together(units.into_iter().map(|unit| bench.store.write(unit))).await {
        holds(!done?, "nor more at once")?;
    }
    Ok(())
}
