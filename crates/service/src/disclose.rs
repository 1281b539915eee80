//! Disclose: the server plays the reader, with the token of the very request, and forgets it.
//!
//! The order is that of [`crate::reveal`], and so are the rules (R3, R4, R6, R20 to R22, R29): who holds no
//! link learns nothing; then the payload opens at rest; then the passphrase is stretched, when there is
//! one, in a pool that is bounded; then the content is opened; and only then one transaction judges and
//! takes the view. Nothing is consumed by a server that cannot open what it takes.
//!
//! A passphrase for something that does not exist, or no longer does, costs the same work and is counted
//! in the same way, under a hash of what was asked.

use std::time::Duration;

use domain::audit::Actor;
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::policy::{Circumstances, evaluate};
use domain::secret::{Row, SealedBy, Secret, Standing};
use domain::time::Timestamp;
use envelope::{Content, Keys, LinkKey, Passphrase, Profile, SecretToken, ServerReceipt, open};
use store::ids::Tag;
use store::port::{
    Kept, Query, Result as StoreResult, STRANGERS, SealedPayload, Transaction, Unit, View,
};
use store::{Envelope, StoreError};
use zeroize::Zeroizing;

use crate::Service;
use crate::counters::Cause;
use crate::hashing::Busy;
use crate::receipt::{Burn, Found, Holder, Receipt};
pub use crate::reveal::Wish;
use crate::reveal::{Rejected, TRIES, Take, Taken, WINDOW, reject};

/// How long the sender of a generated password may read it.
const SHOWN: Duration = Duration::from_mins(1);
/// How often, and how long apart, the store is asked what has become of a commit.
const FINDING_OUT: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);

/// What a reader shows.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// The link.
    pub token: &'a SecretToken,
    /// The passphrase as it was typed. `None` is not counted as a try; a text that cannot be one is, and an
    /// empty one where there is a passphrase to try.
    pub passphrase: Option<&'a str>,
    /// Whether to take the view, or only to judge the passphrase.
    pub wish: Wish,
    /// The network that the reader comes from, as bytes that are only hashed.
    pub network: &'a [u8],
}

/// What a reader gets.
pub enum Disclosed {
    /// Too many passphrases are being stretched. Nothing was judged.
    Busy(Busy),
    /// The view is theirs, and nothing is left.
    Content {
        /// What was sealed.
        text: Zeroizing<String>,
        /// What was known about it before it was taken.
        secret: Secret,
    },
    /// Everything fits, and nothing was taken.
    Fits(Secret),
    /// It takes a passphrase, and there was none. Nothing was counted.
    PassphraseNeeded,
    /// The passphrase did not match. Nothing was lost.
    PassphraseRejected {
        /// How many tries are left for this reader.
        left: u32,
    },
    /// This network has to wait.
    TooManyAttempts {
        /// For how long.
        wait: Duration,
    },
    /// The one answer for everything else.
    Unavailable,
}

/// What burning with a receipt and a passphrase led to.
pub enum Burned {
    /// Too many passphrases are being stretched. Nothing was judged.
    Busy(Busy),
    /// The passphrase was right, or none was needed.
    Done(Burn, Box<Receipt>),
    /// It takes a passphrase, and there was none. Nothing was counted.
    PassphraseNeeded,
    /// The passphrase did not match. Nothing was burned.
    PassphraseRejected {
        /// How many tries are left for this network.
        left: u32,
    },
    /// This network has to wait.
    TooManyAttempts {
        /// For how long.
        wait: Duration,
    },
    /// The one answer for everything else.
    Unavailable,
}

impl Service {
    /// What is known about a secret that waits, for whoever holds its link. Takes nothing. `None` is the
    /// one answer.
    pub async fn look(&self, token: &SecretToken) -> Result<Option<Secret>, StoreError> {
        let found = self.store.read(Glance(self.visitor(token))).await?;
        self.count_unknown(found.is_none());
        Ok(found)
    }

    /// Judges an attempt and, if everything fits, takes the view and hands out the content.
    pub async fn disclose(&self, attempt: Attempt<'_>) -> Result<Disclosed, StoreError> {
        let visitor = self.visitor(attempt.token);
        let network = self.store.hash(Kind::Network, attempt.network);
        let stranger = self.stranger(attempt);
        let approached = self.store.read(Approach { visitor, network, stranger }).await?;
        let wait = approached.until.map(|until| self.clock.now().until(until));
        let (kept, payload) = match approached.found {
            Ok(found) => found,
            Err(cause) => return self.turn_away_stranger(attempt, stranger, wait, cause).await,
        };
        let Some(sealed) = self.unseal(&kept, &payload).await? else {
            return Ok(self.deny(Cause::Ended));
        };
        let Envelope::Small(sealed) = sealed else {
            // Nothing that was concealed here is large: the row was altered.
            self.note_undecryptable(kept.secret.row).await?;
            return Ok(Disclosed::Unavailable);
        };
        let keys = match (kept.secret.passphrase, attempt.passphrase) {
            (false, _) => Keys::derive(&attempt.token.link_key(Profile::None), None).ok(),
            (true, None) => return Ok(Disclosed::PassphraseNeeded),
            (true, Some(_)) if wait.is_some() => return Ok(self.make_wait(wait)),
            (true, Some(text)) => {
                let link_key = attempt.token.link_key(Profile::Argon2id);
                match self.try_keys(link_key, text, attempt.network).await {
                    Ok(keys) => keys,
                    Err(busy) => return Ok(Disclosed::Busy(busy)),
                }
            }
        };
        self.take_content(&kept, keys, &sealed, network, attempt.wish).await
    }

    /// Opens with `keys` what was opened at rest, and takes the view if it opens.
    async fn take_content(
        &self,
        kept: &Kept,
        keys: Option<Keys>,
        sealed: &[u8],
        network: KeyedHash,
        wish: Wish,
    ) -> Result<Disclosed, StoreError> {
        let row = kept.secret.row;
        let proof = self.proof_of(keys.as_ref());
        let text = match keys.map(|keys| open(keys, sealed)) {
            Some(Ok(Content::Text(text))) => Some(text),
            Some(Ok(Content::Fields(_) | Content::Files(_)) | Err(_)) | None => None,
        };
        if text.is_none() && proof == kept.verifiers.proof {
            self.note_undecryptable(row).await?;
            return Ok(Disclosed::Unavailable);
        }
        let token = self.store.hash(Kind::Claim, &draw::<32>(&*self.entropy));
        let take = Take { row, proof, token, network, wish, now: self.clock.now() };
        let taken = match self.store.write(take).await {
            // Nobody else has the token: what it has won must not be lost with the answer (law 2).
            Err(StoreError::InDoubt) if wish == Wish::Take && self.has_won(row, token).await => {
                Taken::View { lease_ends_at: None }
            }
            taken => taken?,
        };
        Ok(match (taken, text) {
            (Taken::View { .. }, Some(text)) => Disclosed::Content { text, secret: kept.secret },
            (Taken::Fits, Some(_)) => Disclosed::Fits(kept.secret),
            // No proof, no view: `Take` has judged the same.
            (Taken::View { .. } | Taken::Fits, None) => Disclosed::Unavailable,
            (Taken::WrongPassphrase { left }, _) => {
                self.counters.count(Cause::WrongPassphrase);
                Disclosed::PassphraseRejected { left }
            }
            (Taken::Wait { until }, _) => self.make_wait(Some(self.clock.now().until(until))),
            (Taken::Denied(denial), _) => self.deny(denial.into()),
        })
    }

    /// Whether the commit that was in doubt has taken the view for `token`. Asks while the database goes over
    /// to another server.
    async fn has_won(&self, row: Row, token: KeyedHash) -> bool {
        for _ in 0..FINDING_OUT {
            let settled = self.store.write(Settled(row)).await;
            let won = match settled {
                Ok(()) => self.store.read(Won { row, token }).await,
                Err(error) => Err(error),
            };
            match won {
                Ok(won) => return won,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        false
    }

    /// Burns what is left of a secret, for whoever holds the receipt and knows the passphrase, where there
    /// is one. The receipt alone is enough for [`Service::burn`].
    pub async fn burn_with_passphrase(
        &self,
        token: &ServerReceipt,
        passphrase: Option<&str>,
        network: &[u8],
    ) -> Result<Burned, StoreError> {
        let holder = self.holder(token.into());
        let hashed = self.store.hash(Kind::Network, network);
        let Some((kept, until)) = self.store.read(Protected { holder, network: hashed }).await?
        else {
            self.count_unknown(true);
            return Ok(Burned::Unavailable);
        };
        let proof = match (is_guarded(&kept.secret), passphrase) {
            (false, _) => None,
            (true, None) => return Ok(Burned::PassphraseNeeded),
            (true, Some(_)) if until.is_some() => {
                let wait = until.map(|until| self.clock.now().until(until)).unwrap_or_default();
                self.counters.count(Cause::TooManyAttempts);
                return Ok(Burned::TooManyAttempts { wait });
            }
            (true, Some(text)) => {
                let id = self.store.identify(kept.secret.row, kept.tag);
                let link_key = token.link(id).link_key(Profile::Argon2id);
                match self.try_keys(link_key, text, network).await {
                    Ok(keys) => Some(self.proof_of(keys.as_ref())),
                    Err(busy) => return Ok(Burned::Busy(busy)),
                }
            }
        };
        let burned = self.store.write(BurnGuarded { holder, proof, network: hashed }).await?;
        Ok(match burned {
            None => Burned::Unavailable,
            Some(Judged::Burned(burn, found)) => {
                Burned::Done(burn, Box::new(self.receipt_of(*found).await?))
            }
            Some(Judged::Rejected { left }) => {
                self.counters.count(Cause::WrongPassphrase);
                Burned::PassphraseRejected { left }
            }
            Some(Judged::Wait { until }) => {
                self.counters.count(Cause::TooManyAttempts);
                Burned::TooManyAttempts { wait: self.clock.now().until(until) }
            }
        })
    }

    /// The password that the server has made up for the holder of this receipt, in the first minute, while
    /// it waits and nobody needs a passphrase for it. Reading it changes nothing (law 8).
    pub async fn generated(
        &self,
        token: &ServerReceipt,
    ) -> Result<Option<Zeroizing<String>>, StoreError> {
        let Some((kept, payload)) = self.store.read(Fresh(self.holder(token.into()))).await? else {
            return Ok(None);
        };
        let Some(Envelope::Small(sealed)) = self.unseal(&kept, &payload).await? else {
            return Ok(None);
        };
        let link = token.link(self.store.identify(kept.secret.row, kept.tag));
        let keys = Keys::derive(&link.link_key(Profile::None), None);
        match keys.and_then(|keys| open(keys, &sealed)) {
            Ok(Content::Text(text)) => Ok(Some(text)),
            Ok(Content::Fields(_) | Content::Files(_)) | Err(_) => {
                self.note_undecryptable(kept.secret.row).await?;
                Ok(None)
            }
        }
    }

    /// The answer to somebody who asks for what is not there, or no longer: after the same work.
    async fn turn_away_stranger(
        &self,
        attempt: Attempt<'_>,
        stranger: KeyedHash,
        wait: Option<Duration>,
        cause: Cause,
    ) -> Result<Disclosed, StoreError> {
        // Nobody guesses with nothing: forms and scripts that send an empty one have no passphrase.
        let Some(text) = attempt.passphrase.filter(|text| !text.is_empty()) else {
            return Ok(self.deny(cause));
        };
        if wait.is_some() {
            return Ok(self.make_wait(wait));
        }
        let decoy = attempt.token.link_key(Profile::Argon2id);
        if let Err(busy) = self.try_keys(decoy, text, attempt.network).await {
            return Ok(Disclosed::Busy(busy));
        }
        let counted = CountStranger { stranger, now: self.clock.now() };
        Ok(match self.store.write(counted).await? {
            Some(until) => self.make_wait(Some(self.clock.now().until(until))),
            None => self.deny(cause),
        })
    }

    /// The keys of a link and what was typed as its passphrase. `None` when that cannot be one.
    async fn try_keys(
        &self,
        link_key: LinkKey,
        text: &str,
        network: &[u8],
    ) -> Result<Option<Keys>, Busy> {
        match Passphrase::new(text) {
            Ok(passphrase) => self.stretch(link_key, passphrase, network).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// What `keys` prove; without keys nothing.
    fn proof_of(&self, keys: Option<&Keys>) -> KeyedHash {
        match keys {
            Some(keys) => self.hash_proof(Kind::Proof, &keys.proof()),
            None => self.store.hash(Kind::Proof, &[]),
        }
    }

    /// Somebody who asks for what is not there: this link, from this network.
    fn stranger(&self, attempt: Attempt<'_>) -> KeyedHash {
        let mut asked = attempt.token.expose();
        asked.push('.');
        let asked = [asked.as_bytes(), attempt.network].concat();
        self.store.hash(Kind::Stranger, &Zeroizing::new(asked))
    }

    fn visitor(&self, token: &SecretToken) -> Visitor {
        let (row, tag) = self.store.locate(token.id());
        // The proof of the link is the same for every profile, and without one nothing is missing.
        let keys = Keys::derive(&token.link_key(Profile::None), None).ok();
        let link_proof = keys.map(|keys| self.hash_proof(Kind::LinkProof, &keys.link_proof()));
        let link_proof = link_proof.unwrap_or_else(|| self.store.hash(Kind::LinkProof, &[]));
        Visitor { row, tag, link_proof, now: self.clock.now() }
    }

    fn make_wait(&self, wait: Option<Duration>) -> Disclosed {
        self.counters.count(Cause::TooManyAttempts);
        Disclosed::TooManyAttempts { wait: wait.unwrap_or_default() }
    }

    fn deny(&self, cause: Cause) -> Disclosed {
        self.counters.count(cause);
        Disclosed::Unavailable
    }
}

/// Somebody who shows a link.
#[derive(Clone, Copy)]
struct Visitor {
    row: Row,
    tag: Tag,
    link_proof: KeyedHash,
    now: Timestamp,
}

impl Visitor {
    /// The secret whose link it is, as long as somebody could open it.
    async fn find<V: View>(&self, view: &mut V) -> StoreResult<Result<Kept, Cause>> {
        let Some(kept) = view.secret(self.row).await? else { return Ok(Err(Cause::Unknown)) };
        if kept.tag != self.tag || kept.verifiers.link_proof != self.link_proof {
            return Ok(Err(Cause::Unknown));
        }
        let circumstances = Circumstances { now: self.now, proven: true };
        Ok(match evaluate(&kept.secret, circumstances) {
            Ok(_) => Ok(kept),
            Err(denial) => Err(denial.into()),
        })
    }
}

/// Whether a token has won a view.
struct Won {
    row: Row,
    token: KeyedHash,
}

impl Query for Won {
    type Output = bool;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<bool> {
        Ok(view.claim(self.row, &self.token).await?.is_some())
    }
}

/// Changes nothing, and waits for whoever holds the secret: that may be the very transaction of which nobody
/// knows what becomes.
#[derive(Clone, Copy)]
struct Settled(Row);

impl Unit for Settled {
    type Output = ();

    fn about(&self) -> Option<Row> {
        Some(self.0)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.secret(self.0).await.map(drop)
    }
}

/// A look that takes nothing.
struct Glance(Visitor);

impl Query for Glance {
    type Output = Option<Secret>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Option<Secret>> {
        Ok(self.0.find(view).await?.ok().map(|kept| kept.secret))
    }
}

/// A look before an attempt: what is there, and whether this network has to wait.
struct Approach {
    visitor: Visitor,
    network: KeyedHash,
    stranger: KeyedHash,
}

struct Approached {
    found: Result<(Kept, SealedPayload), Cause>,
    /// The end of the window whose tries are used up.
    until: Option<Timestamp>,
}

impl Query for Approach {
    type Output = Approached;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Approached> {
        let now = self.visitor.now;
        let found = match self.visitor.find(view).await? {
            Ok(kept) => {
                let payload = view.payload(kept.secret.row).await?;
                payload.map(|payload| (kept, payload)).ok_or(Cause::Ended)
            }
            Err(cause) => Err(cause),
        };
        let tried = match &found {
            Ok((kept, _)) => view.attempts(kept.secret.row, &self.network, now).await?,
            Err(_) => view.attempts(STRANGERS, &self.stranger, now).await?,
        };
        Ok(Approached { found, until: used_up(tried) })
    }
}

/// The end of a window whose tries are used up.
fn used_up(tried: Option<(u32, Timestamp)>) -> Option<Timestamp> {
    tried.filter(|(count, _)| *count >= TRIES).map(|(_, until)| until)
}

/// Counts a passphrase for something that is not there, or says until when its network has to wait: those
/// that come at once are judged one after the other, as [`Take`] judges them.
struct CountStranger {
    stranger: KeyedHash,
    now: Timestamp,
}

impl Unit for CountStranger {
    type Output = Option<Timestamp>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Option<Timestamp>> {
        let (count, until) = tx.count_attempt(STRANGERS, &self.stranger, self.now, WINDOW).await?;
        Ok((count > TRIES).then_some(until))
    }
}

/// Whether burning takes the passphrase: only what somebody could still open is guarded.
fn is_guarded(secret: &Secret) -> bool {
    secret.passphrase && secret.standing == Standing::Waiting
}

/// The secret of a receipt, and the end of a window whose tries are used up.
struct Protected {
    holder: Holder,
    network: KeyedHash,
}

impl Query for Protected {
    type Output = Option<(Kept, Option<Timestamp>)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(kept) = self.holder.find(view).await? else { return Ok(None) };
        let tried = view.attempts(kept.secret.row, &self.network, self.holder.now).await?;
        Ok(Some((kept, used_up(tried))))
    }
}

/// Burns, if what was shown is the proof.
struct BurnGuarded {
    holder: Holder,
    /// `None` when none was needed as it was looked at.
    proof: Option<KeyedHash>,
    network: KeyedHash,
}

enum Judged {
    Burned(Burn, Box<Found>),
    Rejected { left: u32 },
    Wait { until: Timestamp },
}

impl Unit for BurnGuarded {
    type Output = Option<Judged>;

    fn about(&self) -> Option<Row> {
        Some(self.holder.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let now = self.holder.now;
        let Some(kept) = self.holder.find(tx).await? else { return Ok(None) };
        if is_guarded(&kept.secret) {
            let row = kept.secret.row;
            if let Some(until) = used_up(tx.attempts(row, &self.network, now).await?) {
                return Ok(Some(Judged::Wait { until }));
            }
            if self.proof != Some(kept.verifiers.proof) {
                let left = match reject(tx, &kept, &self.network, Actor::Sender, now).await? {
                    Rejected::Left(left) => left,
                    Rejected::Burned => 0,
                };
                return Ok(Some(Judged::Rejected { left }));
            }
        }
        let (burn, found) = self.holder.burn(tx, kept).await?;
        Ok(Some(Judged::Burned(burn, Box::new(found))))
    }
}

/// A password that was made up a moment ago.
struct Fresh(Holder);

impl Query for Fresh {
    type Output = Option<(Kept, SealedPayload)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let now = self.0.now;
        let Some(kept) = self.0.find(view).await? else { return Ok(None) };
        let secret = &kept.secret;
        let made_up = matches!(secret.sealed_by, SealedBy::Server { generated: true });
        let waits = evaluate(secret, Circumstances { now, proven: true }).is_ok();
        if !made_up || secret.passphrase || !waits || now >= secret.created_at.plus(SHOWN) {
            return Ok(None);
        }
        Ok(view.payload(secret.row).await?.map(|payload| (kept, payload)))
    }
}
