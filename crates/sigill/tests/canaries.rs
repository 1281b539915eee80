//! Nothing that opens lies in the data directory or in the log (laws 3, 4 and 6; R42, R43, R94).
//!
//! Known values go through the whole life of a secret; then every file is searched for them, in the clear
//! and in the usual encodings.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use envelope::{ClaimToken, Keys, Profile, SecretId, SecretToken, ServerReceipt};
use serde_json::json;
use tempfile::TempDir;
use testkit::calls::{
    self, Shared, acknowledge, burn, claim, claim_with, create, fetch, follow, unlock, wrong_guess,
};
use testkit::directory::{copy, keys};
use testkit::secrets::Sealed;
use testkit::server::{Server, Setup};
use testkit::{Ask, Canaries, Connection, Dice, Process, until};

const TEXT: &str = "canary content: the door code is 4711";
const PASSPHRASE: &str = "canary passphrase, correct horse";
const KEY: &str = "canary-idempotency-key-0123456789";

/// Everything about a secret that must be nowhere.
fn watch(canaries: &mut Canaries, sealed: &Sealed, id: Option<&str>) {
    canaries.add_text("the content", TEXT);
    canaries.add_text("the passphrase", PASSPHRASE);
    canaries.add_text("the idempotency key", KEY);
    canaries.add("the link proof", sealed.link_proof().expose());
    canaries.add("the proof", sealed.proof().expose());
    canaries.add("the receipt secret", &sealed.receipt_secret);
    // What the server was told in their place, it keeps under a key of its own only.
    canaries.add("the hash of the link proof", sealed.link_proof().hash().as_bytes());
    canaries.add("the hash of the proof", sealed.proof().hash().as_bytes());
    if let Some(id) = id {
        let id: SecretId = id.parse().unwrap();
        let link_key = sealed.key.encode(&id);
        canaries.add_text("the link key", &link_key);
        let receipt = sealed.receipt(id);
        canaries.add_text("the receipt token", &receipt.expose());
        canaries.add("the hash of the receipt token", receipt.hash().as_bytes());
    }
}

/// The envelope as it was sent: at rest it is sealed once more (R43).
fn watch_envelope(canaries: &mut Canaries, shared: &Shared) {
    let envelope = &shared.sealed.envelope;
    canaries.add("the envelope's start", &envelope[..48]);
    canaries.add("the envelope's end", &envelope[envelope.len() - 48..]);
}

/// A claim token, watched as text and as bytes.
fn watched_token(canaries: &mut Canaries, dice: &Dice) -> String {
    let token = calls::claim_token(dice);
    canaries.add_text("a claim token", &token);
    let hash = ClaimToken::parse(&token).unwrap().hash();
    canaries.add("the hash of a claim token", hash.as_bytes());
    token
}

fn clean(canaries: &Canaries, server: &Server, when: &str) {
    assert_eq!(canaries.find_below(server.data()), None, "{when}");
}

#[tokio::test]
async fn no_file_holds_anything_that_opens_burns_or_tells() {
    let server = Server::start().await;
    let mut canaries = Canaries::default();
    let mut shared = Vec::new();
    for (text, passphrase) in [
        (TEXT.to_owned(), None),
        (TEXT.to_owned(), Some(PASSPHRASE)),
        (TEXT.repeat(10_000), None),
        (TEXT.to_owned(), None),
    ] {
        let sealed = server.seal(&text, passphrase);
        let key = format!("{KEY}-{}", shared.len());
        let ask = create(&sealed, &json!({ "expires_in": 3600 })).with("Idempotency-Key", &key);
        let new = Shared::new(sealed, &ask.of(server.address).await);
        watch(&mut canaries, &new.sealed, Some(&new.id));
        watch_envelope(&mut canaries, &new);
        shared.push(new);
    }
    clean(&canaries, &server, "after creating");
    for shared in &shared[..3] {
        let wrong = wrong_guess(shared, &*server.dice).of(server.address).await;
        assert_eq!(wrong.status, 403);
        let token = watched_token(&mut canaries, &server.dice);
        assert_eq!(claim(shared, &token).of(server.address).await.status, 200);
        assert_eq!(fetch(&shared.id, &token).of(server.address).await.status, 200);
        clean(&canaries, &server, "while it is delivered");
        assert_eq!(acknowledge(&shared.id, &token).of(server.address).await.status, 204);
    }
    clean(&canaries, &server, "after opening");
    assert_eq!(burn(&shared[3].receipt).of(server.address).await.status, 200);
    clean(&canaries, &server, "after burning");
    server.clock.advance(Duration::from_hours(2));
    server.sweep().await;
    clean(&canaries, &server, "after expiry");
    let server = server.restart().await;
    clean(&canaries, &server, "after a restart");
}

/// Asks for every secret on a copy; how many open.
async fn opens(copy: TempDir, secrets: &[&Shared]) -> usize {
    let server = Server::open(copy, Setup::default()).await;
    let mut opened = 0;
    for shared in secrets {
        let answer = claim(shared, &calls::claim_token(&Dice::new(77))).of(server.address).await;
        opened += usize::from(answer.status == 200);
    }
    opened
}

/// Law 4: whatever was copied before the end, without `secret.keys`, opens with nothing; and within
/// 60 seconds of the end nothing that opens is left.
#[tokio::test]
async fn gone_is_gone() {
    let server = Server::start().await;
    let long = json!({ "expires_in": 31_536_000 });
    let large = server.seal(&TEXT.repeat(10_000), None);
    let burned = server.shared_as(&long).await;
    let burned_file = calls::share(server.address, large, &long).await;
    let opened = server.shared_as(&long).await;
    let strict = server.shared_as(&json!({ "expires_in": 31_536_000, "strict": true })).await;
    let expired = server.shared_as(&json!({ "expires_in": 60 })).await;
    let unconfirmed = server.shared_as(&long).await;
    let waiting = server.shared_as(&long).await;
    let [whole, without] = [(), ()].map(|()| tempfile::tempdir().unwrap());
    let server = server
        .restart_after(|dir| {
            copy(dir, whole.path());
            copy(dir, without.path());
            fs::remove_file(without.path().join("secret.keys")).unwrap();
        })
        .await;
    let all = [&burned, &burned_file, &opened, &strict, &expired, &unconfirmed, &waiting];
    let known = keys(server.data());
    assert_eq!(known.len(), all.len());

    for shared in [&burned, &burned_file] {
        assert_eq!(burn(&shared.receipt).of(server.address).await.status, 200);
    }
    let token = server.claim_token();
    assert_eq!(claim(&opened, &token).of(server.address).await.status, 200);
    assert_eq!(acknowledge(&opened.id, &token).of(server.address).await.status, 204);
    for shared in [&strict, &unconfirmed] {
        assert_eq!(claim(shared, &server.claim_token()).of(server.address).await.status, 200);
    }
    // The hand that moves the clock is the minute that law 4 allows.
    server.clock.advance(Duration::from_mins(1));
    server.sweep().await;
    let mut destroyed = Canaries::default();
    for row in 1..=6 {
        destroyed.add(&format!("the key of row {row}"), &known[&row]);
    }
    until("no key of what has ended is left", async || {
        destroyed.find_below(server.data()).is_none()
    })
    .await;
    assert_eq!(server.kept().await.files, 0, "the file of the large one is gone as well");
    let mut kept = Canaries::default();
    kept.add("the key of what waits", &known[&7]);
    assert!(kept.find_below(server.data()).is_some(), "a search that finds nothing shows nothing");
    assert_eq!(keys(server.data()).len(), 1);
    assert_eq!(claim(&waiting, &server.claim_token()).of(server.address).await.status, 200);

    // With the keys the copy opens, so it is a good one; without them it opens nothing.
    assert_eq!(opens(whole, &all).await, all.len());
    assert_eq!(opens(without, &all).await, 0);
}

/// The sweeper comes by before the listener opens, with nobody asking (R41).
#[tokio::test]
async fn what_expired_while_the_program_was_down_is_gone_before_it_listens() {
    let mut setup = Setup::default();
    setup.limits.receipts_kept = Duration::from_hours(24 * 365 * 100);
    let server = Server::with(setup).await;
    // The clock of the program is the machine's: whatever that is, this is long before it.
    server.clock.set(domain::Timestamp::from_millis(1_500_000_000_000));
    let shared = server.shared_as(&json!({ "expires_in": 60 })).await;
    let dir = server.stop().await;
    assert_eq!(keys(dir.path()).len(), 1);
    let binary = Path::new(env!("CARGO_BIN_EXE_sigill"));
    let log = tempfile::tempdir().unwrap();
    let process = Process::start(binary, dir.path(), &log.path().join("log"), &[]).await;
    let (state, events) = calls::fate(process.address, &shared.receipt).await;
    assert_eq!(state, "expired");
    assert_eq!(events, ["created", "expired"]);
    assert_eq!(keys(dir.path()).len(), 0);
}

/// Errors of every kind, each with values in places where they do not belong.
fn misplaced(shared: &Shared, token: &str, link_key: &str) -> Vec<Ask> {
    let id = &shared.id;
    let json = "application/json";
    let proof = calls::base64url(shared.sealed.proof().expose());
    let mut asks = Vec::new();
    for value in [token, &shared.receipt, link_key, &proof, KEY] {
        asks.extend([
            Ask::get(&format!("/s/{value}")),
            Ask::get(&format!("/s/{id}?key={value}")),
            Ask::get(&format!("/{value}")),
            Ask::get(&format!("/assets/{value}/{value}")),
            Ask::get(&format!("/v1/{value}")),
            Ask::get(&format!("/v1/receipt?token={value}")).bearer(value),
            Ask::post(&format!("/v1/secrets/{value}/claim")),
            Ask::post(&format!("/v1/secrets/{value}/ack")).bearer(value),
            Ask::get(&format!("/v1/secrets/{value}/envelope")).bearer(value),
            fetch(id, token).with("Range", &format!("bytes={value}")),
            Ask::post("/v1/receipt/burn").bearer(&format!("{value}x")),
            Ask::get("/v1/limits").with("Cookie", value).with("User-Agent", value),
            Ask::get("/").with("Host", value),
            Ask::get("/").with("Referer", value).with("X-Forwarded-For", value),
            Ask::get("/").with(value, "x"),
            Ask::new(value, "/"),
            Ask::post("/v1/receipt/burn").with("Origin", &format!("https://{value}")),
            Ask::post(&format!("/v1/secrets/{id}/claim")).body(json, format!("{{\"{value}\":1}}")),
            Ask::post(&format!("/v1/secrets/{id}/claim"))
                .body(json, format!("{{\"proof\":\"{value}x\"}}")),
            Ask::post(&format!("/v1/secrets/{id}/claim")).body(json, value),
            Ask::post(&format!("/v1/secrets/{id}/claim")).body(value, "x"),
            calls::create_with(value.as_bytes()),
            calls::create_with(calls::creation(value.as_bytes(), value.as_bytes())),
            calls::create_with(calls::multipart(&[calls::part(value, value, value.as_bytes())])),
            create(&shared.sealed, &json!({ value: value })),
            create(&shared.sealed, &json!({})).with("Idempotency-Key", &format!("{value} {value}")),
            Ask::get("/").with("X", &value.repeat(400)),
        ]);
    }
    asks
}

/// Everything that works, and every way in which it fails for somebody with the right capability; then
/// what fails for all.
async fn live(at: SocketAddr, shared: &Shared, token: &str, dice: &Dice) {
    let id: SecretId = shared.id.parse().unwrap();
    let link_key = shared.sealed.key.encode(&id).to_string();
    let proof = shared.sealed.proof();
    for ask in [
        claim_with(&shared.id, &proof, &proof, token),
        claim(shared, token),
        claim(shared, token),
        fetch(&shared.id, token),
        fetch(&shared.id, token).with("Range", "bytes=1-"),
        acknowledge(&shared.id, token),
        acknowledge(&shared.id, token),
        wrong_guess(shared, dice),
        claim(shared, &calls::claim_token(dice)),
        unlock(&shared.receipt),
        follow(&shared.receipt),
        burn(&shared.receipt),
        burn(&shared.receipt),
        Ask::get(&format!("/s/{}", shared.id)),
    ] {
        ask.of(at).await;
    }
    for ask in misplaced(shared, token, &link_key) {
        ask.try_of(at).await;
    }
    let post = "HTTP/1.1\r\nHost: localhost\r\n";
    for bytes in [
        format!("GET /{token} HTTP/1.1\r\nHost: {token}\r\n{token} : x\r\n\r\n"),
        format!("{token} {link_key}\r\n\r\n"),
        format!("POST /v1/secrets {post}Content-Length: {token}\r\n\r\n"),
        format!("POST /v1/secrets {post}Transfer-Encoding: chunked\r\n\r\n{token}\r\n"),
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{token}{token}{token}"),
    ] {
        let mut connection = Connection::open(at).await;
        connection.send(bytes.as_bytes()).await;
        connection.finish().await;
        drop(connection.rest().await);
    }
}

/// R94: at the most talkative level, through every endpoint and every error.
#[tokio::test]
async fn no_line_of_the_log_holds_anything_of_a_secret_or_of_a_request() {
    let place = tempfile::tempdir().unwrap();
    let (data, log) = (place.path().join("data"), place.path().join("log"));
    let binary = Path::new(env!("CARGO_BIN_EXE_sigill"));
    let talkative = ["--log", "trace", "--limits", "off", "--trusted-proxies", "127.0.0.0/8"];
    let process = Process::start(binary, &data, &log, &talkative).await;
    let (at, dice) = (process.address, Dice::new(u64::from(std::process::id())));
    let mut canaries = Canaries::default();
    canaries.add_text("an address", "198.51.100.177");
    let mut shared = Vec::new();
    for (text, passphrase) in [
        (TEXT.to_owned(), None),
        (TEXT.to_owned(), Some(PASSPHRASE)),
        (TEXT.repeat(10_000), None),
        (TEXT.repeat(10_000), None),
    ] {
        let sealed = Sealed::text(&text, passphrase, &dice);
        let asked = json!({ "failed_passphrases": { "limit": 1 }, "views": 2 });
        let key = format!("{KEY}-{}", shared.len());
        let ask = create(&sealed, &asked).with("Idempotency-Key", &key);
        let ask = ask.with("X-Forwarded-For", "198.51.100.177");
        let new = Shared::new(sealed, &ask.of(at).await);
        assert_eq!(ask.of(at).await.status, 201, "the same again");
        watch(&mut canaries, &new.sealed, Some(&new.id));
        watch_envelope(&mut canaries, &new);
        canaries.add_text("a public id", &new.id);
        shared.push(new);
    }
    for shared in &shared[..2] {
        let token = watched_token(&mut canaries, &dice);
        live(at, shared, &token, &dice).await;
    }
    // Faults of ours: a file that was altered, one that is gone, and a directory that is gone.
    let blobs: Vec<_> =
        fs::read_dir(data.join("blobs")).unwrap().map(|e| e.unwrap().path()).collect();
    fs::write(&blobs[0], b"short").unwrap();
    fs::remove_file(&blobs[1]).unwrap();
    let mut statuses = Vec::new();
    for shared in &shared[2..] {
        let token = watched_token(&mut canaries, &dice);
        statuses.push(claim(shared, &token).of(at).await.status);
    }
    fs::remove_dir_all(data.join("blobs")).unwrap();
    let large = Sealed::text(&TEXT.repeat(10_000), None, &dice);
    watch(&mut canaries, &large, None);
    statuses.push(create(&large, &json!({})).of(at).await.status);
    assert_eq!(statuses, [503, 503, 500]);
    process.stop().await;
    let said = fs::read_to_string(&log).unwrap();
    for expected in
        ["/v1/secrets/{id}/claim", "unknown route", "status=422", "status=500", "stopped"]
    {
        assert!(said.contains(expected), "the log says nothing of {expected}");
    }
    if let Some(name) = canaries.find(said.as_bytes()) {
        let line = said.lines().find(|line| canaries.find(line.as_bytes()).is_some());
        assert_eq!(line, None, "{name}");
    }
}

/// Laws 3 and 6 for what the server itself has sealed: its links have the token in the path, and it sees
/// content and passphrase for a moment. None of it stays.
#[tokio::test]
async fn what_the_server_seals_leaves_nothing_in_the_log_or_in_a_file() {
    let place = tempfile::tempdir().unwrap();
    let (data, log) = (place.path().join("data"), place.path().join("log"));
    let binary = Path::new(env!("CARGO_BIN_EXE_sigill"));
    let process = Process::start(binary, &data, &log, &["--log", "trace", "--limits", "off"]).await;
    let at = process.address;
    let mut canaries = Canaries::default();
    canaries.add_text("the content", TEXT);
    canaries.add_text("the passphrase", PASSPHRASE);
    let form = |address: &str, body: &str| {
        Ask::post(address).body("application/x-www-form-urlencoded", body)
    };
    let (content, typed) = (TEXT.replace(' ', "+"), PASSPHRASE.replace(' ', "+"));
    let create = form("/api/v1/share", &format!("secret={content}&passphrase={typed}"));
    for opens in [true, false] {
        let made = create.of(at).await.json();
        let [link, receipt] = ["secret_key", "metadata_key"].map(|key| made[key].as_str().unwrap());
        canaries.add_text("the link", link);
        canaries.add_text("the receipt token", receipt);
        let key = SecretToken::parse(link).ok().unwrap().link_key(Profile::None);
        let proof = Keys::derive(&key, None).unwrap().link_proof();
        canaries.add("the link proof", proof.expose());
        canaries.add("the hash of the link proof", proof.hash().as_bytes());
        let hash = ServerReceipt::parse(receipt).ok().unwrap().hash();
        canaries.add("the hash of the receipt's key", hash.as_bytes());
        let page = format!("/secret/{link}");
        for ask in [
            Ask::get(&page),
            Ask::get(&format!("{page}?continue=true&passphrase={typed}")),
            form(&page, ""),
            form(&page, "passphrase=wrong"),
            form(&format!("/api/v1/secret/{link}"), "passphrase=wrong"),
            Ask::new("DELETE", &page),
            Ask::get(&format!("/{link}/{receipt}")),
            Ask::get(&format!("/receipt/{receipt}")),
            Ask::get("/").with("Referer", &format!("http://localhost{page}")),
            form(&format!("/receipt/{receipt}/unlock"), ""),
        ] {
            assert!(ask.of(at).await.status < 500);
        }
        assert_eq!(canaries.find_below(&data), None, "while it waits");
        let last = if opens {
            form(&page, &format!("passphrase={typed}"))
        } else {
            form(&format!("/receipt/{receipt}/burn"), "")
        };
        let last = last.of(at).await;
        assert_eq!((last.status, last.text().contains(TEXT)), (200, opens));
        assert_eq!(canaries.find_below(&data), None, "when it has ended");
    }
    process.stop().await;
    assert_eq!(canaries.find_below(&data), None, "when the program has");
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains("/secret/{token}") && said.contains("/receipt/{token}/burn"));
    if let Some(name) = canaries.find(said.as_bytes()) {
        let line = said.lines().find(|line| canaries.find(line.as_bytes()).is_some());
        assert_eq!(line, None, "{name}");
    }
}
