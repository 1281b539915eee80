//! The front door, with a bucket for large payloads: in parts and in one stream, by range, through an
//! outage, and what nobody refers to is removed.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

#[path = "door/uploads.rs"]
mod uploads;

use std::time::Duration;

use serde_json::json;
use testkit::calls::{Shared, acknowledge, burn, claim, create, fetch};
use testkit::proxy::Proxy;
use testkit::server::{Server, Setup};
use testkit::{Bucket, Connection, until};

use self::uploads::{Upload, begun_with};

/// An envelope of more than two parts.
async fn large(server: &Server) -> Shared {
    let text: String = ('a'..='z').cycle().take((17 << 20) + 5).collect();
    server.share(server.seal(&text, None)).await
}

#[tokio::test]
async fn what_came_in_one_stream_lies_in_parts_and_is_read_by_range() {
    let server = Server::start().await;
    let shared = large(&server).await;
    assert_eq!(server.kept().await.files, 3);
    assert_eq!(std::fs::read_dir(server.data().join("blobs")).map_or(0, Iterator::count), 0);
    let token = server.claim_token();
    let envelope = &shared.sealed.envelope;
    let answer = claim(&shared, &token).of(server.address).await;
    assert!(answer.body == *envelope, "byte for byte");
    let size = envelope.len();
    let part = 8 << 20;
    for (first, last) in [(0, 0), (part - 1, part), (65_535, 65_536), (part + 5, size - 1)] {
        let range = format!("bytes={first}-{last}");
        let answer = fetch(&shared.id, &token).with("Range", &range).of(server.address).await;
        assert_eq!(answer.status, 206);
        assert!(answer.body == envelope[first..=last], "{range}");
    }
    acknowledge(&shared.id, &token).of(server.address).await;
    server.sweep().await;
    assert_eq!(server.kept().await.files, 0, "what was opened is removed");
    let shared = large(&server).await;
    burn(&shared.receipt).of(server.address).await;
    server.sweep().await;
    assert_eq!(server.kept().await.files, 0, "and what was burned");
}

/// Law 10: what the bucket cannot do is an outage of that request alone, and nothing is lost by it.
#[tokio::test]
async fn an_outage_of_the_bucket_loses_nothing_and_stops_nothing_small() {
    let bucket = Bucket::fresh().await;
    let line = Proxy::start(bucket.server).await;
    let server = Server::with_bucket(Setup::default(), bucket, line.address).await;
    let waiting = large(&server).await;
    let small = server.shared().await;
    line.cut();
    let sealed = server.seal(&"x".repeat(9 << 20), None);
    let refused = create(&sealed, &json!({})).of(server.address).await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "overloaded"));
    let token = server.claim_token();
    let refused = claim(&waiting, &token).of(server.address).await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "overloaded"));
    let answer = claim(&small, &server.claim_token()).of(server.address).await;
    assert!(answer.body == small.sealed.envelope, "small ones go on");
    server.shared().await;
    assert_eq!(burn(&server.shared().await.receipt).of(server.address).await.status, 200);
    line.mend();
    let answer = claim(&waiting, &server.claim_token()).of(server.address).await;
    assert!(answer.body == waiting.sealed.envelope, "no view was taken");
    let answer = create(&sealed, &json!({})).of(server.address).await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn what_no_row_refers_to_is_removed_and_nothing_else() {
    let bucket = Bucket::fresh().await;
    let address = bucket.server;
    let server = Server::with_bucket(Setup::default(), bucket.clone(), address).await;
    // Every object is old for a clock that is far ahead.
    server.clock.advance(Duration::from_hours(24 * 3650));
    let waiting = large(&server).await;
    bucket.put("of/sigill/999999/0").await;
    bucket.put("of/sigill/999999/1").await;
    bucket.put("of/another/999999/0").await;
    bucket.put("of/sigill/notes").await;
    server.clock.advance(Duration::from_hours(2));
    server.sweep().await;
    let left = bucket.objects().await;
    assert_eq!(left.len(), 5, "{left:?}");
    assert!(!left.iter().any(|key| key.starts_with("of/sigill/999999")), "{left:?}");
    let answer = claim(&waiting, &server.claim_token()).of(server.address).await;
    assert!(answer.body == waiting.sealed.envelope);
}

/// Law 10: one network may send so many parts at once, and others find room beside it.
#[tokio::test]
async fn whoever_sends_many_parts_at_once_leaves_room_for_others() {
    let setup = Setup { proxies: &["127.0.0.0/8"], ..Setup::default() };
    let server = Server::with(setup).await;
    let upload = async || begun_with(&server, server.seal(&"x".repeat(100_000), None)).await;
    let part = |of: &Upload, network: &str| of.send(0).with("X-Forwarded-For", network);
    let mut running = Vec::new();
    for _ in 0..4 {
        let mut connection = Connection::open(server.address).await;
        let part = part(&upload().await, "192.0.2.1").with("Expect", "100-continue");
        connection.send(&part.head()).await;
        assert_eq!(connection.answer().await.unwrap().status, 100, "it has begun");
        running.push(connection);
    }
    let fifth = upload().await;
    let refused = part(&fifth, "192.0.2.1").of(server.address).await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "overloaded"));
    let other = upload().await;
    assert_eq!(part(&other, "198.51.100.1").of(server.address).await.status, 204);
    drop(running.pop());
    until("there is room again", async || {
        part(&fifth, "192.0.2.1").of(server.address).await.status == 204
    })
    .await;
}

#[tokio::test]
async fn a_part_of_another_node_is_not_replaced_and_what_was_left_before_is() {
    let bucket = Bucket::fresh().await;
    let address = bucket.server;
    let server = Server::with_bucket(Setup::default(), bucket.clone(), address).await;
    bucket.put("of/sigill/1/0").await;
    let upload = begun_with(&server, server.seal(&"x".repeat(100_000), None)).await;
    assert_eq!(bucket.objects().await.len(), 0, "of an earlier life of the database");
    bucket.put("of/sigill/1/0").await;
    let refused = upload.send(0).of(server.address).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "idempotency-conflict"));
    assert_eq!(upload.complete().of(server.address).await.problem(), "incomplete");
}

/// However much that is in use comes before it.
#[tokio::test]
async fn a_stray_is_found_behind_any_number_of_objects() {
    let bucket = Bucket::fresh().await;
    let address = bucket.server;
    let server = Server::with_bucket(Setup::default(), bucket.clone(), address).await;
    server.clock.advance(Duration::from_hours(24 * 3650));
    let waiting = large(&server).await;
    // As many as one look takes.
    for number in 3..503 {
        bucket.put(&format!("of/sigill/1/{number}")).await;
    }
    bucket.put("of/sigill/999999/0").await;
    server.clock.advance(Duration::from_hours(2));
    let found = async || !bucket.objects().await.contains(&"of/sigill/999999/0".to_owned());
    server.sweep().await;
    assert!(!found().await);
    server.sweep().await;
    assert!(found().await);
    assert_eq!(bucket.objects().await.len(), 503);
    let answer = claim(&waiting, &server.claim_token()).of(server.address).await;
    assert!(answer.body == waiting.sealed.envelope);
}
