//! A database that is cut off in the middle: nothing is given away that may not be kept, nothing is lost
//! that was promised, and whoever asks again finds out (laws 1 and 2, R3, R13).

use serde_json::json;
use testkit::calls::{Shared, acknowledge, claim, create, fate, fetch};
use testkit::proxy::{Fault, Proxy};
use testkit::secrets::Sealed;
use testkit::{Ask, Cluster};

use crate::Nodes;

/// One node that reaches its database through a proxy.
pub(crate) async fn behind_a_proxy() -> (Proxy, Nodes) {
    let cluster = Cluster::shared();
    let proxy = Proxy::start(cluster.address()).await;
    let port = |address: std::net::SocketAddr| format!(":{}/", address.port());
    let database = cluster.database().replace(&port(cluster.address()), &port(proxy.address));
    let nodes = Nodes::start(1, &database).await;
    (proxy, nodes)
}

/// How often a commit of the sweeper's may come first.
const TRIES: u32 = 20;

/// Asks while the commit meets `fault`. Not a byte of what was asked for comes back. `false` when the
/// fault has hit somebody else's commit.
async fn in_doubt(proxy: &Proxy, nodes: &Nodes, ask: &Ask, fault: Fault) -> bool {
    proxy.next_commit(fault);
    let answer = ask.of(nodes.address(0)).await;
    assert!(proxy.has_struck());
    if answer.status < 300 {
        return false;
    }
    assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
    assert!(answer.header("retry-after").is_some(), "R36");
    true
}

/// A secret, and the token of a reader whose claim was in doubt.
async fn claim_in_doubt(proxy: &Proxy, nodes: &Nodes, fault: Fault) -> (Shared, String) {
    for _ in 0..TRIES {
        let (shared, token) = (nodes.share(0).await, nodes.token());
        if in_doubt(proxy, nodes, &claim(&shared, &token), fault).await {
            return (shared, token);
        }
    }
    panic!("the fault never hit a claim");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_whose_commit_is_in_doubt_is_its_claimants_and_nobody_elses() {
    let (proxy, nodes) = behind_a_proxy().await;
    let address = nodes.address(0);
    for _ in 0..3 {
        let (shared, token) = claim_in_doubt(&proxy, &nodes, Fault::LoseAnswer).await;
        // It was committed: the view is taken.
        assert_eq!(claim(&shared, &nodes.token()).of(address).await.status, 404);
        assert_eq!(claim(&shared, &token).of(address).await.body, shared.sealed.envelope);
        assert_eq!(fetch(&shared.id, &token).of(address).await.body, shared.sealed.envelope);
        assert_eq!(acknowledge(&shared.id, &token).of(address).await.status, 204);
        assert_eq!(fate(address, &shared.receipt).await.1, ["created", "opened", "delivered"]);
    }
    for _ in 0..3 {
        let (shared, _) = claim_in_doubt(&proxy, &nodes, Fault::LoseCommit).await;
        // It was not: the secret waits as if nobody had asked.
        assert_eq!(fate(address, &shared.receipt).await.1, ["created"]);
        let other = claim(&shared, &nodes.token()).of(address).await;
        assert_eq!(other.body, shared.sealed.envelope);
    }
    nodes.trail().await;
}

/// A client that the server opens for has no token to ask with again: the server finds out for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_opens_is_not_lost_with_a_commit_in_doubt() {
    let (proxy, nodes) = behind_a_proxy().await;
    let address = nodes.address(0);
    let share = || Ask::post("/api/v1/share?secret=hush");
    let open = |key: &str| Ask::post(&format!("/api/v1/secret/{key}"));
    for fault in [Fault::LoseAnswer, Fault::LoseCommit, Fault::LoseAnswer, Fault::LoseCommit] {
        let shared = share().of(address).await.json();
        let open = open(shared["secret_key"].as_str().unwrap());
        proxy.next_commit(fault);
        let mut answer = open.of(address).await;
        assert!(proxy.has_struck());
        if matches!(fault, Fault::LoseCommit) && answer.status != 200 {
            // Nothing was taken, and it can be asked for again.
            answer = open.of(address).await;
        }
        assert_eq!((answer.status, &answer.json()["value"]), (200, &json!("hush")));
        assert_eq!(open.of(address).await.status, 404, "one view is one reader");
    }
    nodes.trail().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_in_doubt_is_repeated_under_its_key_and_is_there_once() {
    let (proxy, nodes) = behind_a_proxy().await;
    let address = nodes.address(0);
    let (mut hit, mut tries) = (0, 0);
    while hit < 2 {
        tries += 1;
        assert!(tries < TRIES, "the fault never hit a creation");
        let fault = if hit == 0 { Fault::LoseAnswer } else { Fault::LoseCommit };
        let sealed = Sealed::text("hush", None, &nodes.dice);
        let key = format!("creation-{tries}-in-doubt");
        let ask = create(&sealed, &json!({})).with("Idempotency-Key", &key);
        let before = nodes.trail().await;
        if !in_doubt(&proxy, &nodes, &ask, fault).await {
            continue;
        }
        hit += 1;
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
