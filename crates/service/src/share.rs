//! Share: an envelope comes in, a secret waits.
//!
//! The envelope streams into memory while it is small and into its place when it is not; nothing refers
//! to it before the last byte was judged, so a creation that stops half-way leaves nothing behind. The
//! lifetime counts from the moment the request began.

use std::time::Duration;

use aws_lc_rs::digest;
use domain::account::{AccountId, Email};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::owned::Owned;
use domain::secret::{SealedBy, Secret, Standing};
use domain::terms::Terms;
use envelope::stream::TAG;
use envelope::{Fault, HEADER, Header, Profile, ProofHash, ReceiptHash, SecretId};
use store::blobs::BlobWriter;
use store::ids::Tag;
use store::mails::{self, NewMail};
use store::owned::{self, NewOwned};
use store::port::{
    Ahead, IdempotencyKey, Kept, NewPayload, Query, Result as StoreResult, Transaction, Unit,
    Usage, Verifiers, View,
};
use store::{INLINE, StoreError};

use crate::coming::Coming;
use crate::mail::{NoPlace, Place, Placed};
use crate::owned::Owner;
use crate::{Limits, Service};

/// How long the answer to a creation is repeated under its idempotency key.
pub(crate) const REPEAT: Duration = Duration::from_hours(24);
/// How many bytes a secret takes beside its payload: its row, its key, its events, its indexes.
const BESIDE: u64 = 2048;
/// How much of a large envelope is gathered before it goes to its file.
pub(crate) const PIECE: usize = 256 * 1024;

/// What a sealer gives beside the envelope.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What the sender asks for.
    pub terms: Terms,
    /// Hash of what shows that a reader holds the link.
    pub link_proof: ProofHash,
    /// Hash of what shows that a reader knows the passphrase as well.
    pub proof: ProofHash,
    /// Hash of the receipt token.
    pub receipt: ReceiptHash,
    /// The key under which the same creation may be asked again.
    pub idempotency_key: Option<&'a str>,
    /// The network that the sender comes from, as bytes that are only hashed.
    pub network: &'a [u8],
}

/// A secret that waits.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Its public id.
    pub id: SecretId,
    /// Its short name in receipts.
    pub reference: String,
    /// What is known about it: the terms that are in force.
    pub secret: Secret,
}

/// Why nothing was created.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// The idempotency key was used for another creation.
    #[error("the idempotency key was used for something else")]
    Conflict,
    /// The bytes are not an envelope.
    #[error("not an envelope: {0}")]
    NotAnEnvelope(Fault),
    /// There is no room: the disk or the instance's quota is nearly full.
    #[error("there is no room")]
    Full,
    /// The sender's network has no room left.
    #[error("the network has no room left")]
    NetworkFull,
    /// The time to live ran out while the envelope was still coming in.
    #[error("the lifetime ended before the envelope was complete")]
    TooSlow,
    /// Its sender has had too many links mailed, or its recipient has got too many.
    #[error("too many mails; another one may follow in {wait:?}")]
    TooManyMails {
        /// How long to wait.
        wait: Duration,
    },
    /// The envelope is larger than this instance takes.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The largest envelope in bytes.
        limit: u64,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An envelope that is coming in.
pub struct Intake {
    service: Service,
    kept: Kept,
    owner: KeyedHash,
    repeat: Option<(KeyedHash, Fingerprint)>,
    gathered: Vec<u8>,
    header: Option<Header>,
    file: Option<(BlobWriter, NewPayload)>,
    coming: Coming,
    owned: Option<NewOwned>,
    mail: Option<NewMail>,
}

impl Service {
    /// Begins a creation. Nothing is kept before [`Intake::finish`].
    pub async fn share(&self, request: &Request<'_>) -> Result<Intake, ShareError> {
        self.take_in(request, SealedBy::Sender).await
    }

    /// The same, for whoever it belongs to.
    pub async fn share_for(
        &self,
        request: &Request<'_>,
        owner: Option<Owner>,
    ) -> Result<Intake, ShareError> {
        let mut intake = self.share(request).await?;
        if let Some(owner) = owner {
            intake.belong(owner).await?;
        }
        Ok(intake)
    }

    /// The same, whoever has sealed.
    pub(crate) async fn take_in(
        &self,
        request: &Request<'_>,
        by: SealedBy,
    ) -> Result<Intake, ShareError> {
        if self.store.free_space()? < self.limits.keep_free {
            return Err(ShareError::Full);
        }
        let kept = self.waiting(request, by).await?;
        let owner = self.store.hash(Kind::Owner, request.network);
        let repeat = request.idempotency_key.map(|key| {
            let key = self.store.hash(Kind::Idempotency, key.as_bytes());
            (key, Fingerprint::of(request.terms, &kept.verifiers))
        });
        Ok(Intake {
            service: self.clone(),
            kept,
            owner,
            repeat,
            gathered: Vec::new(),
            header: None,
            file: None,
            coming: Coming::new(&self.coming, &owner),
            owned: None,
            mail: None,
        })
    }

    /// The secret that `request` asks for, as it waits from now on, with nothing in it yet.
    pub(crate) async fn waiting(
        &self,
        request: &Request<'_>,
        by: SealedBy,
    ) -> Result<Kept, StoreError> {
        let now = self.clock.now();
        let expires_at = now.plus(request.terms.lifetime.duration());
        let secret = Secret {
            row: self.store.reserve().await?,
            terms: request.terms,
            created_at: now,
            expires_at,
            views_taken: 0,
            failed: 0,
            passphrase: false,
            sealed_by: by,
            size: 0,
            standing: Standing::Waiting,
        };
        let hash = |kind, bytes: &[u8; 32]| self.store.hash(kind, bytes);
        let verifiers = Verifiers {
            link_proof: hash(Kind::LinkProof, request.link_proof.as_bytes()),
            proof: hash(Kind::Proof, request.proof.as_bytes()),
            receipt: hash(Kind::Receipt, request.receipt.as_bytes()),
        };
        let tag = Tag::new(draw(&*self.entropy));
        let receipt_until = match by {
            SealedBy::Sender => expires_at.plus(self.limits.receipts_kept),
            // As long again as the secret waits: what clients of plain HTTP count on.
            SealedBy::Server { .. } => expires_at.plus(request.terms.lifetime.duration()),
        };
        Ok(Kept { tag, secret, verifiers, receipt_until })
    }

    /// What is kept about a secret that is somebody's.
    pub(crate) async fn owning(
        &self,
        secret: &Secret,
        owner: &Owner,
    ) -> Result<NewOwned, StoreError> {
        let Owner { account, organisation, api_key, recipients } = owner;
        let owned = Owned {
            row: secret.row,
            account: *account,
            organisation: *organisation,
            api_key: *api_key,
            memo: None,
            recipients: recipients.clone(),
            changed_at: secret.created_at,
        };
        let seal = self.store.columns(&*self.entropy).await?;
        Ok(NewOwned::new(&owned, &seal))
    }

    /// What a sender hears about a secret that waits.
    pub(crate) fn shared(&self, kept: &Kept) -> Shared {
        Shared {
            id: self.store.identify(kept.secret.row, kept.tag),
            reference: self.store.reference(kept.secret.row),
            secret: kept.secret,
        }
    }
}

impl Intake {
    /// Makes it somebody's.
    pub(crate) async fn belong(&mut self, owner: Owner) -> Result<(), ShareError> {
        self.owned = Some(self.service.owning(&self.kept.secret, &owner).await?);
        Ok(())
    }

    /// Has its link mailed. Returns the place that the letter takes in the outbox.
    pub(crate) async fn post(&mut self, account: AccountId, to: &Email) -> Result<Place, NoPlace> {
        let (secret, until) = (self.kept.secret, self.kept.receipt_until);
        let Placed { row, place } = self.service.place((account, to), &secret, until).await?;
        self.mail = Some(row);
        Ok(place)
    }

    /// Takes the next bytes of the envelope.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), ShareError> {
        let limits = &self.service.limits;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let size = self.kept.secret.size.saturating_add(length);
        if size > limits.max_envelope {
            return Err(ShareError::TooLarge { limit: limits.max_envelope });
        }
        // What other senders are sending counts as well: together they must not pass the ceiling.
        let coming = self.coming.add(length);
        if self.service.store.live_bytes().saturating_add(coming.all) > limits.max_total {
            return Err(ShareError::Full);
        }
        if coming.network > limits.max_per_network {
            return Err(ShareError::NetworkFull);
        }
        self.kept.secret.size = size;
        if let Some((_, fingerprint)) = &mut self.repeat {
            fingerprint.update(bytes);
        }
        self.gathered.extend_from_slice(bytes);
        self.judge_header()?;
        if size > INLINE && self.gathered.len() >= PIECE {
            self.spill().await?;
        }
        Ok(())
    }

    /// The first 64 bytes must be a header: what nobody could open is not kept.
    fn judge_header(&mut self) -> Result<(), ShareError> {
        if self.header.is_none() && self.gathered.len() >= HEADER {
            let header = Header::parse(&self.gathered).map_err(ShareError::NotAnEnvelope)?;
            self.kept.secret.passphrase = header.profile() != Profile::None;
            self.header = Some(header);
        }
        Ok(())
    }

    /// Moves what was gathered into the file, off the async threads.
    async fn spill(&mut self) -> Result<(), ShareError> {
        let service = &self.service;
        if service.clock.now() >= self.kept.secret.expires_at {
            return Err(ShareError::TooSlow);
        }
        let (writer, payload) = if let Some(file) = self.file.take() {
            file
        } else {
            // Before anything is written; judged once more, for good, when it is kept.
            let used = service.store.read(Used { owner: self.owner }).await?;
            if charge(used, self.kept.secret.size) > service.limits.max_per_network {
                return Err(ShareError::NetworkFull);
            }
            service.store.seal_large(&self.kept, &self.owner, &*service.entropy).await?
        };
        if service.store.free_space()? < service.limits.keep_free {
            return Err(ShareError::Full);
        }
        let (writer, gathered) = writer.write(std::mem::take(&mut self.gathered)).await?;
        self.gathered = gathered;
        self.file = Some((writer, payload));
        Ok(())
    }

    /// Seals what has come in, which is all of it.
    async fn payload(&mut self) -> Result<NewPayload, ShareError> {
        if self.kept.secret.size <= INLINE {
            let Self { service, kept, gathered, .. } = self;
            return Ok(service.store.seal_small(kept, gathered, &*service.entropy));
        }
        self.spill().await?;
        let (writer, payload) = self.file.take().ok_or(StoreError::Closed)?;
        writer.finish().await?;
        Ok(payload)
    }

    /// The envelope is complete: keeps it, and answers when it is on disk. Run it to its end: whoever
    /// drops the future half-way leaves a file that nobody refers to until the next start.
    pub async fn finish(self) -> Result<Shared, ShareError> {
        let service = self.service.clone();
        self.keep().await.map(|kept| service.shared(&kept))
    }

    /// The same, for whoever needs to know what was kept.
    pub(crate) async fn keep(mut self) -> Result<Kept, ShareError> {
        let least = u64::try_from(HEADER.saturating_add(TAG)).unwrap_or(u64::MAX);
        if self.header.is_none() || self.kept.secret.size <= least {
            return Err(ShareError::NotAnEnvelope(Fault::Cut));
        }
        if self.service.clock.now() >= self.kept.secret.expires_at {
            return Err(ShareError::TooSlow);
        }
        let mut payload = self.payload().await?;
        payload.owner = Some(self.owner);
        // Held until the store has counted the payload itself.
        let Self { service, kept, owner, repeat, owned, mail, coming: _coming, .. } = self;
        let repeat = repeat.map(|(hash, fingerprint)| IdempotencyKey {
            hash,
            fingerprint: fingerprint.finish(),
            row: kept.secret.row,
            until: kept.secret.created_at.plus(REPEAT),
        });
        let large = kept.secret.size > INLINE;
        let limits = service.limits;
        let keep = Keep { kept, payload, owner, limits, repeat, owned, mail };
        let outcome = service.store.write(keep).await;
        let unused = match &outcome {
            // Not certain: the next start removes what no row refers to.
            Ok(Outcome::Kept(_)) | Err(StoreError::Closed | StoreError::InDoubt) => false,
            Ok(
                Outcome::Repeated(_)
                | Outcome::Conflict
                | Outcome::NetworkFull
                | Outcome::TooManyMails(_),
            )
            | Err(_) => true,
        };
        if large && unused {
            service.store.remove_blob(kept.secret.row).await?;
        }
        match outcome? {
            Outcome::Kept(kept) | Outcome::Repeated(kept) => Ok(kept),
            Outcome::Conflict => Err(ShareError::Conflict),
            Outcome::NetworkFull => Err(ShareError::NetworkFull),
            Outcome::TooManyMails(wait) => Err(ShareError::TooManyMails { wait }),
        }
    }
}

/// What was asked, in 32 bytes.
struct Fingerprint(digest::Context);

impl Fingerprint {
    fn of(terms: Terms, verifiers: &Verifiers) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&terms.canonical());
        for hash in [&verifiers.link_proof, &verifiers.proof, &verifiers.receipt] {
            context.update(hash.as_bytes());
        }
        Self(context)
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.finish().as_ref());
        bytes
    }
}

/// What an owner is charged with one more secret of this size: each takes room beside its payload.
pub(crate) fn charge(used: Usage, size: u64) -> u64 {
    let beside = used.secrets.saturating_add(1).saturating_mul(BESIDE);
    used.bytes.saturating_add(size).saturating_add(beside)
}

/// How much room an owner's payloads take.
pub(crate) struct Used {
    pub(crate) owner: KeyedHash,
}

impl Query for Used {
    type Output = Usage;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Usage> {
        view.usage(&self.owner).await
    }
}

/// Keeps a secret, unless the same creation was asked before.
struct Keep {
    kept: Kept,
    payload: NewPayload,
    owner: KeyedHash,
    /// How many bytes the owner's payloads may take, and how many links may be mailed.
    limits: Limits,
    repeat: Option<IdempotencyKey>,
    owned: Option<NewOwned>,
    mail: Option<NewMail>,
}

enum Outcome {
    Conflict,
    Kept(Kept),
    NetworkFull,
    Repeated(Kept),
    TooManyMails(Duration),
}

impl Unit for Keep {
    type Output = Outcome;

    fn ahead(&self) -> Ahead {
        let repeat = self.repeat.as_ref().map(|repeat| repeat.hash);
        let counted = self.mail.as_ref().map(NewMail::counted).unwrap_or_default();
        Ahead { owner: Some(self.owner), repeat, counted }
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Outcome> {
        let now = self.kept.secret.created_at;
        if let Some(repeat) = &self.repeat
            && let Some(earlier) = tx.idempotency_key(&repeat.hash, now).await?
        {
            let kept = tx.secret(earlier.row).await?;
            return Ok(match kept {
                Some(kept) if earlier.fingerprint == repeat.fingerprint => Outcome::Repeated(kept),
                Some(_) | None => Outcome::Conflict,
            });
        }
        if charge(tx.usage(&self.owner).await?, self.kept.secret.size) > self.limits.max_per_network
        {
            return Ok(Outcome::NetworkFull);
        }
        if let Some(mail) = &self.mail
            && let Some(wait) = crate::mail::wait(tx, mail, self.limits.mails).await?
        {
            return Ok(Outcome::TooManyMails(wait));
        }
        if let Some(repeat) = &self.repeat {
            tx.insert_idempotency_key(repeat, now).await?;
        }
        tx.insert_secret(&self.kept, &self.payload).await?;
        if let Some(owned) = &self.owned {
            owned::insert(tx, owned).await?;
        }
        if let Some(mail) = &self.mail {
            mails::insert(tx, mail).await?;
        }
        let event = Event::new(now, EventKind::Created, Actor::Sender);
        tx.record(&event.of(self.kept.secret.row)).await?;
        Ok(Outcome::Kept(self.kept))
    }
}
