//! Large envelopes that come in parts: any order, any break, and nobody else.

use std::time::Duration;

use domain::entropy::draw;
use envelope::{SecretId, UploadToken};
use serde_json::{Value, json};
use testkit::calls::{Shared, base64url, burn, claim, create, fate, fetch, terms};
use testkit::secrets::Sealed;
use testkit::server::{Server, Setup};
use testkit::{Ask, Connection, until};

const PART: usize = 8 * 1024 * 1024;

/// An upload that has begun.
pub(crate) struct Upload {
    pub(crate) sealed: Sealed,
    token: String,
    begin: Value,
    id: String,
}

impl Upload {
    pub(crate) fn ask(&self, method: &str, rest: &str) -> Ask {
        Ask::new(method, &format!("/v1/uploads/{}{rest}", self.id)).bearer(&self.token)
    }

    fn part(&self, number: usize) -> &[u8] {
        let rest = &self.sealed.envelope[number * PART..];
        &rest[..rest.len().min(PART)]
    }

    pub(crate) fn send(&self, number: usize) -> Ask {
        let path = format!("/parts/{number}");
        self.ask("PUT", &path).body("application/octet-stream", self.part(number))
    }

    pub(crate) fn complete(&self) -> Ask {
        self.ask("POST", "/complete")
    }

    async fn there(&self, server: &Server) -> Value {
        let answer = self.ask("GET", "").of(server.address).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["parts"].clone()
    }
}

fn beginning(sealed: &Sealed, token: &UploadToken, asked: &Value) -> Value {
    json!({
        "terms": terms(sealed, asked),
        "size": sealed.envelope.len(),
        "passphrase": sealed.passphrase.is_some(),
        "token_hash": base64url(token.hash().as_bytes()),
    })
}

/// An envelope of two whole parts and a rest, of which nothing has come.
async fn begun(server: &Server) -> Upload {
    let text: String = ('a'..='z').cycle().take(2 * PART + 100_000).collect();
    begun_with(server, server.seal(&text, None)).await
}

pub(crate) async fn begun_with(server: &Server, sealed: Sealed) -> Upload {
    begun_as(server, sealed, Ask::post("/v1/uploads")).await
}

/// The same, for whoever `ask` shows.
pub(crate) async fn begun_as(server: &Server, sealed: Sealed, ask: Ask) -> Upload {
    let token = UploadToken::new(draw(&*server.dice));
    let begin = beginning(&sealed, &token, &json!({}));
    let answer = ask.json(&begin).of(server.address).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let upload = answer.json();
    let id = upload["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), Some(&*format!("/v1/uploads/{id}")));
    assert_eq!((&upload["part_bytes"], &upload["parts"]), (&json!(PART), &json!([])));
    assert_eq!(upload["size"], sealed.envelope.len());
    assert_eq!(upload["kept_until"], "2026-11-24T12:30:00.000Z");
    Upload { sealed, token: token.expose().to_string(), begin, id }
}

async fn done(server: &Server, ask: Ask) {
    let answer = ask.of(server.address).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
}

/// Law 2: whatever happens between two parts, those that were acknowledged are there.
#[tokio::test]
async fn parts_come_in_any_order_and_across_restarts_and_make_the_secret() {
    let server = Server::start().await;
    let upload = begun(&server).await;
    done(&server, upload.send(2)).await;
    let server = server.restart().await;
    assert_eq!(upload.there(&server).await, json!([2]));
    done(&server, upload.send(0)).await;
    // A connection that breaks in the middle of a part leaves it out.
    let mut cut = Connection::open(server.address).await;
    let whole = upload.send(1).bytes();
    cut.send(&whole[..whole.len() / 2]).await;
    drop(cut);
    assert_eq!(upload.there(&server).await, json!([0, 2]));
    let early = upload.complete().of(server.address).await;
    assert_eq!((early.status, early.problem().as_str()), (409, "incomplete"));
    done(&server, upload.send(1)).await;
    let server = server.restart().await;
    let answer = upload.complete().of(server.address).await;
    let again = upload.complete().of(server.address).await;
    assert_eq!((again.status, again.json()), (201, answer.json()), "a lost answer is repeated");
    let shared = Shared::new(upload.sealed, &answer);
    assert_eq!(shared.id, upload.id);
    assert_eq!(fate(server.address, &shared.receipt).await.1, ["created"]);
    let server = server.restart().await;
    let token = server.claim_token();
    let revealed = claim(&shared, &token).of(server.address).await;
    assert!(revealed.body == shared.sealed.envelope, "byte for byte");
    let range = fetch(&shared.id, &token).with("Range", &format!("bytes={}-", PART + 7));
    let rest = range.of(server.address).await;
    assert_eq!(rest.status, 206);
    assert!(rest.body == shared.sealed.envelope[PART + 7..], "and by range within the lease");
}

#[tokio::test]
async fn a_part_that_comes_again_replaces_nothing() {
    let server = Server::start().await;
    let upload = begun(&server).await;
    done(&server, upload.send(2)).await;
    let path = "/parts/2";
    let length = upload.part(2).len();
    let other = upload.ask("PUT", path).body("application/octet-stream", vec![0; length]);
    done(&server, other).await;
    done(&server, upload.send(0)).await;
    done(&server, upload.send(1)).await;
    let answer = upload.complete().of(server.address).await;
    let shared = Shared::new(upload.sealed, &answer);
    let revealed = claim(&shared, &server.claim_token()).of(server.address).await;
    assert!(revealed.body == shared.sealed.envelope);
}

/// Two may send a part at once, where a line has broken: whoever began last writes it.
#[tokio::test]
async fn a_part_that_is_safe_is_not_touched_by_whoever_was_late() {
    let server = Server::start().await;
    let upload = begun(&server).await;
    let other = vec![0; PART];
    let ask = upload.ask("PUT", "/parts/1").body("application/octet-stream", &*other);
    let mut late = Connection::open(server.address).await;
    late.send(&ask.with("Expect", "100-continue").head()).await;
    assert_eq!(late.answer().await.unwrap().status, 100, "it has begun");
    late.send(&other[..PART / 2]).await;
    done(&server, upload.send(1)).await;
    late.send(&other[PART / 2..PART / 2 + (1 << 20)]).await;
    let answer = late.answer().await.unwrap();
    assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
    done(&server, upload.send(0)).await;
    done(&server, upload.send(2)).await;
    let answer = upload.complete().of(server.address).await;
    let shared = Shared::new(upload.sealed, &answer);
    let revealed = claim(&shared, &server.claim_token()).of(server.address).await;
    assert!(revealed.body == shared.sealed.envelope);
}

/// Law 10: nobody holds room for long without filling it.
#[tokio::test]
async fn an_upload_is_swept_when_nothing_more_comes_and_each_part_keeps_it() {
    let server = Server::start().await;
    let empty = server.kept().await;
    let upload = begun(&server).await;
    let almost = Duration::from_mins(29);
    for number in [2, 0] {
        server.clock.advance(almost);
        server.sweep().await;
        done(&server, upload.send(number)).await;
    }
    server.clock.advance(almost);
    server.sweep().await;
    let told = upload.ask("GET", "").of(server.address).await.json();
    assert_eq!(
        (&told["parts"], &told["kept_until"]),
        (&json!([0, 2]), &json!("2026-11-24T13:28:00.000Z"))
    );
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(upload.send(1).of(server.address).await.problem(), "unavailable");
    server.sweep().await;
    assert_eq!(server.kept().await, empty);
}

/// Law 5: whoever has no token, or one of something else, learns nothing.
#[tokio::test]
async fn nobody_else_sees_sends_completes_or_gives_up_an_upload() {
    let server = Server::start().await;
    let upload = begun(&server).await;
    let other = server.shared().await;
    let never = SecretId::from_bytes(draw(&*server.dice)).to_string();
    let stranger = UploadToken::new(draw(&*server.dice)).expose().to_string();
    let kept = server.kept().await;
    for (method, rest) in [("GET", ""), ("PUT", "/parts/0"), ("POST", "/complete"), ("DELETE", "")]
    {
        let ask = |id: &str, token: &str| {
            let ask = Ask::new(method, &format!("/v1/uploads/{id}{rest}")).bearer(token);
            if method == "PUT" { ask.body("application/octet-stream", "x") } else { ask }
        };
        let unknown = ask(&never, &stranger).of(server.address).await.shape();
        assert_eq!((unknown.status, unknown.problem().as_str()), (404, "unavailable"));
        for (id, token) in [
            (&*upload.id, &*stranger),
            (&upload.id, &other.receipt),
            (&other.id, &upload.token),
            ("x", &upload.token),
        ] {
            let answer = ask(id, token).of(server.address).await.shape();
            assert_eq!(answer, unknown, "{method} {rest}");
        }
    }
    // It is no secret before it is complete.
    let early = Shared {
        id: upload.id.clone(),
        receipt: upload.sealed.receipt(upload.id.parse().unwrap()).expose().to_string(),
        created: json!({}),
        sealed: upload.sealed.into(),
    };
    let claimed = claim(&early, &server.claim_token()).of(server.address).await;
    assert_eq!(claimed.problem(), "unavailable");
    assert_eq!(burn(&early.receipt).of(server.address).await.problem(), "unavailable");
    assert_eq!(server.kept().await, kept);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_named() {
    let limits = service::Limits { max_envelope: 20 << 20, keep_free: 0, ..Default::default() };
    let server = Server::with(Setup { limits, ..Setup::default() }).await;
    let upload = begun(&server).await;
    let refused = async |ask: Ask, field: &str| {
        let answer = ask.of(server.address).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"));
        assert_eq!(answer.json()["field"], field);
    };
    let part = |number: &str, bytes: &[u8]| {
        upload.ask("PUT", &format!("/parts/{number}")).body("application/octet-stream", bytes)
    };
    refused(part("3", b"x"), "part").await;
    refused(part("0", b"x"), "part").await;
    refused(part("2", upload.part(0)), "part").await;
    refused(part("0", &vec![7; PART]), "envelope").await;
    let spread = part("2", b"").with("Transfer-Encoding", "chunked").head();
    let mut chunked = Connection::open(server.address).await;
    chunked.send(&[&spread[..], b"1\r\nx\r\n0\r\n\r\n"].concat()).await;
    assert_eq!(chunked.answer().await.unwrap().problem(), "invalid");
    assert_eq!(upload.there(&server).await, json!([]));

    let begin = |name: &str, value: Value| {
        let mut begin = upload.begin.clone();
        begin[name] = value;
        Ask::post("/v1/uploads").json(&begin)
    };
    let answer = begin("size", json!((20 << 20) + 1)).of(server.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
    assert_eq!(answer.json()["limit"], 20 << 20);
    refused(begin("size", json!(64)), "envelope").await;
    refused(begin("colour", json!(1)), "colour").await;
    // The token is used for another upload, and for the same one it is the same.
    let answer = begin("size", json!(PART)).of(server.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (409, "idempotency-conflict"));
    let kept = server.kept().await;
    let again = Ask::post("/v1/uploads").json(&upload.begin).of(server.address).await;
    assert_eq!((again.status, &again.json()["id"]), (201, &json!(upload.id)));
    assert_eq!(server.kept().await, kept, "nothing was begun twice");
}

#[tokio::test]
async fn what_was_said_about_a_passphrase_must_be_so() {
    let server = Server::start().await;
    let sealed = server.seal("hush", Some("a passphrase"));
    let token = UploadToken::new(draw(&*server.dice));
    let mut begin = beginning(&sealed, &token, &json!({}));
    begin["passphrase"] = json!(false);
    let answer = Ask::post("/v1/uploads").json(&begin).of(server.address).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let upload = Upload { sealed, token: token.expose().to_string(), begin, id };
    let answer = upload.send(0).of(server.address).await;
    assert_eq!((answer.status, &answer.json()["field"]), (422, &json!("passphrase")));
    let other = begun_with(&server, upload.sealed).await;
    done(&server, other.send(0)).await;
    let created = other.complete().of(server.address).await;
    assert_eq!(created.json()["passphrase"], true);
}

/// Law 4, and quotas: an upload counts from its start, and nothing is left of one that is not completed.
#[tokio::test]
async fn an_upload_takes_room_from_its_start_and_gives_it_back() {
    let limits = service::Limits { max_total: 30 << 20, keep_free: 0, ..Default::default() };
    let server = Server::with(Setup { limits, ..Setup::default() }).await;
    let empty = server.kept().await;
    let upload = begun(&server).await;
    done(&server, upload.send(1)).await;
    let full = server.seal(&"x".repeat(2 * PART), None);
    let answer = create(&full, &json!({})).of(server.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "storage-full"));
    let token = UploadToken::new(draw(&*server.dice));
    let second = Ask::post("/v1/uploads").json(&beginning(&full, &token, &json!({})));
    assert_eq!(second.of(server.address).await.problem(), "storage-full");

    done(&server, upload.ask("DELETE", "")).await;
    server.sweep().await;
    // What was refused in one stream is removed beside.
    until("it is given up", async || server.kept().await == empty).await;
    assert_eq!(upload.send(0).of(server.address).await.problem(), "unavailable");

    let upload = begun(&server).await;
    done(&server, upload.send(0)).await;
    server.clock.advance(Duration::from_hours(24));
    assert_eq!(upload.ask("GET", "").of(server.address).await.problem(), "unavailable");
    assert_eq!(upload.complete().of(server.address).await.problem(), "unavailable");
    server.sweep().await;
    assert_eq!(server.kept().await, empty, "swept");
    assert_eq!(second.of(server.address).await.status, 201);
}

/// R32: an upload takes the room of its network from its start, and gives it back.
#[tokio::test]
async fn an_upload_takes_the_room_of_its_network() {
    let limits = service::Limits { max_per_network: 30 << 20, keep_free: 0, ..Default::default() };
    let server = Server::with(Setup { limits, ..Setup::default() }).await;
    let upload = begun(&server).await;
    let sealed = server.seal(&"x".repeat(2 * PART), None);
    let token = UploadToken::new(draw(&*server.dice));
    let second = Ask::post("/v1/uploads").json(&beginning(&sealed, &token, &json!({})));
    let refused = second.of(server.address).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "quota-exceeded"));
    done(&server, upload.ask("DELETE", "")).await;
    assert_eq!(second.of(server.address).await.status, 201);
}
