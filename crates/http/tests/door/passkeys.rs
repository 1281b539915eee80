//! Passkeys through the front door: a browser that signs in, finishes, confirms, adds and removes, and what
//! somebody else gets who tries (law 5, law 6; R61, R62, R65).

use domain::account::{Email, Role};
use domain::session::{Method, SessionToken, Stage};
use serde_json::{Value, json};
use service::sessions::Seat;
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask, Authenticator};

const ORIGIN: &str = "https://secrets.example";
const HOST: &str = "secrets.example";
const COOKIE: &str = "__Host-sigill";

/// A browser: who it is, and what holds its passkeys.
struct Browser<'a> {
    server: &'a Server,
    token: Option<String>,
    authenticator: Authenticator,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Server) -> Self {
        Self { server, token: None, authenticator: Authenticator::at(ORIGIN) }
    }

    /// Somebody who has come as far as that.
    async fn of(server: &'a Server, name: &str, come: (Stage, Method)) -> Self {
        let email = Email::parse(&format!("{name}@example.org")).unwrap();
        server.service.join(&email, Role::Member).await.unwrap();
        let token = server.service.vouch(&email, come, &Seat::default()).await.unwrap().unwrap();
        Self { token: Some(token.expose().to_string()), ..Self::new(server) }
    }

    fn ask(&self, method: &str, path: &str) -> Ask {
        let ask = Ask::new(method, path).with("Host", HOST).with("Origin", ORIGIN);
        let Some(token) = &self.token else { return ask };
        let csrf = self.server.service.csrf(&SessionToken::parse(token).unwrap());
        ask.with("Cookie", &format!("{COOKIE}={token}")).with("Sigill-CSRF", &csrf)
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path).json(body).of(self.server.address).await
    }

    async fn question(&self, what: &str) -> Value {
        let asked = self.post(&format!("/v1/passkeys/{what}/begin"), &json!({})).await;
        assert_eq!(asked.status, 200, "{}", asked.text());
        asked.json()
    }

    async fn answer(&self, what: &str, question: &Value, credential: &Value) -> Answer {
        let mut said = json!({ "ticket": question["ticket"], "credential": credential });
        if what == "new" {
            said["label"] = "My laptop".into();
        }
        self.post(&format!("/v1/passkeys/{what}/end"), &said).await
    }

    /// From the question to the answer, and the session that it gives.
    async fn go(&mut self, what: &str) -> Answer {
        let question = self.question(what).await;
        let credential = match what {
            "new" => self.authenticator.create(&question["options"]),
            _ => self.authenticator.get(&question["options"]),
        };
        let answer = self.answer(what, &question, &credential).await;
        if let Some(line) = answer.header("set-cookie") {
            assert!(line.ends_with("; Secure; HttpOnly; SameSite=Strict"), "{line}");
            let value = line.strip_prefix(&format!("{COOKIE}=")).unwrap();
            self.token = Some(value.split(';').next().unwrap().to_owned());
        }
        answer
    }

    async fn list(&self) -> Answer {
        self.ask("GET", "/v1/passkeys").of(self.server.address).await
    }
}

async fn server() -> Server {
    Server::with(Setup { origin: ORIGIN, ..Setup::default() }).await
}

const WHOLE: (Stage, Method) = (Stage::Whole, Method::Password);

#[tokio::test]
async fn a_passkey_is_made_and_signs_in_without_a_name() {
    let server = server().await;
    let mut maja = Browser::of(&server, "maja", WHOLE).await;
    assert_eq!(maja.go("new").await.status, 204);
    let listed = maja.list().await.json();
    assert_eq!(listed["passkeys"][0]["label"], "My laptop");
    let reference = listed["passkeys"][0]["ref"].as_str().unwrap();
    assert_eq!(reference.len(), 12);
    maja.token = None;
    assert_eq!(maja.list().await.status, 401);
    let came = maja.go("sign-in").await;
    assert_eq!((came.status, came.text().as_str()), (204, ""), "nothing of it in the body (law 6)");
    assert_eq!(maja.list().await.status, 200);
    let before = maja.token.clone();
    assert_eq!(maja.go("confirm").await.status, 204);
    assert_ne!(maja.token, before, "another token with each confirmation");
    assert_eq!(maja.list().await.status, 200);
}

#[tokio::test]
async fn every_refused_answer_is_the_same_and_its_ticket_is_spent() {
    let server = server().await;
    let mut maja = Browser::of(&server, "maja", WHOLE).await;
    assert_eq!(maja.go("new").await.status, 204);
    let mut visitor = Browser { token: None, ..maja };
    let question = visitor.question("sign-in").await;
    let other = visitor.question("sign-in").await;
    let right = visitor.authenticator.get(&question["options"]);
    let mut unknown = right.clone();
    unknown["rawId"] = "AAAA".into();
    let mut garbage = right.clone();
    garbage["response"] = json!({});
    let refused = visitor.answer("sign-in", &other, &right).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "passkey-refused"));
    let mut asked = vec![
        ("spent", other.clone(), right.clone()),
        ("made up", json!({ "ticket": "x" }), right.clone()),
    ];
    for (why, credential) in [("unknown", unknown), ("garbage", garbage), ("empty", json!({}))] {
        asked.push((why, visitor.question("sign-in").await, credential));
    }
    for (why, question, credential) in asked {
        let again = visitor.answer("sign-in", &question, &credential).await;
        assert_eq!(again.shape().body, refused.shape().body, "{why}");
        assert_eq!(again.status, 403, "{why}");
        assert!(again.header("set-cookie").is_none(), "{why}");
    }
    let came = visitor.answer("sign-in", &question, &right).await;
    assert_eq!(came.status, 204, "what was asked is still answered");
    assert_eq!(visitor.answer("sign-in", &question, &right).await.status, 403, "and once");
}

#[tokio::test]
async fn a_half_session_finishes_with_a_passkey_and_reaches_nothing_else() {
    let server = server().await;
    let mut maja = Browser::of(&server, "maja", WHOLE).await;
    assert_eq!(maja.go("new").await.status, 204);
    let half = Browser::of(&server, "maja", (Stage::Half, Method::Password)).await;
    let mut half = Browser { authenticator: maja.authenticator, ..half };
    for (method, path) in [
        ("GET", "/v1/passkeys"),
        ("POST", "/v1/passkeys/new/begin"),
        ("POST", "/v1/passkeys/confirm/begin"),
    ] {
        let answer = half.ask(method, path).of(server.address).await;
        assert!(matches!(answer.status, 401 | 403), "{path}: {}", answer.status);
    }
    assert_eq!(half.go("second").await.status, 204);
    assert_eq!(half.list().await.status, 200);
}

#[tokio::test]
async fn another_page_can_do_nothing_with_somebodys_cookie() {
    let server = server().await;
    let maja = Browser::of(&server, "maja", WHOLE).await;
    let cookie = format!("{COOKIE}={}", maja.token.as_ref().unwrap());
    let ask = Ask::post("/v1/passkeys/new/begin").json(&json!({})).with("Host", HOST);
    let ask = ask.with("Cookie", &cookie);
    for (name, value) in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
        let answer = ask.clone().with(name, value).of(server.address).await;
        assert_eq!(answer.status, 403, "{name}");
    }
    let answer = ask.with("Origin", ORIGIN).of(server.address).await;
    assert_eq!(answer.status, 403, "without the token of this session's forms");
}

#[tokio::test]
async fn the_last_way_to_sign_in_stays_and_foreign_passkeys_are_as_absent_ones() {
    let server = server().await;
    let mut maja = Browser::of(&server, "maja", WHOLE).await;
    assert_eq!(maja.go("new").await.status, 204);
    let nils = Browser::of(&server, "nils", WHOLE).await;
    let listed = maja.list().await.json();
    let path = format!("/v1/passkeys/{}", listed["passkeys"][0]["ref"].as_str().unwrap());
    let foreign = nils.ask("DELETE", &path).of(server.address).await;
    let absent = nils.ask("DELETE", "/v1/passkeys/000000000000").of(server.address).await;
    assert_eq!((foreign.status, foreign.body), (absent.status, absent.body.clone()));
    assert_eq!(absent.problem(), "not-found");
    let rename = |label: &str| maja.ask("PUT", &path).json(&json!({ "label": label }));
    assert_eq!(rename("").of(server.address).await.status, 422);
    assert_eq!(rename("Blue key").of(server.address).await.status, 204);
    let last = maja.ask("DELETE", &path).of(server.address).await;
    assert_eq!((last.status, last.problem().as_str()), (409, "last-means"));
    assert_eq!(maja.go("new").await.status, 204);
    let removed = maja.ask("DELETE", &path).of(server.address).await;
    assert_eq!(removed.status, 204);
    assert_eq!(maja.list().await.json()["passkeys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_matters_needs_a_fresh_confirmation() {
    let server = server().await;
    let mut maja = Browser::of(&server, "maja", WHOLE).await;
    assert_eq!(maja.go("new").await.status, 204);
    server.clock.advance(domain::session::CONFIRMATION);
    let answer = maja.post("/v1/passkeys/new/begin", &json!({})).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "confirmation-required"));
    assert_eq!(maja.go("confirm").await.status, 204);
    assert_eq!(maja.go("new").await.status, 204);
}

#[tokio::test]
async fn where_browsers_know_no_passkeys_there_are_none() {
    let server = Server::with(Setup { origin: "http://192.0.2.7:8080", ..Setup::default() }).await;
    let ask = Ask::post("/v1/passkeys/sign-in/begin").with("Host", "192.0.2.7:8080");
    let answer = ask.json(&json!({})).of(server.address).await;
    assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"));
    let page = Ask::get("/sign-in").with("Host", "192.0.2.7:8080").of(server.address).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("data-passkeys"));
}
