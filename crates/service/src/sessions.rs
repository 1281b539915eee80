//! Sessions: one authority for all nodes, looked up by each request anew.
//!
//! A session that was ended on one node is worth nothing on any other from the next request on (R61): nothing
//! is remembered in between. That it was used is written down now and then.

use std::time::Duration;

use domain::account::{AccountId, Email};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::credential::Errand;
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::session::{HALF_LIFE, LIFE, Method, Session, SessionToken, Stage};
use domain::time::Timestamp;
use envelope::base58;
use store::StoreError;
use store::accounts::{self, AccountRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::sessions::{self, NewSession, SessionRow};
use store::tickets;

use crate::Service;
use crate::people::{HalfPerson, Person, SignedIn};
use crate::references::Named;

/// How often it is written down that a session was used.
const SEEN: Duration = Duration::from_mins(5);

/// Where somebody sits who signs in.
#[derive(Clone, Debug, Default)]
pub struct Seat {
    /// Their browser, as far as it says: a family and a system, no more.
    pub agent: String,
    /// Their network, reduced.
    pub network: String,
}

/// A session in the list of its owner.
#[derive(Clone, Debug)]
pub struct ListedSession {
    /// What names it.
    pub reference: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// What is known about it.
    pub session: Session,
}

/// What a unit holds of a session that begins.
#[derive(Clone, Debug)]
pub(crate) struct Started {
    session: NewSession,
    event: Option<Event>,
}

/// Begins a session in the transaction that has found that somebody may sign in: the one way to do so.
pub(crate) async fn begin<T: Transaction>(tx: &mut T, started: &Started) -> StoreResult<()> {
    sessions::insert(tx, &started.session).await?;
    match &started.event {
        Some(event) => tx.record(event).await,
        None => Ok(()),
    }
}

/// What a unit holds of a confirmation.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation {
    id: i64,
    account: AccountId,
    method: Method,
    hash: KeyedHash,
    now: Timestamp,
}

impl Confirmation {
    /// When.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }
}

/// Confirms who somebody is, in the transaction that has found it so: from here on the browser shows another
/// token. Says whether the session was still there.
pub async fn confirm<T: Transaction>(tx: &mut T, confirmation: &Confirmation) -> StoreResult<bool> {
    let Confirmation { id, account, method, hash, now } = *confirmation;
    let confirmed = sessions::confirm(tx, id, method, &hash, now).await?;
    if confirmed {
        let event = Event::new(now, EventKind::Confirmed, Actor::Account(account));
        tx.record(&event.about(account.get())).await?;
    }
    Ok(confirmed)
}

impl Service {
    /// A session for whoever has shown who they are; it begins with [`begin`]. A whole one counts as confirmed.
    pub(crate) async fn beginning(
        &self,
        account: AccountId,
        (stage, method): (Stage, Method),
        seat: &Seat,
    ) -> Result<(SessionToken, Started), StoreError> {
        let now = self.clock.now();
        let token = SessionToken::new(draw(&*self.entropy));
        let is_whole = stage == Stage::Whole;
        let session = Session {
            id: self.number(),
            account,
            stage,
            method,
            created_at: now,
            seen_at: now,
            ends_at: now.plus(if is_whole { LIFE } else { HALF_LIFE }),
            confirmed_at: is_whole.then_some(now),
            agent: seat.agent.clone(),
            network: seat.network.clone(),
        };
        let hash = self.session_hash(&token);
        let seal = self.store.columns(&*self.entropy).await?;
        let event = Event::new(now, EventKind::SignedIn, Actor::Account(account));
        let event = is_whole.then(|| event.about(account.get()));
        Ok((token, Started { session: NewSession::new(&session, &hash, &seal), event }))
    }

    /// A confirmation for whoever has shown once more who they are; it is made with [`confirm`].
    pub fn confirmation(&self, person: &Person, method: Method) -> (SessionToken, Confirmation) {
        let token = SessionToken::new(draw(&*self.entropy));
        let (id, account) = (person.session.id, person.account.id);
        let (hash, now) = (self.session_hash(&token), self.clock.now());
        (token, Confirmation { id, account, method, hash, now })
    }

    /// Signs in the account with this address, for whom somebody else vouches: whoever may read the data
    /// directory, or a test. `None` when there is no such account.
    pub async fn vouch(
        &self,
        email: &Email,
        come: (Stage, Method),
        seat: &Seat,
    ) -> Result<Option<SessionToken>, StoreError> {
        let Some(account) = self.store.read(Known(self.address(email))).await? else {
            return Ok(None);
        };
        let (token, started) = self.beginning(account, come, seat).await?;
        self.store.write(Begin(started)).await?;
        Ok(Some(token))
    }

    pub(crate) fn session_hash(&self, token: &SessionToken) -> KeyedHash {
        self.store.hash(Kind::Session, token.secret())
    }

    /// What a form of this session carries, so that no other page can send it (R65). It opens nothing.
    pub fn csrf(&self, token: &SessionToken) -> String {
        let hash = self.store.hash(Kind::Csrf, token.secret());
        base58::encode(hash.as_bytes()).to_string()
    }

    /// Whether `shown` is what [`Self::csrf`] says for this token; always in the same time.
    pub fn is_csrf(&self, token: &SessionToken, shown: &str) -> bool {
        let hash = self.store.hash(Kind::Csrf, token.secret());
        base58::decode(shown).is_ok_and(|bytes| KeyedHash::from_bytes(*bytes) == hash)
    }

    /// Who shows this token. `None`: nobody, or nobody any more.
    pub async fn session(&self, token: &SessionToken) -> Result<Option<SignedIn>, StoreError> {
        let hash = self.session_hash(token);
        let Some((session, account)) = self.store.read(Shown(hash)).await? else {
            return Ok(None);
        };
        let seal = self.store.columns(&*self.entropy).await?;
        let (session, account) = (session.open(&seal)?, account.open(&seal)?);
        let now = self.clock.now();
        if !session.is_alive(now) || account.suspended_at.is_some() {
            return Ok(None);
        }
        if session.seen_at.plus(SEEN) <= now {
            // That it was used is worth less than the answer (R32).
            let seen = See { id: session.id, account: account.id, now };
            if let Err(error) = self.store.write(seen).await {
                tracing::warn!(%error, "the use of a session was not noted");
            }
        }
        Ok(Some(match session.stage {
            Stage::Half => SignedIn::Half(HalfPerson { account, session }),
            Stage::Whole => SignedIn::Whole(Person { account, session }),
        }))
    }

    /// The sessions of somebody, the one that was used last first.
    pub async fn sessions(&self, person: &Person) -> Result<Vec<ListedSession>, StoreError> {
        let rows = self.store.read(Of(person.account.id)).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let now = self.clock.now();
        let mut listed = Vec::new();
        for row in rows {
            let session = row.open(&seal)?;
            if session.is_alive(now) {
                let reference = self.name(Named::Session, session.id);
                let is_this = session.id == person.session.id;
                listed.push(ListedSession { reference, is_this, session });
            }
        }
        Ok(listed)
    }

    /// Signs out: the session is over.
    pub async fn sign_out(&self, person: &Person) -> Result<(), StoreError> {
        let (session, account) = (&person.session, person.account.id);
        let kind = EventKind::SignedOut;
        self.store.write(End { id: session.id, account, kind, now: self.clock.now() }).await?;
        Ok(())
    }

    /// The same, for somebody who has not come all the way.
    pub async fn give_up_sign_in(&self, half: &HalfPerson) -> Result<(), StoreError> {
        let (id, account) = (half.session.id, half.account.id);
        let kind = EventKind::SignedOut;
        self.store.write(End { id, account, kind, now: self.clock.now() }).await?;
        Ok(())
    }

    /// Ends one of somebody's sessions. Says whether there was one of this name.
    pub async fn end_session(&self, person: &Person, reference: &str) -> Result<bool, StoreError> {
        let listed = self.sessions(person).await?;
        let Some(found) = listed.into_iter().find(|listed| listed.reference == reference) else {
            return Ok(false);
        };
        let (id, account, kind) = (found.session.id, person.account.id, EventKind::SessionEnded);
        self.store.write(End { id, account, kind, now: self.clock.now() }).await
    }

    /// Ends every session of somebody but the one that asks. Says how many.
    pub async fn end_other_sessions(&self, person: &Person) -> Result<usize, StoreError> {
        let (account, except) = (person.account.id, Some(person.session.id));
        self.store.write(EndOthers { account, except, now: self.clock.now() }).await
    }
}

/// Ends the other sessions of somebody, in the transaction that changes how they sign in (R61). What they have
/// permitted to a program that has not fetched its key yet ends as well.
pub(crate) async fn end_others<T: Transaction>(
    tx: &mut T,
    (account, actor): (AccountId, Actor),
    except: Option<i64>,
    now: Timestamp,
) -> StoreResult<usize> {
    let ended = sessions::end_others(tx, account, except).await?;
    tickets::withdraw(tx, Errand::Device, account).await?;
    if ended > 0 {
        let event = Event::new(now, EventKind::SessionEnded, actor);
        tx.record(&event.about(account.get())).await?;
    }
    Ok(ended)
}

struct Shown(KeyedHash);

impl Query for Shown {
    type Output = Option<(SessionRow, AccountRow)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(session) = sessions::by_hash(view, &self.0).await? else { return Ok(None) };
        let account = accounts::by_id(view, session.account()?).await?;
        Ok(account.map(|account| (session, account)))
    }
}

struct Known(KeyedHash);

impl Query for Known {
    type Output = Option<AccountId>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        Ok(accounts::by_address(view, &self.0).await?.map(|account| account.id()))
    }
}

struct Begin(Started);

impl Unit for Begin {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        begin(tx, &self.0).await
    }
}

struct Of(AccountId);

impl Query for Of {
    type Output = Vec<SessionRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        sessions::of_account(view, self.0).await
    }
}

struct See {
    id: i64,
    account: AccountId,
    now: Timestamp,
}

impl Unit for See {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        sessions::see(tx, self.id, self.now).await?;
        accounts::see(tx, self.account, crate::accounts::day(self.now)).await
    }
}

struct End {
    id: i64,
    account: AccountId,
    kind: EventKind,
    now: Timestamp,
}

impl Unit for End {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let ended = sessions::end(tx, self.account, self.id).await?;
        if ended {
            let event = Event::new(self.now, self.kind, Actor::Account(self.account));
            tx.record(&event.about(self.account.get())).await?;
        }
        Ok(ended)
    }
}

struct EndOthers {
    account: AccountId,
    except: Option<i64>,
    now: Timestamp,
}

impl Unit for EndOthers {
    type Output = usize;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<usize> {
        let whose = (self.account, Actor::Account(self.account));
        end_others(tx, whose, self.except, self.now).await
    }
}

/// Forgets sessions that are over.
#[derive(Clone, Copy)]
pub(crate) struct ForgetSessions {
    pub(crate) now: Timestamp,
}

impl Unit for ForgetSessions {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        sessions::forget(tx, self.now).await
    }
}
