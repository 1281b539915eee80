//! The states, over time: which fields a receipt has in each, when a secret is over to the second, and when
//! its receipt is.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    Made, START, V1_LIVE, conceal, follow_v1, follow_v2, is_receipt, is_unknown_v1, is_unknown_v2,
    is_v1_receipt, open_v1, reveal, share, told,
};

/// A secret of a minute.
async fn minute(server: &Server) -> Made {
    share(server, &[("secret", "hush"), ("ttl", "60")]).await
}

/// Table 5.2 of the contract: what a v1 receipt shows in each state.
#[tokio::test]
async fn a_receipt_of_v1_has_the_fields_of_its_state() {
    let server = Server::start().await;
    let (new, opened) = (minute(&server).await, minute(&server).await);
    let (burned, expired) = (minute(&server).await, minute(&server).await);
    told(&server, 200, &open_v1(&opened.secret)).await;
    told(&server, 200, &Ask::post(&format!("/api/v1/metadata/{}/burn", burned.receipt))).await;
    let follow = async |made: &Made| told(&server, 200, &follow_v1(&made.receipt)).await;

    let receipt = follow(&new).await;
    is_v1_receipt(&receipt, &[V1_LIVE]);
    assert_eq!(receipt["state"], "new");

    let ended = "secret_key secret_identifier secret_ttl";
    let receipt = follow(&opened).await;
    is_v1_receipt(&receipt, &["received"]);
    assert_eq!((&receipt["state"], &receipt["received"]), (&json!("received"), &json!(START)));

    server.clock.advance(Duration::from_mins(1));
    for (made, state) in [(&burned, "burned"), (&expired, "expired")] {
        let receipt = follow(made).await;
        is_v1_receipt(&receipt, &[ended]);
        assert_eq!(receipt["state"], state);
        assert_eq!((&receipt["secret_key"], &receipt["secret_ttl"]), (&json!(""), &Value::Null));
        assert_eq!((&receipt["ttl"], &receipt["metadata_ttl"]), (&json!(60), &json!(60)));
    }
}

#[tokio::test]
async fn a_receipt_of_v2_tells_the_same_story() {
    let server = Server::start().await;
    let expired = minute(&server).await;
    server.clock.advance(Duration::from_mins(1));
    let record = told(&server, 200, &follow_v2(&expired.receipt)).await["record"].clone();
    for (name, value) in [
        ("state", json!("expired")),
        ("is_expired", json!(true)),
        ("is_destroyed", json!(true)),
        ("is_revealed", json!(false)),
        ("is_burned", json!(false)),
        ("is_orphaned", json!(false)),
        ("revealed", Value::Null),
        ("burned", Value::Null),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
}

/// A secret lives for its lifetime and not a millisecond longer, swept or not.
#[tokio::test]
async fn a_secret_is_over_exactly_when_its_time_is() {
    let server = Server::start().await;
    for ask in [open_v1, reveal] {
        let (last, late) = (minute(&server).await, minute(&server).await);
        server.clock.advance(Duration::from_millis(59_999));
        let shown = Ask::get(&format!("/api/v2/secret/{}", last.secret));
        told(&server, 200, &shown).await;
        told(&server, 200, &ask(&last.secret)).await;
        server.clock.advance(Duration::from_millis(1));
        assert_eq!(ask(&late.secret).of(server.address).await.status, 404);
        is_unknown_v2(
            &Ask::get(&format!("/api/v2/secret/{}", late.secret)).of(server.address).await,
        );
        let status = Ask::get(&format!("/api/v2/secret/{}/status", late.secret));
        assert_eq!(told(&server, 200, &status).await, json!({ "record": { "state": "unknown" } }));
    }
}

/// A receipt lives exactly twice as long as its secret was to, whatever became of it meanwhile.
#[tokio::test]
async fn a_receipt_is_gone_after_twice_the_lifetime() {
    let server = Server::start().await;
    let (opened, burned) = (minute(&server).await, minute(&server).await);
    let expired = conceal(&server, &json!({ "secret": "hush", "ttl": 60 })).await;
    server.clock.advance(Duration::from_secs(59));
    told(&server, 200, &open_v1(&opened.secret)).await;
    told(&server, 200, &Ask::post(&format!("/api/v1/private/{}/burn", burned.receipt))).await;
    server.clock.advance(Duration::from_millis(60_999));
    server.sweep().await;
    for made in [&opened, &burned, &expired] {
        told(&server, 200, &follow_v1(&made.receipt)).await;
        told(&server, 200, &follow_v2(&made.receipt)).await;
    }
    server.clock.advance(Duration::from_millis(1));
    for swept in [false, true] {
        if swept {
            server.sweep().await;
        }
        for made in [&opened, &burned, &expired] {
            is_unknown_v1(&follow_v1(&made.receipt).of(server.address).await, &made.receipt);
            is_unknown_v2(&follow_v2(&made.receipt).of(server.address).await);
        }
    }
}

/// Law 2: the process may end at any time.
#[tokio::test]
async fn secrets_and_receipts_outlive_the_process() {
    let mut server = Server::start().await;
    let protected = [("secret", "hush"), ("passphrase", "open sesame")];
    let (made, protected) =
        (share(&server, &[("secret", "hush")]).await, share(&server, &protected).await);
    let gone = minute(&server).await;
    told(&server, 200, &open_v1(&gone.secret)).await;
    server = server.restart().await;
    is_unknown_v1(&open_v1(&gone.secret).of(server.address).await, &gone.secret);
    let receipt = told(&server, 200, &follow_v2(&made.receipt)).await["record"].clone();
    assert_eq!(receipt["secret_identifier"], made.secret.as_str());
    assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "hush");
    let open = super::calls::open_v1_with(&protected.secret, "open sesame");
    assert_eq!(told(&server, 200, &open).await["value"], "hush");
}

/// What the receipt of a created secret says at once, it says later as well.
#[tokio::test]
async fn a_receipt_says_later_what_it_said_at_first() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush", "ttl": 3600 })).await;
    let mut record = told(&server, 200, &follow_v2(&made.receipt)).await["record"].clone();
    let first = &made.told["record"]["receipt"];
    let members = record.as_object_mut().unwrap();
    members.retain(|name, _| first.get(name).is_some());
    is_receipt(&record, &["custid"]);
    assert_eq!(record, *first);
    // v1 tells the very same secret.
    let receipt = told(&server, 200, &follow_v1(&made.receipt)).await;
    assert_eq!(receipt["secret_key"], made.secret.as_str());
    assert_eq!(receipt["created"], START);
}
