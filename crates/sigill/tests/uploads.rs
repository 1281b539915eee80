//! `kill -9` between any two parts of an upload, on the real program: what was acknowledged is there
//! (law 2), with files and with a bucket, which is one database's alone.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use domain::entropy::draw;
use envelope::UploadToken;
use serde_json::{Value, json};
use testkit::calls::{Shared, base64url, claim, claim_token, share, terms};
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

/// The options of a program that keeps large secrets in `bucket`.
fn asking(bucket: &Bucket, dir: &Path) -> Vec<String> {
    let secret = dir.join("secret");
    fs::write(&secret, "hush\n").unwrap();
    let target = bucket.target(bucket.server);
    let (address, endpoint) = (target.to_string(), target.endpoint.unwrap());
    let options = ["--blobs", &address, "--s3-endpoint", &endpoint, "--s3-access-key", "test"];
    let secret = secret.display().to_string();
    [&options[..], &["--s3-secret-key-file", &secret]]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn an_upload_into_a_bucket_survives_kills() {
    let bucket = Bucket::fresh().await;
    let dir = tempfile::tempdir().unwrap();
    let options = asking(&bucket, dir.path());
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    killed_all_along(&options).await;
    assert_eq!(bucket.objects().await.len(), 3);
}

/// Two databases below one prefix would remove each other's secrets as strays.
#[tokio::test]
async fn the_bucket_of_another_database_is_refused_and_doctor_says_whose_it_is() {
    let bucket = Bucket::fresh().await;
    let dir = tempfile::tempdir().unwrap();
    let options = asking(&bucket, dir.path());
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let run = |command: &[&str], data: &str, options: &[&str]| {
        let mut program = Command::new(BINARY);
        program.env_clear().current_dir(dir.path()).args(command);
        program.args(["--data", data, "--listen", "127.0.0.1:0"]).args(options).output().unwrap()
    };
    let doctor = |data: &str, options: &[&str], says: (&str, &str)| {
        let output = run(&["doctor", "--json"], data, options);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == "bucket").unwrap();
        assert_eq!(check["status"], says.0, "{check}");
        assert!(check["text"].as_str().unwrap().contains(says.1), "{check}");
    };
    doctor("first", &options, ("ok", "makes it its own"));
    let first = Process::start(
        Path::new(BINARY),
        &dir.path().join("first"),
        &dir.path().join("log"),
        &options,
    )
    .await;
    let sealed = Sealed::text(&"x".repeat(100_000), None, &Dice::new(5));
    let shared = share(first.address, sealed, &json!({})).await;
    doctor("first", &options, ("ok", "is this database's"));
    let refused = run(&["serve"], "second", &options);
    let says = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{says}");
    assert!(says.contains("of another database: choose another prefix"), "{says}");
    doctor("second", &options, ("fault", "of another database"));
    let elsewhere = options.iter().position(|option| option.starts_with("http")).unwrap();
    let mut away = options.clone();
    away[elsewhere] = "http://127.0.0.1:1";
    doctor("first", &away, ("fault", "cannot be reached"));
    let revealed = claim(&shared, &claim_token(&Dice::new(6))).of(first.address).await;
    assert!(revealed.body == shared.sealed.envelope, "nothing of the first one's is gone");
}
