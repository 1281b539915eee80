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

use crate::Nodes;

/// A secret that was acknowledged, and what its readers have heard.
struct Story {
    shared: Shared,
    /// The token of whoever was about to have it, and whether they have a byte of it.
    asked: Option<(String, bool)>,
    delivered: bool,
}

struct Load {
    stories: Mutex<Vec<Story>>,
    done: AtomicUsize,
    stop: AtomicBool,
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
    let addresses: Vec<SocketAddr> = (0..3).map(|number| nodes.address(number)).collect();
    let load = Arc::new(Load {
        stories: Mutex::default(),
        done: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    });
    let running: Vec<_> = (0..8)
        .map(|seed| tokio::spawn(live(addresses.clone(), Dice::new(seed + 100), Arc::clone(&load))))
        .collect();
    let more = async |count: usize| {
        let wanted = load.done.load(Ordering::Relaxed) + count;
        until("the load goes on", async || load.done.load(Ordering::Relaxed) >= wanted).await;
    };
    more(200).await;
    nodes.all[2].kill();
    more(100).await;
    primary.kill();
    standby.promote();
    more(200).await;
    load.stop.store(true, Ordering::Relaxed);
    for running in running {
        running.await.unwrap();
    }
    nodes.restart(2).await;
    let stories = std::mem::take(&mut *load.stories.lock().await);
    assert!(stories.len() >= 500);
    for (number, story) in stories.iter().enumerate() {
        settle(nodes.address(number % 3), story, &nodes.dice).await;
    }
    assert!(nodes.trail().await >= 1000, "and the trail is whole, over both");
}
