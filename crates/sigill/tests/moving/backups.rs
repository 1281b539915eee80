//! Backups, made while a server runs, and put back.

use std::fs;

use serde_json::json;
use testkit::Cluster;
use testkit::calls::{self, burn, claim, claim_token, fate};
use testkit::secrets::Sealed;

use crate::{House, Lives};

#[tokio::test]
async fn a_backup_beside_the_keys_of_secrets_brings_back_what_waits_and_nothing_that_was_burned() {
    let house = House::new();
    let data = house.path("data");
    let server = house.serve(&data, &[]).await;
    let lives = Lives::begin(&house, server.address).await;
    let later = house.share(server.address).await;
    let data_option = ["--data", data.to_str().unwrap()];
    let said = house.told(&[&["backup", "b1"], &data_option[..]].concat());
    assert!(said.contains("written and checked: 8 secrets"), "{said}");
    assert!(house.refused(&[&["backup", "b1"], &data_option[..]].concat()).contains("already"));
    // Burned after the backup was made.
    assert_eq!(burn(&later.receipt).of(server.address).await.status, 200);
    lives.go_on(&house, server.address).await;
    server.stop().await;
    assert!(house.refused(&[&["restore", "b1"], &data_option[..]].concat()).contains("already"));
    for name in ["sigill.db", "sigill.db-wal", "sigill.db-shm"] {
        drop(fs::remove_file(data.join(name)));
    }
    let vouched = ["restore", "b1", "--nothing-opened-since"];
    let said = house.told(&[&vouched[..], &data_option[..]].concat());
    assert!(said.contains("is back: 8 secrets"), "{said}");
    let server = house.serve(&data, &[]).await;
    lives.go_on(&house, server.address).await;
    assert_eq!(claim(&later, &claim_token(&house.dice)).of(server.address).await.status, 404);
    assert_eq!(fate(server.address, &later.receipt).await.0, "lost", "its row is back, it is not");
    lives.end(&house, server.address).await;
    server.stop().await;
}

#[tokio::test]
async fn a_backup_alone_brings_receipts_back_and_opens_nothing() {
    let house = House::new();
    let data = house.path("data");
    let server = house.serve(&data, &[]).await;
    let waiting = house.share(server.address).await;
    house.told(&["backup", "b1", "--data", data.to_str().unwrap()]);
    server.stop().await;
    let fresh = house.beside(&data, "fresh");
    house.told(&["restore", "b1", "--data", fresh.to_str().unwrap()]);
    let server = house.serve(&fresh, &[]).await;
    assert_eq!(claim(&waiting, &claim_token(&house.dice)).of(server.address).await.status, 404);
    assert_eq!(fate(server.address, &waiting.receipt).await.1, ["created", "lost"]);
    let new = house.share(server.address).await;
    assert_eq!(claim(&new, &claim_token(&house.dice)).of(server.address).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn with_keys_a_backup_moves_to_another_machine() {
    let house = House::new();
    let data = house.path("data");
    let server = house.serve(&data, &[]).await;
    let lives = Lives::begin(&house, server.address).await;
    let said = house.told(&["backup", "b1", "--with-keys", "--data", data.to_str().unwrap()]);
    assert!(said.contains("Destroy it"), "{said}");
    fs::create_dir(house.path("backups")).unwrap();
    fs::copy(house.path("b1"), house.path("backups/b1")).unwrap();
    let doctor =
        house.run(&["doctor", "--data", data.to_str().unwrap(), "--backups", "backups"]).stdout;
    let said = String::from_utf8(doctor).unwrap();
    assert!(said.contains("backups/b1 is whole"), "{said}");
    assert!(said.contains("holds the keys of secrets"), "{said}");
    server.stop().await;
    let fresh = house.beside(&data, "fresh");
    fs::create_dir(fresh.join("blobs")).unwrap();
    for blob in fs::read_dir(data.join("blobs")).unwrap() {
        let blob = blob.unwrap();
        fs::copy(blob.path(), fresh.join("blobs").join(blob.file_name())).unwrap();
    }
    house.told(&["restore", "b1", "--nothing-opened-since", "--data", fresh.to_str().unwrap()]);
    let server = house.serve(&fresh, &[]).await;
    lives.go_on(&house, server.address).await;
    lives.end(&house, server.address).await;
    server.stop().await;
}

/// Law 1: views that were taken after the backup are not in it. So nothing that waits in it opens, however
/// many keys are there, unless somebody vouches for it.
#[tokio::test]
async fn what_may_have_been_opened_since_does_not_wait_again() {
    let house = House::new();
    let data = house.path("data");
    let dir = data.to_str().unwrap();
    let server = house.serve(&data, &[]).await;
    let sealed = Sealed::text("hush", None, &house.dice);
    let two = calls::share(server.address, sealed, &json!({ "views": 2 })).await;
    house.told(&["backup", "beside", "--data", dir]);
    house.told(&["backup", "with", "--with-keys", "--data", dir]);
    assert_eq!(claim(&two, &claim_token(&house.dice)).of(server.address).await.status, 200);
    server.stop().await;
    for name in ["sigill.db", "sigill.db-wal", "sigill.db-shm"] {
        drop(fs::remove_file(data.join(name)));
    }
    let fresh = house.beside(&data, "fresh");
    house.told(&["restore", "beside", "--data", dir]);
    house.told(&["restore", "with", "--data", fresh.to_str().unwrap()]);
    for place in [&data, &fresh] {
        let mut server = house.serve(place, &[]).await;
        assert_eq!(claim(&two, &claim_token(&house.dice)).of(server.address).await.status, 404);
        assert_eq!(fate(server.address, &two.receipt).await.1, ["created", "lost"]);
        let new = house.share(server.address).await;
        server.kill();
        let server = house.serve(place, &[]).await;
        assert_eq!(
            fate(server.address, &new.receipt).await.0,
            "waiting",
            "once, not at every start"
        );
        server.stop().await;
    }
    let third = Cluster::shared().database();
    house.told(&["restore", "with", "--data", dir, "--database", &third]);
    let server = house.serve(&data, &["--database", &third]).await;
    assert_eq!(claim(&two, &claim_token(&house.dice)).of(server.address).await.status, 404);
    assert_eq!(fate(server.address, &two.receipt).await.1, ["created", "lost"]);
    server.stop().await;
}

/// R6: keys of another server are refused, and so is what is no backup.
#[tokio::test]
async fn what_does_not_belong_together_is_refused_and_nothing_is_changed() {
    let house = House::new();
    let (data, other) = (house.path("data"), house.path("other"));
    for dir in [&data, &other] {
        house.serve(dir, &[]).await.stop().await;
    }
    house.told(&["backup", "b1", "--data", data.to_str().unwrap()]);
    let fresh = house.beside(&other, "fresh");
    let into = ["--data", fresh.to_str().unwrap()];
    let said = house.refused(&[&["restore", "b1"], &into[..]].concat());
    assert!(said.contains("does not belong"), "{said}");
    fs::write(house.path("b2"), "this is no backup").unwrap();
    let said = house.refused(&[&["restore", "b2"], &into[..]].concat());
    assert!(said.contains("damaged"), "{said}");
    let said = house.refused(&[&["restore", "b3"], &into[..]].concat());
    assert!(said.contains("is not there"), "{said}");
    assert!(!fresh.join("sigill.db").exists());
}

/// A backup of several nodes' database is the same file, and goes back to either engine.
#[tokio::test]
async fn a_backup_of_a_database_goes_back_to_either_engine() {
    let house = House::new();
    let data = house.path("data");
    let first = Cluster::shared().database();
    let server = house.serve(&data, &["--database", &first]).await;
    let lives = Lives::begin(&house, server.address).await;
    let from = ["--data", data.to_str().unwrap(), "--database", &first];
    let said = house.told(&[&["backup", "with", "--with-keys"], &from[..]].concat());
    assert!(said.contains("7 secrets"), "{said}");
    house.told(&[&["backup", "without"], &from[..]].concat());
    server.stop().await;

    // Into another database, with its keys: everything goes on.
    let second = Cluster::shared().database();
    let into = ["--data", data.to_str().unwrap(), "--database", &second];
    house.told(&[&["restore", "with", "--nothing-opened-since"], &into[..]].concat());
    let said = house.refused(&[&["restore", "with"], &into[..]].concat());
    assert!(said.contains("is not empty"), "{said}");
    let server = house.serve(&data, &["--database", &second]).await;
    lives.go_on(&house, server.address).await;
    lives.end(&house, server.address).await;
    server.stop().await;

    // Into a third without: receipts are there, and what waited is lost.
    let third = Cluster::shared().database();
    let into = ["--data", data.to_str().unwrap(), "--database", &third];
    house.told(&[&["restore", "without"], &into[..]].concat());
    let server = house.serve(&data, &["--database", &third]).await;
    assert_eq!(fate(server.address, &lives.small.receipt).await.1, ["created", "lost"]);
    assert_eq!(fate(server.address, &lives.burned.receipt).await.0, "burned");
    server.stop().await;

    // Into a directory, without.
    let fresh = house.beside(&data, "fresh");
    house.told(&["restore", "without", "--data", fresh.to_str().unwrap()]);
    let server = house.serve(&fresh, &[]).await;
    assert_eq!(fate(server.address, &lives.small.receipt).await.1, ["created", "lost"]);
    server.stop().await;
}
