//! `kill -9` between any two parts of an upload, on the real program: what was acknowledged is there
//! (law 2), with files and with a bucket.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

use std::path::Path;

use domain::entropy::draw;
use envelope::UploadToken;
use serde_json::json;
use testkit::calls::{Shared, base64url, claim, claim_token, terms};
use testkit::secrets::Sealed;
use testkit::{Ask, Bucket, Dice, Process};

const BINARY: &str = env!("CARGO_BIN_EXE_sigill");
const PART: usize = 8 * 1024 * 1024;

/// Begins, sends the last part first, and kills the program after every answer.
async fn killed_all_along(options: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    // The port changes with every start, and must not change the link.
    let options = &[options, &["--public-url", "https://secrets.example"]].concat();
    let start = || Process::start(Path::new(BINARY), &data, &log, options);
    let dice = Dice::new(5);
    let text: String = ('a'..='z').cycle().take(2 * PART + 70_000).collect();
    let sealed = Sealed::text(&text, None, &dice);
    let token = UploadToken::new(draw(&dice));
    let begin = Ask::post("/v1/uploads").json(&json!({
        "terms": terms(&sealed, &json!({})),
        "size": sealed.envelope.len(),
        "token_hash": base64url(token.hash().as_bytes()),
    }));
    let mut program = start().await;
    let begun = begin.with("Host", "secrets.example").of(program.address).await;
    program.kill();
    assert_eq!(begun.status, 201, "{}", begun.text());
    let path = format!("/v1/uploads/{}", begun.json()["id"].as_str().unwrap());
    let token = token.expose().to_string();
    for number in [2, 0, 1] {
        let rest = &sealed.envelope[number * PART..];
        let part = Ask::new("PUT", &format!("{path}/parts/{number}")).bearer(&token);
        let part = part.body("application/octet-stream", &rest[..rest.len().min(PART)]);
        let mut program = start().await;
        let sent = part.with("Host", "secrets.example").of(program.address).await;
        program.kill();
        assert_eq!(sent.status, 204, "{}", sent.text());
    }
    let complete = Ask::post(&format!("{path}/complete")).bearer(&token);
    let mut program = start().await;
    let created = complete.clone().with("Host", "secrets.example").of(program.address).await;
    program.kill();
    let shared = Shared::new(sealed, &created);
    let mut program = start().await;
    let again = complete.with("Host", "secrets.example").of(program.address).await;
    assert_eq!((again.status, again.json()), (201, created.json()), "a lost answer is repeated");
    let revealed = claim(&shared, &claim_token(&dice))
        .with("Host", "secrets.example")
        .of(program.address)
        .await;
    assert!(revealed.body == shared.sealed.envelope, "byte for byte");
    program.kill();
}

#[tokio::test]
async fn an_upload_into_the_directory_survives_kills() {
    killed_all_along(&[]).await;
}

#[tokio::test]
async fn an_upload_into_a_bucket_survives_kills() {
    let bucket = Bucket::fresh().await;
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "hush\n").unwrap();
    let target = bucket.target(bucket.server);
    let (address, endpoint) = (target.to_string(), target.endpoint.unwrap());
    let secret = secret.display().to_string();
    let options = ["--blobs", &address, "--s3-endpoint", &endpoint, "--s3-access-key", "test"];
    let options = [&options[..], &["--s3-secret-key-file", &secret]].concat();
    killed_all_along(&options).await;
    assert_eq!(bucket.objects().await.len(), 3);
}
