//! Letters: what people get by mail that is not a secret's link, from a row to a mail server.
//!
//! Whoever causes a letter writes it before their transaction ([`Service::write_letter`]) and queues it in
//! that ([`queue`]), where it is judged how many there are already (R39): over all nodes, and whatever they
//! are for. Any node sends it ([`send`]); a link that it takes is drawn then ([`issue`]). What cannot be sent
//! is there to be looked at ([`dead`]).

pub mod dead;
pub(crate) mod issue;
mod send;

use std::sync::Arc;
use std::time::Duration;

use domain::account::AccountId;
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind as HashKind};
use domain::letter::{Content, Letter, LetterId};
use domain::session::TicketToken;
use domain::time::Timestamp;
use store::StoreError;
use store::letters as kept;
use store::port::{Result as StoreResult, STRANGERS, Transaction, Unit};
use tokio::sync::Notify;

use crate::Service;
use crate::mail::Letter as Written;

pub use issue::Asked;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How long it takes until somebody may ask for the same letter again.
const COOLDOWN: Duration = MINUTE;
/// How many letters that somebody asks for go to one address.
const TO_ONE: [(u32, Duration); 2] = [(10, HOUR), (30, DAY)];
/// How many one account may ask for.
const BY_ONE: [(u32, Duration); 2] = [(50, HOUR), (200, DAY)];
/// How many may be asked for from one network.
const FROM_ONE: (u32, Duration) = (30, HOUR);
/// How many a stranger may ask for from one network to one address, so that none of them uses up what all have.
const FROM_ONE_TO_ONE: (u32, Duration) = (5, HOUR);
/// How many letters tell one address what has happened: a bound on what goes wrong, and no more.
const TOLD: (u32, Duration) = (30, HOUR);

/// What a letter is written from.
pub struct Told<'a> {
    /// What it tells.
    pub content: &'a Content,
    /// The tag of its language.
    pub locale: &'a str,
    /// What its link takes, if it has one.
    pub token: Option<&'a TicketToken>,
}

/// The port: whoever writes letters. The texts are elsewhere.
pub trait Write: Send + Sync {
    /// Writes one.
    fn write(&self, told: &Told<'_>) -> Written;
}

/// What sends letters here.
#[derive(Default)]
pub(crate) struct Letters {
    writer: Option<Arc<dyn Write>>,
    come: Notify,
}

/// How often something may happen in a span.
#[derive(Clone, Debug)]
struct Cap {
    whose: KeyedHash,
    most: u32,
    span: Duration,
}

/// A letter that is about to be queued.
#[derive(Clone, Debug)]
pub struct NewLetter {
    kept: kept::NewLetter,
    caps: Vec<Cap>,
    now: Timestamp,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// There is no mail server.
    #[error("this instance sends no mail")]
    NoMail,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a letter that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Queued {
    /// There were too many of them: nothing was queued, and in that time there is room again.
    ComeBack(Duration),
    /// It waits to be sent.
    Waits,
}

/// Queues a letter in the transaction of its cause. One that somebody asks for takes the place of the one
/// that waits already, if it is for the same.
pub async fn queue<T: Transaction>(tx: &mut T, letter: &NewLetter) -> StoreResult<Queued> {
    let NewLetter { kept, caps, now } = letter;
    for Cap { whose, most, span } in caps {
        let (count, until) = tx.count_attempt(STRANGERS, whose, *now, *span).await?;
        if count > *most {
            return Ok(Queued::ComeBack(now.until(until)));
        }
    }
    if kept.kind().is_asked_for() {
        kept::supersede(tx, kept).await?;
    }
    kept::insert(tx, kept).await?;
    Ok(Queued::Waits)
}

struct Post(NewLetter);

impl Unit for Post {
    type Output = Queued;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Queued> {
        queue(tx, &self.0).await
    }
}

/// How long a letter is tried. Nobody waits a day for a link that signs in.
fn persistence(content: &Content, now: Timestamp) -> Timestamp {
    let days = |count: u32| now.plus(DAY.saturating_mul(count));
    match content {
        Content::SignIn | Content::Test => now.plus(HOUR),
        Content::SetUp => days(1),
        Content::Invitation { until, .. } => days(3).min(*until),
        Content::KeyExpiring { expires_at, .. } => days(3).min(*expires_at),
        Content::CredentialChanged { .. } | Content::NewPlace { .. } => days(3),
        Content::Review { .. } => days(7),
    }
}

impl Service {
    /// The same, with somebody who writes letters.
    #[must_use]
    pub fn with_letters(self, writer: Arc<dyn Write>) -> Self {
        Self { letters: Arc::new(Letters { writer: Some(writer), come: Notify::new() }), ..self }
    }

    /// Writes a letter that `network` asks for, or nobody: [`queue`] it in the transaction of its cause, and
    /// say [`Service::letters_come`] after that.
    pub async fn write_letter(
        &self,
        letter: Letter,
        network: Option<&[u8]>,
    ) -> Result<NewLetter, NotWritten> {
        if !self.sends_mail() {
            return Err(NotWritten::NoMail);
        }
        let now = self.clock.now();
        let seal = self.store.columns(&*self.entropy).await?;
        let recipient = self.store.hash(HashKind::Address, letter.to.as_str().as_bytes());
        let id = LetterId::new(i64::from_be_bytes(draw(&*self.entropy)) & i64::MAX);
        let until = persistence(&letter.content, now);
        let caps = self.caps(&letter, &recipient, network);
        let kept = kept::NewLetter::new((id, &letter), recipient, (now, until), &seal);
        Ok(NewLetter { kept, caps, now })
    }

    /// Writes a letter and queues it by itself: for one that nothing else is kept with.
    pub async fn post_letter(
        &self,
        letter: Letter,
        network: Option<&[u8]>,
    ) -> Result<Queued, NotWritten> {
        let queued = self.store.write(Post(self.write_letter(letter, network).await?)).await?;
        self.letters_come();
        Ok(queued)
    }

    /// A letter was queued, and that is committed: it need not wait for anybody to come by.
    pub fn letters_come(&self) {
        self.letters.come.notify_one();
    }

    /// What is counted for a letter, always in the same order.
    fn caps(&self, letter: &Letter, recipient: &KeyedHash, network: Option<&[u8]>) -> Vec<Cap> {
        let kind = letter.content.kind();
        let cap = |what: &str, whose: &[u8], (most, span): (u32, Duration)| {
            let counted = [b"letters\0", what.as_bytes(), b"\0", whose].concat();
            let whose = self.store.hash(HashKind::Allowance, &counted);
            Cap { whose, most, span }
        };
        let recipient = recipient.as_bytes();
        if !kind.is_asked_for() {
            return vec![cap("told", recipient, TOLD)];
        }
        let same = [kind.name().as_bytes(), b"\0", &letter.subject.to_be_bytes(), recipient];
        // The network first: one that asks too often takes nothing from whoever it asks for.
        let mut caps: Vec<Cap> =
            network.map(|network| cap("from", network, FROM_ONE)).into_iter().collect();
        if let Some(network) = network.filter(|_| letter.account.is_none()) {
            let both = [network, b"\0", recipient].concat();
            caps.push(cap("from to", &both, FROM_ONE_TO_ONE));
        }
        caps.push(cap("same", &same.concat(), (1, COOLDOWN)));
        caps.extend(TO_ONE.map(|most| cap(&format!("to {}", most.1.as_secs()), recipient, most)));
        if let Some(account) = letter.account.map(AccountId::get) {
            let by = |most: (u32, Duration)| {
                cap(&format!("by {}", most.1.as_secs()), &account.to_be_bytes(), most)
            };
            caps.extend(BY_ONE.map(by));
        }
        caps
    }
}
