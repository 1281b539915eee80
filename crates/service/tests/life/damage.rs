//! What a restored, half-lost, rotated or damaged data directory does: it loses nothing more than it
//! has lost, says so, and holds up nobody (law 2, R6, R41, R48, R54).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use domain::audit::{Kind as EventKind, TrailFault};
use domain::secret::{End, Standing};
use domain::terms::{Lifetime, Terms};
use rusqlite::Connection;
use service::Limits;
use store::OpenError;

use crate::house::{House, bytes, house, is_unavailable};

fn with_database(dir: &Path, sql: &str) -> usize {
    Connection::open(dir.join("sigill.db")).unwrap().execute(sql, []).unwrap()
}

async fn opens(house: &House, id: envelope::SecretId, sealed: &testkit::secrets::Sealed) -> bool {
    bytes(house.reveal(id, sealed, &house.claim()).await).await.is_some()
}

#[tokio::test]
async fn a_backup_without_secrets_keys_restores_receipts_and_goes_on() {
    let house = house();
    let mut before = Vec::new();
    for text in ["one", "two", "three"] {
        let sealed = house.seal(text, None);
        before.push((house.share(&sealed, Terms::default()).await.unwrap().id, sealed));
    }
    let stopped = house.stopped();
    fs::remove_file(stopped.dir.path().join("secret.keys")).unwrap();
    let house = stopped.started(Limits::default()).unwrap();
    house.service.sweep().await.unwrap();
    for (id, sealed) in &before {
        assert!(matches!(house.standing(*id, sealed).await, Standing::Ended(End::Lost { .. })));
        assert_eq!(house.events(*id, sealed).await, [EventKind::Created, EventKind::Lost]);
        assert!(is_unavailable(&house.reveal(*id, sealed, &house.claim()).await));
    }
    for _ in 0..5 {
        let sealed = house.seal("after", None);
        let id = house.share(&sealed, Terms::default()).await.unwrap().id;
        assert!(opens(&house, id, &sealed).await);
    }
}

/// A slot that a row still refers to is never handed out, however the rows around it end.
#[tokio::test]
async fn new_keys_never_take_the_place_of_others() {
    let house = house();
    let mut all = Vec::new();
    for turn in 0..6_u64 {
        let sealed = house.seal("waits", None);
        let lifetime = Lifetime::from_seconds(60 + turn * 3600).unwrap();
        let terms = Terms { lifetime, ..Terms::default() };
        all.push((house.share(&sealed, terms).await.unwrap().id, sealed));
    }
    let stopped = house.stopped();
    fs::remove_file(stopped.dir.path().join("secret.keys")).unwrap();
    // Not swept: the rows still refer to slots that the new file does not have.
    let house = stopped.started(Limits::default()).unwrap();
    let mut new = Vec::new();
    for turn in 0..6 {
        let sealed = house.seal("new", None);
        new.push((house.share(&sealed, Terms::default()).await.unwrap().id, sealed));
        if turn == 2 {
            house.service.sweep().await.unwrap();
        }
    }
    for (id, sealed) in &new {
        assert!(opens(&house, *id, sealed).await);
    }
}

#[tokio::test]
async fn without_its_database_a_directory_is_left_alone() {
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let stopped = house.stopped();
    let (place, away) =
        (stopped.dir.path().join("sigill.db"), stopped.dir.path().join("elsewhere"));
    fs::rename(&place, &away).unwrap();
    assert!(matches!(stopped.try_start(Limits::default()), Err(OpenError::DatabaseMissing(_))));
    fs::write(&place, []).unwrap();
    assert!(matches!(stopped.try_start(Limits::default()), Err(OpenError::DatabaseMissing(_))));
    // What a copy without the log may be: a database that says nothing yet.
    Connection::open(&place).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
    assert!(matches!(stopped.try_start(Limits::default()), Err(OpenError::DatabaseMissing(_))));
    fs::rename(&away, &place).unwrap();
    let house = stopped.started(Limits::default()).unwrap();
    assert!(opens(&house, id, &sealed).await);
}

#[tokio::test]
async fn keys_that_are_missing_or_open_to_others_are_refused_and_so_is_a_damaged_database() {
    // R6, R47: each says what to do, and once it is done everything is there again.
    let house = house();
    let sealed = house.seal("hush", None);
    let id = house.share(&sealed, Terms::default()).await.unwrap().id;
    let stopped = house.stopped();
    let within = |name| stopped.dir.path().join(name);
    let keys = within("server.keys");

    fs::rename(&keys, within("away")).unwrap();
    assert!(matches!(stopped.try_start(Limits::default()), Err(OpenError::KeysMissing(_))));
    fs::rename(within("away"), &keys).unwrap();

    fs::set_permissions(&keys, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = stopped.try_start(Limits::default()).err().unwrap();
    assert!(matches!(refused, OpenError::KeysOpen { mode: 0o640, .. }), "{refused}");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();

    let database = fs::read(within("sigill.db")).unwrap();
    fs::write(within("sigill.db"), b"no database ".repeat(1000)).unwrap();
    assert!(matches!(stopped.try_start(Limits::default()), Err(OpenError::Damaged(_))));
    fs::write(within("sigill.db"), database).unwrap();

    let house = stopped.started(Limits::default()).unwrap();
    assert!(opens(&house, id, &sealed).await);
}

#[tokio::test]
async fn the_ring_turns_and_an_old_key_goes_when_nothing_needs_it() {
    let house = house();
    let old = house.seal("old", None);
    let id = house.share(&old, Terms::default()).await.unwrap().id;
    let stopped = house.stopped();
    let keys = stopped.dir.path().join("server.keys");
    let first = fs::read_to_string(&keys).unwrap();
    let ring = |number: u8, step: u8| {
        let digits: String =
            (0..32_u8).flat_map(|at| [at >> 4, at.wrapping_mul(step) & 15]).map(digit).collect();
        format!("ring {number} {digits}\n")
    };
    fs::write(&keys, format!("{first}{}", ring(2, 7))).unwrap();
    let house = stopped.started(Limits::default()).unwrap();
    let new = house.seal("new", None);
    let newer = house.share(&new, Terms::default()).await.unwrap().id;
    assert!(opens(&house, newer, &new).await);

    let stopped = house.stopped();
    let without: String = first
        .lines()
        .filter(|line| !line.starts_with("ring"))
        .fold(String::new(), |text, line| format!("{text}{line}\n"));
    fs::write(&keys, format!("{without}{}", ring(2, 7))).unwrap();
    let refused = stopped.try_start(Limits::default()).err().unwrap();
    assert!(matches!(refused, OpenError::MissingKey { ring: 1, .. }), "{refused}");
    fs::write(&keys, format!("{first}{}", ring(2, 11))).unwrap();
    assert!(matches!(stopped.try_start(Limits::default()), Err(OpenError::WrongKeys(_))));

    fs::write(&keys, format!("{first}{}", ring(2, 7))).unwrap();
    let house = stopped.started(Limits::default()).unwrap();
    assert!(opens(&house, id, &old).await, "nothing was lost by the failed starts");
    house.clock.advance(Duration::from_mins(2));
    house.service.sweep().await.unwrap();
    let stopped = house.stopped();
    fs::write(&keys, format!("{without}{}", ring(2, 7))).unwrap();
    assert!(stopped.started(Limits::default()).is_ok());
}

fn digit(half: u8) -> char {
    char::from_digit(half.into(), 16).unwrap()
}

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_no_other() {
    for damage in [
        "UPDATE secrets SET failed_action = 9 WHERE row = 1",
        "UPDATE secrets SET passphrase = 2 WHERE row = 1",
        "UPDATE payloads SET ring = 300 WHERE row = 1",
        "UPDATE payloads SET slot = 5000000000 WHERE row = 1",
        "UPDATE payloads SET slot = 2147483648 WHERE row = 1",
        "DELETE FROM payloads WHERE row = 1",
    ] {
        let house = house();
        let terms = Terms { lifetime: Lifetime::MIN, ..Terms::default() };
        let (bad, good) = (house.seal("bad", None), house.seal("good", None));
        let _bad = house.share(&bad, terms).await.unwrap();
        let id = house.share(&good, terms).await.unwrap().id;
        let stopped = house.stopped();
        with_database(stopped.dir.path(), damage);
        let house = stopped.started(Limits::default()).unwrap();
        house.clock.advance(Duration::from_mins(1));
        house.service.sweep().await.unwrap();
        assert!(house.service.is_ready(), "{damage}");
        let standing = house.standing(id, &good).await;
        assert!(matches!(standing, Standing::Ended(End::Expired { .. })), "{damage}");
        let stopped = house.stopped();
        let database = Connection::open(stopped.dir.path().join("sigill.db")).unwrap();
        let count = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM payloads"), 0, "{damage}");
        assert_eq!(count("SELECT count(*) FROM secrets WHERE standing < 4"), 0, "{damage}");
        let keys = fs::read(stopped.dir.path().join("secret.keys")).unwrap();
        assert!(keys.iter().all(|byte| *byte == 0), "{damage}");
        assert!(keys.len() < 1_000_000, "{damage}");
    }
}

#[tokio::test]
async fn one_running_delivery_holds_up_no_expiry() {
    let house = house();
    let terms = Terms { lifetime: Lifetime::MIN, ..Terms::default() };
    let read = house.seal("read", None);
    let reading = house.share(&read, terms).await.unwrap().id;
    let mut others = Vec::new();
    for _ in 0..300 {
        let sealed = house.seal("waits", None);
        others.push((house.share(&sealed, terms).await.unwrap().id, sealed));
    }
    house.clock.advance(Duration::from_secs(59));
    assert!(opens(&house, reading, &read).await);
    house.clock.advance(Duration::from_secs(1));
    house.service.sweep().await.unwrap();
    for (id, sealed) in &others {
        assert!(matches!(house.standing(*id, sealed).await, Standing::Ended(End::Expired { .. })));
    }
    assert_eq!(house.standing(reading, &read).await, Standing::Delivering);
}

/// Law 9: each way of tampering is seen, and where.
#[tokio::test]
async fn a_trail_that_was_altered_says_where() {
    for (sql, fault) in [
        ("UPDATE events SET kind = 'burned' WHERE seq = 2", TrailFault::Altered(2)),
        ("UPDATE events SET actor = 'system' WHERE seq = 1", TrailFault::Altered(1)),
        ("UPDATE events SET row = 1 WHERE seq = 3", TrailFault::Altered(3)),
        ("DELETE FROM events WHERE seq = 2", TrailFault::Missing(2)),
        ("DELETE FROM events WHERE seq = 4", TrailFault::Cut(3)),
        ("UPDATE events SET seq = seq + 1 WHERE seq = 4", TrailFault::Missing(4)),
    ] {
        let house = house();
        for _ in 0..4 {
            house.share(&house.seal("hush", None), Terms::default()).await.unwrap();
        }
        let trail = |dir: &Path| {
            let keys = store::keys::KeySource::in_directory(dir);
            store::inspect::database(dir, &keys).unwrap().unwrap().trail
        };
        assert_eq!(trail(house.dir.path()), Ok(4), "while it runs");
        let stopped = house.stopped();
        assert_eq!(trail(stopped.dir.path()), Ok(4));
        assert_eq!(with_database(stopped.dir.path(), sql), 1);
        assert_eq!(trail(stopped.dir.path()), Err(fault), "{sql}");
    }
}
