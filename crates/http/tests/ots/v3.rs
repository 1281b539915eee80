//! `/api/v3`: what needs no session. As v2, but without `metadata`, without `custid`, with recipients as a list,
//! and without `success` where nothing was done.

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    Made, NOBODY, exactly, is_receipt, is_secret, is_unknown_v2, json_to, made_v2, reveal, text,
    told,
};

async fn conceal(server: &Server, secret: &Value) -> Made {
    let ask = json_to("/api/v3/guest/secret/conceal", &json!({ "secret": secret }));
    made_v2(&ask.of(server.address).await)
}

#[tokio::test]
async fn guests_conceal_show_and_reveal() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush", "ttl": 120 })).await;
    exactly(&made.told, &["success record details"]);
    let record = &made.told["record"];
    exactly(record, &["receipt secret share_domain"]);
    is_receipt(&record["receipt"], &[]);
    is_secret(&record["secret"], &[]);
    let recipients = &record["receipt"]["recipients"];
    assert!(recipients.is_null() || *recipients == json!([]), "{recipients}");

    let shown =
        told(&server, 200, &Ask::get(&format!("/api/v3/guest/secret/{}", made.secret))).await;
    is_secret(&shown["record"], &[]);
    let followed =
        told(&server, 200, &Ask::get(&format!("/api/v3/guest/receipt/{}", made.receipt))).await;
    assert!(followed["record"].get("custid").is_none(), "{followed}");
    assert_eq!(followed["record"]["secret_identifier"], made.secret.as_str());

    let path = format!("/api/v3/guest/secret/{}/reveal", made.secret);
    let unmeant = told(&server, 200, &json_to(&path, &json!({}))).await;
    assert_eq!(unmeant["details"]["show_secret"], false);
    let revealed = told(&server, 200, &json_to(&path, &json!({ "continue": true }))).await;
    assert_eq!(revealed["record"]["secret_value"], "hush");
    is_unknown_v2(&json_to(&path, &json!({ "continue": true })).of(server.address).await);
}

#[tokio::test]
async fn guests_generate_and_burn() {
    let server = Server::start().await;
    let ask = json_to("/api/v3/guest/secret/generate", &json!({ "secret": { "ttl": 60 } }));
    let made = made_v2(&ask.of(server.address).await);
    assert_eq!(made.told["details"]["kind"], "generate");
    let path = format!("/api/v3/guest/receipt/{}/burn", made.receipt);
    assert_eq!(told(&server, 200, &json_to(&path, &json!({}))).await["success"], false);
    let burned = told(&server, 200, &json_to(&path, &json!({ "continue": true }))).await;
    assert_eq!(burned["success"], true);
    is_unknown_v2(&reveal(&made.secret).of(server.address).await);
}

#[tokio::test]
async fn the_status_of_one_and_of_many_is_public() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    let status =
        told(&server, 200, &Ask::get(&format!("/api/v3/secret/{}/status", made.secret))).await;
    is_secret(&status["record"], &[]);
    let unknown = told(&server, 200, &Ask::get(&format!("/api/v3/secret/{NOBODY}/status"))).await;
    assert_eq!(unknown, json!({ "record": { "state": "unknown" } }));
    let asked = json!({ "identifiers": format!("{NOBODY},{}", made.secret) });
    let many = told(&server, 200, &json_to("/api/v3/secret/status", &asked)).await;
    assert_eq!((many["count"].as_u64(), text(&many["records"][0], "key")), (Some(1), made.secret));
}

#[tokio::test]
async fn guests_follow_up_to_twenty_five_receipts_at_once() {
    let server = Server::start().await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(conceal(&server, &json!({ "secret": "hush" })).await.receipt);
    }
    let path = "/api/v3/guest/receipts";
    // Upper case and what a chat program adds are forgiven here.
    let dirty =
        [asked[0].to_uppercase(), format!(" {}\n", asked[1]), NOBODY.to_owned(), asked[2].clone()];
    let answer = told(&server, 200, &json_to(path, &json!({ "identifiers": dirty }))).await;
    exactly(&answer, &["records count"]);
    assert_eq!(answer["count"], 3);
    for (record, receipt) in answer["records"].as_array().unwrap().iter().zip(&asked) {
        assert_eq!(text(record, "identifier"), *receipt);
    }
    let none = told(&server, 200, &json_to(path, &json!({ "identifiers": [] }))).await;
    assert_eq!(none, json!({ "records": [], "count": 0 }));
    // More than that are never looked for.
    let many: Vec<_> = std::iter::repeat_n(NOBODY, 25).chain([&*asked[0]]).collect();
    let answer = json_to(path, &json!({ "identifiers": many })).of(server.address).await;
    assert!(answer.status == 422 || answer.json()["count"] == 0, "{}", answer.text());
}

#[tokio::test]
async fn the_instance_says_what_it_is_without_a_wrapper() {
    let server = Server::start().await;
    let status = told(&server, 200, &Ask::get("/api/v3/status")).await;
    assert_eq!(status, json!({ "status": "nominal", "locale": "en" }));
    let locales = told(&server, 200, &Ask::get("/api/v3/supported-locales")).await;
    exactly(&locales, &["locales default_locale locale"]);
}

/// The routes that need a session refuse whoever has none, and do nothing.
#[tokio::test]
async fn what_needs_a_session_is_refused_without_one() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    let (secret, receipt) = (&made.secret, &made.receipt);
    let meant = json!({ "continue": true });
    for ask in [
        json_to("/api/v3/secret/conceal", &json!({ "secret": { "secret": "x" } })),
        json_to("/api/v3/secret/generate", &json!({ "secret": {} })),
        Ask::get(&format!("/api/v3/secret/{secret}")),
        json_to(&format!("/api/v3/secret/{secret}/reveal"), &meant),
        Ask::get("/api/v3/receipt/recent"),
        Ask::get(&format!("/api/v3/receipt/{receipt}")),
        json_to(&format!("/api/v3/receipt/{receipt}/burn"), &meant),
    ] {
        let before = server.kept().await;
        let answer = ask.of(server.address).await;
        // There are no sessions here, so those routes are not there either.
        assert!(matches!(answer.status, 401 | 404), "{} {}", answer.status, answer.text());
        assert_eq!(server.kept().await, before);
    }
}
