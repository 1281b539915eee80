//! R69: who may create is a switch, and it stops nobody from opening.

use domain::audit::Actor;
use serde_json::json;
use testkit::Ask;
use testkit::server::Server;

use super::calls::{Person, form, is_refusal_v1, json_to, open_v1, reveal, share, waits};

async fn turn(server: &Server, name: &str, value: &str) {
    server.service.turn_switch(name, value, Actor::Operator).await.unwrap();
}

fn first() -> [Ask; 3] {
    [
        form("/api/v1/share", &[("secret", "hush")]),
        form("/api/v1/create", &[("secret", "hush")]),
        Ask::post("/api/v1/generate"),
    ]
}

fn later(prefix: &str) -> [Ask; 2] {
    [
        json_to(&format!("{prefix}/secret/conceal"), &json!({ "secret": { "secret": "hush" } })),
        json_to(&format!("{prefix}/secret/generate"), &json!({ "secret": {} })),
    ]
}

/// Strangers hear that they must be somebody, in the words of each version; whoever has a key shares on.
#[tokio::test]
async fn nobody_creates_unknown_where_that_is_switched_off() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    for value in ["signed-in", "keys"] {
        turn(&server, "creating", value).await;
        for ask in first() {
            is_refusal_v1(&ask.of(server.address).await, "401", "Not authorized");
            assert_eq!(ann.asks(ask).of(server.address).await.status, 200);
        }
        for ask in later("/api/v2") {
            let refused = ask.of(server.address).await;
            assert_eq!(refused.status, 401);
            assert_eq!(refused.json()["error"], "Authentication Required");
            assert_eq!(ann.asks(ask).of(server.address).await.status, 200);
        }
        for prefix in ["/api/v2/guest", "/api/v3/guest"] {
            for ask in later(prefix) {
                let refused = ask.of(server.address).await;
                assert_eq!(refused.status, 403, "{prefix}");
                assert_eq!(refused.json()["error_type"], "GuestRoutesDisabled");
                assert_eq!(refused.json()["code"], "GUEST_ROUTES_DISABLED");
            }
        }
    }
    turn(&server, "creating", "members").await;
    let forbidden = ann.asks(first()[0].clone()).of(server.address).await;
    is_refusal_v1(&forbidden, "403", "Not authorized");
    // The test asks from this machine.
    turn(&server, "creating-networks", "127.0.0.0/8, ::1").await;
    assert_eq!(first()[0].of(server.address).await.status, 200);
    turn(&server, "creating-networks", "").await;
    turn(&server, "creating", "anybody").await;
    assert_eq!(first()[0].of(server.address).await.status, 200);
}

/// Whoever has a link opens it, whatever the switches say.
#[tokio::test]
async fn opening_asks_no_switch() {
    let server = Server::start().await;
    for (switch, value) in [("creating", "keys"), ("sign-up", "closed"), ("creating", "members")] {
        turn(&server, "creating", "anybody").await;
        let (one, other) = (
            share(&server, &[("secret", "hush")]).await,
            share(&server, &[("secret", "hush-hush")]).await,
        );
        turn(&server, switch, value).await;
        assert!(waits(&server, &one).await && waits(&server, &other).await);
        assert_eq!(open_v1(&one.secret).of(server.address).await.json()["value"], "hush");
        let revealed = reveal(&other.secret).of(server.address).await;
        assert_eq!(revealed.status, 200, "{}", revealed.text());
    }
}
