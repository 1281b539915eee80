//! How a body may come: with the right media type, a wrong one, two, none; with a length, in chunks, after
//! `100 Continue`; and what cannot be read at all.

use serde_json::json;
use testkit::server::Server;
use testkit::{Answer, Ask, Connection};

use super::calls::{FORM, encoded, json_to, made_v1, open_v1, share, told};

const BOUNDARY: &str = "------------------------d74496d66958873e";

/// A multipart body, as `curl -F` has it.
fn parts(fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        format!("--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n")
    };
    let parts: String = fields.iter().map(part).collect();
    format!("{parts}--{BOUNDARY}--\r\n")
}

/// Every one of these shares `hush` for two minutes.
fn forms() -> Vec<(&'static str, Ask)> {
    let fields = [("secret", "hush"), ("ttl", "120")];
    let (form, json) = (encoded(&fields), json!({ "secret": "hush", "ttl": 120 }).to_string());
    let pretty = " \r\n{ \"secret\": \"hush\",\n \"ttl\": \"120\" }\n";
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let quoted = format!("multipart/form-data; boundary=\"{BOUNDARY}\"");
    let typed = |kind: &str, body: &str| Ask::post("/api/v1/share").body(kind, body);
    let twice =
        |first: &str, second: &str, body: &str| typed(first, body).with("Content-Type", second);
    let untyped = |body: &str| Ask::post("/api/v1/share").untyped(body);
    vec![
        ("a form", typed(FORM, &form)),
        ("a form with a charset", typed("application/x-www-form-urlencoded; charset=UTF-8", &form)),
        ("a form in capitals", typed("Application/X-WWW-Form-Urlencoded", &form)),
        ("JSON", typed("application/json", &json)),
        ("JSON with a charset", typed("application/json; charset=utf-8", &json)),
        ("JSON with space around", typed("application/json", pretty)),
        ("multipart", typed(&multipart, &parts(&fields))),
        ("multipart, quoted", typed(&quoted, &parts(&fields))),
        ("a query", Ask::post(&format!("/api/v1/share?{form}"))),
        ("a query and an empty form", typed_query(&form, FORM)),
        ("a query and empty JSON", typed_query(&form, "application/json")),
        ("a query and empty multipart", typed_query(&form, &multipart)),
        ("a form without a type", untyped(&form)),
        ("JSON without a type", untyped(&json)),
        ("a form that is called text", typed("text/plain", &form)),
        ("JSON that is called text", typed("text/plain", &json)),
        ("a form that is called JSON", typed("application/json", &form)),
        ("JSON that is called a form", typed(FORM, &json)),
        ("a form that is called bytes", typed("application/octet-stream", &form)),
        ("a form with an empty type", typed("", &form)),
        ("a form with nonsense for a type", typed("nonsense", &form)),
        ("a form with its type twice", twice(FORM, FORM, &form)),
        ("a form with two types", twice(FORM, "application/json", &form)),
        ("JSON with two types", twice(FORM, "application/json", &json)),
        (
            "a form with two types in one line",
            typed("application/json, application/x-www-form-urlencoded", &form),
        ),
    ]
}

fn typed_query(form: &str, kind: &str) -> Ask {
    Ask::post(&format!("/api/v1/share?{form}")).with("Content-Type", kind)
}

#[tokio::test]
async fn every_way_to_send_a_body_shares_the_same_secret() {
    let server = Server::start().await;
    for (name, ask) in forms() {
        let answer = ask.of(server.address).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let made = made_v1(&answer);
        assert_eq!(made.told["ttl"], 120, "{name}");
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "hush", "{name}");
    }
}

/// Sends bytes and reads one answer.
async fn raw(server: &Server, bytes: &[u8]) -> Answer {
    let mut connection = Connection::open(server.address).await;
    connection.send(bytes).await;
    connection.answer().await.expect("an answer")
}

#[tokio::test]
async fn a_body_may_be_announced_in_chunks_or_not_at_all() {
    let server = Server::start().await;
    let chunked = b"POST /api/v1/share HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\n7\r\nsecret=\r\n4\r\nhush\r\n0\r\n\r\n";
    let made = made_v1(&raw(&server, chunked).await);
    for ending in ["", "Content-Length: 0\r\n", "Content-Type: application/json\r\n"] {
        let path = format!("/api/v1/private/{}", made.receipt);
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{ending}\r\n");
        assert_eq!(raw(&server, head.as_bytes()).await.json()["state"], "new", "{ending}");
    }
    for query in ["share?secret=hush", "generate"] {
        let head = format!("POST /api/v1/{query} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        made_v1(&raw(&server, head.as_bytes()).await);
    }
    let head = format!("POST /api/v1/secret/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", made.secret);
    assert_eq!(raw(&server, head.as_bytes()).await.json()["value"], "hush");
}

/// As curl does with more than a kilobyte: it waits for leave before it sends.
#[tokio::test]
async fn whoever_waits_for_leave_to_send_is_given_it() {
    let server = Server::start().await;
    let content = "x".repeat(4000);
    for (kind, body) in [
        (FORM, format!("secret={content}")),
        ("application/json", json!({ "secret": content }).to_string()),
        (&*format!("multipart/form-data; boundary={BOUNDARY}"), parts(&[("secret", &content)])),
    ] {
        let mut connection = Connection::open(server.address).await;
        let ask =
            Ask::post("/api/v1/share").body(kind, body.clone()).with("Expect", "100-continue");
        connection.send(&ask.head()).await;
        assert_eq!(connection.answer().await.expect("leave").status, 100);
        connection.send(body.as_bytes()).await;
        let made = made_v1(&connection.answer().await.expect("an answer"));
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], content);
    }
}

/// An empty body is an empty body, whatever it is called.
#[tokio::test]
async fn an_empty_body_of_any_type_is_no_error() {
    let server = Server::start().await;
    for kind in [
        "",
        FORM,
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "nonsense",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
    ] {
        let typed = |path: &str| match kind {
            "" => Ask::post(path),
            kind => Ask::post(path).with("Content-Type", kind),
        };
        told(&server, 200, &typed("/api/v1/generate")).await;
        let made = share(&server, &[("secret", "hush")]).await;
        let path = format!("/api/v1/metadata/{}", made.receipt);
        assert_eq!(told(&server, 200, &typed(&path)).await["state"], "new", "{kind}");
        let opened = told(&server, 200, &typed(&format!("/api/v1/secret/{}", made.secret))).await;
        assert_eq!(opened["value"], "hush", "{kind}");
        let made = share(&server, &[("secret", "hush")]).await;
        told(&server, 200, &typed(&format!("/api/v1/metadata/{}/burn", made.receipt))).await;
        let generated = told(&server, 200, &typed("/api/v2/secret/generate")).await;
        assert_eq!(generated["success"], true, "{kind}");
    }
}

#[tokio::test]
async fn an_empty_document_is_an_empty_body() {
    let server = Server::start().await;
    told(&server, 200, &json_to("/api/v1/generate", &json!({}))).await;
    let made = share(&server, &[("secret", "hush")]).await;
    let ask = json_to(&format!("/api/v1/secret/{}", made.secret), &json!({}));
    assert_eq!(told(&server, 200, &ask).await["value"], "hush");
}

/// What cannot be read is refused in the words of its version, and changes nothing.
#[tokio::test]
async fn what_cannot_be_read_is_refused_and_does_nothing() {
    let server = Server::start().await;
    let made = share(&server, &[("secret", "hush")]).await;
    let before = server.kept().await;
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    for (kind, body) in [
        ("application/json", &b"{\"secret\":\"hush\""[..]),
        ("application/json", b"{\"secret\":}"),
        ("application/json", b"[1,2]"),
        ("application/json", b"{\"secret\":\"\xff\xfe\"}"),
        (FORM, b"secret=%ff%fe"),
        (FORM, b"secret=\xff\xfe"),
        (&*multipart, b"--other\r\n\r\nhush"),
    ] {
        let answer = Ask::post("/api/v1/share").body(kind, body).of(server.address).await;
        let shown = String::from_utf8_lossy(body);
        assert_eq!(answer.status, 404, "{shown}: {}", answer.text());
        assert!(answer.json()["message"].is_string(), "{shown}: {}", answer.text());
        assert_eq!(answer.header("x-ots-intended-status"), Some("400"), "{shown}");
    }
    for body in [
        &b"{\"secret\":{\"secret\":\"hush\"}"[..],
        b"[1,2]",
        b"{\"secret\":[\"hush\"]}",
        b"nonsense",
    ] {
        let ask = Ask::post("/api/v2/secret/conceal").body("application/json", body);
        let answer = ask.of(server.address).await;
        let shown = String::from_utf8_lossy(body);
        assert!(matches!(answer.status, 400 | 422), "{shown}: {} {}", answer.status, answer.text());
        assert!(answer.json()["error"].is_string(), "{shown}: {}", answer.text());
    }
    assert_eq!(server.kept().await, before);
    assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], "hush");
}

/// A whole number is its digits: there is one way to write it.
#[tokio::test]
async fn a_secret_that_is_a_whole_number_is_its_digits() {
    let server = Server::start().await;
    for (secret, content) in
        [(json!(4711), "4711"), (json!(-1), "-1"), (json!(u64::MAX), "18446744073709551615")]
    {
        let ask = json_to("/api/v1/share", &json!({ "secret": secret }));
        let made = made_v1(&ask.of(server.address).await);
        assert_eq!(told(&server, 200, &open_v1(&made.secret)).await["value"], content);
    }
}

/// A secret is text: what is something else is not made into one (R50).
#[tokio::test]
async fn a_secret_that_is_no_text_is_refused() {
    let server = Server::start().await;
    let before = server.kept().await;
    for secret in [json!({ "a": 1 }), json!([1]), json!(true), json!(1.5), json!(null)] {
        let answer =
            json_to("/api/v1/share", &json!({ "secret": secret })).of(server.address).await;
        assert_eq!(answer.status, 404, "{secret}: {}", answer.text());
        assert_eq!(answer.header("x-ots-intended-status"), Some("400"), "{secret}");
        let body = json!({ "secret": { "secret": secret } });
        let answer = json_to("/api/v2/secret/conceal", &body).of(server.address).await;
        assert_eq!(answer.status, 422, "{secret}: {}", answer.text());
    }
    assert_eq!(server.kept().await, before);
}
