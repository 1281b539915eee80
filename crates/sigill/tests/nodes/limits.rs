//! Limits hold over all nodes: asking at many helps nobody (R32, R40).

use serde_json::json;
use testkit::calls::create;
use testkit::proxy::Proxy;
use testkit::secrets::Sealed;
use testkit::{Ask, Cluster};

use crate::Nodes;

/// How many creations one network has at once, wherever it asks.
const BURST: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_has_one_allowance_at_three_nodes() {
    let nodes = Nodes::with(3, &Cluster::shared().database(), &[]).await;
    let (mut created, mut refused) = (0, 0);
    for turn in 0..BURST * 2 {
        let sealed = Sealed::text("hush", None, &nodes.dice);
        let answer = create(&sealed, &json!({})).of(nodes.address(turn % 3)).await;
        match answer.status {
            201 => created += 1,
            status => {
                assert_eq!((status, answer.problem().as_str()), (429, "too-many-requests"));
                let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert_eq!(answer.json()["retry_after"], wait, "R36");
                refused += 1;
            }
        }
    }
    // A new one every two seconds comes on top, on a slow machine.
    assert!((BURST..BURST + 12).contains(&created), "{created} created, {refused} refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_is_one_over_all_nodes() {
    let options = &["--limits", "off", "--max-stored-per-network", "70KiB"];
    let nodes = Nodes::with(2, &Cluster::shared().database(), options).await;
    let large = |_| Sealed::text(&"x".repeat(40_000), None, &nodes.dice);
    let mut told = Vec::new();
    for turn in 0..4 {
        let answer = create(&large(turn), &json!({})).of(nodes.address(turn % 2)).await;
        told.push((answer.status, answer.problem()));
    }
    assert_eq!(told[0].0, 201);
    assert!(told[1..].iter().all(|(_, problem)| problem == "quota-exceeded"), "{told:?}");
}

/// What one node alone would find is not taken (law 2), unless somebody says that it is the only one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bucket_nothing_large_is_taken() {
    let large =
        |nodes: &Nodes| create(&Sealed::text(&"x".repeat(80_000), None, &nodes.dice), &json!({}));
    let database = Cluster::shared().database();
    let nodes = Nodes::start(1, &database).await;
    let refused = large(&nodes).of(nodes.address(0)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (413, "too-large"));
    assert_eq!(refused.json()["limit"], 65_536);
    let limits = Ask::get("/v1/limits").of(nodes.address(0)).await.json();
    assert_eq!(limits["max_envelope_bytes"], 65_536);
    assert!(nodes.all[0].log().contains("large secrets: refused above 64 KiB"));
    let alone = Nodes::with(1, &Cluster::shared().database(), &["--blobs", "directory"]).await;
    assert_eq!(large(&alone).of(alone.address(0)).await.status, 201);
}

/// R40: what cannot be counted is not let through; pages load all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_count_nothing_is_let_through() {
    let cluster = Cluster::shared();
    let proxy = Proxy::start(cluster.address()).await;
    let port = |address: std::net::SocketAddr| format!(":{}/", address.port());
    let database = cluster.database().replace(&port(cluster.address()), &port(proxy.address));
    let nodes = Nodes::with(1, &database, &[]).await;
    proxy.cut();
    let sealed = Sealed::text("hush", None, &nodes.dice);
    let answer = create(&sealed, &json!({})).of(nodes.address(0)).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
    assert_eq!(Ask::get("/").of(nodes.address(0)).await.status, 200);
}
