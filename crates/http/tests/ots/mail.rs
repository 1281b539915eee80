//! Links are mailed to recipients: once, while their secrets wait, and from memory alone (laws 6 and 7; R39,
//! R70, R85).

use std::time::Duration;

use domain::audit::Kind;
use serde_json::json;
use service::mail::Caps;
use testkit::server::{Server, Setup};
use testkit::{Canaries, Mood, Sink, until};

use super::calls::{
    Made, ORIGIN, Person, follow_v1, form, is_refusal_v1, json_to, made_v1, made_v2, told,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

async fn server(sink: &Sink) -> Server {
    Server::with(Setup { smtp: Some(sink.url()), ..Setup::default() }).await
}

/// A secret whose link goes to `to`.
async fn mailed(server: &Server, from: &Person, to: &str) -> Made {
    let ask = form("/api/v1/share", &[("secret", "hush"), ("ttl", "604800"), ("recipient", to)]);
    made_v1(&from.asks(ask).of(server.address).await)
}

/// What the trail says about mails.
async fn fates(server: &Server) -> Vec<Kind> {
    let kinds = server.kept().await.trail.into_iter().map(|recorded| recorded.event.kind);
    let of_mail = [Kind::MailCancelled, Kind::MailFailed, Kind::MailSent];
    kinds.filter(|kind| of_mail.contains(kind)).collect()
}

/// Waits until nothing waits to be sent.
async fn settled(server: &Server) {
    until("the outbox is empty", async || server.service.mails_waiting() == 0).await;
}

/// Waits until somebody has come `visits` times, and has given up for now.
async fn put_off(server: &Server, sink: &Sink, visits: usize) {
    sink.visited(visits).await;
    until("it is put off", async || server.service.mails_put_off() == 1).await;
}

async fn recipients(server: &Server, made: &Made) -> serde_json::Value {
    told(server, 200, &follow_v1(&made.receipt)).await["recipient"].clone()
}

#[tokio::test]
async fn a_link_is_mailed_and_opens() {
    let sink = Sink::start().await;
    let server = server(&sink).await;
    let ann = Person::new(&server, "ann@example.com").await;
    let made = mailed(&server, &ann, "Bob@Example.net").await;
    assert_eq!(made.told["recipient"], json!(["bo***@e***.net"]));
    let mail = sink.last_of(1).await;
    assert_eq!(
        (&*mail.from, &*mail.to),
        ("sigill@secrets.example", &["bob@example.net".to_owned()][..])
    );
    let headers = mail.headers();
    for header in [
        "Auto-Submitted: auto-generated",
        "From: \"Sigill\" <sigill@secrets.example>",
        "Reply-To: ann@example.com",
        "To: bob@example.net",
        "Subject: A secret for you from ann@example.com",
    ] {
        let header = header.replace('"', "");
        let found = headers.iter().any(|found| found.replace('"', "") == header);
        assert!(found, "{header}: {headers:?}");
    }
    let text = mail.text();
    assert!(text.contains("ann@example.com has sent you a secret"), "{text}");
    assert!(text.contains(&format!("{ORIGIN}/secret/{}", made.secret)), "{text}");
    settled(&server).await;
    assert_eq!(fates(&server).await, [Kind::MailSent]);
    assert_eq!(recipients(&server, &made).await, json!(["bo***@e***.net"]));
    let opened = form(&format!("/api/v1/secret/{}", mail.token()), &[]).of(server.address).await;
    assert_eq!(opened.json()["value"], "hush");
}

#[tokio::test]
async fn a_letter_is_in_the_language_of_its_sender() {
    let sink = Sink::start().await;
    let server = server(&sink).await;
    let ann = Person::new(&server, "ann@example.com").await;
    let body = json!({ "secret": {
        "secret": "hush", "passphrase": "correct horse", "recipient": ["bob@example.net", "eve@example.net"],
    } });
    let ask = json_to("/api/v2/secret/conceal", &body).with("Accept-Language", "sv-SE,sv;q=0.9");
    let made = made_v2(&ann.asks(ask).of(server.address).await);
    let mail = sink.last_of(1).await;
    assert_eq!(mail.to, ["bob@example.net"], "the first alone gets it");
    assert_eq!(mail.token(), made.secret);
    let text = mail.text();
    assert!(text.contains("har skickat en hemlighet till dig"), "{text}");
    assert!(text.contains("Du beh\u{f6}ver en l\u{f6}senfras ocks\u{e5}"), "{text}");
}

#[tokio::test]
async fn what_no_longer_waits_is_not_mailed() {
    for how in ["burned", "opened", "expired"] {
        let sink = Sink::start().await;
        sink.be(Mood::Away);
        let server = server(&sink).await;
        let ann = Person::new(&server, "ann@example.com").await;
        let ask = form(
            "/api/v1/share",
            &[("secret", "hush"), ("ttl", "300"), ("recipient", "bob@example.net")],
        );
        let made = made_v1(&ann.asks(ask).of(server.address).await);
        put_off(&server, &sink, 1).await;
        let path = match how {
            "burned" => format!("/api/v1/private/{}/burn", made.receipt),
            "opened" => format!("/api/v1/secret/{}", made.secret),
            _ => "/api/v1/nothing".to_owned(),
        };
        drop(form(&path, &[]).of(server.address).await);
        sink.be(Mood::Takes);
        server.clock.advance(if how == "expired" { 5 * MINUTE } else { MINUTE });
        server.service.post().await;
        settled(&server).await;
        assert_eq!((sink.taken().len(), sink.visits()), (0, 1), "{how}");
        assert_eq!(fates(&server).await, [Kind::MailCancelled], "{how}");
        assert_eq!(recipients(&server, &made).await, json!([]), "{how}");
    }
}

#[tokio::test]
async fn a_mail_is_tried_again_after_a_while() {
    for mood in [Mood::Away, Mood::Breaks, Mood::Greylists] {
        let sink = Sink::start().await;
        sink.be(mood);
        let server = server(&sink).await;
        let ann = Person::new(&server, "ann@example.com").await;
        let made = mailed(&server, &ann, "bob@example.net").await;
        put_off(&server, &sink, 1).await;
        server.service.post().await;
        assert_eq!(sink.visits(), 1, "{mood:?}: not before its time");
        server.clock.advance(MINUTE);
        server.service.post().await;
        put_off(&server, &sink, 2).await;
        sink.be(Mood::Takes);
        server.clock.advance(MINUTE);
        server.sweep().await;
        server.service.post().await;
        assert_eq!(sink.visits(), 2, "{mood:?}: the second pause is longer");
        server.clock.advance(4 * MINUTE);
        server.service.post().await;
        assert_eq!(sink.last_of(1).await.token(), made.secret, "{mood:?}");
        settled(&server).await;
        assert_eq!(fates(&server).await, [Kind::MailSent], "{mood:?}");
    }
}

#[tokio::test]
async fn a_mail_that_nobody_takes_has_failed_after_a_day() {
    let sink = Sink::start().await;
    sink.be(Mood::Away);
    let server = server(&sink).await;
    let ann = Person::new(&server, "ann@example.com").await;
    let made = mailed(&server, &ann, "bob@example.net").await;
    put_off(&server, &sink, 1).await;
    for hour in 1..24 {
        assert_eq!(fates(&server).await, [], "after {hour} hours");
        server.clock.advance(HOUR);
        server.service.post().await;
        until("it is tried", async || sink.visits() > hour).await;
        server.sweep().await;
    }
    settled(&server).await;
    assert_eq!(fates(&server).await, [Kind::MailFailed]);
    assert_eq!(recipients(&server, &made).await, json!([]), "the receipt says that nobody got it");
    assert!(told(&server, 200, &follow_v1(&made.receipt)).await["state"] == "new");
}

#[tokio::test]
async fn a_recipient_that_does_not_exist_is_asked_for_once() {
    let sink = Sink::start().await;
    sink.be(Mood::Refuses);
    let server = server(&sink).await;
    let ann = Person::new(&server, "ann@example.com").await;
    mailed(&server, &ann, "nobody@example.net").await;
    sink.visited(1).await;
    settled(&server).await;
    assert_eq!(fates(&server).await, [Kind::MailFailed]);
}

#[tokio::test]
async fn a_mail_server_that_says_nothing_keeps_nobody_waiting() {
    let sink = Sink::start().await;
    sink.be(Mood::Mute);
    let server = server(&sink).await;
    let ann = Person::new(&server, "ann@example.com").await;
    for _ in 0..6 {
        mailed(&server, &ann, "bob@example.net").await;
    }
    sink.visited(4).await;
    server.sweep().await;
    assert_eq!(server.service.mails_waiting(), 6);
    assert_eq!(sink.visits(), 4, "no more than four at the same time");
    let made = made_v1(&form("/api/v1/share", &[("secret", "hush")]).of(server.address).await);
    let opened = form(&format!("/api/v1/secret/{}", made.secret), &[]).of(server.address).await;
    assert_eq!(opened.status, 200);
}

/// The link is in no file, before, while and after it is mailed; and when the process ends before that,
/// nobody can mail it, and the trail says so.
#[tokio::test]
async fn a_link_that_was_not_mailed_ends_with_its_process() {
    let sink = Sink::start().await;
    sink.be(Mood::Away);
    let server = server(&sink).await;
    let ann = Person::new(&server, "ann@example.com").await;
    let made = mailed(&server, &ann, "bob@example.net").await;
    let mut canaries = Canaries::default();
    canaries.add_text("the link", &made.secret);
    canaries.add_text("the receipt", &made.receipt);
    canaries.add_text("the recipient", "bob@example.net");
    put_off(&server, &sink, 1).await;
    assert_eq!(canaries.find_below(server.data()), None, "while it waits");
    sink.be(Mood::Takes);
    // Longer than other nodes believe that this one runs.
    server.clock.advance(6 * MINUTE);
    let visits = sink.visits();
    let server = server.restart().await;
    server.sweep().await;
    server.service.post().await;
    assert_eq!(fates(&server).await, [Kind::MailFailed]);
    assert_eq!(recipients(&server, &made).await, json!([]));
    assert_eq!(canaries.find_below(server.data()), None, "after a restart");
    assert_eq!((sink.taken().len(), sink.visits()), (0, visits));
}

#[tokio::test]
async fn links_are_mailed_so_often_and_no_more() {
    let sink = Sink::start().await;
    let mut setup = Setup { smtp: Some(sink.url()), ..Setup::default() };
    setup.limits.mails = Caps { per_hour: 3, per_day: 4, per_recipient: 2 };
    let server = Server::with(setup).await;
    let ann = Person::new(&server, "ann@example.com").await;
    let bea = Person::new(&server, "bea@example.com").await;
    let to = |person: &Person, recipient: &str| {
        person.asks(form("/api/v1/share", &[("secret", "hush"), ("recipient", recipient)]))
    };
    let message =
        "Too many links were mailed. Nothing was created: try again later, or leave out recipient.";
    mailed(&server, &ann, "one@example.net").await;
    server.clock.advance(MINUTE);
    mailed(&server, &bea, "one@example.net").await;
    let before = server.kept().await;
    let third = to(&ann, "ONE@example.net").of(server.address).await;
    is_refusal_v1(&third, "400", message);
    assert_eq!(third.header("retry-after"), Some("3540"), "until the first is an hour old");
    assert_eq!(server.kept().await, before, "nothing was created");
    mailed(&server, &ann, "two@example.net").await;
    mailed(&server, &ann, "three@example.net").await;
    let body = json!({ "secret": { "secret": "hush", "recipient": "four@example.net" } });
    let ask = ann.asks(json_to("/api/v2/secret/conceal", &body));
    let fourth = ask.of(server.address).await;
    let told = fourth.json();
    assert_eq!((fourth.status, &told["error_type"]), (429, &json!("LimitExceeded")));
    assert_eq!((&told["error"], &told["retry_after"]), (&json!(message), &json!(3540)));
    server.clock.advance(HOUR);
    mailed(&server, &ann, "four@example.net").await;
    let fifth = to(&ann, "five@example.net").of(server.address).await;
    is_refusal_v1(&fifth, "400", message);
    mailed(&server, &bea, "five@example.net").await;
    let without = form("/api/v1/share", &[("secret", "hush")]);
    assert_eq!(ann.asks(without).of(server.address).await.status, 200, "other secrets go on");
}

#[tokio::test]
async fn a_recipient_is_refused_where_nobody_can_be_mailed() {
    let server = Server::start().await;
    let ann = Person::new(&server, "ann@example.com").await;
    let before = server.kept().await;
    let fields = [("secret", "hush"), ("recipient", "bob@example.net")];
    let refused = ann.asks(form("/api/v1/share", &fields)).of(server.address).await;
    is_refusal_v1(&refused, "400", "This server does not send mail: leave out recipient");
    assert_eq!(server.kept().await, before);
    let sink = Sink::start().await;
    let server = self::server(&sink).await;
    let refused = form("/api/v1/share", &fields).of(server.address).await;
    is_refusal_v1(&refused, "400", "An account is required to send emails.");
    assert_eq!(sink.visits(), 0);
}
