//! Creating: the same one twice, one that is refused, and one for which there is no room (law 2).

use std::time::Duration;

use domain::terms::{Lifetime, Terms};
use envelope::SecretId;
use service::Limits;
use service::share::{Request, ShareError};

use crate::house::{bytes, house, house_with};

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
        network: b"here",
    };
    let mut intake = house.service.share(&request).await.unwrap();
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
    let house = house.restarted(Limits { keep_free: u64::MAX, ..Limits::default() });
    let refused = house.share(&house.seal("more", None), Terms::default()).await;
    assert!(matches!(refused, Err(ShareError::Full)));
    assert!(bytes(house.reveal(id, &sealed, &house.claim()).await).await.is_some());
}
