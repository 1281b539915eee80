//! What somebody has to sign in with, and how that changes.
//!
//! A change takes a session that was confirmed lately, ends all others, writes one event, and tells the owner
//! by mail where there is mail (R61). Nobody takes away the last means of their own.

use domain::account::{AccountId, Email};
use domain::audit::{Event, Kind as EventKind};
use domain::credential::{Credential, Means};
use domain::entropy::draw;
use domain::letter::{Change as Told, Content, Letter};
use domain::one_time::{Code, CodeSecret, RecoveryCode};
use domain::password::{Chosen, PasswordFault};
use domain::time::Timestamp;
use store::StoreError;
use store::credentials::{self, CredentialRow, NewCredential};
use store::port::{Result as StoreResult, Transaction, Unit};
use zeroize::Zeroizing;

use super::{Come, first, has, may_enter};
use crate::Service;
use crate::hashing::Busy;
use crate::letters::{self, NewLetter, NotWritten};
use crate::people::Person;
use crate::sessions;

/// What somebody has to sign in with, beside passkeys and identities elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Since when they have this password.
    pub password: Option<Timestamp>,
    /// Since when they are asked for one-time codes.
    pub codes: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// How many passkeys they have.
    pub passkeys: usize,
    /// How many identities at providers.
    pub identities: usize,
    /// Whether a link can be mailed to them.
    pub mailed_link: bool,
}

impl Owned {
    /// Whether there is a second factor that recovery codes can stand for.
    pub const fn has_second_factor(self) -> bool {
        self.codes.is_some() || self.passkeys > 0
    }
}

/// What shall be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// One-time codes are asked for from now on: with this secret, of which this is the code of now.
    AddCodes {
        /// The secret, in Base32.
        secret: &'a str,
        /// The code.
        code: &'a str,
    },
    /// New recovery codes, in the place of the ones before.
    MakeRecoveryCodes,
    /// One-time codes are not asked for any more.
    RemoveCodes,
    /// There is no password any more.
    RemovePassword,
    /// This password, in the place of the one before.
    SetPassword(&'a str),
}

/// Codes that are shown once.
pub struct Codes(Vec<RecoveryCode>);

impl Codes {
    /// Each, as it is to be written down.
    pub fn expose(&self) -> impl Iterator<Item = Zeroizing<String>> {
        self.0.iter().map(RecoveryCode::expose)
    }
}

/// What became of a change.
#[must_use]
pub enum Altered {
    /// Too many passwords are being stretched. Nothing was judged.
    Busy(Busy),
    /// It was done.
    Done,
    /// It was done, and these are to be written down.
    Made(Codes),
    /// Nothing else would be left to sign in with.
    NothingLeft,
    /// There was nothing to change.
    Nothing,
    /// The password cannot be chosen.
    Password(PasswordFault),
    /// The code is not right.
    WrongCode,
}

/// What a change takes away and puts in its place.
#[derive(Default)]
struct Plan {
    removes: Vec<Means>,
    adds: Vec<Credential>,
    codes: Option<Codes>,
    needs_other: bool,
}

impl Service {
    /// What somebody has to sign in with.
    pub async fn means(&self, person: &Person) -> Result<Owned, StoreError> {
        let rows = self.means_of(person.account.id).await?;
        self.owned(&rows).await
    }

    async fn owned(&self, rows: &[CredentialRow]) -> Result<Owned, StoreError> {
        let seal = self.store.columns(&*self.entropy).await?;
        let since = |means| -> Result<_, StoreError> {
            first(rows, means).map(|row| Ok(row.open(&seal)?.created_at)).transpose()
        };
        let count = |means| rows.iter().filter(|row| row.means().is_ok_and(|m| m == means)).count();
        Ok(Owned {
            password: since(Means::Password)?,
            codes: since(Means::OneTimeCodes)?,
            recovery_codes: count(Means::RecoveryCode),
            passkeys: count(Means::Passkey),
            identities: count(Means::Identity),
            mailed_link: self.sends_mail(),
        })
    }

    /// A secret for an authenticator. It is worth something once a code of it was shown.
    pub fn propose_codes(&self) -> CodeSecret {
        CodeSecret::new(draw(&*self.entropy))
    }

    /// Changes how somebody signs in.
    pub async fn alter(
        &self,
        person: &Person,
        change: Change<'_>,
        locale: &str,
        come: Come<'_>,
    ) -> Result<Altered, StoreError> {
        let account = person.account.id;
        let rows = self.means_of(account).await?;
        let plan = match change {
            Change::SetPassword(password) => {
                let chosen = match Chosen::new(password, &person.account.email) {
                    Ok(chosen) => chosen,
                    Err(fault) => return Ok(Altered::Password(fault)),
                };
                match self.keep_password(account, chosen, come).await {
                    Ok(kept) => {
                        Plan { removes: vec![Means::Password], adds: vec![kept], ..Plan::default() }
                    }
                    Err(busy) => return Ok(Altered::Busy(busy)),
                }
            }
            Change::AddCodes { secret, code } => match self.first_code(account, secret, code) {
                Some(kept) => {
                    let (codes, recovery) = self.recovery_codes(account);
                    let adds = std::iter::once(kept).chain(recovery).collect();
                    let removes = vec![Means::OneTimeCodes, Means::RecoveryCode];
                    Plan { removes, adds, codes: Some(codes), ..Plan::default() }
                }
                None => return Ok(Altered::WrongCode),
            },
            Change::MakeRecoveryCodes => {
                let (codes, adds) = self.recovery_codes(account);
                let removes = vec![Means::RecoveryCode];
                Plan { removes, adds, codes: Some(codes), ..Plan::default() }
            }
            Change::RemoveCodes if !has(&rows, Means::OneTimeCodes) => return Ok(Altered::Nothing),
            Change::RemoveCodes => {
                let mut removes = vec![Means::OneTimeCodes];
                // They stand for a second factor: without one they are nothing.
                removes.extend((!has(&rows, Means::Passkey)).then_some(Means::RecoveryCode));
                Plan { removes, ..Plan::default() }
            }
            Change::RemovePassword if !has(&rows, Means::Password) => return Ok(Altered::Nothing),
            Change::RemovePassword => {
                Plan { removes: vec![Means::Password], needs_other: true, ..Plan::default() }
            }
        };
        let told = match change {
            Change::AddCodes { .. } => Told::CodesAdded,
            Change::MakeRecoveryCodes => Told::RecoveryCodesMade,
            Change::RemoveCodes => Told::CodesRemoved,
            Change::RemovePassword => Told::PasswordRemoved,
            Change::SetPassword(_) => Told::PasswordChanged,
        };
        let letter = self.notice(account, &person.account.email, told, locale).await?;
        self.carry_out(person, plan, letter).await
    }

    async fn carry_out(
        &self,
        person: &Person,
        plan: Plan,
        letter: Option<NewLetter>,
    ) -> Result<Altered, StoreError> {
        let Plan { removes, adds, codes, needs_other } = plan;
        let seal = self.store.columns(&*self.entropy).await?;
        let adds = adds.iter().map(|kept| NewCredential::new(kept, &seal)).collect();
        let (account, session) = (person.account.id, person.session.id);
        let alter = Alter {
            account,
            session,
            removes,
            adds,
            needs_other: needs_other && !self.sends_mail(),
            event: Event::new(self.clock.now(), EventKind::CredentialChanged, person.actor()),
            letter,
        };
        if !self.store.write(alter).await? {
            return Ok(Altered::NothingLeft);
        }
        self.letters_come();
        Ok(codes.map_or(Altered::Done, Altered::Made))
    }

    /// The secret as it will be kept, if that is a code of it. The code counts as shown.
    fn first_code(&self, account: AccountId, secret: &str, code: &str) -> Option<Credential> {
        let (secret, code) = (CodeSecret::parse(secret)?, Code::parse(code)?);
        let now = self.clock.now();
        let step = secret.step(code, now, None)?;
        Some(Credential {
            id: self.number(),
            account,
            means: Means::OneTimeCodes,
            lookup: Some(self.only(account, Means::OneTimeCodes)),
            label: None,
            data: Some(secret.expose()),
            created_at: now,
            used_at: None,
            counter: Some(step),
        })
    }

    fn recovery_codes(&self, account: AccountId) -> (Codes, Vec<Credential>) {
        let code = || RecoveryCode::new(draw(&*self.entropy));
        let codes: Vec<_> = std::iter::repeat_with(code).take(RecoveryCode::COUNT).collect();
        let kept = codes.iter().map(|code| Credential {
            id: self.number(),
            account,
            means: Means::RecoveryCode,
            lookup: Some(self.recovery_hash(account, code)),
            label: None,
            data: None,
            created_at: self.clock.now(),
            used_at: None,
            counter: None,
        });
        let kept = kept.collect();
        (Codes(codes), kept)
    }

    /// The letter that tells somebody what has changed, where there is mail.
    pub(crate) async fn notice(
        &self,
        account: AccountId,
        to: &Email,
        change: Told,
        locale: &str,
    ) -> Result<Option<NewLetter>, StoreError> {
        let letter = Letter {
            content: Content::CredentialChanged { change },
            to: to.clone(),
            account: Some(account),
            subject: 0,
            locale: locale.to_owned(),
        };
        match self.write_letter(letter, None).await {
            Ok(letter) => Ok(Some(letter)),
            Err(NotWritten::NoMail) => Ok(None),
            Err(NotWritten::Store(error)) => Err(error),
        }
    }
}

struct Alter {
    account: AccountId,
    session: i64,
    removes: Vec<Means>,
    adds: Vec<NewCredential>,
    /// Whether a passkey or an identity must be there.
    needs_other: bool,
    event: Event,
    letter: Option<NewLetter>,
}

impl Unit for Alter {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { account, session, removes, adds, needs_other, event, letter } = self;
        let enters = may_enter(tx, *account).await?;
        // Who asks may have been signed out by another change, a moment ago.
        let alive = store::sessions::of_account(tx, *account).await?;
        if !enters || !alive.iter().any(|row| row.id() == *session) {
            return Ok(false);
        }
        let means = credentials::of_account(tx, *account).await?;
        let other = has(&means, Means::Passkey) || has(&means, Means::Identity);
        if *needs_other && !other {
            return Ok(false);
        }
        let mut removed: usize = 0;
        for kind in removes {
            let count = credentials::remove_means(tx, *account, *kind).await?;
            removed = removed.saturating_add(count);
        }
        for kept in adds {
            credentials::insert(tx, kept).await?;
        }
        let kind = match (removed, adds.is_empty()) {
            (0, false) => EventKind::CredentialAdded,
            (_, true) => EventKind::CredentialRemoved,
            (_, false) => EventKind::CredentialChanged,
        };
        tx.record(&Event { kind, ..event.about(account.get()) }).await?;
        sessions::end_others(tx, (*account, event.actor), Some(*session), event.at).await?;
        if let Some(letter) = letter {
            let _queued = letters::queue(tx, letter).await?;
        }
        Ok(true)
    }
}
