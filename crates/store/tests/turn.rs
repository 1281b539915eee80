//! Several nodes on one database, one of which has not heard that the ring has turned (R48): what the key of
//! the columns is wrapped with, and when a key may be retired.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::path::Path;

use store::Store;
use store::at_rest::RingId;
use store::inspect::{self, RingUse};
use store::keys::KeySource;
use store::postgres::{Target, activate_newest, forget_unused};
use tempfile::TempDir;
use testkit::{Cluster, Dice};

/// Two nodes whose keys have a second ring that does not wrap yet.
struct House {
    target: Target,
    homes: [TempDir; 2],
    nodes: [Store; 2],
}

fn ring(number: u8) -> RingId {
    RingId::new(number).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from.join("server.keys"), to.join("server.keys")).unwrap();
}

impl House {
    async fn new() -> Self {
        let target = Target::parse(&Cluster::shared().database()).unwrap();
        let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second] = homes.each_ref().map(TempDir::path);
        let one = Store::connect(&target, first, &Dice::new(1)).await.unwrap();
        let held = KeySource::in_directory(first).hold().unwrap();
        let (text, _) = held.text().with_ring(&Dice::new(2)).unwrap();
        held.replace(text).unwrap();
        copy(first, second);
        let two = Store::connect(&target, second, &Dice::new(3)).await.unwrap();
        one.look_at_keys(true).await.unwrap();
        Self { target, homes, nodes: [one, two] }
    }

    fn source(&self) -> KeySource {
        KeySource::in_directory(self.homes[0].path())
    }

    /// The newest key wraps from here on; nobody has heard of it.
    async fn turn(&self) {
        assert_eq!(activate_newest(&self.target, &self.source()).await.unwrap(), ring(2));
    }

    async fn used(&self, number: u8) -> RingUse {
        let database = inspect::remote(&self.target, &self.source()).await.unwrap().unwrap();
        database.rings.into_iter().find(|used| used.ring == ring(number)).unwrap()
    }
}

#[tokio::test]
async fn a_node_that_has_not_heard_of_the_turn_keeps_no_key_under_the_old_ring() {
    let house = House::new().await;
    house.turn().await;
    house.nodes[1].columns(&Dice::new(4)).await.unwrap();
    assert!(house.used(2).await.columns && !house.used(1).await.columns);
    assert_eq!(forget_unused(&house.target, ring(1)).await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_ring_that_has_wrapped_the_key_of_the_columns_is_in_use() {
    let house = House::new().await;
    let [one, two] = &house.nodes;
    one.columns(&Dice::new(4)).await.unwrap();
    house.turn().await;
    let used = RingUse { ring: ring(1), secrets: 0, columns: true, active: false };
    assert_eq!(house.used(1).await, used);
    assert_eq!(forget_unused(&house.target, ring(1)).await.unwrap(), Err(used));
    one.look_at_keys(false).await.unwrap();
    assert!(one.wrap_columns_anew().await.unwrap());
    assert!(!two.wrap_columns_anew().await.unwrap(), "it is not turned back");
    assert!(house.used(2).await.columns);
    assert_eq!(forget_unused(&house.target, ring(1)).await.unwrap(), Ok(()));
    two.columns(&Dice::new(5)).await.unwrap();
}
