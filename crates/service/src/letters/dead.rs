//! What an operator sees of letters, and does about those that could not be sent.
//!
//! No address and no link are seen, only what a letter is for, how often it was tried and why that failed. And
//! a mail may be sent to see whether that works.

use std::time::Duration;

use domain::account::Email;
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::entropy::draw;
use domain::letter::{Cause, Content, Kind, LetterId, Standing};
use domain::time::Timestamp;
use store::StoreError;
use store::letters::{self as kept, LetterRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use tokio::time::timeout;

use super::Told;
use crate::Service;
use crate::mail::{Message, Unsent};
use crate::references::Named;

/// How many a list shows at most.
const LISTED: u32 = 1000;
/// How long a letter is tried that somebody wants to be tried again.
const ANEW: Duration = Duration::from_hours(24);

/// How long a test may take: somebody waits for it.
const TEST: Duration = Duration::from_secs(15);

/// A letter in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedLetter {
    /// What names it.
    pub reference: String,
    /// What it is for.
    pub kind: Kind,
    /// How far it has come.
    pub standing: Standing,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was not sent the last time.
    pub cause: Option<Cause>,
    /// Since when it is kept.
    pub created_at: Timestamp,
    /// When it is tried next, while it waits.
    pub due_at: Option<Timestamp>,
    /// Until when it is tried, or kept.
    pub until: Timestamp,
}

/// Why a mail that was to show whether mail works was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTested {
    /// There is no mail server.
    #[error("this instance sends no mail: smtp and mail-from are not set")]
    NoMail,
    /// The mail server did not take it.
    #[error("{0}")]
    NotTaken(Cause),
}

impl Service {
    /// The letters that are kept, the dead before those that wait, the latest first; a thousand at most.
    pub async fn letters(&self) -> Result<Vec<ListedLetter>, StoreError> {
        let rows = self.store.read(List).await?;
        rows.iter().map(|row| self.listed_letter(row)).collect()
    }

    fn listed_letter(&self, row: &LetterRow) -> Result<ListedLetter, StoreError> {
        let standing = row.standing()?;
        let due_at = row.due_at()?;
        Ok(ListedLetter {
            reference: self.name(Named::Letter, row.id().get()),
            kind: row.kind()?,
            standing,
            attempts: row.attempts()?,
            cause: row.cause()?,
            created_at: row.created_at()?,
            due_at: (standing == Standing::Waiting).then_some(due_at),
            until: row.until()?,
        })
    }

    /// Tries a dead letter again. Says whether there is one with this reference.
    pub async fn retry_letter(&self, reference: &str, actor: Actor) -> Result<bool, StoreError> {
        let done = self.with_dead(reference, actor, true).await?;
        self.letters_come();
        Ok(done)
    }

    /// Gives a dead letter up. Says whether there is one with this reference.
    pub async fn drop_letter(&self, reference: &str, actor: Actor) -> Result<bool, StoreError> {
        self.with_dead(reference, actor, false).await
    }

    async fn with_dead(
        &self,
        reference: &str,
        actor: Actor,
        again: bool,
    ) -> Result<bool, StoreError> {
        let rows = self.store.read(List).await?;
        let row = rows.iter().find(|row| self.name(Named::Letter, row.id().get()) == reference);
        let Some(row) = row else { return Ok(false) };
        let (id, now) = (row.id(), self.clock.now());
        self.store.write(Dispose { id, again, actor, now }).await
    }

    /// Sends a mail at once, to see whether that works: to whatever address the operator says, in English.
    pub async fn test_mail(
        &self,
        to: &Email,
        actor: Actor,
    ) -> Result<Result<(), NotTested>, StoreError> {
        let (Some(mail), Some(writer)) = (&self.outbox.mail, &self.letters.writer) else {
            return Ok(Err(NotTested::NoMail));
        };
        let now = self.clock.now();
        self.store.write(Note { actor, now }).await?;
        let told = Told { content: &Content::Test, locale: "en", token: None };
        let (id, letter) = (draw(&*self.entropy), writer.write(&told));
        let message = Message { id, at: now, to: to.clone(), reply_to: None, letter };
        let sent = timeout(TEST, mail.send(&message)).await;
        Ok(match sent.unwrap_or(Err(Unsent::Later(Cause::Timeout))) {
            Ok(()) => Ok(()),
            Err(Unsent::Later(cause) | Unsent::Never(cause)) => Err(NotTested::NotTaken(cause)),
        })
    }
}

struct List;

impl Query for List {
    type Output = Vec<LetterRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<LetterRow>> {
        kept::listed(view, LISTED).await
    }
}

/// A dead letter is tried again, or given up.
struct Dispose {
    id: LetterId,
    again: bool,
    actor: Actor,
    now: Timestamp,
}

impl Unit for Dispose {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { id, again, actor, now } = *self;
        let (done, kind) = if again {
            (kept::revive(tx, id, now, now.plus(ANEW)).await?, EventKind::LetterRetried)
        } else {
            (kept::discard(tx, id).await?, EventKind::LetterDropped)
        };
        if done {
            tx.record(&Event::new(now, kind, actor).about(id.get())).await?;
        }
        Ok(done)
    }
}

/// A mail is sent to see whether that works.
struct Note {
    actor: Actor,
    now: Timestamp,
}

impl Unit for Note {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.record(&Event::new(self.now, EventKind::MailTested, self.actor)).await
    }
}
