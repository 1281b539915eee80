//! Opening: claim, fetch again, resume, acknowledge; leases, strict delivery, expiry.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::calls::{self, acknowledge, claim, fate, fetch};
use testkit::server::Server;
use testkit::{Answer, Ask};

fn is_unavailable(answer: &Answer) -> bool {
    (answer.status, answer.problem().as_str()) == (404, "unavailable")
}

#[tokio::test]
async fn a_reader_gets_the_envelope_byte_for_byte_and_opens_it() {
    let server = Server::start().await;
    let text = "caf\u{e9}, a key \u{1f511}\0 and trailing spaces   \r\n";
    let sealed = server.seal(text, None);
    let shared = calls::share(server.address, sealed, &json!({})).await;
    let answer = claim(&shared, &server.claim_token()).of(server.address).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.header("sigill-lease-ends"), Some("2026-11-24T12:01:00.000Z"));
    assert_eq!(answer.body, shared.sealed.envelope);
    let keys = envelope::Keys::derive(&shared.sealed.key, None).unwrap();
    let envelope::Content::Text(opened) = envelope::open(keys, &answer.body).unwrap() else {
        panic!("not a text")
    };
    assert_eq!(*opened, text);
}

#[tokio::test]
async fn a_lost_answer_loses_nothing_and_a_second_reader_gets_nothing() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let (first, second) = (server.claim_token(), server.claim_token());
    let won = claim(&shared, &first).of(server.address).await;
    assert_eq!(won.status, 200);
    // R13: the same claim again is the same view; nobody else's is.
    assert_eq!(claim(&shared, &first).of(server.address).await.shape(), won.shape());
    assert!(is_unavailable(&claim(&shared, &second).of(server.address).await));
    assert_eq!(fetch(&shared.id, &first).of(server.address).await.body, won.body);
    assert!(is_unavailable(&fetch(&shared.id, &second).of(server.address).await));
    assert!(is_unavailable(&acknowledge(&shared.id, &second).of(server.address).await));
    let (state, events) = fate(server.address, &shared.receipt).await;
    assert_eq!((state.as_str(), events.len()), ("delivering", 2));

    let server = server.restart().await;
    assert_eq!(
        fetch(&shared.id, &first).of(server.address).await.body,
        won.body,
        "after a restart"
    );
    for _ in 0..2 {
        let answer = acknowledge(&shared.id, &first).of(server.address).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0), "saying it twice is no fault");
    }
    for ask in [claim(&shared, &first), fetch(&shared.id, &first), claim(&shared, &second)] {
        assert!(is_unavailable(&ask.of(server.address).await));
    }
    let (state, events) = fate(server.address, &shared.receipt).await;
    assert_eq!(state, "opened");
    assert_eq!(events, ["created", "opened", "delivered"]);
    assert_eq!(server.kept().await.bytes, 0);
}

#[tokio::test]
async fn a_lease_ends_to_the_millisecond_and_the_receipt_says_so() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let token = server.claim_token();
    assert_eq!(claim(&shared, &token).of(server.address).await.status, 200);
    server.clock.advance(Duration::from_millis(59_999));
    assert_eq!(fetch(&shared.id, &token).of(server.address).await.status, 200);
    assert_eq!(claim(&shared, &token).of(server.address).await.status, 200);
    server.clock.advance(Duration::from_millis(1));
    // The sweeper has not come by yet: the end is an end without it.
    for ask in [fetch(&shared.id, &token), claim(&shared, &token)] {
        assert!(is_unavailable(&ask.of(server.address).await));
    }
    server.sweep().await;
    let (state, events) = fate(server.address, &shared.receipt).await;
    assert_eq!(state, "opened");
    assert_eq!(events, ["created", "opened", "delivery-unconfirmed"]);
    assert!(is_unavailable(&acknowledge(&shared.id, &token).of(server.address).await));
    assert_eq!(server.kept().await.bytes, 0);
}

#[tokio::test]
async fn strict_is_at_most_once_and_destroys_as_it_is_claimed() {
    let server = Server::start().await;
    let shared = server.shared_as(&json!({ "strict": true })).await;
    let token = server.claim_token();
    let answer = claim(&shared, &token).of(server.address).await;
    assert_eq!((answer.status, answer.header("sigill-lease-ends")), (200, None));
    assert_eq!(answer.body, shared.sealed.envelope);
    assert_eq!(server.kept().await.bytes, 0);
    for ask in [claim(&shared, &token), fetch(&shared.id, &token), acknowledge(&shared.id, &token)]
    {
        assert!(is_unavailable(&ask.of(server.address).await));
    }
    let (state, events) = fate(server.address, &shared.receipt).await;
    assert_eq!(state, "opened");
    assert_eq!(events, ["created", "opened", "delivery-unconfirmed"]);
}

#[tokio::test]
async fn v_views_are_v_readers_and_the_last_delivery_destroys() {
    let server = Server::start().await;
    let shared = server.shared_as(&json!({ "views": 3 })).await;
    let tokens: Vec<String> = (0..5).map(|_| server.claim_token()).collect();
    let mut won = Vec::new();
    for token in &tokens {
        won.push(claim(&shared, token).of(server.address).await.status);
    }
    assert_eq!(won, [200, 200, 200, 404, 404]);
    for token in &tokens[..2] {
        assert_eq!(acknowledge(&shared.id, token).of(server.address).await.status, 204);
        assert!(is_unavailable(&fetch(&shared.id, token).of(server.address).await));
    }
    assert_eq!(fetch(&shared.id, &tokens[2]).of(server.address).await.status, 200);
    assert_eq!(acknowledge(&shared.id, &tokens[2]).of(server.address).await.status, 204);
    assert_eq!(server.kept().await.bytes, 0);
}

#[tokio::test]
async fn expiry_is_exact_and_needs_no_sweeper() {
    let server = Server::start().await;
    for (asked, seconds) in [(60, 60), (31_536_000, 31_536_000)] {
        let asked = json!({ "expires_in": asked });
        let (early, late) = (server.shared_as(&asked).await, server.shared_as(&asked).await);
        server.clock.advance(Duration::from_millis(seconds * 1000 - 1));
        assert_eq!(claim(&early, &server.claim_token()).of(server.address).await.status, 200);
        server.clock.advance(Duration::from_millis(1));
        assert!(is_unavailable(&claim(&late, &server.claim_token()).of(server.address).await));
        server.sweep().await;
        let (state, events) = fate(server.address, &late.receipt).await;
        assert_eq!(state, "expired");
        assert_eq!(events, ["created", "expired"]);
    }
}

#[tokio::test]
async fn a_large_envelope_is_resumed_by_ranges_by_its_claimant_alone() {
    let server = Server::start().await;
    let sealed = server.seal(&"x".repeat(300_000), None);
    let shared = calls::share(server.address, sealed, &json!({})).await;
    let whole = &shared.sealed.envelope;
    let size = whole.len();
    let token = server.claim_token();
    assert!(is_unavailable(&fetch(&shared.id, &token).of(server.address).await), "before a claim");
    assert_eq!(claim(&shared, &token).of(server.address).await.body, *whole);
    let range =
        async |range: &str| fetch(&shared.id, &token).with("Range", range).of(server.address).await;
    for (asked, from, to) in [
        ("bytes=0-0".to_owned(), 0, 1),
        ("bytes=100-199".to_owned(), 100, 200),
        ("bytes=65535-65536".to_owned(), 65_535, 65_537),
        ("bytes=70000-".to_owned(), 70_000, size),
        ("bytes=-10".to_owned(), size - 10, size),
        (format!("bytes={}-{}", size - 1, size + 50), size - 1, size),
    ] {
        let answer = range(&asked).await;
        assert_eq!(answer.status, 206, "{asked}");
        assert_eq!(answer.body, whole[from..to], "{asked}");
        let said = format!("bytes {from}-{}/{size}", to - 1);
        assert_eq!(answer.header("content-range"), Some(said.as_str()));
    }
    assert_eq!(range(&format!("bytes={size}-")).await.problem(), "range-not-satisfiable");
    assert_eq!(range("bytes=5-1").await.body, *whole, "a range that cannot be read is ignored");
    let other = server.claim_token();
    let stranger = fetch(&shared.id, &other).with("Range", "bytes=0-0").of(server.address).await;
    assert!(is_unavailable(&stranger));
    assert_eq!(acknowledge(&shared.id, &token).of(server.address).await.status, 204);
    assert!(is_unavailable(&range("bytes=0-0").await));
    server.sweep().await;
    assert_eq!(server.kept().await.files, 0);
}

#[tokio::test]
async fn every_field_of_a_claim_is_needed_and_no_other_is_known() {
    let server = Server::start().await;
    let shared = server.shared().await;
    let good = json!({
        "link_proof": calls::base64url(shared.sealed.link_proof().expose()),
        "proof": calls::base64url(shared.sealed.proof().expose()),
        "claim_token": server.claim_token(),
    });
    let target = format!("/v1/secrets/{}/claim", shared.id);
    let before = server.kept().await;
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let without = |name: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    for (body, field) in [
        (without("link_proof"), "link_proof"),
        (without("proof"), "proof"),
        (without("claim_token"), "claim_token"),
        (with("link_proof", json!(1)), "link_proof"),
        (with("proof", json!("canary")), "proof"),
        (with("proof", json!("A".repeat(42))), "proof"),
        (with("claim_token", json!(null)), "claim_token"),
        (with("claim_token", json!("canary")), "claim_token"),
        (with("claim_token", json!(format!("sgc_{}", "1".repeat(43)))), "claim_token"),
        (with("claim_token", json!(shared.receipt)), "claim_token"),
        (with("colour", json!("canary")), "colour"),
    ] {
        let answer = Ask::post(&target).json(&body).of(server.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{body}");
        assert_eq!(answer.json()["field"], field, "{body}");
        assert!(!answer.text().contains("canary"));
    }
    for (ask, problem) in [
        (Ask::post(&target).body("application/json", "{"), "malformed"),
        (Ask::post(&target).body("application/json", format!("{good}x")), "malformed"),
        (Ask::post(&target).body("application/json", ""), "malformed"),
        (Ask::post(&target).body("text/plain", good.to_string()), "unsupported-media-type"),
        (Ask::post(&target), "unsupported-media-type"),
        (Ask::post(&target).body("application/json", " ".repeat(16 * 1024 + 1)), "too-large"),
    ] {
        assert_eq!(ask.of(server.address).await.problem(), problem);
    }
    assert_eq!(server.kept().await, before);
    assert_eq!(Ask::post(&target).json(&good).of(server.address).await.status, 200);
}

#[tokio::test]
async fn a_payload_that_does_not_open_at_rest_is_not_consumed() {
    let server = Server::start().await;
    let sealed = server.seal(&"x".repeat(100_000), None);
    let shared = calls::share(server.address, sealed, &json!({})).await;
    let blob =
        std::fs::read_dir(server.data().join("blobs")).unwrap().next().unwrap().unwrap().path();
    let good = std::fs::read(&blob).unwrap();
    let mut bad = good.clone();
    bad[100] ^= 1;
    std::fs::write(&blob, &bad).unwrap();
    for _ in 0..3 {
        let answer = claim(&shared, &server.claim_token()).of(server.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "undecryptable"));
    }
    let (state, events) = fate(server.address, &shared.receipt).await;
    assert_eq!(state, "waiting", "nothing was consumed (R6)");
    assert_eq!(events, ["created", "integrity-failure"], "written down once (R37)");
    std::fs::write(&blob, &good).unwrap();
    let answer = claim(&shared, &server.claim_token()).of(server.address).await;
    assert_eq!(answer.body, shared.sealed.envelope, "and opens once it is whole again");
}

/// R6: damage behind the first chunk shows only on the way. It is written down, and the reader may ask again.
#[tokio::test]
async fn damage_in_the_middle_of_a_large_secret_is_written_down() {
    let server = Server::start().await;
    let sealed = server.seal(&"x".repeat(300_000), None);
    let shared = calls::share(server.address, sealed, &json!({})).await;
    let blobs = server.data().join("blobs");
    let file = std::fs::read_dir(&blobs).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[150_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let token = server.claim_token();
    assert!(
        claim(&shared, &token)
            .try_of(server.address)
            .await
            .is_none_or(|cut| cut.body.len() < 150_000)
    );
    let told = async || fate(server.address, &shared.receipt).await.1;
    testkit::until("it is noted", async || told().await.contains(&"integrity-failure".to_owned()))
        .await;
    assert_eq!(told().await, ["created", "opened", "integrity-failure"]);
}
