//! Who asks: HTTP Basic with the e-mail address of an account and one of its keys. Whoever shows something that
//! is wrong is refused everywhere, also where nobody need show anything; nobody is let in as a stranger.

use serde_json::json;
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    Made, Person, conceal, follow_v1, form, is_refusal_v1, json_to, made_v1, made_v2, open_v1,
    share, told, waits,
};

/// Every route of v1 that anybody may ask, as it works.
fn v1_routes(made: &Made) -> Vec<Ask> {
    let receipt = &made.receipt;
    let mut routes = vec![
        Ask::get("/api/v1/status"),
        form("/api/v1/share", &[("secret", "hush")]),
        form("/api/v1/create", &[("secret", "hush")]),
        Ask::post("/api/v1/generate"),
        open_v1(&made.secret),
    ];
    for alias in ["private", "metadata", "receipt"] {
        routes.push(Ask::get(&format!("/api/v1/{alias}/{receipt}")));
        routes.push(Ask::post(&format!("/api/v1/{alias}/{receipt}")));
        routes.push(Ask::post(&format!("/api/v1/{alias}/{receipt}/burn")));
    }
    routes
}

/// The routes of v2 that anybody may ask, as they work.
fn v2_routes(made: &Made) -> Vec<Ask> {
    let (secret, receipt) = (&made.secret, &made.receipt);
    let meant = json!({ "continue": true });
    vec![
        json_to("/api/v2/secret/conceal", &json!({ "secret": { "secret": "hush" } })),
        json_to("/api/v2/secret/generate", &json!({ "secret": {} })),
        Ask::get(&format!("/api/v2/secret/{secret}")),
        Ask::get(&format!("/api/v2/secret/{secret}/status")),
        json_to("/api/v2/secret/status", &json!({ "identifiers": secret })),
        json_to(&format!("/api/v2/secret/{secret}/reveal"), &meant),
        Ask::get(&format!("/api/v2/receipt/{receipt}")),
        Ask::get(&format!("/api/v2/private/{receipt}")),
        json_to(&format!("/api/v2/receipt/{receipt}/burn"), &meant),
        json_to(&format!("/api/v2/private/{receipt}/burn"), &meant),
    ]
}

/// What is wrong with an `Authorization` header, and how v2 calls it.
async fn bad(server: &Server) -> Vec<(String, &'static str)> {
    let (ann, bea) = (
        Person::new(server, "ann@example.com").await,
        Person::new(server, "bea@example.com").await,
    );
    let basic = |user: &str, key: &str| testkit::asking::basic(user, key);
    let mut cut = ann.key.clone();
    cut.pop();
    let invalid = "[CREDENTIALS_INVALID]";
    vec![
        (basic(&ann.email, "wrong"), invalid),
        (basic(&ann.email, &cut), invalid),
        (basic(&ann.email, &format!("{}x", ann.key)), invalid),
        (basic(&ann.email, &bea.key), invalid),
        (basic("nobody@example.com", &ann.key), invalid),
        (basic(&ann.email, ""), ""),
        (basic("", &ann.key), ""),
        (basic("", ""), ""),
        ("Basic".to_owned(), ""),
        ("Basic !!!not-base64!!!".to_owned(), "[CREDENTIALS_FORMAT_INVALID]"),
        // No colon inside.
        ("Basic YW5uQGV4YW1wbGUuY29t".to_owned(), "[CREDENTIALS_FORMAT_INVALID]"),
        (format!("Bearer {}", ann.key), "[AUTH_TYPE_INVALID]"),
        (format!("Token {}", ann.key), "[AUTH_TYPE_INVALID]"),
        ("nonsense".to_owned(), ""),
        (String::new(), ""),
    ]
}

#[tokio::test]
async fn v1_refuses_whoever_shows_something_wrong_on_every_route() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    for (shown, _) in bad(&server).await {
        let before = server.kept().await;
        for ask in v1_routes(&made) {
            let answer = ask.with("Authorization", &shown).of(server.address).await;
            is_refusal_v1(&answer, "401", "Not authorized");
        }
        assert_eq!(server.kept().await, before, "{shown}");
    }
    assert!(waits(&server, &made).await);
    assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "hush");
}

#[tokio::test]
async fn v2_refuses_whoever_shows_something_wrong_on_every_route() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    for (shown, class) in bad(&server).await {
        let before = server.kept().await;
        for ask in v2_routes(&made) {
            let answer = ask.with("Authorization", &shown).of(server.address).await;
            assert_eq!(answer.status, 401, "{shown}: {}", answer.text());
            let told = answer.json();
            assert_eq!(told["error"], "Authentication Required", "{told}");
            let message = told["message"].as_str().unwrap();
            assert!(message.starts_with('[') && message.contains(class), "{shown}: {message}");
            assert!(told["timestamp"].is_number(), "{told}");
            assert!(!answer.text().contains("sigill_"), "a key is never repeated");
        }
        assert_eq!(server.kept().await, before, "{shown}");
    }
    assert!(waits(&server, &made).await);
}

#[tokio::test]
async fn whoever_shows_a_key_is_let_in() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let answer = ann.asks(Ask::get("/api/v1/authcheck")).of(server.address).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "status": "nominal", "locale": "en" }))
    );
    let version = told(&server, 200, &ann.asks(Ask::get("/api/v2/version"))).await;
    super::calls::exactly(&version, &["success version locale"]);
    assert!(version["version"].as_array().unwrap()[..3].iter().all(serde_json::Value::is_u64));
    let version = told(&server, 200, &ann.asks(Ask::get("/api/v3/version"))).await;
    super::calls::exactly(&version, &["version locale"]);
}

#[tokio::test]
async fn what_needs_an_account_is_refused_without_one() {
    let server = Server::start().await;
    for path in ["authcheck", "private/recent", "metadata/recent", "receipt/recent"] {
        let answer = Ask::get(&format!("/api/v1/{path}")).of(server.address).await;
        is_refusal_v1(&answer, "401", "Not authorized");
    }
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    for ask in [
        Ask::get("/api/v2/receipt/recent"),
        Ask::get("/api/v2/private/recent"),
        Ask::get("/api/v2/version"),
        Ask::new("PATCH", &format!("/api/v2/receipt/{}", made.receipt))
            .json(&json!({ "memo": "x" })),
    ] {
        let answer = ask.of(server.address).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("[AUTH_HEADER_MISSING]"), "{message}");
    }
}

/// The scheme is written as people write it, and the name as they write it.
#[tokio::test]
async fn a_name_is_the_same_in_every_spelling() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann+ops@example.com").await;
    let shown = testkit::asking::basic("Ann+Ops@Example.COM", &ann.key);
    for shown in [shown.clone(), shown.replace("Basic", "basic"), shown.replace("Basic", "BASIC")] {
        told(&server, 200, &Ask::get("/api/v1/authcheck").with("Authorization", &shown)).await;
    }
}

/// A cookie is no key, and no fault.
#[tokio::test]
async fn cookies_are_passed_over() {
    let server = Server::start().await;
    let cookie = |ask: Ask| ask.with("Cookie", "onetime.session=x; sess=y");
    let made =
        made_v1(&cookie(form("/api/v1/share", &[("secret", "hush")])).of(server.address).await);
    assert_eq!(made.told["custid"], "anon");
    let answer = cookie(Ask::get("/api/v1/authcheck")).of(server.address).await;
    is_refusal_v1(&answer, "401", "Not authorized");
}

/// Two headers that say two things say nothing that could be trusted.
#[tokio::test]
async fn two_authorizations_are_one_too_many() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let wrong = testkit::asking::basic(&ann.email, "wrong");
    let before = server.kept().await;
    let ask = ann.asks(form("/api/v1/share", &[("secret", "hush")])).with("Authorization", &wrong);
    let answer = ask.of(server.address).await;
    assert!(answer.status >= 400, "{}", answer.text());
    assert_eq!(server.kept().await, before);
}

/// The name on a receipt is that of whoever asks, not of whoever made it.
#[tokio::test]
async fn the_custid_is_the_callers() {
    let server = Server::start().await;
    let (ann, bea) = (
        Person::new(&server, "ann@example.com").await,
        Person::new(&server, "bea@example.com").await,
    );
    let made =
        made_v1(&ann.asks(form("/api/v1/share", &[("secret", "hush")])).of(server.address).await);
    assert_eq!(made.told["custid"], "ann@example.com");
    let receipt = told(&server, 200, &bea.asks(follow_v1(&made.receipt))).await;
    assert_eq!(receipt["custid"], "bea@example.com");
    let receipt = told(&server, 200, &follow_v1(&made.receipt)).await;
    assert!(receipt["custid"].is_string());
}

/// With an account a lifetime may be a month; without one it is a week.
#[tokio::test]
async fn whoever_has_an_account_may_wait_longer() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    for (asked, given) in
        [("604801", 604_801), ("2592000", 2_592_000), ("2592001", 2_592_000), ("", 60)]
    {
        let ask = ann.asks(form("/api/v1/share", &[("secret", "hush"), ("ttl", asked)]));
        assert_eq!(made_v1(&ask.of(server.address).await).told["ttl"], given, "`{asked}`");
        let secret = json!({ "secret": { "secret": "hush", "ttl": asked } });
        let ask = ann.asks(json_to("/api/v2/secret/conceal", &secret));
        assert_eq!(
            made_v2(&ask.of(server.address).await).told["record"]["secret"]["lifespan"],
            given
        );
    }
}

/// A key does what it was made for, and nothing else.
#[tokio::test]
async fn a_key_without_the_scope_is_refused() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    let writer = Person::with_scopes(&server, "ann@example.com", "secrets:create").await;
    let reader = Person::with_scopes(&server, "bea@example.com", "receipts:read").await;
    made_v1(&writer.asks(form("/api/v1/share", &[("secret", "hush")])).of(server.address).await);
    told(&server, 200, &reader.asks(Ask::get("/api/v1/private/recent"))).await;
    let before = server.kept().await;
    for ask in [
        writer.asks(Ask::get("/api/v1/private/recent")),
        reader.asks(form("/api/v1/share", &[("secret", "hush")])),
        reader.asks(Ask::post("/api/v1/generate")),
    ] {
        let answer = ask.of(server.address).await;
        assert_eq!(answer.status, 404, "{}", answer.text());
        assert!(
            answer
                .header("x-ots-intended-status")
                .is_some_and(|code| matches!(code, "401" | "403"))
        );
    }
    for ask in [
        writer.asks(Ask::get("/api/v2/receipt/recent")),
        reader.asks(json_to("/api/v2/secret/conceal", &json!({ "secret": { "secret": "hush" } }))),
    ] {
        let answer = ask.of(server.address).await;
        assert!(matches!(answer.status, 401 | 403), "{} {}", answer.status, answer.text());
    }
    assert_eq!(server.kept().await, before);
    assert!(waits(&server, &made).await);
}

/// A receipt is a capability: whoever has it needs no account, and no account replaces it.
#[tokio::test]
async fn a_receipt_is_enough_and_an_account_alone_is_not() {
    let server = Server::start().await;
    let (ann, bea) = (
        Person::new(&server, "ann@example.com").await,
        Person::new(&server, "bea@example.com").await,
    );
    for person in [Some(&ann), Some(&bea), None] {
        let ask = form("/api/v1/share", &[("secret", "hush")]);
        let made = made_v1(&ann.asks(ask).of(server.address).await);
        let burn = Ask::post(&format!("/api/v1/private/{}/burn", made.receipt));
        let burn = person.map_or(burn.clone(), |person| person.asks(burn));
        told(&server, 200, &burn).await;
        assert!(!waits(&server, &made).await);
    }
}

/// R57: a network that tries keys waits, also where it speaks HTTP Basic; while it waits a key that is right is
/// refused too, and whoever shows nothing goes on.
#[tokio::test]
async fn a_network_that_guesses_keys_waits() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let bea = Person::new(&server, "bea@example.com").await;
    let guess = testkit::asking::basic(&ann.email, &bea.key);
    let ask = || Ask::get("/api/v2/version");
    let mut tries = 0;
    loop {
        let answer = ask().with("Authorization", &guess).of(server.address).await;
        if answer.status == 429 {
            break;
        }
        tries += 1;
        assert!(answer.status == 401 && tries < 100, "{tries}: {}", answer.text());
    }
    assert_eq!(ann.asks(ask()).of(server.address).await.status, 429);
    let anybody = Ask::get("/api/v2/status").of(server.address).await;
    assert_eq!(anybody.status, 200, "{}", anybody.text());
    server.clock.advance(std::time::Duration::from_secs(10));
    assert_eq!(ann.asks(ask()).of(server.address).await.status, 200);
}
