//! Whose a secret is: theirs who have shown who they are when it was created, and nobody's else.

use std::time::Duration;

use domain::account::{AccountId, Email, Role};
use domain::session::{Method, SessionToken, Stage};
use serde_json::json;
use service::sessions::Seat;
use testkit::Ask;
use testkit::calls::create;
use testkit::server::Server;

use super::uploads::begun_as;

const MAJA: &str = "maja@example.org";

async fn account(server: &Server) -> AccountId {
    let email = Email::parse(MAJA).unwrap();
    server.service.join(&email, Role::Member).await.unwrap();
    server.service.key_owner(&email).await.unwrap().unwrap().account().unwrap()
}

async fn session(server: &Server) -> SessionToken {
    let (email, seat) = (Email::parse(MAJA).unwrap(), Seat::default());
    let come = (Stage::Whole, Method::Passkey);
    server.service.vouch(&email, come, &seat).await.unwrap().unwrap()
}

fn with_session(server: &Server, ask: Ask, token: &SessionToken) -> Ask {
    let ask = ask.with("Cookie", &format!("__Host-sigill={}", *token.expose()));
    ask.with("Sigill-CSRF", &server.service.csrf(token))
}

/// The public ids of what belongs to an account, the latest first, and whether a key has made each.
async fn owned(server: &Server, account: AccountId) -> Vec<(String, bool)> {
    let listed = server.service.recent(account, Duration::from_hours(1)).await.unwrap();
    listed.iter().map(|it| (it.id.to_string(), it.owned.api_key.is_some())).collect()
}

#[tokio::test]
async fn what_somebody_creates_is_theirs_and_what_nobody_creates_is_nobodys() {
    let server = Server::start().await;
    let account = account(&server).await;
    let (key, token) = (server.key_of(MAJA, "secrets:create").await, session(&server).await);
    let ask = || create(&server.seal("hush", None), &json!({}));
    let made = async |ask: Ask| {
        let answer = ask.of(server.address).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    made(ask()).await;
    let by_key = made(ask().bearer(&key)).await;
    let by_person = made(with_session(&server, ask(), &token)).await;
    assert_eq!(owned(&server, account).await, [(by_person, false), (by_key, true)]);
}

/// The same secret asked for once more is the one that was made, and whose it was.
#[tokio::test]
async fn a_repeated_creation_is_still_theirs() {
    let server = Server::start().await;
    let account = account(&server).await;
    let key = server.key_of(MAJA, "secrets:create").await;
    let ask = create(&server.seal("hush", None), &json!({}));
    let ask = ask.with("Idempotency-Key", "0123456789abcdef");
    let first = ask.clone().bearer(&key).of(server.address).await;
    let again = ask.of(server.address).await;
    assert_eq!((first.status, first.json()), (201, again.json()));
    assert_eq!(owned(&server, account).await.len(), 1);
}

/// In parts as well. Who sends them need not say again who they are: they hold the token of the upload. What is
/// given up or lapses belongs to nobody, and its number is free of it.
#[tokio::test]
async fn what_comes_in_parts_is_theirs_who_began_it() {
    let server = Server::start().await;
    let account = account(&server).await;
    let (key, token) = (server.key_of(MAJA, "secrets:create").await, session(&server).await);
    let begin = async |ask: Ask| begun_as(&server, server.seal("hush", None), ask).await;
    let by_key = begin(Ask::post("/v1/uploads").bearer(&key)).await;
    let by_person = begin(with_session(&server, Ask::post("/v1/uploads"), &token)).await;
    let by_nobody = begin(Ask::post("/v1/uploads")).await;
    let given_up = begin(Ask::post("/v1/uploads").bearer(&key)).await;
    let lapses = begin(Ask::post("/v1/uploads").bearer(&key)).await;
    assert_eq!(owned(&server, account).await, [], "nothing waits yet");
    assert_eq!(given_up.ask("DELETE", "").of(server.address).await.status, 204);
    let mut ids = Vec::new();
    for upload in [&by_key, &by_person, &by_nobody] {
        assert_eq!(upload.send(0).of(server.address).await.status, 204);
        let answer = upload.complete().of(server.address).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(lapses.send(0).of(server.address).await.status, 204);
    server.clock.advance(Duration::from_mins(31));
    server.sweep().await;
    assert_eq!(lapses.complete().of(server.address).await.status, 404);
    let [by_key, by_person, _] = &ids[..] else { panic!("three") };
    let theirs = [(by_person.clone(), false), (by_key.clone(), true)];
    assert_eq!(owned(&server, account).await, theirs);
}
