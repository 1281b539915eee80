//! Wrong passphrases: what they cost, whom they hinder, and what they tell (laws 2 and 5).

use std::sync::Arc;
use std::time::Duration;

use domain::audit::Kind as EventKind;
use domain::secret::{End, Standing};
use domain::terms::{FailedPassphrases, OnExhausted, Terms};
use envelope::SecretId;
use service::receipt::Unlock;
use service::reveal::Revealed;

use crate::house::{bytes, house, is_unavailable};

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
    assert!(
        bytes(house.try_with(id, &sealed, &right, &house.claim(), b"one").await).await.is_some()
    );
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
    assert!(bytes(house.reveal(id, &sealed, &house.claim()).await).await.is_some());
}
