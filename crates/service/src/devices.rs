//! Devices: a program on another machine gets an API key of its own, after somebody has said so in their
//! browser (RFC 8628).
//!
//! The program holds one code and shows another, short one, which a person types where they are signed in. What
//! is kept of both is a hash. The key is made when the program fetches it, so that it is shown once and to
//! nobody else.

use std::time::Duration;

use domain::account::{AccountId, ApiKey, ApiKeyToken, KEY_LIFETIME, KeyOwner, Scope, Scopes};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::credential::{Errand, Ticket};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::organisation::Name;
use domain::session::TicketToken;
use domain::time::Timestamp;
use store::StoreError;
use store::accounts;
use store::api_keys::{self, NewApiKey};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::tickets::{self, NewTicket, TicketRow};
use zeroize::Zeroizing;

use crate::Service;
use crate::allowance::Guess;
use crate::keys::{self, MadeKey};
use crate::people::Person;
use crate::references::Named;

/// How long somebody has to type the code.
pub const PATIENCE: Duration = Duration::from_mins(10);
/// How long a program waits between two questions.
pub const PAUSE: Duration = Duration::from_secs(5);
/// Letters that are not taken for others, and make no words.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many of them a code has: 34 bits, which nobody guesses in ten minutes at five tries.
const LENGTH: usize = 8;

/// The code that a person types: `BCDF-GHJK`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(Zeroizing<String>);

impl UserCode {
    /// Reads what somebody has typed, however they have written it.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        let letters: String = letters.map(|letter| letter.to_ascii_uppercase()).collect();
        let known = |letter: u8| LETTERS.contains(&letter);
        let fits = letters.len() == LENGTH && letters.bytes().all(known);
        fits.then(|| Self(Zeroizing::new(letters)))
    }

    /// The code as people read it.
    pub fn shown(&self) -> Zeroizing<String> {
        let (first, last) = self.0.split_at(LENGTH / 2);
        Zeroizing::new(format!("{first}-{last}"))
    }
}

/// A login that has begun.
pub struct Begun {
    /// What the program holds.
    pub device: TicketToken,
    /// What the person types.
    pub code: UserCode,
}

/// What somebody is asked to permit.
#[derive(Clone, Debug)]
pub struct Asking {
    /// What the program calls itself. It may say anything.
    pub label: String,
    /// The network that it asks from, reduced.
    pub network: String,
    /// Since when.
    pub asked_at: Timestamp,
}

/// What becomes of a login.
pub enum Login {
    /// The key is there.
    Done(Box<MadeKey>),
    /// It was refused, its time is up, or there never was one.
    Gone,
    /// Nobody has said anything yet.
    Waiting,
}

/// What a device may do for whoever has permitted it: share, follow and burn. Whoever is talked into permitting one
/// has given away neither keys nor members.
pub fn scopes() -> Scopes {
    use Scope::{AccountRead, ReceiptsRead, SecretsBurn, SecretsCreate};
    Scopes::of(&[SecretsCreate, SecretsBurn, ReceiptsRead, AccountRead])
}

impl Service {
    /// Begins the login of a program that calls itself `label`, from this network.
    pub async fn begin_login(&self, label: &Name, network: &str) -> Result<Begun, StoreError> {
        let device = TicketToken::new(draw(&*self.entropy));
        let code = self.user_code();
        let now = self.clock.now();
        let until = now.plus(PATIENCE);
        let ticket = |errand, subject, data| Ticket {
            id: self.number(),
            errand,
            account: None,
            subject,
            data,
            created_at: now,
            until,
            attempts: 0,
        };
        let told = Zeroizing::new(format!("{}\n{network}", label.as_str()));
        let held = ticket(Errand::Device, None, Some(told.clone()));
        let typed = ticket(Errand::DeviceCode, Some(held.id), Some(told));
        let seal = self.store.columns(&*self.entropy).await?;
        let pair = [
            NewTicket::new(&held, &self.device_hash(&device), &seal),
            NewTicket::new(&typed, &self.code_hash(&code), &seal),
        ];
        self.store.write(Begin(pair)).await?;
        Ok(Begun { device, code })
    }

    fn user_code(&self) -> UserCode {
        let mut letters = String::with_capacity(LENGTH);
        while letters.len() < LENGTH {
            let [byte]: [u8; 1] = draw(&*self.entropy);
            // 240 is a multiple of 20: no letter comes more often than another.
            if byte < 240
                && let Some(letter) = LETTERS.get(usize::from(byte % 20))
            {
                letters.push(char::from(*letter));
            }
        }
        UserCode(Zeroizing::new(letters))
    }

    fn device_hash(&self, token: &TicketToken) -> KeyedHash {
        self.store.hash(Kind::Ticket, token.secret())
    }

    fn code_hash(&self, code: &UserCode) -> KeyedHash {
        self.store.hash(Kind::Ticket, code.0.as_bytes())
    }

    /// Which program has shown this code. Looking is a guess, and is counted; `Err` says how many milliseconds to
    /// wait.
    pub async fn asking(
        &self,
        person: &Person,
        code: &UserCode,
    ) -> Result<Result<Option<Asking>, i64>, StoreError> {
        let whom = [&b"device"[..], &person.account.id.get().to_be_bytes()].concat();
        if let Err(wait) = self.guess(Guess::Code, &whom).await? {
            return Ok(Err(wait));
        }
        let look = Look { hash: self.code_hash(code), now: self.clock.now() };
        let Some(row) = self.store.read(look).await? else { return Ok(Ok(None)) };
        let ticket = row.open(&*self.store.columns(&*self.entropy).await?)?;
        let told = ticket.data.unwrap_or_default();
        let (label, network) = told.split_once('\n').unwrap_or((&told, ""));
        Ok(Ok(Some(Asking {
            label: label.to_owned(),
            network: network.to_owned(),
            asked_at: ticket.created_at,
        })))
    }

    /// Permits the login of the program that has shown this code, or refuses it. Says whether there still was one.
    pub async fn answer_login(
        &self,
        person: &Person,
        code: &UserCode,
        permit: bool,
    ) -> Result<bool, StoreError> {
        let whom = [&b"device"[..], &person.account.id.get().to_be_bytes()].concat();
        if self.guess(Guess::Code, &whom).await?.is_err() {
            return Ok(false);
        }
        let account = permit.then_some(person.account.id);
        let (hash, now) = (self.code_hash(code), self.clock.now());
        self.store.write(Answer { hash, account, now }).await
    }

    /// What has become of a login, for the program. The key comes with the first answer that has it.
    pub async fn login(&self, device: &TicketToken) -> Result<Login, StoreError> {
        let (hash, now) = (self.device_hash(device), self.clock.now());
        let look = LookDevice { hash, now };
        let Some(row) = self.store.read(look).await? else { return Ok(Login::Gone) };
        let Some(account) = row.account()? else { return Ok(Login::Waiting) };
        let seal = self.store.columns(&*self.entropy).await?;
        let told = row.open(&seal)?.data.unwrap_or_default();
        let label = told.split('\n').next().and_then(|label| Name::parse(label).ok());
        let token = ApiKeyToken::new(draw(&*self.entropy));
        let key = ApiKey {
            id: self.number(),
            owner: KeyOwner::Account(account),
            label,
            scopes: scopes(),
            networks: None,
            per_minute: None,
            created_at: now,
            expires_at: Some(now.plus(KEY_LIFETIME)),
            revoked_at: None,
            used_on: None,
            replaces: None,
            reminded_at: None,
        };
        let new = NewApiKey::new(&key, &self.store.hash(Kind::ApiKey, token.secret()), &seal);
        let fetch = Fetch { hash, account, id: key.id, new, now };
        if !self.store.write(fetch).await? {
            return Ok(Login::Gone);
        }
        let reference = self.name(Named::Key, key.id);
        Ok(Login::Done(Box::new(MadeKey { token, reference, key })))
    }
}

struct Begin([NewTicket; 2]);

impl Unit for Begin {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        for ticket in &self.0 {
            tickets::insert(tx, ticket).await?;
        }
        Ok(())
    }
}

struct Look {
    hash: KeyedHash,
    now: Timestamp,
}

impl Query for Look {
    type Output = Option<TicketRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        tickets::look(view, Errand::DeviceCode, &self.hash, self.now).await
    }
}

struct LookDevice {
    hash: KeyedHash,
    now: Timestamp,
}

impl Query for LookDevice {
    type Output = Option<TicketRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        tickets::look(view, Errand::Device, &self.hash, self.now).await
    }
}

/// Takes the code that was typed, and says to whom the program's belongs; nobody is a refusal.
struct Answer {
    hash: KeyedHash,
    account: Option<AccountId>,
    now: Timestamp,
}

impl Unit for Answer {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let typed = tickets::take(tx, Errand::DeviceCode, &self.hash, self.now).await?;
        let Some(device) = typed.map(|typed| typed.subject()).transpose()?.flatten() else {
            return Ok(false);
        };
        match self.account {
            Some(account) => tickets::give(tx, device, account).await,
            None => tickets::drop_by_id(tx, device).await,
        }
    }
}

/// Takes what the program holds, and makes its key.
struct Fetch {
    hash: KeyedHash,
    account: AccountId,
    id: i64,
    new: NewApiKey,
    now: Timestamp,
}

impl Unit for Fetch {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let device = tickets::take(tx, Errand::Device, &self.hash, self.now).await?;
        let whose = device.map(|device| device.account()).transpose()?.flatten();
        if whose != Some(self.account) || accounts::by_id(tx, self.account).await?.is_none() {
            return Ok(false);
        }
        if keys::has_enough(tx, KeyOwner::Account(self.account), self.now).await? {
            return Ok(false);
        }
        api_keys::insert(tx, &self.new).await?;
        let event = Event::new(self.now, EventKind::KeyCreated, Actor::Account(self.account));
        tx.record(&event.about(self.id)).await.map(|()| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_written() {
        let code = UserCode::parse("bcdf ghjk").unwrap();
        assert_eq!(*code.shown(), "BCDF-GHJK");
        assert!(UserCode::parse(&code.shown()) == Some(code));
        for wrong in ["", "BCDF-GHJ", "BCDF-GHJKL", "ABCD-EFGH", "BCDF-GHJ1"] {
            assert!(UserCode::parse(wrong).is_none(), "{wrong}");
        }
    }
}
