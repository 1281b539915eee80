//! Signing in: what lets somebody in, once, and what does not (R25, R61, R62, R64).

use std::time::Duration;

use domain::account::{Email, Role};
use domain::one_time::CodeSecret;
use domain::password::PasswordFault;
use domain::session::{Method, SessionToken};
use service::people::{HalfPerson, Person, SignedIn};
use service::sessions::Seat;
use service::sign_in::{Altered, Answer, Change, Come, SetUp, SetUpFor};

use crate::house::{House, house};

const MAJA: &str = "maja@example.org";
const PASSWORD: &str = "violet kettle on the hill";
/// As long as it takes until another time step, and another guess.
const A_WHILE: Duration = Duration::from_mins(2);

fn here() -> Come<'static> {
    let seat =
        Box::leak(Box::new(Seat { agent: "Firefox, Linux".into(), network: "192.0.2.0".into() }));
    Come { seat, network: b"here" }
}

async fn first(house: &House) -> SessionToken {
    let link = house.service.first_set_up_link().await.unwrap().unwrap();
    match house.service.set_up(&link.expose(), MAJA, Some(PASSWORD), here()).await.unwrap() {
        SetUp::Done(token) => token,
        _ => panic!("the first account is set up"),
    }
}

async fn person(house: &House, token: &SessionToken) -> Option<Person> {
    match house.service.session(token).await.unwrap()? {
        SignedIn::Whole(person) => Some(person),
        SignedIn::Half(_) => None,
    }
}

async fn half(house: &House, token: &SessionToken) -> Option<HalfPerson> {
    match house.service.session(token).await.unwrap()? {
        SignedIn::Half(half) => Some(half),
        SignedIn::Whole(_) => None,
    }
}

async fn sign_in(house: &House, address: &str, password: &str) -> Answer {
    house.service.sign_in_with_password(address, password, here()).await.unwrap()
}

fn whole(answer: Answer) -> SessionToken {
    let Answer::In(token) = answer else { panic!("a whole session") };
    token
}

fn halved(answer: Answer) -> SessionToken {
    let Answer::Half(token) = answer else { panic!("a half session") };
    token
}

/// Adds one-time codes. The secret, and the recovery codes.
async fn add_codes(house: &House, person: &Person) -> (CodeSecret, Vec<String>) {
    let secret = house.service.propose_codes();
    let code = secret.now(house.service.clock().now());
    let change = Change::AddCodes { secret: &secret.expose(), code: &code };
    let made = house.service.alter(person, change, "en", here()).await.unwrap();
    let Altered::Made(codes) = made else { panic!("codes are made") };
    (secret, codes.expose().map(|code| code.to_string()).collect())
}

/// How many events the trail has.
fn trail(house: &House) -> i64 {
    let keys = store::keys::KeySource::in_directory(house.dir.path());
    store::inspect::database(house.dir.path(), &keys).unwrap().unwrap().trail.unwrap()
}

#[tokio::test]
async fn an_empty_store_has_a_link_for_the_first_and_nothing_else_lets_anybody_in() {
    let house = house();
    assert!(matches!(sign_in(&house, "admin@example.org", "admin").await, Answer::Refused));
    let earlier = house.service.first_set_up_link().await.unwrap().unwrap();
    let link = house.service.first_set_up_link().await.unwrap().unwrap();
    let look =
        async |token: &str| house.service.look_at_set_up(token, here()).await.unwrap().unwrap();
    assert_eq!(look(&earlier.expose()).await, None, "a new link ends the one before");
    assert_eq!(look(&link.expose()).await, Some(SetUpFor::First));
    let set_up = async |address: &str, password: &str| {
        house.service.set_up(&link.expose(), address, Some(password), here()).await.unwrap()
    };
    assert!(matches!(set_up("nobody", PASSWORD).await, SetUp::NoAddress));
    let short = set_up(MAJA, "short").await;
    assert!(matches!(short, SetUp::Password(PasswordFault::Short)), "and the link is still good");
    let SetUp::Done(token) = set_up(MAJA, PASSWORD).await else { panic!("it is set up") };
    let maja = person(&house, &token).await.unwrap();
    assert_eq!(maja.account.role, Role::Administrator);
    assert!(matches!(set_up("eve@example.org", PASSWORD).await, SetUp::Gone), "it works once");
    assert!(house.service.first_set_up_link().await.unwrap().is_none(), "and there is no other");
}

#[tokio::test]
async fn of_two_who_hold_the_first_link_one_is_the_first() {
    let house = house();
    let link = house.service.first_set_up_link().await.unwrap().unwrap();
    let token = link.expose();
    let set_up = |address| house.service.set_up(&token, address, Some(PASSWORD), here());
    let (one, two) = tokio::join!(set_up(MAJA), set_up("otto@example.org"));
    let done = [one, two].map(|set_up| matches!(set_up.unwrap(), SetUp::Done(_)));
    assert!(done[0] != done[1], "{done:?}");
}

#[tokio::test]
async fn a_set_up_link_ends_after_a_day() {
    let house = house();
    let link = house.service.first_set_up_link().await.unwrap().unwrap();
    house.clock.advance(Duration::from_hours(24));
    let late = house.service.set_up(&link.expose(), MAJA, Some(PASSWORD), here()).await.unwrap();
    assert!(matches!(late, SetUp::Gone));
    house.service.sweep().await.unwrap();
}

#[tokio::test]
async fn a_link_for_an_account_sets_another_password_and_ends_its_sessions() {
    let house = house();
    let before = first(&house).await;
    let email = Email::parse(MAJA).unwrap();
    assert!(
        house
            .service
            .set_up_link(&Email::parse("otto@example.org").unwrap())
            .await
            .unwrap()
            .is_none()
    );
    let link = house.service.set_up_link(&email).await.unwrap().unwrap();
    let other = "another kettle altogether";
    let eve =
        house.service.set_up(&link.expose(), "eve@example.org", Some(other), here()).await.unwrap();
    let SetUp::Done(token) = eve else { panic!("the address is that of the account") };
    assert_eq!(person(&house, &token).await.unwrap().account.email, email);
    assert!(person(&house, &before).await.is_none());
    assert!(matches!(sign_in(&house, MAJA, PASSWORD).await, Answer::Refused));
    assert!(person(&house, &whole(sign_in(&house, MAJA, other).await)).await.is_some());
}

/// R25: the same answer, and the same number of passwords stretched.
#[tokio::test]
async fn whoever_is_refused_learns_nothing_and_costs_the_same() {
    let house = house();
    first(&house).await;
    for (address, password) in [
        (MAJA, "not this one either"),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        (MAJA, ""),
        (MAJA, &"x".repeat(5000)),
        ("nobody@example.org", ""),
    ] {
        let before = (house.service.stretched(), trail(&house));
        assert!(matches!(sign_in(&house, address, password).await, Answer::Refused), "{address}");
        let after = (house.service.stretched(), trail(&house));
        assert_eq!((before.0 + 1, before.1 + 1), after, "{address} {password:.5}");
    }
}

#[tokio::test]
async fn an_address_is_tried_so_often_whether_or_not_it_has_an_account() {
    let house = house();
    first(&house).await;
    for address in [MAJA, "nobody@example.org"] {
        let mut tries = 0;
        let wait = loop {
            match sign_in(&house, address, "not this one either").await {
                Answer::Wait(wait) => break wait,
                Answer::Refused => tries += 1,
                _ => panic!("nobody gets in"),
            }
        };
        assert_eq!(tries, 10, "{address}");
        let stretched = house.service.stretched();
        assert!(matches!(sign_in(&house, address, PASSWORD).await, Answer::Wait(_)));
        assert_eq!(house.service.stretched(), stretched, "the limit comes before the work (R33)");
        house.clock.advance(wait);
        assert!(!matches!(sign_in(&house, address, PASSWORD).await, Answer::Wait(_)));
    }
}

#[tokio::test]
async fn a_password_alone_is_half_where_there_are_codes_and_a_code_works_once() {
    let house = house();
    let token = first(&house).await;
    let (secret, _) = add_codes(&house, &person(&house, &token).await.unwrap()).await;
    let typed = async |half: &HalfPerson, code: &str| {
        house.service.finish_with_code(half, code, "en", here()).await.unwrap()
    };
    let now = |house: &House| secret.now(house.service.clock().now());
    let shown = now(&house);
    let first_half = halved(sign_in(&house, MAJA, PASSWORD).await);
    assert!(person(&house, &first_half).await.is_none(), "it is no whole session (R62)");
    let waits = half(&house, &first_half).await.unwrap();
    assert!(matches!(typed(&waits, &shown).await, Answer::Refused), "it was shown at enrolment");
    assert!(matches!(typed(&waits, "000000").await, Answer::Refused));
    assert!(matches!(typed(&waits, "").await, Answer::Refused));
    house.clock.advance(A_WHILE);
    let code = now(&house);
    let second_half = halved(sign_in(&house, MAJA, PASSWORD).await);
    let other = half(&house, &second_half).await.unwrap();
    let (one, two) = tokio::join!(typed(&waits, &code), typed(&other, &code));
    let entered: Vec<_> = [one, two]
        .into_iter()
        .filter_map(|answer| match answer {
            Answer::In(token) => Some(token),
            _ => None,
        })
        .collect();
    assert_eq!(entered.len(), 1, "of two who show the same code one gets in");
    let maja = person(&house, &entered[0]).await.unwrap();
    assert_eq!(maja.session.method, Method::PasswordAndCode);
    let halves = [half(&house, &first_half).await, half(&house, &second_half).await];
    assert_eq!(halves.iter().flatten().count(), 1, "the half session is over once it was used");
}

#[tokio::test]
async fn a_recovery_code_works_once_and_for_its_own_account() {
    let house = house();
    let token = first(&house).await;
    let maja = person(&house, &token).await.unwrap();
    let (_, codes) = add_codes(&house, &maja).await;
    assert_eq!(codes.len(), 10);
    let typed = async |code: &str| {
        let half = half(&house, &halved(sign_in(&house, MAJA, PASSWORD).await)).await.unwrap();
        house.service.finish_with_code(&half, code, "en", here()).await.unwrap()
    };
    assert!(matches!(typed(&codes[0].to_uppercase()).await, Answer::In(_)));
    house.clock.advance(A_WHILE);
    assert!(matches!(typed(&codes[0]).await, Answer::Refused), "once");
    assert_eq!(house.service.means(&maja).await.unwrap().recovery_codes, 9);
    house.clock.advance(A_WHILE);
    let again = house.service.alter(&maja, Change::MakeRecoveryCodes, "en", here()).await.unwrap();
    assert!(matches!(again, Altered::Made(_)));
    assert!(matches!(typed(&codes[1]).await, Answer::Refused), "new ones end the ones before");
}

#[tokio::test]
async fn a_change_ends_all_other_sessions_and_whoever_was_signed_out_changes_nothing() {
    let house = house();
    let mine = first(&house).await;
    let theirs = whole(sign_in(&house, MAJA, PASSWORD).await);
    let (maja, eve) =
        (person(&house, &mine).await.unwrap(), person(&house, &theirs).await.unwrap());
    let set = async |person: &Person, password: &str| {
        house.service.alter(person, Change::SetPassword(password), "en", here()).await.unwrap()
    };
    assert!(matches!(
        set(&maja, "passwordpassword").await,
        Altered::Password(PasswordFault::Common)
    ));
    assert!(person(&house, &theirs).await.is_some(), "nothing has changed");
    assert!(matches!(set(&maja, "another kettle altogether").await, Altered::Done));
    assert!(person(&house, &theirs).await.is_none(), "R61");
    assert!(person(&house, &mine).await.is_some());
    let late = set(&eve, "the third kettle by now").await;
    assert!(!matches!(late, Altered::Done), "a request that was under way");
    assert!(matches!(sign_in(&house, MAJA, PASSWORD).await, Answer::Refused));
    assert!(matches!(sign_in(&house, MAJA, "the third kettle by now").await, Answer::Refused));
    assert!(matches!(sign_in(&house, MAJA, "another kettle altogether").await, Answer::In(_)));
}

#[tokio::test]
async fn nobody_takes_away_the_last_means_of_their_own() {
    let house = house();
    let maja = person(&house, &first(&house).await).await.unwrap();
    let remove = house.service.alter(&maja, Change::RemovePassword, "en", here()).await.unwrap();
    assert!(matches!(remove, Altered::NothingLeft), "there is no mail and no passkey");
    assert!(matches!(sign_in(&house, MAJA, PASSWORD).await, Answer::In(_)));
}

#[tokio::test]
async fn whoever_confirms_shows_all_that_they_have_and_gets_another_token() {
    let house = house();
    let token = first(&house).await;
    let maja = person(&house, &token).await.unwrap();
    let confirm = async |password: &str, code: &str| {
        house.service.confirm(&maja, (password, code), here()).await.unwrap()
    };
    assert!(matches!(confirm("", "").await, Answer::Refused));
    let (secret, _) = add_codes(&house, &maja).await;
    house.clock.advance(Duration::from_mins(11));
    let code = || secret.now(house.service.clock().now());
    assert!(
        !person(&house, &token).await.unwrap().session.is_confirmed(house.service.clock().now())
    );
    assert!(matches!(confirm(PASSWORD, "").await, Answer::Refused));
    assert!(matches!(confirm("", &code()).await, Answer::Refused));
    house.clock.advance(A_WHILE);
    let confirmed = whole(confirm(PASSWORD, &code()).await);
    assert!(person(&house, &token).await.is_none(), "the token before is worth nothing");
    let maja = person(&house, &confirmed).await.unwrap();
    assert!(maja.session.is_confirmed(house.service.clock().now()));
    assert!(matches!(confirm(PASSWORD, &code()).await, Answer::Refused), "a code is shown once");
}
