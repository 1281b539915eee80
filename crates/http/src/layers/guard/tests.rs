//! The guard on a surface that has one route of each access: every credential against every route, and the
//! ways around it that come to mind.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects, and the rest has failed"
)]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use domain::account::{Email, Role, Scope, Scopes};
use domain::audit::Actor;
use domain::network::Networks;
use domain::session::{Method as By, SessionToken, Stage};
use domain::{Clock, Entropy};
use http::{Method, Request};
use service::keys::Wish;
use service::sessions::Seat;
use service::{Limits, Service};
use tempfile::TempDir;
use testkit::ambient::{Dice, HandClock};
use tower::ServiceExt as _;
use wire::Problem;

use super::{Asker, Creator, Half, Person};
use crate::cookies::SESSION;
use crate::layers::address::TrustedProxies;
use crate::layers::limits::Class;
use crate::layers::stack;
use crate::native;
use crate::surface::outcomes::{Outcome, Shows, of};
use crate::surface::{Access, Policy, Surface};
use crate::{Origin, State};

const SCOPE: Scope = Scope::KeysManage;
const REACHED: &str = "reached";

const ACCESSES: [Access; 10] = [
    Access::Administrator,
    Access::Asker(SCOPE),
    Access::AskerConfirmed(SCOPE),
    Access::Capability,
    Access::Classic,
    Access::Confirmed,
    Access::Creating,
    Access::Half,
    Access::Open,
    Access::Person,
];

/// Each access once for programs and once for people, to read and to change.
fn surface() -> Surface {
    let mut surface = Surface::new();
    for (number, access) in ACCESSES.into_iter().enumerate() {
        let policy = Policy::new(Class::House, access);
        for root in ["/v1", ""] {
            let path = format!("{root}/room{number}/{{it}}");
            let below = format!("{root}/room{number}/{{it}}/change");
            surface =
                match access {
                    Access::Asker(_) | Access::AskerConfirmed(_) => surface
                        .get(&path, policy, async |_: Asker| REACHED)
                        .post(&below, policy, async |_: Asker, body: String| body),
                    Access::Creating => surface
                        .get(&path, policy, async |_: Creator| REACHED)
                        .post(&below, policy, async |_: Creator| REACHED),
                    Access::Half => surface.get(&path, policy, async |_: Half| REACHED).post(
                        &below,
                        policy,
                        async |half: Half, body: String| body + half.csrf(),
                    ),
                    Access::Administrator | Access::Confirmed | Access::Person => surface
                        .get(&path, policy, async |_: Person| REACHED)
                        .post(&below, policy, async |it: Person, body: String| body + it.csrf()),
                    Access::Capability | Access::Classic | Access::Open => surface
                        .get(&path, policy, async || REACHED)
                        .post(&below, policy, async || REACHED),
                };
        }
    }
    let person = Policy::new(Class::House, Access::Person);
    // What no route should do: its handler wants somebody whom it does not declare.
    surface
        .get("/v1/mistaken/asker", person, async |_: Asker| REACHED)
        .get("/v1/mistaken/half", person, async |_: Half| REACHED)
        .get("/v1/mistaken/creator", person, async |_: Creator| REACHED)
        .get("/v1/mistaken/open", Policy::new(Class::House, Access::Open), async |_: Person| {
            REACHED
        })
}

/// A house with such rooms, and somebody to let in.
struct House {
    app: Router,
    service: Service,
    clock: Arc<HandClock>,
    _dir: TempDir,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (clock, dice) = (Arc::new(HandClock::new()), Arc::new(Dice::new(7)));
        let store = testkit::server::store(dir.path(), None, &*dice).await.unwrap();
        let told: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
        let entropy: Arc<dyn Entropy> = dice;
        let service = Service::new(store, told, entropy, Limits::default());
        let origin = Origin::parse("https://secrets.example").unwrap();
        let state = State::new(service.clone(), origin, TrustedProxies::default(), None);
        let app = stack(surface().router(&state), state);
        let house = Self { app, service, clock, _dir: dir };
        house.join("maja@example.org", Role::Member).await;
        house.join("root@example.org", Role::Administrator).await;
        house
    }

    async fn join(&self, email: &str, role: Role) {
        self.service.join(&Email::parse(email).unwrap(), role).await.unwrap();
    }

    async fn session(&self, email: &str, stage: Stage) -> SessionToken {
        let email = Email::parse(email).unwrap();
        let come = (stage, By::Passkey);
        self.service.vouch(&email, come, &Seat::default()).await.unwrap().unwrap()
    }

    async fn key(&self, scopes: &[Scope]) -> String {
        let email = Email::parse("maja@example.org").unwrap();
        self.key_as(&email, Wish::plain(Scopes::of(scopes), None)).await
    }

    async fn key_as(&self, email: &Email, wish: Wish) -> String {
        let owner = self.service.key_owner(email).await.unwrap().unwrap();
        let made = self.service.make_key(Actor::Operator, owner, wish).await.unwrap();
        made.token.expose().to_string()
    }

    async fn ask_with(&self, method: Method, path: &str, key: &str) -> Response {
        self.ask(with(plain(method, path), "authorization", &format!("Bearer {key}"))).await
    }

    async fn ask(&self, request: Request<Body>) -> Response {
        self.app.clone().oneshot(request).await.unwrap()
    }
}

/// A request that shows nothing.
fn plain(method: Method, path: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("host", "secrets.example");
    request.body(Body::empty()).unwrap()
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().append(name, value.parse().unwrap());
    request
}

fn cookie(request: Request<Body>, token: &SessionToken) -> Request<Body> {
    with(request, "cookie", &format!("lang=sv; {SESSION}={}", *token.expose()))
}

fn form(path: &str, token: &SessionToken, body: String) -> Request<Body> {
    let request = cookie(plain(Method::POST, path), token);
    let mut request = with(request, "content-type", "application/x-www-form-urlencoded");
    *request.body_mut() = Body::from(body);
    request
}

async fn text(response: Response) -> String {
    let bytes = native::read(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What came of it, by the answer alone.
fn seen(response: &Response) -> Outcome {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return match problem {
            Problem::ConfirmationRequired => Outcome::Confirm,
            Problem::CrossSite => Outcome::CrossSite,
            Problem::Csrf => Outcome::Csrf,
            Problem::Forbidden { .. } => Outcome::Forbidden,
            Problem::Unauthenticated => Outcome::SignIn,
            other => panic!("{other:?}"),
        };
    }
    let Some(location) = response.headers().get("location") else { return Outcome::Handler };
    let location = location.to_str().unwrap();
    let at = location.split('?').next().unwrap();
    match at {
        "/sign-in" => Outcome::SignIn,
        "/sign-in/second" => Outcome::SecondFactor,
        "/confirm" => Outcome::Confirm,
        "/overview" => Outcome::SignedIn,
        other => panic!("{other}"),
    }
}

/// A program cannot tell why nobody is known.
fn as_told(outcome: Outcome, path: &str) -> Outcome {
    match outcome {
        Outcome::SecondFactor | Outcome::SignedIn if path.starts_with("/v1/") => Outcome::SignIn,
        outcome => outcome,
    }
}

/// R60, R61, R62, R65: each credential against each access, reading and changing, for programs and for people.
#[tokio::test]
async fn every_credential_gets_what_the_access_declares_and_nothing_else() {
    let house = House::new().await;
    let [member, admin] = ["maja@example.org", "root@example.org"];
    let old = [house.session(member, Stage::Whole).await, house.session(admin, Stage::Whole).await];
    house.clock.advance(Duration::from_mins(11));
    let (other, creating) =
        (house.key(&[Scope::SecretsOpen]).await, house.key(&[Scope::SecretsCreate]).await);
    let (right, all) = (house.key(&[SCOPE]).await, house.key(&Scope::ALL).await);
    let none = house.key(&[]).await;
    for entry in surface().table() {
        if entry.path.contains("mistaken") {
            continue;
        }
        let new =
            [house.session(member, Stage::Whole).await, house.session(admin, Stage::Whole).await];
        let half = house.session(member, Stage::Half).await;
        let path = entry.path.replace("{it}", "x");
        let plain = || plain(entry.method.clone(), &path);
        let bearer = |key: &str| with(plain(), "authorization", &format!("Bearer {key}"));
        let signed_in = |token: &SessionToken| {
            with(cookie(plain(), token), "sigill-csrf", &house.service.csrf(token))
        };
        let key = if entry.access == Access::Creating { &creating } else { &right };
        let wrong = if entry.access == Access::Creating { &right } else { &creating };
        let foreign = house.service.csrf(&new[0]);
        let asks = [
            (Shows::Nothing, plain()),
            (Shows::Nothing, with(plain(), "authorization", "Basic YTpi")),
            (Shows::WorthlessKey, bearer("sigill_1")),
            (Shows::OtherKey, bearer(&other)),
            (Shows::OtherKey, bearer(wrong)),
            (Shows::OtherKey, bearer(&none)),
            (Shows::Key, bearer(key)),
            (Shows::Key, bearer(&all)),
            // The key counts, and the session is not looked at.
            (Shows::Key, cookie(bearer(key), &new[1])),
            (Shows::OtherKey, cookie(bearer(&none), &new[1])),
            (Shows::WorthlessKey, cookie(bearer("sigill_1"), &new[1])),
            (Shows::Half, signed_in(&half)),
            (Shows::Member, signed_in(&old[0])),
            (Shows::MemberConfirmed, signed_in(&new[0])),
            (Shows::Administrator, signed_in(&old[1])),
            (Shows::AdministratorConfirmed, signed_in(&new[1])),
            (Shows::WithoutToken, cookie(plain(), &new[1])),
            (Shows::WithoutToken, with(cookie(plain(), &new[1]), "sigill-csrf", "")),
            (Shows::WithoutToken, with(cookie(plain(), &new[1]), "sigill-csrf", &foreign)),
            (Shows::CrossSite, with(signed_in(&new[1]), "sec-fetch-site", "cross-site")),
            (Shows::CrossSite, with(signed_in(&new[1]), "origin", "https://evil.example")),
            (Shows::CrossSite, with(signed_in(&new[1]), "origin", "null")),
        ];
        for (shows, ask) in asks {
            let what = format!("{} {path} {shows:?}: {:?}", entry.method, ask.headers());
            let response = house.ask(ask).await;
            assert_eq!(seen(&response), as_told(of(&entry, shows), &path), "{what}");
            let challenged = response.headers().get("www-authenticate");
            let refused = response.status() == http::StatusCode::UNAUTHORIZED;
            assert_eq!(challenged.is_some_and(|value| value == "Bearer"), refused, "{what}");
        }
        // The guesses of before are forgiven.
        house.clock.advance(Duration::from_secs(30));
    }
}

/// A form carries the token in a field, and its handler reads it once more; the token of a session that was
/// replaced is worth nothing.
#[tokio::test]
async fn a_form_carries_the_token_of_its_session() {
    let house = House::new().await;
    let (mine, other) = (
        house.session("maja@example.org", Stage::Whole).await,
        house.session("maja@example.org", Stage::Whole).await,
    );
    let path = "/room9/x/change";
    let csrf = house.service.csrf(&mine);
    let sent = format!("a=1&csrf={csrf}&b=%2B");
    let answer = text(house.ask(form(path, &mine, sent.clone())).await).await;
    assert_eq!(answer, format!("{sent}{csrf}"));
    for body in [
        String::new(),
        "csrf=".to_owned(),
        format!("xcsrf={csrf}"),
        format!("a=csrf={csrf}"),
        format!("csrf={}", house.service.csrf(&other)),
        format!("csrf={csrf}x"),
        format!("csrf=&csrf={csrf}"),
    ] {
        let answer = house.ask(form(path, &mine, body.clone())).await;
        assert_eq!(seen(&answer), Outcome::Csrf, "{body}");
    }
    // In the query it would be in logs and histories.
    let answer =
        house.ask(cookie(plain(Method::POST, &format!("{path}?csrf={csrf}")), &mine)).await;
    assert_eq!(seen(&answer), Outcome::Csrf);
    // A header that is wrong is not made good by a field.
    let both = with(form(path, &mine, format!("csrf={csrf}")), "sigill-csrf", "x");
    assert_eq!(seen(&house.ask(both).await), Outcome::Csrf);
    let large = format!("csrf={csrf}&a={}", "a".repeat(64 * 1024));
    let answer = house.ask(form(path, &mine, large)).await;
    assert_eq!(answer.status(), http::StatusCode::PAYLOAD_TOO_LARGE);
}

/// Whoever must sign in or confirm comes back to where they were: a path of this host, never what a form sends.
#[tokio::test]
async fn a_person_is_led_to_the_page_that_helps_and_back() {
    let house = House::new().await;
    let old = house.session("maja@example.org", Stage::Whole).await;
    let half = house.session("maja@example.org", Stage::Half).await;
    let led = async |request| {
        let response = house.ask(request).await;
        assert_eq!(response.status(), http::StatusCode::SEE_OTHER);
        response.headers().get("location").unwrap().to_str().unwrap().to_owned()
    };
    let get = |path| plain(Method::GET, path);
    assert_eq!(led(get("/room9/x?a=b&c")).await, "/sign-in?next=/room9/x%3Fa%3Db%26c");
    assert_eq!(led(get("/room9/%2F%2Fevil")).await, "/sign-in?next=/room9/%252F%252Fevil");
    assert_eq!(led(plain(Method::POST, "/room9/x/change")).await, "/sign-in?next=/room9/x");
    assert_eq!(led(get("/room7/x")).await, "/sign-in", "nobody comes back to the second factor");
    assert_eq!(led(cookie(get("/room9/x"), &half)).await, "/sign-in/second?next=/room9/x");
    house.clock.advance(Duration::from_mins(11));
    assert_eq!(led(cookie(get("/room5/x"), &old)).await, "/confirm?next=/room5/x");
    let csrf = format!("csrf={}", house.service.csrf(&old));
    assert_eq!(led(form("/room5/x/change", &old, csrf)).await, "/confirm?next=/room5/x");
    let head = house.ask(plain(Method::HEAD, "/room9/x")).await;
    assert_eq!(head.headers().get("location").unwrap(), "/sign-in?next=/room9/x");
}

/// A key that lacks a scope is told which.
#[tokio::test]
async fn what_is_lacking_is_named() {
    let house = House::new().await;
    let key = house.key(&[Scope::SecretsOpen]).await;
    for (path, says) in [
        ("/v1/room1/x", "lacks the scope keys:manage"),
        ("/v1/room9/x", "takes a person who is signed in"),
    ] {
        let ask = with(plain(Method::GET, path), "authorization", &format!("Bearer {key}"));
        let said = text(house.ask(ask).await).await;
        assert!(said.contains(says), "{said}");
    }
}

/// A handler that wants somebody whom its route does not declare does nothing, whoever asks.
#[tokio::test]
async fn a_handler_that_wants_what_its_route_does_not_declare_fails_closed() {
    let house = House::new().await;
    let admin = house.session("root@example.org", Stage::Whole).await;
    for name in ["asker", "half", "creator", "open"] {
        let ask = cookie(plain(Method::GET, &format!("/v1/mistaken/{name}")), &admin);
        let answer = house.ask(ask).await;
        assert_eq!(answer.status(), http::StatusCode::INTERNAL_SERVER_ERROR, "{name}");
        assert!(!text(answer).await.contains(REACHED));
    }
}

/// R61: what was ended or suspended is worth nothing from the next request on.
#[tokio::test]
async fn what_was_ended_is_worth_nothing_on_the_next_request() {
    let house = House::new().await;
    let email = Email::parse("maja@example.org").unwrap();
    let session = house.session("maja@example.org", Stage::Whole).await;
    let key = house.key(&[SCOPE]).await;
    let with_session =
        async || seen(&house.ask(cookie(plain(Method::GET, "/v1/room9/x"), &session)).await);
    let with_key = async || {
        let ask =
            with(plain(Method::GET, "/v1/room1/x"), "authorization", &format!("Bearer {key}"));
        seen(&house.ask(ask).await)
    };
    assert_eq!((with_session().await, with_key().await), (Outcome::Handler, Outcome::Handler));
    let service::people::SignedIn::Whole(person) =
        house.service.session(&session).await.unwrap().unwrap()
    else {
        panic!("a whole session")
    };
    house.service.sign_out(&person).await.unwrap();
    assert_eq!(with_session().await, Outcome::SignIn);
    let owner = house.service.key_owner(&email).await.unwrap().unwrap();
    let listed = house.service.keys(owner).await.unwrap();
    let revoked = house.service.revoke_key(Actor::Operator, owner, &listed[0].reference).await;
    assert!(revoked.unwrap());
    assert_eq!(with_key().await, Outcome::SignIn);
}

/// R57: a network that tries keys waits, and is told how long; while it waits the store is not asked, so that a
/// key that is right is refused as well. Sessions go on.
#[tokio::test]
async fn a_network_that_guesses_keys_waits() {
    let house = House::new().await;
    let session = house.session("maja@example.org", Stage::Whole).await;
    let key = house.key(&[SCOPE]).await;
    let ask = async |key: &str| {
        let ask = plain(Method::GET, "/v1/room1/x");
        house.ask(with(ask, "authorization", &format!("Bearer {key}"))).await
    };
    let unknown = domain::account::ApiKeyToken::new([9; 32]).expose().to_string();
    let mut tries = 0;
    let wait: u64 = loop {
        let answer = ask(if tries % 2 == 0 { &unknown } else { "sigill_1" }).await;
        if let Some(wait) = answer.headers().get("retry-after") {
            assert_eq!(answer.status(), http::StatusCode::TOO_MANY_REQUESTS);
            break wait.to_str().unwrap().parse().unwrap();
        }
        assert_eq!(seen(&answer), Outcome::SignIn);
        tries += 1;
        assert!(tries < 100, "guessing is not bounded");
    };
    assert_eq!(ask(&key).await.status(), http::StatusCode::TOO_MANY_REQUESTS);
    let other = house.ask(cookie(plain(Method::GET, "/v1/room9/x"), &session)).await;
    assert_eq!(seen(&other), Outcome::Handler);
    house.clock.advance(Duration::from_secs(wait));
    assert_eq!(seen(&ask(&key).await), Outcome::Handler, "whoever waits as told is let in");
}

/// A key that may not be used from here, or no longer, is worth as little as one that never was, byte for byte.
#[tokio::test]
async fn a_key_elsewhere_or_afterwards_is_like_one_that_never_was() {
    let house = House::new().await;
    let email = Email::parse("maja@example.org").unwrap();
    // Requests that come by no connection come from 0.0.0.0.
    let wish = |networks| Wish {
        networks: Some(Networks::parse(networks).unwrap()),
        ..Wish::plain(Scopes::of(&Scope::ALL), None)
    };
    let (here, elsewhere) = (
        house.key_as(&email, wish("0.0.0.0/32")).await,
        house.key_as(&email, wish("192.0.2.0/24, 2001:db8::/32")).await,
    );
    let short = Wish::plain(Scopes::of(&Scope::ALL), Some(Duration::from_mins(1)));
    let short = house.key_as(&email, short).await;
    let path = "/v1/room1/x";
    assert_eq!(seen(&house.ask_with(Method::GET, path, &here).await), Outcome::Handler);
    assert_eq!(seen(&house.ask_with(Method::GET, path, &short).await), Outcome::Handler);
    house.clock.advance(Duration::from_mins(1));
    let unknown = domain::account::ApiKeyToken::new([9; 32]).expose().to_string();
    let told = house.ask_with(Method::GET, path, &unknown).await;
    let (status, headers) = (told.status(), told.headers().clone());
    let said = text(told).await;
    for key in [&elsewhere, &short] {
        let answer = house.ask_with(Method::GET, path, key).await;
        assert_eq!((answer.status(), answer.headers()), (status, &headers));
        assert_eq!(text(answer).await, said);
    }
}

/// A key with a limit of its own is held to it, and no other key with it.
#[tokio::test]
async fn a_key_has_a_limit_of_its_own() {
    let house = House::new().await;
    let email = Email::parse("maja@example.org").unwrap();
    let wish = Wish { per_minute: Some(2), ..Wish::plain(Scopes::of(&Scope::ALL), None) };
    let (slow, other) =
        (house.key_as(&email, wish.clone()).await, house.key_as(&email, wish).await);
    let status = async |key: &str| house.ask_with(Method::GET, "/v1/room1/x", key).await.status();
    let (fine, too_many) = (http::StatusCode::OK, http::StatusCode::TOO_MANY_REQUESTS);
    assert_eq!((status(&slow).await, status(&slow).await), (fine, fine));
    assert_eq!((status(&slow).await, status(&other).await), (too_many, fine));
    house.clock.advance(Duration::from_secs(30));
    assert_eq!((status(&slow).await, status(&slow).await), (fine, too_many));
}

/// R69: the instance says who creates. What it says is judged before the handler, for whoever asks.
#[tokio::test]
async fn the_instance_says_who_creates() {
    let house = House::new().await;
    let session = house.session("maja@example.org", Stage::Whole).await;
    let key = house.key(&[Scope::SecretsCreate]).await;
    let path = "/v1/room6/x/change";
    let asks = async || {
        let ask = cookie(plain(Method::POST, path), &session);
        let ask = with(ask, "sigill-csrf", &house.service.csrf(&session));
        [
            seen(&house.ask(plain(Method::POST, path)).await),
            seen(&house.ask(ask).await),
            seen(&house.ask_with(Method::POST, path, &key).await),
        ]
    };
    let (handler, sign_in, forbidden) = (Outcome::Handler, Outcome::SignIn, Outcome::Forbidden);
    for (creating, expected) in [
        ("anybody", [handler, handler, handler]),
        ("signed-in", [sign_in, handler, handler]),
        ("members", [sign_in, forbidden, forbidden]),
        ("keys", [sign_in, forbidden, handler]),
    ] {
        house.service.turn_switch("creating", creating, Actor::Operator).await.unwrap();
        assert_eq!(asks().await, expected, "{creating}");
    }
    house.service.turn_switch("creating-networks", "0.0.0.0", Actor::Operator).await.unwrap();
    assert_eq!(asks().await, [handler, handler, handler]);
}
