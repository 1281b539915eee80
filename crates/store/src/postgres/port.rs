//! The port, method for method.

use std::time::Duration;

use domain::audit::{Event, Head};
use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::job::{Job, Task};
use domain::secret::{Row, Secret};
use domain::time::Timestamp;

use super::transaction::PgTransaction;
use super::{ahead, bookkeeping, claims, plain, ring, secrets, trail, uploads, usage};
use crate::at_rest::RingId;
use crate::keys::KnownKeys;
use crate::port::{
    Due, IdempotencyKey, Kept, NewPayload, NextSecrets, Recorded, Result, SealedPayload,
    Transaction, Upload, Usage, View, WrappedAnew,
};
use crate::rows::{Found, Statement, Value};

impl View for PgTransaction<'_> {
    async fn secret(&mut self, row: Row) -> Result<Option<Kept>> {
        secrets::find(self, row).await
    }

    async fn payload(&mut self, row: Row) -> Result<Option<SealedPayload>> {
        secrets::payload(self, row).await
    }

    async fn claim(&mut self, row: Row, token: &KeyedHash) -> Result<Option<Claim>> {
        claims::find(self, row, token).await
    }

    async fn running_claims(&mut self, row: Row, now: Timestamp) -> Result<u32> {
        claims::running(self, row, now).await
    }

    async fn events(&mut self, row: Row) -> Result<Vec<Event>> {
        trail::of_row(self, row).await
    }

    async fn trail_end(&mut self) -> Result<Head> {
        trail::end(self).await
    }

    async fn trail(&mut self, after: i64, limit: u32) -> Result<Vec<Recorded>> {
        trail::after(self, after, limit).await
    }

    async fn idempotency_key(
        &mut self,
        hash: &KeyedHash,
        now: Timestamp,
    ) -> Result<Option<IdempotencyKey>> {
        bookkeeping::idempotency_key(self, hash, now).await
    }

    async fn attempts(
        &mut self,
        row: Row,
        network: &KeyedHash,
        now: Timestamp,
    ) -> Result<Option<(u32, Timestamp)>> {
        bookkeeping::attempts(self, row, network, now).await
    }

    async fn usage(&mut self, owner: &KeyedHash) -> Result<Usage> {
        usage::of(self, owner).await
    }

    async fn due(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
        secrets::due(self, now, limit).await
    }

    async fn next_secrets(&mut self, after: Row, limit: u32) -> Result<NextSecrets> {
        secrets::next(self, after, limit).await
    }

    async fn lapsed_claims(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Claim>> {
        claims::lapsed(self, now, limit).await
    }

    async fn known_keys(&mut self) -> Result<KnownKeys> {
        ring::known_keys(self).await
    }

    async fn active_ring(&mut self) -> Result<Option<RingId>> {
        ring::active(self).await
    }

    async fn rings_in_use(&mut self) -> Result<Vec<RingId>> {
        ring::in_use(self).await
    }

    async fn is_restored(&mut self) -> Result<bool> {
        bookkeeping::is_restored(self).await
    }

    async fn upload(&mut self, row: Row) -> Result<Option<Upload>> {
        uploads::find(self, row).await
    }

    async fn upload_of(&mut self, token: &KeyedHash) -> Result<Option<Upload>> {
        uploads::of_token(self, token).await
    }

    async fn parts(&mut self, row: Row) -> Result<Vec<u32>> {
        uploads::parts(self, row).await
    }

    async fn lapsed_uploads(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Row>> {
        uploads::lapsed(self, now, limit).await
    }

    async fn time_mark(&mut self) -> Result<Option<Timestamp>> {
        bookkeeping::time_mark(self).await
    }

    async fn find(&mut self, statement: &Statement, values: &[Value]) -> Result<Vec<Found>> {
        plain::find(self, statement, values).await
    }
}

impl Transaction for PgTransaction<'_> {
    async fn insert_secret(&mut self, kept: &Kept, payload: &NewPayload) -> Result<()> {
        secrets::insert(self, kept, payload)
    }

    async fn insert_upload(&mut self, upload: &Upload, payload: &NewPayload) -> Result<()> {
        uploads::insert(self, upload, payload).await
    }

    async fn insert_part(&mut self, row: Row, number: u32, until: Timestamp) -> Result<()> {
        uploads::insert_part(self, row, number, until).await
    }

    async fn complete_upload(&mut self, row: Row) -> Result<()> {
        uploads::complete(self, row).await
    }

    async fn destroy_upload(&mut self, row: Row, now: Timestamp) -> Result<()> {
        uploads::destroy(self, row, now).await
    }

    async fn update_secret(&mut self, before: &Secret, after: &Secret) -> Result<()> {
        secrets::update(self, before, after).await
    }

    async fn destroy_payload(&mut self, secret: &Secret, now: Timestamp) -> Result<()> {
        secrets::destroy(self, secret, now).await
    }

    async fn quarantine(&mut self, row: Row) -> Result<()> {
        secrets::quarantine(self, row).await
    }

    async fn put_off(&mut self, row: Row, until: Timestamp) -> Result<()> {
        secrets::put_off(self, row, until).await
    }

    async fn forget_secret(&mut self, row: Row) -> Result<()> {
        secrets::forget(self, row).await
    }

    async fn insert_claim(&mut self, claim: &Claim) -> Result<()> {
        claims::insert(self, claim)
    }

    async fn end_claim(&mut self, row: Row, token: &KeyedHash, outcome: Outcome) -> Result<()> {
        claims::end(self, row, token, outcome).await
    }

    async fn count_attempt(
        &mut self,
        row: Row,
        network: &KeyedHash,
        now: Timestamp,
        span: Duration,
    ) -> Result<(u32, Timestamp)> {
        bookkeeping::count_attempt(self, row, network, now, span).await
    }

    async fn forget_attempts(&mut self, row: Row) -> Result<()> {
        bookkeeping::forget_attempts(self, row)
    }

    async fn forget_strangers(&mut self, now: Timestamp) -> Result<()> {
        bookkeeping::forget_strangers(self, now).await
    }

    async fn record(&mut self, event: &Event) -> Result<()> {
        self.pending()?.events.push(*event);
        Ok(())
    }

    async fn insert_idempotency_key(&mut self, key: &IdempotencyKey, now: Timestamp) -> Result<()> {
        bookkeeping::insert_idempotency_key(self, key, now).await
    }

    async fn forget_idempotency_keys(&mut self, now: Timestamp, limit: u32) -> Result<bool> {
        bookkeeping::forget_idempotency_keys(self, now, limit).await
    }

    async fn enqueue(&mut self, task: Task, at: Timestamp) -> Result<()> {
        self.pending()?.jobs.push((task, at));
        Ok(())
    }

    async fn lease_jobs(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Job>> {
        bookkeeping::lease_jobs(self, now, until, limit).await
    }

    async fn finish_job(&mut self, job: &Job) -> Result<()> {
        bookkeeping::finish_job(self, job).await
    }

    async fn retry_job(&mut self, job: &Job, at: Timestamp) -> Result<()> {
        bookkeeping::retry_job(self, job, at).await
    }

    async fn wrap_anew(
        &mut self,
        ring: RingId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<WrappedAnew> {
        ring::wrap_anew(self, ring, after, limit).await
    }

    async fn remember_key(&mut self, ring: Option<RingId>, verifier: &[u8; 32]) -> Result<()> {
        ring::remember(self, ring, verifier).await
    }

    async fn forget_ring(&mut self, ring: RingId) -> Result<()> {
        ring::forget(self, ring).await
    }

    async fn activate_ring(&mut self, ring: RingId) -> Result<()> {
        ring::activate(self, ring).await
    }

    async fn mark_restore(&mut self) -> Result<()> {
        bookkeeping::mark_restore(self).await
    }

    async fn forget_restore(&mut self) -> Result<()> {
        bookkeeping::forget_restore(self).await
    }

    async fn alone(&mut self, counted: &[i64]) -> Result<()> {
        ahead::alone(self, counted.iter().copied()).await
    }

    async fn mark_time(&mut self, now: Timestamp) -> Result<()> {
        bookkeeping::mark_time(self, now).await
    }

    async fn change(&mut self, statement: &Statement, values: &[Value]) -> Result<usize> {
        plain::change(self, statement, values).await
    }
}
