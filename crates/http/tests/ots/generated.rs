//! Values that the server draws: their length and their characters, and who may read them when.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    Made, V1_LIVE, follow_v1, follow_v2, form, is_receipt, is_secret, is_v1_receipt, json_to,
    made_v1, made_v2, open_v1, reveal, share, text, told,
};

const UPPER: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
const LOWER: &str = "abcdefghjkmnpqrstuvwxyz";
const DIGITS: &str = "23456789";
const SYMBOLS: &str = "*$!?()@#%^";

async fn generate(server: &Server, fields: &[(&str, &str)]) -> Made {
    made_v1(&form("/api/v1/generate", fields).of(server.address).await)
}

fn all_of(value: &str, sets: &[&str]) {
    assert!(value.chars().all(|letter| sets.iter().any(|set| set.contains(letter))), "{value}");
    for set in sets {
        assert!(value.chars().any(|letter| set.contains(letter)), "{value} has none of {set}");
    }
}

#[tokio::test]
async fn v1_draws_a_value_and_tells_it_with_the_receipt() {
    let server = Server::start().await;
    for ask in [Ask::post("/api/v1/generate"), form("/api/v1/generate", &[("secret", "ignored")])] {
        let made = made_v1(&ask.of(server.address).await);
        is_v1_receipt(&made.told, &[V1_LIVE, "value secret_value"]);
        let value = text(&made.told, "value");
        assert_eq!(value.len(), 12);
        all_of(&value, &[UPPER, LOWER, DIGITS, SYMBOLS]);
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], value.as_str());
    }
}

#[tokio::test]
async fn no_two_values_are_the_same() {
    let server = Server::start().await;
    let mut values = std::collections::BTreeSet::new();
    for _ in 0..20 {
        values.insert(text(&generate(&server, &[]).await.told, "value"));
    }
    assert_eq!(values.len(), 20);
}

#[tokio::test]
async fn a_length_is_what_was_asked_for() {
    let server = Server::start().await;
    for length in ["4", "8", "12", "16", "20", "24", "32", "128"] {
        let made = generate(&server, &[("length", length)]).await;
        assert_eq!(text(&made.told, "value").len().to_string(), length);
    }
    let made =
        made_v1(&json_to("/api/v1/generate", &json!({ "length": 40 })).of(server.address).await);
    assert_eq!(text(&made.told, "value").len(), 40);
    // No length is no error.
    for length in ["", "0", "-3", "abc"] {
        let made = generate(&server, &[("length", length)]).await;
        assert!(!text(&made.told, "value").is_empty(), "{length}");
    }
}

#[tokio::test]
async fn characters_are_those_that_were_asked_for() {
    let server = Server::start().await;
    let cases: [(&[&str], &[&str]); 5] = [
        (&["symbols"], &[UPPER, LOWER, DIGITS]),
        (&["symbols", "numbers"], &[UPPER, LOWER]),
        (&["uppercase", "lowercase", "symbols"], &[DIGITS]),
        (&["uppercase", "lowercase", "numbers"], &[SYMBOLS]),
        (&[], &[UPPER, LOWER, DIGITS, SYMBOLS]),
    ];
    for (without, sets) in cases {
        let names: Vec<_> = without.iter().map(|name| format!("character_sets[{name}]")).collect();
        let mut fields = vec![("length", "64")];
        fields.extend(names.iter().map(|name| (&**name, "false")));
        all_of(&text(&generate(&server, &fields).await.told, "value"), sets);
        let mut chosen = json!({});
        for name in without {
            chosen[*name] = Value::Bool(false);
        }
        let body = json!({ "length": 64, "character_sets": chosen });
        let made = made_v1(&json_to("/api/v1/generate", &body).of(server.address).await);
        all_of(&text(&made.told, "value"), sets);
        let ask = json_to("/api/v2/secret/generate", &json!({ "secret": body }));
        let made = made_v2(&ask.of(server.address).await);
        let revealed = told(&server, 200, &reveal(&made.secret)).await;
        all_of(&text(&revealed["record"], "secret_value"), sets);
    }
}

#[tokio::test]
async fn letters_that_look_alike_are_there_for_whoever_asks() {
    let server = Server::start().await;
    let fields = [
        ("length", "128"),
        ("character_sets[uppercase]", "false"),
        ("character_sets[lowercase]", "false"),
        ("character_sets[symbols]", "false"),
        ("character_sets[exclude_ambiguous]", "false"),
    ];
    let value = text(&generate(&server, &fields).await.told, "value");
    // By chance neither would be there once in a million million.
    assert!(value.contains('0') || value.contains('1'), "{value}");
    assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "{value}");
}

#[tokio::test]
async fn every_character_is_drawn_about_as_often() {
    let server = Server::start().await;
    let mut counts = std::collections::BTreeMap::new();
    let fields = [
        ("length", "128"),
        ("character_sets[uppercase]", "false"),
        ("character_sets[lowercase]", "false"),
        ("character_sets[symbols]", "false"),
    ];
    for _ in 0..25 {
        for letter in text(&generate(&server, &fields).await.told, "value").chars() {
            *counts.entry(letter).or_insert(0_u32) += 1;
        }
    }
    // 3200 of eight: 400 each, give or take 19; the dice are the same every time.
    assert_eq!(counts.len(), 8);
    assert!(counts.values().all(|count| (320..480).contains(count)), "{counts:?}");
}

/// v2 does not tell the value with the creation.
#[tokio::test]
async fn v2_draws_a_value_and_leaves_it_with_the_receipt() {
    let server = Server::start().await;
    let ask =
        json_to("/api/v2/secret/generate", &json!({ "secret": { "ttl": 3600, "length": 20 } }));
    let answer = ask.of(server.address).await;
    let made = made_v2(&answer);
    is_secret(&made.told["record"]["secret"], &[]);
    is_receipt(&made.told["record"]["receipt"], &["custid"]);
    assert_eq!(made.told["record"]["receipt"]["kind"], "generate");
    assert_eq!(made.told["details"]["kind"], "generate");
    let followed = told(&server, 200, &follow_v2(&made.receipt)).await;
    let value = text(&followed["details"], "secret_value");
    assert_eq!(value.len(), 20);
    assert!(!answer.text().contains(&value));
    let revealed = told(&server, 200, &reveal(&made.secret)).await;
    assert_eq!(revealed["record"]["secret_value"], value.as_str());
}

/// Whether the receipt of `made` tells its value, in either version.
async fn tells(server: &Server, made: &Made) -> (Option<String>, Option<String>) {
    let v1 = told(server, 200, &follow_v1(&made.receipt)).await;
    let v2 = told(server, 200, &follow_v2(&made.receipt)).await;
    assert_eq!(v1.get("value"), v1.get("secret_value"));
    let told = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    (told(v1.get("value")), told(v2["details"].get("secret_value")))
}

#[tokio::test]
async fn a_creator_reads_a_drawn_value_for_a_minute() {
    let server = Server::start().await;
    let made = generate(&server, &[]).await;
    let value = Some(text(&made.told, "value"));
    server.clock.advance(Duration::from_millis(59_999));
    let before = server.kept().await;
    assert_eq!(tells(&server, &made).await, (value.clone(), value));
    assert_eq!(server.kept().await, before, "looking changes nothing (law 8)");
    server.clock.advance(Duration::from_millis(1));
    assert_eq!(tells(&server, &made).await, (None, None));
    assert_eq!(
        told(&server, 200, &open_v1(&made.secret)).await["value"],
        text(&made.told, "value")
    );
}

/// R5: what was typed is never shown to its sender again, and what was drawn not once it is protected, opened
/// or burned.
#[tokio::test]
async fn no_other_receipt_tells_its_value() {
    let server = Server::start().await;
    let typed = share(&server, &[("secret", "hush")]).await;
    assert_eq!(tells(&server, &typed).await, (None, None));
    let protected = generate(&server, &[("passphrase", "open sesame")]).await;
    assert!(protected.told["value"].is_string(), "its creator is told once, with the creation");
    assert_eq!(tells(&server, &protected).await, (None, None));
    let opened = generate(&server, &[]).await;
    told(&server, 200, &open_v1(&opened.secret)).await;
    assert_eq!(tells(&server, &opened).await, (None, None));
    let burned = generate(&server, &[]).await;
    told(&server, 200, &Ask::post(&format!("/api/v1/private/{}/burn", burned.receipt))).await;
    assert_eq!(tells(&server, &burned).await, (None, None));
}
