//! The second factor: a one-time code or a recovery code makes a half session whole, and confirms who somebody
//! is.

use domain::account::AccountId;
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::credential::Means;
use domain::hashes::{KeyedHash, Kind};
use domain::letter::Change as Told;
use domain::one_time::{Code, CodeSecret, RecoveryCode};
use domain::session::Stage;
use domain::time::Timestamp;
use store::StoreError;
use store::credentials::{self, CredentialRow};
use store::port::{Result as StoreResult, Transaction, Unit};
use zeroize::Zeroizing;

use super::{Answer, Come, may_enter, see, with_code};
use crate::Service;
use crate::allowance::Guess;
use crate::letters::{self, NewLetter};
use crate::people::{HalfPerson, Person};
use crate::sessions::{self, Confirmation, Started};

/// What was shown and may be right.
#[derive(Clone, Copy)]
enum Shown {
    /// A code of this means, for this time step.
    Code { credential: i64, step: i64 },
    /// A recovery code with this hash.
    Recovery(KeyedHash),
}

/// What a confirmation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// The password.
    pub password: bool,
    /// A one-time code.
    pub code: bool,
    /// A passkey does it as well.
    pub passkey: bool,
}

impl Asks {
    /// Whether there is nothing that could be shown here: then one signs in again.
    pub const fn is_nothing(self) -> bool {
        !self.password && !self.code
    }
}

impl Service {
    /// Makes a half session whole with a code: one of an authenticator, or a recovery code.
    pub async fn finish_with_code(
        &self,
        half: &HalfPerson,
        typed: &str,
        locale: &str,
        come: Come<'_>,
    ) -> Result<Answer, StoreError> {
        let account = half.account.id;
        let whom = account.get().to_be_bytes();
        if let Some(wait) = self.try_at(Guess::Code, &whom, come.network).await? {
            return Ok(Answer::Wait(wait));
        }
        let means = self.means_of(account).await?;
        let Some(shown) = self.second_factor(account, &means, typed).await? else {
            return self.refuse(Some(account)).await;
        };
        let whole = (Stage::Whole, with_code(half.session.method));
        let (token, started) = self.beginning(account, whole, come.seat).await?;
        let letter = match shown {
            Shown::Code { .. } => None,
            Shown::Recovery(_) => {
                self.notice(account, &half.account.email, Told::RecoveryCodeUsed, locale).await?
            }
        };
        let now = self.clock.now();
        let finish = Finish { account, half: half.session.id, shown, started, letter, now };
        if self.store.write(finish).await? {
            self.letters_come();
            Ok(Answer::In(token))
        } else {
            self.refuse(Some(account)).await
        }
    }

    /// What somebody must show to confirm that it is them.
    pub async fn asks(&self, person: &Person) -> Result<Asks, StoreError> {
        let means = self.means_of(person.account.id).await?;
        let has = |kind| super::has(&means, kind);
        let (password, code) = (has(Means::Password), has(Means::OneTimeCodes));
        Ok(Asks { password, code, passkey: has(Means::Passkey) })
    }

    /// Confirms who somebody is, with what they have of a password and one-time codes. Each is judged, so that a
    /// wrong one is not told from the other.
    pub async fn confirm(
        &self,
        person: &Person,
        (password, code): (&str, &str),
        come: Come<'_>,
    ) -> Result<Answer, StoreError> {
        let account = person.account.id;
        let whom = account.get().to_be_bytes();
        if let Some(wait) = self.try_at(Guess::Code, &whom, come.network).await? {
            return Ok(Answer::Wait(wait));
        }
        let means = self.means_of(account).await?;
        let (kept, has_codes) =
            (self.password(&means).await?, super::has(&means, Means::OneTimeCodes));
        // Whoever has a second factor shows it also here; a passkey confirms by its own ceremony.
        let mut fits = has_codes || kept.is_some() && !super::has(&means, Means::Passkey);
        if let Some((_, kept)) = &kept {
            fits &= match self.is_password(Some(kept), password, come).await? {
                Ok(fits) => fits,
                Err(busy) => return Ok(Answer::Busy(busy)),
            };
        }
        let shown = if has_codes { self.code(&means, code).await? } else { None };
        fits &= !has_codes || shown.is_some();
        if !fits {
            return self.refuse(Some(account)).await;
        }
        let method = person.session.method;
        let method = match (has_codes, method.has_second_factor()) {
            (true, false) => with_code(method),
            (true | false, _) => method,
        };
        let (token, confirmation) = self.confirmation(person, method);
        let password = kept.map(|(id, _)| id);
        let done = self.store.write(Confirm { account, password, shown, confirmation }).await?;
        if done { Ok(Answer::In(token)) } else { self.refuse(Some(account)).await }
    }

    /// What was typed, if it may be right.
    async fn second_factor(
        &self,
        account: AccountId,
        means: &[CredentialRow],
        typed: &str,
    ) -> Result<Option<Shown>, StoreError> {
        match RecoveryCode::parse(typed) {
            Some(code) => Ok(Some(Shown::Recovery(self.recovery_hash(account, &code)))),
            None => self.code(means, typed).await,
        }
    }

    async fn code(
        &self,
        means: &[CredentialRow],
        typed: &str,
    ) -> Result<Option<Shown>, StoreError> {
        let Some(row) = super::first(means, Means::OneTimeCodes) else { return Ok(None) };
        let kept = row.open(&*self.store.columns(&*self.entropy).await?)?;
        let secret = kept.data.as_ref().and_then(|data| CodeSecret::parse(data));
        let (Some(secret), Some(code)) = (secret, Code::parse(typed)) else { return Ok(None) };
        let step = secret.step(code, self.clock.now(), kept.counter);
        Ok(step.map(|step| Shown::Code { credential: kept.id, step }))
    }

    pub(super) fn recovery_hash(&self, account: AccountId, code: &RecoveryCode) -> KeyedHash {
        let what = Zeroizing::new(
            [&b"recovery\0"[..], &account.get().to_be_bytes(), code.secret()].concat(),
        );
        self.store.hash(Kind::Credential, &what)
    }
}

/// Uses what was shown, so that nobody can again. Says whether that was possible.
async fn spend<T: Transaction>(
    tx: &mut T,
    account: AccountId,
    shown: Shown,
    now: Timestamp,
) -> StoreResult<bool> {
    match shown {
        Shown::Code { credential, step } => credentials::advance(tx, credential, step, now).await,
        Shown::Recovery(hash) => {
            let found = credentials::by_lookup(tx, Means::RecoveryCode, &hash).await?;
            let Some(found) = found else { return Ok(false) };
            let removed = credentials::remove(tx, found.id(), account).await?;
            if removed {
                let kind = EventKind::CredentialRemoved;
                let event = Event::new(now, kind, Actor::Account(account));
                tx.record(&event.about(account.get())).await?;
            }
            Ok(removed)
        }
    }
}

struct Finish {
    account: AccountId,
    half: i64,
    shown: Shown,
    started: Started,
    letter: Option<NewLetter>,
    now: Timestamp,
}

impl Unit for Finish {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { account, half, shown, started, letter, now } = self;
        let enters = may_enter(tx, *account).await?
            && spend(tx, *account, *shown, *now).await?
            && store::sessions::end(tx, *account, *half).await?;
        if enters {
            see(tx, *account, *now).await?;
            sessions::begin(tx, started).await?;
            if let Some(letter) = letter {
                let _queued = letters::queue(tx, letter).await?;
            }
        }
        Ok(enters)
    }
}

struct Confirm {
    account: AccountId,
    password: Option<i64>,
    shown: Option<Shown>,
    confirmation: Confirmation,
}

impl Unit for Confirm {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { account, password, shown, confirmation } = self;
        if !may_enter(tx, *account).await? {
            return Ok(false);
        }
        let means = credentials::of_account(tx, *account).await?;
        if password.is_some_and(|id| !means.iter().any(|row| row.id() == id)) {
            return Ok(false);
        }
        let now = confirmation.now();
        if let Some(shown) = shown
            && !spend(tx, *account, *shown, now).await?
        {
            return Ok(false);
        }
        sessions::confirm(tx, confirmation).await
    }
}
