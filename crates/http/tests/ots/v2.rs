//! `/api/v2`: its envelopes, field by field. Creation is nested under `secret`, answers are wrapped, numbers
//! are numbers, times have a fraction.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    Made, NOBODY, ORIGIN, PLACES, START, conceal, exactly, follow_v2, form, integers, is_receipt,
    is_secret, is_unknown_v2, json_to, made_v2, reveal, reveal_with, share, text, told,
};

/// What is told about a secret that is looked at or revealed.
const SHOWN: &str = "continue is_owner show_secret correct_passphrase display_lines one_liner";
/// What is told about a receipt that is looked at.
const FOLLOWED: &str = "type display_lines no_cache secret_realttl view_count first_access last_access \
     has_passphrase can_decrypt secret_value show_secret show_secret_link show_receipt_link \
     show_receipt show_recipients";
/// What is told about a burn.
const BURNED: &str = "type title display_lines display_feedback no_cache view_count has_passphrase \
     can_decrypt show_secret show_secret_link show_receipt_link show_receipt show_recipients is_orphaned";

fn burn(made: &Made) -> Ask {
    let path = format!("/api/v2/receipt/{}/burn", made.receipt);
    json_to(&path, &json!({ "continue": true }))
}

#[tokio::test]
async fn concealing_answers_with_receipt_and_secret() {
    let server = Server::start().await;
    for ttl in [json!(3600), json!("3600")] {
        let made = conceal(&server, &json!({ "secret": "hush", "ttl": ttl })).await;
        exactly(&made.told, &["success record details"]);
        assert_eq!(made.told["success"], true);
        let (record, details) = (&made.told["record"], &made.told["details"]);
        exactly(record, &["receipt metadata secret share_domain"]);
        assert_eq!(record["metadata"], record["receipt"]);
        assert_eq!(record["share_domain"], Value::Null);
        assert_eq!(*details, json!({ "kind": "conceal", "recipient": [], "recipient_safe": [] }));
        let (secret, receipt) = (&record["secret"], &record["receipt"]);
        is_secret(secret, &[]);
        is_receipt(receipt, &["custid"]);
        assert_eq!(receipt["secret_identifier"], secret["identifier"]);
        assert_eq!(receipt["secret_shortid"], secret["shortid"]);
        for (name, value) in
            [("state", json!("new")), ("secret_ttl", json!(3600)), ("lifespan", json!(3600))]
        {
            assert_eq!(secret[name], value, "{name}");
            assert_eq!(receipt[name], value, "{name}");
        }
        for name in
            ["custid", "owner_id", "share_domain", "recipient_name", "memo", "shared", "burned"]
        {
            assert_eq!(receipt[name], Value::Null, "{name}");
        }
        assert_eq!((&receipt["recipients"], &receipt["kind"]), (&json!(""), &json!("conceal")));
        assert_eq!(receipt["created"], json!(START).as_f64().unwrap());
        for value in [secret, receipt] {
            for name in
                ["has_passphrase", "is_revealed", "is_received", "is_previewed", "is_viewed"]
            {
                assert_eq!(value[name], false, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_form_conceals_as_json_does() {
    let server = Server::start().await;
    let fields =
        [("secret[secret]", "hush"), ("secret[ttl]", "120"), ("secret[passphrase]", "open sesame")];
    let made = made_v2(&form("/api/v2/secret/conceal", &fields).of(server.address).await);
    let secret = &made.told["record"]["secret"];
    assert_eq!((&secret["lifespan"], &secret["has_passphrase"]), (&json!(120), &json!(true)));
    let record = told(&server, 200, &reveal_with(&made.secret, "open sesame")).await;
    assert_eq!(record["record"]["secret_value"], "hush");
}

/// 5.3 of the contract, steps 1 to 6.
#[tokio::test]
async fn a_secret_is_shown_asked_about_revealed_and_gone() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush\nhush", "ttl": 3600 })).await;
    server.clock.advance(Duration::from_mins(1));

    let shown = told(&server, 200, &Ask::get(&format!("/api/v2/secret/{}", made.secret))).await;
    exactly(&shown, &["record details"]);
    is_secret(&shown["record"], &[]);
    exactly(&shown["details"], &[SHOWN]);
    for (name, value) in [
        ("continue", json!(false)),
        ("is_owner", json!(false)),
        ("show_secret", json!(false)),
        ("one_liner", Value::Null),
    ] {
        assert_eq!(shown["details"][name], value, "{name}");
    }
    assert_eq!(shown["record"]["state"], "new");

    let status = Ask::get(&format!("/api/v2/secret/{}/status", made.secret));
    let asked = told(&server, 200, &status).await;
    exactly(&asked, &["record details"]);
    is_secret(&asked["record"], &[]);
    assert_eq!(asked["record"]["state"], "new");
    assert_eq!(asked["details"], json!({ "current_expiration": 3540 }));

    let path = format!("/api/v2/secret/{}/reveal", made.secret);
    for unmeant in [json!({}), json!({ "continue": false }), json!({ "continue": "false" })] {
        let unmeant = told(&server, 200, &json_to(&path, &unmeant)).await;
        is_secret(&unmeant["record"], &[]);
        assert_eq!(unmeant["details"]["show_secret"], false);
    }

    let revealed = told(&server, 200, &reveal(&made.secret)).await;
    exactly(&revealed, &["record details"]);
    is_secret(&revealed["record"], &["secret_value"]);
    assert_eq!(revealed["record"]["secret_value"], "hush\nhush");
    assert_eq!(revealed["record"]["state"], "revealed");
    let details = json!({
        "continue": true, "is_owner": false, "show_secret": true, "correct_passphrase": false,
        "display_lines": 5, "one_liner": false,
    });
    assert_eq!(revealed["details"], details);

    is_unknown_v2(&reveal(&made.secret).of(server.address).await);
    is_unknown_v2(&Ask::get(&format!("/api/v2/secret/{}", made.secret)).of(server.address).await);
    assert_eq!(told(&server, 200, &status).await, json!({ "record": { "state": "unknown" } }));

    let record = told(&server, 200, &follow_v2(&made.receipt)).await["record"].clone();
    for (name, value) in [
        ("state", json!("revealed")),
        ("is_revealed", json!(true)),
        ("is_received", json!(true)),
        ("is_destroyed", json!(true)),
        ("is_burned", json!(false)),
        ("revealed", json!(START + 60)),
        ("received", json!(START + 60)),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
    assert!(
        record.get("secret_identifier").is_none_or(|key| key.is_null() || key == ""),
        "{record}"
    );
}

#[tokio::test]
async fn a_reveal_is_meant_in_every_spelling() {
    let server = Server::start().await;
    for meant in [json!({ "continue": true }), json!({ "continue": "true" })] {
        let made = conceal(&server, &json!({ "secret": "hush" })).await;
        let path = format!("/api/v2/secret/{}/reveal", made.secret);
        assert_eq!(
            told(&server, 200, &json_to(&path, &meant)).await["record"]["secret_value"],
            "hush"
        );
    }
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    let path = format!("/api/v2/secret/{}/reveal", made.secret);
    let revealed = told(&server, 200, &form(&path, &[("continue", "true")])).await;
    assert_eq!(revealed["record"]["secret_value"], "hush");
    assert_eq!(revealed["details"]["display_lines"], 4);
    assert_eq!(revealed["details"]["one_liner"], true);
    // And in the query of a POST without a body.
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    let ask = Ask::post(&format!("/api/v2/secret/{}/reveal?continue=true", made.secret));
    assert_eq!(told(&server, 200, &ask).await["record"]["secret_value"], "hush");
}

#[tokio::test]
async fn a_receipt_says_where_it_is_and_how_the_secret_fares() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush", "ttl": 3600 })).await;
    server.clock.advance(Duration::from_mins(1));
    for alias in ["receipt", "private"] {
        let path = format!("/api/v2/{alias}/{}", made.receipt);
        let followed = told(&server, 200, &Ask::get(&path)).await;
        exactly(&followed, &["record details"]);
        let (record, details) = (&followed["record"], &followed["details"]);
        is_receipt(record, &["custid secret_state", PLACES]);
        exactly(details, &[FOLLOWED]);
        let (secret, receipt) = (&made.secret, &made.receipt);
        for (name, value) in [
            ("state", json!("new")),
            ("secret_state", json!("new")),
            ("secret_identifier", json!(secret)),
            ("share_path", json!(format!("secret/{secret}"))),
            ("share_url", json!(format!("{ORIGIN}/secret/{secret}"))),
            ("receipt_path", json!(format!("receipt/{receipt}"))),
            ("metadata_path", json!(format!("receipt/{receipt}"))),
            ("burn_path", json!(format!("receipt/{receipt}/burn"))),
            ("receipt_url", json!(format!("{ORIGIN}/receipt/{receipt}"))),
            ("metadata_url", json!(format!("{ORIGIN}/receipt/{receipt}"))),
            ("burn_url", json!(format!("{ORIGIN}/receipt/{receipt}/burn"))),
        ] {
            assert_eq!(record[name], value, "{name}");
        }
        integers(record, "expiration expiration_in_seconds");
        assert!(record["natural_expiration"].as_str().is_some_and(|told| !told.is_empty()));
        integers(details, "display_lines secret_realttl view_count");
        assert_eq!(details["secret_realttl"], 3540);
        for (name, value) in [
            ("type", json!("record")),
            ("no_cache", json!(true)),
            ("has_passphrase", json!(false)),
            ("secret_value", Value::Null),
            ("show_receipt", json!(true)),
        ] {
            assert_eq!(details[name], value, "{name}");
        }
    }
    // `metadata` is a name of v1 alone.
    let answer = Ask::get(&format!("/api/v2/metadata/{}", made.receipt)).of(server.address).await;
    assert_eq!((answer.status, answer.json()["error_type"].as_str()), (404, Some("NotFound")));
}

/// Whoever needs the passphrase as well is not handed the link with the receipt.
#[tokio::test]
async fn the_receipt_of_a_protected_secret_says_that_it_is_protected() {
    let server = Server::start().await;
    let made = conceal(&server, &json!({ "secret": "hush", "passphrase": "open sesame" })).await;
    let followed = told(&server, 200, &follow_v2(&made.receipt)).await;
    assert_eq!(followed["record"]["has_passphrase"], true);
    assert_eq!(followed["details"]["has_passphrase"], true);
    assert_eq!(followed["details"]["secret_value"], Value::Null);
    let link = followed["record"].get("secret_identifier");
    assert!(link.is_none_or(|link| link.is_null() || link == ""), "{followed}");
}

#[tokio::test]
async fn burning_is_meant_answered_and_final() {
    let server = Server::start().await;
    for alias in ["receipt", "private"] {
        let made = conceal(&server, &json!({ "secret": "hush" })).await;
        let path = format!("/api/v2/{alias}/{}/burn", made.receipt);
        for unmeant in [json!({}), json!({ "continue": false })] {
            let unmeant = told(&server, 200, &json_to(&path, &unmeant)).await;
            assert_eq!(unmeant["success"], false);
        }
        let shown = told(&server, 200, &Ask::get(&format!("/api/v2/secret/{}", made.secret))).await;
        assert_eq!(shown["record"]["state"], "new", "nothing was meant, nothing happened");

        server.clock.advance(Duration::from_secs(5));
        let burned = told(&server, 200, &json_to(&path, &json!({ "continue": true }))).await;
        exactly(&burned, &["success record details"]);
        assert_eq!(burned["success"], true);
        for name in ["burn_path", "receipt_path", "metadata_path", "burn_url", "expiration"] {
            assert!(!burned["record"][name].is_null(), "{name}");
        }
        exactly(&burned["details"], &[BURNED]);
        assert_eq!(burned["details"]["title"], "Secret burned");
        is_unknown_v2(&reveal(&made.secret).of(server.address).await);
        let again = told(&server, 200, &json_to(&path, &json!({ "continue": true }))).await;
        assert_eq!(again, json!({ "success": true }));
        let record = told(&server, 200, &follow_v2(&made.receipt)).await["record"].clone();
        for (name, value) in [
            ("state", json!("burned")),
            ("is_burned", json!(true)),
            ("is_destroyed", json!(true)),
            ("is_revealed", json!(false)),
        ] {
            assert_eq!(record[name], value, "{name}");
        }
        integers(&record, "burned");
        assert_ne!(record["secret_identifier"], made.secret.as_str());
    }
}

#[tokio::test]
async fn many_are_asked_about_at_once_and_those_that_are_gone_are_left_out() {
    let server = Server::start().await;
    let (one, two) = (
        conceal(&server, &json!({ "secret": "a" })).await,
        share(&server, &[("secret", "b")]).await,
    );
    let gone = conceal(&server, &json!({ "secret": "c" })).await;
    told(&server, 200, &reveal(&gone.secret)).await;
    let asked = [&*one.secret, NOBODY, &*gone.secret, &*two.secret].join(",");
    for ask in [
        json_to("/api/v2/secret/status", &json!({ "identifiers": asked })),
        form("/api/v2/secret/status", &[("identifiers", &asked)]),
    ] {
        let answer = told(&server, 200, &ask).await;
        exactly(&answer, &["records count"]);
        assert_eq!(answer["count"], 2);
        let records = answer["records"].as_array().unwrap();
        for (record, made) in records.iter().zip([&one, &two]) {
            is_secret(record, &[]);
            assert_eq!(text(record, "identifier"), made.secret);
        }
    }
    // None of many is left out because there are many.
    let many = std::iter::repeat_n(&*one.secret, 100).collect::<Vec<_>>().join(",");
    let answer =
        told(&server, 200, &json_to("/api/v2/secret/status", &json!({ "identifiers": many })))
            .await;
    assert_eq!(answer["count"], 100);
    for none in [json!({ "identifiers": "" }), json!({ "identifiers": ",,x," })] {
        let answer = told(&server, 200, &json_to("/api/v2/secret/status", &none)).await;
        assert_eq!(answer, json!({ "records": [], "count": 0 }));
    }
}

#[tokio::test]
async fn guests_have_the_six_routes() {
    let server = Server::start().await;
    let ask = json_to("/api/v2/guest/secret/conceal", &json!({ "secret": { "secret": "hush" } }));
    let made = made_v2(&ask.of(server.address).await);
    let shown =
        told(&server, 200, &Ask::get(&format!("/api/v2/guest/secret/{}", made.secret))).await;
    is_secret(&shown["record"], &[]);
    let followed =
        told(&server, 200, &Ask::get(&format!("/api/v2/guest/receipt/{}", made.receipt))).await;
    assert_eq!(followed["record"]["secret_identifier"], made.secret.as_str());
    let path = format!("/api/v2/guest/secret/{}/reveal", made.secret);
    let revealed = told(&server, 200, &json_to(&path, &json!({ "continue": true }))).await;
    assert_eq!(revealed["record"]["secret_value"], "hush");

    let ask = json_to("/api/v2/guest/secret/generate", &json!({ "secret": {} }));
    let made = made_v2(&ask.of(server.address).await);
    let path = format!("/api/v2/guest/receipt/{}/burn", made.receipt);
    let burned = told(&server, 200, &json_to(&path, &json!({ "continue": true }))).await;
    assert_eq!(burned["success"], true);
    is_unknown_v2(&reveal(&made.secret).of(server.address).await);
}

#[tokio::test]
async fn the_instance_says_what_it_is() {
    let server = Server::start().await;
    let status = told(&server, 200, &Ask::get("/api/v2/status")).await;
    assert_eq!(status, json!({ "success": true, "status": "nominal", "locale": "en" }));
    let locales = told(&server, 200, &Ask::get("/api/v2/supported-locales")).await;
    exactly(&locales, &["success locales default_locale locale"]);
    assert_eq!((&locales["success"], &locales["default_locale"]), (&json!(true), &json!("en")));
    let known = locales["locales"].as_array().unwrap();
    assert!(known.contains(&json!("en")) && known.contains(&json!("sv")), "{known:?}");
}

/// One store: what one version makes the others show, open and burn.
#[tokio::test]
async fn every_version_opens_what_another_has_made() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    assert_eq!(told(&server, 200, &reveal(&made.secret)).await["record"]["secret_value"], "hush");
    let made = conceal(&server, &json!({ "secret": "hush" })).await;
    assert_eq!(told(&server, 200, &super::calls::open_v1(&made.secret)).await["value"], "hush");
    let made = share(&server, &[("secret", "hush")]).await;
    assert_eq!(told(&server, 200, &burn(&made)).await["success"], true);
    is_unknown_v2(&reveal(&made.secret).of(server.address).await);
}
