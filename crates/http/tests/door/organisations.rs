//! Organisations through the front door: every role on every route (R60), words that give nobody more than they
//! have (R68), and switches that stop nobody from opening (R69).

use std::sync::{Arc, Mutex};

use domain::account::{Email, KeyOwner, Role, Scopes};
use domain::audit::{Actor, Event, Kind};
use domain::organisation::{MemberRole, Name};
use domain::session::{Method, Stage, TicketToken};
use serde_json::{Value, json};
use service::Service;
use service::invitations::Wish;
use service::keys;
use service::letters::{Told, Write};
use service::mail::{Letter, Mail, Message, Sending};
use service::organisations::{Acting, Need};
use service::people::{Person, SignedIn};
use service::sessions::Seat;
use testkit::calls::{claim, create};
use testkit::server::Server;
use testkit::{Answer, Ask};

/// A mail server that takes everything, and a writer who writes the token alone.
#[derive(Default)]
struct Post(Mutex<Vec<(Email, String)>>);

impl Mail for Post {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        let arrived = (message.to.clone(), message.letter.text.to_string());
        self.0.lock().unwrap().push(arrived);
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

/// Somebody's browser.
struct Browser {
    cookie: String,
    csrf: String,
    person: Person,
}

impl Browser {
    fn asks(&self, ask: Ask) -> Ask {
        ask.with("Cookie", &format!("__Host-sigill={}", self.cookie))
            .with("Sigill-CSRF", &self.csrf)
    }
}

/// An organisation with somebody in each role. The server itself sends no mail; whoever makes the town does.
struct Town {
    server: Server,
    service: Service,
    post: Arc<Post>,
    /// What names the organisation.
    name: String,
}

const ROLES: [(&str, MemberRole); 4] = [
    ("owner", MemberRole::Owner),
    ("admin", MemberRole::Administrator),
    ("member", MemberRole::Member),
    ("auditor", MemberRole::Auditor),
];

fn address(who: &str) -> Email {
    Email::parse(&format!("{who}@example.org")).unwrap()
}

async fn town() -> Town {
    let server = Server::start().await;
    let post = Arc::new(Post::default());
    let mail: Arc<dyn Mail> = Arc::<Post>::clone(&post);
    let service = server.service.clone().with_mail(mail).with_letters(Arc::new(Writer));
    let mut town = Town { server, service, post, name: String::new() };
    for who in ["owner", "admin", "member", "auditor", "extra", "outsider"] {
        let role = if who == "owner" { Role::Administrator } else { Role::Member };
        town.service.join(&address(who), role).await.unwrap();
    }
    let owner = town.browser("owner").await;
    let name = Name::parse("Lind & Co").unwrap();
    town.name = town.service.found(Acting::from(&owner.person), name).await.unwrap().reference;
    // From here on nobody looks after the instance but somebody who is not in the organisation.
    town.service.join(&address("root"), Role::Administrator).await.unwrap();
    town.service.join(&address("owner"), Role::Member).await.unwrap();
    for (who, role) in ROLES.into_iter().skip(1).chain([("extra", MemberRole::Member)]) {
        town.bring(who, role).await;
    }
    town
}

impl Town {
    async fn browser(&self, who: &str) -> Browser {
        self.browser_with(who, Method::Passkey).await
    }

    async fn browser_with(&self, who: &str, method: Method) -> Browser {
        let (email, seat) = (address(who), Seat::default());
        let token = self.service.vouch(&email, (Stage::Whole, method), &seat).await.unwrap();
        let token = token.unwrap();
        let Some(SignedIn::Whole(person)) = self.service.session(&token).await.unwrap() else {
            unreachable!("they have just signed in");
        };
        Browser { cookie: token.expose().to_string(), csrf: self.service.csrf(&token), person }
    }

    async fn invited(&self, who: &str, role: MemberRole) -> TicketToken {
        let owner = self.browser("owner").await;
        let email = &address(who);
        let wish = Wish { email, role, locale: "en", network: b"here" };
        self.service.invite(Acting::from(&owner.person), &self.name, wish).await.unwrap();
        self.service.deliver().await.unwrap();
        let arrived = self.post.0.lock().unwrap();
        let last = arrived.iter().rev().find(|(to, _)| to == email).unwrap();
        TicketToken::parse(&last.1).unwrap()
    }

    async fn bring(&self, who: &str, role: MemberRole) {
        let token = self.invited(who, role).await;
        let (person, seat) = (self.browser(who).await.person, Seat::default());
        self.service.accept_invitation(&token, Some(&person), &seat).await.unwrap();
    }

    async fn reference_of(&self, who: &str) -> String {
        let owner = self.browser("owner").await;
        let acting = Acting::from(&owner.person);
        let seen = self.service.organisation(acting, &self.name).await.unwrap();
        seen.members.into_iter().find(|it| it.email == address(who)).unwrap().reference
    }

    async fn of(&self, ask: &Ask) -> Answer {
        ask.of(self.server.address).await
    }

    async fn trail(&self) -> Vec<Event> {
        self.server.kept().await.trail.into_iter().map(|recorded| recorded.event).collect()
    }
}

fn delete(path: &str) -> Ask {
    Ask::new("DELETE", path)
}

fn patch(path: &str, body: &Value) -> Ask {
    Ask::new("PATCH", path).json(body)
}

fn put(path: &str, body: &Value) -> Ask {
    Ask::new("PUT", path).json(body)
}

fn post(path: &str, body: &Value) -> Ask {
    Ask::post(path).json(body)
}

/// What each route answers to owner, admin, member, auditor, an outsider and nobody, in an order in which
/// one leaves the next its ground.
fn table(o: &str, extra: &str) -> Vec<(Ask, [u16; 6])> {
    let one = format!("/v1/organisations/{o}");
    let leave = json!({ "waiting": "leave" });
    let invitation = json!({ "email": "new@example.org", "role": "member" });
    let garbage = json!({ "token": "1111" });
    let switch = json!({ "value": "keys" });
    let member = format!("{one}/members/{extra}");
    vec![
        (Ask::get("/v1/organisations"), [200, 200, 200, 200, 200, 401]),
        (post("/v1/organisations", &json!({ "name": "Mine" })), [403, 403, 403, 403, 403, 401]),
        (Ask::get(&one), [200, 200, 200, 200, 404, 401]),
        (patch(&one, &json!({ "name": "Lind" })), [204, 204, 403, 403, 404, 401]),
        (patch(&member, &json!({ "role": "auditor" })), [204, 204, 403, 403, 404, 401]),
        // The right is asked for first, and mail after that.
        (post(&format!("{one}/invitations"), &invitation), [422, 422, 403, 403, 404, 401]),
        (delete(&format!("{one}/invitations/000000000000")), [404, 404, 403, 403, 404, 401]),
        (delete(&member), [204, 204, 403, 403, 404, 401]),
        (post("/v1/invitation/accept", &garbage), [404, 404, 404, 404, 404, 401]),
        (Ask::get("/v1/admin/switches"), [403, 403, 403, 403, 403, 401]),
        (put("/v1/admin/switches/creating", &switch), [403, 403, 403, 403, 403, 401]),
        (post(&format!("{one}/leave"), &json!({})), [422, 204, 204, 204, 404, 401]),
        (post(&format!("{one}/delete"), &leave), [204, 404, 404, 404, 404, 401]),
        (post("/v1/account/delete", &leave), [204, 204, 204, 204, 204, 401]),
    ]
}

#[tokio::test]
async fn every_role_meets_every_route() {
    for (place, who) in ["owner", "admin", "member", "auditor", "outsider", ""].iter().enumerate() {
        let town = town().await;
        let extra = town.reference_of("extra").await;
        let browser = if who.is_empty() { None } else { Some(town.browser(who).await) };
        for (ask, expected) in table(&town.name, &extra) {
            let asked = browser.as_ref().map_or_else(|| ask.clone(), |it| it.asks(ask.clone()));
            let answer = town.of(&asked).await;
            let line = String::from_utf8_lossy(&ask.head()).lines().next().unwrap().to_owned();
            assert_eq!(answer.status, expected[place], "{who}: {line}: {}", answer.text());
        }
    }
}

/// Two owners who take the role from each other at once leave one, on either engine.
#[tokio::test]
async fn owners_who_demote_each_other_leave_one() {
    let town = town().await;
    let at = |who: &str| format!("/v1/organisations/{}/members/{who}", town.name);
    let (owner, extra) = (town.reference_of("owner").await, town.reference_of("extra").await);
    let (maja, otto) = (town.browser("owner").await, town.browser("extra").await);
    for _ in 0..5 {
        let promote = patch(&at(&extra), &json!({ "role": "owner" }));
        assert_eq!(town.of(&maja.asks(promote)).await.status, 204);
        let demote = |who: &str| patch(&at(who), &json!({ "role": "admin" }));
        let (one, other) = (maja.asks(demote(&extra)), otto.asks(demote(&owner)));
        let (one, other) = tokio::join!(town.of(&one), town.of(&other));
        let mut both = [one.status, other.status];
        both.sort_unstable();
        assert!(both == [204, 403] || both == [204, 422], "{both:?}");
        if other.status == 204 {
            let back = patch(&at(&owner), &json!({ "role": "owner" }));
            assert_eq!(town.of(&otto.asks(back)).await.status, 204);
        }
    }
}

/// Deleting is for owners, and others who are there are told so.
#[tokio::test]
async fn only_an_owner_deletes() {
    let town = town().await;
    let ask =
        post(&format!("/v1/organisations/{}/delete", town.name), &json!({ "waiting": "burn" }));
    for who in ["admin", "member", "auditor"] {
        let answer = town.of(&town.browser(who).await.asks(ask.clone())).await;
        assert_eq!(
            (answer.status, answer.json()["type"].as_str().unwrap()),
            (403, "urn:sigill:problem:forbidden")
        );
    }
}

/// R60: what somebody has no place in answers byte for byte like what is not there.
#[tokio::test]
async fn what_is_foreign_is_not_there() {
    let town = town().await;
    let extra = town.reference_of("extra").await;
    let outsider = town.browser("outsider").await;
    let (there, absent) = (table(&town.name, &extra), table("000000000000", &extra));
    for ((there, expected), (absent, _)) in there.into_iter().zip(absent) {
        if expected[4] != 404 {
            continue;
        }
        let there = town.of(&outsider.asks(there)).await;
        let absent = town.of(&outsider.asks(absent)).await;
        assert_eq!((there.status, there.text()), (absent.status, absent.text()));
    }
}

/// R68: nobody becomes more by writing so.
#[tokio::test]
async fn fields_that_nobody_knows_are_refused() {
    let town = town().await;
    let owner = town.browser("owner").await;
    let before = town.trail().await.len();
    let one = format!("/v1/organisations/{}", town.name);
    let member = format!("{one}/members/{}", town.reference_of("extra").await);
    for (ask, body) in [
        (Ask::post("/v1/organisations"), json!({ "name": "X", "role": "owner" })),
        (Ask::new("PATCH", &one), json!({ "name": "X", "owner": "me" })),
        (Ask::new("PATCH", &one), json!({ "second_factor": true, "id": 1 })),
        (Ask::new("PATCH", &member), json!({ "role": "admin", "account": 1 })),
        (Ask::new("PATCH", &member), json!({ "role": "administrator" })),
        (
            Ask::post(&format!("{one}/invitations")),
            json!({ "email": "a@b.cd", "role": "member", "until": 9 }),
        ),
        (Ask::post(&format!("{one}/delete")), json!({ "waiting": "leave", "sure": true })),
        (Ask::post(&format!("{one}/delete")), json!({})),
        (Ask::post("/v1/invitation/accept"), json!({ "token": "x", "role": "owner" })),
        (Ask::post("/v1/account/delete"), json!({ "waiting": "leave", "account": 1 })),
    ] {
        let answer = town.of(&owner.asks(ask.json(&body))).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
    }
    let after = town.trail().await;
    assert!(after[before..].iter().all(|event| event.kind == Kind::SignedIn), "nothing was done");
}

/// R95: one event for each change, with who did it, to whom and where.
#[tokio::test]
async fn each_change_has_its_event() {
    let town = town().await;
    let admin = town.browser("admin").await;
    let (one, extra) =
        (format!("/v1/organisations/{}", town.name), town.reference_of("extra").await);
    let id = town.service.acts_in(Acting::from(&admin.person), &town.name, Need::Manage).await;
    let id = id.unwrap();
    let subject = town.browser("extra").await.person.account.id.get();
    let member = format!("{one}/members/{extra}");
    for (ask, kind, subject) in [
        (patch(&one, &json!({ "name": "Lind" })), Kind::OrganisationChanged, id.get()),
        (patch(&member, &json!({ "role": "auditor" })), Kind::MemberRoleChanged, subject),
        (delete(&member), Kind::MemberRemoved, subject),
    ] {
        let before = town.trail().await.len();
        assert_eq!(town.of(&admin.asks(ask)).await.status, 204);
        let after = town.trail().await;
        let [event] = &after[before..] else { unreachable!("one event: {:?}", &after[before..]) };
        assert_eq!((event.kind, event.subject), (kind, Some(subject)));
        assert_eq!(event.actor, Actor::Account(admin.person.account.id));
        assert_eq!(event.organisation, Some(id));
    }
}

/// A key acts in its organisation, with its scope and no other.
#[tokio::test]
async fn a_key_reaches_its_organisation_with_its_scope() {
    let town = town().await;
    let owner = town.browser("owner").await.person;
    let id = town.service.acts_in(Acting::from(&owner), &town.name, Need::Own).await.unwrap();
    let key = async |scopes: &str| {
        let wish = keys::Wish::plain(Scopes::parse(scopes).unwrap(), None);
        let made = town.service.make_key(owner.actor(), KeyOwner::Service(id), wish).await;
        made.unwrap().token.expose().to_string()
    };
    let (manages, reads) = (key("members:manage").await, key("receipts:read").await);
    let list = Ask::get("/v1/organisations");
    let listed = town.of(&list.clone().bearer(&manages)).await;
    assert_eq!(listed.json()["organisations"][0]["ref"], town.name.as_str());
    let refused = town.of(&list.bearer(&reads)).await;
    assert_eq!((refused.status, refused.json()["scope"].as_str()), (403, Some("members:manage")));
    let member =
        format!("/v1/organisations/{}/members/{}", town.name, town.reference_of("extra").await);
    let promoted = patch(&member, &json!({ "role": "owner" })).bearer(&manages);
    assert_eq!(town.of(&promoted).await.status, 403, "no key makes an owner");
    let changed = patch(&member, &json!({ "role": "auditor" })).bearer(&manages);
    assert_eq!(town.of(&changed).await.status, 204);
    assert!(matches!(town.trail().await.last().unwrap().actor, Actor::Key(_)));
}

/// Where a second factor is asked for, a session without one hears so.
#[tokio::test]
async fn a_second_factor_is_missed_clearly() {
    let town = town().await;
    let one = format!("/v1/organisations/{}", town.name);
    let owner = town.browser("owner").await;
    let asks = patch(&one, &json!({ "second_factor": true }));
    let without = town.browser_with("owner", Method::Password).await;
    assert_eq!(town.of(&without.asks(asks.clone())).await.status, 403);
    assert_eq!(town.of(&owner.asks(asks)).await.status, 204);
    let refused = town.of(&without.asks(Ask::get(&one))).await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.json()["detail"].as_str().unwrap().contains("second factor"),
        "{}",
        refused.text()
    );
    assert_eq!(town.of(&owner.asks(Ask::get(&one))).await.status, 200);
}

/// An invitation that is accepted with a click makes an account where the switch says so, and signs in.
#[tokio::test]
async fn an_invitation_is_accepted_after_a_click() {
    let town = town().await;
    let token = town.invited("new", MemberRole::Member).await.expose().to_string();
    let form =
        |body: &str| Ask::post("/invitation").body("application/x-www-form-urlencoded", body);
    let said = format!("token={token}");
    let looked = town.of(&Ask::get("/invitation")).await;
    assert!(looked.status == 200 && looked.text().contains("js/invitation"), "{}", looked.text());
    assert_eq!(town.of(&form("token=1111")).await.status, 404);
    assert_eq!(town.of(&form(&said)).await.status, 403, "no accounts are made here");
    town.service.turn_switch("sign-up", "invitation", Actor::Operator).await.unwrap();
    let joined = town.of(&form(&said)).await;
    assert_eq!(joined.status, 303, "{}", joined.text());
    assert_eq!(joined.header("location"), Some(format!("/organisations/{}", town.name).as_str()));
    let cookie = joined.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-sigill=") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let page = Ask::get(joined.header("location").unwrap()).with("Cookie", cookie);
    let page = town.of(&page).await;
    assert!(page.status == 200 && page.text().contains("Lind &amp; Co"), "{}", page.text());
    assert_eq!(town.of(&form(&said)).await.status, 404, "it works once");
    let known = town.invited("outsider", MemberRole::Member).await.expose().to_string();
    assert_eq!(town.of(&form(&format!("token={known}"))).await.status, 409, "sign in first");
}

/// R69: turned off, nobody unknown creates; everybody opens, follows and reads pages.
#[tokio::test]
async fn a_switch_stops_creating_and_never_opening() {
    let server = Server::start().await;
    let key = server.key_of("maja@example.org", "secrets:create").await;
    let waits = [server.shared().await, server.shared().await];
    server.service.turn_switch("creating", "signed-in", Actor::Operator).await.unwrap();
    let ask = create(&server.seal("hush", None), &json!({}));
    let refused = ask.of(server.address).await;
    assert_eq!(
        (refused.status, refused.json()["type"].as_str()),
        (401, Some("urn:sigill:problem:unauthenticated"))
    );
    let begun = Ask::post("/v1/uploads").json(&json!({})).of(server.address).await;
    assert_eq!(begun.status, 401);
    assert_eq!(ask.clone().bearer(&key).of(server.address).await.status, 201);
    server.service.turn_switch("creating", "members", Actor::Operator).await.unwrap();
    assert_eq!(ask.clone().bearer(&key).of(server.address).await.status, 403);
    for shared in &waits {
        let claimed = claim(shared, &server.claim_token()).of(server.address).await;
        assert_eq!(claimed.status, 200, "{}", claimed.text());
    }
    for page in ["/s/9PJwG4sD5JYkqWf6N3x8Zb", "/receipt", "/good-practice", "/v1/limits"] {
        assert_eq!(Ask::get(page).of(server.address).await.status, 200, "{page}");
    }
    let page = Ask::get("/").of(server.address).await;
    assert!(page.text().contains("Sign in to share"), "it says so before anybody types");
    server.service.turn_switch("creating", "anybody", Actor::Operator).await.unwrap();
    let page = Ask::get("/").of(server.address).await;
    assert!(!page.text().contains("Sign in to share"));
    assert_eq!(ask.of(server.address).await.status, 201);
}
