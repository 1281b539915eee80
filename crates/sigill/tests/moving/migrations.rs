//! From one engine to the other and back, whenever it breaks off.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use testkit::Cluster;
use testkit::calls::fate;

use crate::{House, Lives};

#[tokio::test]
async fn everything_moves_into_a_database_and_back_and_what_is_left_is_closed() {
    let house = House::new();
    let data = house.path("data");
    let dir = data.to_str().unwrap();
    let database = Cluster::shared().database();
    let server = house.serve(&data, &[]).await;
    let lives = Lives::begin(&house, server.address).await;
    let out = ["migrate", "--from", dir, "--to", &database];
    assert!(house.refused(&out).contains("in use"), "a server runs");
    server.stop().await;
    let said = house.told(&out);
    assert!(said.contains("7 secrets"), "{said}");
    assert!(!data.join("secret.keys").exists(), "the keys went along, and stay nowhere else");
    let said = house.refused(&["serve", "--listen", "127.0.0.1:0", "--data", dir]);
    assert!(said.contains("moved"), "one life: {said}");

    let server = house.serve(&data, &["--database", &database]).await;
    lives.go_on(&house, server.address).await;
    let home = ["migrate", "--from", &database, "--to", dir];
    assert!(house.refused(&home).contains("in use"), "a node runs");
    server.stop().await;
    let said = house.told(&home);
    assert!(said.contains("7 secrets"), "{said}");
    let options = ["serve", "--listen", "127.0.0.1:0", "--data", dir, "--database", &database];
    assert!(house.refused(&options).contains("moved away"));
    let server = house.serve(&data, &[]).await;
    lives.go_on(&house, server.address).await;
    lives.end(&house, server.address).await;
    server.stop().await;
}

#[tokio::test]
async fn everything_moves_from_one_database_to_another() {
    let house = House::new();
    let data = house.path("data");
    let other = Cluster::start(&[]);
    let (old, new) = (Cluster::shared().database(), other.database());
    let server = house.serve(&data, &["--database", &old]).await;
    let lives = Lives::begin(&house, server.address).await;
    // Each end has a password of its own, and neither is in an address.
    let bare = |address: &str, file: &str| {
        let (user, rest) = address.split_once("hush-").unwrap();
        let (number, rest) = rest.split_once('@').unwrap();
        fs::write(house.path(file), format!("hush-{number}\n")).unwrap();
        format!("{}@{rest}", user.trim_end_matches(':'))
    };
    let (from, to) = (bare(&old, "old"), bare(&new, "new"));
    let over = ["migrate", "--from", &from, "--to", &to, "--data", data.to_str().unwrap()];
    let over = [&over[..], &["--from-password-file", "old", "--to-password-file", "new"]].concat();
    assert!(house.refused(&over).contains("nodes are running"));
    server.stop().await;
    let wrong = [&over[..over.len() - 1], &["old"]].concat();
    assert!(house.refused(&wrong).contains("password"), "each is asked with its own");
    house.told(&over);
    let server = house.serve(&data, &["--database", &new]).await;
    lives.go_on(&house, server.address).await;
    lives.end(&house, server.address).await;
    server.stop().await;
}

/// Killed at any instant and started again, it arrives; until then nothing starts on either end that
/// could be a second life.
#[tokio::test]
async fn a_migration_that_is_killed_again_and_again_arrives_whole() {
    let house = House::new();
    let data = house.path("data");
    let dir = data.to_str().unwrap();
    let mut server = house.serve(&data, &[]).await;
    let lives = Lives::begin(&house, server.address).await;
    server.stop().await;
    let mut database = String::new();
    for turn in 0_u64..4 {
        let (from, to) = if turn % 2 == 0 {
            database = Cluster::shared().database();
            (dir, database.as_str())
        } else {
            (database.as_str(), dir)
        };
        let arguments = ["migrate", "--from", from, "--to", to];
        for delay in (0..).map(|step| Duration::from_millis(5 + turn + 12 * step)) {
            let mut command = house.command(&arguments);
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            tokio::time::sleep(delay).await;
            // It may have ended by itself.
            drop(child.kill());
            if child.wait().unwrap().success() {
                break;
            }
            let done = house.run(&arguments);
            if delay > Duration::from_secs(2) {
                assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            }
            if done.status.success() {
                break;
            }
        }
        let options = ["--database", database.as_str()];
        let options = if turn % 2 == 0 { &options[..] } else { &[] };
        server = house.serve(&data, options).await;
        lives.go_on(&house, server.address).await;
        server.stop().await;
    }
    server = house.serve(&data, &[]).await;
    lives.end(&house, server.address).await;
    server.stop().await;
}

/// A copy that was put back is settled before it moves, or what was opened since would wait again.
#[tokio::test]
async fn a_restored_copy_is_not_moved_before_it_is_settled() {
    let house = House::new();
    let data = house.path("data");
    let server = house.serve(&data, &[]).await;
    let waiting = house.share(server.address).await;
    house.told(&["backup", "b1", "--with-keys", "--data", data.to_str().unwrap()]);
    server.stop().await;
    let fresh = house.beside(&data, "fresh");
    let dir = fresh.to_str().unwrap();
    house.told(&["restore", "b1", "--data", dir]);
    let database = Cluster::shared().database();
    let said = house.refused(&["migrate", "--from", dir, "--to", &database]);
    assert!(said.contains("was put back"), "{said}");
    house.serve(&fresh, &[]).await.stop().await;
    house.told(&["migrate", "--from", dir, "--to", &database]);
    let server = house.serve(&fresh, &["--database", &database]).await;
    assert_eq!(fate(server.address, &waiting.receipt).await.1, ["created", "lost"]);
    server.stop().await;
}

/// What an earlier try has brought to another place never wakes up beside what has gone on since.
#[tokio::test]
async fn an_older_try_is_not_released() {
    let house = House::new();
    let data = house.path("data");
    let dir = data.to_str().unwrap();
    let server = house.serve(&data, &[]).await;
    house.share(server.address).await;
    server.stop().await;
    let (early, late) = (Cluster::shared().database(), Cluster::shared().database());
    house.told(&["migrate", "--from", dir, "--to", &early]);
    // As if it had broken off before the source was closed, and the server had gone on with it.
    fs::rename(data.join("sigill.db.moved"), data.join("sigill.db")).unwrap();
    let mark = "INSERT INTO meta (name, value) VALUES ('arriving', '')";
    Cluster::shared().ask(&early, mark);
    let server = house.serve(&data, &[]).await;
    house.share(server.address).await;
    server.stop().await;
    house.told(&["migrate", "--from", dir, "--to", &late]);
    let said = house.refused(&["migrate", "--from", dir, "--to", &early]);
    assert!(said.contains("earlier migration"), "{said}");
    let options = ["serve", "--listen", "127.0.0.1:0", "--data", dir, "--database", &early];
    assert!(house.refused(&options).contains("has not arrived"));
}
