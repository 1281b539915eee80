//! High availability is PostgreSQL's own: a primary, a synchronous standby, and three nodes that find the
//! one that takes writes. Nodes are killed, the primary is killed, all of it under load: nothing that was
//! acknowledged is lost, and nothing is delivered twice (laws 1, 2 and 9).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use testkit::calls::{Shared, acknowledge, claim, claim_token, create, fate};
use testkit::secrets::Sealed;
use testkit::{Cluster, Dice, until};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::Nodes;

/// A secret that was acknowledged, and what its readers have heard.
struct Story {
    shared: Shared,
    /// The token of whoever was about to have it, and whether they have a byte of it.
    asked: Option<(String, bool)>,
    delivered: bool,
}

#[derive(Default)]
struct Load {
    stories: Mutex<Vec<Story>>,
    done: AtomicUsize,
    stop: AtomicBool,
}

impl Load {
    /// Waits until `count` more secrets have gone as far as they should.
    async fn more(&self, count: usize) {
        let wanted = self.done.load(Ordering::Relaxed) + count;
        until("the load goes on", async || self.done.load(Ordering::Relaxed) >= wanted).await;
    }
}

/// Senders and readers at all nodes.
struct Crowd(Arc<Load>, Vec<JoinHandle<()>>);

impl Crowd {
    fn start(nodes: &Nodes) -> Self {
        let load = Arc::<Load>::default();
        let addresses: Vec<_> = (0..nodes.all.len()).map(|number| nodes.address(number)).collect();
        let running = (0..8).map(|seed| {
            tokio::spawn(live(addresses.clone(), Dice::new(seed + 100), Arc::clone(&load)))
        });
        let running = running.collect();
        Self(load, running)
    }

    /// Lets them end, and compares what is true with what they have heard.
    async fn settle(self, nodes: &Nodes) -> usize {
        let Self(load, running) = self;
        load.stop.store(true, Ordering::Relaxed);
        for running in running {
            running.await.unwrap();
        }
        let stories = std::mem::take(&mut *load.stories.lock().await);
        for (number, story) in stories.iter().enumerate() {
            settle(nodes.address(number % nodes.all.len()), story, &nodes.dice).await;
        }
        stories.len()
    }
}

/// Shares and opens, at whichever node answers, until told to stop.
async fn live(addresses: Vec<SocketAddr>, dice: Dice, load: Arc<Load>) {
    let mut turn = 0;
    while !load.stop.load(Ordering::Relaxed) {
        turn += 1;
        let next = |step: usize| addresses[(turn + step) % addresses.len()];
        let sealed = Sealed::text("hush", None, &dice);
        let Some(answer) = create(&sealed, &json!({})).try_of(next(0)).await else { continue };
        if answer.cut || answer.status != 201 {
            continue;
        }
        let mut story =
            Story { shared: Shared::new(sealed, &answer), asked: None, delivered: false };
        if turn % 3 > 0 {
            let token = claim_token(&dice);
            let answer = claim(&story.shared, &token).try_of(next(1)).await;
            let had = answer.is_some_and(|answer| answer.status == 200 && !answer.body.is_empty());
            if had && turn % 3 > 1 {
                let answer = acknowledge(&story.shared.id, &token).try_of(next(2)).await;
                story.delivered = answer.is_some_and(|answer| answer.status == 204);
            }
            story.asked = Some((token, had));
        }
        load.stories.lock().await.push(story);
        load.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether what is true now fits what was said then.
async fn settle(address: SocketAddr, story: &Story, dice: &Dice) {
    let (state, events) = fate(address, &story.shared.receipt).await;
    let opened = events.iter().filter(|kind| *kind == "opened").count();
    assert!(opened <= 1, "delivered twice: {events:?}");
    let stranger = claim(&story.shared, &claim_token(dice)).of(address).await;
    match &story.asked {
        Some((token, had)) => {
            assert!(opened == 1 || !had, "a view that was delivered is forgotten: {events:?}");
            if story.delivered {
                assert_eq!(state, "opened", "{events:?}");
                assert_eq!(stranger.status, 404);
            } else if opened == 1 {
                assert_eq!(stranger.status, 404, "the view is somebody's");
                let again = claim(&story.shared, token).of(address).await;
                let ended = events.last().is_some_and(|kind| kind.starts_with("deliver"));
                assert!(ended || again.body == story.shared.sealed.envelope, "{events:?}");
            } else {
                assert_eq!(stranger.body, story.shared.sealed.envelope);
            }
        }
        None => assert_eq!(stranger.body, story.shared.sealed.envelope, "lost: {events:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_dies_under_load_and_the_standby_takes_over() {
    let mut primary = Cluster::start(&[]);
    let name = "shared";
    primary.create(name);
    let standby = primary.standby();
    let hosts =
        format!("127.0.0.1:{},127.0.0.1:{}", primary.address().port(), standby.address().port());
    let single = format!("127.0.0.1:{}", primary.address().port());
    let mut nodes = Nodes::start(3, &primary.url(name).replace(&single, &hosts)).await;
    let crowd = Crowd::start(&nodes);
    crowd.0.more(200).await;
    nodes.all[2].kill();
    crowd.0.more(100).await;
    primary.kill();
    standby.promote();
    crowd.0.more(200).await;
    nodes.restart(2).await;
    assert!(crowd.settle(&nodes).await >= 500);
    assert!(nodes.trail().await >= 1000, "and the trail is whole, over both");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_dies_under_load_and_is_started_again() {
    let mut cluster = Cluster::start(&[]);
    let nodes = Nodes::start(2, &cluster.database()).await;
    let crowd = Crowd::start(&nodes);
    for _ in 0..3 {
        crowd.0.more(100).await;
        cluster.kill();
        cluster.restart();
    }
    crowd.0.more(100).await;
    assert!(crowd.settle(&nodes).await >= 400);
    assert!(nodes.trail().await >= 800);
}
