//! A program on another machine gets a key, once, from whoever has permitted it (RFC 8628).

use std::time::Duration;

use domain::account::{Email, Role, Scope};
use domain::organisation::Name;
use domain::session::{Method, Stage, TicketToken};
use service::devices::{Begun, Login, PATIENCE, UserCode};
use service::people::{Person, SignedIn};
use service::sessions::Seat;

use crate::house::{House, house};

async fn person(house: &House, address: &str) -> Person {
    let email = Email::parse(address).unwrap();
    house.service.join(&email, Role::Member).await.unwrap();
    let (come, seat) = ((Stage::Whole, Method::Passkey), Seat::default());
    let token = house.service.vouch(&email, come, &seat).await.unwrap().unwrap();
    let Some(SignedIn::Whole(person)) = house.service.session(&token).await.unwrap() else {
        panic!("nobody")
    };
    person
}

async fn begin(house: &House) -> Begun {
    let label = Name::parse("sigill on laptop").unwrap();
    house.service.begin_login(&label, "192.0.2.0/24").await.unwrap()
}

async fn login(house: &House, device: &TicketToken) -> Login {
    house.service.login(device).await.unwrap()
}

#[tokio::test]
async fn whoever_permits_it_gives_a_key_of_theirs_once() {
    let house = house();
    let maja = person(&house, "maja@example.org").await;
    let begun = begin(&house).await;
    assert!(matches!(login(&house, &begun.device).await, Login::Waiting));
    let asking = house.service.asking(&maja, &begun.code).await.unwrap().unwrap().unwrap();
    assert_eq!((&*asking.label, &*asking.network), ("sigill on laptop", "192.0.2.0/24"));
    assert!(house.service.answer_login(&maja, &begun.code, true).await.unwrap());
    let otto = person(&house, "otto@example.org").await;
    assert!(!house.service.answer_login(&otto, &begun.code, true).await.unwrap(), "it is answered");
    let Login::Done(made) = login(&house, &begun.device).await else { panic!("no key") };
    let bearer = house.service.bearer(&made.token).await.unwrap().unwrap();
    assert_eq!(bearer.account.unwrap().id, maja.account.id);
    assert!(!bearer.key.scopes.has(Scope::SecretsOpen) && bearer.key.expires_at.is_some());
    assert!(matches!(login(&house, &begun.device).await, Login::Gone), "it is shown once");
}

#[tokio::test]
async fn what_was_refused_or_took_too_long_gives_nothing() {
    let house = house();
    let maja = person(&house, "maja@example.org").await;
    let refused = begin(&house).await;
    assert!(house.service.answer_login(&maja, &refused.code, false).await.unwrap());
    assert!(matches!(login(&house, &refused.device).await, Login::Gone));
    let late = begin(&house).await;
    let permitted = begin(&house).await;
    assert!(house.service.answer_login(&maja, &permitted.code, true).await.unwrap());
    house.clock.advance(PATIENCE);
    assert!(!house.service.answer_login(&maja, &late.code, true).await.unwrap());
    for begun in [&late, &permitted] {
        assert!(matches!(login(&house, &begun.device).await, Login::Gone));
    }
    assert!(matches!(login(&house, &TicketToken::new([1; 32])).await, Login::Gone));
}

/// Five tries, and one more each minute: nobody finds a code in ten minutes.
#[tokio::test]
async fn codes_are_not_guessed() {
    let house = house();
    let maja = person(&house, "maja@example.org").await;
    let wrong = UserCode::parse("BCDF-GHJK").unwrap();
    let mut waits = Vec::new();
    for _ in 0..7 {
        waits.push(house.service.asking(&maja, &wrong).await.unwrap().is_err());
    }
    assert_eq!(waits, [false, false, false, false, false, true, true]);
    house.clock.advance(Duration::from_mins(1));
    assert!(house.service.asking(&maja, &wrong).await.unwrap().unwrap().is_none());
}
