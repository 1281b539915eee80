//! Signing in at a provider of identities (R63): what is proven opens an account, and nothing else does.

use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use domain::account::{Email, Role};
use domain::audit::Kind;
use domain::organisation::Name;
use domain::provider::{Client, Domains, Issuer, OidcScopes, Settings, Vouching};
use domain::session::SessionToken;
use serde_json::{Value, json};
use service::people::SignedIn;
use service::providers::port::Trouble;
use service::providers::{Keeper, ListedProvider, ProviderError, Wanted};
use service::sessions::Seat;
use service::sign_in::{Altered, Change, Come};
use testkit::identity::{CLIENT, SECRET, Says, Signing, field};
use testkit::{Answer, Ask, Identity, Loopback, Server, Setup};

const BACK: &str = "/sign-in/provider/callback";
const FORM: &str = "application/x-www-form-urlencoded";

async fn server() -> Server {
    Server::with(Setup { providers: Some(Loopback::Permitted), ..Setup::default() }).await
}

async fn identity(server: &Server) -> Identity {
    let clock: Arc<dyn Clock> = Arc::<testkit::HandClock>::clone(&server.clock);
    Identity::start(clock).await
}

fn wanted(issuer: &str, domains: &str, sign_up: bool) -> Wanted {
    Wanted {
        label: Name::parse("Home").unwrap(),
        settings: Settings {
            issuer: Issuer::parse(issuer).unwrap(),
            client: Client::parse(CLIENT, Some(SECRET)).unwrap(),
            domains: Domains::parse(domains).unwrap(),
            scopes: OidcScopes::default(),
            vouching: Vouching::EmailVerified,
            sign_up,
        },
        organisation: None,
    }
}

async fn added(server: &Server, wanted: Wanted) -> ListedProvider {
    server.service.add_provider(Keeper::Operator, wanted).await.unwrap()
}

/// A server with a provider that gives accounts to whoever comes.
async fn both() -> (Server, Identity, String) {
    let server = server().await;
    let identity = identity(&server).await;
    let reference = added(&server, wanted(&identity.issuer(), "", true)).await.reference;
    (server, identity, reference)
}

/// Somebody on their way.
struct Left {
    url: String,
    cookie: String,
}

fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let lines = answer.headers.iter().filter(|(known, _)| known == "set-cookie");
    let mut values = lines.filter_map(|(_, line)| {
        let (known, rest) = line.split_once('=')?;
        let value = rest.split(';').next()?;
        (known == name && !value.is_empty()).then(|| value.to_owned())
    });
    values.next()
}

async fn try_leave(server: &Server, reference: &str) -> Answer {
    let form = format!("provider={reference}&next=%2Fkeys");
    Ask::post("/sign-in/provider").body(FORM, form).of(server.address).await
}

async fn leave(server: &Server, reference: &str) -> Left {
    let answer = try_leave(server, reference).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let url = answer.header("refresh").unwrap().strip_prefix("0; url=").unwrap().to_owned();
    let line = answer.header("set-cookie").unwrap();
    assert!(line.contains("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Strict"), "{line}");
    let cookie = cookie(&answer, "__Host-sigill-journey").unwrap();
    Left { url, cookie }
}

async fn come_back(server: &Server, cookie: &str, brought: &str) -> Answer {
    let ask = Ask::post(BACK).with("Cookie", &format!("__Host-sigill-journey={cookie}"));
    ask.body(FORM, brought).of(server.address).await
}

async fn travel(server: &Server, identity: &Identity, reference: &str) -> Answer {
    let left = leave(server, reference).await;
    let brought = identity.let_in(&left.url);
    come_back(server, &left.cookie, &brought).await
}

/// Whose session an answer begins.
async fn whose(server: &Server, answer: &Answer) -> Option<String> {
    let token = SessionToken::parse(&cookie(answer, "__Host-sigill")?).unwrap();
    match server.service.session(&token).await.unwrap()? {
        SignedIn::Whole(person) => Some(person.account.email.as_str().to_owned()),
        SignedIn::Half(_) => None,
    }
}

async fn count(server: &Server, kind: Kind) -> usize {
    server.kept().await.trail.iter().filter(|recorded| recorded.event.kind == kind).count()
}

#[tokio::test]
async fn somebody_signs_in_and_is_the_same_the_next_time() {
    let (server, identity, reference) = both().await;
    let first = travel(&server, &identity, &reference).await;
    assert_eq!((first.status, first.header("location")), (303, Some("/keys")));
    assert_eq!(whose(&server, &first).await.as_deref(), Some("ann@example.org"));
    // Whatever the address is by then: it is the issuer and the subject that count.
    let claims = json!({ "email": "ann.berg@example.org" });
    identity.say(Says { claims, ..Says::default() });
    let second = travel(&server, &identity, &reference).await;
    assert_eq!(whose(&server, &second).await.as_deref(), Some("ann@example.org"));
    assert_eq!(count(&server, Kind::AccountCreated).await, 1);
    assert_eq!(count(&server, Kind::SignedIn).await, 2);
    // Somebody else there is somebody else here.
    let claims = json!({ "sub": "bo-0002", "email": "bo@example.org" });
    identity.say(Says { claims, ..Says::default() });
    let other = travel(&server, &identity, &reference).await;
    assert_eq!(whose(&server, &other).await.as_deref(), Some("bo@example.org"));
}

/// R61: whoever looks at their account sees who else opens it, and ends that; what is the last stays.
#[tokio::test]
async fn an_identity_is_seen_on_the_account_and_removed_there() {
    let (server, identity, reference) = both().await;
    let session = cookie(&travel(&server, &identity, &reference).await, "__Host-sigill").unwrap();
    let token = SessionToken::parse(&session).unwrap();
    let Some(SignedIn::Whole(person)) = server.service.session(&token).await.unwrap() else {
        panic!("nobody")
    };
    let own = format!("__Host-sigill={session}");
    let page = Ask::get("/account").with("Cookie", &own).of(server.address).await;
    assert!(page.text().contains("Identities at providers") && page.text().contains("Home"));
    let [listed] = &server.service.identities(&person).await.unwrap()[..] else { panic!("one") };
    let csrf = server.service.csrf(&token);
    let remove = async |cookie: &str, csrf: &str| {
        let form = format!("csrf={csrf}&identity={}", listed.reference);
        let ask = Ask::post("/account/identities/remove").with("Cookie", cookie);
        ask.body(FORM, form).of(server.address).await
    };
    assert_eq!(remove(&own, "").await.status, 403);
    let last = remove(&own, &csrf).await;
    assert_eq!(last.status, 409, "{}", last.text());
    assert!(last.text().contains("Nobody could sign in without it"));
    let password = Change::SetPassword("correct horse battery staple");
    let seat = Seat::default();
    let come = Come { seat: &seat, network: b"here" };
    let altered = server.service.alter(&person, password, "en", come).await.unwrap();
    assert!(matches!(altered, Altered::Done));
    assert_eq!(remove(&own, &csrf).await.status, 303);
    assert!(server.service.identities(&person).await.unwrap().is_empty());
    assert_eq!(count(&server, Kind::CredentialRemoved).await, 1);
}

#[tokio::test]
async fn an_address_that_is_not_in_the_token_is_asked_for() {
    let (server, identity, reference) = both().await;
    let claims = json!({ "email": null, "email_verified": null });
    identity.say(Says { claims: claims.clone(), ..Says::default() });
    let answer = travel(&server, &identity, &reference).await;
    assert_eq!(whose(&server, &answer).await.as_deref(), Some("ann@example.org"));
    for about in [
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email_verified": "true" }),
        json!({ "email": null }),
        json!({ "sub": "bo-0002" }),
    ] {
        identity.say(Says { claims: claims.clone(), about: about.clone(), ..Says::default() });
        let answer = travel(&server, &identity, &reference).await;
        assert!(answer.status >= 400 && whose(&server, &answer).await.is_none(), "{about}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_this_journey_opens_nothing() {
    let (server, identity, reference) = both().await;
    let now = server.clock.now().as_millis() / 1000;
    let claims: Vec<Value> = vec![
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "iss": "https://id.example" }),
        json!({ "iss": format!("{}/", identity.issuer()) }),
        json!({ "iss": null }),
        json!({ "aud": "another" }),
        json!({ "aud": [CLIENT, "another"] }),
        json!({ "aud": [CLIENT, "another"], "azp": CLIENT }),
        json!({ "aud": [] }),
        json!({ "azp": "another" }),
        json!({ "exp": now - 600 }),
        json!({ "exp": null }),
        json!({ "iat": now + 600 }),
        json!({ "iat": now - 3600 }),
        json!({ "sub": "" }),
        json!({ "sub": null }),
        json!({ "sub": "a".repeat(256) }),
        json!({ "email_verified": "true" }),
        json!({ "email_verified": 1 }),
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email": "no address" }),
    ];
    let lies = claims.into_iter().map(|claims| Says { claims, ..Says::default() });
    let signing = [Signing::Forged, Signing::Never, Signing::Shared, Signing::Public];
    let signed = signing.map(|signing| Says { signing, ..Says::default() });
    let heads = [
        json!({ "alg": "none" }),
        json!({ "alg": "None" }),
        json!({ "alg": "ES384" }),
        json!({ "alg": "RS256" }),
        json!({ "kid": "another" }),
        json!({ "crit": ["x"] }),
        json!({ "alg": 7 }),
    ];
    let heads = heads.map(|head| Says { head, ..Says::default() });
    for lie in lies.chain(signed).chain(heads) {
        let what = format!("{lie:?}");
        identity.say(lie);
        let answer = travel(&server, &identity, &reference).await;
        assert!(matches!(answer.status, 403 | 502), "{what}: {} {}", answer.status, answer.text());
        assert_eq!(cookie(&answer, "__Host-sigill"), None, "{what}");
        assert!(!answer.text().contains("ann@example.org"), "{what}");
    }
    assert_eq!(count(&server, Kind::AccountCreated).await, 0);
    assert_eq!(count(&server, Kind::SignedIn).await, 0);
    identity.say(Says::default());
    let honest = travel(&server, &identity, &reference).await;
    assert_eq!(whose(&server, &honest).await.as_deref(), Some("ann@example.org"));
}

#[tokio::test]
async fn a_journey_ends_once_in_the_browser_that_began_it() {
    let (server, identity, reference) = both().await;
    let left = leave(&server, &reference).await;
    let brought = identity.let_in(&left.url);
    let other = leave(&server, &reference).await;
    let state = field(&brought, "state").unwrap();
    let turned = brought.replace(&state, &state.replace("sign-in.", "confirm."));
    // A stolen code without the browser, a link pressed on another browser, another errand (CSRF).
    for (cookie, brought) in [
        ("", &*brought),
        (&*other.cookie, &*brought),
        (&*left.cookie, &*turned),
        (&*left.cookie, "code=x&state=sign-in.x"),
        (&*left.cookie, "code=x"),
        (&*left.cookie, ""),
    ] {
        let answer = come_back(&server, cookie, brought).await;
        assert_eq!(answer.status, 400, "{cookie} {brought}");
        assert_eq!(cookie_of(&answer), None);
    }
    // None of it has spent anything.
    let answer = come_back(&server, &left.cookie, &brought).await;
    assert_eq!(whose(&server, &answer).await.as_deref(), Some("ann@example.org"));
    let again = come_back(&server, &left.cookie, &brought).await;
    assert_eq!((again.status, cookie_of(&again)), (400, None));
    // Who speaks on the way must be who was asked (RFC 9207), and a word of it spends the journey.
    let left = leave(&server, &reference).await;
    let brought = identity.let_in(&left.url).replace("&iss=", "&iss=https://evil.example&x=");
    assert_eq!(come_back(&server, &left.cookie, &brought).await.status, 502);
    // Nor is it there for ever.
    let left = leave(&server, &reference).await;
    let brought = identity.let_in(&left.url);
    server.clock.advance(Duration::from_mins(10));
    assert_eq!(come_back(&server, &left.cookie, &brought).await.status, 400);
}

fn cookie_of(answer: &Answer) -> Option<String> {
    cookie(answer, "__Host-sigill")
}

#[tokio::test]
async fn one_of_many_who_bring_the_same_is_let_in() {
    let (server, identity, reference) = both().await;
    let left = leave(&server, &reference).await;
    let brought = identity.let_in(&left.url);
    let ask = Ask::post(BACK)
        .with("Cookie", &format!("__Host-sigill-journey={}", left.cookie))
        .body(FORM, brought);
    let answers = testkit::asking::at_once(&[server.address], vec![ask; 8]).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);
    assert_eq!(identity.visits("/token"), 1, "the code is shown once");
}

/// Law 8: whatever follows links leaves a journey as it is.
#[tokio::test]
async fn coming_back_by_itself_changes_nothing() {
    let (server, identity, reference) = both().await;
    let left = leave(&server, &reference).await;
    let brought = identity.let_in(&left.url);
    let before = server.kept().await;
    for _ in 0..3 {
        let ask = Ask::get(&format!("{BACK}?{brought}"));
        let ask = ask.with("Cookie", &format!("__Host-sigill-journey={}", left.cookie));
        let answer = ask.of(server.address).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (200, None));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.text().contains(&field(&brought, "code").unwrap()));
    }
    assert_eq!(server.kept().await, before);
    assert_eq!(identity.visits("/token"), 0);
    // What a provider says in place of a code, and what anybody writes, is not repeated.
    for query in ["error=access_denied&error_description=%3Cscript%3E", "", "state=%3Cb%3E&code=x"]
    {
        let answer = Ask::get(&format!("{BACK}?{query}")).of(server.address).await;
        assert!(matches!(answer.status, 400 | 403), "{query}");
        assert!(!answer.text().contains("access_denied") && !answer.text().contains("<b>"));
    }
    let answer = come_back(&server, &left.cookie, &brought).await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn another_site_cannot_send_somebody_on_their_way() {
    let (server, identity, reference) = both().await;
    let form = format!("provider={reference}");
    for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
        let ask = Ask::post("/sign-in/provider").with(name, value).body(FORM, form.clone());
        assert_eq!(ask.of(server.address).await.status, 403);
    }
    for next in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", ""] {
        let form = format!("provider={reference}&next={next}");
        let answer = Ask::post("/sign-in/provider").body(FORM, form).of(server.address).await;
        let url = answer.header("refresh").unwrap().strip_prefix("0; url=").unwrap();
        let cookie = cookie(&answer, "__Host-sigill-journey").unwrap();
        let brought = identity.let_in(url);
        let answer = come_back(&server, &cookie, &brought).await;
        assert_eq!(answer.header("location"), Some("/overview"), "{next}");
    }
}

/// R63: who has the same address elsewhere is somebody else.
#[tokio::test]
async fn the_same_address_at_another_provider_opens_nothing() {
    let server = server().await;
    let (home, evil) = (identity(&server).await, identity(&server).await);
    let home_reference = added(&server, wanted(&home.issuer(), "", true)).await.reference;
    let evil_reference = added(&server, wanted(&evil.issuer(), "", true)).await.reference;
    let first = travel(&server, &home, &home_reference).await;
    assert_eq!(whose(&server, &first).await.as_deref(), Some("ann@example.org"));
    // The same address, and even the same subject: the issuer is another one.
    let answer = travel(&server, &evil, &evil_reference).await;
    assert_eq!((answer.status, cookie_of(&answer)), (403, None));
    // An account that was made in another way is no better.
    let bo = Email::parse("bo@example.org").unwrap();
    server.service.join(&bo, Role::Administrator).await.unwrap();
    for email in ["bo@example.org", "BO@Example.ORG"] {
        let claims = json!({ "sub": "bo", "email": email });
        evil.say(Says { claims, ..Says::default() });
        let answer = travel(&server, &evil, &evil_reference).await;
        assert_eq!((answer.status, cookie_of(&answer)), (403, None));
    }
    assert_eq!(count(&server, Kind::SignedIn).await, 1);
    assert_eq!(count(&server, Kind::CredentialAdded).await, 1);
}

#[tokio::test]
async fn domains_are_asked_for_at_every_sign_in() {
    let server = server().await;
    let identity = identity(&server).await;
    let only = |domains| wanted(&identity.issuer(), domains, true);
    let here = added(&server, only("example.org")).await.reference;
    let answer = travel(&server, &identity, &here).await;
    assert_eq!(whose(&server, &answer).await.as_deref(), Some("ann@example.org"));
    for email in ["ann@example.com", "ann@sub.example.org", "ann@example.org.evil.example"] {
        let claims = json!({ "email": email });
        identity.say(Says { claims, ..Says::default() });
        let answer = travel(&server, &identity, &here).await;
        assert_eq!((answer.status, cookie_of(&answer)), (403, None), "{email}");
    }
    assert_eq!(count(&server, Kind::SignInRefused).await, 3);
    // The domain is taken away: whoever has an account by it stays outside.
    identity.say(Says::default());
    server.service.remove_provider(Keeper::Operator, &here).await.unwrap();
    assert_eq!(try_leave(&server, &here).await.status, 404);
    let there = added(&server, only("example.com")).await.reference;
    let answer = travel(&server, &identity, &there).await;
    assert_eq!((answer.status, cookie_of(&answer)), (403, None));
}

#[tokio::test]
async fn nobody_gets_an_account_where_nothing_says_so() {
    let server = server().await;
    let identity = identity(&server).await;
    let reference = added(&server, wanted(&identity.issuer(), "", false)).await.reference;
    let answer = travel(&server, &identity, &reference).await;
    assert_eq!((answer.status, cookie_of(&answer)), (403, None));
    assert_eq!(count(&server, Kind::AccountCreated).await, 0);
}

#[tokio::test]
async fn a_new_key_is_looked_for_and_not_too_often() {
    let (server, identity, reference) = both().await;
    assert_eq!(travel(&server, &identity, &reference).await.status, 303);
    let known = identity.visits("/keys");
    server.clock.advance(Duration::from_mins(2));
    identity.turn_key();
    assert_eq!(travel(&server, &identity, &reference).await.status, 303);
    assert_eq!(identity.visits("/keys"), known + 1);
    // Tokens that name keys which are not there make nobody ask all the time.
    identity.say(Says { head: json!({ "kid": "another" }), ..Says::default() });
    for _ in 0..5 {
        assert_eq!(travel(&server, &identity, &reference).await.status, 502);
    }
    assert_eq!(identity.visits("/keys"), known + 1);
    server.clock.advance(Duration::from_mins(1));
    for _ in 0..3 {
        assert_eq!(travel(&server, &identity, &reference).await.status, 502);
    }
    assert_eq!(identity.visits("/keys"), known + 2);
}

#[tokio::test]
async fn a_provider_that_is_away_loses_nobody_anything() {
    let (server, identity, reference) = both().await;
    let left = leave(&server, &reference).await;
    let brought = identity.let_in(&left.url);
    identity.say(Says { away: true, ..Says::default() });
    let answer = come_back(&server, &left.cookie, &brought).await;
    assert_eq!((answer.status, cookie_of(&answer)), (503, None));
    assert!(answer.text().contains("Nothing is lost"), "{}", answer.text());
    server.clock.advance(Duration::from_mins(11));
    assert_eq!(try_leave(&server, &reference).await.status, 503);
    identity.say(Says::default());
    assert_eq!(travel(&server, &identity, &reference).await.status, 303);
}

#[tokio::test]
async fn a_provider_is_who_it_was_said_to_be_or_is_not_added() {
    let server = server().await;
    let identity = identity(&server).await;
    let issuer = identity.issuer();
    let add = async |issuer: &str| {
        server.service.add_provider(Keeper::Operator, wanted(issuer, "", true)).await
    };
    let slash = format!("{issuer}/");
    assert!(matches!(add(&slash).await, Err(ProviderError::Trouble(_))), "letter by letter");
    for metadata in [
        json!({ "issuer": "https://id.example" }),
        json!({ "token_endpoint": "http://id.example/token" }),
        json!({ "token_endpoint": "https://169.254.169.254/token" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "http://10.0.0.1/keys" }),
        json!({ "token_endpoint": null }),
        json!({ "id_token_signing_alg_values_supported": ["HS256", "none"] }),
    ] {
        identity.say(Says { metadata: metadata.clone(), ..Says::default() });
        assert!(matches!(add(&issuer).await, Err(ProviderError::Trouble(_))), "{metadata}");
    }
    identity.say(Says::default());
    let listed = add(&issuer).await.unwrap();
    assert!(matches!(add(&issuer).await, Err(ProviderError::Known)));
    server.service.check_provider(Keeper::Operator, &listed.reference).await.unwrap();
    let offered = server.service.offered().await.unwrap();
    assert_eq!((offered.len(), &*offered[0].label), (1, "Home"));
    assert!(!format!("{listed:?}").contains(SECRET));
    server.service.remove_provider(Keeper::Operator, &listed.reference).await.unwrap();
    let gone = server.service.remove_provider(Keeper::Operator, &listed.reference).await;
    assert!(matches!(gone, Err(ProviderError::Unknown)));
    assert_eq!(count(&server, Kind::ProviderAdded).await, 1);
    assert_eq!(count(&server, Kind::ProviderRemoved).await, 1);
}

/// R83: where it was not switched on for tests, this machine is not asked.
#[tokio::test]
async fn this_machine_is_not_asked_unless_told_to() {
    let strict = Setup { providers: Some(Loopback::Barred), ..Setup::default() };
    let server = Server::with(strict).await;
    let identity = identity(&server).await;
    let wanted = wanted(&identity.issuer(), "", true);
    let refused = server.service.add_provider(Keeper::Operator, wanted).await;
    assert!(matches!(refused, Err(ProviderError::Trouble(Trouble::Barred))));
    assert_eq!(identity.visits("/.well-known/openid-configuration"), 0);
}
