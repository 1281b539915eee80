//! Keys that turn while secrets wait (R48).

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;
use testkit::calls::{burn, claim, claim_token, create};
use testkit::secrets::Sealed;
use testkit::{Cluster, until};

use crate::house::{House, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_turns_under_a_running_server_and_nobody_notices() {
    let house = House::new(21);
    let process = house.start().await;
    let before = house.share_many(&process, 300).await;
    let large = house.share(&process, &"x".repeat(200_000)).await;
    let burned = house.share(&process, "hush").await;
    assert_eq!(house.rings(), [(1, 302, true)]);
    let early = house.at_rest(&["retire", "1"]).ends(8);
    assert!(early.err.contains("ring 1 wraps what is new"), "{early:?}");

    // While it is asked to open and to keep.
    let rotated = house.at_rest(&["rotate"]).ends(0);
    assert!(rotated.out.is_empty() && rotated.err.contains("Ring 2 was added"), "{rotated:?}");
    assert_eq!(house.keys().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    process.hang_up();
    let (opened, waits) = before.split_at(150);
    for (number, shared) in opened.iter().enumerate() {
        house.opens(&process, shared).await;
        if number.is_multiple_of(10) {
            house.share(&process, "during").await;
        }
    }
    let total = 302 + 15;
    until("everything is wrapped anew", async || {
        house.rings() == [(1, 0, false), (2, total, true)]
    })
    .await;
    assert_eq!(burn(&burned.receipt).of(process.address).await.status, 200);
    house.opens(&process, &large).await;
    for shared in waits {
        house.opens(&process, shared).await;
    }

    let retired = house.at_rest(&["retire", "1"]).ends(0);
    assert!(retired.err.contains("Ring 1 was taken out"), "{retired:?}");
    assert!(!fs::read_to_string(house.keys()).unwrap().contains("ring 1 "));
    process.hang_up();
    until("the old key is forgotten", async || house.rings().len() == 1).await;
    let after = house.share(&process, "after").await;
    process.stop().await;
    let process = house.start().await;
    house.opens(&process, &after).await;
    let none = house.at_rest(&["retire", "1"]).ends(8);
    assert!(none.err.contains("has no ring 1"), "{none:?}");
    process.stop().await;
}

/// Wherever it is killed, every secret has one key that opens it, and nothing else is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_in_the_middle_of_a_turn_everything_opens() {
    const SECRETS: u64 = 3000;
    let house = House::new(u64::from(std::process::id()));
    let process = house.start().await;
    let mut all = house.share_many(&process, usize::try_from(SECRETS).unwrap()).await;
    process.stop().await;
    let (mut middle, mut turns) = (0, 0);
    while turns < 8 || (turns < 100 && middle < 3) {
        turns += 1;
        let mut process = house.start().await;
        house.opens(&process, &all.pop().unwrap()).await;
        all.push(house.share(&process, "hush").await);
        let taken_up = || process.log().matches("keys were taken up").count();
        let before = taken_up();
        house.at_rest(&["rotate"]).ends(0);
        process.hang_up();
        until("the key is taken up", async || taken_up() > before).await;
        // The instant is what is random here.
        tokio::time::sleep(Duration::from_micros(house.dice.roll() % 60_000)).await;
        process.kill();
        let old: u64 = house.rings().iter().filter(|ring| !ring.2).map(|ring| ring.1).sum();
        middle += u64::from(old > 0 && old < SECRETS);
    }
    assert!(middle >= 3, "it was killed {middle} times in the middle of {turns} turns");
    let process = house.start().await;
    until("everything is wrapped anew", async || {
        house.rings().iter().all(|(_, secrets, active)| *active || *secrets == 0)
    })
    .await;
    for shared in &all {
        house.opens(&process, shared).await;
    }
    process.stop().await;
    // Law 4: a key for each that waits for its lease to end, and none besides.
    let slots = fs::read(house.path("data/secret.keys")).unwrap();
    let filled = slots.chunks(64).filter(|slot| slot.iter().any(|byte| *byte != 0)).count();
    let held: u64 = house.rings().iter().map(|ring| ring.1).sum();
    assert_eq!(u64::try_from(filled).unwrap(), held);
}

/// Two nodes on one database: no key wraps before somebody has said that both have it, and what a node
/// without it cannot do, it does not do, and loses nothing.
#[tokio::test]
async fn where_nodes_share_a_database_a_key_turns_when_both_have_it() {
    let (one, two) = (House::new(26), House::new(27));
    let url = Cluster::shared().database();
    let database = ["--database", &url];
    let first = one.start_with(&database, &[]).await;
    let other = two.dir.path().join("data");
    fs::create_dir(&other).unwrap();
    fs::set_permissions(&other, Permissions::from_mode(0o700)).unwrap();
    let hand_over = || {
        let keys = fs::read_to_string(one.keys()).unwrap();
        write(&two.keys(), &keys, 0o600);
    };
    hand_over();
    let second = two.start_with(&database, &[]).await;
    let at_rest = |arguments: &[&str]| one.at_rest(&[arguments, &database].concat());
    let lists = |says: &str| at_rest(&["list"]).ends(0).out.contains(says);

    let (early, also) = (one.share(&first, "hush").await, two.share(&second, "hush").await);
    at_rest(&["rotate"]).ends(0);
    first.hang_up();
    until("the database knows the key", async || lists("ring 2           0 secrets\n")).await;
    one.share(&first, "hush").await;
    assert!(lists("ring 1           3 secrets, wraps what is new"), "nobody has said so");

    // Somebody says so too early.
    at_rest(&["activate"]).ends(0);
    let late = one.share(&first, "hush").await;
    until("everything is wrapped anew", async || lists("ring 1           0 secrets\n")).await;
    let sealed = Sealed::text("hush", None, &*two.dice);
    let refused = create(&sealed, &json!({})).of(second.address).await;
    assert_eq!((refused.status, &*refused.problem()), (503, "overloaded"));
    for shared in [&early, &also, &late] {
        let refused = claim(shared, &claim_token(&*two.dice)).of(second.address).await;
        assert_eq!(refused.problem(), "undecryptable");
    }
    hand_over();
    second.hang_up();
    until("the key is there", async || second.log().contains("keys were taken up")).await;
    for shared in [&early, &also, &late] {
        two.opens(&second, shared).await;
    }
    let wraps = at_rest(&["retire", "2"]).ends(8);
    assert!(wraps.err.contains("ring 2 wraps what is new"), "{wraps:?}");
    at_rest(&["retire", "1"]).ends(0);
    first.hang_up();
    let last = two.share(&second, "hush").await;
    one.opens(&first, &last).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn keys_that_are_not_right_change_nothing_under_a_running_server() {
    let house = House::new(23);
    let process = house.start().await;
    let shared = house.share(&process, "hush").await;
    let good = fs::read_to_string(house.keys()).unwrap();
    let other = house.run(&["keys-at-rest", "new"]).ends(0).out;
    let said = |text: &str| process.log().matches(text).count();
    for (text, mode, says) in [
        (other.as_str(), 0o600, "does not belong to this database"),
        (good.as_str(), 0o644, "has mode 644"),
        ("sigill-keys 1\n", 0o600, "a key is missing"),
    ] {
        write(&house.keys(), text, mode);
        process.hang_up();
        until(says, async || said(says) > 0).await;
        let doctor = house.run(&["doctor", "--data", "data"]).ends(11);
        assert!(doctor.out.contains(says), "{says}: {doctor:?}");
        let next = house.share(&process, "next").await;
        house.opens(&process, &next).await;
    }
    fs::remove_file(house.keys()).unwrap();
    process.hang_up();
    until("it is missed", async || said("is missing: put it back") > 0).await;
    write(&house.keys(), &good, 0o600);
    process.hang_up();
    until("it is back", async || said("keys are as they were") > 0).await;
    house.opens(&process, &shared).await;
    let doctor = house.run(&["doctor", "--data", "data"]);
    assert!(doctor.out.contains("ring 1 has wrapped"), "{doctor:?}");
    process.stop().await;
}
