//! Sessions: when they are over, and what is worth nothing from then on (R61, R62).

use std::time::Duration;

use domain::account::{Email, Role};
use domain::session::{CONFIRMATION, HALF_LIFE, IDLE, LIFE, Method, SessionToken, Stage};
use service::people::{Person, SignedIn};
use service::sessions::Seat;

use crate::house::{House, house};

const WHOLE: (Stage, Method) = (Stage::Whole, Method::Passkey);

async fn sit(house: &House, come: (Stage, Method)) -> SessionToken {
    let email = Email::parse("maja@example.org").unwrap();
    house.service.join(&email, Role::Member).await.unwrap();
    let seat = Seat { agent: "Firefox, Linux".into(), network: "192.0.2.0/24".into() };
    house.service.vouch(&email, come, &seat).await.unwrap().unwrap()
}

async fn person(house: &House, token: &SessionToken) -> Option<Person> {
    let shown = house.service.session(token).await.unwrap()?;
    let SignedIn::Whole(person) = shown else { return None };
    Some(person)
}

#[tokio::test]
async fn a_session_is_over_after_a_while_without_a_request() {
    let house = house();
    let token = sit(&house, WHOLE).await;
    assert!(person(&house, &token).await.is_some());
    assert!(person(&house, &SessionToken::new([1; 32])).await.is_none());
    for _ in 0..3 {
        house.clock.advance(IDLE.saturating_sub(Duration::from_mins(6)));
        assert!(person(&house, &token).await.is_some(), "each request begins the time anew");
    }
    house.clock.advance(IDLE);
    assert!(person(&house, &token).await.is_none());
    house.service.sweep().await.unwrap();
    let again = sit(&house, WHOLE).await;
    let maja = person(&house, &again).await.unwrap();
    assert_eq!(house.service.sessions(&maja).await.unwrap().len(), 1, "what is over is forgotten");
}

#[tokio::test]
async fn a_session_is_over_in_the_end() {
    let house = house();
    let token = sit(&house, WHOLE).await;
    let step = Duration::from_hours(6);
    let mut passed = step;
    while passed < LIFE {
        house.clock.advance(step);
        assert!(person(&house, &token).await.is_some(), "after {passed:?}");
        passed = passed.saturating_add(step);
    }
    house.clock.advance(step);
    assert!(person(&house, &token).await.is_none(), "however often it was used");
}

#[tokio::test]
async fn who_lacks_the_second_factor_is_somebody_else_and_has_little_time() {
    let house = house();
    let token = sit(&house, (Stage::Half, Method::Password)).await;
    let shown = house.service.session(&token).await.unwrap();
    assert!(matches!(shown, Some(SignedIn::Half(_))));
    house.clock.advance(HALF_LIFE);
    assert!(house.service.session(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_ended_is_worth_nothing_at_once() {
    let house = house();
    let tokens = [sit(&house, WHOLE).await, sit(&house, WHOLE).await, sit(&house, WHOLE).await];
    let [first, second, third] = &tokens;
    let maja = person(&house, first).await.unwrap();
    let listed = house.service.sessions(&maja).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(listed.iter().filter(|listed| listed.is_this).count(), 1);
    let other = person(&house, second).await.unwrap();
    let other = listed.iter().find(|listed| listed.session.id == other.session.id).unwrap();
    assert!(house.service.end_session(&maja, &other.reference).await.unwrap());
    assert!(person(&house, second).await.is_none());
    assert!(!house.service.end_session(&maja, &other.reference).await.unwrap());
    assert!(!house.service.end_session(&maja, "000000000000").await.unwrap());
    assert_eq!(house.service.end_other_sessions(&maja).await.unwrap(), 1);
    assert!(person(&house, third).await.is_none() && person(&house, first).await.is_some());
    house.service.sign_out(&maja).await.unwrap();
    assert!(person(&house, first).await.is_none());
}

#[tokio::test]
async fn what_somebody_has_shown_counts_for_a_while() {
    let house = house();
    let token = sit(&house, WHOLE).await;
    let maja = person(&house, &token).await.unwrap();
    let now = || house.service.clock().now();
    assert!(maja.session.is_confirmed(now()));
    house.clock.advance(CONFIRMATION);
    assert!(!person(&house, &token).await.unwrap().session.is_confirmed(now()));
}
