//! One view is one reader, whichever node they ask (law 1, R1).

use serde_json::json;
use testkit::Cluster;
use testkit::asking::at_once;
use testkit::calls::{self, burn, claim, fate};
use testkit::secrets::Sealed;

use crate::Nodes;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_at_three_nodes_get_v_views_and_the_others_the_one_answer() {
    let nodes = Nodes::start(3, &Cluster::shared().database()).await;
    let reference = nodes.unavailable().await;
    let addresses: Vec<_> = (0..3).map(|number| nodes.address(number)).collect();
    for (readers, views) in [(2, 1), (3, 1), (20, 1), (200, 1), (100, 7)] {
        for at in addresses.iter().take(2) {
            let sealed = Sealed::text("hush", None, &nodes.dice);
            let shared = calls::share(*at, sealed, &json!({ "views": views })).await;
            let asks = (0..readers).map(|_| claim(&shared, &nodes.token())).collect();
            let answers = at_once(&addresses, asks).await;
            let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 200);
            assert!(won.iter().all(|answer| answer.body == shared.sealed.envelope));
            assert!(lost.iter().all(|answer| answer.shape() == reference), "one answer (R20)");
            assert_eq!(won.len(), views, "{readers} readers");
        }
    }
    assert!(nodes.trail().await > 30);
}

/// R16, over nodes: burning and opening race, and every node tells the same story afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn burning_and_opening_at_different_nodes_have_one_winner() {
    let nodes = Nodes::start(2, &Cluster::shared().database()).await;
    let addresses = [nodes.address(0), nodes.address(1)];
    for _ in 0..10 {
        let shared = nodes.share(0).await;
        let asks = vec![claim(&shared, &nodes.token()), burn(&shared.receipt)];
        let answers = at_once(&addresses, asks).await;
        let opened = answers[0].status == 200;
        let told = if opened { "opened" } else { "burned" };
        assert_eq!(answers[1].json()["outcome"], told);
        for address in addresses {
            assert_eq!(fate(address, &shared.receipt).await.1, ["created", told]);
        }
    }
    nodes.trail().await;
}
