//! Signing in with a link that was mailed: it works once, for a quarter of an hour, and a new one ends it (R64).
//!
//! Whoever asks for one hears the same for every address, and the same happens: a letter is queued. Whether
//! there is an account is found when the letter is sent, and nobody waits for that (R25).

use domain::account::{AccountId, Email};
use domain::credential::Errand;
use domain::hashes::{KeyedHash, Kind};
use domain::letter::{Content, Letter};
use domain::session::{Method, Stage, TicketToken};
use domain::time::Timestamp;
use store::StoreError;
use store::credentials::{self, CredentialRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::tickets;

use super::{Answer, Come, may_enter, see, stage_of};
use crate::Service;
use crate::allowance::Guess;
use crate::letters::{self, NewLetter, NotWritten};
use crate::sessions::{self, Started};

impl Service {
    /// Has a link mailed to this address, if somebody has it who may sign in. The answer does not say.
    pub async fn mail_sign_in_link(
        &self,
        address: &str,
        locale: &str,
        network: &[u8],
    ) -> Result<(), NotWritten> {
        if !self.sends_mail() {
            return Err(NotWritten::NoMail);
        }
        // What is no address is told so by the browser; here it is answered like one.
        let Ok(to) = Email::parse(address) else { return Ok(()) };
        let (content, locale) = (Content::SignIn, locale.to_owned());
        let letter = Letter { content, to, account: None, subject: 0, locale };
        let letter = self.write_letter(letter, Some(network)).await?;
        self.store.write(Queue(letter)).await?;
        self.letters_come();
        Ok(())
    }

    /// Signs in with what a mailed link carries.
    pub async fn sign_in_with_link(
        &self,
        token: &str,
        come: Come<'_>,
    ) -> Result<Answer, StoreError> {
        if let Some(wait) = self.try_at(Guess::SignInFrom, come.network, come.network).await? {
            return Ok(Answer::Wait(wait));
        }
        let Some(token) = TicketToken::parse(token.trim()) else { return self.refuse(None).await };
        let hash = self.store.hash(Kind::Ticket, token.secret());
        let now = self.clock.now();
        let Some((account, means)) = self.store.read(Look(hash, now)).await? else {
            return self.refuse(None).await;
        };
        let stage = stage_of(&means);
        let come_by = (stage, Method::MailedLink);
        let (token, started) = self.beginning(account, come_by, come.seat).await?;
        if self.store.write(Enter { hash, account, stage, started, now }).await? {
            Ok(Answer::entered(token, stage))
        } else {
            self.refuse(Some(account)).await
        }
    }
}

struct Queue(NewLetter);

impl Unit for Queue {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        let _queued = letters::queue(tx, &self.0).await?;
        Ok(())
    }
}

struct Look(KeyedHash, Timestamp);

impl Query for Look {
    type Output = Option<(AccountId, Vec<CredentialRow>)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let ticket = tickets::look(view, Errand::SignInLink, &self.0, self.1).await?;
        let Some(account) = ticket.map(|ticket| ticket.account()).transpose()?.flatten() else {
            return Ok(None);
        };
        Ok(Some((account, credentials::of_account(view, account).await?)))
    }
}

struct Enter {
    hash: KeyedHash,
    account: AccountId,
    stage: Stage,
    started: Started,
    now: Timestamp,
}

impl Unit for Enter {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { hash, account, stage, started, now } = self;
        let enters = may_enter(tx, *account).await?;
        let ticket = tickets::take(tx, Errand::SignInLink, hash, *now).await?;
        let theirs = match &ticket {
            Some(ticket) => ticket.account()? == Some(*account),
            None => false,
        };
        // A second factor that came in the meantime is asked for.
        let same = stage_of(&credentials::of_account(tx, *account).await?) == *stage;
        if enters && theirs && same {
            see(tx, *account, *now).await?;
            sessions::begin(tx, started).await?;
        }
        Ok(enters && theirs && same)
    }
}
