//! Sending: any node takes a letter that is due, for itself alone and for a while; draws the token of its
//! link; and tries. A node that is killed at it says nothing, and when its time is up another one tries.
//!
//! So a letter goes out at least once. One that went out twice has two links, and the later one works.

use std::time::Duration;

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind as HashKind};
use domain::letter::{Cause, Kind, LetterId};
use domain::session::TicketToken;
use domain::time::Timestamp;
use store::StoreError;
use store::letters::{self as kept, LetterRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use tokio::time::timeout;

use super::issue::{self, Asked};
use super::{Told, Write};
use crate::Service;
use crate::mail::{Mail, Message, PATIENCE, PAUSES, Unsent};
use crate::references::Named;

/// How long a letter is one node's alone. Longer than an attempt may take.
const LEASE: Duration = Duration::from_mins(2);
/// How often idle workers look whether anything is due.
const LOOK: Duration = Duration::from_secs(5);
/// How many that are due are looked at together.
const BATCH: u32 = 16;
/// How long what could not be sent is kept to be looked at.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// A letter that is this node's for now.
struct Taken {
    row: LetterRow,
    token: Option<TicketToken>,
}

/// What became of an attempt.
enum Fate {
    Again(Timestamp, Cause),
    Dead(Cause),
    Sent,
}

impl Service {
    /// Sends letters for as long as it runs: a few at the same time.
    pub(crate) async fn deliver_for_ever(&self) {
        if self.store.is_of_one_node()
            && let Err(error) = self.store.write(Release).await
        {
            tracing::warn!(%error, "letters wait for whoever was here before");
        }
        tokio::join!(self.worker(), self.worker(), self.worker(), self.worker());
    }

    async fn worker(&self) {
        loop {
            if let Err(error) = self.deliver().await {
                tracing::warn!(%error, "letters could not be looked at; they are later");
            }
            // Whichever comes first: something new, or the time of something that waits.
            drop(timeout(LOOK, self.letters.come.notified()).await);
        }
    }

    /// Sends every letter that is due.
    pub async fn deliver(&self) -> Result<(), StoreError> {
        let (Some(mail), Some(writer)) = (&self.outbox.mail, &self.letters.writer) else {
            return Ok(());
        };
        while let Some(taken) = self.take_letter().await? {
            self.try_letter(&**mail, &**writer, taken).await?;
        }
        Ok(())
    }

    /// The first letter that is due and not somebody else's, from now on this node's.
    async fn take_letter(&self) -> Result<Option<Taken>, StoreError> {
        loop {
            let due = self.store.read(Due(self.clock.now())).await?;
            for (id, kind) in &due {
                let token = kind.has_token().then(|| TicketToken::new(draw(&*self.entropy)));
                let hash = issue::hash_kind(*kind).zip(token.as_ref());
                let hash = hash.map(|(kind, token)| self.store.hash(kind, token.secret()));
                let taken = self.store.write(Take { id: *id, hash, now: self.clock.now() }).await?;
                if let Some(row) = taken {
                    return Ok(Some(Taken { row, token }));
                }
            }
            // What was found is somebody else's, or nobody's any more: there may be others.
            if u32::try_from(due.len()).is_ok_and(|count| count < BATCH) {
                return Ok(None);
            }
        }
    }

    async fn try_letter(
        &self,
        mail: &dyn Mail,
        writer: &dyn Write,
        taken: Taken,
    ) -> Result<(), StoreError> {
        let Taken { row, token } = taken;
        let attempt = (row.id(), row.attempts()?);
        let kind = row.kind()?.name();
        let fate = match self.message(writer, &row, token.as_ref()).await {
            Ok(message) => {
                let sent = timeout(PATIENCE, mail.send(&message)).await;
                self.judge(&row, sent.unwrap_or(Err(Unsent::Later(Cause::Timeout))))?
            }
            Err(error) => {
                tracing::error!(%error, kind, "a letter cannot be read");
                Fate::Dead(Cause::Message)
            }
        };
        let letter = self.name(Named::Letter, row.id().get());
        match &fate {
            Fate::Again(_, cause) => {
                tracing::warn!(%cause, letter, kind, "a letter was not sent; it is tried again");
            }
            Fate::Dead(cause) => {
                tracing::warn!(%cause, letter, kind, "a letter could not be sent");
            }
            Fate::Sent => {}
        }
        self.store.write(Tried { attempt, fate, now: self.clock.now() }).await
    }

    async fn message(
        &self,
        writer: &dyn Write,
        row: &LetterRow,
        token: Option<&TicketToken>,
    ) -> Result<Message, StoreError> {
        let letter = row.open(&*self.store.columns(&*self.entropy).await?)?;
        // With another link it is another mail.
        let id = if token.is_some() { draw(&*self.entropy) } else { self.message_id(row.id()) };
        let told = Told { content: &letter.content, locale: &letter.locale, token };
        let (at, letter_text) = (self.clock.now(), writer.write(&told));
        Ok(Message { id, at, to: letter.to, reply_to: None, letter: letter_text })
    }

    fn message_id(&self, id: LetterId) -> [u8; 16] {
        let named = [&b"letter's mail"[..], &id.get().to_be_bytes()].concat();
        let hash = self.store.hash(HashKind::Reference, &named);
        hash.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    fn judge(&self, row: &LetterRow, sent: Result<(), Unsent>) -> Result<Fate, StoreError> {
        let tried = usize::try_from(row.attempts()?.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = PAUSES.get(tried).or(PAUSES.last()).copied().unwrap_or(LEASE);
        let again = self.clock.now().plus(pause);
        Ok(match sent {
            Ok(()) => Fate::Sent,
            Err(Unsent::Later(cause)) if again < row.until()? => Fate::Again(again, cause),
            Err(Unsent::Later(cause) | Unsent::Never(cause)) => Fate::Dead(cause),
        })
    }

    /// Ends letters whose time is up while nobody could send them, and forgets what was looked at long enough.
    pub(crate) async fn look_after_letters(&self, now: Timestamp) -> Result<(), StoreError> {
        while self.store.write(EndLate(now)).await? {}
        Ok(())
    }
}

struct Release;

impl Unit for Release {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        kept::release(tx).await
    }
}

struct Due(Timestamp);

impl Query for Due {
    type Output = Vec<(LetterId, Kind)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        kept::due(view, self.0, BATCH).await
    }
}

/// Takes a letter, if it is still to be sent; then the hash of its token is in its place.
struct Take {
    id: LetterId,
    hash: Option<KeyedHash>,
    now: Timestamp,
}

impl Unit for Take {
    type Output = Option<LetterRow>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Option<LetterRow>> {
        if !kept::lease(tx, self.id, self.now, self.now.plus(LEASE)).await? {
            return Ok(None);
        }
        let Some(row) = kept::find(tx, self.id).await? else { return Ok(None) };
        if row.until()? <= self.now {
            bury(tx, (row.id(), row.attempts()?), row.cause()?, self.now).await?;
            return Ok(None);
        }
        let asked = Asked::new(&row, self.now)?;
        if !issue::issue(tx, &asked, self.hash).await? {
            kept::done(tx, (row.id(), row.attempts()?)).await?;
            return Ok(None);
        }
        Ok(Some(row))
    }
}

/// What became of an attempt, for whoever made it.
struct Tried {
    attempt: (LetterId, u32),
    fate: Fate,
    now: Timestamp,
}

impl Unit for Tried {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        match self.fate {
            Fate::Again(due_at, cause) => kept::put_off(tx, self.attempt, due_at, cause).await,
            Fate::Dead(cause) => bury(tx, self.attempt, Some(cause), self.now).await,
            Fate::Sent => {
                if kept::done(tx, self.attempt).await? {
                    record(tx, EventKind::LetterSent, self.attempt.0, self.now).await?;
                }
                Ok(())
            }
        }
    }
}

async fn bury<T: Transaction>(
    tx: &mut T,
    attempt: (LetterId, u32),
    cause: Option<Cause>,
    now: Timestamp,
) -> StoreResult<()> {
    if kept::bury(tx, attempt, now.plus(KEPT), cause).await? {
        record(tx, EventKind::LetterFailed, attempt.0, now).await?;
    }
    Ok(())
}

async fn record<T: Transaction>(
    tx: &mut T,
    kind: EventKind,
    id: LetterId,
    now: Timestamp,
) -> StoreResult<()> {
    tx.record(&Event::new(now, kind, Actor::System).about(id.get())).await
}

struct EndLate(Timestamp);

impl Unit for EndLate {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let late = kept::late(tx, self.0, BATCH).await?;
        for row in &late {
            bury(tx, (row.id(), row.attempts()?), row.cause()?, self.0).await?;
        }
        kept::forget(tx, self.0).await?;
        Ok(u32::try_from(late.len()).is_ok_and(|count| count == BATCH))
    }
}
