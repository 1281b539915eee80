//! What somebody alters behind the program's back shows, and opens nothing that it should not.
//!
//! The database is altered while the program is down; the program is asked through its front door.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::path::Path;

use domain::audit::Head;
use rusqlite::Connection;
use store::Store;
use store::port::{Query, Recorded, Result as StoreResult, View};
use testkit::calls::{Shared, acknowledge, burn, claim, fate};
use testkit::server::Server;
use testkit::{Answer, Dice};

fn alter(dir: &Path, sql: &str) {
    let connection = Connection::open(dir.join("sigill.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

async fn ask(server: &Server, shared: &Shared) -> Answer {
    claim(shared, &server.claim_token()).of(server.address).await
}

/// R45: a sealed column, moved to another row, does not open there, and nothing is consumed by trying.
#[tokio::test]
async fn payloads_that_were_swapped_open_in_neither_place() {
    let server = Server::start().await;
    let (first, second) = (server.shared().await, server.shared().await);
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("sigill.db");
    let swap = "CREATE TEMP TABLE was AS SELECT * FROM payloads;
        UPDATE payloads SET body = (SELECT body FROM was WHERE was.row != payloads.row)";
    let server = server
        .restart_after(|dir| {
            fs::copy(dir.join("sigill.db"), &copy).unwrap();
            alter(dir, swap);
        })
        .await;
    for shared in [&first, &second] {
        assert_eq!(ask(&server, shared).await.problem(), "undecryptable");
        assert_eq!(fate(server.address, &shared.receipt).await.0, "waiting");
    }
    let server = server.restart_after(|dir| drop(fs::copy(&copy, dir.join("sigill.db")))).await;
    for shared in [&first, &second] {
        assert_eq!(ask(&server, shared).await.body, shared.sealed.envelope, "put back, it opens");
    }
}

/// With the keys of the other row it is as if its own had been destroyed.
#[tokio::test]
async fn payloads_that_were_swapped_with_their_keys_open_in_neither_place() {
    let server = Server::start().await;
    let (first, second) = (server.shared().await, server.shared().await);
    let swap = "UPDATE payloads SET row = -row; UPDATE payloads SET row = 3 + row";
    let server = server.restart_after(|dir| alter(dir, swap)).await;
    for shared in [&first, &second] {
        assert_eq!(ask(&server, shared).await.problem(), "unavailable");
        assert_eq!(fate(server.address, &shared.receipt).await.0, "lost");
    }
}

#[tokio::test]
async fn files_that_were_swapped_open_in_neither_place() {
    let server = Server::start().await;
    let mut shared = Vec::new();
    for _ in 0..2 {
        let sealed = server.seal(&"x".repeat(100_000), None);
        shared.push(server.share(sealed).await);
    }
    let swap = |dir: &Path| {
        // Files have the numbers of rows, which are given as secrets come.
        let [a, b, c] = ["1", "2", "aside"].map(|name| dir.join("blobs").join(name));
        for (from, to) in [(&a, &c), (&b, &a), (&c, &b)] {
            fs::rename(from, to).unwrap();
        }
    };
    let server = server.restart_after(swap).await;
    for shared in &shared {
        assert_eq!(ask(&server, shared).await.problem(), "undecryptable");
    }
    let server = server.restart_after(swap).await;
    for shared in &shared {
        assert_eq!(ask(&server, shared).await.body, shared.sealed.envelope);
    }
}

/// R45: whoever gives a secret more views, or more time, closes it.
#[tokio::test]
async fn terms_that_were_altered_close_the_payload() {
    for altered in
        ["views = 100", "expires_at = expires_at + 1", "delivery = 2", "failed_limit = 100"]
    {
        let server = Server::start().await;
        let shared = server.shared().await;
        let sql = format!("UPDATE secrets SET {altered}");
        let server = server.restart_after(|dir| alter(dir, &sql)).await;
        assert_eq!(ask(&server, &shared).await.problem(), "undecryptable", "{altered}");
        assert_eq!(ask(&server, &shared).await.problem(), "undecryptable", "{altered}");
    }
}

/// Law 4: a database from before the burn does not bring the secret back.
#[tokio::test]
async fn a_restored_database_does_not_bring_back_what_was_burned() {
    let server = Server::start().await;
    let (burned, other) = (server.shared().await, server.shared().await);
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("sigill.db");
    let server = server.restart_after(|dir| drop(fs::copy(dir.join("sigill.db"), &copy))).await;
    assert_eq!(burn(&burned.receipt).of(server.address).await.status, 200);
    let server = server.restart_after(|dir| drop(fs::copy(&copy, dir.join("sigill.db")))).await;
    assert_eq!(fate(server.address, &burned.receipt).await.0, "lost", "the row is back");
    assert_eq!(ask(&server, &burned).await.problem(), "unavailable", "what it needs is not");
    assert_eq!(ask(&server, &other).await.status, 200);
}

/// A row that holds an impossible value hurts itself and no other (R54).
#[tokio::test]
async fn a_row_that_makes_no_sense_hurts_no_other() {
    let server = Server::start().await;
    let (broken, whole) = (server.shared().await, server.shared().await);
    let sql = "UPDATE secrets SET standing = 77 WHERE row = 1";
    let server = server.restart_after(|dir| alter(dir, sql)).await;
    assert_eq!(ask(&server, &broken).await.problem(), "internal");
    assert_eq!(ask(&server, &whole).await.status, 200);
}

struct Trail;

impl Query for Trail {
    type Output = Vec<Recorded>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<Recorded>> {
        view.trail(0, 10_000).await
    }
}

/// Whether the trail in `dir` can be read and each event follows from the one before.
async fn is_unbroken(dir: &Path) -> bool {
    let store = Store::open(dir, &Dice::new(5)).unwrap();
    let Ok(trail) = store.read(Trail).await else { return false };
    let mut head = Head::EMPTY;
    trail.iter().all(|recorded| {
        head = head.append(&recorded.event);
        recorded.seq == head.seq && recorded.hash == head.hash
    })
}

/// Law 9: the trail shows if one event was altered, taken out or put in.
#[tokio::test]
async fn a_trail_that_was_altered_shows_it() {
    let server = Server::start().await;
    for _ in 0..3 {
        let shared = server.shared().await;
        let token = server.claim_token();
        claim(&shared, &token).of(server.address).await;
        acknowledge(&shared.id, &token).of(server.address).await;
    }
    let dir = server.stop().await;
    assert!(is_unbroken(dir.path()).await, "an honest trail is whole");
    for sql in [
        "UPDATE events SET kind = 'burned' WHERE seq = 2",
        "UPDATE events SET kind = 'forged' WHERE seq = 2",
        "UPDATE events SET actor = 'sender' WHERE seq = 2",
        "UPDATE events SET actor = 'account', actor_id = 1 WHERE seq = 2",
        "UPDATE events SET subject = 1 WHERE seq = 2",
        "UPDATE events SET organisation = 1 WHERE seq = 2",
        "UPDATE events SET at = at - 1 WHERE seq = 2",
        "UPDATE events SET row = 3 WHERE seq = 2",
        "UPDATE events SET row = NULL WHERE seq = 2",
        "UPDATE events SET hash = zeroblob(32) WHERE seq = 2",
        "DELETE FROM events WHERE seq = 2",
        "DELETE FROM events WHERE seq = 1",
        "INSERT INTO events SELECT 10, at, kind, actor, actor_id, row, subject, organisation, hash
         FROM events WHERE seq = 9",
        "UPDATE events SET seq = 99 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3;
         UPDATE events SET seq = 3 WHERE seq = 99",
    ] {
        let copy = tempfile::tempdir().unwrap();
        for name in ["sigill.db", "server.keys", "secret.keys"] {
            fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
        }
        alter(copy.path(), sql);
        assert!(!is_unbroken(copy.path()).await, "{sql}");
    }
}

#[tokio::test]
async fn keys_that_do_not_belong_are_refused_and_change_nothing() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let mut refused = None;
    let server = server
        .restart_after(|dir| {
            let path = dir.join("server.keys");
            let good = fs::read(&path).unwrap();
            let other = tempfile::tempdir().unwrap();
            drop(Store::open(other.path(), &Dice::new(99)).unwrap());
            fs::copy(other.path().join("server.keys"), &path).unwrap();
            let wrong = Store::open(dir, &Dice::new(5)).err().unwrap().to_string();
            let away = dir.join("away");
            fs::rename(&path, &away).unwrap();
            let none = Store::open(dir, &Dice::new(5)).err().unwrap().to_string();
            assert!(!path.exists(), "no new keys are made on an old database");
            fs::rename(&away, &path).unwrap();
            fs::write(&path, good).unwrap();
            refused = Some((wrong, none));
        })
        .await;
    let (wrong, none) = refused.unwrap();
    assert!(wrong.contains("does not belong to this database"), "{wrong}");
    assert!(none.contains("is missing: put it back"), "{none}");
    let answer = ask(&server, &shared).await;
    assert_eq!(answer.body, shared.sealed.envelope, "with the right ones it opens (R6)");
    let second = Store::open(server.data(), &Dice::new(5)).err().unwrap().to_string();
    assert!(second.contains("in use by another process"), "{second}");
}
