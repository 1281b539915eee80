//! Server keys that change under a running program: the sweeper takes them up (R48), or leaves everything
//! as it was (R6).

use std::fs;
use std::sync::Arc;

use domain::terms::Terms;
use service::Limits;
use store::inspect;
use store::keys::{KeySource, KeysText};
use testkit::Dice;

use crate::house::{House, bytes, house};

fn source(house: &House) -> KeySource {
    KeySource::in_directory(house.dir.path())
}

/// Adds a key to the ring, as `sigill keys-at-rest rotate` does.
fn rotate(keys: &KeySource, dice: &Dice) -> u8 {
    let held = keys.hold().unwrap();
    let (text, ring) = held.text().with_ring(dice).unwrap();
    assert!(held.replace(text).unwrap().is_none(), "a file is replaced");
    ring.get()
}

/// How many secrets each key of the ring has, and which one wraps.
fn rings(house: &House) -> Vec<(u8, u64, bool)> {
    let database = inspect::database(house.dir.path(), &source(house)).unwrap().unwrap();
    database.rings.iter().map(|used| (used.ring.get(), used.secrets, used.active)).collect()
}

#[tokio::test]
async fn the_sweeper_takes_up_a_new_key_and_wraps_everything_with_it() {
    let house = house();
    let mut all = Vec::new();
    // More than one transaction takes.
    for _ in 0..300 {
        let sealed = house.seal("hush", None);
        all.push((house.share(&sealed, Terms::default()).await.unwrap().id, sealed));
    }
    assert_eq!(rings(&house), [(1, 300, true)]);
    assert_eq!(rotate(&source(&house), &house.dice), 2);
    house.service.sweep().await.unwrap();
    assert_eq!(rings(&house), [(1, 0, false), (2, 300, true)]);
    let sealed = house.seal("hush", None);
    all.push((house.share(&sealed, Terms::default()).await.unwrap().id, sealed));
    assert_eq!(rings(&house), [(1, 0, false), (2, 301, true)]);
    let filled = fs::read(house.dir.path().join("secret.keys")).unwrap();
    let filled = filled.chunks(64).filter(|slot| slot.iter().any(|byte| *byte != 0)).count();
    assert_eq!(filled, 301, "no key is left where it was");

    let held = source(&house).hold().unwrap();
    let text = held.text().without_ring(held.text().rings()[0]).unwrap();
    assert!(held.replace(text).unwrap().is_none());
    house.service.sweep().await.unwrap();
    assert_eq!(rings(&house), [(2, 301, true)]);
    let house = house.restarted(Limits::default());
    for (id, sealed) in &all {
        let revealed = house.reveal(*id, sealed, &house.claim()).await;
        assert_eq!(bytes(revealed).await.as_deref(), Some(&*sealed.envelope));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_while_keys_turn_gets_what_waits() {
    let house = house();
    let mut all = Vec::new();
    for _ in 0..400 {
        let sealed = house.seal("hush", None);
        all.push((house.share(&sealed, Terms::default()).await.unwrap().id, sealed));
    }
    // Keys move all the time, from slot to slot and back.
    let (service, keys, dice) = (house.service.clone(), source(&house), Arc::clone(&house.dice));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let turning = tokio::spawn(async move {
        let mut turns = 0;
        while !stop.is_closed() && turns < 200 {
            rotate(&keys, &dice);
            service.sweep().await.unwrap();
            turns += 1;
        }
        turns
    });
    for (id, sealed) in &all {
        let revealed = house.reveal(*id, sealed, &house.claim()).await;
        assert_eq!(bytes(revealed).await.as_deref(), Some(&*sealed.envelope));
    }
    drop(stopped);
    let turns = turning.await.unwrap();
    assert!(turns > 2, "only {turns} turns");
    assert_eq!(
        rings(&house).last().map(|(_, secrets, active)| (*secrets, *active)),
        Some((400, true))
    );
}

#[tokio::test]
async fn keys_that_do_not_fit_keep_nobody_from_anything() {
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let path = house.dir.path().join("server.keys");
    let good = fs::read_to_string(&path).unwrap();
    for wrong in [KeysText::fresh(&*house.dice).expose(), "", &good.replace("ring 1", "ring 2")] {
        fs::write(&path, wrong).unwrap();
        house.service.sweep().await.unwrap();
        assert!(house.service.is_ready());
        let next = house.seal("next", None);
        let next_id = house.share(&next, Terms::default()).await.unwrap().id;
        assert!(bytes(house.reveal(next_id, &next, &house.claim()).await).await.is_some());
    }
    fs::write(&path, good).unwrap();
    house.service.sweep().await.unwrap();
    rotate(&source(&house), &house.dice);
    house.service.sweep().await.unwrap();
    assert!(rings(&house).contains(&(1, 0, false)), "put right, they turn");
    let house = house.restarted(Limits::default());
    assert!(bytes(house.reveal(id, &sealed, &house.claim()).await).await.is_some());
}
