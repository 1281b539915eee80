//! Signing in by forms, as a browser and as an attacker does it (R8, R11, R25, R61, R62, R65).

use std::time::Duration;

use domain::account::Email;
use domain::one_time::CodeSecret;
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask, Sink, Taken};

const MAJA: &str = "maja@example.org";
const PASSWORD: &str = "violet kettle on the hill";

/// Percent-encoding of whatever is not plain.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    let each = text.bytes().map(|byte| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    });
    each.collect()
}

fn form(at: &str, fields: &[(&str, &str)]) -> Ask {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    let body = pairs.collect::<Vec<_>>().join("&");
    Ask::post(at).body("application/x-www-form-urlencoded", body)
}

/// The cookie that an answer lets the browser keep, as it sends it.
fn cookie(answer: &Answer) -> String {
    let line = answer.header("set-cookie").unwrap_or_else(|| panic!("{}", answer.text()));
    line.split(';').next().unwrap().to_owned()
}

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> String {
    let text = page.text();
    let start = format!("name=\"{name}\" value=\"");
    text.split(&start).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn goes_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").unwrap()
}

/// The first account, set up by the pages. Its cookie.
async fn first(server: &Server) -> String {
    let link = server.service.first_set_up_link().await.unwrap().unwrap();
    let token = link.expose();
    let look = form("/set-up", &[("token", &token)]).of(server.address).await;
    assert_eq!(look.status, 200);
    let token = hidden(&look, "token");
    let fields = [("token", &*token), ("email", MAJA), ("password", PASSWORD), ("again", PASSWORD)];
    let done = form("/set-up/finish", &fields).of(server.address).await;
    assert_eq!(goes_to(&done), "/account");
    let again = form("/set-up/finish", &fields).of(server.address).await;
    assert_eq!(again.status, 403, "it works once");
    cookie(&done)
}

async fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    form("/sign-in", &[("email", email), ("password", password)]).of(server.address).await
}

async fn get(server: &Server, at: &str, cookie: &str) -> Answer {
    Ask::get(at).with("Cookie", cookie).of(server.address).await
}

/// A form of somebody who is signed in, with what it must carry.
async fn send(server: &Server, at: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let session = get(server, "/v1/session", cookie).await.json();
    let csrf = session["csrf"].as_str().unwrap().to_owned();
    let fields = [fields, &[("csrf", &*csrf)]].concat();
    form(at, &fields).with("Cookie", cookie).of(server.address).await
}

/// Adds one-time codes by the pages: the secret, and the recovery codes.
async fn add_codes(server: &Server, cookie: &str) -> (CodeSecret, Vec<String>) {
    let page = get(server, "/account/codes", cookie).await;
    let secret = hidden(&page, "secret");
    let codes = CodeSecret::parse(&secret).unwrap();
    let code = codes.now(server.service.clock().now());
    let wrong = send(server, "/account/codes", cookie, &[("secret", &secret), ("code", "x")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(hidden(&wrong, "secret"), secret, "the authenticator has it already");
    let made =
        send(server, "/account/codes", cookie, &[("secret", &secret), ("code", &code)]).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let text = made.text();
    let recovery = text.split("<li>").skip(1).map(|item| item[..19].to_owned());
    (codes, recovery.collect())
}

#[tokio::test]
async fn whoever_is_set_up_is_signed_in_until_they_sign_out() {
    let server = Server::start().await;
    let cookie = first(&server).await;
    let session = get(&server, "/v1/session", &cookie).await.json();
    assert_eq!((&session["email"], &session["administrator"]), (&MAJA.into(), &true.into()));
    assert_eq!(session["method"], "set-up-link");
    let out = send(&server, "/sign-out", &cookie, &[]).await;
    assert_eq!(goes_to(&out), "/sign-in");
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(get(&server, "/v1/session", &cookie).await.problem(), "unauthenticated");
    let page = get(&server, "/account", &cookie).await;
    assert_eq!(goes_to(&page), "/sign-in?next=/account");
}

#[tokio::test]
async fn the_cookie_is_for_this_host_alone_and_new_at_each_sign_in() {
    let server = Server::start().await;
    let before = first(&server).await;
    let planted = form("/sign-in", &[("email", MAJA), ("password", PASSWORD)])
        .with("Cookie", &before)
        .of(server.address)
        .await;
    let line = planted.header("set-cookie").unwrap();
    for attribute in ["__Host-sigill=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(line.contains(attribute), "{line}");
    }
    assert_ne!(cookie(&planted), before, "a session that was there is not gone on with (R61)");
}

/// R25: status, headers and body are the same, and so is the work.
#[tokio::test]
async fn whether_there_is_an_account_is_not_to_be_found_out() {
    let (with, without) = (Server::start().await, Server::start().await);
    first(&with).await;
    for password in ["not this one either", "", "\u{0}", &"x".repeat(3000)] {
        let hashed = [with.service.stretched(), without.service.stretched()];
        let answers =
            [sign_in(&with, MAJA, password).await, sign_in(&without, MAJA, password).await];
        assert_eq!(answers[0].status, 403);
        assert_eq!(answers[0].shape(), answers[1].shape(), "{password:.5}");
        assert_eq!([with.service.stretched(), without.service.stretched()], hashed.map(|n| n + 1));
    }
}

#[tokio::test]
async fn too_many_tries_are_told_how_long_to_wait_whoever_it_is() {
    let (with, without) = (Server::start().await, Server::start().await);
    first(&with).await;
    let mut last = None;
    for _ in 0..12 {
        let answers = [
            sign_in(&with, MAJA, "not this one").await,
            sign_in(&without, MAJA, "not this one").await,
        ];
        assert_eq!(answers[0].shape(), answers[1].shape());
        last = Some(answers[0].clone());
    }
    let last = last.unwrap();
    assert_eq!(last.status, 429);
    let wait: u64 = last.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(sign_in(&with, MAJA, PASSWORD).await.status, 429, "also with the right one");
    with.clock.advance(Duration::from_secs(wait));
    assert_eq!(sign_in(&with, MAJA, PASSWORD).await.status, 303);
}

/// R62: it reaches the second step and nothing else.
#[tokio::test]
async fn a_half_session_reaches_only_the_second_step() {
    let server = Server::start().await;
    let whole = first(&server).await;
    let (secret, recovery) = add_codes(&server, &whole).await;
    let half = sign_in(&server, MAJA, PASSWORD).await;
    assert_eq!(goes_to(&half), "/sign-in/second");
    let half = cookie(&half);
    for page in ["/account", "/account/password", "/account/codes", "/confirm"] {
        let answer = get(&server, page, &half).await;
        assert!(goes_to(&answer).starts_with("/sign-in/second"), "{page}");
    }
    for api in ["/v1/session", "/v1/account", "/v1/account/sessions"] {
        assert_eq!(get(&server, api, &half).await.problem(), "unauthenticated", "{api}");
    }
    for act in ["/sign-out", "/account/password", "/account/sessions/end-others", "/confirm"] {
        let answer = form(act, &[("csrf", "x"), ("password", "x")]).with("Cookie", &half);
        let answer = answer.of(server.address).await;
        assert!(matches!(answer.status, 303 | 401 | 403), "{act}: {}", answer.status);
        assert!(answer.header("set-cookie").is_none());
    }
    let page = get(&server, "/sign-in/second", &half).await;
    let csrf = hidden(&page, "csrf");
    let second = async |code: &str, csrf: &str| {
        let ask = form("/sign-in/second", &[("code", code), ("csrf", csrf)]).with("Cookie", &half);
        ask.of(server.address).await
    };
    server.clock.advance(Duration::from_mins(1));
    let code = secret.now(server.service.clock().now());
    assert_eq!(second(&code, "").await.status, 403, "R65");
    assert_eq!(second("000000", &csrf).await.status, 403);
    let entered = second(&code, &csrf).await;
    assert_eq!(goes_to(&entered), "/overview");
    let now = cookie(&entered);
    assert_ne!(now, half, "what was half is not made whole: it is another");
    assert_eq!(get(&server, "/v1/session", &now).await.json()["method"], "password-and-code");
    assert_eq!(goes_to(&second(&recovery[0], &csrf).await), "/sign-in", "the half is over");
}

/// R61: whoever changes how they sign in is alone afterwards.
#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let server = Server::start().await;
    let mine = first(&server).await;
    let theirs = cookie(&sign_in(&server, MAJA, PASSWORD).await);
    let listed = get(&server, "/v1/account/sessions", &mine).await.json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 2);
    let (new, other) = ("another kettle altogether", "something else");
    let set = async |password: &str, again: &str| {
        send(&server, "/account/password", &mine, &[("password", password), ("again", again)]).await
    };
    assert_eq!(set(new, other).await.status, 422);
    assert_eq!(set("passwordpassword", "passwordpassword").await.status, 422);
    assert_eq!(get(&server, "/v1/session", &theirs).await.status, 200);
    assert_eq!(goes_to(&set(new, new).await), "/account?password-set");
    assert_eq!(get(&server, "/v1/session", &theirs).await.status, 401);
    assert_eq!(get(&server, "/v1/session", &mine).await.status, 200);
    assert_eq!(sign_in(&server, MAJA, PASSWORD).await.status, 403);
    assert_eq!(sign_in(&server, MAJA, new).await.status, 303);
}

#[tokio::test]
async fn what_matters_takes_a_confirmation_and_a_form_of_this_host() {
    let server = Server::start().await;
    let cookie_before = first(&server).await;
    server.clock.advance(Duration::from_mins(11));
    let page = get(&server, "/account/password", &cookie_before).await;
    assert_eq!(goes_to(&page), "/confirm?next=/account/password");
    let fields =
        [("password", "another kettle altogether"), ("again", "another kettle altogether")];
    let late = send(&server, "/account/password", &cookie_before, &fields).await;
    assert!(goes_to(&late).starts_with("/confirm"), "nothing was changed");
    let wrong = send(&server, "/confirm", &cookie_before, &[("password", "not this one")]).await;
    assert_eq!(wrong.status, 403);
    let to = [("password", PASSWORD), ("next", "https://evil.example")];
    let done = send(&server, "/confirm", &cookie_before, &to).await;
    assert_eq!(goes_to(&done), "/overview", "R92: nobody is sent elsewhere");
    assert_eq!(get(&server, "/v1/session", &cookie_before).await.status, 401, "another token");
    let now = cookie(&done);
    let bare = form("/account/password", &fields).with("Cookie", &now).of(server.address).await;
    assert_eq!(bare.status, 403, "R65: without the token of the session");
    let foreign = form("/account/password", &fields)
        .with("Cookie", &now)
        .with("Sec-Fetch-Site", "cross-site")
        .of(server.address)
        .await;
    assert_eq!(foreign.status, 403);
    assert_eq!(sign_in(&server, MAJA, PASSWORD).await.status, 303, "nothing was changed");
}

#[tokio::test]
async fn sessions_of_others_are_not_there() {
    let server = Server::start().await;
    let maja = first(&server).await;
    let otto = Email::parse("otto@example.org").unwrap();
    server.service.join(&otto, domain::account::Role::Member).await.unwrap();
    let link = server.service.set_up_link(&otto).await.unwrap().unwrap();
    let fields = [("token", &**link.expose()), ("password", PASSWORD), ("again", PASSWORD)];
    let otto = cookie(&form("/set-up/finish", &fields).of(server.address).await);
    let theirs = get(&server, "/v1/account/sessions", &otto).await.json();
    let reference = theirs["sessions"][0]["ref"].as_str().unwrap().to_owned();
    let csrf = get(&server, "/v1/session", &maja).await.json()["csrf"].as_str().unwrap().to_owned();
    let end = async |reference: &str| {
        let at = format!("/v1/account/sessions/{reference}");
        let ask = Ask::new("DELETE", &at).with("Cookie", &maja).with("Sigill-CSRF", &csrf);
        ask.of(server.address).await
    };
    let (foreign, absent) = (end(&reference).await, end("000000000000").await);
    assert_eq!(foreign.problem(), "not-found");
    assert_eq!(foreign.shape(), absent.shape(), "R60");
    assert_eq!(get(&server, "/v1/session", &otto).await.status, 200);
}

/// R11, R8: whoever only fetches a link takes nothing.
#[tokio::test]
async fn pages_that_links_open_are_the_same_for_everybody_and_take_nothing() {
    let server = Server::start().await;
    let link = server.service.first_set_up_link().await.unwrap().unwrap();
    for page in ["/set-up", "/sign-in/link", "/sign-in"] {
        let answers = [Ask::get(page), Ask::new("HEAD", page)];
        for ask in answers {
            let answer = ask.of(server.address).await;
            assert_eq!(answer.status, 200, "{page}");
            assert!(answer.header("set-cookie").is_none());
        }
    }
    let look = form("/set-up", &[("token", &link.expose())]).of(server.address).await;
    assert_eq!(look.status, 200, "it is still good");
}

/// Nothing half-made: where no mail is sent, a link is refused at once.
#[tokio::test]
async fn without_mail_a_link_is_refused_at_once() {
    let server = Server::start().await;
    assert!(!Ask::get("/sign-in").of(server.address).await.text().contains("/sign-in/mail"));
    let asked = form("/sign-in/mail", &[("email", MAJA)]).of(server.address).await;
    assert_eq!(asked.status, 409);
    assert!(asked.text().contains("sends no mail"), "{}", asked.text());
}

#[tokio::test]
async fn what_is_no_link_is_refused_whatever_it_is() {
    let server = Server::with(Setup::default()).await;
    first(&server).await;
    for token in ["", "x", &"1".repeat(43), "\u{0}", &"z".repeat(5000)] {
        for at in ["/sign-in/link", "/set-up"] {
            let answer = form(at, &[("token", token)]).of(server.address).await;
            assert_eq!(answer.status, 403, "{at} {token:.5}");
        }
    }
}

/// R64: by what is seen to end, and not by what is configured. R25: the answer is the same for everybody.
#[tokio::test]
async fn a_mailed_link_works_once_for_a_quarter_of_an_hour_and_a_new_one_ends_it() {
    let sink = Sink::start().await;
    let server = Server::with(Setup { smtp: Some(sink.url()), ..Setup::default() }).await;
    first(&server).await;
    let ask = async |address: &str| {
        let asked = form("/sign-in/mail", &[("email", address)]).of(server.address).await;
        server.service.deliver().await.unwrap();
        asked
    };
    let (nobodys, hers) = (ask("nobody@example.org").await, ask(MAJA).await);
    assert_eq!(hers.shape(), nobodys.shape());
    let token = |mail: &Taken| {
        let text = mail.text();
        let (_, rest) = text.split_once("/sign-in/link#").unwrap();
        rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>()
    };
    let enter =
        async |token: &str| form("/sign-in/link", &[("token", token)]).of(server.address).await;
    let mail = token(&sink.last_of(1).await);
    assert_eq!(goes_to(&enter(&mail).await), "/overview");
    assert_eq!(enter(&mail).await.status, 403, "once");
    server.clock.advance(Duration::from_mins(2));
    assert_eq!(ask(MAJA).await.status, 200);
    let earlier = token(&sink.last_of(2).await);
    server.clock.advance(Duration::from_mins(2));
    assert_eq!(ask(MAJA).await.status, 200);
    let later = token(&sink.last_of(3).await);
    assert_eq!(enter(&earlier).await.status, 403, "a new one ends the one before");
    server.clock.advance(Duration::from_mins(15));
    assert_eq!(enter(&later).await.status, 403, "its time is up");
}
