//! What the clock does, without any visitor: leases end, secrets expire, receipts are forgotten (law 4).

use std::time::Duration;

use domain::audit::Kind as EventKind;
use domain::secret::{End, Standing};
use domain::terms::{Lifetime, Terms, Views};
use service::receipt::Burn;

use crate::house::{bytes, house, is_unavailable};

#[tokio::test]
async fn a_lease_that_runs_out_ends_the_delivery_unconfirmed() {
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let claim = house.claim();
    assert!(bytes(house.reveal(id, &sealed, &claim).await).await.is_some());
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

/// Much that has ended holds up nothing that waits, at whichever pace: each is seen to once in its time.
#[tokio::test]
async fn a_sweep_sees_to_everything_however_much_has_ended() {
    let house = house();
    let terms = Terms { lifetime: Lifetime::MIN, ..Terms::default() };
    let (mut burned, mut waiting) = (Vec::new(), Vec::new());
    for number in 0..150 {
        let sealed = house.seal("hush", None);
        let id = house.share(&sealed, terms).await.unwrap().id;
        if number % 10 == 9 {
            waiting.push((id, sealed));
        } else {
            house.service.burn(&sealed.receipt(id)).await.unwrap().unwrap();
            burned.push((id, sealed));
        }
    }
    house.clock.advance(Duration::from_mins(1));
    house.service.sweep_gently().await.unwrap();
    for (id, sealed) in &waiting {
        assert_eq!(house.events(*id, sealed).await, [EventKind::Created, EventKind::Expired]);
    }
    for (id, sealed) in &burned {
        assert_eq!(house.events(*id, sealed).await, [EventKind::Created, EventKind::Burned]);
    }
    house.clock.advance(Duration::from_hours(90 * 24));
    house.service.sweep_gently().await.unwrap();
    for (id, sealed) in burned.iter().chain(&waiting) {
        assert!(house.service.receipt(&sealed.receipt(*id)).await.unwrap().is_none());
    }
}

/// What is still being read when its time is up is looked at again by the next sweep, and then it is over.
#[tokio::test]
async fn a_delivery_that_outlasts_the_expiry_ends_with_its_lease() {
    let house = house();
    let terms = Terms { lifetime: Lifetime::MIN, views: Views::MAX, ..Terms::default() };
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, terms).await.unwrap().id;
    house.clock.advance(Duration::from_secs(59));
    let claim = house.claim();
    assert!(bytes(house.reveal(id, &sealed, &claim).await).await.is_some());
    house.clock.advance(Duration::from_secs(1));
    house.service.sweep().await.unwrap();
    assert_eq!(house.standing(id, &sealed).await, Standing::Waiting);
    assert!(house.service.fetch_again(&id, &claim).await.unwrap().is_some());
    // The lease is cut short where law 4 asks for it.
    house.clock.advance(Duration::from_secs(30));
    house.service.sweep().await.unwrap();
    assert!(matches!(house.standing(id, &sealed).await, Standing::Ended(End::Expired { .. })));
}
