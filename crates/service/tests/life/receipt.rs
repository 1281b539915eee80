//! What a sender does with the receipt: burn, once and for all (law 1).

use std::sync::Arc;

use domain::audit::Kind as EventKind;
use domain::terms::Terms;
use service::receipt::Burn;

use crate::house::{bytes, house, is_unavailable};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn burning_and_opening_race_and_the_receipt_agrees_with_the_winner() {
    for _ in 0..20 {
        let house = Arc::new(house());
        let sealed = Arc::new(house.seal("hush", None));
        let id = house.share(&sealed, Terms::default()).await.unwrap().id;
        let reader = {
            let (house, sealed) = (Arc::clone(&house), Arc::clone(&sealed));
            tokio::spawn(async move {
                bytes(house.reveal(id, &sealed, &house.claim()).await).await.is_some()
            })
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
    for expected in [Burn::Burned, Burn::BurnedBefore] {
        let (burn, receipt) = house.service.burn(&sealed.receipt(id)).await.unwrap().unwrap();
        assert_eq!(burn, expected);
        assert_eq!(receipt.events.len(), 2);
    }
    assert!(is_unavailable(&house.reveal(id, &sealed, &house.claim()).await));
    let stranger = house.seal("other", None);
    assert!(house.service.burn(&stranger.receipt(id)).await.unwrap().is_none());
}
