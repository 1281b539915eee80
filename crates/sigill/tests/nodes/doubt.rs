//! A database that is cut off in the middle: nothing is given away that may not be kept, nothing is lost
//! that was promised, and whoever asks again finds out (laws 1 and 2, R3, R13).

use serde_json::json;
use testkit::calls::{Shared, acknowledge, burn, claim, create, fate, fetch};
use testkit::proxy::{Fault, Proxy};
use testkit::secrets::Sealed;
use testkit::{Cluster, until};

use crate::Nodes;

/// One node that reaches its database through a proxy.
async fn behind_a_proxy() -> (Proxy, Nodes) {
    let cluster = Cluster::shared();
    let proxy = Proxy::start(cluster.address()).await;
    let port = |address: std::net::SocketAddr| format!(":{}/", address.port());
    let database = cluster.database().replace(&port(cluster.address()), &port(proxy.address));
    let nodes = Nodes::start(1, &database).await;
    (proxy, nodes)
}

/// Asks for `shared` while the commit meets `fault`. Not a byte of the envelope comes back.
async fn claim_in_doubt(proxy: &Proxy, nodes: &Nodes, shared: &Shared, fault: Fault) -> String {
    let token = nodes.token();
    proxy.next_commit(fault);
    let answer = claim(shared, &token).of(nodes.address(0)).await;
    assert!(proxy.has_struck());
    assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
    assert!(answer.header("retry-after").is_some(), "R36");
    token
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_whose_commit_is_in_doubt_is_its_claimants_and_nobody_elses() {
    let (proxy, nodes) = behind_a_proxy().await;
    let address = nodes.address(0);
    for _ in 0..3 {
        let shared = nodes.share(0).await;
        let token = claim_in_doubt(&proxy, &nodes, &shared, Fault::LoseAnswer).await;
        // It was committed: the view is taken.
        assert_eq!(claim(&shared, &nodes.token()).of(address).await.status, 404);
        assert_eq!(claim(&shared, &token).of(address).await.body, shared.sealed.envelope);
        assert_eq!(fetch(&shared.id, &token).of(address).await.body, shared.sealed.envelope);
        assert_eq!(acknowledge(&shared.id, &token).of(address).await.status, 204);
        assert_eq!(fate(address, &shared.receipt).await.1, ["created", "opened", "delivered"]);
    }
    for _ in 0..3 {
        let shared = nodes.share(0).await;
        claim_in_doubt(&proxy, &nodes, &shared, Fault::LoseCommit).await;
        // It was not: the secret waits as if nobody had asked.
        assert_eq!(fate(address, &shared.receipt).await.1, ["created"]);
        let other = claim(&shared, &nodes.token()).of(address).await;
        assert_eq!(other.body, shared.sealed.envelope);
    }
    nodes.trail().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_in_doubt_is_repeated_under_its_key_and_is_there_once() {
    let (proxy, nodes) = behind_a_proxy().await;
    let address = nodes.address(0);
    for (number, fault) in [Fault::LoseAnswer, Fault::LoseCommit].into_iter().enumerate() {
        let sealed = Sealed::text("hush", None, &nodes.dice);
        let key = format!("creation-{number}-in-doubt");
        let ask = create(&sealed, &json!({})).with("Idempotency-Key", &key);
        let before = nodes.trail().await;
        proxy.next_commit(fault);
        assert_eq!(ask.of(address).await.status, 503);
        let first = ask.of(address).await;
        let second = ask.of(address).await;
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(first.json()["id"], second.json()["id"]);
        assert_eq!(nodes.trail().await, before + 1, "created once");
        let shared = Shared::new(sealed, &second);
        let answer = claim(&shared, &nodes.token()).of(address).await;
        assert_eq!(answer.body, shared.sealed.envelope);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_database_a_node_says_so_and_goes_on_when_it_is_back() {
    let (proxy, nodes) = behind_a_proxy().await;
    let address = nodes.address(0);
    let (first, second) = (nodes.share(0).await, nodes.share(0).await);
    proxy.cut();
    let sealed = Sealed::text("hush", None, &nodes.dice);
    let asks = [create(&sealed, &json!({})), claim(&first, &nodes.token()), burn(&second.receipt)];
    let asked: Vec<_> =
        asks.into_iter().map(|ask| tokio::spawn(async move { ask.of(address).await })).collect();
    for asked in asked {
        let answer = asked.await.unwrap();
        assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(answer.json()["retry_after"], wait, "R36");
    }
    proxy.mend();
    until("the node has its database again", async || {
        let answer = create(&sealed, &json!({})).of(address).await;
        answer.status == 201
    })
    .await;
    let answer = claim(&first, &nodes.token()).of(address).await;
    assert_eq!(answer.body, first.sealed.envelope, "nothing was lost");
    assert_eq!(fate(address, &second.receipt).await.0, "waiting");
    nodes.trail().await;
}
