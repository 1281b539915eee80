//! Passkeys: made, shown, and worth nothing where anything about an answer is not as it was asked for (R61,
//! R62, R95).

use std::time::Duration;

use domain::account::{Email, Role};
use domain::organisation::Name;
use domain::session::{Method, SessionToken, Stage, TicketToken};
use rusqlite::Connection;
use serde_json::Value;
use service::Limits;
use service::passkeys::{Begun, MOST, Make, Making, PATIENCE, Removal, Site};
use service::people::{HalfPerson, Person, SignedIn};
use service::sessions::Seat;
use testkit::Authenticator;

use crate::house::{House, house};

const ORIGIN: &str = "https://secrets.example";
const WHOLE: (Stage, Method) = (Stage::Whole, Method::Password);

fn site() -> Site {
    Site::at(ORIGIN).unwrap()
}

fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.org")).unwrap()
}

fn called(label: &str) -> Name {
    Name::parse(label).unwrap()
}

async fn sit(house: &House, name: &str, come: (Stage, Method)) -> SessionToken {
    house.service.join(&email(name), Role::Member).await.unwrap();
    house.service.vouch(&email(name), come, &Seat::default()).await.unwrap().unwrap()
}

async fn shown(house: &House, token: &SessionToken) -> Option<Person> {
    match house.service.session(token).await.unwrap()? {
        SignedIn::Whole(person) => Some(person),
        SignedIn::Half(_) => None,
    }
}

async fn person(house: &House, name: &str) -> Person {
    let token = sit(house, name, WHOLE).await;
    shown(house, &token).await.unwrap()
}

async fn half(house: &House, name: &str) -> HalfPerson {
    let token = sit(house, name, (Stage::Half, Method::Password)).await;
    match house.service.session(&token).await.unwrap() {
        Some(SignedIn::Half(half)) => half,
        other => panic!("{other:?}"),
    }
}

fn options(begun: &Begun) -> Value {
    serde_json::from_str(&begun.options).unwrap()
}

async fn asked(house: &House, person: &Person) -> Begun {
    match house.service.ask_for_new_passkey(&site(), person).await.unwrap() {
        Making::Asked(begun) => begun,
        Making::Enough => panic!("enough"),
    }
}

async fn keep(house: &House, person: &Person, ticket: &TicketToken, response: &Value) -> Make {
    let response = response.to_string();
    let given = (response.as_bytes(), called("My laptop"));
    house.service.make_passkey(&site(), person, ticket, given).await.unwrap()
}

/// Somebody with a passkey, and what holds it.
async fn with_passkey(house: &House, name: &str) -> (Person, Authenticator) {
    let person = person(house, name).await;
    let mut authenticator = Authenticator::at(ORIGIN);
    let begun = asked(house, &person).await;
    let response = authenticator.create(&options(&begun));
    assert_eq!(keep(house, &person, &begun.ticket, &response).await, Make::Made);
    (person, authenticator)
}

async fn answer(house: &House, ticket: &TicketToken, response: &Value) -> Option<SessionToken> {
    let (response, seat) = (response.to_string(), Seat::default());
    let given = (response.as_bytes(), &seat);
    house.service.sign_in_with_passkey(&site(), ticket, given).await.unwrap().ok()
}

async fn sign_in(house: &House, authenticator: &mut Authenticator) -> Option<SessionToken> {
    let begun = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    answer(house, &begun.ticket, &authenticator.get(&options(&begun))).await
}

/// The trail, once the program has ended: kinds and actors.
fn trail(house: House) -> Vec<(String, String)> {
    let stopped = house.stopped();
    let database = Connection::open(stopped.dir.path().join("sigill.db")).unwrap();
    let mut events = database.prepare("SELECT kind, actor FROM events ORDER BY seq").unwrap();
    let events = events.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    events.map(Result::unwrap).collect()
}

fn count(trail: &[(String, String)], kind: &str, actor: &str) -> usize {
    trail.iter().filter(|(found, by)| found == kind && by == actor).count()
}

#[tokio::test]
async fn a_passkey_signs_in_all_the_way_without_a_name() {
    let house = house();
    let (maja, mut authenticator) = with_passkey(&house, "maja").await;
    let _other = with_passkey(&house, "nils").await;
    let token = sign_in(&house, &mut authenticator).await.unwrap();
    let found = shown(&house, &token).await.unwrap();
    assert_eq!((found.account.id, found.session.method), (maja.account.id, Method::Passkey));
    assert!(found.session.is_confirmed(house.service.clock().now()));
    let listed = house.service.passkeys(&maja).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].label, "My laptop");
    assert!(listed[0].used_at.is_some());
    let trail = trail(house);
    assert_eq!(count(&trail, "credential-added", "account"), 2);
    assert_eq!(count(&trail, "signed-in", "account"), 3, "two with a voucher, one with a passkey");
}

#[tokio::test]
async fn a_question_is_answered_once_and_in_time() {
    let house = house();
    let (_, mut authenticator) = with_passkey(&house, "maja").await;
    let begun = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    let response = authenticator.get(&options(&begun));
    assert!(answer(&house, &begun.ticket, &response).await.is_some());
    assert!(answer(&house, &begun.ticket, &response).await.is_none(), "played again");
    let late = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    let response = authenticator.get(&options(&late));
    house.clock.advance(PATIENCE);
    assert!(answer(&house, &late.ticket, &response).await.is_none(), "too late");
    assert!(answer(&house, &TicketToken::new([7; 32]), &response).await.is_none());
}

#[tokio::test]
async fn a_question_outlives_the_node_that_asked_it() {
    let house = house();
    let (_, mut authenticator) = with_passkey(&house, "maja").await;
    let begun = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    let house = house.restarted(Limits::default());
    let response = authenticator.get(&options(&begun));
    assert!(answer(&house, &begun.ticket, &response).await.is_some());
}

#[tokio::test]
async fn of_many_who_end_the_same_ceremony_one_does() {
    let house = house();
    let (_, mut authenticator) = with_passkey(&house, "maja").await;
    let begun = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    let response = authenticator.get(&options(&begun));
    let all = tokio::join!(
        answer(&house, &begun.ticket, &response),
        answer(&house, &begun.ticket, &response),
        answer(&house, &begun.ticket, &response),
        answer(&house, &begun.ticket, &response),
    );
    let won = [all.0, all.1, all.2, all.3].into_iter().flatten().count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn an_answer_to_another_question_spends_the_ticket_that_it_came_with() {
    let house = house();
    let (_, mut authenticator) = with_passkey(&house, "maja").await;
    let one = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    let other = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    let response = authenticator.get(&options(&one));
    assert!(answer(&house, &other.ticket, &response).await.is_none());
    let right = authenticator.get(&options(&other));
    assert!(answer(&house, &other.ticket, &right).await.is_none(), "one answer for each question");
    assert!(answer(&house, &one.ticket, &authenticator.get(&options(&one))).await.is_some());
    let trail = trail(house);
    assert_eq!(count(&trail, "sign-in-refused", "stranger"), 1);
}

#[tokio::test]
async fn a_page_elsewhere_and_somebody_unverified_do_not_get_in() {
    let house = house();
    let (_, mut authenticator) = with_passkey(&house, "maja").await;
    authenticator.origin = "https://secrets.example.evil.example".to_owned();
    assert!(sign_in(&house, &mut authenticator).await.is_none());
    authenticator.origin = ORIGIN.to_owned();
    authenticator.verifies = false;
    assert!(sign_in(&house, &mut authenticator).await.is_none());
    authenticator.verifies = true;
    assert!(sign_in(&house, &mut authenticator).await.is_some());
    assert_eq!(count(&trail(house), "sign-in-refused", "stranger"), 2);
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_is_refused_and_written_down() {
    let house = house();
    let (_, mut authenticator) = with_passkey(&house, "maja").await;
    authenticator.counter = 10;
    assert!(sign_in(&house, &mut authenticator).await.is_some());
    authenticator.counter = 4;
    assert!(sign_in(&house, &mut authenticator).await.is_none());
    authenticator.counter = 10;
    assert!(sign_in(&house, &mut authenticator).await.is_none(), "the same number twice");
    assert!(sign_in(&house, &mut authenticator).await.is_some(), "and on from there");
    assert_eq!(count(&trail(house), "credential-refused", "stranger"), 2);
}

#[tokio::test]
async fn a_passkey_finishes_a_half_session_of_its_own_account_alone() {
    let house = house();
    let (_, mut majas) = with_passkey(&house, "maja").await;
    let (_, mut nils) = with_passkey(&house, "nils").await;
    let maja = half(&house, "maja").await;
    let finish = async |begun: &Begun, half: &HalfPerson, response: Value| {
        let (response, seat) = (response.to_string(), Seat::default());
        let given = (response.as_bytes(), &seat);
        house.service.finish_with_passkey(&site(), half, &begun.ticket, given).await.unwrap().ok()
    };
    // What another person's authenticator makes of a question that it should not answer.
    let begun = house.service.ask_to_finish(&site(), &maja).await.unwrap().unwrap();
    let mut anybody = options(&begun);
    assert_eq!(anybody["allowCredentials"].as_array().unwrap().len(), 1);
    anybody["allowCredentials"] = Value::Array(Vec::new());
    assert!(finish(&begun, &maja, nils.get(&anybody)).await.is_none());
    // The same person's other half session cannot end it either.
    let begun = house.service.ask_to_finish(&site(), &maja).await.unwrap().unwrap();
    let response = majas.get(&options(&begun));
    let other = half(&house, "maja").await;
    assert!(finish(&begun, &other, response.clone()).await.is_none());
    let token = finish(&begun, &maja, response).await.unwrap();
    let found = shown(&house, &token).await.unwrap();
    assert_eq!(found.session.method, Method::PasswordAndPasskey);
    let ids: Vec<_> = house.service.sessions(&found).await.unwrap();
    assert!(ids.iter().all(|listed| listed.session.id != maja.session.id), "the half one is over");
}

#[tokio::test]
async fn a_ticket_is_good_for_what_it_was_asked_for_and_for_nothing_else() {
    let house = house();
    let (maja, mut authenticator) = with_passkey(&house, "maja").await;
    let half = half(&house, "maja").await;
    let confirm = house.service.ask_to_confirm(&site(), &maja).await.unwrap().unwrap();
    let finish = house.service.ask_to_finish(&site(), &half).await.unwrap().unwrap();
    for begun in [&confirm, &finish] {
        let response = authenticator.get(&options(begun));
        assert!(answer(&house, &begun.ticket, &response).await.is_none());
        assert_eq!(keep(&house, &maja, &begun.ticket, &response).await, Make::Refused);
    }
    let sign_in = house.service.ask_to_sign_in(&site()).await.unwrap().unwrap();
    let response = authenticator.get(&options(&sign_in)).to_string();
    let given = (&sign_in.ticket, response.as_bytes());
    assert!(house.service.confirm_with_passkey(&site(), &maja, given).await.unwrap().is_err());
    let response = authenticator.get(&options(&confirm)).to_string();
    let given = (&confirm.ticket, response.as_bytes());
    let again = person(&house, "maja").await;
    let elsewhere = house.service.confirm_with_passkey(&site(), &again, given).await.unwrap();
    assert!(elsewhere.is_err(), "in another session of the same person");
    assert!(house.service.confirm_with_passkey(&site(), &maja, given).await.unwrap().is_ok());
}

#[tokio::test]
async fn confirming_gives_the_browser_another_token() {
    let house = house();
    let (_, mut authenticator) = with_passkey(&house, "maja").await;
    let before = sit(&house, "maja", WHOLE).await;
    let maja = shown(&house, &before).await.unwrap();
    house.clock.advance(Duration::from_mins(11));
    assert!(!maja.session.is_confirmed(house.service.clock().now()));
    let begun = house.service.ask_to_confirm(&site(), &maja).await.unwrap().unwrap();
    let response = authenticator.get(&options(&begun)).to_string();
    let given = (&begun.ticket, response.as_bytes());
    let after = house.service.confirm_with_passkey(&site(), &maja, given).await.unwrap().unwrap();
    assert!(shown(&house, &before).await.is_none());
    let maja = shown(&house, &after).await.unwrap();
    assert!(maja.session.is_confirmed(house.service.clock().now()));
    assert_eq!(maja.session.method, Method::PasswordAndPasskey);
    assert_eq!(count(&trail(house), "confirmed", "account"), 1);
}

#[tokio::test]
async fn a_passkey_is_made_once_in_the_session_that_asked_and_within_bounds() {
    let house = house();
    let (maja, mut authenticator) = with_passkey(&house, "maja").await;
    let begun = asked(&house, &maja).await;
    let known = options(&begun)["excludeCredentials"].clone();
    assert_eq!(known.as_array().unwrap().len(), 1, "what is there is not made again");
    let id = authenticator.get(&serde_json::json!({
        "rpId": "secrets.example", "challenge": "", "allowCredentials": known,
    }))["rawId"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id).unwrap();
    let response = authenticator.create_as(&options(&begun), id.clone());
    assert_eq!(keep(&house, &maja, &begun.ticket, &response).await, Make::Refused);
    let nils = person(&house, "nils").await;
    let begun = asked(&house, &nils).await;
    let response = authenticator.create_as(&options(&begun), id);
    let elsewhere = person(&house, "nils").await;
    assert_eq!(keep(&house, &elsewhere, &begun.ticket, &response).await, Make::Refused);
    assert_eq!(keep(&house, &maja, &begun.ticket, &response).await, Make::Refused);
    assert_eq!(keep(&house, &nils, &begun.ticket, &response).await, Make::AlreadyThere);
    assert!(house.service.passkeys(&nils).await.unwrap().is_empty());
    for _ in 1..MOST {
        let begun = asked(&house, &maja).await;
        let response = authenticator.create(&options(&begun));
        assert_eq!(keep(&house, &maja, &begun.ticket, &response).await, Make::Made);
        assert_eq!(keep(&house, &maja, &begun.ticket, &response).await, Make::Refused);
    }
    let more = house.service.ask_for_new_passkey(&site(), &maja).await.unwrap();
    assert!(matches!(more, Making::Enough));
}

#[tokio::test]
async fn removing_one_ends_the_other_sessions_and_the_last_one_stays() {
    let house = house();
    let (maja, mut authenticator) = with_passkey(&house, "maja").await;
    let (nils, _) = with_passkey(&house, "nils").await;
    let elsewhere = sign_in(&house, &mut authenticator).await.unwrap();
    let first = house.service.passkeys(&maja).await.unwrap()[0].reference.clone();
    assert_eq!(house.service.remove_passkey(&maja, &first).await.unwrap(), Removal::Last);
    assert!(shown(&house, &elsewhere).await.is_some());
    house.clock.advance(Duration::from_secs(1));
    let begun = asked(&house, &maja).await;
    let response = authenticator.create(&options(&begun));
    assert_eq!(keep(&house, &maja, &begun.ticket, &response).await, Make::Made);
    let foreign = house.service.remove_passkey(&nils, &first).await.unwrap();
    assert_eq!(foreign, Removal::Unknown);
    assert!(!house.service.rename_passkey(&nils, &first, &called("Mine")).await.unwrap());
    assert!(house.service.rename_passkey(&maja, &first, &called("Old phone")).await.unwrap());
    let listed = house.service.passkeys(&maja).await.unwrap();
    assert_eq!(listed[0].label, "Old phone");
    let both = (&listed[0].reference, &listed[1].reference);
    let (one, other) = tokio::join!(
        house.service.remove_passkey(&maja, both.0),
        house.service.remove_passkey(&maja, both.1),
    );
    let mut came = [one.unwrap(), other.unwrap()];
    came.sort_by_key(|removal| *removal == Removal::Last);
    assert_eq!(came, [Removal::Removed, Removal::Last]);
    assert!(shown(&house, &elsewhere).await.is_none());
    let trail = trail(house);
    assert_eq!(count(&trail, "credential-removed", "account"), 1);
    assert_eq!(count(&trail, "credential-changed", "account"), 1);
    assert_eq!(count(&trail, "session-ended", "account"), 1);
}

#[tokio::test]
async fn what_was_removed_and_who_is_suspended_do_not_get_in() {
    let house = house();
    let (maja, mut authenticator) = with_passkey(&house, "maja").await;
    let (_, mut nils) = with_passkey(&house, "nils").await;
    house.clock.advance(Duration::from_secs(1));
    let begun = asked(&house, &maja).await;
    let mut newer = Authenticator::at(ORIGIN);
    let response = newer.create(&options(&begun));
    assert_eq!(keep(&house, &maja, &begun.ticket, &response).await, Make::Made);
    let first = house.service.passkeys(&maja).await.unwrap()[0].reference.clone();
    assert_eq!(house.service.remove_passkey(&maja, &first).await.unwrap(), Removal::Removed);
    assert!(sign_in(&house, &mut authenticator).await.is_none());
    assert!(sign_in(&house, &mut newer).await.is_some());
    assert!(sign_in(&house, &mut nils).await.is_some());
    let stopped = house.stopped();
    let database = Connection::open(stopped.dir.path().join("sigill.db")).unwrap();
    database.execute("UPDATE accounts SET suspended_at = 1", []).unwrap();
    drop(database);
    let house = stopped.started(Limits::default()).unwrap();
    assert!(sign_in(&house, &mut nils).await.is_none());
    assert_eq!(count(&trail(house), "sign-in-refused", "stranger"), 1);
}
