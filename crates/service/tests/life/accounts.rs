//! Who asks, and what is theirs.

use std::time::Duration;

use domain::account::{AccountId, ApiKeyToken, Email, Role, Scope, Scopes};
use domain::audit::{Actor, Kind as EventKind};
use domain::terms::Lifetime;
use service::accounts::Joined;
use service::conceal::{Concealed, Request};
use service::disclose::{Attempt, Disclosed, Wish};
use service::keys::Wish as KeyWish;
use service::owned::Owner;
use service::receipt::{Burn, Token};

use crate::house::{House, house};

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

async fn person(house: &House, address: &str, lifetime: Option<Duration>) -> ApiKeyToken {
    let (address, scopes) = (email(address), Scopes::of(&Scope::ALL));
    house.service.join(&address, Role::Member).await.unwrap();
    let owner = house.service.key_owner(&address).await.unwrap().unwrap();
    let wish = KeyWish::plain(scopes, lifetime);
    house.service.make_key(Actor::Operator, owner, wish).await.unwrap().token
}

async fn account(house: &House, address: &str, key: &ApiKeyToken) -> Option<AccountId> {
    let caller = house.service.authenticate(&email(address), key).await.unwrap();
    caller.map(|caller| caller.account.id)
}

async fn conceal_as(house: &House, account: AccountId) -> Concealed {
    let request = Request {
        content: "hush".to_owned().into(),
        generated: false,
        passphrase: None,
        lifetime: Lifetime::DEFAULT,
        owner: Some(Owner {
            account: Some(account),
            organisation: None,
            api_key: None,
            recipients: Some("ot***@e***.org".to_owned()),
        }),
        post: None,
        network: b"here",
    };
    house.service.conceal(request).await.unwrap()
}

/// That the account, the key or the pair is wrong is one answer (R25).
#[tokio::test]
async fn a_key_acts_for_its_account_while_it_is_worth_anything() {
    let house = house();
    let key = person(&house, "maja@example.org", Some(Duration::from_hours(1))).await;
    let other = person(&house, "otto@example.org", None).await;
    assert!(account(&house, "Maja@Example.org", &key).await.is_some());
    assert_eq!(account(&house, "maja@example.org", &other).await, None);
    assert_eq!(account(&house, "nobody@example.org", &key).await, None);
    assert_eq!(account(&house, "maja@example.org", &ApiKeyToken::new([1; 32])).await, None);
    house.clock.advance(Duration::from_hours(1));
    assert_eq!(account(&house, "maja@example.org", &key).await, None, "its time is up");
    assert!(account(&house, "otto@example.org", &other).await.is_some());
    assert!(house.service.key_owner(&email("nobody@example.org")).await.unwrap().is_none());
}

#[tokio::test]
async fn an_account_is_made_once_and_may_be_promoted() {
    let house = house();
    let join = async |role| house.service.join(&email("maja@example.org"), role).await.unwrap();
    assert_eq!(join(Role::Member).await, Joined::Created);
    assert_eq!(join(Role::Member).await, Joined::Unchanged);
    assert_eq!(join(Role::Administrator).await, Joined::Promoted);
}

/// Law 6: what a list shows neither follows nor burns by itself.
#[tokio::test]
async fn a_handle_is_worth_something_to_its_owner_alone() {
    let house = house();
    let maja = person(&house, "maja@example.org", None).await;
    let maja = account(&house, "maja@example.org", &maja).await.unwrap();
    let stranger = AccountId::new(maja.get() ^ 1);
    let made = conceal_as(&house, maja).await;
    house.conceal("nobody's", None).await;
    let listed = house.service.recent(maja, Duration::from_hours(24)).await.unwrap();
    let [listed] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(listed.handle.to_string(), made.handle.to_string());
    assert!(house.service.recent(stranger, Duration::from_hours(24)).await.unwrap().is_empty());
    let by = |account| Token::Owner(&listed.handle, account);
    assert!(house.service.receipt(by(stranger)).await.unwrap().is_none());
    assert!(house.service.burn(by(stranger)).await.unwrap().is_none());
    // As a receipt token it is one of nobody.
    let token = envelope::ServerReceipt::parse(&listed.handle.to_string()).ok().unwrap();
    assert!(house.service.receipt(&token).await.unwrap().is_none());
    let seen = house.service.receipt(by(maja)).await.unwrap().unwrap();
    assert_eq!(seen.owned.unwrap().recipients.as_deref(), Some("ot***@e***.org"));
    let (burn, after) = house.service.burn(by(maja)).await.unwrap().unwrap();
    assert_eq!((burn, after.events.last().unwrap().kind), (Burn::Burned, EventKind::Burned));
    assert_eq!(house.service.burn(by(maja)).await.unwrap().unwrap().0, Burn::BurnedBefore);
}

#[tokio::test]
async fn a_note_is_its_owners() {
    let house = house();
    let maja = person(&house, "maja@example.org", None).await;
    let maja = account(&house, "maja@example.org", &maja).await.unwrap();
    let made = conceal_as(&house, maja).await;
    let note = async |account, text: &str| {
        house.service.note(&made.receipt, account, Some(text.to_owned())).await.unwrap()
    };
    assert!(note(AccountId::new(1), "theirs").await.is_none());
    house.clock.advance(Duration::from_secs(3));
    let noted = note(maja, "for March").await.unwrap().owned.unwrap();
    assert_eq!(
        (noted.memo.as_deref(), noted.changed_at),
        (Some("for March"), house.service.clock().now())
    );
    let anonymous = house.conceal("nobody's", None).await;
    let note = house.service.note(&anonymous.receipt, maja, Some("mine".to_owned()));
    assert!(note.await.unwrap().is_none());
}

/// What an account owned is forgotten with the receipt.
#[tokio::test]
async fn what_is_forgotten_is_in_no_list() {
    let house = house();
    let maja = person(&house, "maja@example.org", None).await;
    let maja = account(&house, "maja@example.org", &maja).await.unwrap();
    conceal_as(&house, maja).await;
    house.clock.advance(Lifetime::DEFAULT.duration() * 2);
    house.service.sweep().await.unwrap();
    house.service.sweep().await.unwrap();
    assert!(house.service.recent(maja, Duration::MAX).await.unwrap().is_empty());
}

/// Judging takes nothing, and a wrong passphrase is a try.
#[tokio::test]
async fn whoever_only_asks_takes_nothing() {
    let house = house();
    let made = house.conceal("hush", Some("open sesame")).await;
    let judge = async |typed| {
        let (token, wish) = (&made.link, Wish::Judge);
        let attempt = Attempt { token, passphrase: Some(typed), wish, network: b"net" };
        house.service.disclose(attempt).await.unwrap()
    };
    assert!(matches!(judge("open sesame").await, Disclosed::Fits(_)));
    assert!(matches!(judge("wrong").await, Disclosed::PassphraseRejected { left: 4 }));
    assert!(matches!(judge("open sesame").await, Disclosed::Fits(_)));
    let taken = house.disclose(&made.link, Some("open sesame")).await;
    assert!(matches!(taken, Disclosed::Content { .. }));
    assert!(matches!(judge("open sesame").await, Disclosed::Unavailable));
}
