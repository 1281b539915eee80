//! What the clients of Onetime Secret send, as bytes, and the shapes of what they expect back, written by
//! hand so that a mistake that server and client share would show.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use testkit::server::Server;
use testkit::{Answer, Ask, asking};

/// Where the links of these servers lead.
pub(crate) const ORIGIN: &str = "https://secrets.example";
/// When the clock of these servers starts, in seconds.
pub(crate) const START: i64 = 1_795_521_600;
/// What nobody has ever been given.
pub(crate) const NOBODY: &str = "00q2w3e4r5t6y7u8i9o0p1a2s3d4f5g6h7j8k9l0z1x2c3v4b5n6m7q8w9e0r1";
/// What the clients of `POST` with a form say.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a v1 receipt that are there whatever its state is.
pub(crate) const V1_ALWAYS: &str = "custid metadata_key ttl metadata_ttl metadata_url state updated created \
     recipient share_domain identifier recipients receipt_ttl receipt_url";
/// Those that a secret has while it waits.
pub(crate) const V1_LIVE: &str =
    "secret_key secret_identifier secret_ttl passphrase_required has_passphrase";
/// A secret of v2 and v3.
pub(crate) const SECRET: &str = "identifier key shortid state lifespan secret_ttl has_passphrase verification \
     created updated is_previewed is_revealed is_viewed is_received";
/// A receipt of v2 and v3, without `custid`, which only v2 has.
pub(crate) const RECEIPT: &str = "identifier key owner_id state secret_shortid secret_identifier secret_ttl \
     metadata_ttl receipt_ttl lifespan share_domain created updated shared recipients recipient_name \
     memo shortid show_recipients previewed revealed viewed received burned is_previewed is_viewed \
     is_received is_revealed is_burned is_expired is_orphaned is_destroyed has_passphrase kind source";
/// Where a receipt can be followed, on the answers about one receipt.
pub(crate) const PLACES: &str = "natural_expiration expiration expiration_in_seconds share_path burn_path \
     receipt_path metadata_path share_url receipt_url metadata_url burn_url";

/// The pairs of v1 that say the same under an old and a new name.
const TWINS: [(&str, &str); 7] = [
    ("metadata_key", "identifier"),
    ("secret_key", "secret_identifier"),
    ("passphrase_required", "has_passphrase"),
    ("recipient", "recipients"),
    ("metadata_ttl", "receipt_ttl"),
    ("metadata_url", "receipt_url"),
    ("value", "secret_value"),
];

/// Fields as a form has them.
pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in fields {
        let parts = [if form.is_empty() { "" } else { "&" }, name, "=", value];
        for (place, part) in parts.into_iter().enumerate() {
            for byte in part.bytes() {
                let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
                match byte {
                    _ if plain || place % 2 == 0 => form.push(char::from(byte)),
                    _ => write!(form, "%{byte:02X}").unwrap(),
                }
            }
        }
    }
    form
}

/// POST with a form.
pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Ask {
    Ask::post(path).body(FORM, encoded(fields))
}

/// POST with JSON.
pub(crate) fn json_to(path: &str, body: &Value) -> Ask {
    Ask::post(path).json(body)
}

/// Both tokens of a secret that was made here, and the whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// What opens it.
    pub(crate) secret: String,
    /// What follows and burns it.
    pub(crate) receipt: String,
    /// What the server said.
    pub(crate) told: Value,
}

/// A member that is text.
pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {value}")).to_owned()
}

/// The answer, which must have this status, as JSON.
pub(crate) async fn told(server: &Server, status: u16, ask: &Ask) -> Value {
    let answer = ask.of(server.address).await;
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

/// What `answer` to a creation of v1 says was made.
pub(crate) fn made_v1(answer: &Answer) -> Made {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    Made { secret: text(&told, "secret_key"), receipt: text(&told, "metadata_key"), told }
}

/// What `answer` to a creation of v2 or v3 says was made.
pub(crate) fn made_v2(answer: &Answer) -> Made {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    let receipt = &told["record"]["receipt"];
    Made { secret: text(receipt, "secret_identifier"), receipt: text(receipt, "identifier"), told }
}

/// A secret by v1, from nobody in particular.
pub(crate) async fn share(server: &Server, fields: &[(&str, &str)]) -> Made {
    made_v1(&form("/api/v1/share", fields).of(server.address).await)
}

/// A secret by v2, from nobody in particular.
pub(crate) async fn conceal(server: &Server, secret: &Value) -> Made {
    let ask = json_to("/api/v2/secret/conceal", &json!({ "secret": secret }));
    made_v2(&ask.of(server.address).await)
}

/// `POST /api/v1/secret/{key}`.
pub(crate) fn open_v1(key: &str) -> Ask {
    form(&format!("/api/v1/secret/{key}"), &[])
}

/// `POST /api/v1/secret/{key}` with a passphrase.
pub(crate) fn open_v1_with(key: &str, passphrase: &str) -> Ask {
    form(&format!("/api/v1/secret/{key}"), &[("passphrase", passphrase)])
}

/// `POST /api/v2/secret/{key}/reveal`, meant.
pub(crate) fn reveal(key: &str) -> Ask {
    json_to(&format!("/api/v2/secret/{key}/reveal"), &json!({ "continue": true }))
}

/// `POST /api/v2/secret/{key}/reveal` with a passphrase, meant.
pub(crate) fn reveal_with(key: &str, passphrase: &str) -> Ask {
    let body = json!({ "continue": true, "passphrase": passphrase });
    json_to(&format!("/api/v2/secret/{key}/reveal"), &body)
}

/// `GET /api/v1/private/{key}`.
pub(crate) fn follow_v1(key: &str) -> Ask {
    Ask::get(&format!("/api/v1/private/{key}"))
}

/// `GET /api/v2/receipt/{key}`.
pub(crate) fn follow_v2(key: &str) -> Ask {
    Ask::get(&format!("/api/v2/receipt/{key}"))
}

/// Whether a secret still waits, as somebody sees who has its receipt and changes nothing.
pub(crate) async fn waits(server: &Server, made: &Made) -> bool {
    told(server, 200, &follow_v1(&made.receipt)).await["state"] == "new"
}

/// Fails unless the members of `value` are those in `names`, no more and no fewer.
#[track_caller]
pub(crate) fn exactly(value: &Value, names: &[&str]) {
    let found: BTreeSet<&str> =
        value.as_object().expect("an object").keys().map(|k| &**k).collect();
    let wanted: BTreeSet<&str> = names.iter().flat_map(|names| names.split_whitespace()).collect();
    let missing: Vec<_> = wanted.difference(&found).collect();
    let unknown: Vec<_> = found.difference(&wanted).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}

/// Fails unless every member in `names` is an integer, as JSON writes one.
#[track_caller]
pub(crate) fn integers(value: &Value, names: &str) {
    for name in names.split_whitespace() {
        assert!(value[name].is_i64() || value[name].is_u64(), "{name} is {}", value[name]);
    }
}

/// Fails unless `token` looks like an identifier.
#[track_caller]
pub(crate) fn is_identifier(token: &Value) {
    let token = token.as_str().expect("a text");
    let known = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    assert!(token.len() == 62 && token.bytes().all(known), "{token}");
}

/// Fails unless `receipt` is one of v1: `more` beside what all have, the twins equal, the types right.
#[track_caller]
pub(crate) fn is_v1_receipt(receipt: &Value, more: &[&str]) {
    exactly(receipt, &[&[V1_ALWAYS], more].concat());
    integers(receipt, "ttl metadata_ttl updated created");
    is_identifier(&receipt["metadata_key"]);
    for (old, new) in TWINS {
        assert_eq!(receipt.get(old), receipt.get(new), "{old} and {new}");
    }
    let place = format!("{ORIGIN}/receipt/{}", text(receipt, "metadata_key"));
    assert_eq!(receipt["metadata_url"], place.as_str());
    assert!(receipt["custid"].is_string() && receipt["share_domain"].is_string());
    assert!(receipt["recipient"].as_array().unwrap().iter().all(Value::is_string));
    let state = receipt["state"].as_str().unwrap();
    assert!(matches!(state, "new" | "received" | "burned" | "expired"), "{state}");
}

/// Fails unless `secret` is one of v2 or v3.
#[track_caller]
pub(crate) fn is_secret(secret: &Value, more: &[&str]) {
    exactly(secret, &[&[SECRET], more].concat());
    is_identifier(&secret["identifier"]);
    assert_eq!(secret["key"], secret["identifier"]);
    assert_eq!(text(secret, "shortid"), text(secret, "key")[..8]);
    integers(secret, "lifespan secret_ttl");
    moments(secret);
    flags(secret, "has_passphrase verification is_previewed is_revealed is_viewed is_received");
}

/// Fails unless `receipt` is one of v2 or v3.
#[track_caller]
pub(crate) fn is_receipt(receipt: &Value, more: &[&str]) {
    exactly(receipt, &[&[RECEIPT], more].concat());
    is_identifier(&receipt["identifier"]);
    assert_eq!(receipt["key"], receipt["identifier"]);
    assert_eq!(text(receipt, "shortid"), text(receipt, "key")[..8]);
    assert_eq!(text(receipt, "secret_shortid").len(), 8);
    integers(receipt, "secret_ttl metadata_ttl receipt_ttl lifespan");
    // Unlike v1, the lifetimes of v2 are those of the secret and stand still.
    for name in ["metadata_ttl", "receipt_ttl", "lifespan"] {
        assert_eq!(receipt[name], receipt["secret_ttl"], "{name}");
    }
    moments(receipt);
    flags(
        receipt,
        "show_recipients is_previewed is_viewed is_received is_revealed is_burned is_expired \
         is_orphaned is_destroyed has_passphrase",
    );
    for name in ["shared", "previewed", "viewed", "received", "revealed", "burned"] {
        let when = &receipt[name];
        assert!(when.is_null() || when.is_u64(), "{name} is {when}");
    }
    assert!(matches!(receipt["kind"].as_str(), Some("conceal" | "generate")));
    assert_eq!(receipt["source"], "standard");
}

/// `created` and `updated` of v2 and v3 are seconds with a fraction.
#[track_caller]
fn moments(value: &Value) {
    for name in ["created", "updated"] {
        assert!(value[name].is_f64(), "{name} is {}", value[name]);
    }
}

#[track_caller]
fn flags(value: &Value, names: &str) {
    for name in names.split_whitespace() {
        assert!(value[name].is_boolean(), "{name} is {}", value[name]);
    }
}

/// Fails unless `answer` is the one of v1 to whoever asks for what is not there.
#[track_caller]
pub(crate) fn is_unknown_v1(answer: &Answer, key: &str) {
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert_eq!(answer.json(), json!({ "secret_key": key, "message": "Unknown secret" }));
    assert_eq!(answer.header("x-ots-intended-status"), None);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

/// Fails unless `answer` is the one of v2 and v3 to whoever asks for what is not there.
#[track_caller]
pub(crate) fn is_unknown_v2(answer: &Answer) {
    assert_eq!(answer.status, 404, "{}", answer.text());
    let told = answer.json();
    assert_eq!(told["error_type"], "RecordNotFound", "{told}");
    assert!(told["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{told}");
}

/// Fails unless `answer` is a refusal of v1 with this message and the status that it stands for.
#[track_caller]
pub(crate) fn is_refusal_v1(answer: &Answer, intended: &str, message: &str) {
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert_eq!(answer.json(), json!({ "message": message }));
    assert_eq!(answer.header("x-ots-intended-status"), Some(intended));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(answer.header("www-authenticate"), None);
}

/// Somebody with an account and a key.
pub(crate) struct Person {
    /// The name of the account.
    pub(crate) email: String,
    /// A key of the account.
    pub(crate) key: String,
}

impl Person {
    /// Somebody who may do everything.
    pub(crate) async fn new(server: &Server, email: &str) -> Self {
        Self::with_scopes(server, email, "all").await
    }

    /// Somebody whose key has these scopes alone.
    pub(crate) async fn with_scopes(server: &Server, email: &str, scopes: &str) -> Self {
        let key = server.key_of(email, scopes).await;
        Self { email: email.to_owned(), key }
    }

    /// `ask`, as this person.
    pub(crate) fn asks(&self, ask: Ask) -> Ask {
        ask.with("Authorization", &asking::basic(&self.email, &self.key))
    }
}
