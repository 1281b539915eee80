//! A service on a real store, in a directory of its own, with clock and dice in the test's hands.

use std::sync::Arc;

use domain::audit::{Event, Kind as EventKind};
use domain::secret::Standing;
use domain::terms::{Lifetime, Terms};
use envelope::{ClaimToken, Passphrase, Proof, SecretId, SecretToken};
use service::conceal::{self, ConcealError, Concealed};
use service::disclose::{self, Disclosed};
use service::reveal::{Attempt, Revealed};
use service::share::{Request, ShareError, Shared};
use service::{Envelope, Limits, Service};
use store::port::{Query, View};
use store::{OpenError, Store};
use testkit::secrets::{Sealed, claim_token};
use testkit::{Dice, HandClock};

pub(crate) struct House {
    pub(crate) service: Service,
    store: Store,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) dice: Arc<Dice>,
    pub(crate) dir: tempfile::TempDir,
}

pub(crate) fn house() -> House {
    house_with(Limits::default())
}

pub(crate) fn house_with(limits: Limits) -> House {
    let dir = tempfile::tempdir().unwrap();
    let (clock, dice) = (Arc::new(HandClock::new()), Arc::new(Dice::new(7)));
    Stopped { clock, dice, dir }.started(limits).unwrap()
}

/// A data directory that no program holds.
pub(crate) struct Stopped {
    clock: Arc<HandClock>,
    dice: Arc<Dice>,
    pub(crate) dir: tempfile::TempDir,
}

impl Stopped {
    /// Starts the program on it, or says why it does not start. The directory stays either way.
    pub(crate) fn try_start(&self, limits: Limits) -> Result<Service, OpenError> {
        self.open(limits).map(|(service, _)| service)
    }

    fn open(&self, limits: Limits) -> Result<(Service, Store), OpenError> {
        let store = Store::open(self.dir.path(), &*self.dice)?;
        let clock: Arc<dyn domain::Clock> = Arc::<HandClock>::clone(&self.clock);
        let entropy: Arc<dyn domain::Entropy> = Arc::<Dice>::clone(&self.dice);
        Ok((Service::new(store.clone(), clock, entropy, limits), store))
    }

    pub(crate) fn started(self, limits: Limits) -> Result<House, OpenError> {
        let (service, store) = self.open(limits)?;
        let Self { clock, dice, dir } = self;
        Ok(House { service, store, clock, dice, dir })
    }
}

impl House {
    /// The same directory after the program has ended and started again.
    pub(crate) fn restarted(self, limits: Limits) -> Self {
        self.stopped().started(limits).unwrap()
    }

    /// The directory after the program has ended.
    pub(crate) fn stopped(self) -> Stopped {
        let Self { service, store, clock, dice, dir } = self;
        drop((service, store));
        Stopped { clock, dice, dir }
    }

    pub(crate) fn seal(&self, text: &str, passphrase: Option<&str>) -> Sealed {
        Sealed::text(text, passphrase, &*self.dice)
    }

    pub(crate) async fn share(&self, sealed: &Sealed, terms: Terms) -> Result<Shared, ShareError> {
        self.share_as(sealed, terms, None).await
    }

    pub(crate) async fn share_as(
        &self,
        sealed: &Sealed,
        terms: Terms,
        idempotency_key: Option<&str>,
    ) -> Result<Shared, ShareError> {
        let request = Request {
            terms,
            link_proof: sealed.link_proof().hash(),
            proof: sealed.proof().hash(),
            receipt: sealed.receipt(SecretId::from_bytes([0; 16])).hash(),
            idempotency_key,
            network: b"here",
        };
        let mut intake = self.service.share(&request).await?;
        for part in sealed.envelope.chunks(10_000) {
            intake.push(part).await?;
        }
        intake.finish().await
    }

    pub(crate) async fn reveal(
        &self,
        id: SecretId,
        sealed: &Sealed,
        claim: &ClaimToken,
    ) -> Revealed {
        self.try_with(id, sealed, &sealed.proof(), claim, b"net").await
    }

    pub(crate) async fn try_with(
        &self,
        id: SecretId,
        sealed: &Sealed,
        proof: &Proof,
        claim: &ClaimToken,
        network: &[u8],
    ) -> Revealed {
        let link_proof = &sealed.link_proof();
        let attempt = Attempt { id, link_proof, proof, claim, network };
        self.service.reveal(&attempt).await.unwrap()
    }

    /// A text that the server seals.
    pub(crate) async fn conceal(&self, text: &str, passphrase: Option<&str>) -> Concealed {
        let passphrase = passphrase.map(|text| Passphrase::new(text).unwrap());
        self.try_conceal(text.to_owned(), passphrase, Lifetime::DEFAULT).await.unwrap()
    }

    /// A password that the server has made up.
    pub(crate) async fn generate(&self, text: &str, passphrase: Option<&str>) -> Concealed {
        let passphrase = passphrase.map(|text| Passphrase::new(text).unwrap());
        let request = conceal::Request {
            content: text.to_owned().into(),
            generated: true,
            owner: None,
            post: None,
            passphrase,
            lifetime: Lifetime::DEFAULT,
            network: b"here",
        };
        self.service.conceal(request).await.unwrap()
    }

    pub(crate) async fn try_conceal(
        &self,
        text: String,
        passphrase: Option<Passphrase>,
        lifetime: Lifetime,
    ) -> Result<Concealed, ConcealError> {
        let content = text.into();
        let (generated, network) = (false, &b"here"[..]);
        let owner = None;
        let request = conceal::Request {
            content,
            generated,
            passphrase,
            lifetime,
            owner,
            post: None,
            network,
        };
        self.service.conceal(request).await
    }

    pub(crate) async fn disclose(&self, token: &SecretToken, typed: Option<&str>) -> Disclosed {
        self.disclose_from(token, typed, b"net").await
    }

    pub(crate) async fn disclose_from(
        &self,
        token: &SecretToken,
        passphrase: Option<&str>,
        network: &[u8],
    ) -> Disclosed {
        let attempt = disclose::Attempt { token, passphrase, wish: disclose::Wish::Take, network };
        self.service.disclose(attempt).await.unwrap()
    }

    pub(crate) fn claim(&self) -> ClaimToken {
        claim_token(&*self.dice)
    }

    pub(crate) async fn events(&self, id: SecretId, sealed: &Sealed) -> Vec<EventKind> {
        let receipt = self.service.receipt(&sealed.receipt(id)).await.unwrap().unwrap();
        receipt.events.iter().map(|event| event.kind).collect()
    }

    /// Another node on the same store.
    pub(crate) fn node(&self) -> Service {
        let clock: Arc<dyn domain::Clock> = Arc::<HandClock>::clone(&self.clock);
        let entropy: Arc<dyn domain::Entropy> = Arc::<Dice>::clone(&self.dice);
        Service::new(self.store.clone(), clock, entropy, Limits::default())
    }

    /// The whole trail.
    pub(crate) async fn trail(&self) -> Vec<Event> {
        self.store.read(Trail).await.unwrap()
    }

    pub(crate) async fn standing(&self, id: SecretId, sealed: &Sealed) -> Standing {
        self.service.receipt(&sealed.receipt(id)).await.unwrap().unwrap().secret.standing
    }
}

struct Trail;

impl Query for Trail {
    type Output = Vec<Event>;

    async fn run<V: View>(&self, view: &mut V) -> store::port::Result<Vec<Event>> {
        Ok(view.trail(0, 10_000).await?.into_iter().map(|written| written.event).collect())
    }
}

pub(crate) async fn bytes(revealed: Revealed) -> Option<Vec<u8>> {
    match revealed {
        Revealed::Envelope { envelope, .. } => Some(whole(&envelope).await),
        Revealed::PassphraseRejected { .. }
        | Revealed::TooManyAttempts { .. }
        | Revealed::Unavailable => None,
    }
}

pub(crate) async fn whole(envelope: &Envelope) -> Vec<u8> {
    match envelope {
        Envelope::Small(bytes) => bytes.clone(),
        Envelope::Large(reader) => {
            let mut all = Vec::new();
            loop {
                let position = u64::try_from(all.len()).unwrap();
                let part = reader.read_from(position).await.unwrap();
                if part.is_empty() {
                    return all;
                }
                all.extend(part);
            }
        }
    }
}

/// Whether the server has opened it, and it says `expected`.
pub(crate) fn is_content(disclosed: &Disclosed, expected: &str) -> bool {
    matches!(disclosed, Disclosed::Content { text, .. } if **text == expected)
}

pub(crate) fn is_unavailable(revealed: &Revealed) -> bool {
    matches!(revealed, Revealed::Unavailable)
}
