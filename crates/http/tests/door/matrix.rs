//! Every credential against every route of the live table (R60), and what is written about it.
//!
//! What must come of it is computed from the access that the route declares (`surface::outcomes`), and is what
//! docs/spec/routes.md says. Whether a handler was reached shows in the answer: a guard refuses in few words.

use std::time::Duration;

use domain::account::{Email, Role, Scope, Scopes};
use domain::audit::Actor;
use domain::network::Networks;
use domain::session::{Method as By, SessionToken, Stage};
use http::Method;
use service::keys::Wish;
use service::sessions::Seat;
use sigill_http::surface::outcomes::{Outcome, Shows, document, of};
use sigill_http::surface::{Access, Entry};
use sigill_http::table;
use testkit::server::Server;
use testkit::{Answer, Ask};

use super::routes::target;

const REVIEWED: &str = include_str!("../../../../docs/spec/routes.md");
const COOKIE: &str = "__Host-sigill";

#[test]
fn what_is_written_about_the_routes_is_what_they_declare() {
    let now = document();
    let place = now.lines().zip(REVIEWED.lines()).position(|(now, then)| now != then);
    assert!(
        now == REVIEWED,
        "line {place:?} of docs/spec/routes.md is not what the routes declare: run cargo xtask \
         routes, and read the difference"
    );
}

/// People of a server, each for one question.
struct People<'a> {
    server: &'a Server,
    made: usize,
}

impl People<'_> {
    /// The address of an account that nothing has been done with.
    async fn account(&mut self, role: Role) -> Email {
        self.made += 1;
        let email = Email::parse(&format!("person{}@example.org", self.made)).unwrap();
        self.server.service.join(&email, role).await.unwrap();
        email
    }

    async fn session(&mut self, role: Role, stage: Stage) -> SessionToken {
        let email = self.account(role).await;
        let seat = Seat::default();
        let session = self.server.service.vouch(&email, (stage, By::Passkey), &seat).await;
        session.unwrap().unwrap()
    }

    /// A session of somebody who has not confirmed lately.
    async fn old(&mut self, role: Role) -> SessionToken {
        let session = self.session(role, Stage::Whole).await;
        self.server.clock.advance(Duration::from_mins(10));
        session
    }

    async fn key(&mut self, wish: Wish) -> String {
        let email = self.account(Role::Member).await;
        let owner = self.server.service.key_owner(&email).await.unwrap().unwrap();
        let made = self.server.service.make_key(Actor::Operator, owner, wish).await.unwrap();
        made.token.expose().to_string()
    }

    async fn plain_key(&mut self, scopes: &[Scope]) -> String {
        self.key(Wish::plain(Scopes::of(scopes), None)).await
    }

    /// Keys that are worth nothing: no key, unknown, revoked, expired, for elsewhere.
    async fn worthless(&mut self) -> Vec<String> {
        let all = Scopes::of(&Scope::ALL);
        let service = &self.server.service;
        let email = self.account(Role::Member).await;
        let owner = service.key_owner(&email).await.unwrap().unwrap();
        let revoked =
            service.make_key(Actor::Operator, owner, Wish::plain(all, None)).await.unwrap();
        assert!(service.revoke_key(Actor::Operator, owner, &revoked.reference).await.unwrap());
        let expired = self.key(Wish::plain(all, Some(Duration::from_mins(1)))).await;
        let networks = Some(Networks::parse("192.0.2.0/24").unwrap());
        let elsewhere = self.key(Wish { networks, ..Wish::plain(all, None) }).await;
        self.server.clock.advance(Duration::from_mins(1));
        let unknown = domain::account::ApiKeyToken::new([5; 32]).expose().to_string();
        let garbage = ["sigill_", "sgr_1", "x"].map(str::to_owned);
        let revoked = revoked.token.expose().to_string();
        garbage.into_iter().chain([unknown, revoked, expired, elsewhere]).collect()
    }
}

/// What one answer shows. A handler may refuse as well, in other words than the guard of its route has.
fn seen(entry: &Entry, answer: &Answer) -> Outcome {
    let led = answer.header("location").filter(|_| answer.status == 303 && entry.is_page());
    let led = led.and_then(|led| led.split('?').next());
    let outcome = match (answer.problem().as_str(), led) {
        ("internal", _) => panic!("{entry:?} is broken: {}", answer.text()),
        ("confirmation-required", _) | (_, Some("/confirm")) => Outcome::Confirm,
        ("cross-site", _) => Outcome::CrossSite,
        ("csrf", _) => Outcome::Csrf,
        ("forbidden", _) if is_of_the_guard(entry, answer) => Outcome::Forbidden,
        ("unauthenticated", _) => Outcome::SignIn,
        // Whoever signs out is led there as well, and the guard takes no cookie away.
        (_, Some("/sign-in")) if answer.header("set-cookie").is_none() => Outcome::SignIn,
        (_, Some("/sign-in/second")) => Outcome::SecondFactor,
        (_, Some("/overview")) => Outcome::SignedIn,
        _ => Outcome::Handler,
    };
    let can_be = Shows::ALL.iter().any(|shows| as_told(entry, of(entry, *shows)) == outcome);
    if can_be { outcome } else { Outcome::Handler }
}

/// Whether it is the guard of that route that says what is lacking.
fn is_of_the_guard(entry: &Entry, answer: &Answer) -> bool {
    let document = answer.json();
    let detail = document["detail"].as_str().unwrap();
    match entry.access {
        Access::Administrator if detail.contains("administrator") => true,
        Access::Asker(_) | Access::AskerConfirmed(_) | Access::Creating => {
            document["scope"].is_string()
        }
        _ => detail.contains("takes a person who is signed in"),
    }
}

/// A program is not told why nobody is known.
fn as_told(entry: &Entry, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::SecondFactor | Outcome::SignedIn if !entry.is_page() => Outcome::SignIn,
        outcome => outcome,
    }
}

/// One of each credential.
struct Credentials {
    worthless: Vec<String>,
    none: String,
    each: Vec<(Scope, String)>,
    /// Each scope but one.
    but: Vec<(Scope, String)>,
    all: String,
    old: [SessionToken; 2],
    half: SessionToken,
    member: SessionToken,
    administrators: Vec<SessionToken>,
}

impl Credentials {
    async fn new(people: &mut People<'_>) -> Self {
        // Those who are old first: time passes for them.
        let old = [people.old(Role::Member).await, people.old(Role::Administrator).await];
        let worthless = people.worthless().await;
        let (mut each, mut but) = (Vec::new(), Vec::new());
        for scope in Scope::ALL {
            each.push((scope, people.plain_key(&[scope]).await));
            let others: Vec<_> = Scope::ALL.into_iter().filter(|other| *other != scope).collect();
            but.push((scope, people.plain_key(&others).await));
        }
        let mut administrators = Vec::new();
        for _ in 0..8 {
            administrators.push(people.session(Role::Administrator, Stage::Whole).await);
        }
        Self {
            worthless,
            none: people.plain_key(&[]).await,
            each,
            but,
            all: people.plain_key(&Scope::ALL).await,
            old,
            half: people.session(Role::Administrator, Stage::Half).await,
            member: people.session(Role::Member, Stage::Whole).await,
            administrators,
        }
    }

    /// Every request to `entry` that is worth a try, with what it shows.
    fn asks(&self, server: &Server, entry: &Entry) -> Vec<(Shows, Ask)> {
        let plain = || Ask::new(entry.method.as_str(), &target(entry));
        let without = |token: &SessionToken| {
            plain().with("Cookie", &format!("a=b; {COOKIE}={}", *token.expose()))
        };
        let csrf = |token: &SessionToken| server.service.csrf(token);
        let with = |token: &SessionToken| without(token).with("Sigill-CSRF", &csrf(token));
        // Where no scope is asked for no key is enough.
        let needed = entry.access.scope();
        let enough = if needed.is_some() { Shows::Key } else { Shows::OtherKey };
        let mut asks = vec![
            (Shows::Nothing, plain()),
            (Shows::Nothing, plain().with("Cookie", "lang=sv; sigill=1; __Host-other=2")),
            (Shows::WorthlessKey, plain().with("Cookie", &format!("{COOKIE}=x"))),
            (Shows::OtherKey, plain().bearer(&self.none)),
            (enough, plain().bearer(&self.all)),
            (Shows::Half, with(&self.half)),
            (Shows::Member, with(&self.old[0])),
            (Shows::Administrator, with(&self.old[1])),
            (Shows::MemberConfirmed, with(&self.member)),
        ];
        asks.extend(self.worthless.iter().map(|key| (Shows::WorthlessKey, plain().bearer(key))));
        for (scope, key) in &self.each {
            let shows = if needed == Some(*scope) { Shows::Key } else { Shows::OtherKey };
            asks.push((shows, plain().bearer(key)));
        }
        for (scope, key) in &self.but {
            let shows = if needed == Some(*scope) { Shows::OtherKey } else { enough };
            asks.push((shows, plain().bearer(key)));
        }
        let [a, b, c, d, e, f, g, h] = &self.administrators[..] else { panic!("eight") };
        asks.extend([
            (Shows::AdministratorConfirmed, with(a)),
            (Shows::WithoutToken, without(b)),
            (Shows::WithoutToken, without(c).with("Sigill-CSRF", &csrf(&self.member))),
            (Shows::CrossSite, with(d).with("Sec-Fetch-Site", "cross-site")),
            (Shows::CrossSite, with(e).with("Origin", "https://evil.example")),
            // A key and a session together are the key.
            (enough, with(f).bearer(&self.all)),
            (Shows::OtherKey, with(g).bearer(&self.none)),
            (Shows::WorthlessKey, with(h).bearer("sigill_")),
        ]);
        asks
    }
}

fn is_guarded(entry: &Entry) -> bool {
    !matches!(entry.access, Access::Open | Access::Capability | Access::Classic)
}

/// R60: every credential against every route.
#[tokio::test]
async fn every_credential_meets_on_every_route_what_it_declares() {
    let server = Server::start().await;
    let mut people = People { server: &server, made: 0 };
    let mut credentials = Credentials::new(&mut people).await;
    for entry in table() {
        for (shows, ask) in credentials.asks(&server, &entry) {
            let answer = ask.of(server.address).await;
            let expected = as_told(&entry, of(&entry, shows));
            let head = String::from_utf8_lossy(&ask.head()).into_owned();
            let what = format!("{shows:?} {entry:?}\n{head}{}", answer.text());
            assert_eq!(seen(&entry, &answer), expected, "{what}");
        }
        if is_guarded(&entry) {
            // The keys that were none are forgiven, and what a handler has ended is made anew.
            server.clock.advance(Duration::from_mins(10));
            credentials = Credentials::new(&mut people).await;
        }
    }
}

/// Whether the router could take `path` for that of a route.
fn is_known(path: &str, method: &Method) -> bool {
    let segments: Vec<_> = path.split('/').collect();
    table().iter().filter(|entry| entry.method == *method).any(|entry| {
        let known: Vec<_> = entry.path.split('/').collect();
        let rest = known.iter().position(|segment| segment.starts_with("{*"));
        let same = |(known, segment): (&&str, &&str)| {
            known == segment || (known.starts_with('{') && !segment.is_empty())
        };
        match rest {
            Some(rest) => segments.len() > rest && known.iter().zip(&segments).take(rest).all(same),
            None => known.len() == segments.len() && known.iter().zip(&segments).all(same),
        }
    })
}

/// Other spellings of a path, of which careless gates make the same.
fn spellings(path: &str) -> Vec<String> {
    let (above, last) = path.rsplit_once('/').unwrap();
    let escaped = last.bytes().next().map(|first| format!("%{first:02x}")).unwrap_or_default();
    let rest = last.get(1..).unwrap_or_default();
    let mut upper = path.to_owned();
    if let Some(letter) = upper.get_mut(1..2) {
        letter.make_ascii_uppercase();
    }
    vec![
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        format!("{above}//{last}"),
        format!("{path}/."),
        format!("{path}/.."),
        format!("{path}/%2e"),
        format!("{path}/%2e%2e/{last}"),
        format!("{above}/./{last}"),
        format!("{above}/%2e/{last}"),
        format!("/x/..{path}"),
        format!("/x/%2e%2e{path}"),
        format!("{above}%2f{last}"),
        format!("{path}%2f"),
        format!("{path}%00"),
        format!("{path};x"),
        format!("{path};x=y"),
        format!("{path}%3bx"),
        format!("{path}%20"),
        format!("{above}/{escaped}{rest}"),
        format!("{path}\\"),
        format!("{path}%5c"),
        format!("/s/..{path}"),
        format!("/assets/x/..{path}"),
        format!("/assets/x/%2e%2e/%2e%2e{path}"),
        upper,
    ]
}

/// R66: a path that is written otherwise reaches no guarded handler, and none without its guard: it is a route
/// of its own, or none. With nothing shown nothing is reached; with everything shown it is not there.
#[tokio::test]
async fn no_other_spelling_is_a_way_around_a_guard() {
    let server = Server::start().await;
    let mut people = People { server: &server, made: 0 };
    let mut tried = 0;
    for entry in table().into_iter().filter(is_guarded) {
        let admin = people.session(Role::Administrator, Stage::Whole).await;
        for path in spellings(&target(&entry)) {
            if is_known(&path, &entry.method) {
                continue;
            }
            tried += 1;
            let ask = Ask::new(entry.method.as_str(), &path);
            let cookie = format!("{COOKIE}={}", *admin.expose());
            let whole = ask.clone().with("Cookie", &cookie);
            let whole = whole.with("Sigill-CSRF", &server.service.csrf(&admin));
            for ask in [ask, whole] {
                let answer = ask.of(server.address).await;
                let nowhere = matches!(answer.status, 400 | 404 | 405);
                assert!(nowhere, "{} {path}: {} {}", entry.method, answer.status, answer.text());
            }
        }
    }
    assert!(tried > 20, "{tried}");
}
