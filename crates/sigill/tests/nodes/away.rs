//! A database that is away, hangs, or waits for a standby that is gone: whoever asks is told so in time,
//! however many they are, and everything goes on by itself afterwards (laws 2 and 10, R36).

use std::time::Duration;

use serde_json::json;
use testkit::asking::at_once;
use testkit::calls::{burn, claim, create, fate};
use testkit::proxy::Proxy;
use testkit::secrets::Sealed;
use testkit::{Ask, Cluster, until};
use tokio::time::timeout;

use crate::Nodes;
use crate::doubt::behind_a_proxy;

/// How many ask while nothing can be done: more than share a commit.
const SENDERS: usize = 150;
/// How long any of them may wait. A database that hangs is noticed later than one that is away.
const IN_TIME: Duration = Duration::from_secs(25);

/// Senders and these visitors ask at once; every answer is that it must be asked again.
async fn everybody_is_told(nodes: &Nodes, visitors: &[Ask]) {
    let sender = || create(&Sealed::text("hush", None, &nodes.dice), &json!({}));
    let asks = (0..SENDERS).map(|_| sender()).chain(visitors.iter().cloned()).collect();
    let addresses: Vec<_> = (0..nodes.all.len()).map(|number| nodes.address(number)).collect();
    let answers = timeout(IN_TIME, at_once(&addresses, asks)).await.unwrap();
    for answer in answers {
        assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert_eq!(answer.json()["retry_after"], wait, "R36");
    }
}

/// Every node takes secrets again, and the trail is whole.
async fn goes_on(nodes: &Nodes) {
    let sealed = Sealed::text("hush", None, &nodes.dice);
    for number in 0..nodes.all.len() {
        until("a node has its database again", async || {
            create(&sealed, &json!({})).of(nodes.address(number)).await.status == 201
        })
        .await;
    }
    nodes.trail().await;
}

/// One node, whose way to its database breaks and is mended.
async fn breaks(by: fn(&Proxy)) {
    let (proxy, nodes) = behind_a_proxy().await;
    let (first, second) = (nodes.share(0).await, nodes.share(0).await);
    by(&proxy);
    let visitors = [claim(&first, &nodes.token()), burn(&second.receipt)];
    everybody_is_told(&nodes, &visitors).await;
    proxy.mend();
    goes_on(&nodes).await;
    let answer = claim(&first, &nodes.token()).of(nodes.address(0)).await;
    assert_eq!(answer.body, first.sealed.envelope, "nothing was lost");
    assert_eq!(fate(nodes.address(0), &second.receipt).await.0, "waiting");
}

/// A primary without its standby keeps every commit waiting: none of them may be promised.
async fn lacks_its_standby() {
    let primary = Cluster::start(&[]);
    let mut standby = primary.standby();
    let nodes = Nodes::start(2, &primary.database()).await;
    let (shared, token) = (nodes.share(0).await, nodes.token());
    standby.kill();
    everybody_is_told(&nodes, &[claim(&shared, &token)]).await;
    standby.restart();
    goes_on(&nodes).await;
    // In doubt or not, it is still theirs.
    let answer = claim(&shared, &token).of(nodes.address(1)).await;
    assert_eq!(answer.body, shared.sealed.envelope);
    let other = claim(&shared, &nodes.token()).of(nodes.address(0)).await;
    assert_eq!(other.status, 404, "one view is one reader");
}

/// Side by side: most of it is waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_hangs_or_lacks_its_standby_keeps_nobody_waiting_for_long() {
    tokio::join!(breaks(Proxy::cut), breaks(Proxy::stall), lacks_its_standby());
}
