//! Opening what the server has sealed: one reader, wrong passphrases, and what a stranger learns (laws 1,
//! 2, 5 and 10; R20 to R22, R29, R30).

use std::sync::Arc;
use std::time::Duration;

use domain::audit::Kind as EventKind;
use domain::secret::{End, Standing};
use envelope::{ReceiptId, ReceiptKey, SecretId, SecretToken, ServerReceipt};
use service::Limits;
use service::disclose::{Burned, Disclosed};
use service::hashing::Hashing;
use service::receipt::Burn;

use crate::house::{House, house, house_with, is_content};

/// A link that nobody was given.
fn made_up(byte: u8) -> SecretToken {
    let receipt =
        ServerReceipt::new(ReceiptId::from_bytes([byte; 16]), ReceiptKey::new([byte; 24]));
    receipt.link(SecretId::from_bytes([byte; 16]))
}

fn kind(disclosed: &Disclosed) -> String {
    match disclosed {
        Disclosed::Busy(_) => "busy".to_owned(),
        Disclosed::Content { text, .. } => format!("content {}", **text),
        Disclosed::Fits(_) => "fits".to_owned(),
        Disclosed::PassphraseNeeded => "needed".to_owned(),
        Disclosed::PassphraseRejected { left } => format!("rejected, {left} left"),
        Disclosed::TooManyAttempts { wait } => format!("wait {}", wait.as_secs()),
        Disclosed::Unavailable => "unavailable".to_owned(),
    }
}

async fn tries(house: &House, token: &SecretToken, passphrase: Option<&str>, n: u8) -> Vec<String> {
    let mut answers = Vec::new();
    for _ in 0..n {
        answers.push(kind(&house.disclose(token, passphrase).await));
    }
    answers
}

#[tokio::test]
async fn a_look_takes_nothing_and_opening_takes_everything() {
    let house = house();
    let made = house.conceal("hush", None).await;
    for _ in 0..3 {
        assert_eq!(house.service.look(&made.link).await.unwrap(), Some(made.secret));
    }
    // A passphrase that nobody asked for is no fault.
    assert!(is_content(&house.disclose(&made.link, Some("unasked")).await, "hush"));
    assert_eq!(kind(&house.disclose(&made.link, None).await), "unavailable");
    assert!(house.service.look(&made.link).await.unwrap().is_none());
    let receipt = house.service.receipt(&made.receipt).await.unwrap().unwrap();
    assert!(matches!(receipt.secret.standing, Standing::Ended(End::Opened { .. })));
    let kinds: Vec<_> = receipt.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Created, EventKind::Opened, EventKind::DeliveryUnconfirmed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_readers_at_once_exactly_one_gets_it() {
    let house = Arc::new(house());
    let made = Arc::new(house.conceal("hush", None).await);
    let mut readers = Vec::new();
    for _ in 0..100 {
        let (house, made) = (Arc::clone(&house), Arc::clone(&made));
        readers.push(tokio::spawn(async move { kind(&house.disclose(&made.link, None).await) }));
    }
    let mut won = 0;
    for reader in readers {
        match reader.await.unwrap().as_str() {
            "content hush" => won += 1,
            other => assert_eq!(other, "unavailable"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn burning_and_opening_race_and_the_receipt_agrees_with_the_winner() {
    for _ in 0..20 {
        let house = Arc::new(house());
        let made = Arc::new(house.conceal("hush", None).await);
        let reader = {
            let (house, made) = (Arc::clone(&house), Arc::clone(&made));
            tokio::spawn(async move { is_content(&house.disclose(&made.link, None).await, "hush") })
        };
        let (burn, _) = house.service.burn(&made.receipt).await.unwrap().unwrap();
        let opened = reader.await.unwrap();
        assert_eq!(burn, if opened { Burn::Opened } else { Burn::Burned });
    }
}

#[tokio::test]
async fn a_wrong_passphrase_takes_nothing_and_five_make_a_network_wait() {
    let house = house();
    let made = house.conceal("hush", Some("right")).await;
    assert_eq!(tries(&house, &made.link, None, 7).await, ["needed"; 7]);
    assert_eq!(
        tries(&house, &made.link, Some("wrong"), 4).await,
        ["rejected, 4 left", "rejected, 3 left", "rejected, 2 left", "rejected, 1 left"]
    );
    // What cannot be a passphrase is a wrong one.
    assert_eq!(tries(&house, &made.link, Some(""), 1).await, ["rejected, 0 left"]);
    assert_eq!(tries(&house, &made.link, Some("right"), 1).await, ["wait 600"]);
    assert!(house.service.look(&made.link).await.unwrap().is_some());
    // Another network may, and so may this one when its window is over.
    let other = house.disclose_from(&made.link, Some("wrong"), b"other").await;
    assert_eq!(kind(&other), "rejected, 4 left");
    house.clock.advance(Duration::from_mins(10));
    assert_eq!(tries(&house, &made.link, Some("right"), 1).await, ["content hush"]);
}

#[tokio::test]
async fn twenty_wrong_passphrases_lock_it_for_everybody() {
    let house = house();
    let made = house.conceal("hush", Some("right")).await;
    for round in 0..20_u8 {
        let answer = house.disclose_from(&made.link, Some("wrong"), &[b'n', round / 5]).await;
        assert!(matches!(answer, Disclosed::PassphraseRejected { .. }), "{}", kind(&answer));
    }
    let answer = house.disclose_from(&made.link, Some("right"), b"another").await;
    assert_eq!(kind(&answer), "unavailable");
}

/// Unknown, opened, burned, expired: the same words after the same work, however often it is asked.
#[tokio::test]
async fn what_never_was_and_what_is_no_more_answer_alike() {
    let house = house();
    let opened = house.conceal("hush", Some("right")).await;
    house.disclose(&opened.link, Some("right")).await;
    let burned = house.conceal("hush", Some("right")).await;
    house.service.burn(&burned.receipt).await.unwrap();
    let expired = house.conceal("hush", Some("right")).await;
    house.clock.set(expired.secret.expires_at);
    for link in [&made_up(7), &opened.link, &burned.link, &expired.link] {
        assert_eq!(tries(&house, link, None, 7).await, ["unavailable"; 7]);
        let told = tries(&house, link, Some("right"), 6).await;
        assert_eq!(told[..5], ["unavailable"; 5]);
        assert_eq!(told[5], "wait 600");
        let other = house.disclose_from(link, Some("right"), b"other").await;
        assert_eq!(kind(&other), "unavailable", "another network counts for itself");
        assert!(house.service.look(link).await.unwrap().is_none());
    }
    // What was counted for them is forgotten with its window.
    house.clock.advance(Duration::from_mins(10));
    house.service.sweep().await.unwrap();
    let stopped = house.stopped();
    let database = rusqlite::Connection::open(stopped.dir.path().join("sigill.db")).unwrap();
    let sql = "SELECT count(*) FROM attempts";
    let left: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_passphrase_for_what_never_was_costs_as_much_work() {
    let house = house();
    house.disclose(&made_up(7), None).await;
    assert_eq!(house.service.hashing().most, 0);
    house.disclose(&made_up(7), Some("right")).await;
    assert_eq!(house.service.hashing().most, 1);
}

/// Many guesses at once: no more memory than was allowed, and no more guesses than the budget has.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_get_no_more_than_the_budget_and_the_memory_that_is_allowed() {
    let hashing = Hashing { at_once: 2, waiting: 20, patience: Duration::from_mins(1) };
    let house = Arc::new(house_with(Limits { hashing, ..Limits::default() }));
    let made = Arc::new(house.conceal("hush", Some("right")).await);
    let mut guesses = Vec::new();
    for _ in 0..60 {
        let (house, made) = (Arc::clone(&house), Arc::clone(&made));
        guesses.push(tokio::spawn(async move {
            kind(&house.disclose(&made.link, Some("wrong")).await)
        }));
    }
    let (mut judged, mut busy) = (0, 0);
    for guess in guesses {
        let answer = guess.await.unwrap();
        judged += u32::from(answer.starts_with("rejected"));
        busy += u32::from(answer == "busy");
    }
    assert_eq!(judged, 5);
    // Eleven places are the network's; whoever found none heard so at once.
    assert!(busy >= 1, "nobody was turned away");
    let load = house.service.hashing();
    assert!((1..=2).contains(&load.most), "{load:?}");
    assert_eq!((load.running, load.waiting), (0, 0));
    // Nothing was lost by it.
    let other = house.disclose_from(&made.link, Some("right"), b"other").await;
    assert!(is_content(&other, "hush"));
}

/// R22: also of those that come at once, as many are judged at nothing as at something.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_nothing_at_once_get_no_more_than_the_budget() {
    let house = Arc::new(house());
    let guesses: Vec<_> = (0..20)
        .map(|_| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { kind(&house.disclose(&made_up(7), Some("wrong")).await) })
        })
        .collect();
    let mut judged = 0;
    for guess in guesses {
        let answer = guess.await.unwrap();
        assert!(matches!(&*answer, "unavailable" | "wait 600"), "{answer}");
        judged += u32::from(answer == "unavailable");
    }
    assert_eq!(judged, 5);
}

#[tokio::test]
async fn burning_with_a_passphrase_takes_the_right_one() {
    let house = house();
    let made = house.conceal("hush", Some("right")).await;
    let burn = async |passphrase: Option<&str>| {
        house.service.burn_with_passphrase(&made.receipt, passphrase, b"here").await.unwrap()
    };
    assert!(matches!(burn(None).await, Burned::PassphraseNeeded));
    for left in [4, 3, 2, 1, 0] {
        let burned = burn(Some("wrong")).await;
        assert!(matches!(burned, Burned::PassphraseRejected { left: l } if l == left));
    }
    assert!(matches!(burn(Some("right")).await, Burned::TooManyAttempts { .. }));
    // The tries of sender and reader are the same ones.
    assert_eq!(kind(&house.disclose_from(&made.link, Some("right"), b"here").await), "wait 600");
    house.clock.advance(Duration::from_mins(10));
    assert!(matches!(burn(Some("right")).await, Burned::Done(Burn::Burned, _)));
    assert!(
        matches!(burn(None).await, Burned::Done(Burn::BurnedBefore, _)),
        "nothing is left to guard"
    );
    assert!(house.service.look(&made.link).await.unwrap().is_none());
    let stranger = ServerReceipt::new(ReceiptId::from_bytes([9; 16]), ReceiptKey::new([9; 24]));
    let burned = house.service.burn_with_passphrase(&stranger, Some("right"), b"here").await;
    assert!(matches!(burned.unwrap(), Burned::Unavailable));
}

/// Wrong server keys, or a row that was altered: the answer is the one, and nothing is taken (law 2).
#[tokio::test]
async fn what_does_not_open_at_rest_is_not_taken() {
    let house = house();
    let made = house.conceal("hush", None).await;
    let stopped = house.stopped();
    let database = rusqlite::Connection::open(stopped.dir.path().join("sigill.db")).unwrap();
    let body: Vec<u8> =
        database.query_row("SELECT body FROM payloads", [], |row| row.get(0)).unwrap();
    let mut altered = body.clone();
    altered[100] ^= 1;
    database.execute("UPDATE payloads SET body = ?1", [&altered]).unwrap();
    drop(database);
    let house = stopped.started(Limits::default()).unwrap();
    let attempt = service::disclose::Attempt {
        token: &made.link,
        passphrase: None,
        wish: service::disclose::Wish::Take,
        network: b"n",
    };
    assert!(house.service.disclose(attempt).await.is_err(), "the server says whose fault it is");
    let stopped = house.stopped();
    let database = rusqlite::Connection::open(stopped.dir.path().join("sigill.db")).unwrap();
    database.execute("UPDATE payloads SET body = ?1", [&body]).unwrap();
    drop(database);
    let house = stopped.started(Limits::default()).unwrap();
    assert!(is_content(&house.disclose(&made.link, None).await, "hush"));
}
