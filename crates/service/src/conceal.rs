//! Conceal: the server plays the sender, for clients that cannot seal, and forgets the key.
//!
//! The same envelope, the same room and the same transaction as when a sender seals ([`crate::share`]).
//! Delivery is strict: a client that cannot open cannot say that it has. What is left here opens nothing
//! without one of the two tokens (law 3).

use std::time::Duration;

use domain::entropy::draw;
use domain::hashes::Kind;
use domain::secret::{SealedBy, Secret};
use domain::terms::{Delivery, Lifetime, Terms};
use domain::time::Timestamp;
use envelope::{
    Content, Handle, Keys, LinkKey, Passphrase, Profile, ReceiptKey, SecretToken, ServerReceipt,
    seal,
};
use store::StoreError;
use zeroize::Zeroizing;

use crate::Service;
use crate::hashing::Busy;
use crate::mail::{NoPlace, Post};
use crate::owned::Owner;
use crate::share::{self, ShareError, Used, charge};

/// The longest content in bytes: its envelope still lies in the database.
pub const MAX_CONTENT: usize = 60_000;

/// What is to be sealed.
pub struct Request<'a> {
    /// The text.
    pub content: Zeroizing<String>,
    /// Whether the server has made it up: a password.
    pub generated: bool,
    /// What a reader must know beside the link.
    pub passphrase: Option<Passphrase>,
    /// How long the secret waits. The receipt is kept twice as long.
    pub lifetime: Lifetime,
    /// Whose it will be, if anybody's.
    pub owner: Option<Owner>,
    /// To whom its link is mailed, if to anybody.
    pub post: Option<Post<'a>>,
    /// The network that the sender comes from, as bytes that are only hashed.
    pub network: &'a [u8],
}

/// A secret that waits, sealed by the server. Both tokens are shown once, and stored nowhere.
pub struct Concealed {
    /// What opens it.
    pub link: SecretToken,
    /// What follows it, burns it and names the link.
    pub receipt: ServerReceipt,
    /// What lists show of it.
    pub handle: Handle,
    /// What is known about it.
    pub secret: Secret,
    /// Until when it can be followed.
    pub receipt_until: Timestamp,
}

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum ConcealError {
    /// Too many passphrases are being stretched.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Its link is to be mailed, and there is no mail server (law 7).
    #[error("this server does not send mail")]
    NoMail,
    /// It could not be shared.
    #[error(transparent)]
    Share(#[from] ShareError),
}

impl From<StoreError> for ConcealError {
    fn from(error: StoreError) -> Self {
        Self::Share(error.into())
    }
}

impl From<NoPlace> for ConcealError {
    fn from(error: NoPlace) -> Self {
        match error {
            NoPlace::Full => Self::Busy(Busy { wait: Duration::from_mins(1) }),
            NoPlace::NoMail => Self::NoMail,
            NoPlace::Store(error) => error.into(),
        }
    }
}

impl Service {
    /// Seals a text and keeps it.
    pub async fn conceal(&self, request: Request<'_>) -> Result<Concealed, ConcealError> {
        let Request { content, generated, passphrase, lifetime, owner, post, network } = request;
        if content.len() > MAX_CONTENT {
            let limit = u64::try_from(MAX_CONTENT).unwrap_or(u64::MAX);
            return Err(ShareError::TooLarge { limit }.into());
        }
        if post.is_some() && !self.sends_mail() {
            return Err(ConcealError::NoMail);
        }
        let key = ReceiptKey::new(draw(&*self.entropy));
        let keys = self.sealing_keys(&key, passphrase, network).await?;
        let salt = draw(&*self.entropy);
        let envelope = seal(&keys, salt, &Content::Text(content));
        let envelope = envelope.map_err(ShareError::NotAnEnvelope)?;
        let asked = share::Request {
            terms: Terms { lifetime, delivery: Delivery::Strict, ..Terms::default() },
            link_proof: keys.link_proof().hash(),
            proof: keys.proof().hash(),
            receipt: key.hash(),
            idempotency_key: None,
            network,
        };
        let mut intake = self.take_in(&asked, SealedBy::Server { generated }).await?;
        if let Some(owner) = owner {
            intake.belong(owner).await?;
        }
        let post = match post {
            Some(post) => Some((intake.post(post.account, &post.to).await?, post)),
            None => None,
        };
        intake.push(&envelope).await?;
        let kept = intake.keep().await?;
        let (row, tag) = (kept.secret.row, kept.tag);
        let receipt = ServerReceipt::new(self.store.identify_receipt(row, tag), key);
        let concealed = Concealed {
            link: receipt.link(self.store.identify(row, tag)),
            receipt,
            handle: self.store.handle(row, tag),
            secret: kept.secret,
            receipt_until: kept.receipt_until,
        };
        if let Some((place, Post { sender, to, write, .. })) = post {
            self.enqueue((to, sender), write(&concealed), &concealed.secret, place);
        }
        Ok(concealed)
    }

    /// The keys that seal. Nobody's passphrase is stretched for what there is no room for.
    async fn sealing_keys(
        &self,
        key: &ReceiptKey,
        passphrase: Option<Passphrase>,
        network: &[u8],
    ) -> Result<Keys, ConcealError> {
        let Some(passphrase) = passphrase else {
            let keys = Keys::derive(&key.link_key(Profile::None), None);
            return Ok(keys.map_err(ShareError::NotAnEnvelope)?);
        };
        if self.store.free_space()? < self.limits.keep_free {
            return Err(ShareError::Full.into());
        }
        let used = self.store.read(Used { owner: self.store.hash(Kind::Owner, network) }).await?;
        if charge(used, 0) > self.limits.max_per_network {
            return Err(ShareError::NetworkFull.into());
        }
        Ok(self.stretch(key.link_key(Profile::Argon2id), passphrase, network).await?)
    }

    /// The keys of a link and a passphrase, in the pool.
    pub(crate) async fn stretch(
        &self,
        link_key: LinkKey,
        passphrase: Passphrase,
        network: &[u8],
    ) -> Result<Keys, Busy> {
        let network = self.store.hash(Kind::Network, network);
        let derive =
            move |workspace: &mut _| Keys::derive_in(workspace, &link_key, Some(&passphrase));
        // The link key asks for a passphrase, and there is one.
        self.pool.run(&network, derive).await?.map_err(|_| Busy::default())
    }
}
