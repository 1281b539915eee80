//! What the clock does, without any visitor: leases end, secrets expire, receipts are forgotten (law 4).

use std::time::Duration;

use domain::audit::Kind as EventKind;
use domain::secret::Standing;
use domain::terms::{Lifetime, Terms};
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
