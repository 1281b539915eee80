//! The life of a secret through the use cases, on a real store: the laws, one by one.

#![expect(clippy::panic, reason = "a test that panics has failed")]

use std::sync::Arc;
use std::time::Duration;

use domain::Clock as _;
use domain::audit::Kind as EventKind;
use domain::secret::{End, Standing};
use domain::terms::{Delivery, FailedPassphrases, Lifetime, OnExhausted, Terms, Views};
use envelope::{ClaimToken, Proof, SecretId};
use service::receipt::{Burn, Unlock};
use service::reveal::{Attempt, Revealed};
use service::share::{Request, ShareError, Shared};
use service::{Envelope, Limits, Service};
use store::Store;
use testkit::secrets::{Sealed, claim_token};
use testkit::{Dice, HandClock};

struct House {
    service: Service,
    clock: Arc<HandClock>,
    dice: Arc<Dice>,
    dir: tempfile::TempDir,
}

fn house() -> House {
    house_with(Limits::default())
}

fn house_with(limits: Limits) -> House {
    let dir = tempfile::tempdir().unwrap();
    let (clock, dice) = (Arc::new(HandClock::new()), Arc::new(Dice::new(7)));
    let service = open(&dir, &clock, &dice, limits);
    House { service, clock, dice, dir }
}

fn open(
    dir: &tempfile::TempDir,
    clock: &Arc<HandClock>,
    dice: &Arc<Dice>,
    limits: Limits,
) -> Service {
    let store = Store::open(dir.path(), &**dice).unwrap();
    let clock: Arc<dyn domain::Clock> = Arc::<HandClock>::clone(clock);
    let entropy: Arc<dyn domain::Entropy> = Arc::<Dice>::clone(dice);
    Service::new(store, clock, entropy, limits)
}

impl House {
    fn seal(&self, text: &str, passphrase: Option<&str>) -> Sealed {
        Sealed::text(text, passphrase, &*self.dice)
    }

    async fn share(&self, sealed: &Sealed, terms: Terms) -> Result<Shared, ShareError> {
        self.share_as(sealed, terms, None).await
    }

    async fn share_as(
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
        };
        let mut intake = self.service.share(&request)?;
        for part in sealed.envelope.chunks(10_000) {
            intake.push(part).await?;
        }
        intake.finish().await
    }

    async fn reveal(&self, id: SecretId, sealed: &Sealed, claim: &ClaimToken) -> Revealed {
        self.try_with(id, sealed, &sealed.proof(), claim, b"net").await
    }

    async fn try_with(
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

    fn claim(&self) -> ClaimToken {
        claim_token(&*self.dice)
    }

    async fn events(&self, id: SecretId, sealed: &Sealed) -> Vec<EventKind> {
        let receipt = self.service.receipt(&sealed.receipt(id)).await.unwrap().unwrap();
        receipt.events.iter().map(|event| event.kind).collect()
    }

    async fn standing(&self, id: SecretId, sealed: &Sealed) -> Standing {
        self.service.receipt(&sealed.receipt(id)).await.unwrap().unwrap().secret.standing
    }
}

fn bytes(revealed: Revealed) -> Option<Vec<u8>> {
    match revealed {
        Revealed::Envelope { envelope, .. } => Some(whole(&envelope)),
        Revealed::PassphraseRejected { .. }
        | Revealed::TooManyAttempts { .. }
        | Revealed::Unavailable => None,
    }
}

fn whole(envelope: &Envelope) -> Vec<u8> {
    match envelope {
        Envelope::Small(bytes) => bytes.clone(),
        Envelope::Large(reader) => {
            let mut all = Vec::new();
            loop {
                let part = reader.read_from(u64::try_from(all.len()).unwrap()).unwrap();
                if part.is_empty() {
                    return all;
                }
                all.extend(part);
            }
        }
    }
}

fn is_unavailable(revealed: &Revealed) -> bool {
    matches!(revealed, Revealed::Unavailable)
}

#[tokio::test]
async fn one_view_is_one_reader_and_the_same_reader_may_ask_again() {
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let (first, second) = (house.claim(), house.claim());
    assert_eq!(bytes(house.reveal(id, &sealed, &first).await).unwrap(), sealed.envelope);
    assert!(is_unavailable(&house.reveal(id, &sealed, &second).await));
    // The answer was lost: the same token fetches again, and takes no further view.
    assert_eq!(bytes(house.reveal(id, &sealed, &first).await).unwrap(), sealed.envelope);
    assert!(house.service.fetch_again(&id, &first).await.unwrap().is_some());
    assert!(house.service.fetch_again(&id, &second).await.unwrap().is_none());
    assert!(house.service.acknowledge(&id, &first).await.unwrap());
    assert!(house.service.acknowledge(&id, &first).await.unwrap(), "saying it twice is no fault");
    assert!(!house.service.acknowledge(&id, &second).await.unwrap());
    assert!(house.service.fetch_again(&id, &first).await.unwrap().is_none());
    assert!(is_unavailable(&house.reveal(id, &sealed, &first).await));
    let events = house.events(id, &sealed).await;
    assert_eq!(events, [EventKind::Created, EventKind::Opened, EventKind::Delivered]);
    assert!(matches!(house.standing(id, &sealed).await, Standing::Ended(End::Opened { .. })));
}

#[tokio::test]
async fn a_lease_that_runs_out_ends_the_delivery_unconfirmed() {
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let claim = house.claim();
    assert!(bytes(house.reveal(id, &sealed, &claim).await).is_some());
    house.clock.advance(Duration::from_secs(59));
    house.service.sweep().await.unwrap();
    assert!(house.service.fetch_again(&id, &claim).await.unwrap().is_some());
    house.clock.advance(Duration::from_secs(1));
    assert!(house.service.fetch_again(&id, &claim).await.unwrap().is_none());
    assert!(is_unavailable(&house.reveal(id, &sealed, &claim).await));
    house.service.sweep().await.unwrap();
    let events = house.events(id, &sealed).await;
    assert_eq!(events, [EventKind::Created, EventKind::Opened, EventKind::DeliveryUnconfirmed]);
    assert!(!house.service.acknowledge(&id, &claim).await.unwrap());
}

#[tokio::test]
async fn strict_delivery_is_at_most_once() {
    let house = house();
    let sealed = house.seal("hush", None);
    let terms = Terms { delivery: Delivery::Strict, ..Terms::default() };
    let id = house.share(&sealed, terms).await.unwrap().id;
    let claim = house.claim();
    let Revealed::Envelope { envelope, lease_ends_at } = house.reveal(id, &sealed, &claim).await
    else {
        panic!("not revealed")
    };
    assert_eq!(whole(&envelope), sealed.envelope);
    assert_eq!(lease_ends_at, None);
    assert!(is_unavailable(&house.reveal(id, &sealed, &claim).await));
    assert!(house.service.fetch_again(&id, &claim).await.unwrap().is_none());
    assert!(matches!(house.standing(id, &sealed).await, Standing::Ended(End::Opened { .. })));
}

#[tokio::test]
async fn v_views_are_v_readers_across_restarts() {
    let mut house = house();
    let sealed = house.seal("hush", None);
    let terms = Terms { views: Views::new(3).unwrap(), ..Terms::default() };
    let id = house.share(&sealed, terms).await.unwrap().id;
    let mut won = 0;
    for _ in 0..6 {
        let claim = house.claim();
        if bytes(house.reveal(id, &sealed, &claim).await).is_some() {
            won += 1;
        }
        let House { service, clock, dice, dir } = house;
        drop(service);
        let service = open(&dir, &clock, &dice, Limits::default());
        house = House { service, clock, dice, dir };
    }
    assert_eq!(won, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_readers_at_once_exactly_one_wins() {
    let house = Arc::new(house());
    let sealed = Arc::new(house.seal("hush", None));
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let mut readers = Vec::new();
    for _ in 0..200 {
        let (house, sealed) = (Arc::clone(&house), Arc::clone(&sealed));
        readers.push(tokio::spawn(async move {
            bytes(house.reveal(id, &sealed, &house.claim()).await).is_some()
        }));
    }
    let mut won = 0;
    for reader in readers {
        won += u32::from(reader.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn burning_and_opening_race_and_the_receipt_agrees_with_the_winner() {
    for _ in 0..20 {
        let house = Arc::new(house());
        let sealed = Arc::new(house.seal("hush", None));
        let id = house.share(&sealed, Terms::default()).await.unwrap().id;
        let reader = {
            let (house, sealed) = (Arc::clone(&house), Arc::clone(&sealed));
            tokio::spawn(
                async move { bytes(house.reveal(id, &sealed, &house.claim()).await).is_some() },
            )
        };
        let (burn, _) = house.service.burn(&sealed.receipt(id)).await.unwrap().unwrap();
        let opened = reader.await.unwrap();
        assert_eq!(burn, if opened { Burn::Opened } else { Burn::Burned });
        let events = house.events(id, &sealed).await;
        assert_eq!(events.contains(&EventKind::Opened), opened);
        assert_eq!(events.contains(&EventKind::Burned), !opened);
    }
}

#[tokio::test]
async fn burning_needs_the_receipt_alone_and_may_be_said_twice() {
    let house = house();
    let sealed = house.seal("hush", Some("a passphrase"));
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    for _ in 0..2 {
        let (burn, receipt) = house.service.burn(&sealed.receipt(id)).await.unwrap().unwrap();
        assert_eq!(burn, Burn::Burned);
        assert_eq!(receipt.events.len(), 2);
    }
    assert!(is_unavailable(&house.reveal(id, &sealed, &house.claim()).await));
    let stranger = house.seal("other", None);
    assert!(house.service.burn(&stranger.receipt(id)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_wrong_passphrase_costs_nothing_and_is_counted_by_network_and_in_all() {
    let house = house();
    let sealed = house.seal("hush", Some("right"));
    let budget = FailedPassphrases::new(7, OnExhausted::Lock).unwrap();
    let terms = Terms { failed_passphrases: budget, ..Terms::default() };
    let id = house.share(&sealed, terms).await.unwrap().id;
    let wrong = sealed.guess("wrong");
    for left in [4, 3, 2, 1, 0] {
        let revealed = house.try_with(id, &sealed, &wrong, &house.claim(), b"one").await;
        assert!(matches!(revealed, Revealed::PassphraseRejected { left: l } if l == left));
    }
    // This network must wait now, even with the right passphrase; another one need not.
    let right = sealed.proof();
    let revealed = house.try_with(id, &sealed, &right, &house.claim(), b"one").await;
    let Revealed::TooManyAttempts { wait } = revealed else { panic!("not made to wait") };
    assert_eq!(wait, Duration::from_mins(10));
    let revealed = house.try_with(id, &sealed, &wrong, &house.claim(), b"two").await;
    assert!(matches!(revealed, Revealed::PassphraseRejected { left: 1 }));
    let revealed = house.try_with(id, &sealed, &wrong, &house.claim(), b"two").await;
    assert!(matches!(revealed, Revealed::PassphraseRejected { left: 0 }));
    assert_eq!(house.standing(id, &sealed).await, Standing::Locked);
    let revealed = house.try_with(id, &sealed, &right, &house.claim(), b"three").await;
    assert!(is_unavailable(&revealed));
    let (unlock, _) = house.service.unlock(&sealed.receipt(id)).await.unwrap().unwrap();
    assert_eq!(unlock, Unlock::Unlocked);
    assert!(bytes(house.try_with(id, &sealed, &right, &house.claim(), b"one").await).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_get_no_more_than_the_budget() {
    let house = Arc::new(house());
    let sealed = Arc::new(house.seal("hush", Some("right")));
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let wrong = Arc::new(sealed.guess("wrong"));
    let mut guesses = Vec::new();
    for _ in 0..60 {
        let (house, sealed) = (Arc::clone(&house), Arc::clone(&sealed));
        let wrong = Arc::clone(&wrong);
        guesses.push(tokio::spawn(async move {
            let revealed = house.try_with(id, &sealed, &wrong, &house.claim(), b"net").await;
            matches!(revealed, Revealed::PassphraseRejected { .. })
        }));
    }
    let mut judged = 0;
    for guess in guesses {
        judged += u32::from(guess.await.unwrap());
    }
    assert_eq!(judged, 5);
}

#[tokio::test]
async fn wrong_passphrases_burn_where_the_sender_said_so() {
    let house = house();
    let sealed = house.seal("hush", Some("right"));
    let budget = FailedPassphrases::new(1, OnExhausted::Burn).unwrap();
    let terms = Terms { failed_passphrases: budget, ..Terms::default() };
    let id = house.share(&sealed, terms).await.unwrap().id;
    let wrong = sealed.guess("wrong");
    house.try_with(id, &sealed, &wrong, &house.claim(), b"net").await;
    assert!(is_unavailable(&house.reveal(id, &sealed, &house.claim()).await));
    assert!(matches!(house.standing(id, &sealed).await, Standing::Ended(End::Burned { .. })));
}

#[tokio::test]
async fn without_the_link_nothing_is_counted_and_nothing_told() {
    let house = house();
    let sealed = house.seal("hush", Some("right"));
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let stranger = house.seal("other", None);
    for id in [id, SecretId::from_bytes([9; 16])] {
        for _ in 0..30 {
            assert!(is_unavailable(&house.reveal(id, &stranger, &house.claim()).await));
        }
    }
    assert_eq!(house.events(id, &sealed).await, [EventKind::Created]);
    assert!(bytes(house.reveal(id, &sealed, &house.claim()).await).is_some());
}

#[tokio::test]
async fn expiry_is_exact_needs_no_visitor_and_leaves_a_receipt() {
    let house = house();
    let sealed = house.seal("hush", None);
    let terms = Terms { lifetime: Lifetime::MIN, ..Terms::default() };
    let id = house.share(&sealed, terms).await.unwrap().id;
    house.clock.advance(Duration::from_millis(59_999));
    house.service.sweep().await.unwrap();
    assert_eq!(house.standing(id, &sealed).await, Standing::Waiting);
    house.clock.advance(Duration::from_millis(1));
    assert!(is_unavailable(&house.reveal(id, &sealed, &house.claim()).await));
    let (burn, _) = house.service.burn(&sealed.receipt(id)).await.unwrap().unwrap();
    assert_eq!(burn, Burn::Expired);
    house.service.sweep().await.unwrap();
    assert_eq!(house.events(id, &sealed).await, [EventKind::Created, EventKind::Expired]);
    house.clock.advance(Duration::from_hours(91 * 24));
    house.service.sweep().await.unwrap();
    assert!(house.service.receipt(&sealed.receipt(id)).await.unwrap().is_none());
}

#[tokio::test]
async fn the_same_creation_asked_again_is_the_same_secret() {
    let house = house();
    let sealed = house.seal("hush", None);
    let key = Some("0123456789abcdef");
    let first = house.share_as(&sealed, Terms::default(), key).await.unwrap();
    let again = house.share_as(&sealed, Terms::default(), key).await.unwrap();
    assert_eq!(first.id, again.id);
    let other = house.seal("other", None);
    let conflict = house.share_as(&other, Terms::default(), key).await;
    assert!(matches!(conflict, Err(ShareError::Conflict)));
    house.clock.advance(Duration::from_hours(24));
    house.service.sweep().await.unwrap();
    assert!(house.share_as(&other, Terms::default(), key).await.is_ok());
}

#[tokio::test]
async fn a_large_envelope_lies_in_a_file_is_read_by_ranges_and_goes_with_its_secret() {
    let house = house();
    let sealed = house.seal(&"x".repeat(1_000_000), None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let blobs = house.dir.path().join("blobs");
    let count = || std::fs::read_dir(&blobs).unwrap().count();
    assert_eq!(count(), 1);
    let claim = house.claim();
    assert_eq!(bytes(house.reveal(id, &sealed, &claim).await).unwrap(), sealed.envelope);
    let Some(Envelope::Large(reader)) = house.service.fetch_again(&id, &claim).await.unwrap()
    else {
        panic!("not large")
    };
    let part = reader.read_from(70_000).unwrap();
    assert_eq!(part.first(), sealed.envelope.get(70_000));
    house.service.acknowledge(&id, &claim).await.unwrap();
    house.service.sweep().await.unwrap();
    assert_eq!(count(), 0);
}

#[tokio::test]
async fn nothing_is_half_stored() {
    let house = house_with(Limits { max_envelope: 100_000, ..Limits::default() });
    let large = house.seal(&"x".repeat(200_000), None);
    let refused = house.share(&large, Terms::default()).await;
    assert!(matches!(refused, Err(ShareError::TooLarge { limit: 100_000 })));
    let mut cut = house.seal("hush", None);
    cut.envelope.truncate(70);
    let refused = house.share(&cut, Terms::default()).await;
    assert!(matches!(refused, Err(ShareError::NotAnEnvelope(_))));
    let mut wrong = house.seal("hush", None);
    wrong.envelope.fill(0);
    let refused = house.share(&wrong, Terms::default()).await;
    assert!(matches!(refused, Err(ShareError::NotAnEnvelope(_))));
    let slow = house.seal("hush", None);
    let request = Request {
        terms: Terms { lifetime: Lifetime::MIN, ..Terms::default() },
        link_proof: slow.link_proof().hash(),
        proof: slow.proof().hash(),
        receipt: slow.receipt(SecretId::from_bytes([0; 16])).hash(),
        idempotency_key: None,
    };
    let mut intake = house.service.share(&request).unwrap();
    intake.push(&slow.envelope).await.unwrap();
    house.clock.advance(Duration::from_mins(1));
    assert!(matches!(intake.finish().await, Err(ShareError::TooSlow)));
    let files = std::fs::read_dir(house.dir.path().join("blobs")).unwrap().count();
    assert_eq!(files, 0);
}

#[tokio::test]
async fn a_full_house_takes_nothing_new_and_still_opens_and_burns() {
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let House { service, clock, dice, dir } = house;
    drop(service);
    let limits = Limits { keep_free: u64::MAX, ..Limits::default() };
    let service = open(&dir, &clock, &dice, limits);
    let house = House { service, clock, dice, dir };
    let refused = house.share(&house.seal("more", None), Terms::default()).await;
    assert!(matches!(refused, Err(ShareError::Full)));
    assert!(bytes(house.reveal(id, &sealed, &house.claim()).await).is_some());
    assert!(house.clock.now() > domain::Timestamp::from_millis(0));
}
