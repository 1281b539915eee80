//! One view is one reader (law 1), whichever version they ask, however many at once.

use serde_json::json;
use testkit::server::Server;
use testkit::{Answer, Ask, asking};

use super::calls::{
    Made, conceal, follow_v1, form, is_unknown_v1, is_unknown_v2, json_to, open_v1, open_v1_with,
    reveal, reveal_with, share, told,
};

async fn at_once(server: &Server, asks: Vec<Ask>) -> Vec<Answer> {
    asking::at_once(&[server.address], asks).await
}

/// How many were told the content. Everybody else must have been told that there is none.
fn winners(made: &Made, answers: &[Answer]) -> usize {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    for answer in &won {
        let told = answer.json();
        let value = told.get("value").unwrap_or(&told["record"]["secret_value"]);
        assert_eq!(value, "hush", "{told}");
    }
    for answer in lost {
        match answer.json().get("message") {
            Some(_) => is_unknown_v1(answer, &made.secret),
            None => is_unknown_v2(answer),
        }
    }
    won.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_readers_at_once_one_is_told() {
    let server = Server::start().await;
    for ask in [open_v1, reveal] {
        let made = share(&server, &[("secret", "hush")]).await;
        let answers = at_once(&server, vec![ask(&made.secret); 50]).await;
        assert_eq!(winners(&made, &answers), 1);
        assert_eq!(told(&server, 200, &follow_v1(&made.receipt)).await["state"], "received");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_readers_of_every_version_one_is_told() {
    let server = Server::start().await;
    for _ in 0..5 {
        let made = conceal(&server, &json!({ "secret": "hush" })).await;
        let guest = format!("/api/v3/guest/secret/{}/reveal", made.secret);
        let guest = json_to(&guest, &json!({ "continue": true }));
        let asks = [open_v1(&made.secret), reveal(&made.secret), guest];
        let asks = asks.iter().cycle().take(30).cloned().collect();
        assert_eq!(winners(&made, &at_once(&server, asks).await), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_readers_with_a_passphrase_one_is_told() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush"), ("passphrase", "open sesame")]).await;
    let asks =
        [open_v1_with(&made.secret, "open sesame"), reveal_with(&made.secret, "open sesame")];
    let asks = asks.iter().cycle().take(20).cloned().collect();
    let answers = at_once(&server, asks).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(told(&server, 200, &follow_v1(&made.receipt)).await["state"], "received");
}

/// R16: exactly one of burning and opening wins, and the receipt agrees.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn burning_and_opening_race_and_the_receipt_knows_who_won() {
    let server = Server::start().await;
    for turn in 0..15 {
        let made = share(&server, &[("secret", "hush")]).await;
        let path = format!("/api/v1/private/{}/burn", made.receipt);
        let mut asks = vec![open_v1(&made.secret), reveal(&made.secret), open_v1(&made.secret)];
        asks.insert(turn % 4, form(&path, &[]));
        let mut answers = at_once(&server, asks).await;
        let burn = answers.remove(turn % 4);
        let opened = winners(&made, &answers);
        let state = told(&server, 200, &follow_v1(&made.receipt)).await["state"].clone();
        let expected = if opened == 1 { (404, json!("received")) } else { (200, json!("burned")) };
        assert_eq!((opened <= 1, (burn.status, state)), (true, expected));
    }
}

/// Many burns at once are one burn: whoever comes a moment later is told that it is burned, or that nothing
/// is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_burns_at_once_are_one() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    let burn = Ask::post(&format!("/api/v1/receipt/{}/burn", made.receipt));
    let answers = at_once(&server, vec![burn; 20]).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        is_unknown_v1(answer, &made.receipt);
    }
    assert_eq!(told(&server, 200, &follow_v1(&made.receipt)).await["state"], "burned");
    assert_eq!(server.kept().await.trail.len(), 2, "created and burned, once each");
}
