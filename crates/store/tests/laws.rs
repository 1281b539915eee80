//! Both engines keep the laws.

use std::hash::{BuildHasher as _, RandomState};

use store::postgres::Target;
use store::{Store, laws};
use testkit::{Cluster, Dice};

/// Another one in every run: what fails names its own.
fn fresh_seed() -> u64 {
    RandomState::new().hash_one(0)
}

fn all_kept(kept: &Result<usize, laws::Broken>) {
    assert!(kept.as_ref().is_ok_and(|count| *count > 15), "{kept:?}");
}

#[tokio::test]
async fn sqlite_keeps_every_law() {
    let dice = Dice::new(fresh_seed());
    let dir = tempfile::tempdir().unwrap();
    let fresh = async || Store::open(&dir.path().join(dice.roll().to_string()), &dice).unwrap();
    all_kept(&laws::all(fresh, &dice).await);
}

#[tokio::test]
async fn postgres_keeps_every_law() {
    let dice = Dice::new(fresh_seed());
    let dir = tempfile::tempdir().unwrap();
    let fresh = async || {
        let target = Target::parse(&Cluster::shared().database()).unwrap();
        Store::connect(&target, &dir.path().join(dice.roll().to_string()), &dice).await.unwrap()
    };
    all_kept(&laws::all(fresh, &dice).await);
}
