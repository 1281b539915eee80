//! The port, method for method. Every future is ready when it is made: SQLite answers at once, and
//! the thread that polls is the thread that works.

use std::time::Duration;

use domain::audit::{Event, Head};
use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::job::{Job, Task};
use domain::secret::{Row, Secret};
use domain::time::Timestamp;

use super::transaction::SqliteTransaction;
use super::{bookkeeping, claims, plain, ring, secrets, trail, uploads, usage};
use crate::at_rest::RingId;
use crate::keys::KnownKeys;
use crate::port::{
    Due, IdempotencyKey, Kept, NewPayload, NextSecrets, Recorded, Result, SealedPayload,
    Transaction, Upload, Usage, View, WrappedAnew,
};
use crate::rows::{Found, Statement, Value};

impl View for SqliteTransaction<'_> {
    async fn secret(&mut self, row: Row) -> Result<Option<Kept>> {
        secrets::find(self, row)
    }

    async fn payload(&mut self, row: Row) -> Result<Option<SealedPayload>> {
        secrets::payload(self, row)
    }

    async fn claim(&mut self, row: Row, token: &KeyedHash) -> Result<Option<Claim>> {
        claims::find(self, row, token)
    }

    async fn running_claims(&mut self, row: Row, now: Timestamp) -> Result<u32> {
        claims::running(self, row, now)
    }

    async fn events(&mut self, row: Row) -> Result<Vec<Event>> {
        trail::of_row(self, row)
    }

    async fn trail_end(&mut self) -> Result<Head> {
        Ok(trail::end(self)?.unwrap_or(Head::EMPTY))
    }

    async fn trail(&mut self, after: i64, limit: u32) -> Result<Vec<Recorded>> {
        trail::after(self, after, limit)
    }

    async fn idempotency_key(
        &mut self,
        hash: &KeyedHash,
        now: Timestamp,
    ) -> Result<Option<IdempotencyKey>> {
        bookkeeping::idempotency_key(self, hash, now)
    }

    async fn attempts(
        &mut self,
        row: Row,
        network: &KeyedHash,
        now: Timestamp,
    ) -> Result<Option<(u32, Timestamp)>> {
        bookkeeping::attempts(self, row, network, now)
    }

    async fn usage(&mut self, owner: &KeyedHash) -> Result<Usage> {
        usage::of(self, owner)
    }

    async fn due(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
        secrets::due(self, now, limit)
    }

    async fn next_secrets(&mut self, after: Row, limit: u32) -> Result<NextSecrets> {
        secrets::next(self, after, limit)
    }

    async fn lapsed_claims(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Claim>> {
        claims::lapsed(self, now, limit)
    }

    async fn known_keys(&mut self) -> Result<KnownKeys> {
        ring::known_keys(self)
    }

    async fn active_ring(&mut self) -> Result<Option<RingId>> {
        ring::active(self)
    }

    async fn rings_in_use(&mut self) -> Result<Vec<RingId>> {
        ring::in_use(self)
    }

    async fn is_restored(&mut self) -> Result<bool> {
        bookkeeping::is_restored(self)
    }

    async fn upload(&mut self, row: Row) -> Result<Option<Upload>> {
        uploads::find(self, row)
    }

    async fn upload_of(&mut self, token: &KeyedHash) -> Result<Option<Upload>> {
        uploads::of_token(self, token)
    }

    async fn parts(&mut self, row: Row) -> Result<Vec<u32>> {
        uploads::parts(self, row)
    }

    async fn lapsed_uploads(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Row>> {
        uploads::lapsed(self, now, limit)
    }

    async fn time_mark(&mut self) -> Result<Option<Timestamp>> {
        bookkeeping::time_mark(self)
    }

    async fn find(&mut self, statement: &Statement, values: &[Value]) -> Result<Vec<Found>> {
        plain::find(self, statement, values)
    }
}

impl Transaction for SqliteTransaction<'_> {
    async fn insert_secret(&mut self, kept: &Kept, payload: &NewPayload) -> Result<()> {
        secrets::insert(self, kept, payload)
    }

    async fn insert_upload(&mut self, upload: &Upload, payload: &NewPayload) -> Result<()> {
        uploads::insert(self, upload, payload)
    }

    async fn insert_part(&mut self, row: Row, number: u32, until: Timestamp) -> Result<()> {
        uploads::insert_part(self, row, number, until)
    }

    async fn complete_upload(&mut self, row: Row) -> Result<()> {
        uploads::complete(self, row)
    }

    async fn destroy_upload(&mut self, row: Row, now: Timestamp) -> Result<()> {
        uploads::destroy(self, row, now)
    }

    async fn update_secret(&mut self, before: &Secret, after: &Secret) -> Result<()> {
        secrets::update(self, before, after)
    }

    async fn destroy_payload(&mut self, secret: &Secret, now: Timestamp) -> Result<()> {
        secrets::destroy(self, secret, now)
    }

    async fn quarantine(&mut self, row: Row) -> Result<()> {
        secrets::quarantine(self, row)
    }

    async fn put_off(&mut self, row: Row, until: Timestamp) -> Result<()> {
        secrets::put_off(self, row, until)
    }

    async fn forget_secret(&mut self, row: Row) -> Result<()> {
        secrets::forget(self, row)
    }

    async fn insert_claim(&mut self, claim: &Claim) -> Result<()> {
        claims::insert(self, claim)
    }

    async fn end_claim(&mut self, row: Row, token: &KeyedHash, outcome: Outcome) -> Result<()> {
        claims::end(self, row, token, outcome)
    }

    async fn count_attempt(
        &mut self,
        row: Row,
        network: &KeyedHash,
        now: Timestamp,
        span: Duration,
    ) -> Result<(u32, Timestamp)> {
        bookkeeping::count_attempt(self, row, network, now, span)
    }

    async fn forget_attempts(&mut self, row: Row) -> Result<()> {
        bookkeeping::forget_attempts(self, row)
    }

    async fn forget_strangers(&mut self, now: Timestamp) -> Result<()> {
        bookkeeping::forget_strangers(self, now)
    }

    async fn record(&mut self, event: &Event) -> Result<()> {
        trail::record(self, event)
    }

    async fn insert_idempotency_key(&mut self, key: &IdempotencyKey, now: Timestamp) -> Result<()> {
        bookkeeping::insert_idempotency_key(self, key, now)
    }

    async fn forget_idempotency_keys(&mut self, now: Timestamp, limit: u32) -> Result<bool> {
        bookkeeping::forget_idempotency_keys(self, now, limit)
    }

    async fn enqueue(&mut self, task: Task, at: Timestamp) -> Result<()> {
        bookkeeping::enqueue(self, task, at)
    }

    async fn lease_jobs(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Job>> {
        bookkeeping::lease_jobs(self, now, until, limit)
    }

    async fn finish_job(&mut self, job: &Job) -> Result<()> {
        bookkeeping::finish_job(self, job)
    }

    async fn retry_job(&mut self, job: &Job, at: Timestamp) -> Result<()> {
        bookkeeping::retry_job(self, job, at)
    }

    async fn wrap_anew(
        &mut self,
        ring: RingId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<WrappedAnew> {
        ring::wrap_anew(self, ring, after, limit)
    }

    async fn remember_key(&mut self, ring: Option<RingId>, verifier: &[u8; 32]) -> Result<()> {
        ring::remember(self, ring, verifier)
    }

    async fn forget_ring(&mut self, ring: RingId) -> Result<()> {
        ring::forget(self, ring)
    }

    async fn activate_ring(&mut self, ring: RingId) -> Result<()> {
        ring::activate(self, ring)
    }

    async fn mark_restore(&mut self) -> Result<()> {
        bookkeeping::mark_restore(self)
    }

    async fn forget_restore(&mut self) -> Result<()> {
        bookkeeping::forget_restore(self)
    }

    async fn alone(&mut self, _counted: &[i64]) -> Result<()> {
        // The one writer counts alone anyway.
        Ok(())
    }

    async fn mark_time(&mut self, now: Timestamp) -> Result<()> {
        bookkeeping::mark_time(self, now)
    }

    async fn change(&mut self, statement: &Statement, values: &[Value]) -> Result<usize> {
        plain::change(self, statement, values)
    }
}
