//! GET changes nothing (law 8, R8): whatever it asks for, with whatever in its query, and whoever asks.

use serde_json::json;
use testkit::Ask;
use testkit::server::Server;

use super::calls::{Made, Person, conceal, form, made_v1, open_v1, share, told, waits};

/// Every address of the secret and its receipt that could be asked for.
fn addresses(made: &Made) -> Vec<String> {
    let (secret, receipt) = (&made.secret, &made.receipt);
    let mut addresses = vec!["/api/v1/status".to_owned(), format!("/api/v1/secret/{secret}")];
    for version in ["v2", "v2/guest", "v3", "v3/guest"] {
        addresses.push(format!("/api/{version}/secret/{secret}"));
        addresses.push(format!("/api/{version}/secret/{secret}/status"));
        addresses.push(format!("/api/{version}/secret/{secret}/reveal"));
        addresses.push(format!("/api/{version}/receipt/{receipt}"));
        addresses.push(format!("/api/{version}/receipt/{receipt}/burn"));
    }
    for alias in ["private", "metadata", "receipt"] {
        addresses.push(format!("/api/v1/{alias}/{receipt}"));
        addresses.push(format!("/api/v1/{alias}/{receipt}/burn"));
    }
    addresses
}

#[tokio::test]
async fn a_secret_survives_everything_but_a_post() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let protected = [("secret", "hush"), ("passphrase", "open sesame")];
    let all = [
        share(&server, &[("secret", "hush")]).await,
        share(&server, &protected).await,
        made_v1(&ann.asks(form("/api/v1/share", &protected)).of(server.address).await),
    ];
    let before = server.kept().await;
    for made in &all {
        for address in addresses(made) {
            for query in [
                "",
                "?continue=true",
                "?continue=true&passphrase=open+sesame",
                "?continue=1&passphrase=x",
            ] {
                for method in ["GET", "HEAD", "OPTIONS"] {
                    let ask = Ask::new(method, &format!("{address}{query}"));
                    for ask in [ask.clone(), ann.asks(ask)] {
                        let answer = ask.of(server.address).await;
                        assert!(!answer.text().contains("hush"), "{method} {address}{query}");
                    }
                }
            }
        }
    }
    assert_eq!(server.kept().await, before);
    assert_eq!(told(&server, 200, &open_v1(&all[0].secret)).await["value"], "hush");
}

/// R21: a GET with a passphrase does not say whether it is the right one, however often it is asked, and
/// uses up no try.
#[tokio::test]
async fn a_get_is_no_oracle_for_passphrases() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush", "passphrase": "open sesame" })).await;
    let ask = |passphrase: &str| {
        Ask::get(&format!("/api/v2/secret/{}?continue=true&passphrase={passphrase}", made.secret))
    };
    let plain = Ask::get(&format!("/api/v2/secret/{}", made.secret)).of(server.address).await;
    assert_eq!(plain.status, 200, "{}", plain.text());
    assert_eq!(plain.json()["details"]["show_secret"], false);
    for passphrase in ["open+sesame", "wrong", ""].iter().cycle().take(30) {
        let answer = ask(passphrase).of(server.address).await;
        assert_eq!((answer.status, answer.json()), (200, plain.json()), "{passphrase}");
    }
    assert!(waits(&server, &made).await);
    let reveal = super::calls::reveal_with(&made.secret, "open sesame");
    assert_eq!(told(&server, 200, &reveal).await["record"]["secret_value"], "hush");
}

/// What was looked at looks as before: nothing counts views of what only its reader may open.
#[tokio::test]
async fn a_receipt_that_was_looked_at_looks_the_same() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    let follow = super::calls::follow_v2(&made.receipt);
    let first = told(&server, 200, &follow).await;
    for _ in 0..5 {
        told(&server, 200, &Ask::get(&format!("/api/v2/secret/{}", made.secret))).await;
        assert_eq!(told(&server, 200, &follow).await, first);
    }
}
