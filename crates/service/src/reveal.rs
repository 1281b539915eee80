//! Reveal: a reader proves the right to a secret and wins one view of it.
//!
//! Nothing is consumed before the proof fits and the payload has been opened at rest; the view is
//! taken, and on disk, before the first byte leaves (R3, R4, R6, R7). The order is
//!
//! 1. Does somebody hold the link? Whoever does not gets the one answer, on one path, whether or not
//!    the id exists (R20, R22).
//! 2. Does the payload open with the server's keys? If not, nothing is lost.
//! 3. In one transaction: is the passphrase right, does the policy permit, and if both, take the view
//!    and bind it to the claim token.
//!
//! The passphrase is judged nowhere else (R21), and inside the transaction, so that no number of
//! requests at once gets more guesses than the budget has.

use std::time::Duration;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::claim::{Claim, Outcome as Delivered};
use domain::hashes::{KeyedHash, Kind};
use domain::policy::{Circumstances, Denial, evaluate};
use domain::secret::{AfterFailure, Lease, Row, Secret};
use domain::time::Timestamp;
use envelope::{ClaimToken, Proof, SecretId};
use store::ids::Tag;
use store::port::{
    Kept, Query, Result as StoreResult, SealedPayload, Transaction, Unit, View, settle,
};
use store::{Envelope, StoreError};

use crate::Service;
use crate::counters::Cause;

/// How many wrong passphrases one network may try for one secret in a window (R29).
pub(crate) const TRIES: u32 = 5;
/// The window of [`TRIES`].
pub(crate) const WINDOW: Duration = Duration::from_mins(10);

/// What a reader shows.
pub struct Attempt<'a> {
    /// Which secret.
    pub id: SecretId,
    /// Shows that the reader holds the link.
    pub link_proof: &'a Proof,
    /// Shows that the reader knows the passphrase as well.
    pub proof: &'a Proof,
    /// Made by the reader; the view is bound to it.
    pub claim: &'a ClaimToken,
    /// The network that the reader comes from, as bytes that are only hashed.
    pub network: &'a [u8],
}

/// What a reader gets.
pub enum Revealed {
    /// The view is theirs.
    Envelope {
        /// What the sealer made.
        envelope: Envelope,
        /// Until when it may be fetched again; `None` when delivery is strict.
        lease_ends_at: Option<Timestamp>,
    },
    /// The passphrase did not match. Nothing was lost.
    PassphraseRejected {
        /// How many tries are left for this reader.
        left: u32,
    },
    /// This network has to wait.
    TooManyAttempts {
        /// For how long.
        wait: Duration,
    },
    /// The one answer for everything else.
    Unavailable,
}

impl Service {
    /// Judges an attempt and, if everything fits, takes a view.
    pub async fn reveal(&self, attempt: &Attempt<'_>) -> Result<Revealed, StoreError> {
        let (row, tag) = self.store.locate(&attempt.id);
        let link_proof = self.hash_proof(Kind::LinkProof, attempt.link_proof);
        let Some((kept, payload)) = self.store.read(Look { row, tag, link_proof }).await? else {
            return Ok(self.turn_away(Cause::Unknown));
        };
        let Some(payload) = payload else { return Ok(self.turn_away(Cause::Ended)) };
        let Some(envelope) = self.unseal(&kept, &payload).await? else {
            return Ok(self.turn_away(Cause::Ended));
        };
        let outcome = self
            .store
            .write(Take {
                row,
                proof: self.hash_proof(Kind::Proof, attempt.proof),
                token: self.store.hash(Kind::Claim, attempt.claim.hash().as_bytes()),
                network: self.store.hash(Kind::Network, attempt.network),
                wish: Wish::Take,
                now: self.clock.now(),
            })
            .await?;
        Ok(match outcome {
            Taken::View { lease_ends_at } => Revealed::Envelope { envelope, lease_ends_at },
            Taken::Fits => Revealed::Unavailable,
            Taken::WrongPassphrase { left } => {
                self.counters.count(Cause::WrongPassphrase);
                Revealed::PassphraseRejected { left }
            }
            Taken::Wait { until } => {
                self.counters.count(Cause::TooManyAttempts);
                Revealed::TooManyAttempts { wait: self.clock.now().until(until) }
            }
            Taken::Denied(denial) => self.turn_away(denial.into()),
        })
    }

    /// What a claim has won, once more. `None` is the one answer.
    pub async fn fetch_again(
        &self,
        id: &SecretId,
        claim: &ClaimToken,
    ) -> Result<Option<Envelope>, StoreError> {
        let (row, tag) = self.store.locate(id);
        let token = self.store.hash(Kind::Claim, claim.hash().as_bytes());
        let now = self.clock.now();
        let Some((kept, payload)) = self.store.read(Held { row, tag, token, now }).await? else {
            self.counters.count(Cause::Unknown);
            return Ok(None);
        };
        let envelope = self.unseal(&kept, &payload).await?;
        if envelope.is_none() {
            self.counters.count(Cause::Ended);
        }
        Ok(envelope)
    }

    pub(crate) fn hash_proof(&self, kind: Kind, proof: &Proof) -> KeyedHash {
        self.store.hash(kind, proof.hash().as_bytes())
    }

    fn turn_away(&self, cause: Cause) -> Revealed {
        self.counters.count(cause);
        Revealed::Unavailable
    }

    /// Opens a payload at rest. A payload that does not open is written down, and nothing else.
    pub(crate) async fn unseal(
        &self,
        kept: &Kept,
        payload: &SealedPayload,
    ) -> Result<Option<Envelope>, StoreError> {
        let opened = self.store.unseal(kept, payload).await;
        if let Err(StoreError::Undecryptable(row)) = opened {
            self.note_undecryptable(row).await?;
        }
        opened
    }

    pub(crate) async fn note_undecryptable(&self, row: Row) -> Result<(), StoreError> {
        self.counters.count(Cause::Undecryptable);
        self.store.write(NoteIntegrity { row, now: self.clock.now() }).await
    }

    /// Writes down that a large payload could not be read to its end. Its reader has a part of it: the
    /// view is taken, and may be fetched again within its lease.
    pub async fn note_fault(&self, fault: &StoreError) {
        tracing::error!(error = %fault, "a delivery broke off");
        if let StoreError::Undecryptable(row) = fault
            && let Err(error) = self.note_undecryptable(*row).await
        {
            tracing::error!(%error, "it could not be written down");
        }
    }
}

/// The secret of somebody who holds its link. The payload is read only then.
struct Look {
    row: Row,
    tag: Tag,
    link_proof: KeyedHash,
}

impl Query for Look {
    type Output = Option<(Kept, Option<SealedPayload>)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(kept) = view.secret(self.row).await? else { return Ok(None) };
        let ours = kept.tag == self.tag && kept.verifiers.link_proof == self.link_proof;
        if !ours {
            return Ok(None);
        }
        Ok(Some((kept, view.payload(self.row).await?)))
    }
}

/// The secret that a claim still holds.
struct Held {
    row: Row,
    tag: Tag,
    token: KeyedHash,
    now: Timestamp,
}

impl Query for Held {
    type Output = Option<(Kept, SealedPayload)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(kept) = view.secret(self.row).await? else { return Ok(None) };
        let claim = view.claim(self.row, &self.token).await?;
        if kept.tag != self.tag || !claim.is_some_and(|claim| claim.is_held(self.now)) {
            return Ok(None);
        }
        Ok(view.payload(self.row).await?.map(|payload| (kept, payload)))
    }
}

/// What somebody wants who shows a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To know whether everything fits. A wrong passphrase counts as a try.
    Judge,
    /// The view.
    Take,
}

/// Judges passphrase and policy, and takes the view.
pub(crate) struct Take {
    pub(crate) row: Row,
    pub(crate) proof: KeyedHash,
    pub(crate) token: KeyedHash,
    pub(crate) network: KeyedHash,
    pub(crate) wish: Wish,
    pub(crate) now: Timestamp,
}

/// What came of it.
pub(crate) enum Taken {
    Denied(Denial),
    /// Everything fits, and nothing was taken.
    Fits,
    View {
        lease_ends_at: Option<Timestamp>,
    },
    Wait {
        until: Timestamp,
    },
    WrongPassphrase {
        left: u32,
    },
}

impl Unit for Take {
    type Output = Taken;

    fn about(&self) -> Option<Row> {
        Some(self.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Taken> {
        let (row, now) = (self.row, self.now);
        let Some(kept) = tx.secret(row).await? else { return Ok(Taken::Denied(Denial::Ended)) };
        // The same reader asks again because the answer was lost.
        let taken = kept.secret.views_taken > 0;
        let claim = if taken { tx.claim(row, &self.token).await? } else { None };
        if let Some(claim) = claim {
            return Ok(if claim.is_held(now) {
                Taken::View { lease_ends_at: Some(claim.lease_ends_at) }
            } else {
                Taken::Denied(Denial::Ended)
            });
        }
        let proven = self.proof == kept.verifiers.proof;
        let judged = evaluate(&kept.secret, Circumstances { now, proven });
        if kept.secret.passphrase && matches!(judged, Ok(_) | Err(Denial::Unproven)) {
            let tried = tx.attempts(row, &self.network, now).await?;
            if let Some((_, until)) = tried.filter(|(count, _)| *count >= TRIES) {
                return Ok(Taken::Wait { until });
            }
        }
        match judged {
            Ok(_) if self.wish == Wish::Judge => {
                if kept.secret.passphrase {
                    // Whoever finds out must not do it unseen (R21).
                    let (kind, actor) = (EventKind::PassphraseMatched, Actor::LinkHolder);
                    tx.record(&Event::new(now, kind, actor).of(row)).await?;
                }
                Ok(Taken::Fits)
            }
            Ok(permit) => {
                let (after, lease) = kept.secret.take_view(permit, now);
                self.take(tx, &kept, after, lease).await
            }
            Err(Denial::Unproven) => {
                let actor = Actor::LinkHolder;
                Ok(match reject(tx, &kept, &self.network, actor, now).await? {
                    Rejected::Left(left) => Taken::WrongPassphrase { left },
                    // "Nothing was lost" would be a lie.
                    Rejected::Burned => Taken::Denied(Denial::Unproven),
                })
            }
            Err(denial) => Ok(Taken::Denied(denial)),
        }
    }
}

impl Take {
    async fn take<T: Transaction>(
        &self,
        tx: &mut T,
        kept: &Kept,
        mut after: Secret,
        lease: Option<Lease>,
    ) -> StoreResult<Taken> {
        let (row, now, token) = (self.row, self.now, self.token);
        let held_until = lease.map(|lease| lease.ends_at);
        let (lease_ends_at, outcome) = match held_until {
            Some(end) => (end, None),
            None => (now, Some(Delivered::Unconfirmed { at: now })),
        };
        tx.insert_claim(&Claim { row, token, taken_at: now, lease_ends_at, outcome }).await?;
        let event = |kind, actor| Event::new(now, kind, actor).of(row);
        tx.record(&event(EventKind::Opened, Actor::LinkHolder)).await?;
        if held_until.is_none() {
            after = after.delivery_over(tx.running_claims(row, now).await?, now);
            tx.record(&event(EventKind::DeliveryUnconfirmed, Actor::System)).await?;
        }
        settle(tx, &kept.secret, &after, now).await?;
        Ok(Taken::View { lease_ends_at: held_until })
    }
}

/// What a wrong passphrase led to.
pub(crate) enum Rejected {
    /// It was the last one that the secret bears.
    Burned,
    /// So many tries are left.
    Left(u32),
}

/// Counts a wrong passphrase, for its network and for the secret.
pub(crate) async fn reject<T: Transaction>(
    tx: &mut T,
    kept: &Kept,
    network: &KeyedHash,
    actor: Actor,
    now: Timestamp,
) -> StoreResult<Rejected> {
    let row = kept.secret.row;
    let (after, consequence) = kept.secret.fail(now);
    let (count, _) = tx.count_attempt(row, network, now, WINDOW).await?;
    let event = |kind, actor| Event::new(now, kind, actor).of(row);
    tx.record(&event(EventKind::PassphraseRejected, actor)).await?;
    let rejected = match consequence {
        AfterFailure::Left(left) => {
            Rejected::Left(u32::from(left).min(TRIES.saturating_sub(count)))
        }
        AfterFailure::Locked => {
            tx.record(&event(EventKind::Locked, Actor::System)).await?;
            Rejected::Left(0)
        }
        AfterFailure::Burned => {
            tx.record(&event(EventKind::Burned, Actor::System)).await?;
            Rejected::Burned
        }
    };
    settle(tx, &kept.secret, &after, now).await?;
    Ok(rejected)
}

/// Writes down that a payload does not open, once in a row, so that asking again floods nothing.
struct NoteIntegrity {
    row: Row,
    now: Timestamp,
}

impl Unit for NoteIntegrity {
    type Output = ();

    fn about(&self) -> Option<Row> {
        Some(self.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        let noted = tx.events(self.row).await?;
        if noted.last().is_some_and(|last| last.kind == EventKind::IntegrityFailure) {
            return Ok(());
        }
        let kind = EventKind::IntegrityFailure;
        tx.record(&Event::new(self.now, kind, Actor::System).of(self.row)).await
    }
}
