//! The model: lists in memory, and the shortest code that does to them what the port says.

use std::collections::BTreeMap;

use domain::audit::Event;
use domain::claim::Claim;
use domain::hashes::KeyedHash;
use domain::job::Job;
use domain::secret::{Row, Secret};
use domain::time::Timestamp;

use super::actions::{Action, Said, Seen, SeenRow, WINDOW, Whole, number};
use crate::port::{Due, IdempotencyKey, Kept};

/// How many of those that are gone are looked for.
const GONE: usize = 3;

/// A job that waits.
#[derive(Clone, Debug)]
struct Waiting {
    number: Row,
    due: Timestamp,
    attempts: u32,
}

/// Everything that is true.
#[derive(Clone, Default)]
pub(super) struct Reference {
    /// What is drawn from.
    pub(super) tokens: Vec<KeyedHash>,
    pub(super) networks: Vec<KeyedHash>,
    pub(super) names: Vec<KeyedHash>,
    pub(super) secrets: BTreeMap<Row, Kept>,
    /// When the sweeper comes by.
    due: BTreeMap<Row, Timestamp>,
    pub(super) mark: Option<Timestamp>,
    /// Jobs as they were leased, now or before.
    pub(super) leased: Vec<Job>,
    /// Secrets as they were once.
    pub(super) old: Vec<Secret>,
    gone: Vec<Row>,
    claims: Vec<Claim>,
    attempts: Vec<(Row, KeyedHash, u32, Timestamp)>,
    keys: Vec<IdempotencyKey>,
    jobs: Vec<Waiting>,
    events: Vec<Event>,
}

impl Reference {
    /// Does it; `None` when the port must refuse.
    pub(super) fn apply(&mut self, action: &Action, now: Timestamp) -> Option<Said> {
        match action {
            Action::Claim(claim) => {
                let taken = self.claims.iter().any(|it| same(it, claim.row, &claim.token));
                (!taken).then(|| self.claims.push(*claim))?;
            }
            Action::Count(row, network) => return Some(self.count(*row, network, now)),
            Action::EndClaim(row, token, outcome) => {
                let mut claims = self.claims.iter_mut();
                let claim = claims.find(|it| same(it, *row, token) && it.outcome.is_none())?;
                claim.outcome = Some(*outcome);
            }
            Action::Enqueue(number, due) => {
                self.jobs.push(Waiting { number: *number, due: *due, attempts: 0 });
            }
            Action::Finish(job) => {
                let place = self.held(job)?;
                self.jobs.remove(place);
            }
            Action::Forget(row) => self.forget(*row)?,
            Action::ForgetAttempts(row) => self.attempts.retain(|it| it.0 != *row),
            Action::ForgetRepeats => {
                self.keys.retain(|key| key.until > now);
                return Some(Said::More(false));
            }
            Action::Insert(kept, _) => {
                let row = kept.secret.row;
                let free = !self.secrets.contains_key(&row);
                free.then(|| self.secrets.insert(row, **kept))?;
                self.due.insert(row, kept.secret.expires_at);
            }
            Action::Lease(until) => {
                let mut told = Vec::new();
                for job in self.jobs.iter_mut().filter(|job| job.due <= now) {
                    job.due = *until;
                    told.push((job.number, job.attempts));
                }
                told.sort_unstable();
                return Some(Said::Leased(told));
            }
            Action::Mark => self.mark = Some(now),
            Action::PutOff(row, until) => {
                self.secrets.get(row)?;
                self.due.insert(*row, *until);
            }
            Action::Record(event) => self.events.push(*event),
            Action::Repeat(key) => {
                let taken = self.keys.iter().any(|it| it.hash == key.hash && it.until > now);
                self.keys.retain(|it| it.hash != key.hash || taken);
                (!taken).then(|| self.keys.push(*key))?;
            }
            Action::Retry(job, at) => {
                let place = self.held(job)?;
                let job = self.jobs.get_mut(place)?;
                (job.due, job.attempts) = (*at, job.attempts.saturating_add(1));
            }
            Action::Settle(before, after) => self.settle(before, after)?,
        }
        Some(Said::Done)
    }

    fn count(&mut self, row: Row, network: &KeyedHash, now: Timestamp) -> Said {
        let known = self.attempts.iter_mut().find(|it| it.0 == row && it.1 == *network);
        if let Some((_, _, count, until)) = known {
            let runs = *until > now;
            *count = if runs { count.saturating_add(1) } else { 1 };
            *until = if runs { *until } else { now.plus(WINDOW) };
            return Said::Counted(*count, *until);
        }
        self.attempts.push((row, *network, 1, now.plus(WINDOW)));
        Said::Counted(1, now.plus(WINDOW))
    }

    fn forget(&mut self, row: Row) -> Option<()> {
        self.secrets.get(&row).filter(|kept| !kept.secret.has_payload())?;
        self.secrets.remove(&row);
        self.claims.retain(|claim| claim.row != row);
        self.attempts.retain(|it| it.0 != row);
        self.gone.push(row);
        Some(())
    }

    fn settle(&mut self, before: &Secret, after: &Secret) -> Option<()> {
        let secret = &mut self.secrets.get_mut(&before.row)?.secret;
        let was = |it: &Secret| (it.standing, it.views_taken, it.failed);
        (was(secret) == was(before)).then_some(())?;
        self.old.push(*secret);
        (secret.standing, secret.views_taken, secret.failed) = was(after);
        if before.has_payload() && !after.has_payload() {
            self.attempts.retain(|it| it.0 != before.row);
        }
        Some(())
    }

    /// The job, while its lease is not lost.
    fn held(&self, job: &Job) -> Option<usize> {
        let held = |it: &Waiting| it.number == number(job) && it.due == job.leased_until;
        self.jobs.iter().position(held)
    }

    /// The claims on a secret, with their tokens.
    pub(super) fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// What to look at: all secrets that are there, and some that are gone.
    pub(super) fn look(&self, now: Timestamp) -> Whole {
        let gone = self.gone.iter().rev().take(GONE);
        Whole {
            now,
            rows: self.secrets.keys().chain(gone).copied().collect(),
            tokens: self.tokens.clone(),
            networks: self.networks.clone(),
            keys: self.names.clone(),
        }
    }

    /// What differs from what was seen.
    pub(super) fn differs(&self, seen: &Seen, now: Timestamp) -> Option<String> {
        let row = seen.rows.iter().find_map(|row| self.row_differs(row, now));
        row.or_else(|| {
            let keys = self.names.iter().map(|name| {
                self.keys.iter().find(|it| it.hash == *name && it.until > now).copied()
            });
            let keys: Vec<_> = keys.collect();
            (keys != seen.keys).then(|| format!("keys {:?}, not {keys:?}", seen.keys))
        })
        .or_else(|| (self.mark != seen.mark).then(|| format!("the time {:?}", seen.mark)))
        .or_else(|| self.due_differs(seen, now))
    }

    fn row_differs(&self, seen: &SeenRow, now: Timestamp) -> Option<String> {
        let row = seen.row;
        let kept = self.secrets.get(&row).copied();
        let claims = self
            .tokens
            .iter()
            .map(|token| self.claims.iter().find(|claim| same(claim, row, token)).map(told));
        let claims: Vec<_> = claims.collect();
        let seen_claims: Vec<_> = seen.claims.iter().map(|it| it.as_ref().map(told)).collect();
        let running = self.claims.iter().filter(|it| it.row == row && it.is_held(now)).count();
        let attempts = self.networks.iter().map(|network| {
            let known = self.attempts.iter().find(|it| it.0 == row && it.1 == *network);
            known.map(|it| (it.2, it.3)).filter(|(_, until)| *until > now)
        });
        let events = self.events.iter().filter(|event| event.row == Some(row));
        let differs = [
            ("secret", kept != seen.kept),
            ("payload", kept.is_some_and(|it| it.secret.has_payload()) != seen.payload.is_some()),
            ("claims", claims != seen_claims),
            ("running claims", u32::try_from(running).ok() != Some(seen.running)),
            ("attempts", !attempts.eq(seen.attempts.iter().copied())),
            ("events", !events.eq(&seen.events)),
        ];
        let (what, _) = differs.into_iter().find(|(_, differs)| *differs)?;
        Some(format!("the {what} of {seen:?}, where the secret is {kept:?}"))
    }

    /// What the sweeper would find. Others than this life's may be there as well.
    fn due_differs(&self, seen: &Seen, now: Timestamp) -> Option<String> {
        let all = || self.secrets.values();
        let came = |kept: &&Kept| self.due.get(&kept.secret.row).is_some_and(|due| *due <= now);
        let due = sorted(all().filter(came).map(|kept| what_is_due(kept, now)));
        let open = all().filter(|kept| kept.secret.has_payload()).map(|kept| kept.secret.row);
        let open = sorted(open.map(Due::Expired));
        let lapsed = self.claims.iter().filter(|it| {
            it.outcome.is_none() && !it.is_held(now) && self.secrets.contains_key(&it.row)
        });
        let lapsed = sorted(lapsed.map(|it| Due::Expired(it.row)));
        let ours = |due: &Due| self.secrets.contains_key(&row_of(due));
        let found = [
            ("due", due, sorted(seen.due.iter().copied().filter(ours))),
            ("open", open, sorted(seen.open.iter().copied().map(Due::Expired).filter(ours))),
            (
                "lapsed",
                lapsed,
                sorted(seen.lapsed.iter().map(|it| Due::Expired(it.row)).filter(ours)),
            ),
        ];
        let (what, ours, seen) = found.into_iter().find(|(_, ours, seen)| ours != seen)?;
        Some(format!("{what}: {seen:?}, not {ours:?}"))
    }
}

/// What the sweeper has to do about a secret whose time has come.
fn what_is_due(kept: &Kept, now: Timestamp) -> Due {
    let (row, until) = (kept.secret.row, kept.receipt_until);
    if kept.secret.has_payload() {
        Due::Expired(row)
    } else if until <= now {
        Due::Forgettable(row)
    } else {
        Due::Over { row, until }
    }
}

const fn row_of(due: &Due) -> Row {
    match due {
        Due::Expired(row) | Due::Forgettable(row) | Due::Over { row, .. } => *row,
    }
}

fn sorted(due: impl Iterator<Item = Due>) -> Vec<Due> {
    let mut due: Vec<_> = due.collect();
    due.sort_unstable_by_key(row_of);
    due
}

fn same(claim: &Claim, row: Row, token: &KeyedHash) -> bool {
    claim.row == row && claim.token == *token
}

/// Everything about a claim, to be compared.
const fn told(
    claim: &Claim,
) -> (Row, KeyedHash, Timestamp, Timestamp, Option<domain::claim::Outcome>) {
    (claim.row, claim.token, claim.taken_at, claim.lease_ends_at, claim.outcome)
}
