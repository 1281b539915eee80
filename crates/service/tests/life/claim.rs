//! A view and its reader: who wins it, who may ask again, and when it is over (laws 1 and 2).

use std::sync::Arc;

use domain::audit::Kind as EventKind;
use domain::secret::{End, Standing};
use domain::terms::{Delivery, Terms, Views};
use service::reveal::Revealed;
use service::{Envelope, Limits};

use crate::house::{bytes, house, is_unavailable, whole};

#[tokio::test]
async fn one_view_is_one_reader_and_the_same_reader_may_ask_again() {
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let (first, second) = (house.claim(), house.claim());
    assert_eq!(bytes(house.reveal(id, &sealed, &first).await).await.unwrap(), sealed.envelope);
    assert!(is_unavailable(&house.reveal(id, &sealed, &second).await));
    // The answer was lost: the same token fetches again, and takes no further view.
    assert_eq!(bytes(house.reveal(id, &sealed, &first).await).await.unwrap(), sealed.envelope);
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
    assert_eq!(whole(&envelope).await, sealed.envelope);
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
        if bytes(house.reveal(id, &sealed, &claim).await).await.is_some() {
            won += 1;
        }
        house = house.restarted(Limits::default());
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
            bytes(house.reveal(id, &sealed, &house.claim()).await).await.is_some()
        }));
    }
    let mut won = 0;
    for reader in readers {
        won += u32::from(reader.await.unwrap());
    }
    assert_eq!(won, 1);
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
    assert_eq!(bytes(house.reveal(id, &sealed, &claim).await).await.unwrap(), sealed.envelope);
    let Some(Envelope::Large(reader)) = house.service.fetch_again(&id, &claim).await.unwrap()
    else {
        panic!("not large")
    };
    let part = reader.read_from(70_000).await.unwrap();
    assert_eq!(part.first(), sealed.envelope.get(70_000));
    house.service.acknowledge(&id, &claim).await.unwrap();
    house.service.sweep().await.unwrap();
    assert_eq!(count(), 0);
}
