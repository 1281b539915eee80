//! Random lives, step by step against a model in memory.
//!
//! A step is a unit of a few actions on a few secrets, which may fail in the middle or be told to fail at its
//! end; then time may pass. After each the whole store must look as the model does: the engine may be as
//! clever as it likes, and nobody sees a difference. What is drawn comes from a seed, which stands in the
//! fault that is reported; put it into [`KEPT`], and it is drawn again in every run.

mod actions;
mod reference;

use std::time::Duration;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::claim::{Claim, Outcome};
use domain::entropy::draw;
use domain::hashes::Kind;
use domain::secret::{End, LEASE, Row, Secret, Standing};
use domain::time::Timestamp;

use self::actions::{Action, Play, Seen};
use self::reference::Reference;
use super::bench::{Bench, CONTENT, NOW, Step, bytes};
use super::{Fault, Result};
use crate::port::IdempotencyKey;

/// Seeds with which something differed once.
const KEPT: &[u64] = &[1, 6_802_291_172_260_392_038];
/// How many seeds are drawn beside them.
const FRESH: usize = 3;
/// How many steps one life has.
const STEPS: usize = 200;
/// How many secrets there are at a time.
const SECRETS: usize = 6;

pub(super) async fn random_lives_are_as_the_model_says(bench: &Bench<'_>) -> Result {
    let fresh = (0..FRESH).map(|_| u64::from_le_bytes(draw(bench.entropy)));
    for seed in KEPT.iter().copied().chain(fresh.collect::<Vec<_>>()) {
        let mut life = Life::new(bench, seed).await?;
        for step in 0..STEPS {
            if let Some(what) = life.step(bench).await? {
                return Err(Fault::Differs { seed, step, what });
            }
        }
    }
    Ok(())
}

/// Numbers that repeat with the seed (`SplitMix64`).
struct Draw(u64);

impl Draw {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let mixed = mixed ^ (mixed >> 31);
        let end = u64::try_from(end).unwrap_or(1);
        usize::try_from(mixed.checked_rem(end).unwrap_or(0)).unwrap_or(0)
    }

    /// Whether a chance of one in `odds` came true.
    fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    /// One of `all`.
    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let place = self.below(all.len());
        all.get(place).copied()
    }
}

/// A life in the middle.
struct Life {
    draw: Draw,
    now: Timestamp,
    model: Reference,
    /// How many jobs were left behind: each has a number of its own.
    jobs: i64,
}

impl Life {
    /// Begins on what earlier ones have left, but for their jobs.
    async fn new(bench: &Bench<'_>, seed: u64) -> Result<Self> {
        let mut model = Reference::default();
        let mark = bench.store.read(model.look(NOW)).await?.mark;
        let now = mark.unwrap_or(NOW);
        let far = now.plus(Duration::from_hours(24 * 365 * 10));
        for job in bench.lease(far, far).await? {
            bench.run(vec![Step::FinishJob(job)]).await?;
        }
        let hashes = |kind, count| (0..count).map(|_| bench.hash(kind)).collect();
        model.mark = mark;
        model.tokens = hashes(Kind::Claim, 4);
        model.networks = hashes(Kind::Network, 2);
        model.names = hashes(Kind::Idempotency, 2);
        Ok(Self { draw: Draw(seed), now, model, jobs: 0 })
    }

    /// Does one step in both worlds; what differs afterwards.
    async fn step(&mut self, bench: &Bench<'_>) -> Result<Option<String>> {
        let mut actions = Vec::new();
        for _ in 0..=self.draw.below(3) {
            actions.extend(self.action(bench).await?);
        }
        let fails = self.draw.one_in(8);
        let (mut after, now) = (self.model.clone(), self.now);
        let expected: Option<Vec<_>> =
            actions.iter().map(|action| after.apply(action, now)).collect();
        let expected = expected.filter(|_| !fails);
        let did = format!("{actions:?}, failing: {fails}");
        match (bench.store.write(Play { actions, now, fails }).await, expected) {
            (Ok((said, jobs)), Some(expected)) if said == expected => {
                self.model = after;
                self.model.leased.extend(jobs);
            }
            (Err(_), None) => {}
            (played, expected) => {
                return Ok(Some(format!("{did}: {played:?} in the place of {expected:?}")));
            }
        }
        self.pass_time();
        let found = self.compare(bench).await?;
        Ok(found.map(|what| format!("{did}: {what}")))
    }

    /// Draws what is done next. `None` when there is nothing with which it could be done.
    async fn action(&mut self, bench: &Bench<'_>) -> Result<Option<Action>> {
        let rows: Vec<Row> = self.model.secrets.keys().copied().collect();
        let kind = self.draw.below(16);
        if rows.is_empty() || (kind < 3 && rows.len() < SECRETS) {
            return self.insert(bench, &rows).await.map(Some);
        }
        let row =
            if self.draw.one_in(12) { NOBODY } else { self.draw.one_of(&rows).unwrap_or(NOBODY) };
        Ok(match kind {
            0..=5 => self.settle(row),
            6..=8 => self.claim(row),
            9 if self.draw.one_in(2) => self.later().map(|until| Action::PutOff(row, until)),
            9 => Some(Action::Forget(row)),
            10..=11 => self.count(row),
            12 => self.repeat(row),
            13..=14 => self.job(),
            _ if self.draw.one_in(2) => Some(Action::Mark),
            _ => {
                let kind = self.draw.one_of(&KINDS);
                let (at, actor) = (self.now, Actor::System);
                kind.map(|kind| Action::Record(Event::new(at, kind, actor).of(row)))
            }
        })
    }

    /// A new secret, or another one in a row that is taken.
    async fn insert(&mut self, bench: &Bench<'_>, rows: &[Row]) -> Result<Action> {
        let mut kept = bench.kept().await?;
        if self.draw.one_in(8) {
            kept.secret.row = self.draw.one_of(rows).unwrap_or(kept.secret.row);
        }
        kept.secret.created_at = self.now;
        kept.secret.expires_at = self.now.plus(kept.secret.terms.lifetime.duration());
        kept.receipt_until = kept.secret.expires_at.plus(Duration::from_hours(24));
        let payload = bench.seal(&kept);
        Ok(Action::Insert(Box::new(kept), payload))
    }

    /// A change of a secret as it is, or as it was once.
    fn settle(&mut self, row: Row) -> Option<Action> {
        let old = self.model.old.get(self.draw.below(self.model.old.len().max(1))).copied();
        let current = self.model.secrets.get(&row).map(|kept| kept.secret);
        let before = if self.draw.one_in(6) { old } else { current }?;
        let at = self.now;
        let ends = [End::Opened { at }, End::Burned { at }, End::Expired { at }, End::Lost { at }];
        let end = Standing::Ended(self.draw.one_of(&ends)?);
        let failed = before.failed.saturating_add(1);
        let views_taken = before.views_taken.saturating_add(1);
        let after = match before.standing {
            Standing::Waiting => self.draw.one_of(&[
                Secret { failed, ..before },
                Secret { failed, standing: Standing::Locked, ..before },
                Secret { views_taken, ..before },
                Secret { views_taken, standing: Standing::Delivering, ..before },
                Secret { standing: end, ..before },
            ])?,
            Standing::Locked => self.draw.one_of(&[
                Secret { failed: 0, standing: Standing::Waiting, ..before },
                Secret { standing: end, ..before },
            ])?,
            Standing::Delivering | Standing::Ended(_) => Secret { standing: end, ..before },
        };
        Some(Action::Settle(before, after))
    }

    /// A claim, or the end of one.
    fn claim(&mut self, row: Row) -> Option<Action> {
        let token = self.draw.one_of(&self.model.tokens)?;
        if self.draw.one_in(2) {
            let claims: Vec<_> = self.model.claims().iter().map(|it| (it.row, it.token)).collect();
            let known = self.draw.one_of(&claims).filter(|_| !self.draw.one_in(6));
            let (row, token) = known.unwrap_or((row, token));
            let at = self.now;
            let outcomes = [Outcome::Confirmed { at }, Outcome::Unconfirmed { at }];
            return Some(Action::EndClaim(row, token, self.draw.one_of(&outcomes)?));
        }
        self.model.secrets.get(&row)?;
        let (taken_at, lease_ends_at) = (self.now, self.now.plus(LEASE));
        Some(Action::Claim(Claim { row, token, taken_at, lease_ends_at, outcome: None }))
    }

    /// A wrong passphrase, or the end of counting.
    fn count(&mut self, row: Row) -> Option<Action> {
        self.model.secrets.get(&row)?;
        if self.draw.one_in(5) {
            return Some(Action::ForgetAttempts(row));
        }
        Some(Action::Count(row, self.draw.one_of(&self.model.networks)?))
    }

    /// A creation that is to be repeated, or the end of those whose time is up.
    fn repeat(&mut self, row: Row) -> Option<Action> {
        if self.draw.one_in(4) {
            return Some(Action::ForgetRepeats);
        }
        let hash = self.draw.one_of(&self.model.names)?;
        let fingerprint = [u8::try_from(self.draw.below(256)).ok()?; 32];
        let until = self.now.plus(Duration::from_mins(30));
        Some(Action::Repeat(IdempotencyKey { hash, fingerprint, row, until }))
    }

    /// A time that may have come before long.
    fn later(&mut self) -> Option<Timestamp> {
        let spans = [Duration::from_millis(1), Duration::from_hours(1), Duration::from_hours(960)];
        Some(self.now.plus(self.draw.one_of(&spans)?))
    }

    /// A job that is left behind, taken, done or put off.
    fn job(&mut self) -> Option<Action> {
        let soon = self.now.plus(Duration::from_millis(1));
        let later = self.now.plus(Duration::from_mins(1));
        let at = self.draw.one_of(&[self.now, soon, later])?;
        match self.draw.below(4) {
            0 => {
                self.jobs = self.jobs.saturating_add(1);
                Some(Action::Enqueue(Row::new(self.jobs), at))
            }
            1 => Some(Action::Lease(self.draw.one_of(&[soon, later])?)),
            2 => self.draw.one_of(&self.model.leased).map(Action::Finish),
            _ => self.draw.one_of(&self.model.leased).map(|job| Action::Retry(job, at)),
        }
    }

    fn pass_time(&mut self) {
        let spans = [0, 0, 0, 1, 30_000, 3_600_000, 40 * 86_400_000];
        let span = self.draw.one_of(&spans).unwrap_or(0);
        self.now = self.now.plus(Duration::from_millis(span));
    }

    /// What differs now.
    async fn compare(&self, bench: &Bench<'_>) -> Result<Option<String>> {
        let look = self.model.look(self.now);
        let seen = bench.store.read(look).await?;
        if let Some(what) = self.model.differs(&seen, self.now) {
            return Ok(Some(what));
        }
        self.opens(bench, &seen).await
    }

    /// A payload that is there opens.
    async fn opens(&self, bench: &Bench<'_>, seen: &Seen) -> Result<Option<String>> {
        for row in &seen.rows {
            if let (Some(kept), Some(payload)) = (&row.kept, &row.payload) {
                let opened = bench.store.unseal(kept, payload).await?;
                if bytes(opened).as_deref() != Some(CONTENT) {
                    return Ok(Some(format!("the payload of {:?} does not open", kept.secret.row)));
                }
            }
        }
        Ok(None)
    }
}

/// The kinds that a life writes into the trail.
const KINDS: [EventKind; 4] =
    [EventKind::Created, EventKind::Opened, EventKind::Delivered, EventKind::PassphraseRejected];

/// A row that no secret has.
const NOBODY: Row = Row::new(i64::MAX - 1);
