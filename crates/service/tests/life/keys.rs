//! API keys: what they are worth, and from when on nothing (R58, brief rows 12 to 14).

use std::time::Duration;

use domain::account::{ApiKey, ApiKeyToken, Email, KEY_LIFETIME, KeyOwner, Role, Scope, Scopes};
use domain::audit::Actor;
use domain::network::Networks;
use domain::organisation::{Name, OrganisationId};
use service::keys::{MadeKey, NoKey, Wish};

use crate::house::{House, house};

const HOUR: Duration = Duration::from_hours(1);

fn wish() -> Wish {
    Wish {
        label: Some(Name::parse("billing export").unwrap()),
        scopes: Scopes::of(&[Scope::SecretsCreate]),
        networks: Some(Networks::parse("192.0.2.0/24").unwrap()),
        per_minute: Some(60),
        lifetime: Some(KEY_LIFETIME),
    }
}

async fn owner(house: &House, address: &str) -> KeyOwner {
    let email = Email::parse(address).unwrap();
    house.service.join(&email, Role::Member).await.unwrap();
    house.service.key_owner(&email).await.unwrap().unwrap()
}

async fn make(house: &House, owner: KeyOwner) -> MadeKey {
    house.service.make_key(Actor::Operator, owner, wish()).await.ok().unwrap()
}

async fn shown(house: &House, token: &ApiKeyToken) -> Option<ApiKey> {
    house.service.bearer(token).await.unwrap().map(|bearer| bearer.key)
}

#[tokio::test]
async fn a_revoked_key_is_worth_nothing_from_the_next_request_on() {
    let house = house();
    let (maja, otto) =
        (owner(&house, "maja@example.org").await, owner(&house, "otto@example.org").await);
    let (first, second) = (make(&house, maja).await, make(&house, maja).await);
    assert_eq!(shown(&house, &first.token).await.map(|key| key.id), Some(first.key.id));
    let listed = house.service.keys(maja).await.unwrap();
    assert!(listed.len() == 2 && listed.iter().all(|listed| listed.valid));
    assert!(house.service.keys(otto).await.unwrap().is_empty());
    let revoke = async |owner| {
        house.service.revoke_key(Actor::Operator, owner, &first.reference).await.unwrap()
    };
    assert!(!revoke(otto).await, "it is not theirs");
    assert!(revoke(maja).await);
    assert!(!revoke(maja).await, "it is already");
    assert!(shown(&house, &first.token).await.is_none());
    assert!(shown(&house, &second.token).await.is_some());
}

/// Brief row 13: the new key at once, the old one for as long as was chosen.
#[tokio::test]
async fn a_rotated_key_goes_on_for_a_while() {
    let house = house();
    let maja = owner(&house, "maja@example.org").await;
    let old = make(&house, maja).await;
    let rotate = async |owner, reference: &str| {
        house.service.rotate_key(Actor::Operator, owner, reference, HOUR).await
    };
    let otto = owner(&house, "otto@example.org").await;
    assert!(matches!(rotate(otto, &old.reference).await, Err(NoKey::Unknown)));
    house.clock.advance(HOUR * 24);
    let new = rotate(maja, &old.reference).await.ok().unwrap();
    assert_eq!(new.key.replaces, Some(old.key.id));
    assert_eq!((new.key.scopes, &new.key.networks), (old.key.scopes, &old.key.networks));
    assert_eq!((&new.key.label, new.key.per_minute), (&old.key.label, old.key.per_minute));
    assert_eq!(new.key.expires_at, Some(new.key.created_at.plus(KEY_LIFETIME)));
    assert!(shown(&house, &old.token).await.is_some() && shown(&house, &new.token).await.is_some());
    house.clock.advance(HOUR);
    assert!(shown(&house, &old.token).await.is_none() && shown(&house, &new.token).await.is_some());
    assert!(matches!(rotate(maja, &old.reference).await, Err(NoKey::Unknown)), "it has ended");
}

/// Whoever finds a key may end it, and learns nothing about it.
#[tokio::test]
async fn a_reported_key_is_worth_nothing() {
    let house = house();
    let maja = owner(&house, "maja@example.org").await;
    let key = make(&house, maja).await;
    assert!(house.service.report_key(&key.token).await.unwrap());
    assert!(!house.service.report_key(&key.token).await.unwrap());
    assert!(!house.service.report_key(&ApiKeyToken::new([1; 32])).await.unwrap());
    assert!(shown(&house, &key.token).await.is_none());
}

#[tokio::test]
async fn there_is_an_end_to_the_number_of_keys() {
    let house = house();
    let maja = owner(&house, "maja@example.org").await;
    let first = make(&house, maja).await;
    for _ in 1..100 {
        make(&house, maja).await;
    }
    let more = house.service.make_key(Actor::Operator, maja, wish()).await;
    assert!(matches!(more, Err(NoKey::TooMany)));
    house.service.revoke_key(Actor::Operator, maja, &first.reference).await.unwrap();
    make(&house, maja).await;
}

/// A key of an organisation acts for nobody; a member's key within it is the member's.
#[tokio::test]
async fn a_service_key_is_the_organisations_own() {
    let house = house();
    let maja = owner(&house, "maja@example.org").await.account().unwrap();
    let (here, there) = (OrganisationId::new(7), OrganisationId::new(8));
    let service = make(&house, KeyOwner::Service(here)).await;
    let member = make(&house, KeyOwner::Member(maja, here)).await;
    let bearer = house.service.bearer(&service.token).await.unwrap().unwrap();
    assert!(bearer.account.is_none() && bearer.key.owner == KeyOwner::Service(here));
    let bearer = house.service.bearer(&member.token).await.unwrap().unwrap();
    assert_eq!(bearer.account.unwrap().id, maja);
    let listed = house.service.keys(KeyOwner::Service(here)).await.unwrap();
    assert!(listed.len() == 1 && listed[0].key.id == service.key.id, "and nobody else's");
    assert!(house.service.keys(KeyOwner::Service(there)).await.unwrap().is_empty());
    assert!(house.service.keys(KeyOwner::Member(maja, there)).await.unwrap().is_empty());
    let email = Email::parse("maja@example.org").unwrap();
    assert!(house.service.authenticate(&email, &service.token).await.unwrap().is_none());
}
