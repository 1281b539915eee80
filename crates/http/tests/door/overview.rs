//! The overview through the front door: everybody sees their own and nothing that opens or burns (R57, law 6),
//! burning wins or tells (R16), and what belongs to others answers like what is not there.

use std::time::Duration;

use domain::account::{Email, Role};
use domain::audit::{Actor, Kind};
use domain::session::{Method, Stage};
use serde_json::{Value, json};
use service::people::SignedIn;
use service::sessions::Seat;
use testkit::calls::{Shared, claim, create, fate, wrong_guess};
use testkit::server::Server;
use testkit::{Answer, Ask};

/// Somebody who is signed in, in their browser.
struct Browser<'a> {
    server: &'a Server,
    cookie: String,
    csrf: String,
    actor: Actor,
}

async fn browser<'a>(server: &'a Server, who: &str) -> Browser<'a> {
    let email = Email::parse(who).unwrap();
    server.service.join(&email, Role::Member).await.unwrap();
    let whole = (Stage::Whole, Method::Passkey);
    let token = server.service.vouch(&email, whole, &Seat::default()).await.unwrap().unwrap();
    let Some(SignedIn::Whole(person)) = server.service.session(&token).await.unwrap() else {
        unreachable!("they have just signed in");
    };
    let cookie = format!("__Host-sigill={}", *token.expose());
    Browser { server, cookie, csrf: server.service.csrf(&token), actor: person.actor() }
}

impl Browser<'_> {
    fn shown(&self, ask: Ask) -> Ask {
        ask.with("Cookie", &self.cookie)
    }

    async fn get(&self, path: &str) -> Answer {
        self.shown(Ask::get(path)).of(self.server.address).await
    }

    async fn ask(&self, ask: Ask) -> Answer {
        self.shown(ask).with("Sigill-CSRF", &self.csrf).of(self.server.address).await
    }

    async fn form(&self, path: &str, fields: &str) -> Answer {
        let body = format!("{fields}&csrf={}", self.csrf);
        let form = Ask::post(path).body("application/x-www-form-urlencoded", body);
        self.shown(form).of(self.server.address).await
    }

    async fn share(&self, asked: &Value) -> Shared {
        let sealed = self.server.seal("hush", Some("a passphrase"));
        let answer = self.ask(create(&sealed, asked)).await;
        Shared::new(sealed, &answer)
    }

    async fn overview(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("/v1/overview{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["secrets"].as_array().unwrap().clone()
    }

    /// The references of their secrets, the latest first.
    async fn refs(&self, query: &str) -> Vec<String> {
        let secrets = self.overview(query).await;
        secrets.iter().map(|secret| secret["ref"].as_str().unwrap().to_owned()).collect()
    }

    async fn burn(&self, refs: &[&str]) -> Answer {
        self.ask(Ask::post("/v1/overview/burn").json(&json!({ "refs": refs }))).await
    }

    async fn note(&self, reference: &str, note: &str) -> Answer {
        let path = format!("/v1/overview/{reference}/note");
        self.ask(Ask::new("PUT", &path).json(&json!({ "note": note }))).await
    }
}

fn outcomes(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let secrets = answer.json()["secrets"].clone();
    secrets.as_array().unwrap().iter().map(|secret| secret["outcome"].clone()).collect()
}

#[tokio::test]
async fn everybody_sees_their_own_the_latest_first() {
    let server = Server::start().await;
    let (maja, otto) =
        (browser(&server, "maja@a.example").await, browser(&server, "otto@a.example").await);
    assert!(maja.get("/overview").await.text().contains("Nothing shared yet"));
    let first = maja.share(&json!({})).await;
    let second = maja.share(&json!({})).await;
    let theirs = otto.share(&json!({})).await;
    server.shared().await;
    let of = |shared: &Shared| shared.created["ref"].as_str().unwrap().to_owned();
    assert_eq!(maja.refs("").await, [of(&second), of(&first)]);
    assert_eq!(otto.refs("").await, [of(&theirs)]);

    wrong_guess(&first, &*server.dice).of(server.address).await;
    let claimed = claim(&second, &server.claim_token()).of(server.address).await;
    assert_eq!(claimed.status, 200, "{}", claimed.text());
    let listed = maja.overview("").await;
    assert_eq!(listed[0]["state"], "delivering");
    assert_eq!(listed[1]["failed_passphrases"]["failed"], 1);
    assert_eq!(maja.refs("?state=look").await, [of(&first)]);
    assert_eq!(maja.refs("?state=opened").await, Vec::<String>::new());
    let page = maja.get("/overview").await.text();
    assert!(page.contains("Two wait, one needs a look"), "{page}");
    assert!(!page.contains(&of(&theirs)), "{page}");
    assert_eq!(maja.get("/v1/overview?state=x").await.problem(), "invalid");

    server.clock.advance(Duration::from_hours(25));
    server.sweep().await;
    let otto = browser(&server, "otto@a.example").await;
    assert_eq!(otto.refs("?state=gone").await, [of(&theirs)]);
    assert_eq!(otto.refs("?state=waiting").await, Vec::<String>::new());
}

/// R57, law 6: whoever looks over a shoulder, or finds an export, opens and burns nothing.
#[tokio::test]
async fn nothing_that_is_shown_opens_or_burns() {
    let server = Server::start().await;
    let maja = browser(&server, "maja@a.example").await;
    let key = server.key_of("maja@a.example", "receipts:read").await;
    let shared = maja.share(&json!({})).await;
    let reference = maja.refs("").await.remove(0);
    let one = format!("/overview/{reference}");
    let sure = format!("/overview/burn?ref={reference}");
    for path in [
        "/overview",
        &one,
        &sure,
        "/v1/overview",
        "/v1/overview/export?format=csv",
        "/v1/overview/export?format=json",
    ] {
        let answer = maja.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        let text = answer.text();
        assert!(text.contains(&reference), "{path}: {text}");
        let secret = shared.receipt.trim_start_matches("sgr_");
        for capability in [&*shared.id, &*shared.receipt, secret, "sgr_", "/s/"] {
            assert!(!text.contains(capability), "{path} has {capability}: {text}");
        }
    }
    // A key that may look and nothing else does nothing else, and finds the same.
    let with_key = |ask: Ask| ask.bearer(&key);
    let looked = with_key(Ask::get("/v1/overview")).of(server.address).await;
    assert_eq!(looked.json()["secrets"][0]["ref"], *reference);
    let burning = Ask::post("/v1/overview/burn").json(&json!({ "refs": [&reference] }));
    assert_eq!(with_key(burning).of(server.address).await.problem(), "forbidden");
    assert_eq!(fate(server.address, &shared.receipt).await.0, "waiting");
    // Who took the list away is in the trail.
    let kept = server.kept().await;
    let taken: Vec<_> = kept.trail.iter().filter(|it| it.event.kind == Kind::Exported).collect();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|it| it.event.actor == maja.actor));
}

#[tokio::test]
async fn what_belongs_to_others_answers_like_what_is_not_there() {
    let server = Server::start().await;
    let (maja, otto) =
        (browser(&server, "maja@a.example").await, browser(&server, "otto@a.example").await);
    let shared = maja.share(&json!({})).await;
    let theirs = maja.refs("").await.remove(0);
    let nowhere = "000000000000";
    let same = |a: &Answer, b: &Answer| {
        assert_eq!((a.status, a.text()), (b.status, b.text().replace(nowhere, &theirs)));
    };
    let page = otto.get(&format!("/overview/{theirs}")).await;
    assert_eq!(page.status, 404);
    same(&page, &otto.get(&format!("/overview/{nowhere}")).await);
    let noted = otto.note(&theirs, "mine").await;
    assert_eq!(noted.problem(), "not-found");
    same(&noted, &otto.note(nowhere, "mine").await);
    let form = otto.form(&format!("/overview/{theirs}/note"), "note=mine").await;
    assert_eq!(form.status, 404);
    let burned = otto.burn(&[&theirs]).await;
    assert_eq!(outcomes(&burned), [Value::Null]);
    same(&burned, &otto.burn(&[nowhere]).await);
    let burned = otto.form("/overview/burn", &format!("ref={theirs}")).await;
    same(&burned, &otto.form("/overview/burn", &format!("ref={nowhere}")).await);
    let sure = otto.get(&format!("/overview/burn?ref={theirs}")).await;
    assert_eq!(sure.header("location"), Some("/overview"));
    assert_eq!(fate(server.address, &shared.receipt).await.0, "waiting");
    assert_eq!(maja.overview("").await[0]["note"], Value::Null);
}

/// R16: exactly one wins, and each outcome says which.
#[tokio::test]
async fn burning_several_wins_or_tells() {
    let server = Server::start().await;
    let maja = browser(&server, "maja@a.example").await;
    let (opened, waiting) = (maja.share(&json!({})).await, maja.share(&json!({})).await);
    let refs = maja.refs("").await;
    let (waits, was_opened) = (&*refs[0], &*refs[1]);
    assert_eq!(claim(&opened, &server.claim_token()).of(server.address).await.status, 200);
    let burned = maja.burn(&[was_opened, waits, "000000000000", waits]).await;
    assert_eq!(outcomes(&burned), [json!("opened"), json!("burned"), Value::Null, json!("burned")]);
    let (state, events) = fate(server.address, &waiting.receipt).await;
    assert_eq!(state, "burned");
    assert_eq!(events.iter().filter(|kind| *kind == "burned").count(), 1);
    assert_eq!(claim(&waiting, &server.claim_token()).of(server.address).await.status, 404);
    let many = vec![waits; 101];
    assert_eq!(maja.burn(&many).await.problem(), "invalid");
    assert_eq!(maja.burn(&[]).await.problem(), "invalid");

    // By the pages: tick, be asked, burn, be told.
    let third = maja.share(&json!({})).await;
    let reference = maja.refs("?state=waiting").await.remove(0);
    assert!(maja.get("/overview").await.text().contains(&format!("value=\"{reference}\"")));
    let sure = maja.get(&format!("/overview/burn?ref={reference}&ref={waits}")).await;
    assert!(sure.text().contains("Burn this one?"), "what has ended is not asked about");
    assert_eq!(fate(server.address, &third.receipt).await.0, "waiting", "asking burns nothing");
    let told = maja.form("/overview/burn", &format!("ref={reference}&ref={was_opened}")).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert!(told.text().contains("One is burned") && told.text().contains("Too late"));
    assert_eq!(fate(server.address, &third.receipt).await.0, "burned");
}

#[tokio::test]
async fn a_note_is_kept_found_and_no_formula() {
    let server = Server::start().await;
    let maja = browser(&server, "maja@a.example").await;
    maja.share(&json!({})).await;
    maja.share(&json!({})).await;
    let refs = maja.refs("").await;
    assert_eq!(maja.note(&refs[0], " =HYPERLINK(\"x\") <b>Payroll</b> ").await.status, 204);
    let by_form =
        maja.form(&format!("/overview/{}/note", refs[1]), "note=Wi-Fi+f%C3%B6r+Oslo").await;
    assert_eq!(by_form.header("location"), Some(&*format!("/overview/{}", refs[1])));
    assert_eq!(maja.refs("?q=payroll").await, [&*refs[0]]);
    assert_eq!(maja.refs("?q=F%C3%96R").await, [&*refs[1]]);
    assert_eq!(maja.refs(&format!("?q={}", refs[1])).await, [&*refs[1]]);
    assert_eq!(maja.refs("?q=nothing").await, Vec::<String>::new());
    for path in ["/overview".to_owned(), format!("/overview/{}", refs[0])] {
        let page = maja.get(&path).await.text();
        assert!(page.contains("&lt;b&gt;Payroll") && !page.contains("<b>Payroll"), "{page}");
    }
    let export = maja.get("/v1/overview/export?format=csv").await;
    assert!(export.header("content-type").unwrap().starts_with("text/csv"));
    assert!(export.header("content-disposition").unwrap().starts_with("attachment"));
    assert!(
        export.text().contains(",\"'=HYPERLINK(\"\"x\"\") <b>Payroll</b>\","),
        "{}",
        export.text()
    );
    let long = "x".repeat(501);
    assert_eq!(maja.note(&refs[0], &long).await.problem(), "invalid");
    let refused = maja.form(&format!("/overview/{}/note", refs[0]), &format!("note={long}")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains(&long), "what was typed is not lost");
    assert_eq!(maja.note(&refs[0], "").await.status, 204);
    assert_eq!(maja.overview("").await[0]["note"], Value::Null);
}

/// R65: no page of another site burns or notes anything, and nobody burns who has not confirmed who they are.
#[tokio::test]
async fn another_site_changes_nothing_and_burning_takes_a_confirmation() {
    let server = Server::start().await;
    let (maja, otto) =
        (browser(&server, "maja@a.example").await, browser(&server, "otto@a.example").await);
    let shared = maja.share(&json!({})).await;
    let reference = maja.refs("").await.remove(0);
    let fields = format!("ref={reference}&note=x");
    for path in ["/overview/burn".to_owned(), format!("/overview/{reference}/note")] {
        for body in [fields.clone(), format!("{fields}&csrf={}", otto.csrf)] {
            let form = Ask::post(&path).body("application/x-www-form-urlencoded", body);
            assert_eq!(maja.shown(form).of(server.address).await.status, 403, "{path}");
        }
    }
    server.clock.advance(Duration::from_mins(11));
    let unconfirmed = maja.form("/overview/burn", &fields).await;
    assert_eq!(unconfirmed.status, 303, "{}", unconfirmed.text());
    assert!(unconfirmed.header("location").unwrap().starts_with("/confirm"));
    assert_eq!(maja.burn(&[&reference]).await.problem(), "confirmation-required");
    assert_eq!(fate(server.address, &shared.receipt).await.0, "waiting");
    assert_eq!(maja.overview("").await[0]["note"], Value::Null);
}
