//! What a creation may say besides the secret: extras nobody knows, empty values, every name in every place.
//! None of it is an error, and none of it changes the content (R50).

use serde_json::{Value, json};
use testkit::Ask;
use testkit::server::Server;

use super::calls::{
    FORM, conceal, encoded, form, json_to, made_v1, open_v1, open_v1_with, reveal, share, told,
};

/// What is easily damaged on the way.
const FRAGILE: [&str; 12] = [
    "a b  c",
    " starts and ends with a space ",
    "a+b=c&d=e;f#g?h%i",
    "%41%zz%",
    "line\nline\r\nline\ttab",
    "gr\u{fc}\u{df}e \u{1f511} \u{645}\u{631}\u{62d}\u{628}\u{627}",
    "e\u{301} and \u{e9} are not the same bytes",
    "<script>alert('x')</script> &amp;",
    "{\"json\": [1, 2.50, null]}",
    "\"quoted\" \\ back\\slash",
    "[\"list\"]",
    "\u{feff}zero\u{200b}width\u{0}nul",
];

#[tokio::test]
async fn what_was_shared_is_what_is_told_byte_for_byte() {
    let server = Server::start().await;
    for content in FRAGILE {
        let made = share(&server, &[("secret", content)]).await;
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], content, "by a form");
        let ask = json_to("/api/v1/share", &json!({ "secret": content }));
        let made = made_v1(&ask.of(server.address).await);
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], content, "by JSON");
        let query = format!("/api/v1/share?{}", encoded(&[("secret", content)]));
        let made = made_v1(&Ask::post(&query).of(server.address).await);
        assert_eq!(
            told(&server, 200, &open_v1(&made.secret)).await["value"],
            content,
            "by a query"
        );
        let made = conceal(&server, &json!({ "secret": content })).await;
        let revealed = told(&server, 200, &reveal(&made.secret)).await;
        assert_eq!(revealed["record"]["secret_value"], content, "by v2");
    }
}

#[tokio::test]
async fn a_plus_in_a_form_is_a_space_and_raw_bytes_are_themselves() {
    let server = Server::start().await;
    for (body, content) in [
        ("secret=a+b", "a b"),
        ("secret=a%2Bb", "a+b"),
        ("secret=gr\u{fc}n", "gr\u{fc}n"),
        ("secret=a=b", "a=b"),
        ("ttl=60&secret=end\r\n", "end\r\n"),
        ("secret=first%26second&ttl=60", "first&second"),
    ] {
        let ask = Ask::post("/api/v1/share").body(FORM, body);
        let made = made_v1(&ask.of(server.address).await);
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], content, "{body}");
    }
}

#[tokio::test]
async fn a_passphrase_is_the_same_however_it_comes() {
    let server = Server::start().await;
    for passphrase in ["open sesame", "a+b&c=d%", "gr\u{fc}\u{df}e \u{1f511}"] {
        let made = share(&server, &[("secret", "hush"), ("passphrase", passphrase)]).await;
        let query =
            format!("/api/v1/secret/{}?{}", made.secret, encoded(&[("passphrase", passphrase)]));
        assert_eq!(told(&server, 200, &Ask::post(&query)).await["value"], "hush");
        let made = share(&server, &[("secret", "hush"), ("passphrase", passphrase)]).await;
        let ask = json_to(
            &format!("/api/v1/secret/{}", made.secret),
            &json!({ "passphrase": passphrase }),
        );
        assert_eq!(told(&server, 200, &ask).await["value"], "hush");
    }
}

/// A passphrase that is not there, not one that is empty.
#[tokio::test]
async fn an_empty_passphrase_is_none() {
    let server = Server::start().await;
    for made in [
        share(&server, &[("secret", "hush"), ("passphrase", "")]).await,
        conceal(&server, &json!({ "secret": "hush", "passphrase": "" })).await,
        conceal(&server, &json!({ "secret": "hush", "passphrase": null })).await,
    ] {
        let opened = told(&server, 200, &open_v1_with(&made.secret, "")).await;
        assert_eq!(opened["value"], "hush");
    }
}

/// A passphrase is not asked of whoever has the link to a secret that needs none.
#[tokio::test]
async fn a_passphrase_for_a_secret_without_one_does_no_harm() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    assert_eq!(told(&server, 200, &open_v1_with(&made.secret, "whatever")).await["value"], "hush");
}

#[tokio::test]
async fn an_empty_recipient_is_none() {
    let server = Server::start().await;
    for extra in
        ["recipient=", "recipient[]=", "recipient%5B%5D=", "recipient[]=&recipient[]=", "recipient"]
    {
        let ask = Ask::post("/api/v1/share").body(FORM, format!("secret=hush&{extra}"));
        let made = made_v1(&ask.of(server.address).await);
        assert_eq!(made.told["recipient"], json!([]), "{extra}");
    }
    for recipient in [json!(""), json!([]), json!([""]), Value::Null] {
        let body = json!({ "secret": "hush", "recipient": recipient });
        made_v1(&json_to("/api/v1/share", &body).of(server.address).await);
        let made = conceal(&server, &body).await;
        assert_eq!(made.told["details"]["recipient"], json!([]), "{recipient}");
    }
}

#[tokio::test]
async fn a_domain_that_is_our_own_or_none_is_left_out() {
    let server = Server::start().await;
    for domain in ["", "secrets.example", "https://", "not a host"] {
        let made = share(&server, &[("secret", "hush"), ("share_domain", domain)]).await;
        assert_eq!(made.told["share_domain"], "", "{domain}");
    }
}

#[tokio::test]
async fn what_nobody_knows_is_passed_over() {
    let server = Server::start().await;
    for extra in [
        "shrimp=1",
        "kind=share",
        "a[b][c]=d",
        "a[]=1&a[]=2",
        "utf8=%E2%9C%93",
        "&&&",
        "=",
        "a",
        "locale=xx",
        "secret_key=x",
        "metadata_key=y",
        "value=other",
        "state=burned",
        "continue=false",
        "created=1",
    ] {
        let ask = Ask::post("/api/v1/share").body(FORM, format!("secret=hush&ttl=120&{extra}"));
        let made = made_v1(&ask.of(server.address).await);
        assert_eq!(made.told["ttl"], 120, "{extra}");
        // It is forced in v1: whatever is said about it, a POST opens.
        let ask = Ask::post(&format!("/api/v1/secret/{}?{extra}", made.secret));
        assert_eq!(told(&server, 200, &ask).await["value"], "hush", "{extra}");
    }
    let body = json!({ "secret": "hush", "kind": "share", "more": { "deep": [1, { "x": null }] } });
    made_v1(&json_to("/api/v1/share", &body).of(server.address).await);
    conceal(&server, &body).await;
}

#[tokio::test]
async fn a_question_mark_without_a_question_is_nothing() {
    let server = Server::start().await;
    let made = made_v1(&form("/api/v1/share?", &[("secret", "hush")]).of(server.address).await);
    told(&server, 200, &Ask::get(&format!("/api/v1/private/{}?", made.receipt))).await;
    told(&server, 200, &Ask::get("/api/v1/status?")).await;
    told(&server, 200, &Ask::post("/api/v1/generate?")).await;
    let opened = told(&server, 200, &Ask::post(&format!("/api/v1/secret/{}?", made.secret))).await;
    assert_eq!(opened["value"], "hush");
}

/// What is in the body counts, and what it leaves out the query may say.
#[tokio::test]
async fn query_and_body_are_put_together_and_the_body_wins() {
    let server = Server::start().await;
    let ask = form("/api/v1/share?secret=query&ttl=120", &[("secret", "body")]);
    let made = made_v1(&ask.of(server.address).await);
    assert_eq!(made.told["ttl"], 120);
    assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "body");
    let ask = json_to("/api/v1/share?ttl=120", &json!({ "secret": "body", "ttl": 180 }));
    assert_eq!(made_v1(&ask.of(server.address).await).told["ttl"], 180);
}

#[tokio::test]
async fn of_a_name_that_comes_twice_the_last_counts() {
    let server = Server::start().await;
    let ask = Ask::post("/api/v1/share").body(FORM, "secret=one&ttl=120&secret=two&ttl=180");
    let made = made_v1(&ask.of(server.address).await);
    assert_eq!(made.told["ttl"], 180);
    assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "two");
}

/// v2 wants what it takes under `secret`. What lies beside it is not taken.
#[tokio::test]
async fn a_flat_body_is_an_empty_one_for_v2() {
    let server = Server::start().await;
    let before = server.kept().await;
    for ask in [
        json_to("/api/v2/secret/conceal", &json!({ "secret": "hush" })),
        form("/api/v2/secret/conceal", &[("secret", "hush")]),
        json_to("/api/v2/secret/conceal", &json!({ "ttl": 60 })),
        Ask::post("/api/v2/secret/conceal"),
    ] {
        let answer = ask.of(server.address).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert_eq!(answer.json()["error"], "You did not provide anything to share");
    }
    assert_eq!(server.kept().await, before);
}
