//! What is left behind: nothing that opens, burns, shows or names anybody lies in the data directory, at no
//! moment of a secret's life (laws 3 and 6; R42, R43).

use std::time::Duration;

use serde_json::json;
use testkit::server::Server;
use testkit::{Ask, Canaries};

use super::calls::{
    Made, Person, follow_v1, form, json_to, made_v1, open_v1_with, reveal, reveal_with, told,
};

const TEXT: &str = "canary content: the door code is 4711";
const PASSPHRASE: &str = "canary passphrase, correct horse";
const MEMO: &str = "canary memo: for the auditors";

/// A secret of this person, everything about it watched.
async fn watched(
    server: &Server,
    canaries: &mut Canaries,
    person: &Person,
    passphrase: &str,
) -> Made {
    let fields = [("secret", TEXT), ("ttl", "3600"), ("passphrase", passphrase)];
    let made = made_v1(&person.asks(form("/api/v1/share", &fields)).of(server.address).await);
    for token in [&made.secret, &made.receipt] {
        canaries.add_text("a token", token);
        canaries.add_text("the key of a token", &token[26..]);
    }
    made
}

#[tokio::test]
async fn no_file_holds_anything_that_opens_burns_or_tells() {
    let mut server = Server::start().await;
    let ann = Person::new(&server, "canary.of.ann@example.com").await;
    let mut canaries = Canaries::default();
    canaries.add_text("the content", TEXT);
    canaries.add_text("the passphrase", PASSPHRASE);
    canaries.add_text("the memo", MEMO);
    canaries.add_text("the address", &ann.email);
    canaries.add_text("the API key", &ann.key);
    let clean = |server: &Server, canaries: &Canaries, when: &str| {
        assert_eq!(canaries.find_below(server.data()), None, "{when}");
    };
    let open = watched(&server, &mut canaries, &ann, "").await;
    let closed = watched(&server, &mut canaries, &ann, PASSPHRASE).await;
    let burned = watched(&server, &mut canaries, &ann, "").await;
    let drawn = told(&server, 200, &ann.asks(Ask::post("/api/v1/generate"))).await;
    canaries.add_text("the drawn value", drawn["value"].as_str().unwrap());
    clean(&server, &canaries, "after creating");

    let memo = Ask::new("PATCH", &format!("/api/v2/receipt/{}", open.receipt));
    told(&server, 200, &ann.asks(memo.json(&json!({ "memo": MEMO })))).await;
    told(&server, 200, &ann.asks(Ask::get("/api/v1/private/recent"))).await;
    told(&server, 200, &follow_v1(&open.receipt)).await;
    let wrong = "canary passphrase of somebody else";
    canaries.add_text("a wrong passphrase", wrong);
    assert_eq!(open_v1_with(&closed.secret, wrong).of(server.address).await.status, 404);
    clean(&server, &canaries, "while they wait");

    told(&server, 200, &reveal(&open.secret)).await;
    told(&server, 200, &reveal_with(&closed.secret, PASSPHRASE)).await;
    let burn = format!("/api/v2/receipt/{}/burn", burned.receipt);
    told(&server, 200, &json_to(&burn, &json!({ "continue": true }))).await;
    clean(&server, &canaries, "after opening and burning");
    server.clock.advance(Duration::from_hours(3));
    server.sweep().await;
    server = server.restart().await;
    clean(&server, &canaries, "after a restart");
}
