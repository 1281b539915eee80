//! Showing a passkey: to sign in without a name, to finish a half session, and to confirm who it is.
//!
//! The answer is judged before anything is changed, by what was read; then one transaction takes the ticket,
//! keeps the counter unless somebody else has in between, and does what it was for. Every refusal is one answer.

use std::sync::Arc;

use domain::account::{Account, AccountId};
use domain::audit::{Actor, Event};
use domain::credential::{Credential, Means};
use domain::hashes::KeyedHash;
use domain::session::{Method, SessionToken, Stage, TicketToken};
use domain::time::Timestamp;
use store::accounts::{self, AccountRow};
use store::credentials::{self, CredentialRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::sealed::ColumnSeal;
use store::{StoreError, sessions as kept};

use super::ceremony::{Answer, Fault, Shown, Site};
use super::{Aim, Begun, Purpose, change, refusal, take};
use crate::Service;
use crate::people::{HalfPerson, Person};
use crate::sessions::{self, Confirmation, Seat, Started};

/// An answer was not accepted: it does not fit the question, came too late or twice, belongs to nobody here,
/// or its passkey may be a copy. Whoever asks does not hear which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that passkey was not accepted")]
pub struct Refused;

impl Service {
    /// Asks for a passkey of anybody: who it is, the passkey says.
    pub async fn ask_to_sign_in(&self, site: &Site) -> Result<Result<Begun, Refused>, StoreError> {
        let Ok(question) = site.ask(&[]) else { return Ok(Err(Refused)) };
        self.ask_passkey(Purpose::SIGN_IN, question).await.map(Ok)
    }

    /// Asks for a passkey of somebody who has shown one factor.
    pub async fn ask_to_finish(
        &self,
        site: &Site,
        half: &HalfPerson,
    ) -> Result<Result<Begun, Refused>, StoreError> {
        self.ask_one_of(site, Purpose::of_half(half), half.account.id).await
    }

    /// Asks for a passkey of somebody who is signed in, to see that it is them still.
    pub async fn ask_to_confirm(
        &self,
        site: &Site,
        person: &Person,
    ) -> Result<Result<Begun, Refused>, StoreError> {
        self.ask_one_of(site, Purpose::of(person, Aim::Confirm), person.account.id).await
    }

    /// Asks for one of those that the account has; there is nothing to ask where it has none.
    async fn ask_one_of(
        &self,
        site: &Site,
        purpose: Purpose,
        account: AccountId,
    ) -> Result<Result<Begun, Refused>, StoreError> {
        let known = self.known_passkeys(account).await?;
        let ids: Vec<_> = known.iter().filter_map(Site::id_of).collect();
        if ids.is_empty() {
            return Ok(Err(Refused));
        }
        let Ok(question) = site.ask(&ids) else { return Ok(Err(Refused)) };
        self.ask_passkey(purpose, question).await.map(Ok)
    }

    /// Signs in whoever the passkey belongs to: all the way, for it is two factors in one.
    pub async fn sign_in_with_passkey(
        &self,
        site: &Site,
        ticket: &TicketToken,
        (response, seat): (&[u8], &Seat),
    ) -> Result<Result<SessionToken, Refused>, StoreError> {
        let judged = self.examine(site, Purpose::SIGN_IN, (ticket, response)).await?;
        let Some((accepted, account)) = judged else { return Ok(Err(Refused)) };
        let come = (Stage::Whole, Method::Passkey);
        let (token, started) = self.beginning(account.id, come, seat).await?;
        let came = self.store.write(Come { accepted, then: Then::Begin(started) }).await?;
        Ok(if came { Ok(token) } else { Err(Refused) })
    }

    /// Signs in somebody who has shown one factor: the half session ends, and a whole one begins.
    pub async fn finish_with_passkey(
        &self,
        site: &Site,
        half: &HalfPerson,
        ticket: &TicketToken,
        (response, seat): (&[u8], &Seat),
    ) -> Result<Result<SessionToken, Refused>, StoreError> {
        let judged = self.examine(site, Purpose::of_half(half), (ticket, response)).await?;
        let Some((accepted, account)) = judged else { return Ok(Err(Refused)) };
        let come = (Stage::Whole, with_passkey(half.session.method));
        let (token, started) = self.beginning(account.id, come, seat).await?;
        let then = Then::Finish { account: account.id, half: half.session.id, started };
        let came = self.store.write(Come { accepted, then }).await?;
        Ok(if came { Ok(token) } else { Err(Refused) })
    }

    /// Confirms that it is still the person who signed in. From here on the browser shows another token.
    pub async fn confirm_with_passkey(
        &self,
        site: &Site,
        person: &Person,
        (ticket, response): (&TicketToken, &[u8]),
    ) -> Result<Result<SessionToken, Refused>, StoreError> {
        let judged =
            self.examine(site, Purpose::of(person, Aim::Confirm), (ticket, response)).await?;
        let Some((accepted, _)) = judged else { return Ok(Err(Refused)) };
        let (token, confirmation) = self.confirmation(person, with_passkey(person.session.method));
        let came = self.store.write(Come { accepted, then: Then::Confirm(confirmation) }).await?;
        Ok(if came { Ok(token) } else { Err(Refused) })
    }

    /// Judges an answer. What is not accepted has spent its ticket, and is written down where it is known
    /// whom it is about.
    async fn examine(
        &self,
        site: &Site,
        purpose: Purpose,
        (ticket, response): (&TicketToken, &[u8]),
    ) -> Result<Option<(Accepted, Account)>, StoreError> {
        let Some((ticket, state)) = self.asked_passkey(purpose, ticket).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let seal = self.store.columns(&*self.entropy).await?;
        let answer = Answer::parse(response).ok();
        let found = match &answer {
            Some(answer) => self.store.read(Find(self.passkey_lookup(answer.id()))).await?,
            None => None,
        };
        let (Some(answer), Some((passkey, account))) = (answer, found) else {
            self.spend(ticket, None).await?;
            return Ok(None);
        };
        let (passkey, account) = (passkey.open(&seal)?, account.open(&seal)?);
        match self.verdict(site, purpose, (&state, &answer), (&passkey, &account)) {
            Ok(shown) => {
                let accepted = Accepted { ticket, judged: passkey, shown, now, seal };
                Ok(Some((accepted, account)))
            }
            Err(fault) => {
                let actor = purpose.session.map_or(Actor::Stranger, |_| Actor::Account(account.id));
                let event = Event::new(now, refusal(fault), actor).about(account.id.get());
                self.spend(ticket, Some(event)).await?;
                Ok(None)
            }
        }
    }

    fn verdict(
        &self,
        site: &Site,
        purpose: Purpose,
        (state, answer): (&str, &Answer),
        (passkey, account): (&Credential, &Account),
    ) -> Result<Shown, Fault> {
        let handle = self.handle(account.id).ok_or(Fault::NoAnswer)?;
        let data = passkey.data.as_ref().ok_or(Fault::NoAnswer)?;
        let shown = site.shown(state, answer, data, handle)?;
        // A question that names nobody is answered with a name.
        let named = purpose.account.is_some() || answer.names_somebody();
        let theirs = purpose.account.is_none_or(|asked| asked == account.id);
        let welcome = named && theirs && account.suspended_at.is_none();
        if welcome { Ok(shown) } else { Err(Fault::NoAnswer) }
    }
}

/// How somebody has signed in who came like that, and shows a passkey.
const fn with_passkey(method: Method) -> Method {
    match method {
        Method::Password | Method::PasswordAndPasskey => Method::PasswordAndPasskey,
        Method::MailedLink | Method::Passkey | Method::SetUpLink => Method::Passkey,
        Method::LinkAndCode | Method::PasswordAndCode | Method::Provider => method,
    }
}

/// An answer that was judged, by what its passkey was then, and what it changes.
struct Accepted {
    ticket: KeyedHash,
    judged: Credential,
    shown: Shown,
    now: Timestamp,
    seal: Arc<ColumnSeal>,
}

impl Accepted {
    /// Takes the ticket, and keeps the counter. Says whether nobody else has done so since the judgement.
    async fn keep<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { ticket, judged, shown, now, seal } = self;
        if !take(tx, ticket, *now).await? {
            return Ok(false);
        }
        let used = |passkey: Credential| {
            let same = passkey.data == judged.data && passkey.counter == judged.counter;
            let (data, counter) = (shown.passkey.clone().into(), shown.counter.into());
            let (data, counter, used_at) = (Some(data), Some(counter), Some(*now));
            same.then_some(Credential { data, counter, used_at, ..passkey })
        };
        change(tx, seal, (judged.account, judged.id), used).await
    }
}

/// What an answer was for.
enum Then {
    Begin(Started),
    Confirm(Confirmation),
    /// The half session with this number becomes a whole one.
    Finish {
        account: AccountId,
        half: i64,
        started: Started,
    },
}

struct Come {
    accepted: Accepted,
    then: Then,
}

impl Unit for Come {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        if !self.accepted.keep(tx).await? {
            return Ok(false);
        }
        match &self.then {
            Then::Begin(started) => sessions::begin(tx, started).await.map(|()| true),
            Then::Confirm(confirmation) => sessions::confirm(tx, confirmation).await,
            Then::Finish { account, half, started } => {
                let was_there = kept::end(tx, *account, *half).await?;
                if was_there {
                    sessions::begin(tx, started).await?;
                }
                Ok(was_there)
            }
        }
    }
}

struct Find(KeyedHash);

impl Query for Find {
    type Output = Option<(CredentialRow, AccountRow)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let passkey = credentials::by_lookup(view, Means::Passkey, &self.0).await?;
        let Some(passkey) = passkey else { return Ok(None) };
        let account = accounts::by_id(view, passkey.account()?).await?;
        Ok(account.map(|account| (passkey, account)))
    }
}
