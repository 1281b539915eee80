//! Mail: a link goes to somebody, and is never stored on the way (law 6).
//!
//! The transaction that keeps a secret also says that a mail is under way. The link itself waits in memory,
//! in the bounded [`Outbox`] of the node that made it: it is sent at once, and again after a while where it
//! could not be; before every attempt the secret is looked at, and what no longer waits is not mailed
//! (R85). When a node ends before, nobody knows the link any more, and whoever comes by says that the mail
//! has failed.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::account::{AccountId, Email};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::entropy::draw;
use domain::hashes::Kind;
pub use domain::letter::Cause;
use domain::mail::{Mail as Kept, Node, Standing};
use domain::secret::{Row, Secret, Standing as SecretStanding};
use domain::time::Timestamp;
use store::StoreError;
use store::mails::{self, NewMail};
use store::port::{Result as StoreResult, Transaction, Unit};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::Service;
use crate::conceal::Concealed;

/// How many mails wait here at most.
const ROOM: usize = 1024;
/// How long after each attempt the next one follows; the last of them for the rest of the time.
pub(crate) const PAUSES: [Duration; 4] =
    [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(15), HOUR];
/// How long a mail is tried.
const PERSISTENCE: Duration = Duration::from_hours(24);
/// How long one attempt may take.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// How long a node is believed to run after it has said so. Longer than an attempt may take.
const LEASE: Duration = Duration::from_mins(5);
/// How often it says so.
const RENEW: Duration = Duration::from_mins(1);
/// How often idle workers look whether anything is due.
const LOOK: Duration = Duration::from_secs(5);
/// How many strays one transaction ends.
const BATCH: u32 = 16;
/// How long mails are counted, whatever becomes of their secrets.
const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);

/// What is written to somebody.
pub struct Letter {
    /// What it is about. It holds no link.
    pub subject: String,
    /// The text.
    pub text: Zeroizing<String>,
    /// The same, to look at.
    pub html: Zeroizing<String>,
}

/// A letter with its addresses.
pub struct Message {
    /// What tells it apart from others, and not from itself when it is sent again.
    pub id: [u8; 16],
    /// When it was written.
    pub at: Timestamp,
    /// To whom.
    pub to: Email,
    /// Who wants it sent, if it is somebody.
    pub reply_to: Option<Email>,
    /// What is written.
    pub letter: Letter,
}

/// What a mail server may answer, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// It may go well another time.
    Later(Cause),
    /// It never will.
    Never(Cause),
}

/// What [`Mail::send`] returns.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), Unsent>> + Send + 'a>>;

/// The port: whoever sends mail.
pub trait Mail: Send + Sync {
    /// Hands a message to a mail server, which has taken it when this is `Ok`.
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a>;
}

/// How many links may be mailed (R39).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// By one account in an hour.
    pub per_hour: u32,
    /// By one account in a day.
    pub per_day: u32,
    /// To one address in an hour, over all accounts.
    pub per_recipient: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self { per_hour: 50, per_day: 200, per_recipient: 10 }
    }
}

/// A wish to have the link of a new secret mailed.
pub struct Post<'a> {
    /// Who wants it: whose secret it is.
    pub account: AccountId,
    /// Their address.
    pub sender: Email,
    /// To whom.
    pub to: Email,
    /// Writes the letter, once there is a link.
    pub write: Box<dyn FnOnce(&Concealed) -> Letter + Send + 'a>,
}

/// A letter that waits with its place in the outbox.
struct Entry {
    row: Row,
    message: Message,
    attempts: usize,
    due_at: Timestamp,
    /// Until when it is tried.
    until: Timestamp,
    /// What became of it, where that could not be written down yet.
    end: Option<Standing>,
    _place: Place,
}

#[derive(Default)]
struct Held {
    waiting: Vec<Entry>,
    /// The rows of those that are being sent.
    sending: Vec<Row>,
}

/// What waits to be sent.
pub(crate) struct Outbox {
    pub(crate) mail: Option<Arc<dyn Mail>>,
    node: Node,
    held: Mutex<Held>,
    taken: Arc<AtomicUsize>,
    come: Notify,
    renewed: AtomicI64,
}

impl Outbox {
    /// One that sends nothing: there is no mail server.
    pub(crate) fn closed() -> Self {
        Self::new(None, Node(0))
    }

    fn new(mail: Option<Arc<dyn Mail>>, node: Node) -> Self {
        Self {
            mail,
            node,
            held: Mutex::default(),
            taken: Arc::default(),
            come: Notify::new(),
            renewed: AtomicI64::new(0),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Held) -> T) -> T {
        act(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next entry that is due.
    fn take(&self, now: Timestamp) -> Option<Entry> {
        self.with(|held| {
            let place = held.waiting.iter().position(|entry| entry.due_at <= now)?;
            let entry = held.waiting.swap_remove(place);
            held.sending.push(entry.row);
            Some(entry)
        })
    }

    fn put(&self, entry: Entry) {
        self.with(|held| {
            held.sending.retain(|row| *row != entry.row);
            held.waiting.push(entry);
        });
    }

    fn done(&self, row: Row) {
        self.with(|held| held.sending.retain(|sending| *sending != row));
    }

    fn rows(&self) -> Vec<Row> {
        self.with(|held| {
            let waiting = held.waiting.iter().map(|entry| entry.row);
            waiting.chain(held.sending.iter().copied()).collect()
        })
    }
}

/// A place in the outbox.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Place {
    /// One of them, if any is free.
    fn take(taken: &Arc<AtomicUsize>) -> Option<Self> {
        let one_more = |taken: usize| (taken < ROOM).then(|| taken.saturating_add(1));
        let order = Ordering::Relaxed;
        taken.fetch_update(order, order, one_more).ok().map(|_| Self(Arc::clone(taken)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place in the outbox, and the row that is kept with the secret.
pub(crate) struct Placed {
    pub(crate) row: NewMail,
    pub(crate) place: Place,
}

/// Why there is no place.
pub(crate) enum NoPlace {
    /// Too many wait.
    Full,
    /// There is no mail server.
    NoMail,
    /// The store could not be asked.
    Store(StoreError),
}

impl Service {
    /// The same, with mail.
    #[must_use]
    pub fn with_mail(self, mail: Arc<dyn Mail>) -> Self {
        let node = Node(i64::from_be_bytes(draw(&*self.entropy)));
        Self { outbox: Arc::new(Outbox::new(Some(mail), node)), ..self }
    }

    /// Whether this instance sends mail.
    pub fn sends_mail(&self) -> bool {
        self.outbox.mail.is_some()
    }

    /// How many mails wait here, or are being sent.
    pub fn mails_waiting(&self) -> usize {
        self.outbox.rows().len()
    }

    /// How many of them were tried, and wait for the next time.
    pub fn mails_put_off(&self) -> usize {
        self.outbox.with(|held| held.waiting.iter().filter(|entry| entry.attempts > 0).count())
    }

    /// A place for the mail of a secret that is about to be kept.
    pub(crate) async fn place(
        &self,
        (account, to): (AccountId, &Email),
        secret: &Secret,
        receipt_until: Timestamp,
    ) -> Result<Placed, NoPlace> {
        if !self.sends_mail() {
            return Err(NoPlace::NoMail);
        }
        let place = Place::take(&self.outbox.taken).ok_or(NoPlace::Full)?;
        let now = secret.created_at;
        let kept = Kept {
            row: secret.row,
            account,
            recipient: to.clone(),
            standing: Standing::Waiting,
            attempts: 0,
            created_at: now,
            node: self.outbox.node,
            leased_until: self.clock.now().plus(LEASE),
            until: receipt_until.max(now.plus(DAY)),
        };
        let seal = self.store.columns(&*self.entropy).await.map_err(NoPlace::Store)?;
        let hash = self.store.hash(Kind::Address, to.as_str().as_bytes());
        Ok(Placed { row: NewMail::new(&kept, hash, &seal), place })
    }

    /// Takes a letter whose row is kept.
    pub(crate) fn enqueue(
        &self,
        (to, reply_to): (Email, Email),
        letter: Letter,
        secret: &Secret,
        place: Place,
    ) {
        let id = draw(&*self.entropy);
        let until = secret.expires_at.min(secret.created_at.plus(PERSISTENCE));
        self.outbox.put(Entry {
            row: secret.row,
            message: Message { id, at: secret.created_at, to, reply_to: Some(reply_to), letter },
            attempts: 0,
            due_at: secret.created_at,
            until,
            end: None,
            _place: place,
        });
        self.outbox.come.notify_one();
    }

    /// Sends what comes, for as long as it runs: a few at the same time.
    pub async fn post_for_ever(&self) {
        let letters = self.deliver_for_ever();
        tokio::join!(self.work(), self.work(), self.work(), self.work(), letters);
    }

    async fn work(&self) {
        loop {
            self.post().await;
            let come = self.outbox.come.notified();
            // Whichever comes first: something new, or the time of something that waits.
            drop(tokio::time::timeout(LOOK, come).await);
        }
    }

    /// Sends what is due.
    pub async fn post(&self) {
        while let Some(entry) = self.outbox.take(self.clock.now()) {
            let row = entry.row;
            match self.attempt(entry).await {
                Some(entry) => self.outbox.put(entry),
                None => self.outbox.done(row),
            }
        }
    }

    /// Tries to send a mail. What comes back is tried again.
    async fn attempt(&self, mut entry: Entry) -> Option<Entry> {
        let (row, node) = (entry.row, self.outbox.node);
        let end = match entry.end {
            Some(end) => Some(end),
            None => match self.store.write(Attempt { row, node, now: self.clock.now() }).await {
                Ok(false) => return None,
                Ok(true) => self.send(&mut entry).await,
                Err(error) => return self.unlooked(entry, &error),
            },
        };
        let Some(standing) = end else { return Some(entry) };
        // Whatever becomes of what is written down, nobody needs the link any more.
        entry.message.letter.text = Zeroizing::default();
        entry.message.letter.html = Zeroizing::default();
        entry.end = end;
        match self.store.write(Ends { row, standing, now: self.clock.now() }).await {
            Ok(()) => None,
            Err(error) => Some(self.unwritten(entry, &error)),
        }
    }

    /// The secret could not be looked at, so its link was not mailed: that is tried again while there is time.
    /// From then on nobody knows the link here, and whoever comes by says so.
    fn unlooked(&self, entry: Entry, error: &StoreError) -> Option<Entry> {
        if self.clock.now() < entry.until {
            return Some(self.unwritten(entry, error));
        }
        tracing::warn!(%error, "a mail could not be sent in time: the store could not be asked");
        None
    }

    /// What became of a mail could not be written down: that is tried again before anything else.
    fn unwritten(&self, entry: Entry, error: &StoreError) -> Entry {
        tracing::warn!(%error, "what became of a mail could not be kept; it is tried again");
        let [pause, ..] = PAUSES;
        Entry { due_at: self.clock.now().plus(pause), ..entry }
    }

    /// Sends a mail. `None`: it is tried again when it says.
    async fn send(&self, entry: &mut Entry) -> Option<Standing> {
        let Some(mail) = &self.outbox.mail else { return Some(Standing::Failed) };
        let sent = tokio::time::timeout(PATIENCE, mail.send(&entry.message)).await;
        let pause = PAUSES.get(entry.attempts).or(PAUSES.last()).copied().unwrap_or(HOUR);
        entry.attempts = entry.attempts.saturating_add(1);
        entry.due_at = self.clock.now().plus(pause);
        let reference = self.store.reference(entry.row);
        let again = entry.due_at < entry.until;
        match sent.unwrap_or(Err(Unsent::Later(Cause::Timeout))) {
            Ok(()) => Some(Standing::Sent),
            Err(Unsent::Later(cause)) if again => {
                tracing::warn!(%cause, secret = reference, "a mail was not sent; it is tried again");
                None
            }
            Err(Unsent::Later(cause) | Unsent::Never(cause)) => {
                tracing::warn!(%cause, secret = reference, "a mail could not be sent");
                Some(Standing::Failed)
            }
        }
    }

    /// Says that what waits here is known here, and ends what nobody knows any more.
    pub(crate) async fn look_after_mails(&self, now: Timestamp) -> Result<(), StoreError> {
        let node = self.outbox.node;
        let rows = self.outbox.rows();
        let renewed = Timestamp::from_millis(self.outbox.renewed.load(Ordering::Relaxed));
        if !rows.is_empty() && renewed.plus(RENEW) <= now {
            self.store.write(Renew { rows, node, now }).await?;
            self.outbox.renewed.store(now.as_millis(), Ordering::Relaxed);
        }
        // Where nobody shares the store, whoever was here before is not any more.
        let others = self.store.is_of_one_node().then_some(node);
        while self.store.write(EndStrays { others, now }).await? {}
        Ok(())
    }

    /// What has not been sent will not be: this node ends.
    pub async fn give_up_mails(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Held { waiting, sending } = self.outbox.with(std::mem::take);
        let waiting = waiting.iter().map(|entry| (entry.row, entry.end));
        // What was being sent may have gone out: nobody can tell any more.
        for (row, end) in waiting.chain(sending.iter().map(|row| (*row, None))) {
            let standing = end.unwrap_or(Standing::Failed);
            self.store.write(Ends { row, standing, now }).await?;
        }
        Ok(())
    }
}

/// Whether a mail is to be sent now. What is not is done with.
struct Attempt {
    row: Row,
    node: Node,
    now: Timestamp,
}

impl Unit for Attempt {
    type Output = bool;

    fn about(&self) -> Option<Row> {
        Some(self.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let kept = tx.secret(self.row).await?;
        if kept.is_some_and(|kept| waits(&kept.secret, self.now)) {
            return mails::attempt(tx, self.row, self.node, self.now.plus(LEASE)).await;
        }
        end(tx, self.row, Standing::Cancelled, self.now).await?;
        Ok(false)
    }
}

fn waits(secret: &Secret, now: Timestamp) -> bool {
    let stands = match secret.standing {
        SecretStanding::Waiting | SecretStanding::Locked => true,
        SecretStanding::Delivering | SecretStanding::Ended(_) => false,
    };
    stands && now < secret.expires_at
}

/// A mail was sent, or never will be.
struct Ends {
    row: Row,
    standing: Standing,
    now: Timestamp,
}

impl Unit for Ends {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        end(tx, self.row, self.standing, self.now).await
    }
}

async fn end<T: Transaction>(
    tx: &mut T,
    row: Row,
    standing: Standing,
    now: Timestamp,
) -> StoreResult<()> {
    if !mails::end(tx, row, standing).await? {
        return Ok(());
    }
    let kind = match standing {
        Standing::Sent => EventKind::MailSent,
        Standing::Failed => EventKind::MailFailed,
        Standing::Cancelled => EventKind::MailCancelled,
        Standing::Waiting => return Ok(()),
    };
    if kind != EventKind::MailSent {
        store::owned::not_mailed(tx, row, now).await?;
    }
    tx.record(&Event::new(now, kind, Actor::System).of(row)).await
}

struct Renew {
    rows: Vec<Row>,
    node: Node,
    now: Timestamp,
}

impl Unit for Renew {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        for row in &self.rows {
            mails::renew(tx, *row, self.node, self.now.plus(LEASE)).await?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct EndStrays {
    /// Every mail that another node than this one knows of is a stray.
    others: Option<Node>,
    now: Timestamp,
}

impl Unit for EndStrays {
    /// Whether there may be more.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let mut rows = mails::strays(tx, self.now, BATCH).await?;
        if let Some(node) = self.others {
            rows.extend(mails::strays_of_others(tx, node, BATCH).await?);
        }
        for row in &rows {
            end(tx, *row, Standing::Failed, self.now).await?;
        }
        Ok(u32::try_from(rows.len()).is_ok_and(|count| count >= BATCH))
    }
}

/// How long whoever wants `mail` sent must wait before they may.
pub(crate) async fn wait<T: Transaction>(
    tx: &mut T,
    mail: &NewMail,
    caps: Caps,
) -> StoreResult<Option<Duration>> {
    mails::hold(tx, mail).await?;
    let waits = [
        mail.wait_of_sender(tx, caps.per_hour, HOUR).await?,
        mail.wait_of_sender(tx, caps.per_day, DAY).await?,
        mail.wait_of_recipient(tx, caps.per_recipient, HOUR).await?,
    ];
    Ok(waits.into_iter().flatten().max())
}
