//! Receipts: follow, burn, unlock; and capabilities of one kind where another belongs.

use std::time::Duration;

use domain::entropy::draw;
use envelope::{ReceiptToken, SecretId};
use serde_json::json;
use testkit::calls::{
    acknowledge, burn, claim, claim_with, fate, fetch, follow, unlock, wrong_guess,
};
use testkit::server::Server;
use testkit::{Answer, Ask, calls};

#[tokio::test]
async fn a_receipt_tells_everything_but_what_opens() {
    let server = Server::start().await;
    let sealed = server.seal("hush", Some("a passphrase"));
    let shared = calls::share(server.address, sealed, &json!({ "views": 2 })).await;
    let answer = follow(&shared.receipt).of(server.address).await;
    let expected = json!({
        "ref": shared.created["ref"],
        "state": "waiting",
        "created_at": "2026-11-24T12:00:00.000Z",
        "expires_at": "2026-11-25T12:00:00.000Z",
        "ended_at": null,
        "views": 2,
        "views_left": 2,
        "passphrase": true,
        "strict": false,
        "sealed_by": "sender",
        "failed_passphrases": { "failed": 0, "limit": 20, "action": "lock" },
        "events": [{ "at": "2026-11-24T12:00:00.000Z", "kind": "created", "actor": "sender" }],
    });
    assert_eq!(answer.json(), expected);
    assert!(!answer.text().contains(&shared.id), "not even the id: a receipt is no link (R5, R19)");
}

#[tokio::test]
async fn burning_needs_the_receipt_alone_and_may_be_said_twice() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let first = burn(&shared.receipt).of(server.address).await;
    let again = burn(&shared.receipt).of(server.address).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.json(), again.json());
    assert_eq!(first.json()["outcome"], "burned");
    let answer = claim(&shared, &server.claim_token()).of(server.address).await;
    assert_eq!(answer.problem(), "unavailable");
    let (state, events) = fate(server.address, &shared.receipt).await;
    assert_eq!(state, "burned");
    assert_eq!(events, ["created", "burned"]);
}

#[tokio::test]
async fn burning_too_late_says_who_was_first() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let token = server.claim_token();
    assert_eq!(claim(&shared, &token).of(server.address).await.status, 200);
    assert_eq!(burn(&shared.receipt).of(server.address).await.json()["outcome"], "opened");
    // The reader's hold is not broken by it.
    assert_eq!(fetch(&shared.id, &token).of(server.address).await.status, 200);
    let late = server.shared_as(&json!({ "expires_in": 60 })).await;
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(burn(&late.receipt).of(server.address).await.json()["outcome"], "expired");
}

#[tokio::test]
async fn receipts_outlive_payloads_for_ninety_days_and_no_longer() {
    let server = Server::start().await;
    let shared = server.shared().await;
    burn(&shared.receipt).of(server.address).await;
    server.clock.advance(Duration::from_hours(91 * 24) - Duration::from_millis(1));
    server.sweep().await;
    assert_eq!(fate(server.address, &shared.receipt).await.0, "burned");
    server.clock.advance(Duration::from_millis(1));
    server.sweep().await;
    assert_eq!(follow(&shared.receipt).of(server.address).await.problem(), "unavailable");
}

#[tokio::test]
async fn unlocking_gives_the_tries_back() {
    let server = Server::start().await;
    let sealed = server.seal("hush", Some("right"));
    let asked = json!({ "failed_passphrases": { "limit": 2, "action": "lock" } });
    let shared = calls::share(server.address, sealed, &asked).await;
    let outcome = async || unlock(&shared.receipt).of(server.address).await.json();
    assert_eq!(outcome().await["outcome"], "not-locked");
    for left in [1, 0] {
        let answer = wrong_guess(&shared, &*server.dice).of(server.address).await;
        assert_eq!(answer.json()["attempts_left"], left);
    }
    assert_eq!(fate(server.address, &shared.receipt).await.0, "locked");
    let right = claim(&shared, &server.claim_token()).of(server.address).await;
    assert_eq!(right.problem(), "unavailable", "locked is locked, also for the right passphrase");
    let unlocked = outcome().await;
    assert_eq!(unlocked["outcome"], "unlocked");
    assert_eq!(unlocked["receipt"]["failed_passphrases"]["failed"], 0);
    assert_eq!(claim(&shared, &server.claim_token()).of(server.address).await.status, 200);
    let (_, events) = fate(server.address, &shared.receipt).await;
    let rejected = "passphrase-rejected";
    assert_eq!(events, ["created", rejected, rejected, "locked", "unlocked", "opened"]);
}

/// R17: whatever is shown where another capability belongs is "unavailable", and does nothing.
#[tokio::test]
async fn a_capability_of_one_kind_does_nothing_where_another_belongs() {
    let server = Server::start().await;
    let shared = server.shared_as(&json!({ "views": 2 })).await;
    let (token, sealed) = (server.claim_token(), &shared.sealed);
    assert_eq!(claim(&shared, &token).of(server.address).await.status, 200);
    let parsed: SecretId = shared.id.parse().unwrap();
    let other_receipt = ReceiptToken::new(parsed, draw(&*server.dice)).expose().to_string();
    let moved_receipt = ReceiptToken::new(SecretId::from_bytes([7; 16]), sealed.receipt_secret);
    let secret_as_claim = envelope::ClaimToken::new(sealed.receipt_secret).expose().to_string();
    let proof = calls::base64url(sealed.proof().expose());
    let link_proof = calls::base64url(sealed.link_proof().expose());
    let link_key = sealed.key.encode(&parsed).to_string();
    let anything = [
        &*shared.id,
        &*link_key,
        &proof,
        &link_proof,
        "",
        "sgr_",
        "sgc_",
        "sgx_1",
        "x",
        &other_receipt,
        &moved_receipt.expose(),
        &secret_as_claim,
    ];
    let hold = json!({ "before": server.kept().await.trail.len() });
    let before = server.kept().await;
    let check = |answer: &Answer, what: &str| {
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (404, "unavailable"),
            "{what} {hold}"
        );
    };
    for wrong in anything.into_iter().chain([token.as_str()]) {
        for ask in [follow(wrong), burn(wrong), unlock(wrong)] {
            check(&ask.of(server.address).await, wrong);
        }
    }
    for wrong in anything.into_iter().chain([shared.receipt.as_str()]) {
        for ask in [fetch(&shared.id, wrong), acknowledge(&shared.id, wrong)] {
            check(&ask.of(server.address).await, wrong);
        }
    }
    // Both proofs the wrong way round, and a claim token in the place of the id.
    let swapped =
        claim_with(&shared.id, &sealed.proof(), &sealed.link_proof(), &server.claim_token());
    let answer = swapped.of(server.address).await;
    // Without a passphrase the two are still different proofs.
    check(&answer, "swapped proofs");
    for id in [token.as_str(), &shared.receipt, &link_key, "1", &"1".repeat(22), &"z".repeat(22)] {
        let ask = claim_with(id, &sealed.link_proof(), &sealed.proof(), &server.claim_token());
        check(&ask.of(server.address).await, id);
        check(&fetch(id, &token).of(server.address).await, id);
        check(&acknowledge(id, &token).of(server.address).await, id);
    }
    assert_eq!(server.kept().await, before, "and nothing came of it");
    // In another place than the header, a capability is none.
    for ask in [
        Ask::get(&format!("/v1/receipt?token={}", shared.receipt)),
        Ask::get("/v1/receipt").with("Authorization", &shared.receipt),
        Ask::get("/v1/receipt").with("Authorization", &format!("Basic {}", shared.receipt)),
        Ask::get("/v1/receipt").with("Cookie", &format!("token={}", shared.receipt)),
        follow(&shared.receipt).bearer(&shared.receipt),
    ] {
        check(&ask.of(server.address).await, "in another place");
    }
    assert_eq!(fate(server.address, &shared.receipt).await.0, "waiting");
}
