//! The pages of what the server has sealed: they open and burn by a form, once, and GET only looks (laws 1,
//! 2, 5, 6 and 8; R8, R20 to R22, R29, R30).

use std::time::Duration;

use domain::terms::Lifetime;
use envelope::{Passphrase, ReceiptId, ReceiptKey, SecretId, ServerReceipt};
use service::Limits;
use service::conceal::{Concealed, Request};
use service::disclose::Wish;
use service::hashing::Hashing;
use testkit::asking::at_once;
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask};

const FORM: &str = "application/x-www-form-urlencoded";

async fn conceal(server: &Server, text: &str, passphrase: Option<&str>) -> Concealed {
    let request = Request {
        content: text.to_owned().into(),
        generated: false,
        passphrase: passphrase.map(|text| Passphrase::new(text).unwrap()),
        lifetime: Lifetime::DEFAULT,
        owner: None,
        post: None,
        network: b"here",
    };
    server.service.conceal(request).await.unwrap()
}

fn at(made: &Concealed) -> String {
    format!("/secret/{}", *made.link.expose())
}

fn receipt_at(made: &Concealed) -> String {
    format!("/receipt/{}", *made.receipt.expose())
}

fn form(address: &str, body: &str) -> Ask {
    Ask::post(address).body(FORM, body)
}

/// A link that nobody was given.
fn never() -> String {
    let receipt = ServerReceipt::new(ReceiptId::from_bytes([7; 16]), ReceiptKey::new([7; 24]));
    format!("/secret/{}", *receipt.link(SecretId::from_bytes([7; 16])).expose())
}

async fn waits(server: &Server, made: &Concealed) -> bool {
    server.service.look(&made.link).await.unwrap().is_some()
}

#[tokio::test]
async fn a_link_opens_by_a_form_and_shows_its_content_once() {
    let server = Server::start().await;
    let made = conceal(&server, "\n<b>hush</b> & \"more\"", None).await;
    let page = Ask::get(&at(&made)).of(server.address).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("<form method=\"post\"") && text.contains("The server has sealed this"));
    assert!(!text.contains("hush") && !text.contains("name=\"passphrase\""));
    // The page of an answer says nothing to a site before or behind it, and lies in no cache.
    let shown = form(&at(&made), "").with("Accept-Encoding", "gzip, br").of(server.address).await;
    for answer in [&page, &shown] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("strict-origin"));
        assert_eq!(answer.header("content-encoding"), None);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("form-action 'self'"));
    }
    assert_eq!(shown.status, 200);
    // As text, and with the line break at its beginning.
    let content = "\n\n&lt;b&gt;hush&lt;/b&gt; &amp; &quot;more&quot;</pre>";
    assert!(shown.text().contains(content), "{}", shown.text());
    assert!(!shown.text().contains("?lang="), "a link to the page would lose what it shows");
    let gone = form(&at(&made), "").of(server.address).await;
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("Nothing here any more"));
}

#[tokio::test]
async fn looking_takes_nothing_however_it_is_asked() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", Some("right")).await;
    let before = server.kept().await;
    for address in [at(&made), receipt_at(&made), format!("{}/burn", receipt_at(&made))] {
        for query in ["", "?continue=true&passphrase=right", "?_method=POST", "?burn=yes"] {
            for method in ["GET", "HEAD", "OPTIONS", "PROPFIND", "PUT"] {
                let ask = Ask::new(method, &format!("{address}{query}"))
                    .with("X-HTTP-Method-Override", "POST")
                    .with("Sec-Purpose", "prefetch");
                let answer = ask.of(server.address).await;
                assert!(matches!(answer.status, 200 | 405), "{method} {}", answer.status);
                assert!(!answer.text().contains("hush"));
            }
        }
    }
    assert_eq!(server.kept().await, before);
    assert!(waits(&server, &made).await);
}

#[tokio::test]
async fn a_passphrase_is_asked_for_and_five_wrong_ones_make_a_network_wait() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", Some("right \u{e5}")).await;
    let page = Ask::get(&at(&made)).of(server.address).await;
    assert!(page.text().contains("name=\"passphrase\""));
    let says = |answer: &Answer, status: u16, text: &str| {
        assert_eq!(answer.status, status);
        assert!(answer.text().contains(text), "{text}: {}", answer.text());
        assert!(answer.text().contains("name=\"passphrase\""), "one may try again");
    };
    for body in ["", "passphrase=", "other=right"] {
        let answer = form(&at(&made), body).of(server.address).await;
        says(&answer, 403, "Type the passphrase first");
    }
    let wrong = form(&at(&made), "passphrase=wrong");
    for left in ["4 tries", "3 tries", "2 tries", "One try", "No tries"] {
        says(&wrong.of(server.address).await, 403, left);
    }
    let right = form(&at(&made), "passphrase=right+%C3%A5");
    let answer = right.of(server.address).await;
    says(&answer, 429, "Too many tries");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((600..=601).contains(&wait), "{wait}");
    server.clock.advance(Duration::from_secs(wait));
    let answer = right.of(server.address).await;
    assert_eq!(answer.status, 200, "R36");
    assert!(answer.text().contains("hush"));
}

/// Law 5: one answer, byte for byte, whatever is asked that cannot be opened, and however.
#[tokio::test]
async fn unknown_opened_burned_expired_and_locked_are_one_page() {
    let server = Server::start().await;
    let opened = conceal(&server, "hush", None).await;
    assert_eq!(form(&at(&opened), "").of(server.address).await.status, 200);
    let burned = conceal(&server, "hush", None).await;
    form(&format!("{}/burn", receipt_at(&burned)), "").of(server.address).await;
    let locked = conceal(&server, "hush", Some("right")).await;
    for round in 0..20_u8 {
        let network = [round / 5];
        let attempt = service::disclose::Attempt {
            wish: Wish::Take,
            token: &locked.link,
            passphrase: Some("wrong"),
            network: &network,
        };
        server.service.disclose(attempt).await.unwrap();
    }
    let expired = conceal(&server, "hush", None).await;
    server.clock.set(expired.secret.expires_at);
    let waiting = conceal(&server, "hush", None).await;
    let as_link = |token: &str| format!("/secret/{token}");
    let addresses = [
        never(),
        at(&opened),
        at(&burned),
        at(&expired),
        at(&locked),
        as_link(&waiting.receipt.expose()),
        as_link(&waiting.handle.to_string()),
    ];
    let reference = Ask::get(&never()).of(server.address).await.shape();
    assert_eq!(reference.status, 404);
    for address in &addresses {
        assert_eq!(Ask::get(address).of(server.address).await.shape(), reference, "{address}");
        let posted = form(address, "").of(server.address).await.shape();
        assert_eq!(posted, reference, "{address}");
        for _ in 0..5 {
            let posted = form(address, "passphrase=x").of(server.address).await.shape();
            assert_eq!(posted, reference, "{address}");
        }
        // And the same budget (R22).
        assert_eq!(form(address, "passphrase=x").of(server.address).await.status, 429, "{address}");
    }
    let nobody = ServerReceipt::new(ReceiptId::from_bytes([7; 16]), ReceiptKey::new([7; 24]));
    let nobody = format!("/receipt/{}", *nobody.expose());
    let reference = Ask::get(&nobody).of(server.address).await.shape();
    assert_eq!(reference.status, 404);
    let others = [
        nobody,
        format!("/receipt/{}", *waiting.link.expose()),
        format!("/receipt/{}", waiting.handle),
        "/receipt/nonsense".to_owned(),
        "/receipt/%ff".to_owned(),
    ];
    for address in others {
        assert_eq!(Ask::get(&address).of(server.address).await.shape(), reference, "{address}");
        let posted = form(&format!("{address}/burn"), "").of(server.address).await;
        assert_eq!(posted.shape(), reference, "{address}");
    }
    assert!(waits(&server, &waiting).await);
}

#[tokio::test]
async fn a_link_that_is_none_says_what_is_wrong_with_it() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", None).await;
    let good = at(&made);
    let first = |count: usize| good.chars().take(count).collect::<String>();
    for (address, says) in [
        (&*first(40), "The end of the link is missing"),
        (&*format!("{}Z", first(good.len() - 1)), "A character is wrong"),
        (&*format!("{good}0"), "A character is wrong"),
        ("/secret/%ff", "The end of the link is missing"),
    ] {
        for ask in [Ask::get(address), form(address, "")] {
            let answer = ask.of(server.address).await;
            assert_eq!(answer.status, 404);
            assert!(answer.text().contains(says), "{address}: {}", answer.text());
        }
    }
    // What a message has put around it does no harm.
    for address in [format!("{good}."), format!("{good}%3E"), good.replace("/secret/", "/l/")] {
        assert_eq!(Ask::get(&address).of(server.address).await.status, 200, "{address}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_opens_and_burns_nothing() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", None).await;
    for address in [at(&made), format!("{}/burn", receipt_at(&made))] {
        for (name, value) in [
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let answer = form(&address, "").with(name, value).of(server.address).await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, "cross-site"));
        }
        let other = Ask::post(&address).body("text/plain", "passphrase=x");
        if address.starts_with("/secret") {
            assert_eq!(other.of(server.address).await.status, 415);
        }
    }
    assert!(waits(&server, &made).await);
    let own = form(&at(&made), "")
        .with("Origin", "http://localhost")
        .with("Sec-Fetch-Site", "same-origin");
    assert_eq!(own.of(server.address).await.status, 200);
}

#[tokio::test]
async fn of_many_readers_at_once_one_gets_it() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", None).await;
    let answers = at_once(&[server.address], vec![form(&at(&made), ""); 30]).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1);
    for answer in answers {
        assert_eq!(answer.text().contains("hush"), answer.status == 200);
        assert!(matches!(answer.status, 200 | 404));
    }
}

#[tokio::test]
async fn too_many_passphrases_are_told_to_come_back_and_nothing_else_waits() {
    let hashing = Hashing { at_once: 1, waiting: 1, patience: Duration::from_mins(1) };
    let limits = Limits { hashing, keep_free: 0, ..Limits::default() };
    let server = Server::with(Setup { limits, ..Setup::default() }).await;
    let guarded = conceal(&server, "hush", Some("right")).await;
    let open = conceal(&server, "plain", None).await;
    let mut asks = vec![form(&at(&guarded), "passphrase=wrong"); 40];
    asks.push(Ask::get("/healthz"));
    asks.push(form(&at(&open), ""));
    let answers = at_once(&[server.address], asks).await;
    let (guesses, others) = answers.split_at(40);
    for other in others {
        assert_eq!(other.status, 200);
    }
    let busy: Vec<_> = guesses.iter().filter(|answer| answer.status == 503).collect();
    assert!(!busy.is_empty(), "nobody was turned away");
    for answer in busy {
        assert_eq!(answer.header("retry-after"), Some("60"));
        assert!(answer.text().contains("Nothing was lost"));
    }
    assert_eq!(server.service.hashing().most, 1, "no more at once than was allowed");
    assert!(waits(&server, &guarded).await);
}

#[tokio::test]
async fn a_receipt_shows_its_link_while_it_waits_and_what_became_of_it_afterwards() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", None).await;
    let follow = async || Ask::get(&receipt_at(&made)).of(server.address).await;
    let page = follow().await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let link = format!("https://secrets.example/secret/{}", *made.link.expose());
    assert!(page.text().contains(&link) && page.text().contains("It waits, unopened"));
    for alias in ["/private/", "/metadata/"] {
        let address = receipt_at(&made).replace("/receipt/", alias);
        assert_eq!(Ask::get(&address).of(server.address).await.text(), page.text());
    }
    assert!(form(&at(&made), "").of(server.address).await.text().contains("hush"));
    let page = follow().await.text();
    assert!(page.contains("It was opened") && !page.contains(&*made.link.expose()));
    assert!(!page.contains("/burn"), "there is nothing to burn");
    let late = form(&format!("{}/burn", receipt_at(&made)), "").of(server.address).await;
    assert!(late.text().contains("Too late"), "{}", late.text());
}

#[tokio::test]
async fn burning_asks_first_and_is_final() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", Some("right")).await;
    let burn = format!("{}/burn", receipt_at(&made));
    let closed = Ask::get(&receipt_at(&made)).of(server.address).await.text();
    let open = Ask::get(&burn).of(server.address).await.text();
    let has = |page: &str, text: &str| page.contains(text);
    assert!(
        has(&closed, "<details id=\"burning\">") && has(&closed, &format!("action=\"{burn}\""))
    );
    assert!(has(&open, "<details id=\"burning\" open>"));
    assert!(waits(&server, &made).await);
    for _ in 0..2 {
        let burned = form(&burn, "").of(server.address).await;
        assert_eq!(burned.status, 200);
        assert!(burned.text().contains("Burned. Nobody can open it any more."));
    }
    assert!(!waits(&server, &made).await);
}

/// R29: whoever holds the receipt can name the link, and would guess for ever.
#[tokio::test]
async fn what_wrong_passphrases_have_locked_stays_locked_and_burns() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", Some("right")).await;
    let unlock = format!("{}/unlock", receipt_at(&made));
    for round in 0..20_u8 {
        let network = [round / 5];
        let (token, passphrase) = (&made.link, Some("wrong"));
        let attempt =
            service::disclose::Attempt { token, passphrase, wish: Wish::Take, network: &network };
        server.service.disclose(attempt).await.unwrap();
    }
    let page = Ask::get(&receipt_at(&made)).of(server.address).await.text();
    assert!(page.contains("It is locked") && page.contains("Nobody can open it any more"));
    assert!(!page.contains(&at(&made)), "a link that opens nothing is not offered");
    assert_eq!(form(&unlock, "").of(server.address).await.status, 404);
    assert!(!waits(&server, &made).await);
    let burn = format!("{}/burn", receipt_at(&made));
    let burned = form(&burn, "").of(server.address).await;
    assert!(burned.text().contains("Burned. Nobody can open it any more."));
}

#[tokio::test]
async fn the_pages_speak_the_language_of_who_asks() {
    let server = Server::start().await;
    let made = conceal(&server, "hush", None).await;
    for (address, says) in [
        (at(&made), "Servern har f\u{f6}rseglat den h\u{e4}r"),
        (receipt_at(&made), "F\u{f6}rseglad av servern, \u{e5}t dig"),
        (never(), "H\u{e4}r finns inget kvar"),
    ] {
        let ask = Ask::get(&address).with("Accept-Language", "sv");
        assert!(ask.of(server.address).await.text().contains(says), "{address}");
        let english = Ask::get(&format!("{address}?lang=en")).with("Accept-Language", "sv");
        assert!(!english.of(server.address).await.text().contains(says), "{address}");
    }
}
