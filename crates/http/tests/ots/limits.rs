//! How often: passphrases that are tried (R29-R31), on what is there and on what never was (R22), and secrets
//! that are created.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask, asking};

use super::calls::{
    Made, NOBODY, conceal, form, is_refusal_v1, is_unknown_v1, is_unknown_v2, json_to,
    open_v1_with, reveal, reveal_with, share, told,
};

/// How many wrong passphrases one network has in ten minutes, and how many a secret has from all.
const TRIES: usize = 5;
const BUDGET: usize = 20;
/// What v1 says of a lock, as of anything that it has no words for.
const LOCKED: &str = "An unexpected error occurred :[";

/// A server on which tests say which network they are of.
async fn behind_a_proxy() -> Server {
    Server::with(Setup { proxies: &["127.0.0.0/8"], ..Setup::default() }).await
}

async fn from(server: &Server, network: usize, ask: Ask) -> Answer {
    ask.with("X-Forwarded-For", &format!("198.51.100.{network}")).of(server.address).await
}

async fn protected(server: &Server) -> Made {
    conceal(server, &json!({ "secret": "hush", "passphrase": "open sesame" })).await
}

/// Fails unless `answer` is that of v2 to whoever must wait; how long that is.
#[track_caller]
fn locked(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{}", answer.text());
    let told = answer.json();
    assert_eq!(told["error_type"], "LimitExceeded", "{told}");
    let wait = told["retry_after"].as_u64().expect("seconds");
    assert_eq!(answer.header("retry-after"), Some(&*wait.to_string()));
    assert!((1..=1800).contains(&wait), "{wait}");
    wait
}

#[tokio::test]
async fn v2_lets_a_network_guess_five_times_and_then_makes_it_wait() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    let wrong = reveal_with(&made.secret, "wrong one");
    for turn in 0..TRIES {
        let answer = from(&server, 1, wrong.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (422, &json!("Incorrect passphrase")),
            "{turn}"
        );
    }
    let answer = from(&server, 1, wrong.clone()).await;
    assert_eq!(answer.json()["max_attempts"], TRIES);
    let wait = locked(&answer);
    // The right one does not help whoever must wait, and guessing meanwhile makes it no longer.
    locked(&from(&server, 1, reveal_with(&made.secret, "open sesame")).await);
    // Another network is not locked out by it (R30).
    assert_eq!(from(&server, 2, wrong).await.status, 422);
    server.clock.advance(Duration::from_secs(wait));
    let answer = from(&server, 1, reveal_with(&made.secret, "open sesame")).await;
    assert_eq!(answer.json()["record"]["secret_value"], "hush", "{}", answer.text());
}

#[tokio::test]
async fn v1_lets_a_network_guess_five_times_and_then_has_no_words_for_it() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    for _ in 0..TRIES {
        let answer = from(&server, 1, open_v1_with(&made.secret, "wrong one")).await;
        is_unknown_v1(&answer, &made.secret);
    }
    for passphrase in ["wrong one", "open sesame"] {
        let answer = from(&server, 1, open_v1_with(&made.secret, passphrase)).await;
        is_refusal_v1(&answer, "400", LOCKED);
    }
    let answer = from(&server, 2, open_v1_with(&made.secret, "open sesame")).await;
    assert_eq!(answer.json()["value"], "hush", "{}", answer.text());
}

/// One budget, by whichever door: v1, v2, as a guest, opening or burning (R21, R35).
#[tokio::test]
async fn every_door_counts_into_the_same_budget() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    let wrong = json!({ "continue": true, "passphrase": "wrong one" });
    let secret = |version: &str| format!("/api/{version}/secret/{}/reveal", made.secret);
    for (ask, status) in [
        (open_v1_with(&made.secret, "wrong one"), 404),
        (json_to(&secret("v2"), &wrong), 422),
        (json_to(&secret("v3/guest"), &wrong), 422),
        (
            form(&format!("/api/v1/private/{}/burn", made.receipt), &[("passphrase", "wrong one")]),
            404,
        ),
        (json_to(&format!("/api/v2/receipt/{}/burn", made.receipt), &wrong), 422),
    ] {
        let answer = from(&server, 1, ask).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    locked(&from(&server, 1, json_to(&secret("v2/guest"), &wrong)).await);
    let burn = format!("/api/v2/receipt/{}/burn", made.receipt);
    locked(&from(&server, 1, json_to(&burn, &wrong)).await);
    is_refusal_v1(
        &from(&server, 1, open_v1_with(&made.secret, "open sesame")).await,
        "400",
        LOCKED,
    );
}

/// Nobody who says nothing has guessed.
#[tokio::test]
async fn a_missing_passphrase_is_no_guess_in_v1() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    for turn in 0..30 {
        let ask = if turn % 2 == 0 {
            form(&format!("/api/v1/secret/{}", made.secret), &[])
        } else {
            open_v1_with(&made.secret, "")
        };
        is_unknown_v1(&from(&server, 1, ask).await, &made.secret);
    }
    let answer = from(&server, 1, open_v1_with(&made.secret, "open sesame")).await;
    assert_eq!(answer.json()["value"], "hush", "{}", answer.text());
}

#[tokio::test]
async fn a_secret_bears_twenty_guesses_from_all_together() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    for turn in 0..BUDGET {
        let answer = from(&server, turn / 4, reveal_with(&made.secret, "wrong one")).await;
        assert_eq!(answer.status, 422, "{turn}: {}", answer.text());
    }
    // Nobody may try any more, from wherever, also with the right one.
    for passphrase in ["wrong one", "open sesame"] {
        let answer = from(&server, 200, reveal_with(&made.secret, passphrase)).await;
        assert!(matches!(answer.status, 404 | 429), "{} {}", answer.status, answer.text());
        let answer = from(&server, 201, open_v1_with(&made.secret, passphrase)).await;
        assert_eq!(answer.status, 404);
        assert!(!answer.text().contains("hush"));
    }
}

/// What an observer sees of one that tries passphrases: all but what is named after the identifier and the
/// request.
fn seen(answer: &Answer, key: &str) -> (u16, Value, Vec<(String, String)>) {
    let mut told: Value = serde_json::from_str(&answer.text().replace(key, "KEY")).unwrap();
    if let Some(told) = told.as_object_mut() {
        told.remove("request_id");
    }
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(&**name, "date" | "content-length" | "x-request-id"));
    (answer.status, told, headers.cloned().collect())
}

/// R22: whoever tries passphrases cannot tell by v1 whether anything is there.
#[tokio::test]
async fn v1_answers_guesses_at_nothing_as_guesses_at_something() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    let ended = share(&server, &[("secret", "hush"), ("passphrase", "open sesame")]).await;
    told(&server, 200, &open_v1_with(&ended.secret, "open sesame")).await;
    for turn in 0..2 * TRIES {
        let real = from(&server, 1, open_v1_with(&made.secret, "wrong one")).await;
        let real = seen(&real, &made.secret);
        for key in [NOBODY, &*ended.secret] {
            let answer = from(&server, 1, open_v1_with(key, "wrong one")).await;
            assert_eq!(seen(&answer, key), real, "try {turn} of {key}");
        }
    }
}

/// R22, at once: as many guesses are judged at nothing as at something.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_that_come_at_once_are_judged_alike() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    for key in [&*made.secret, NOBODY] {
        let asks = vec![open_v1_with(key, "wrong one"); 4 * TRIES];
        let answers = asking::at_once(&[server.address], asks).await;
        let unknown = answers.iter().filter(|answer| answer.json()["message"] == "Unknown secret");
        assert_eq!(unknown.count(), TRIES, "{key}");
    }
}

/// v2 says that nothing is there, and makes whoever goes on asking wait all the same.
#[tokio::test]
async fn v2_makes_whoever_guesses_at_nothing_wait_as_well() {
    let server = behind_a_proxy().await;
    for _ in 0..TRIES {
        is_unknown_v2(&from(&server, 1, reveal_with(NOBODY, "wrong one")).await);
    }
    let nothing = locked(&from(&server, 1, reveal_with(NOBODY, "wrong one")).await);
    is_unknown_v2(&from(&server, 2, reveal_with(NOBODY, "wrong one")).await);
    let made = protected(&server).await;
    for _ in 0..TRIES {
        from(&server, 1, reveal_with(&made.secret, "wrong one")).await;
    }
    assert_eq!(locked(&from(&server, 1, reveal_with(&made.secret, "wrong one")).await), nothing);
}

/// Whoever asks again and again for what is gone, without a passphrase, is not guessing.
#[tokio::test]
async fn asking_for_what_is_gone_is_no_guess() {
    let server = behind_a_proxy().await;
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    let answer = from(&server, 1, reveal(&made.secret)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    for _ in 0..3 * TRIES {
        is_unknown_v2(&from(&server, 1, reveal(&made.secret)).await);
        is_unknown_v2(&from(&server, 1, reveal_with(NOBODY, "")).await);
    }
}

/// A success forgets what one has guessed before: it is over with the secret.
#[tokio::test]
async fn four_wrong_passphrases_do_no_harm_to_the_right_one() {
    let server = behind_a_proxy().await;
    let made = protected(&server).await;
    for _ in 1..TRIES {
        from(&server, 1, reveal_with(&made.secret, "wrong one")).await;
    }
    let answer = from(&server, 1, reveal_with(&made.secret, "open sesame")).await;
    assert_eq!(answer.json()["record"]["secret_value"], "hush");
}

/// How many creations one network gets before it must wait, and what it is told then.
async fn flood(server: &Server, ask: &Ask) -> (usize, Answer) {
    for made in 0..1100 {
        let answer = ask.of(server.address).await;
        if answer.status != 200 {
            return (made, answer);
        }
    }
    panic!("nobody was ever told to wait");
}

#[tokio::test]
async fn whoever_creates_without_end_is_told_to_wait_in_the_words_of_the_version() {
    let server = Server::with(Setup { rate_limits: true, ..Setup::default() }).await;
    let (made, answer) = flood(&server, &form("/api/v1/share", &[("secret", "hush")])).await;
    assert!(made >= 30, "{made} is not much");
    is_refusal_v1(&answer, "400", "Rate limit exceeded. Please try again later.");
    // It is the same limit by every door (R35).
    let guest = json!({ "secret": { "secret": "hush" } });
    for path in
        ["/api/v2/secret/conceal", "/api/v2/guest/secret/generate", "/api/v3/guest/secret/conceal"]
    {
        locked(&json_to(path, &guest).of(server.address).await);
    }
    is_refusal_v1(
        &Ask::post("/api/v1/generate").of(server.address).await,
        "400",
        "Rate limit exceeded. Please try again later.",
    );
    server.clock.advance(Duration::from_mins(20));
    told(&server, 200, &form("/api/v1/share", &[("secret", "hush")])).await;
}
