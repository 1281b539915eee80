//! Nodes whose clocks differ: what one has ended is ended for all, whatever the others think the time is,
//! and one view is one reader (laws 1 and 4).

use std::time::Duration;

use serde_json::json;
use testkit::asking::at_once;
use testkit::calls::{acknowledge, claim, claim_token, fate};
use testkit::{Cluster, Server};

/// How far one clock is ahead of the other.
const AHEAD: Duration = Duration::from_hours(1);

/// Two nodes; the clock of the second one is ahead.
async fn two() -> (Server, Server) {
    let database = Cluster::shared().database();
    let right = Server::node(&database, None).await;
    let ahead = Server::node(&database, Some(&right)).await;
    ahead.clock.advance(AHEAD);
    (right, ahead)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_faster_clock_has_ended_no_slower_one_brings_back() {
    let (right, ahead) = two().await;
    let short = right.shared_as(&json!({ "expires_in": 1800 })).await;
    let long = right.shared_as(&json!({ "expires_in": 7200 })).await;
    let denied = claim(&short, &claim_token(&*ahead.dice)).of(ahead.address).await;
    assert_eq!(denied.status, 404, "its time is up");
    ahead.sweep().await;
    right.sweep().await;
    for node in [&right, &ahead] {
        let answer = claim(&short, &claim_token(&*node.dice)).of(node.address).await;
        assert_eq!(answer.shape(), denied.shape(), "one answer (R20)");
        let events = ["created", "expired"].map(str::to_owned).to_vec();
        assert_eq!(fate(node.address, &short.receipt).await, ("expired".to_owned(), events));
    }
    let answer = claim(&long, &claim_token(&*ahead.dice)).of(ahead.address).await;
    assert_eq!(answer.body, long.sealed.envelope, "and nothing else was ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_from_the_future_is_opened_once() {
    let (right, ahead) = two().await;
    let addresses = [right.address, ahead.address];
    for _ in 0..5 {
        let shared = ahead.shared().await;
        let tokens: Vec<_> = (0..8).map(|_| claim_token(&*right.dice)).collect();
        let asks = tokens.iter().map(|token| claim(&shared, token)).collect();
        let answers = at_once(&addresses, asks).await;
        let won: Vec<_> = (0..8).filter(|number| answers[*number].status == 200).collect();
        assert_eq!(won.len(), 1);
        assert_eq!(answers[won[0]].body, shared.sealed.envelope);
        let answer = acknowledge(&shared.id, &tokens[won[0]]).of(right.address).await;
        assert_eq!(answer.status, 204);
        assert_eq!(
            fate(ahead.address, &shared.receipt).await.1,
            ["created", "opened", "delivered"]
        );
    }
    assert_eq!(right.kept().await.trail, ahead.kept().await.trail, "one trail");
}
