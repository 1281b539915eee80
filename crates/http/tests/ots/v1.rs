//! `/api/v1`, which is frozen: its routes, and the fields, types and values of their answers.

use std::time::Duration;

use serde_json::json;
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    NOBODY, ORIGIN, START, V1_LIVE, follow_v1, form, integers, is_identifier, is_unknown_v1,
    is_v1_receipt, made_v1, open_v1, share, text, told,
};

/// The three names of a receipt.
const ALIASES: [&str; 3] = ["private", "metadata", "receipt"];

#[tokio::test]
async fn the_status_is_nominal() {
    let server = Server::start().await;
    let answer = Ask::get("/api/v1/status").of(server.address).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "status": "nominal", "locale": "en" }));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test]
async fn sharing_tells_everything_about_the_new_secret() {
    let server = Server::start().await;
    for path in ["/api/v1/share", "/api/v1/create"] {
        let answer = form(path, &[("secret", "hush"), ("ttl", "3600")]).of(server.address).await;
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        let made = made_v1(&answer);
        let receipt = &made.told;
        is_v1_receipt(receipt, &[V1_LIVE]);
        is_identifier(&receipt["secret_key"]);
        assert_ne!(made.secret[..8], made.receipt[..8], "nobody guesses one from the other");
        for (name, value) in [
            ("custid", json!("anon")),
            ("ttl", json!(3600)),
            ("secret_ttl", json!(3600)),
            ("metadata_ttl", json!(7200)),
            ("state", json!("new")),
            ("created", json!(START)),
            ("updated", json!(START)),
            ("recipient", json!([])),
            ("share_domain", json!("")),
            ("passphrase_required", json!(false)),
        ] {
            assert_eq!(receipt[name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn a_secret_with_a_passphrase_says_so() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush"), ("passphrase", "open sesame")]).await;
    is_v1_receipt(&made.told, &[V1_LIVE]);
    assert_eq!(made.told["passphrase_required"], true);
    let receipt = told(&server, 200, &follow_v1(&made.receipt)).await;
    assert_eq!(receipt["passphrase_required"], true);
}

#[tokio::test]
async fn the_receipt_counts_down_and_stays_new() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush"), ("ttl", "3600")]).await;
    server.clock.advance(Duration::from_secs(100));
    for alias in ALIASES {
        let path = format!("/api/v1/{alias}/{}", made.receipt);
        for ask in [Ask::get(&path), Ask::post(&path), form(&path, &[])] {
            let receipt = told(&server, 200, &ask).await;
            is_v1_receipt(&receipt, &[V1_LIVE]);
            assert_eq!(receipt["secret_key"], made.secret.as_str());
            assert_eq!(receipt["metadata_key"], made.receipt.as_str());
            assert_eq!(receipt["ttl"], 3600, "what was asked for stands still");
            assert_eq!(
                (&receipt["secret_ttl"], &receipt["metadata_ttl"]),
                (&json!(3500), &json!(7100))
            );
            assert_eq!((&receipt["state"], &receipt["created"]), (&json!("new"), &json!(START)));
        }
    }
}

#[tokio::test]
async fn a_secret_is_told_once_and_its_receipt_says_when() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush \u{1f511}\r\n end ")]).await;
    server.clock.advance(Duration::from_secs(7));
    let answer = open_v1(&made.secret).of(server.address).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let expected = json!({
        "value": "hush \u{1f511}\r\n end ", "secret_key": made.secret, "share_domain": ORIGIN,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    is_unknown_v1(&open_v1(&made.secret).of(server.address).await, &made.secret);
    let receipt = told(&server, 200, &follow_v1(&made.receipt)).await;
    is_v1_receipt(&receipt, &["received"]);
    assert_eq!((&receipt["state"], &receipt["received"]), (&json!("received"), &json!(START + 7)));
}

#[tokio::test]
async fn opening_needs_no_body_and_no_length() {
    let server = Server::start().await;
    for headers in [&[][..], &[("Content-Type", "application/json")], &[("Accept", "*/*")]] {
        let made = share(&server, &[("secret", "hush")]).await;
        let mut ask = Ask::post(&format!("/api/v1/secret/{}", made.secret));
        for (name, value) in headers {
            ask = ask.with(name, value);
        }
        assert_eq!(told(&server, 200, &ask).await["value"], "hush");
    }
}

#[tokio::test]
async fn burning_answers_with_the_receipt_under_state() {
    let server = Server::start().await;
    for alias in ALIASES {
        let made = share(&server, &[("secret", "hush")]).await;
        let path = format!("/api/v1/{alias}/{}/burn", made.receipt);
        let burned = told(&server, 200, &Ask::post(&path)).await;
        super::calls::exactly(&burned, &["state secret_shortkey"]);
        assert_eq!(text(&burned, "secret_shortkey"), made.secret[..8]);
        let state = &burned["state"];
        is_v1_receipt(state, &["secret_key secret_identifier secret_ttl"]);
        assert_eq!(state["metadata_key"], made.receipt.as_str());
        assert!(state["secret_ttl"].is_null());
        is_unknown_v1(&open_v1(&made.secret).of(server.address).await, &made.secret);
        // Burning again finds nothing to burn.
        is_unknown_v1(&Ask::post(&path).of(server.address).await, &made.receipt);
        let receipt = told(&server, 200, &follow_v1(&made.receipt)).await;
        assert_eq!(receipt["state"], "burned");
    }
}

/// R16: what was opened cannot be burned, and the receipt tells the truth.
#[tokio::test]
async fn what_was_opened_cannot_be_burned() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    told(&server, 200, &open_v1(&made.secret)).await;
    let burn = Ask::post(&format!("/api/v1/private/{}/burn", made.receipt));
    is_unknown_v1(&burn.of(server.address).await, &made.receipt);
    assert_eq!(told(&server, 200, &follow_v1(&made.receipt)).await["state"], "received");
}

/// The two tokens open different doors, and a cut or foreign one opens none.
#[tokio::test]
async fn a_token_opens_its_own_door_alone() {
    let server = Server::start().await;
    let (made, other) =
        (share(&server, &[("secret", "a")]).await, share(&server, &[("secret", "b")]).await);
    // One's id with the other's key.
    let crossed = format!("{}{}", &made.secret[..25], &other.secret[25..]);
    for key in [&made.receipt, &crossed, &NOBODY.to_owned(), &made.secret[..61].to_owned()] {
        is_unknown_v1(&open_v1(key).of(server.address).await, key);
    }
    let crossed = format!("{}{}", &made.receipt[..25], &other.receipt[25..]);
    for key in [&made.secret, &crossed, &NOBODY.to_owned(), &made.receipt[..61].to_owned()] {
        is_unknown_v1(&follow_v1(key).of(server.address).await, key);
        let burn = Ask::post(&format!("/api/v1/private/{key}/burn"));
        is_unknown_v1(&burn.of(server.address).await, key);
    }
    assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "a");
    assert_eq!(told(&server, 200, &open_v1(&other.secret)).await["value"], "b");
}

/// Whatever a chat program puts around an identifier is taken away before it is looked for.
#[tokio::test]
async fn an_identifier_is_cleaned_before_it_is_looked_for() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    for dirt in ["%20", ".", "%22", "%3E", "~", "%0A", "%C3%A9", "!"] {
        let key = format!("{dirt}{}{dirt}{}{dirt}", &made.receipt[..9], &made.receipt[9..]);
        let receipt = told(&server, 200, &follow_v1(&key)).await;
        assert_eq!(receipt["metadata_key"], made.receipt.as_str());
        let status = Ask::get(&format!("/api/v2/secret/{}{dirt}/status", made.secret));
        assert_eq!(told(&server, 200, &status).await["record"]["state"], "new");
    }
    let key = format!("{}.", made.secret);
    assert_eq!(told(&server, 200, &open_v1(&key)).await["value"], "hush");
}

#[tokio::test]
async fn what_is_too_short_for_an_identifier_is_not_looked_for() {
    let server = Server::start().await;
    for key in ["a", "1234567890123456789"] {
        for ask in [
            open_v1(key),
            follow_v1(key),
            Ask::post(&format!("/api/v1/metadata/{key}")),
            Ask::post(&format!("/api/v1/receipt/{key}/burn")),
        ] {
            let answer = ask.of(server.address).await;
            assert_eq!((answer.status, answer.json()), (404, json!({ "message": "Not Found" })));
            assert_eq!(answer.header("x-ots-intended-status"), None);
        }
    }
    // Identifiers of older versions have 31 characters: long enough to be unknown.
    for key in ["12345678901234567890", "3ldcqjw4sihfdmqpgsxvyrs1fsdcm8a"] {
        is_unknown_v1(&open_v1(key).of(server.address).await, key);
        is_unknown_v1(&follow_v1(key).of(server.address).await, key);
    }
}

#[tokio::test]
async fn no_other_route_and_no_other_method_is_there() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    let (secret, receipt) = (&made.secret, &made.receipt);
    for (method, path) in [
        ("GET", format!("/api/v1/secret/{secret}")),
        ("DELETE", format!("/api/v1/secret/{secret}")),
        ("GET", "/api/v1/share".to_owned()),
        ("GET", "/api/v1/create".to_owned()),
        ("GET", "/api/v1/generate".to_owned()),
        ("PUT", "/api/v1/share".to_owned()),
        ("POST", "/api/v1/status".to_owned()),
        ("POST", "/api/v1/authcheck".to_owned()),
        ("PATCH", format!("/api/v1/private/{receipt}")),
        ("DELETE", format!("/api/v1/private/{receipt}")),
        ("GET", format!("/api/v1/private/{receipt}/burn")),
        ("GET", format!("/api/v1/metadata/{receipt}/burn")),
        ("POST", format!("/api/v1/secret/{secret}/burn")),
        ("POST", format!("/api/v1/secret/{secret}/reveal")),
        ("GET", "/api/v1/colonel".to_owned()),
        ("GET", "/api/v1/limits".to_owned()),
        ("GET", "/api/v1".to_owned()),
    ] {
        let answer = Ask::new(method, &path).of(server.address).await;
        assert_eq!(
            (answer.status, answer.json()),
            (404, json!({ "error": "Not Found" })),
            "{method} {path}"
        );
        let kind = answer.header("content-type").unwrap();
        assert!(kind.starts_with("application/json"), "{kind}");
    }
    assert_eq!(told(&server, 200, &open_v1(secret)).await["value"], "hush");
}

#[tokio::test]
async fn no_browser_of_another_site_is_let_in() {
    let server = Server::start().await;
    for method in ["OPTIONS", "POST"] {
        let ask = Ask::new(method, "/api/v1/share").with("Origin", "https://elsewhere.example");
        let answer = ask.of(server.address).await;
        let told: Vec<_> =
            answer.headers.iter().filter(|(name, _)| name.starts_with("access-control-")).collect();
        assert!(told.is_empty(), "{told:?}");
    }
}

#[tokio::test]
async fn every_number_is_an_integer() {
    let server = Server::start().await;
    let answer =
        form("/api/v1/share", &[("secret", "hush"), ("ttl", "3600")]).of(server.address).await;
    integers(&answer.json(), "ttl metadata_ttl secret_ttl receipt_ttl created updated");
    // As it is written, for clients that read into integers alone.
    let body = answer.text();
    assert!(
        body.contains("\"ttl\":3600,") && body.contains(&format!("\"created\":{START}")),
        "{body}"
    );
}
