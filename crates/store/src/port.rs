//! The port: what a store must be able to do, in one transaction at a time.
//!
//! A use case is a value that implements [`Unit`] (it changes something) or [`Query`] (it only
//! looks). An engine runs it inside one transaction, and commits when it returns `Ok`, rolls back
//! when it returns `Err`; the caller hears the output after the commit is on disk. A unit takes
//! `&self`, so that an engine may run it again after a serialization failure.
//!
//! Rules of the port:
//!
//! 1. Every method is fallible. A lookup returns `Option`: not finding is no error.
//! 2. Now and randomness are arguments. No method reads a clock.
//! 3. `&mut self`: one operation at a time on one transaction.
//! 4. A statement that touches another number of rows than it must is an error.
//! 5. What a transaction has read with [`View::secret`] nobody else changes before its end: read the
//!    secret first, and what belongs to it afterwards.
//! 6. A change of a secret's standing goes through [`settle`], which destroys the payload in the
//!    same transaction when the secret has ended (R14).
//!
//! To add an engine: implement [`Transaction`] (and [`View`]) for its transaction, run the laws
//! ([`crate::laws`]) on it, and add it to [`crate::Store`].

use std::future::Future;
use std::time::Duration;

use domain::audit::{Event, Head};
use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::job::{Job, Task};
use domain::secret::{Row, Secret};
use domain::time::Timestamp;

use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::ids::Tag;
use crate::keys::KnownKeys;
use crate::rows::{Found, Statement, Value};

/// What the methods of the port return.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What a reader or a sender must show, as hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verifiers {
    /// Of the proof that comes from the link alone.
    pub link_proof: KeyedHash,
    /// Of the proof that comes from link and passphrase.
    pub proof: KeyedHash,
    /// Of the receipt token.
    pub receipt: KeyedHash,
}

/// A secret as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The random half of its id.
    pub tag: Tag,
    /// What is known about it.
    pub secret: Secret,
    /// What must be shown.
    pub verifiers: Verifiers,
    /// Until when the receipt is kept.
    pub receipt_until: Timestamp,
}

/// The place of a per-secret key in the key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// Where a sealed payload lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// In the row.
    Inline(Vec<u8>),
    /// In the place of large ones.
    Blob,
}

/// Where the wrapped key of a payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a slot of the key file, wrapped under this key of the ring.
    Slot(RingId, Slot),
    /// In the table of keys, with the number of the ring.
    Table,
    /// Read from there together with the payload.
    Read(RingId, WrappedKey),
}

/// A sealed payload. It opens with the key in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedPayload {
    /// Where its key lies.
    pub key: KeyPlace,
    /// Where it lies itself.
    pub body: Body,
}

impl SealedPayload {
    /// The same as somebody has it who copied the payload, and not the keys.
    #[must_use]
    pub fn without_key(self) -> Self {
        match self.key {
            KeyPlace::Slot(..) | KeyPlace::Table => self,
            KeyPlace::Read(..) => Self { key: KeyPlace::Table, ..self },
        }
    }
}

/// A sealed payload that is about to be kept, with the key that must be on disk before it.
#[derive(Debug)]
pub struct NewPayload {
    /// Which server key wrapped its key.
    pub ring: RingId,
    /// Its key.
    pub key: WrappedKey,
    /// Whose room it takes, if that is counted. Forgotten with the payload.
    pub owner: Option<KeyedHash>,
    /// Where it lies.
    pub body: Body,
}

/// How far the per-secret keys of one ring key were wrapped anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrappedAnew {
    /// Where the next part begins, in an order of the engine's own; `None` when nothing was left.
    pub last: Option<i64>,
    /// How many rows were looked at.
    pub seen: u32,
    /// How many of their keys were wrapped anew.
    pub count: u32,
}

/// Why the sweeper has to see to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Its time is up, and it has not ended. A reader may still fetch it.
    Expired(Row),
    /// It has ended, and its receipt is no longer kept.
    Forgettable(Row),
    /// Its time is up, and it had ended before.
    Over {
        /// Which one.
        row: Row,
        /// Until when its receipt is kept.
        until: Timestamp,
    },
}

/// Some secrets, in the order of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NextSecrets {
    /// Those among them that have not ended.
    pub open: Vec<Row>,
    /// The last one; `None` when there was none.
    pub last: Option<Row>,
}

/// An envelope that comes in parts, and what is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The secret that it will be, as long as the sender has said.
    pub kept: Kept,
    /// What must be shown to send a part, to complete it and to give it up.
    pub token: KeyedHash,
    /// From then on it is swept.
    pub until: Timestamp,
}

/// What was created under an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Hash of the key.
    pub hash: KeyedHash,
    /// Hash of what was asked.
    pub fingerprint: [u8; 32],
    /// The secret that was created.
    pub row: Row,
    /// Until when the answer is repeated.
    pub until: Timestamp,
}

/// What is asked of an allowance (the generic cell rate algorithm, ITU-T I.371).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// When it is asked.
    pub now: Timestamp,
    /// After how many milliseconds what is taken has come back.
    pub cost: i64,
    /// How many milliseconds a whole allowance takes to come back.
    pub full: i64,
}

/// How much room somebody's payloads take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The sum of their sizes in bytes.
    pub bytes: u64,
    /// How many there are.
    pub secrets: u64,
}

/// An event as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its number in the trail.
    pub seq: i64,
    /// What was written.
    pub event: Event,
    /// The hash of the chain up to it.
    pub hash: [u8; 32],
}

/// How many events of one row are read at most, so that whoever makes many makes nobody wait.
pub const EVENTS: u32 = 500;

/// The row that no secret has: what is tried for identifiers that do not exist is counted here.
pub const STRANGERS: Row = Row::new(0);

/// What a unit will ask for: an engine may read it ahead, for all units of a commit at once. What is not
/// said here can be asked for as well.
#[derive(Clone, Debug, Default)]
pub struct Ahead {
    /// Whose room it looks at.
    pub owner: Option<KeyedHash>,
    /// Under which idempotency key it looks.
    pub repeat: Option<KeyedHash>,
    /// What it counts alone ([`Transaction::alone`]). Said here it is held in one order for all units of a
    /// commit: two of them never wait for each other in a circle.
    pub counted: Vec<i64>,
}

/// A use case that changes something. Runs in one transaction, perhaps more than once.
pub trait Unit: Send + Sync + 'static {
    /// What the caller hears after the commit.
    type Output: Send + 'static;

    /// The secret that it is about, if that is known beforehand: an engine may read it ahead.
    fn about(&self) -> Option<Row> {
        None
    }

    /// What it will ask for beside that, as far as it is known beforehand.
    fn ahead(&self) -> Ahead {
        Ahead::default()
    }

    /// Does it.
    fn run<T: Transaction>(&self, tx: &mut T) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// A use case that only looks.
pub trait Query: Send + Sync + 'static {
    /// What the caller hears.
    type Output: Send + 'static;
    /// Does it.
    fn run<V: View>(&self, view: &mut V) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// Looks at the store, at one point of its history.
pub trait View: Send {
    /// The secret in `row`.
    fn secret(&mut self, row: Row) -> impl Future<Output = Result<Option<Kept>>> + Send;

    /// The payload of `row`, still sealed. `None` when it was destroyed.
    fn payload(&mut self, row: Row) -> impl Future<Output = Result<Option<SealedPayload>>> + Send;

    /// The claim on `row` that the token behind `token` has won.
    fn claim(
        &mut self,
        row: Row,
        token: &KeyedHash,
    ) -> impl Future<Output = Result<Option<Claim>>> + Send;

    /// How many readers of `row` may still fetch again.
    fn running_claims(
        &mut self,
        row: Row,
        now: Timestamp,
    ) -> impl Future<Output = Result<u32>> + Send;

    /// The latest [`EVENTS`] events of `row`, oldest first. One that cannot be read is left out and logged: it must
    /// not keep a sender from burning (R54).
    fn events(&mut self, row: Row) -> impl Future<Output = Result<Vec<Event>>> + Send;

    /// The end of the trail.
    fn trail_end(&mut self) -> impl Future<Output = Result<Head>> + Send;

    /// Up to `limit` events of the whole trail after `seq`, oldest first. One that cannot be read is
    /// an error here.
    fn trail(
        &mut self,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Recorded>>> + Send;

    /// What was created under the key with this hash, while the answer is repeated.
    fn idempotency_key(
        &mut self,
        hash: &KeyedHash,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<IdempotencyKey>>> + Send;

    /// Wrong passphrases for `row` from one network in the window that is running, and its end.
    fn attempts(
        &mut self,
        row: Row,
        network: &KeyedHash,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<(u32, Timestamp)>>> + Send;

    /// How much room the payloads of one owner take.
    fn usage(&mut self, owner: &KeyedHash) -> impl Future<Output = Result<Usage>> + Send;

    /// Up to `limit` secrets that the sweeper has to see to, those first that have waited for the longest. No
    /// more rows than these are looked at, so each must be put off, or forgotten, before the next are found.
    fn due(&mut self, now: Timestamp, limit: u32) -> impl Future<Output = Result<Vec<Due>>> + Send;

    /// The next secrets after `after`, in the order of their rows: no more than `limit` are looked at.
    fn next_secrets(
        &mut self,
        after: Row,
        limit: u32,
    ) -> impl Future<Output = Result<NextSecrets>> + Send;

    /// Up to `limit` claims whose reader may no longer fetch again and said nothing. One that cannot
    /// be read is left out and logged.
    fn lapsed_claims(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Claim>>> + Send;

    /// What the database knows about the server's keys.
    fn known_keys(&mut self) -> impl Future<Output = Result<KnownKeys>> + Send;

    /// Which key of the ring wraps what is new; `None` before the first start has said so.
    fn active_ring(&mut self) -> impl Future<Output = Result<Option<RingId>>> + Send;

    /// The keys of the ring with which a per-secret key is wrapped.
    fn rings_in_use(&mut self) -> impl Future<Output = Result<Vec<RingId>>> + Send;

    /// Whether a copy was put back here, and what waits in it has not been ended yet.
    fn is_restored(&mut self) -> impl Future<Output = Result<bool>> + Send;

    /// The upload that will be the secret in `row`.
    fn upload(&mut self, row: Row) -> impl Future<Output = Result<Option<Upload>>> + Send;

    /// The upload that this token was made for.
    fn upload_of(
        &mut self,
        token: &KeyedHash,
    ) -> impl Future<Output = Result<Option<Upload>>> + Send;

    /// Which parts of `row` are safe, in order. The first is 0.
    fn parts(&mut self, row: Row) -> impl Future<Output = Result<Vec<u32>>> + Send;

    /// Up to `limit` uploads whose time is up.
    fn lapsed_uploads(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Row>>> + Send;

    /// The latest time that was ever written, so that a clock that jumps back is noticed.
    fn time_mark(&mut self) -> impl Future<Output = Result<Option<Timestamp>>> + Send;

    /// Every row that `statement` finds with these values. What was changed in this transaction by
    /// statements is seen.
    fn find(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> impl Future<Output = Result<Vec<Found>>> + Send;
}

/// Changes the store. Nothing is seen by others, and nothing is kept, before the commit.
pub trait Transaction: View {
    /// Keeps a new secret and its payload. The per-secret key is on disk before the row is, wrapped with
    /// the active key of the ring, whichever has wrapped it before.
    fn insert_secret(
        &mut self,
        kept: &Kept,
        payload: &NewPayload,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Keeps an upload that begins. Its key is on disk before it is, and its bytes count from here on.
    fn insert_upload(
        &mut self,
        upload: &Upload,
        payload: &NewPayload,
    ) -> impl Future<Output = Result<()>> + Send;

    /// A part is safe, and the upload is kept `until` then. Saying so again changes nothing else.
    fn insert_part(
        &mut self,
        row: Row,
        number: u32,
        until: Timestamp,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Makes the secret of an upload whose parts are all safe.
    fn complete_upload(&mut self, row: Row) -> impl Future<Output = Result<()>> + Send;

    /// Destroys an upload and its key, and leaves a job behind for what has come. What cannot be read
    /// goes as well.
    fn destroy_upload(
        &mut self,
        row: Row,
        now: Timestamp,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Replaces what is known about a secret, if it is still as `before` says. Use [`settle`].
    fn update_secret(
        &mut self,
        before: &Secret,
        after: &Secret,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Destroys the payload of `secret` and the key that opens it, and leaves a job behind for a
    /// file. Use [`settle`].
    fn destroy_payload(
        &mut self,
        secret: &Secret,
        now: Timestamp,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Destroys what is left of a secret whose row cannot be read, and sets the row aside until its
    /// receipt would be forgotten, so that it holds up no other (R54). What is readable stays for people to
    /// look at.
    fn quarantine(&mut self, row: Row) -> impl Future<Output = Result<()>> + Send;

    /// The sweeper has seen to `row`, and has nothing to do about it before `until`.
    fn put_off(&mut self, row: Row, until: Timestamp) -> impl Future<Output = Result<()>> + Send;

    /// Forgets a secret that has no payload, with its claims and attempts. The trail stays.
    fn forget_secret(&mut self, row: Row) -> impl Future<Output = Result<()>> + Send;

    /// Keeps a claim.
    fn insert_claim(&mut self, claim: &Claim) -> impl Future<Output = Result<()>> + Send;

    /// Ends a claim that has no outcome yet.
    fn end_claim(
        &mut self,
        row: Row,
        token: &KeyedHash,
        outcome: Outcome,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Counts a wrong passphrase for `row` from one network. A window of `span` starts with the
    /// first. Returns the count and the end of the window.
    fn count_attempt(
        &mut self,
        row: Row,
        network: &KeyedHash,
        now: Timestamp,
        span: Duration,
    ) -> impl Future<Output = Result<(u32, Timestamp)>> + Send;

    /// Forgets every counted attempt for `row`.
    fn forget_attempts(&mut self, row: Row) -> impl Future<Output = Result<()>> + Send;

    /// Forgets the attempts for [`STRANGERS`] whose window is over, a thousand at most.
    fn forget_strangers(&mut self, now: Timestamp) -> impl Future<Output = Result<()>> + Send;

    /// Writes an event to the audit trail.
    fn record(&mut self, event: &Event) -> impl Future<Output = Result<()>> + Send;

    /// Keeps an answer under an idempotency key, anew when the time of an earlier one is up.
    fn insert_idempotency_key(
        &mut self,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Removes up to `limit` idempotency keys whose time is up, and says whether there may be more.
    fn forget_idempotency_keys(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Leaves work behind, due at `at`.
    fn enqueue(&mut self, task: Task, at: Timestamp) -> impl Future<Output = Result<()>> + Send;

    /// Takes up to `limit` jobs that are due, for this caller alone until `until`. One that cannot be
    /// read is left out and logged.
    fn lease_jobs(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Job>>> + Send;

    /// A job is done. Whoever has lost the lease cannot say so.
    fn finish_job(&mut self, job: &Job) -> impl Future<Output = Result<()>> + Send;

    /// A job failed; try again at `at`. Whoever has lost the lease cannot say so.
    fn retry_job(&mut self, job: &Job, at: Timestamp) -> impl Future<Output = Result<()>> + Send;

    /// Wraps per-secret keys anew, with the active key of the ring: up to `limit` of those that `ring` has
    /// wrapped, in the order of their rows, after the row `after`. One that cannot be unwrapped stays as
    /// it is.
    fn wrap_anew(
        &mut self,
        ring: RingId,
        after: Option<i64>,
        limit: u32,
    ) -> impl Future<Output = Result<WrappedAnew>> + Send;

    /// Remembers the verifier of a key of the ring, or of the keys that never change. Another one for
    /// the same is an error.
    fn remember_key(
        &mut self,
        ring: Option<RingId>,
        verifier: &[u8; 32],
    ) -> impl Future<Output = Result<()>> + Send;

    /// Forgets a key of the ring.
    fn forget_ring(&mut self, ring: RingId) -> impl Future<Output = Result<()>> + Send;

    /// From here on `ring` wraps what is new.
    fn activate_ring(&mut self, ring: RingId) -> impl Future<Output = Result<()>> + Send;

    /// A copy was put back here: what waits in it is to be ended.
    fn mark_restore(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// What waited in a copy that was put back has ended.
    fn forget_restore(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Until the end of the transaction nobody else counts what has one of these numbers, on whichever node:
    /// whoever wants to waits, and then sees what this transaction has kept.
    fn alone(&mut self, counted: &[i64]) -> impl Future<Output = Result<()>> + Send;

    /// Remembers that it is `now`.
    fn mark_time(&mut self, now: Timestamp) -> impl Future<Output = Result<()>> + Send;

    /// Runs `statement` with these values, and says how many rows it touched.
    fn change(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> impl Future<Output = Result<usize>> + Send;
}

/// Replaces `before` by `after`; destroys the payload when the secret has ended by it.
pub async fn settle<T: Transaction>(
    tx: &mut T,
    before: &Secret,
    after: &Secret,
    now: Timestamp,
) -> Result<()> {
    tx.update_secret(before, after).await?;
    if before.has_payload() && !after.has_payload() {
        tx.destroy_payload(after, now).await?;
        tx.forget_attempts(after.row).await?;
    }
    Ok(())
}

/// Runs a statement that must touch exactly one row.
pub(crate) async fn one<T: Transaction>(
    tx: &mut T,
    name: &'static str,
    statement: &Statement,
    values: &[Value],
) -> Result<()> {
    match tx.change(statement, values).await? {
        1 => Ok(()),
        actual => Err(StoreError::RowsAffected { statement: name, expected: 1, actual }),
    }
}
