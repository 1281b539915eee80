//! A journey: somebody leaves for a provider and comes back with its word for who they are (R63).
//!
//! What must be remembered on the way lies in a ticket, sealed, for ten minutes. It is found by a hash of two
//! tokens together: the `state`, which travels, and one that the browser keeps in a cookie. Whoever has but one
//! of them (a stolen code, a link that is pressed on somebody) finds nothing and spends nothing; who has both
//! takes it, and it is gone before the provider is asked. Who it is, is the pair of issuer and subject. An
//! address must be vouched for and of a permitted domain at every sign-in, and never leads to an account: what
//! leads there is an identity that its owner has added while signed in.

use std::time::Duration;

use domain::account::{Account, AccountId, Email, Role};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::credential::{self, Credential, Means, Ticket};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::organisation::{MemberRole, Membership, OrganisationId};
use domain::provider::{Issuer, Provider};
use domain::session::{Method, SessionToken, Stage, TicketToken};
use domain::switches::Switches;
use domain::time::Timestamp;
use store::accounts::{self, NewAccount};
use store::credentials::{self, NewCredential};
use store::port::{Result as StoreResult, Transaction, Unit};
use store::tickets::{self, NewTicket, TicketRow};
use store::{StoreError, organisations, settings};
use zeroize::Zeroizing;

use crate::Service;
use crate::people::Person;
use crate::providers::port::{Departure, Return, Trouble};
use crate::sessions::{self, Confirmation, Seat, Started};

/// How long a journey may take.
pub const LIFE: Duration = Duration::from_mins(10);
/// The longest path that somebody wants to go on to.
const LONGEST: usize = 2000;

/// What somebody goes there for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// To add what they are there to what they are here.
    Add(&'a Person),
    /// To show once more who they are.
    Confirm(&'a Person),
    /// To sign in.
    SignIn,
}

/// The same, as it travels: no more than where somebody lands depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// To add an identity.
    Add,
    /// To confirm.
    Confirm,
    /// To sign in.
    SignIn,
}

impl Errand {
    const ALL: [Self; 3] = [Self::Add, Self::Confirm, Self::SignIn];

    const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Confirm => "confirm",
            Self::SignIn => "sign-in",
        }
    }

    /// What the state says that somebody brings back.
    pub fn of(state: &str) -> Option<Self> {
        let (name, _) = state.split_once('.')?;
        Self::ALL.into_iter().find(|errand| errand.name() == name)
    }

    /// The state as it travels.
    fn write(self, token: &TicketToken) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}", self.name(), *token.expose()))
    }

    /// The token that has travelled, if it is one of this errand.
    fn read(self, state: &str) -> Option<TicketToken> {
        TicketToken::parse(state.strip_prefix(self.name())?.strip_prefix('.')?)
    }
}

impl Purpose<'_> {
    const fn errand(&self) -> Errand {
        match self {
            Self::Add(_) => Errand::Add,
            Self::Confirm(_) => Errand::Confirm,
            Self::SignIn => Errand::SignIn,
        }
    }

    const fn person(&self) -> Option<&Person> {
        match self {
            Self::Add(person) | Self::Confirm(person) => Some(person),
            Self::SignIn => None,
        }
    }
}

/// Somebody is on their way.
pub struct Departed {
    /// Where their browser goes.
    pub url: String,
    /// What it keeps until they are back.
    pub browser: TicketToken,
    /// What people call the provider.
    pub label: String,
}

/// What somebody brings back.
pub struct Arrival<'a> {
    /// The token that has travelled.
    pub state: &'a str,
    /// The token that the browser has kept.
    pub browser: &'a str,
    /// The code, if the provider has given one.
    pub code: &'a str,
    /// Who says so, if the provider has said it on the way.
    pub issuer: Option<&'a str>,
    /// Where they came back to.
    pub redirect: &'a str,
    /// What they went for.
    pub purpose: Purpose<'a>,
}

/// What came of it.
pub struct Arrived {
    /// What the browser shows from here on, where that has changed.
    pub token: Option<SessionToken>,
    /// Where they wanted to go.
    pub next: String,
}

/// Why nothing came of it. Nothing is lost by any of them: other ways to sign in are as they were.
#[derive(Debug, thiserror::Error)]
pub enum JourneyError {
    /// The provider says nothing about an address, or does not vouch for it.
    #[error("the provider does not vouch for an address")]
    Address,
    /// There is no such provider.
    #[error("there is no such provider")]
    NoProvider,
    /// There is no such journey: it is over, too old, or was begun in another browser, or by somebody else.
    #[error("there is no such journey")]
    NoJourney,
    /// Somebody's account has the identity already.
    #[error("the identity belongs to an account")]
    Taken,
    /// The provider has given no code: somebody has changed their mind, or may not.
    #[error("the provider has not let them through")]
    Turned,
    /// No account opens with this identity, and none is made for it. Also where people of that domain may not
    /// come, and where the account is suspended: one answer (R25).
    #[error("no account opens with this identity")]
    Unknown,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider could not be understood.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// What is remembered of a journey.
struct Memory {
    purpose: String,
    nonce: Zeroizing<String>,
    verifier: Zeroizing<String>,
    /// The session that it was begun in, if any.
    session: Option<i64>,
    next: String,
}

impl Memory {
    fn write(&self) -> Zeroizing<String> {
        let session = self.session.map(|id| id.to_string()).unwrap_or_default();
        let lines = [&self.purpose, &*self.nonce, &*self.verifier, &session, &self.next];
        Zeroizing::new(lines.map(String::as_str).join("\n"))
    }

    fn read(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.split('\n').collect();
        let [purpose, nonce, verifier, session, next] = lines.as_slice() else { return None };
        let owned = |text: &str| Zeroizing::new(text.to_owned());
        Some(Self {
            purpose: (*purpose).to_owned(),
            nonce: owned(nonce),
            verifier: owned(verifier),
            session: if session.is_empty() { None } else { Some(session.parse().ok()?) },
            next: (*next).to_owned(),
        })
    }
}

impl Service {
    /// Somebody leaves. `next` is where they want to go when they are back: a path, judged by whoever asks.
    pub async fn depart(
        &self,
        reference: &str,
        purpose: Purpose<'_>,
        redirect: &str,
        next: &str,
    ) -> Result<Departed, JourneyError> {
        let provider = self.provider(reference).await?.ok_or(JourneyError::NoProvider)?;
        let token = || TicketToken::new(draw(&*self.entropy));
        let (state, browser, nonce, verifier) = (token(), token(), token(), token());
        let memory = Memory {
            purpose: purpose.errand().name().to_owned(),
            nonce: nonce.expose(),
            verifier: verifier.expose(),
            session: purpose.person().map(|person| person.session.id),
            next: next.chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
        };
        let departure = Departure {
            redirect,
            state: &purpose.errand().write(&state),
            nonce: &memory.nonce,
            verifier: &memory.verifier,
            fresh: matches!(purpose, Purpose::Confirm(_)),
        };
        let url = self.open_id.leave(&provider.settings, &departure).await?;
        let now = self.clock.now();
        let ticket = Ticket {
            id: self.number(),
            errand: credential::Errand::Journey,
            account: purpose.person().map(|person| person.account.id),
            subject: Some(provider.id),
            data: Some(memory.write()),
            created_at: now,
            until: now.plus(LIFE),
            attempts: 0,
        };
        let hash = self.journey_hash(&state, &browser);
        let seal = self.store.columns(&*self.entropy).await?;
        self.store.write(Begin(NewTicket::new(&ticket, &hash, &seal))).await?;
        Ok(Departed { url, browser, label: provider.label.as_str().to_owned() })
    }

    fn journey_hash(&self, state: &TicketToken, browser: &TicketToken) -> KeyedHash {
        let both = Zeroizing::new([state.secret().as_slice(), browser.secret()].concat());
        self.store.hash(Kind::Ticket, &both)
    }

    fn identity_hash(&self, issuer: &Issuer, subject: &str) -> KeyedHash {
        // No issuer holds the end of a line, so that no two pairs are the same text.
        let both = Zeroizing::new([issuer.as_str(), subject].join("\n"));
        self.store.hash(Kind::Credential, both.as_bytes())
    }

    /// Somebody is back, and the journey is over whatever comes of it.
    pub async fn arrive(
        &self,
        arrival: &Arrival<'_>,
        seat: &Seat,
    ) -> Result<Arrived, JourneyError> {
        let (memory, provider, left_at) = self.taken(arrival).await?;
        if arrival.code.is_empty() {
            return Err(JourneyError::Turned);
        }
        let back = Return {
            redirect: arrival.redirect,
            code: arrival.code,
            issuer: arrival.issuer,
            nonce: &memory.nonce,
            verifier: &memory.verifier,
            fresh_since: matches!(arrival.purpose, Purpose::Confirm(_)).then_some(left_at),
        };
        let claims = self.open_id.back(&provider.settings, &back).await?;
        let lookup = self.identity_hash(&provider.settings.issuer, &claims.subject);
        let email = claims.email.filter(|_| claims.vouched);
        let email = email.and_then(|email| Email::parse(&email).ok());
        let email = email.ok_or(JourneyError::Address)?;
        let next = memory.next;
        let token = match arrival.purpose {
            Purpose::SignIn => Some(self.enter(&provider, lookup, email, seat).await?),
            Purpose::Confirm(person) => {
                Some(self.confirm_by(&provider, lookup, &email, person).await?)
            }
            Purpose::Add(person) => {
                self.add_identity(&provider, lookup, &email, person).await?;
                None
            }
        };
        Ok(Arrived { token, next })
    }

    /// Takes the journey of whoever is back, and finds its provider.
    async fn taken(
        &self,
        arrival: &Arrival<'_>,
    ) -> Result<(Memory, Provider, Timestamp), JourneyError> {
        let state = arrival.purpose.errand().read(arrival.state);
        let tokens = (state, TicketToken::parse(arrival.browser));
        let (Some(state), Some(browser)) = tokens else { return Err(JourneyError::NoJourney) };
        let hash = self.journey_hash(&state, &browser);
        let row = self.store.write(Take(hash, self.clock.now())).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let ticket = row.ok_or(JourneyError::NoJourney)?.open(&seal)?;
        let memory = ticket.data.as_ref().and_then(|data| Memory::read(data));
        let memory = memory.ok_or(JourneyError::NoJourney)?;
        let person = arrival.purpose.person();
        let is_theirs = memory.purpose == arrival.purpose.errand().name()
            && ticket.account == person.map(|person| person.account.id)
            && memory.session == person.map(|person| person.session.id);
        if !is_theirs {
            return Err(JourneyError::NoJourney);
        }
        let all = self.every_provider().await?;
        let provider = all.into_iter().find(|provider| Some(provider.id) == ticket.subject);
        let provider = provider.ok_or(JourneyError::NoProvider)?;
        Ok((memory, provider, ticket.created_at))
    }

    async fn enter(
        &self,
        provider: &Provider,
        lookup: KeyedHash,
        email: Email,
        seat: &Seat,
    ) -> Result<SessionToken, JourneyError> {
        let now = self.clock.now();
        let permitted = provider.settings.domains.permit(&email);
        // Whether it will be needed is known in the transaction alone.
        let seal = self.store.columns(&*self.entropy).await?;
        let id = AccountId::new(self.number());
        let account = Account {
            id,
            email: email.clone(),
            role: Role::Member,
            created_at: now,
            suspended_at: None,
        };
        let hash = self.address(&email);
        let known = self.store.read(Whose(lookup)).await?;
        let whole = (Stage::Whole, Method::Provider);
        let (token, started) = self.beginning(known.unwrap_or(id), whole, seat).await?;
        let enter = Enter {
            lookup,
            known,
            permitted,
            account: NewAccount::new(&account, hash, &seal),
            credential: NewCredential::new(&self.identity(id, provider, lookup, now), &seal),
            new: id,
            email,
            sign_up: provider.settings.sign_up,
            organisation: provider.organisation,
            started,
            now,
        };
        if self.store.write(enter).await? { Ok(token) } else { Err(JourneyError::Unknown) }
    }

    fn identity(
        &self,
        account: AccountId,
        provider: &Provider,
        lookup: KeyedHash,
        now: Timestamp,
    ) -> Credential {
        Credential {
            id: self.number(),
            account,
            means: Means::Identity,
            lookup: Some(lookup),
            label: Some(provider.label.as_str().to_owned()),
            data: None,
            created_at: now,
            used_at: Some(now),
            counter: None,
        }
    }

    async fn confirm_by(
        &self,
        provider: &Provider,
        lookup: KeyedHash,
        email: &Email,
        person: &Person,
    ) -> Result<SessionToken, JourneyError> {
        if !provider.settings.domains.permit(email) {
            return Err(JourneyError::Unknown);
        }
        let (token, confirmation) = self.confirmation(person, Method::Provider);
        let confirm = ConfirmIt { lookup, account: person.account.id, confirmation };
        if self.store.write(confirm).await? { Ok(token) } else { Err(JourneyError::Unknown) }
    }

    async fn add_identity(
        &self,
        provider: &Provider,
        lookup: KeyedHash,
        email: &Email,
        person: &Person,
    ) -> Result<(), JourneyError> {
        if !provider.settings.domains.permit(email) {
            return Err(JourneyError::Unknown);
        }
        let now = self.clock.now();
        let seal = self.store.columns(&*self.entropy).await?;
        let identity = self.identity(person.account.id, provider, lookup, now);
        let credential = NewCredential::new(&identity, &seal);
        let (account, session) = (person.account.id, person.session.id);
        let is_new = self.store.write(AddIt { credential, account, session, now }).await?;
        if is_new { Ok(()) } else { Err(JourneyError::Taken) }
    }
}

struct Begin(NewTicket);

impl Unit for Begin {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tickets::insert(tx, &self.0).await
    }
}

struct Take(KeyedHash, Timestamp);

impl Unit for Take {
    type Output = Option<TicketRow>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        tickets::take(tx, credential::Errand::Journey, &self.0, self.1).await
    }
}

struct Whose(KeyedHash);

impl store::port::Query for Whose {
    type Output = Option<AccountId>;

    async fn run<V: store::port::View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let found = credentials::by_lookup(view, Means::Identity, &self.0).await?;
        found.map(|found| found.account()).transpose()
    }
}

struct Enter {
    lookup: KeyedHash,
    /// Whose session is ready to begin.
    known: Option<AccountId>,
    permitted: bool,
    account: NewAccount,
    credential: NewCredential,
    new: AccountId,
    email: Email,
    sign_up: bool,
    organisation: Option<OrganisationId>,
    started: Started,
    now: Timestamp,
}

impl Unit for Enter {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let found = credentials::by_lookup(tx, Means::Identity, &self.lookup).await?;
        let Some(found) = found else {
            return if self.known.is_none() && self.permitted {
                self.sign_up(tx).await
            } else {
                Ok(false)
            };
        };
        let account = found.account()?;
        let row = accounts::by_id(tx, account).await?;
        let suspended = row.is_none_or(|row| row.is_suspended());
        // The account is another one than a moment ago: whoever it is comes again.
        let is_ready = self.known == Some(account);
        if !self.permitted || suspended || !is_ready {
            let event = Event::new(self.now, EventKind::SignInRefused, Actor::Stranger);
            tx.record(&event.about(account.get())).await?;
            return Ok(false);
        }
        credentials::note_use(tx, found.id(), self.now).await?;
        sessions::begin(tx, &self.started).await?;
        Ok(true)
    }
}

impl Enter {
    /// The first time: an account, if the provider or the instance says so, and nobody has one with that address.
    async fn sign_up<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        if !(self.sign_up || self.instance_permits(tx).await?) {
            return Ok(false);
        }
        // Whoever comes at the same moment, with the same identity or the same address, is the first or nobody.
        if !credentials::insert(tx, &self.credential).await? {
            return Ok(false);
        }
        let (_, created) = accounts::insert(tx, &self.account).await?;
        if !created {
            credentials::remove(tx, self.credential.id(), self.new).await?;
            return Ok(false);
        }
        let actor = Actor::Account(self.new);
        let event = |kind| Event::new(self.now, kind, actor).about(self.new.get());
        tx.record(&event(EventKind::AccountCreated)).await?;
        tx.record(&event(EventKind::CredentialAdded)).await?;
        if let Some(organisation) = self.organisation {
            let (account, role, since) = (self.new, MemberRole::Member, self.now);
            organisations::join(tx, &Membership { organisation, account, role, since }).await?;
            tx.record(&event(EventKind::MemberJoined).within(Some(organisation))).await?;
        }
        sessions::begin(tx, &self.started).await?;
        Ok(true)
    }

    async fn instance_permits<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        for (name, value) in settings::all(tx).await? {
            if name == "sign-up" {
                let switches = Switches::default().with(&name, &value);
                return Ok(switches.is_ok_and(|set| set.sign_up.permits(&self.email, false)));
            }
        }
        Ok(Switches::default().sign_up.permits(&self.email, false))
    }
}

struct ConfirmIt {
    lookup: KeyedHash,
    account: AccountId,
    confirmation: Confirmation,
}

impl Unit for ConfirmIt {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let found = credentials::by_lookup(tx, Means::Identity, &self.lookup).await?;
        let Some(found) = found else { return Ok(false) };
        if found.account()? != self.account {
            return Ok(false);
        }
        sessions::confirm(tx, &self.confirmation).await
    }
}

struct AddIt {
    credential: NewCredential,
    account: AccountId,
    session: i64,
    now: Timestamp,
}

impl Unit for AddIt {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        // Who asks may have been signed out by another change, while the provider was asked.
        let alive = store::sessions::of_account(tx, self.account).await?;
        if !alive.iter().any(|row| row.id() == self.session) {
            return Ok(false);
        }
        if !credentials::insert(tx, &self.credential).await? {
            return Ok(false);
        }
        let event = Event::new(self.now, EventKind::CredentialAdded, Actor::Account(self.account));
        tx.record(&event.about(self.account.get())).await?;
        let whose = (self.account, Actor::Account(self.account));
        sessions::end_others(tx, whose, Some(self.session), self.now).await?;
        Ok(true)
    }
}
