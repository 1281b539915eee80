//! Passwords: shown, judged, and kept as a keyed hash of what Argon2id makes of them.

use domain::account::{AccountId, Email};
use domain::credential::{Credential, Means};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::password::{Chosen, shown};
use domain::session::{Method, Stage};
use domain::time::Timestamp;
use envelope::{Passphrase, base58};
use store::StoreError;
use store::credentials;
use store::port::{Result as StoreResult, Transaction, Unit};
use zeroize::Zeroizing;

use super::{Answer, Come, Known, may_enter, see, stage_of};
use crate::Service;
use crate::allowance::Guess;
use crate::hashing::Busy;
use crate::sessions::{self, Started};

/// What is stretched where there is no password that could be right.
const DECOY: &str = "nobody has chosen this one";

/// A password as it is kept: its salt, and the keyed hash of what was stretched.
pub(super) struct Kept {
    salt: [u8; 16],
    hash: KeyedHash,
}

impl Kept {
    fn parse(data: &str) -> Option<Self> {
        let (salt, hash) = data.split_once('.')?;
        let salt = *base58::decode::<16>(salt).ok()?;
        Some(Self { salt, hash: KeyedHash::from_bytes(*base58::decode::<32>(hash).ok()?) })
    }

    fn text(&self) -> Zeroizing<String> {
        let (salt, hash) = (base58::encode(&self.salt), base58::encode(self.hash.as_bytes()));
        Zeroizing::new(format!("{}.{}", *salt, *hash))
    }
}

impl Service {
    /// Signs in with an address and a password.
    pub async fn sign_in_with_password(
        &self,
        address: &str,
        password: &str,
        come: Come<'_>,
    ) -> Result<Answer, StoreError> {
        // What is no address is nobody's: it goes the same way.
        let email = Email::parse(address).ok();
        let whom = email.as_ref().map_or(address, Email::as_str);
        if let Some(wait) = self.try_at(Guess::SignIn, whom.as_bytes(), come.network).await? {
            return Ok(Answer::Wait(wait));
        }
        let known = match &email {
            Some(email) => self.known(email).await?,
            None => None,
        };
        let kept = match &known {
            Some(known) => self.password(&known.means).await?,
            None => None,
        };
        let fits =
            match self.is_password(kept.as_ref().map(|(_, kept)| kept), password, come).await? {
                Ok(fits) => fits,
                Err(busy) => return Ok(Answer::Busy(busy)),
            };
        let id = known.as_ref().map(Known::id);
        let (Some(known), Some((credential, _)), true) = (&known, &kept, fits) else {
            return self.refuse(id).await;
        };
        if known.account.is_suspended() {
            return self.refuse(id).await;
        }
        let (account, stage) = (known.id(), known.stage());
        let (token, started) =
            self.beginning(account, (stage, Method::Password), come.seat).await?;
        let now = self.clock.now();
        let enter = Enter { account, credential: *credential, stage, started, now };
        if self.store.write(enter).await? {
            Ok(Answer::entered(token, stage))
        } else {
            self.refuse(id).await
        }
    }

    /// The password among these means, with its number.
    pub(super) async fn password(
        &self,
        means: &[credentials::CredentialRow],
    ) -> Result<Option<(i64, Kept)>, StoreError> {
        let Some(row) = super::first(means, Means::Password) else { return Ok(None) };
        let credential = row.open(&*self.store.columns(&*self.entropy).await?)?;
        let kept = credential.data.as_ref().and_then(|data| Kept::parse(data));
        Ok(kept.map(|kept| (credential.id, kept)))
    }

    /// Whether that is the password. Whatever the answer is, one was stretched for it.
    pub(super) async fn is_password(
        &self,
        kept: Option<&Kept>,
        typed: &str,
        come: Come<'_>,
    ) -> Result<Result<bool, Busy>, StoreError> {
        let salt = kept.map_or_else(|| draw(&*self.entropy), |kept| kept.salt);
        let typed = shown(typed);
        let is_one = typed.is_some();
        let Some(password) = typed.or_else(|| Passphrase::new(DECOY).ok()) else {
            return Ok(Ok(false));
        };
        let made = match self.stretch_password(password, salt, come.network).await {
            Ok(made) => made,
            Err(busy) => return Ok(Err(busy)),
        };
        Ok(Ok(kept.is_some_and(|kept| kept.hash == made) && is_one))
    }

    /// A password that was chosen, as it will be kept.
    pub(super) async fn keep_password(
        &self,
        account: AccountId,
        chosen: Chosen,
        come: Come<'_>,
    ) -> Result<Credential, Busy> {
        let salt = draw(&*self.entropy);
        let hash = self.stretch_password(chosen.into_passphrase(), salt, come.network).await?;
        Ok(Credential {
            id: self.number(),
            account,
            means: Means::Password,
            lookup: Some(self.only(account, Means::Password)),
            label: None,
            data: Some(Kept { salt, hash }.text()),
            created_at: self.clock.now(),
            used_at: None,
            counter: None,
        })
    }

    /// How that is found of which an account has one.
    pub(super) fn only(&self, account: AccountId, means: Means) -> KeyedHash {
        let what = [means.name().as_bytes(), b" of\0", &account.get().to_be_bytes()].concat();
        self.store.hash(Kind::Credential, &what)
    }

    async fn stretch_password(
        &self,
        password: Passphrase,
        salt: [u8; 16],
        network: &[u8],
    ) -> Result<KeyedHash, Busy> {
        let network = self.store.hash(Kind::Network, network);
        let stretch =
            move |memory: &mut envelope::Workspace| memory.stretch_alone(&password, &salt);
        let stretched = self.pool.run(&network, stretch).await?;
        Ok(self.store.hash(Kind::Credential, &[&b"password\0"[..], &*stretched].concat()))
    }
}

/// Lets somebody in with this means, if they still have it.
struct Enter {
    account: AccountId,
    credential: i64,
    stage: Stage,
    started: Started,
    now: Timestamp,
}

impl Unit for Enter {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { account, credential, stage, started, now } = self;
        if !may_enter(tx, *account).await? {
            return Ok(false);
        }
        let means = credentials::of_account(tx, *account).await?;
        let stays = means.iter().any(|row| row.id() == *credential);
        // A second factor that came in the meantime is asked for.
        if !stays || stage_of(&means) != *stage {
            return Ok(false);
        }
        credentials::note_use(tx, *credential, *now).await?;
        see(tx, *account, *now).await?;
        sessions::begin(tx, started).await?;
        Ok(true)
    }
}
