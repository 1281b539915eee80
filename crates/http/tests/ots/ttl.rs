//! How long a secret lives: whatever is asked for, it is never an error, and never more than allowed (R51).

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{conceal, form, made_v1, share, told};

const WEEK: u64 = 604_800;

/// The table of the contract: what is asked for, and what comes of it without an account.
const ASKED: [(&str, u64); 17] = [
    ("", 60),
    ("0", 60),
    ("-1", 60),
    ("-99999999999999999999", 60),
    ("1", 60),
    ("59", 60),
    ("60", 60),
    ("61", 61),
    ("3600", 3600),
    ("3600s", 3600),
    ("90.7", 90),
    ("+120", 120),
    (" 120 ", 120),
    ("abc", 60),
    ("604800", WEEK),
    ("604801", WEEK),
    ("99999999999999999999999999", WEEK),
];

#[tokio::test]
async fn without_a_lifetime_it_is_a_week() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    assert_eq!((&made.told["ttl"], &made.told["secret_ttl"]), (&json!(WEEK), &json!(WEEK)));
    assert_eq!(made.told["metadata_ttl"], 2 * WEEK);
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    assert_eq!(made.told["record"]["secret"]["lifespan"], WEEK);
    let made = conceal(&server, &json!({ "secret": "hush", "ttl": null })).await;
    assert_eq!(made.told["record"]["secret"]["lifespan"], WEEK);
    let generated = told(&server, 200, &Ask::post("/api/v1/generate")).await;
    assert_eq!(generated["ttl"], WEEK);
}

#[tokio::test]
async fn every_lifetime_is_brought_within_bounds() {
    let server = Server::start().await;
    for (asked, given) in ASKED {
        let made = share(&server, &[("secret", "hush"), ("ttl", asked)]).await;
        assert_eq!(made.told["ttl"], given, "`{asked}` in a form");
        assert_eq!(made.told["secret_ttl"], given, "`{asked}`");
        assert_eq!(made.told["metadata_ttl"], 2 * given, "`{asked}`");
        let generated = told(&server, 200, &form("/api/v1/generate", &[("ttl", asked)])).await;
        assert_eq!(generated["ttl"], given, "`{asked}` of a generated one");
        let made = conceal(&server, &json!({ "secret": "hush", "ttl": asked })).await;
        assert_eq!(made.told["record"]["secret"]["lifespan"], given, "`{asked}` in v2");
        assert_eq!(made.told["record"]["receipt"]["secret_ttl"], given, "`{asked}` in v2");
    }
}

#[tokio::test]
async fn a_lifetime_may_be_a_number_of_json() {
    let server = Server::start().await;
    for (asked, given) in [
        (json!(3600), 3600),
        (json!(0), 60),
        (json!(-5), 60),
        (json!(90.7), 90),
        (json!(1e30), WEEK),
        (json!(u64::MAX), WEEK),
        (Value::Null, WEEK),
    ] {
        let body = json!({ "secret": "hush", "ttl": asked });
        let made = made_v1(&Ask::post("/api/v1/share").json(&body).of(server.address).await);
        assert_eq!(made.told["ttl"], given, "{asked}");
        let made = conceal(&server, &body).await;
        assert_eq!(made.told["record"]["secret"]["lifespan"], given, "{asked} in v2");
    }
}
