//! The refusals: v1 answers 404 to nearly everything and says in a header what it stands for; v2 and v3 answer
//! with a status and a class.

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    FORM, NOBODY, conceal, follow_v2, form, is_refusal_v1, is_unknown_v1, is_unknown_v2, json_to,
    open_v1, open_v1_with, reveal, reveal_with, share, told, waits,
};

const NOTHING: &str = "You did not provide anything to share";

/// What cannot be created, and how v1 and v2 say so. A form's field, its value, the two messages.
fn wrong() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let size = "Secret value exceeds the maximum size of 10000 bytes";
    let long = "Secret content must be no more than 10000 bytes long";
    let short = "Passphrase must be at least 4 characters long";
    let wide = "Passphrase must be no more than 128 characters long";
    vec![
        ("secret", String::new(), NOTHING, NOTHING),
        ("secret", "x".repeat(10_001), size, long),
        ("secret", "\u{e9}".repeat(5_001), size, long),
        ("passphrase", "abc".to_owned(), short, short),
        ("passphrase", "\u{1f511}".repeat(3), short, short),
        ("passphrase", "x".repeat(129), wide, wide),
    ]
}

#[tokio::test]
async fn v1_says_what_is_wrong_with_a_creation() {
    let server = Server::start().await;
    let before = server.kept().await;
    for (field, value, message, _) in wrong() {
        for path in ["/api/v1/share", "/api/v1/create"] {
            let fields = [("secret", "hush"), (field, &*value)];
            is_refusal_v1(&form(path, &fields).of(server.address).await, "400", message);
        }
    }
    for ask in [Ask::post("/api/v1/share"), form("/api/v1/share", &[("ttl", "60")])] {
        is_refusal_v1(&ask.of(server.address).await, "400", NOTHING);
    }
    let account = "An account is required to send emails.";
    for recipient in
        ["recipient=ann%40example.com", "recipient[]=ann%40example.com", "recipient=nonsense"]
    {
        let ask = Ask::post("/api/v1/share").body(FORM, format!("secret=hush&{recipient}"));
        is_refusal_v1(&ask.of(server.address).await, "400", account);
    }
    let length = form("/api/v1/generate", &[("length", "129")]);
    let message = "Generated password length must be no more than 128 characters";
    is_refusal_v1(&length.of(server.address).await, "400", message);
    assert_eq!(server.kept().await, before, "nothing was created");
}

#[tokio::test]
async fn v2_says_what_is_wrong_with_a_creation_and_where() {
    let server = Server::start().await;
    let before = server.kept().await;
    for version in ["v2", "v2/guest", "v3/guest"] {
        let path = format!("/api/{version}/secret/conceal");
        for (field, value, _, message) in wrong() {
            let mut secret = json!({ "secret": "hush" });
            secret[field] = Value::from(value);
            let answer = json_to(&path, &json!({ "secret": secret })).of(server.address).await;
            assert_eq!(answer.status, 422, "{field}: {}", answer.text());
            let told = answer.json();
            assert_eq!(
                (&told["error"], &told["field"]),
                (&json!(message), &json!(field)),
                "{told}"
            );
        }
        let answer = json_to(&path, &json!({ "secret": {} })).of(server.address).await;
        assert_eq!(answer.json()["error_type"], "missing", "{}", answer.text());
        let recipient = json!({ "secret": { "secret": "hush", "recipient": "ann@example.com" } });
        let answer = json_to(&path, &recipient).of(server.address).await;
        assert_eq!((answer.status, &answer.json()["error_type"]), (401, &json!("Unauthorized")));
        assert_eq!(answer.json()["error"], "An account is required to send emails.");
    }
    assert_eq!(server.kept().await, before, "nothing was created");
}

/// What is exactly as long as it may be is taken, counted in bytes and in characters.
#[tokio::test]
async fn what_is_just_within_bounds_is_taken() {
    let server = Server::start().await;
    for content in ["x".repeat(10_000), "\u{e9}".repeat(5_000)] {
        let made = share(&server, &[("secret", &content)]).await;
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], content);
        let made = conceal(&server, &json!({ "secret": content })).await;
        let revealed = told(&server, 200, &reveal(&made.secret)).await;
        assert_eq!(revealed["record"]["secret_value"], content);
    }
    for passphrase in ["abcd".to_owned(), "\u{1f511}".repeat(4), "x".repeat(128)] {
        let made = share(&server, &[("secret", "hush"), ("passphrase", &passphrase)]).await;
        assert_eq!(
            told(&server, 200, &open_v1_with(&made.secret, &passphrase)).await["value"],
            "hush"
        );
    }
}

/// R20: unknown, opened, burned, expired, and a passphrase that is wrong or missing: one answer in v1.
#[tokio::test]
async fn v1_never_says_why_a_secret_is_not_told() {
    let server = Server::start().await;
    let opened = share(&server, &[("secret", "hush")]).await;
    told(&server, 200, &open_v1(&opened.secret)).await;
    let burned = share(&server, &[("secret", "hush")]).await;
    told(&server, 200, &Ask::post(&format!("/api/v1/private/{}/burn", burned.receipt))).await;
    let protected = share(&server, &[("secret", "hush"), ("passphrase", "open sesame")]).await;
    let unknown = open_v1(NOBODY).of(server.address).await;
    let unknown_text = unknown.text();
    for made in [&opened, &burned, &protected] {
        for ask in [open_v1(&made.secret), open_v1_with(&made.secret, "wrong one")] {
            let mut answer = ask.of(server.address).await;
            is_unknown_v1(&answer, &made.secret);
            answer.body = answer.text().replace(&made.secret, NOBODY).into_bytes();
            assert_eq!(answer.text(), unknown_text);
            assert_eq!(answer.shape(), unknown.shape());
        }
    }
    // And nothing was lost by it (R7).
    assert!(waits(&server, &protected).await);
    let open = open_v1_with(&protected.secret, "open sesame");
    assert_eq!(told(&server, 200, &open).await["value"], "hush");
}

#[tokio::test]
async fn a_burn_needs_the_passphrase_and_says_so() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush"), ("passphrase", "open sesame")]).await;
    let burn = format!("/api/v1/private/{}/burn", made.receipt);
    for ask in [Ask::post(&burn), form(&burn, &[("passphrase", "wrong one")])] {
        is_refusal_v1(&ask.of(server.address).await, "400", "Double check that passphrase");
    }
    let path = format!("/api/v2/receipt/{}/burn", made.receipt);
    let wrong = json!({ "continue": true, "passphrase": "wrong one" });
    let answer = json_to(&path, &wrong).of(server.address).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (422, &json!("Double check that passphrase"))
    );
    assert!(waits(&server, &made).await);
    told(&server, 200, &form(&burn, &[("passphrase", "open sesame")])).await;
    assert!(!waits(&server, &made).await);
}

#[tokio::test]
async fn v2_says_that_a_passphrase_is_wrong_and_keeps_the_secret() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush", "passphrase": "open sesame" })).await;
    let path = format!("/api/v2/secret/{}/reveal", made.secret);
    for body in [
        json!({ "continue": true, "passphrase": "wrong one" }),
        json!({ "continue": true, "passphrase": "" }),
        json!({ "continue": true }),
    ] {
        let answer = json_to(&path, &body).of(server.address).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        assert_eq!(answer.json()["error"], "Incorrect passphrase", "{body}");
    }
    let revealed = told(&server, 200, &reveal_with(&made.secret, "open sesame")).await;
    assert_eq!(revealed["record"]["secret_value"], "hush");
    assert_eq!(revealed["details"]["correct_passphrase"], true);
}

#[tokio::test]
async fn v2_knows_nothing_of_what_is_not_there() {
    let server = Server::start().await;
    let meant = json!({ "continue": true });
    for version in ["v2", "v2/guest", "v3/guest"] {
        for ask in [
            Ask::get(&format!("/api/{version}/secret/{NOBODY}")),
            json_to(&format!("/api/{version}/secret/{NOBODY}/reveal"), &meant),
            Ask::get(&format!("/api/{version}/receipt/{NOBODY}")),
            json_to(&format!("/api/{version}/receipt/{NOBODY}/burn"), &meant),
            Ask::get(&format!("/api/{version}/secret/short")),
        ] {
            is_unknown_v2(&ask.of(server.address).await);
        }
    }
    is_unknown_v2(&follow_v2(&NOBODY.replace('q', "z")).of(server.address).await);
}

#[tokio::test]
async fn v2_and_v3_have_no_other_routes() {
    let server = Server::start().await;
    for (method, path) in [
        ("GET", "/api/v2/nonsense"),
        ("GET", "/api/v2/secret/conceal/x/y"),
        ("POST", "/api/v2/status"),
        ("DELETE", "/api/v2/secret/conceal"),
        ("GET", "/api/v3/nonsense"),
        ("POST", "/api/v3/guest/nonsense"),
    ] {
        let answer = Ask::new(method, path).of(server.address).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        let told = answer.json();
        assert_eq!(
            (&told["error"], &told["error_type"]),
            (&json!("Not Found"), &json!("NotFound")),
            "{path}"
        );
    }
}

/// What an error says is for its reader alone: it never repeats a passphrase or a secret.
#[tokio::test]
async fn no_refusal_repeats_what_was_sent() {
    let server = Server::start().await;
    let canary = "canary-in-the-mine";
    let long = canary.repeat(600);
    for ask in [
        form("/api/v1/share", &[("secret", &long)]),
        form("/api/v1/share", &[("secret", "x"), ("passphrase", &long)]),
        form(&format!("/api/v1/secret/{NOBODY}"), &[("passphrase", canary)]),
        json_to("/api/v2/secret/conceal", &json!({ "secret": { "secret": long } })),
        reveal_with(NOBODY, canary),
        Ask::post("/api/v1/share").body("application/json", format!("{{\"secret\":\"{canary}")),
        Ask::post("/api/v2/secret/conceal")
            .body("application/json", format!("{{\"secret\":{{\"secret\":\"{canary}")),
    ] {
        let answer = ask.of(server.address).await;
        assert!(answer.status >= 400);
        assert!(!answer.text().contains(canary), "{}", answer.text());
    }
}
