//! Organisations: who may do what in them, what ends with whom, and what the trail says.

use std::sync::{Arc, Mutex};

use domain::account::{Email, KeyOwner, Role, Scope, Scopes};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::organisation::{MemberRole, Name};
use domain::session::{Method, Stage, TicketToken};
use service::Service;
use service::ending::Waiting;
use service::invitations::{Accepted, Wish};
use service::keys;
use service::letters::{Told, Write};
use service::mail::{Letter, Mail, Message, Sending};
use service::organisations::{Acting, Change, Denied, ListedOrganisation, Need, OrganisationError};
use service::people::{Person, SignedIn};
use service::sessions::Seat;

use crate::house::{House, house};

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// A mail server that takes everything, and a writer who writes the token alone.
#[derive(Default)]
struct Post {
    arrived: Mutex<Vec<(Email, String)>>,
}

impl Mail for Post {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        let arrived = (message.to.clone(), message.letter.text.to_string());
        self.arrived.lock().unwrap().push(arrived);
        Box::pin(async { Ok(()) })
    }
}

struct Writer;

impl Write for Writer {
    fn write(&self, told: &Told<'_>) -> Letter {
        let text = told.token.map(|token| token.expose().to_string()).unwrap_or_default();
        Letter { subject: String::new(), text: text.into(), html: String::new().into() }
    }
}

/// A house that sends mail, with an organisation and somebody in each role.
struct Town {
    house: House,
    service: Service,
    post: Arc<Post>,
    name: String,
}

async fn town() -> Town {
    let house = house();
    let post = Arc::new(Post::default());
    let mail: Arc<dyn Mail> = Arc::<Post>::clone(&post);
    let service = house.service.clone().with_mail(mail).with_letters(Arc::new(Writer));
    service.join(&email("root@example.org"), Role::Administrator).await.unwrap();
    let mut town = Town { house, service, post, name: String::new() };
    town.name = town.found("root").await.reference;
    for (who, role) in [
        ("owner", MemberRole::Owner),
        ("admin", MemberRole::Administrator),
        ("member", MemberRole::Member),
        ("auditor", MemberRole::Auditor),
    ] {
        town.service.join(&email(&address(who)), Role::Member).await.unwrap();
        town.bring("root", who, role).await;
    }
    town.service.join(&email(&address("outsider")), Role::Member).await.unwrap();
    town
}

fn address(who: &str) -> String {
    format!("{who}@example.org")
}

const EVERYBODY: [&str; 6] = ["root", "owner", "admin", "member", "auditor", "outsider"];

impl Town {
    async fn signed_in(&self, who: &str, method: Method) -> Person {
        let come = (Stage::Whole, method);
        let (email, seat) = (email(&address(who)), Seat::default());
        let token = self.service.vouch(&email, come, &seat).await.unwrap().unwrap();
        match self.service.session(&token).await.unwrap() {
            Some(SignedIn::Whole(person)) => person,
            other => panic!("{other:?}"),
        }
    }

    async fn person(&self, who: &str) -> Person {
        self.signed_in(who, Method::Passkey).await
    }

    async fn acting(&self, who: &str) -> Acting {
        Acting::from(&self.person(who).await)
    }

    async fn found(&self, who: &str) -> ListedOrganisation {
        let name = Name::parse("Lind & Co").unwrap();
        self.service.found(self.acting(who).await, name).await.unwrap()
    }

    /// The token that was mailed to somebody last.
    async fn token(&self, to: &str) -> Option<TicketToken> {
        self.service.deliver().await.unwrap();
        let arrived = self.post.arrived.lock().unwrap();
        let last = arrived.iter().rev().find(|(address, _)| address.as_str() == to)?;
        Some(TicketToken::parse(&last.1).unwrap())
    }

    async fn invite(&self, by: &str, to: &str, role: MemberRole) -> Result<(), OrganisationError> {
        let email = &email(to);
        let wish = Wish { email, role, locale: "en", network: b"here" };
        self.service.invite(self.acting(by).await, &self.name, wish).await.map(drop)
    }

    async fn bring(&self, by: &str, who: &str, role: MemberRole) {
        self.invite(by, &address(who), role).await.unwrap();
        let token = self.token(&address(who)).await.unwrap();
        let person = self.person(who).await;
        let accepted = self.accept(&token, Some(&person)).await;
        assert!(matches!(accepted, Accepted::Joined { .. }), "{accepted:?}");
    }

    async fn accept(&self, token: &TicketToken, person: Option<&Person>) -> Accepted {
        let seat = Seat::default();
        self.service.accept_invitation(token, person, &seat).await.unwrap()
    }

    /// What names a member to somebody who sees them all.
    async fn member(&self, who: &str) -> String {
        let acting = self.acting("root").await;
        let seen = self.service.organisation(acting, &self.name).await.unwrap();
        let member = seen.members.into_iter().find(|it| it.email == email(&address(who)));
        member.unwrap().reference
    }

    /// What was written since `before`.
    async fn since(&self, before: usize) -> Vec<Event> {
        self.trail().await.split_off(before)
    }

    async fn trail(&self) -> Vec<Event> {
        self.house.trail().await
    }
}

fn denied<T: std::fmt::Debug>(outcome: Result<T, OrganisationError>) -> Denied {
    match outcome {
        Err(OrganisationError::Denied(denied)) => denied,
        other => panic!("{other:?}"),
    }
}

/// R60: whoever has no place there finds nothing, and a role goes as far as it says.
#[tokio::test]
async fn every_role_does_what_it_may_and_nothing_else() {
    let town = town().await;
    for (need, may) in [
        (Need::Belong, &["root", "owner", "admin", "member", "auditor"][..]),
        (Need::Share, &["root", "owner", "admin", "member"]),
        (Need::Audit, &["root", "owner", "admin", "auditor"]),
        (Need::Manage, &["root", "owner", "admin"]),
        (Need::Own, &["root", "owner"]),
    ] {
        for who in EVERYBODY {
            let outcome = town.service.acts_in(town.acting(who).await, &town.name, need).await;
            if may.contains(&who) {
                outcome.unwrap();
            } else if who == "outsider" {
                assert_eq!(denied(outcome), Denied::Absent, "{need:?}");
            } else {
                assert_eq!(denied(outcome), Denied::NotAllowed, "{who} {need:?}");
            }
        }
    }
    let absent = town.service.acts_in(town.acting("owner").await, "000000000000", Need::Belong);
    assert_eq!(denied(absent.await), Denied::Absent);
    for (who, seen) in [("root", 5), ("admin", 5), ("auditor", 5), ("member", 4)] {
        let looked = town.service.organisation(town.acting(who).await, &town.name).await.unwrap();
        assert_eq!(looked.members.len(), seen, "{who}");
        assert!(who != "member" || looked.members.iter().any(|it| it.is_self));
    }
}

/// Nobody gives more than they have, or takes it from somebody who has more.
#[tokio::test]
async fn roles_are_given_by_those_who_have_them() {
    let town = town().await;
    let before = town.trail().await.len();
    let give = async |by: &str, to: &str, role| {
        let member = town.member(to).await;
        let acting = town.acting(by).await;
        town.service.give_member_role(acting, (&town.name, &member), role).await
    };
    assert_eq!(denied(give("admin", "member", MemberRole::Owner).await), Denied::NotAllowed);
    assert_eq!(denied(give("admin", "owner", MemberRole::Member).await), Denied::NotAllowed);
    assert_eq!(denied(give("member", "auditor", MemberRole::Member).await), Denied::NotAllowed);
    assert_eq!(denied(give("auditor", "auditor", MemberRole::Owner).await), Denied::NotAllowed);
    assert_eq!(denied(give("outsider", "member", MemberRole::Auditor).await), Denied::Absent);
    let invited = town.invite("admin", "new@example.org", MemberRole::Owner).await;
    assert_eq!(denied(invited), Denied::NotAllowed);
    let changes = |events: Vec<Event>| {
        events.into_iter().filter(|it| it.kind == EventKind::MemberRoleChanged).collect::<Vec<_>>()
    };
    assert!(changes(town.since(before).await).is_empty());
    give("admin", "member", MemberRole::Auditor).await.unwrap();
    give("admin", "member", MemberRole::Auditor).await.unwrap();
    let (admin, member) = (town.person("admin").await, town.person("member").await);
    let [event] = changes(town.since(before).await)[..] else { panic!("one change, one event") };
    assert_eq!(event.actor, Actor::Account(admin.account.id));
    assert_eq!(event.subject, Some(member.account.id.get()));
    assert!(event.organisation.is_some());
}

/// There is always an owner.
#[tokio::test]
async fn the_last_owner_stays() {
    let town = town().await;
    let (root, owner) = (town.acting("root").await, town.acting("owner").await);
    let names = (town.member("root").await, town.member("owner").await);
    let demote = async |by, member: &str| {
        town.service.give_member_role(by, (&town.name, member), MemberRole::Member).await
    };
    let (one, other) = tokio::join!(demote(root, &names.1), demote(owner, &names.0));
    let outcomes = [one, other];
    assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1, "{outcomes:?}");
    let left = if outcomes[0].is_ok() { "root" } else { "owner" };
    let (acting, name) = (town.acting(left).await, town.member(left).await);
    assert_eq!(denied(demote(acting, &name).await), Denied::LastOwner);
    let gone = town.service.remove_member(acting, (&town.name, &name)).await;
    assert_eq!(denied(gone), Denied::LastOwner);
    assert_eq!(denied(town.service.leave(acting, &town.name).await), Denied::LastOwner);
    let person = town.person(left).await;
    let gone = town.service.delete_own_account(&person, Waiting::Leave).await;
    assert!(matches!(denied(gone), Denied::LastOwner | Denied::LastAdministrator));
    assert_eq!(
        town.service.sole_owner_of(person.account.id).await.unwrap(),
        ["Lind & Co".to_owned()]
    );
}

/// R64: single use, seven days, one for each address, and nobody else's.
#[tokio::test]
async fn an_invitation_is_accepted_once_by_whom_it_was_sent_to() {
    let town = town().await;
    let outsider = town.person("outsider").await;
    let member = town.person("member").await;
    town.invite("admin", "outsider@example.org", MemberRole::Member).await.unwrap();
    let first = town.token("outsider@example.org").await.unwrap();
    town.invite("admin", "Outsider@Example.org", MemberRole::Auditor).await.unwrap();
    let second = town.token("outsider@example.org").await.unwrap();
    assert!(matches!(town.accept(&first, Some(&outsider)).await, Accepted::Worthless));
    assert!(matches!(town.accept(&second, Some(&member)).await, Accepted::Another));
    assert!(matches!(town.accept(&second, None).await, Accepted::SignIn));
    let accepted = town.accept(&second, Some(&outsider)).await;
    let Accepted::Joined { reference } = accepted else { panic!("{accepted:?}") };
    assert_eq!(reference, town.name);
    assert!(matches!(town.accept(&second, Some(&outsider)).await, Accepted::Worthless));
    let again = town.invite("admin", "outsider@example.org", MemberRole::Member).await;
    assert_eq!(denied(again), Denied::AlreadyMember);
    town.invite("admin", "late@example.org", MemberRole::Member).await.unwrap();
    let late = town.token("late@example.org").await.unwrap();
    town.house.clock.advance(domain::organisation::INVITATION);
    assert!(matches!(town.accept(&late, None).await, Accepted::Worthless));
}

/// R25: whoever invites hears the same whether there is such an account or not, and so does the trail.
#[tokio::test]
async fn inviting_tells_nothing_about_accounts() {
    let town = town().await;
    let before = town.trail().await.len();
    for to in ["outsider@example.org", "nobody@example.org"] {
        town.invite("admin", to, MemberRole::Member).await.unwrap();
    }
    let kinds: Vec<_> = town.since(before).await.iter().map(|event| event.kind).collect();
    let invited = kinds.iter().filter(|kind| **kind == EventKind::MemberInvited).count();
    assert_eq!(invited, 2);
    assert!(!kinds.contains(&EventKind::AccountCreated));
    let seen = town.service.organisation(town.acting("admin").await, &town.name).await.unwrap();
    assert_eq!(seen.invitations.len(), 2);
    let member = town.service.organisation(town.acting("auditor").await, &town.name).await;
    assert!(member.unwrap().invitations.is_empty(), "who invites sees them");
}

/// The switch says who may make an account; without it an invitation makes none.
#[tokio::test]
async fn an_invitation_makes_an_account_where_that_is_switched_on() {
    let town = town().await;
    town.invite("admin", "new@example.org", MemberRole::Member).await.unwrap();
    let token = town.token("new@example.org").await.unwrap();
    assert!(matches!(town.accept(&token, None).await, Accepted::Closed));
    let turned = town.service.turn_switch("sign-up", "invitation", Actor::Operator).await;
    assert!(turned.unwrap());
    let before = town.trail().await.len();
    let accepted = town.accept(&token, None).await;
    let Accepted::SignedUp { token: session, .. } = accepted else { panic!("{accepted:?}") };
    let kinds: Vec<_> = town.since(before).await.iter().map(|event| event.kind).collect();
    let expected = [EventKind::AccountCreated, EventKind::SignedIn, EventKind::MemberJoined];
    assert_eq!(kinds, expected);
    let known = town.service.session(session.session()).await.unwrap();
    let Some(SignedIn::Whole(person)) = known else { panic!("{known:?}") };
    assert_eq!(person.account.email, email("new@example.org"));
    assert!(matches!(town.accept(&token, None).await, Accepted::Worthless));
}

/// Without a mail server nothing is half-made.
#[tokio::test]
async fn nobody_is_invited_without_mail() {
    let town = town().await;
    let (service, acting) = (town.house.service.clone(), town.acting("admin").await);
    let before = town.trail().await.len();
    let email = &email("new@example.org");
    let wish = Wish { email, role: MemberRole::Member, locale: "en", network: b"here" };
    let invited = service.invite(acting, &town.name, wish).await;
    assert!(matches!(invited, Err(OrganisationError::NoMail)), "{invited:?}");
    assert!(town.since(before).await.is_empty());
    let seen = service.organisation(acting, &town.name).await.unwrap();
    assert!(seen.invitations.is_empty());
}

/// Where a second factor is asked for, a session without one does nothing but leave.
#[tokio::test]
async fn a_second_factor_is_asked_for_by_the_organisation() {
    let town = town().await;
    let change = Change { second_factor: Some(true), ..Change::default() };
    let without = Acting::from(&town.signed_in("owner", Method::Password).await);
    let changed = town.service.change_organisation(without, &town.name, change.clone()).await;
    assert_eq!(denied(changed), Denied::SecondFactor, "nobody locks themselves out");
    let with = town.acting("owner").await;
    town.service.change_organisation(with, &town.name, change).await.unwrap();
    for method in Method::ALL {
        let member = Acting::from(&town.signed_in("member", method).await);
        let outcome = town.service.acts_in(member, &town.name, Need::Share).await;
        if method.has_second_factor() {
            outcome.unwrap();
        } else {
            assert_eq!(denied(outcome), Denied::SecondFactor, "{method:?}");
        }
    }
    assert_eq!(town.service.organisations(without).await.unwrap().len(), 1, "it is in the list");
    town.service.leave(without, &town.name).await.unwrap();
}

/// Whoever goes leaves no key of theirs behind, and no invitation that they sent.
#[tokio::test]
async fn keys_and_invitations_go_with_their_member() {
    let town = town().await;
    let admin = town.person("admin").await;
    let id = town.service.acts_in(Acting::from(&admin), &town.name, Need::Manage).await.unwrap();
    let wish = keys::Wish::plain(Scopes::of(&[Scope::MembersManage]), None);
    let owner = KeyOwner::Member(admin.account.id, id);
    let make = town.service.make_key(admin.actor(), owner, wish.clone());
    let bound = make.await.unwrap().token;
    let make =
        town.service.make_key(admin.actor(), KeyOwner::Account(admin.account.id), wish.clone());
    let own = make.await.unwrap().token;
    let make = town.service.make_key(admin.actor(), KeyOwner::Service(id), wish);
    let service = make.await.unwrap().token;
    town.invite("admin", "new@example.org", MemberRole::Member).await.unwrap();
    let token = town.token("new@example.org").await.unwrap();
    let before = town.trail().await.len();
    let (root, name) = (town.acting("root").await, town.member("admin").await);
    town.service.remove_member(root, (&town.name, &name)).await.unwrap();
    let kinds: Vec<_> = town.since(before).await.iter().map(|event| event.kind).collect();
    let expected =
        [EventKind::MemberRemoved, EventKind::KeyRevoked, EventKind::InvitationWithdrawn];
    assert!(kinds.ends_with(&expected), "{kinds:?}");
    assert!(town.service.bearer(&bound).await.unwrap().is_none());
    assert!(town.service.bearer(&own).await.unwrap().is_some());
    assert!(town.service.bearer(&service).await.unwrap().is_some());
    assert!(matches!(town.accept(&token, None).await, Accepted::Worthless));
    let outcome = town.service.acts_in(Acting::from(&admin), &town.name, Need::Belong).await;
    assert_eq!(denied(outcome), Denied::Absent, "a session of before is worth nothing there");
}

/// Deleted: nobody is in it any more, its keys and invitations are worth nothing.
#[tokio::test]
async fn an_organisation_that_is_deleted_leaves_nothing_that_acts() {
    let town = town().await;
    let owner = town.person("owner").await;
    let acting = Acting::from(&owner);
    let id = town.service.acts_in(acting, &town.name, Need::Own).await.unwrap();
    let wish = keys::Wish::plain(Scopes::of(&[Scope::SecretsCreate]), None);
    let made = town.service.make_key(owner.actor(), KeyOwner::Service(id), wish).await.unwrap();
    town.invite("admin", "new@example.org", MemberRole::Member).await.unwrap();
    let admin = town.acting("admin").await;
    let refused = town.service.delete_organisation(admin, &town.name, Waiting::Burn).await;
    assert_eq!(denied(refused), Denied::NotAllowed);
    let before = town.trail().await.len();
    town.service.delete_organisation(acting, &town.name, Waiting::Burn).await.unwrap();
    let events = town.since(before).await;
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    let expected =
        [EventKind::KeyRevoked, EventKind::InvitationWithdrawn, EventKind::OrganisationDeleted];
    assert!(kinds.ends_with(&expected), "{kinds:?}");
    assert!(events.iter().rev().take(3).all(|event| event.organisation == Some(id)));
    assert!(town.service.bearer(&made.token).await.unwrap().is_none());
    assert!(town.token("new@example.org").await.is_none(), "nothing is mailed for it");
    assert!(town.service.organisations(acting).await.unwrap().is_empty());
    let again = town.service.delete_organisation(acting, &town.name, Waiting::Burn).await;
    assert_eq!(denied(again), Denied::Absent);
}

/// An account goes with its sessions, its keys and its places.
#[tokio::test]
async fn an_account_that_is_deleted_is_gone_everywhere() {
    let town = town().await;
    let member = town.person("member").await;
    let come = (Stage::Whole, Method::Passkey);
    let (address, seat) = (email("member@example.org"), Seat::default());
    let session = town.service.vouch(&address, come, &seat).await.unwrap().unwrap();
    let wish = keys::Wish::plain(Scopes::of(&[Scope::SecretsCreate]), None);
    let owner = KeyOwner::Account(member.account.id);
    let key = town.service.make_key(member.actor(), owner, wish).await.unwrap().token;
    let before = town.trail().await.len();
    town.service.delete_own_account(&member, Waiting::Burn).await.unwrap();
    let kinds: Vec<_> = town.since(before).await.iter().map(|event| event.kind).collect();
    let expected = [EventKind::MemberLeft, EventKind::KeyRevoked, EventKind::AccountDeleted];
    assert_eq!(kinds, expected);
    assert!(town.service.session(&session).await.unwrap().is_none());
    assert!(town.service.bearer(&key).await.unwrap().is_none());
    let seen = town.service.organisation(town.acting("root").await, &town.name).await.unwrap();
    assert_eq!(seen.members.len(), 4);
    let again = town.service.delete_own_account(&member, Waiting::Burn).await;
    assert_eq!(denied(again), Denied::Absent);
}

/// A key acts where it belongs, and never as more than its owner.
#[tokio::test]
async fn a_key_acts_in_its_organisation_alone() {
    use service::people::Asker;
    let town = town().await;
    let elsewhere = town.found("root").await.reference;
    let root = town.person("root").await;
    let id = town.service.acts_in(Acting::from(&root), &town.name, Need::Own).await.unwrap();
    let wish = keys::Wish::plain(Scopes::of(&[Scope::MembersManage]), None);
    let acting = async |owner| {
        let made = town.service.make_key(root.actor(), owner, wish.clone()).await.unwrap();
        let bearer = town.service.bearer(&made.token).await.unwrap().unwrap();
        Acting::from(&Asker::Key(bearer))
    };
    let bound = acting(KeyOwner::Member(root.account.id, id)).await;
    let service = acting(KeyOwner::Service(id)).await;
    let own = acting(KeyOwner::Account(root.account.id)).await;
    let may = async |acting, name: &str, need| town.service.acts_in(acting, name, need).await;
    for key in [bound, service] {
        may(key, &town.name, Need::Manage).await.unwrap();
        assert_eq!(denied(may(key, &elsewhere, Need::Belong).await), Denied::Absent);
        assert_eq!(town.service.organisations(key).await.unwrap().len(), 1);
        let name = Name::parse("Another").unwrap();
        assert_eq!(denied(town.service.found(key, name).await), Denied::NotAllowed);
    }
    assert_eq!(denied(may(service, &town.name, Need::Own).await), Denied::NotAllowed);
    may(own, &elsewhere, Need::Own).await.unwrap();
    let change = Change { second_factor: Some(true), ..Change::default() };
    let changed = town.service.change_organisation(Acting::from(&root), &town.name, change);
    changed.await.unwrap();
    assert_eq!(denied(may(own, &town.name, Need::Belong).await), Denied::SecondFactor);
    may(bound, &town.name, Need::Manage).await.unwrap();
    let (owner, name) = (town.acting("owner").await, member_of(owner_view(&town).await));
    town.service.give_member_role(owner, (&town.name, &name), MemberRole::Auditor).await.unwrap();
    assert_eq!(denied(may(bound, &town.name, Need::Manage).await), Denied::NotAllowed);
}

async fn owner_view(town: &Town) -> service::organisations::Seen {
    town.service.organisation(town.acting("owner").await, &town.name).await.unwrap()
}

fn member_of(seen: service::organisations::Seen) -> String {
    let root = email(&address("root"));
    seen.members.into_iter().find(|it| it.email == root).unwrap().reference
}

/// R69: who may create is a switch, read anew when it is turned.
#[tokio::test]
async fn a_switch_is_turned_at_once_and_once() {
    let town = town().await;
    let (away, home) = ("192.0.2.1".parse().unwrap(), "10.1.2.3".parse().unwrap());
    let may = async |asker, address| town.service.may_create(asker, address).await.unwrap();
    assert!(may(None, away).await);
    let before = town.trail().await.len();
    let turn = async |name: &str, value: &str| {
        town.service.turn_switch(name, value, Actor::Operator).await.unwrap()
    };
    assert!(turn("creating", "members").await && !turn("creating", "members").await);
    assert!(turn("creating-networks", "10.0.0.0/8").await);
    let kinds: Vec<_> = town.since(before).await.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::SettingChanged; 2]);
    assert!(!may(None, away).await && may(None, home).await);
    let member = service::people::Asker::Person(town.person("member").await);
    let outsider = service::people::Asker::Person(town.person("outsider").await);
    assert!(may(Some(&member), away).await && !may(Some(&outsider), away).await);
    assert!(town.service.turn_switch("opening", "nobody", Actor::Operator).await.is_err());
    assert!(town.service.turn_switch("creating", "nobody", Actor::Operator).await.is_err());
    assert!(turn("creating-networks", "").await && !may(None, home).await);
}

/// Who may found one is a switch.
#[tokio::test]
async fn organisations_are_made_by_those_whom_the_switch_names() {
    let town = town().await;
    let outsider = town.acting("outsider").await;
    let name = || Name::parse("Berg").unwrap();
    assert_eq!(denied(town.service.found(outsider, name()).await), Denied::NotAllowed);
    town.service.turn_switch("organisations", "signed-in", Actor::Operator).await.unwrap();
    let before = town.trail().await.len();
    let made = town.service.found(outsider, name()).await.unwrap();
    assert_eq!((made.role, made.organisation.name.as_str()), (MemberRole::Owner, "Berg"));
    let [event] = town.since(before).await[..] else { panic!("one event") };
    assert_eq!(event.kind, EventKind::OrganisationCreated);
    assert_eq!(event.subject, event.organisation.map(domain::organisation::OrganisationId::get));
}

/// Another node follows within a second, and the one that has turned a switch at once.
#[tokio::test]
async fn other_nodes_follow_within_a_second() {
    let house = house();
    let (here, there) = (&house.service, house.node());
    let away = "192.0.2.1".parse().unwrap();
    assert!(here.may_create(None, away).await.unwrap());
    assert!(there.may_create(None, away).await.unwrap());
    here.turn_switch("creating", "keys", Actor::Operator).await.unwrap();
    assert!(!here.may_create(None, away).await.unwrap());
    house.clock.advance(service::switches::FRESH);
    assert!(!there.may_create(None, away).await.unwrap());
}
