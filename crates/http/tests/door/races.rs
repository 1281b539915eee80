//! One view is one reader (law 1), however many ask at once, each on a connection of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use testkit::calls::{self, Shared, burn, claim, fate, wrong_guess};
use testkit::server::Server;
use testkit::{Answer, Ask, asking};

async fn at_once(server: &Server, asks: Vec<Ask>) -> Vec<Answer> {
    asking::at_once(&[server.address], asks).await
}

/// The answers that are no envelope must be the one answer, byte for byte.
fn winners(shared: &Shared, answers: &[Answer], reference: &Answer) -> usize {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    for answer in &won {
        assert_eq!(answer.body, shared.sealed.envelope);
    }
    for answer in lost {
        assert_eq!(&answer.shape(), reference);
    }
    won.len()
}

/// What a visitor gets who asks for nothing that is there, on a connection that ends with it.
async fn unavailable(server: &Server) -> Answer {
    let gone = server.shared().await;
    burn(&gone.receipt).of(server.address).await;
    claim(&gone, &server.claim_token()).of(server.address).await.shape()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_readers_at_once_one_wins_and_the_others_get_the_one_answer() {
    let server = Server::start().await;
    let reference = unavailable(&server).await;
    let shared = server.shared().await;
    let asks = (0..200).map(|_| claim(&shared, &server.claim_token())).collect();
    let answers = at_once(&server, asks).await;
    assert_eq!(winners(&shared, &answers, &reference), 1);
    assert_eq!(fate(server.address, &shared.receipt).await.1, ["created", "opened"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn v_views_are_v_readers_at_once() {
    let server = Server::start().await;
    let reference = unavailable(&server).await;
    for (views, strict) in [(2, false), (7, true), (100, false)] {
        let shared = server.shared_as(&json!({ "views": views, "strict": strict })).await;
        let asks = (0..120).map(|_| claim(&shared, &server.claim_token())).collect();
        let answers = at_once(&server, asks).await;
        assert_eq!(winners(&shared, &answers, &reference), views);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_token_many_times_at_once_is_one_view() {
    let server = Server::start().await;
    let shared = server.shared_as(&json!({ "views": 2 })).await;
    let token = server.claim_token();
    let asks = (0..50).map(|_| claim(&shared, &token)).collect();
    let answers = at_once(&server, asks).await;
    assert!(answers.iter().all(|answer| answer.body == shared.sealed.envelope));
    assert_eq!(fate(server.address, &shared.receipt).await.1, ["created", "opened"]);
}

/// R16: exactly one of burning and opening wins, and everybody is told the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn burning_and_opening_race_and_all_agree_who_won() {
    let server = Server::start().await;
    let reference = unavailable(&server).await;
    for _ in 0..15 {
        let shared = server.shared().await;
        let mut asks: Vec<Ask> = (0..5).map(|_| claim(&shared, &server.claim_token())).collect();
        asks.insert(2, burn(&shared.receipt));
        let mut answers = at_once(&server, asks).await;
        let burned = answers.remove(2);
        let opened = winners(&shared, &answers, &reference);
        assert!(opened <= 1);
        let (told, kind) = if opened == 1 { ("opened", "opened") } else { ("burned", "burned") };
        assert_eq!(burned.json()["outcome"], told);
        assert_eq!(fate(server.address, &shared.receipt).await.1, ["created", kind]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_and_the_end_of_time_race_and_the_receipt_agrees() {
    let server = Server::start().await;
    let reference = unavailable(&server).await;
    for _ in 0..10 {
        let shared = server.shared_as(&json!({ "expires_in": 60 })).await;
        let asks = (0..8).map(|_| claim(&shared, &server.claim_token())).collect();
        let ending = async {
            server.clock.advance(Duration::from_mins(1));
            server.sweep().await;
        };
        let (answers, ()) = tokio::join!(at_once(&server, asks), ending);
        let opened = winners(&shared, &answers, &reference);
        let (_, events) = fate(server.address, &shared.receipt).await;
        let expected = if opened == 1 { "opened" } else { "expired" };
        assert_eq!((opened <= 1, events[1].as_str()), (true, expected), "{events:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_never_get_more_than_the_budget() {
    let server = Server::start().await;
    for (limit, judged) in [(3_u64, 3_usize), (100, 5)] {
        let sealed = server.seal("hush", Some("right"));
        let asked = json!({ "failed_passphrases": { "limit": limit } });
        let shared = calls::share(server.address, sealed, &asked).await;
        let asks = (0..60).map(|_| wrong_guess(&shared, &*server.dice)).collect();
        let mut statuses = BTreeMap::new();
        for answer in at_once(&server, asks).await {
            *statuses.entry(answer.status).or_insert(0_usize) += 1;
        }
        assert_eq!(statuses.get(&403), Some(&judged), "{statuses:?}");
        assert_eq!(statuses.get(&200), None);
        let (_, events) = fate(server.address, &shared.receipt).await;
        let rejected = events.iter().filter(|kind| *kind == "passphrase-rejected").count();
        assert_eq!(rejected, judged);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_creation_many_times_at_once_is_one_secret() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let ask = calls::create(&sealed, &json!({})).with("Idempotency-Key", "0123456789abcdef");
    let answers = at_once(&server, vec![ask; 40]).await;
    let first = answers[0].json();
    for answer in &answers {
        assert_eq!((answer.status, answer.json()), (201, first.clone()));
    }
    let kept = server.kept().await;
    assert_eq!(kept.trail.len(), 1);
    assert_eq!(kept.bytes, u64::try_from(sealed.envelope.len()).unwrap());
}
