//! Asking tells nothing (law 5), and passphrases are tried so often and no more.

use std::time::Duration;

use domain::entropy::draw;
use envelope::{Proof, ReceiptToken, SecretId};
use serde_json::json;
use testkit::calls::{
    self, Shared, acknowledge, burn, claim, claim_with, fate, fetch, follow, wrong_guess,
};
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask};

/// A secret whose passphrase is "right".
async fn guarded(server: &Server, limit: u8, action: &str) -> Shared {
    let sealed = server.seal("hush", Some("right"));
    let asked = json!({ "failed_passphrases": { "limit": limit, "action": action } });
    calls::share(server.address, sealed, &asked).await
}

/// A claim by somebody without the link.
fn stranger(server: &Server, id: &str) -> Ask {
    let [link_proof, proof] = [(), ()].map(|()| Proof::from_bytes(draw(&*server.dice)));
    claim_with(id, &link_proof, &proof, &server.claim_token())
}

fn never(server: &Server) -> String {
    SecretId::from_bytes(draw(&*server.dice)).to_string()
}

#[tokio::test]
async fn unknown_opened_burned_expired_locked_and_denied_are_one_answer_byte_for_byte() {
    let server = Server::start().await;
    let reference = stranger(&server, &never(&server)).of(server.address).await.shape();
    assert_eq!((reference.status, reference.problem().as_str()), (404, "unavailable"));

    let waiting = server.shared().await;
    let opened = server.shared().await;
    let token = server.claim_token();
    claim(&opened, &token).of(server.address).await;
    let delivering = server.shared().await;
    claim(&delivering, &server.claim_token()).of(server.address).await;
    acknowledge(&opened.id, &token).of(server.address).await;
    let burned = server.shared().await;
    burn(&burned.receipt).of(server.address).await;
    let locked = guarded(&server, 1, "lock").await;
    wrong_guess(&locked, &*server.dice).of(server.address).await;
    let lost = guarded(&server, 1, "burn").await;
    wrong_guess(&lost, &*server.dice).of(server.address).await;
    let (expired, swept) = {
        let asked = json!({ "expires_in": 60 });
        let swept = server.shared_as(&asked).await;
        server.clock.advance(Duration::from_secs(30));
        let expired = server.shared_as(&asked).await;
        server.clock.advance(Duration::from_secs(30));
        server.sweep().await;
        server.clock.advance(Duration::from_secs(30));
        (expired, swept)
    };
    let mut answers = Vec::new();
    for shared in [&opened, &delivering, &burned, &locked, &lost, &expired, &swept] {
        // The holder of the link, somebody without it, and those who ask for what is not theirs.
        answers.push(claim(shared, &server.claim_token()).of(server.address).await);
        answers.push(stranger(&server, &shared.id).of(server.address).await);
        answers.push(fetch(&shared.id, &server.claim_token()).of(server.address).await);
        answers.push(acknowledge(&shared.id, &server.claim_token()).of(server.address).await);
    }
    answers.push(stranger(&server, &waiting.id).of(server.address).await);
    for id in [never(&server), "1".repeat(22), "x".to_owned(), "%00".to_owned(), "a".repeat(200)] {
        answers.push(stranger(&server, &id).of(server.address).await);
        answers.push(fetch(&id, &server.claim_token()).of(server.address).await);
        answers.push(acknowledge(&id, "nonsense").of(server.address).await);
    }
    let nobody = ReceiptToken::new(SecretId::from_bytes([5; 16]), [5; 32]).expose().to_string();
    for ask in [follow(&nobody), burn(&nobody), calls::unlock(&nobody), Ask::get("/v1/receipt")] {
        answers.push(ask.of(server.address).await);
    }
    for answer in answers {
        assert_eq!(answer.shape(), reference);
    }
    assert_eq!(fate(server.address, &waiting.receipt).await.0, "waiting");
}

#[tokio::test]
async fn the_page_of_a_link_is_the_same_for_every_id_and_touches_nothing() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let before = server.kept().await;
    let page = async |id: &str| Ask::get(&format!("/s/{id}")).of(server.address).await.shape();
    let reference = page(&shared.id).await;
    assert_eq!(reference.status, 200);
    for id in [never(&server), "x".to_owned(), "1".repeat(22)] {
        assert_eq!(page(&id).await, reference, "R23");
    }
    assert_eq!(server.kept().await, before);
}

/// R22: the limit of requests knows no ids, so it says nothing about them.
#[tokio::test]
async fn a_stranger_meets_the_same_limits_on_an_id_that_never_existed() {
    let mut sequences = Vec::new();
    for exists in [true, false] {
        let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
        let shared = guarded(&server, 1, "burn").await;
        let id = if exists { shared.id.clone() } else { never(&server) };
        let mut answers = Vec::new();
        for _ in 0..65 {
            answers.push(stranger(&server, &id).of(server.address).await.shape());
        }
        assert_eq!(answers.iter().filter(|answer| answer.status == 404).count(), 60);
        let last = answers.last().unwrap();
        assert_eq!((last.status, last.header("retry-after")), (429, Some("1")));
        sequences.push(answers);
        server.clock.advance(Duration::from_mins(1));
        assert_eq!(fate(server.address, &shared.receipt).await.1, ["created"], "no try was used");
    }
    assert_eq!(sequences[0], sequences[1]);
}

#[tokio::test]
async fn a_wrong_passphrase_consumes_nothing_and_five_from_one_network_must_wait() {
    let server = Server::start().await;
    let shared = guarded(&server, 20, "lock").await;
    for left in [4, 3, 2, 1, 0] {
        let answer = wrong_guess(&shared, &*server.dice).of(server.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "passphrase-rejected"));
        assert_eq!(answer.json()["attempts_left"], left);
    }
    let waits = |answer: &Answer| {
        assert_eq!((answer.status, answer.problem().as_str()), (429, "too-many-attempts"));
        let told: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(answer.json()["retry_after"].as_u64(), Some(told), "R36");
        told
    };
    let right = claim(&shared, &server.claim_token());
    let told = waits(&right.of(server.address).await);
    assert!((600..=601).contains(&told), "{told}");
    let server = server.restart().await;
    waits(&right.of(server.address).await);
    server.clock.advance(Duration::from_millis(599_999));
    assert_eq!(waits(&right.of(server.address).await), 1);
    // R36: whoever waits as long as they are told is let in.
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(right.of(server.address).await.status, 200);
}

/// R30: one network cannot lock another out; only the budget of the whole secret can.
#[tokio::test]
async fn the_budget_is_of_all_networks_and_the_tries_are_of_one() {
    let setup = Setup { proxies: &["127.0.0.0/8"], ..Setup::default() };
    let server = Server::with(setup).await;
    let shared = guarded(&server, 7, "lock").await;
    let guess = async |network: &str| {
        let ask = wrong_guess(&shared, &*server.dice).with("X-Forwarded-For", network);
        let answer = ask.of(server.address).await;
        (answer.status, answer.json()["attempts_left"].as_u64())
    };
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(guess("198.51.100.1").await, (403, Some(left)));
    }
    assert_eq!(guess("198.51.100.1").await.0, 429);
    assert_eq!(guess("2001:db8::1").await, (403, Some(1)), "7 in all, 5 of them are gone");
    // The same /64 is the same network.
    assert_eq!(guess("2001:db8::ffff:1").await, (403, Some(0)));
    assert_eq!(fate(server.address, &shared.receipt).await.0, "locked");
    assert_eq!(guess("203.0.113.9").await.0, 404, "locked is one of the causes of the one answer");
}

#[tokio::test]
async fn the_last_wrong_passphrase_burns_where_the_sender_said_so() {
    let server = Server::start().await;
    let shared = guarded(&server, 2, "burn").await;
    let first = wrong_guess(&shared, &*server.dice).of(server.address).await;
    assert_eq!(first.json()["attempts_left"], 1);
    // Not "nothing was lost": it was.
    let last = wrong_guess(&shared, &*server.dice).of(server.address).await;
    assert_eq!(last.problem(), "unavailable");
    let right = claim(&shared, &server.claim_token()).of(server.address).await;
    assert_eq!(right.problem(), "unavailable");
    let (state, events) = fate(server.address, &shared.receipt).await;
    assert_eq!(state, "burned");
    assert_eq!(events, ["created", "passphrase-rejected", "passphrase-rejected", "burned"]);
    assert_eq!(server.kept().await.bytes, 0);
}

/// R21: nothing but an attempt that would reveal says whether a passphrase is right.
#[tokio::test]
async fn a_right_passphrase_is_worth_nothing_without_the_link() {
    let server = Server::start().await;
    let shared = guarded(&server, 20, "lock").await;
    let before = server.kept().await;
    let wrong_link = Proof::from_bytes(draw(&*server.dice));
    let reference = stranger(&server, &never(&server)).of(server.address).await.shape();
    for _ in 0..30 {
        let ask =
            claim_with(&shared.id, &wrong_link, &shared.sealed.proof(), &server.claim_token());
        assert_eq!(ask.of(server.address).await.shape(), reference);
    }
    assert_eq!(server.kept().await, before);
}
