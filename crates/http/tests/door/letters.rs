//! Letters: mail that takes no link to a secret goes out from whatever node is there, at least once, to nobody
//! too often, with a token that is in no file (law 6; R25, R39, R64, R85).

use std::time::Duration;

use domain::account::{Email, Role};
use domain::audit::{Actor, Kind as EventKind};
use domain::letter::{Cause, Change, Content, Letter, Standing};
use service::letters::{NotWritten, Queued};
use testkit::server::{Server, Setup};
use testkit::{Canaries, Mood, Sink, Taken, until};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const ANN: &str = "ann@example.com";

async fn server(sink: &Sink) -> Server {
    let server = Server::with(Setup { smtp: Some(sink.url()), ..Setup::default() }).await;
    server.service.join(&Email::parse(ANN).unwrap(), Role::Member).await.unwrap();
    server
}

fn to(address: &str, content: Content) -> Letter {
    let (to, locale) = (Email::parse(address).unwrap(), "en".to_owned());
    Letter { content, to, account: None, subject: 0, locale }
}

fn changed(address: &str) -> Letter {
    to(address, Content::CredentialChanged { change: Change::PasskeyAdded })
}

async fn post(server: &Server, letter: Letter) -> Queued {
    server.service.post_letter(letter, Some(b"here")).await.unwrap()
}

async fn queued(server: &Server, letter: Letter) {
    assert_eq!(post(server, letter).await, Queued::Waits);
}

/// Waits until nothing is due, and sends what is.
async fn settled(server: &Server) {
    until("nothing waits", async || {
        server.service.deliver().await.unwrap();
        let letters = server.service.letters().await.unwrap();
        letters.iter().all(|letter| letter.standing == Standing::Dead)
    })
    .await;
}

/// Waits until a letter was tried so often, and is nobody's for now.
async fn tried(server: &Server, sink: &Sink, visits: usize) {
    sink.visited(visits).await;
    until("it is put off", async || {
        let letters = server.service.letters().await.unwrap();
        letters.first().is_some_and(|letter| letter.cause.is_some())
            && letters.first().and_then(|letter| letter.due_at) > Some(server.service.clock().now())
    })
    .await;
}

fn token(mail: &Taken) -> String {
    let text = mail.text();
    let (_, rest) = text.split_once("/sign-in/link#").unwrap();
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

async fn kinds(server: &Server) -> Vec<EventKind> {
    let trail = server.kept().await.trail.into_iter();
    let kinds = trail.map(|recorded| recorded.event.kind);
    kinds.filter(|kind| *kind != EventKind::AccountCreated).collect()
}

/// R25: whoever asks learns nothing, and whoever has no account gets nothing.
#[tokio::test]
async fn a_link_that_signs_in_goes_to_whoever_has_an_account() {
    let sink = Sink::start().await;
    let server = server(&sink).await;
    assert_eq!(post(&server, to("nobody@example.com", Content::SignIn)).await, Queued::Waits);
    assert_eq!(post(&server, to(ANN, Content::SignIn)).await, Queued::Waits);
    let mail = sink.last_of(1).await;
    assert_eq!((&*mail.to, &*mail.from), (&[ANN.to_owned()][..], "sigill@secrets.example"));
    let headers = mail.headers().join("\n");
    assert!(headers.contains("Subject: Sign in to secrets.example"), "{headers}");
    assert!(headers.contains("Auto-Submitted: auto-generated"), "{headers}");
    assert!(!headers.contains("Reply-To") && !headers.contains(&token(&mail)), "{headers}");
    settled(&server).await;
    assert!(server.service.letters().await.unwrap().is_empty(), "what was sent is not kept");
    assert_eq!(kinds(&server).await, [EventKind::LetterSent]);
}

/// Law 6, R64: no file has the token, and a letter that goes out again has another one.
#[tokio::test]
async fn a_token_is_drawn_for_each_mail_and_kept_nowhere() {
    let sink = Sink::start().await;
    let server = server(&sink).await;
    queued(&server, to(ANN, Content::SignIn)).await;
    let first = token(&sink.last_of(1).await);
    settled(&server).await;
    server.clock.advance(2 * MINUTE);
    queued(&server, to(ANN, Content::SignIn)).await;
    let second = token(&sink.last_of(2).await);
    settled(&server).await;
    assert_ne!(first, second);
    let mut canaries = Canaries::default();
    canaries.add_text("the first token", &first);
    canaries.add_text("the second token", &second);
    canaries.add_text("the address", ANN);
    assert_eq!(canaries.find_below(server.data()), None);
}

#[tokio::test]
async fn a_letter_is_tried_again_and_then_no_more() {
    for mood in [Mood::Away, Mood::Breaks, Mood::Greylists] {
        let sink = Sink::start().await;
        sink.be(mood);
        let server = server(&sink).await;
        queued(&server, to(ANN, Content::SignIn)).await;
        tried(&server, &sink, 1).await;
        server.service.deliver().await.unwrap();
        assert_eq!(sink.visits(), 1, "{mood:?}: not before its time");
        server.clock.advance(MINUTE);
        server.service.deliver().await.unwrap();
        tried(&server, &sink, 2).await;
        server.clock.advance(HOUR);
        server.sweep().await;
        let letters = server.service.letters().await.unwrap();
        assert_eq!((letters.len(), letters[0].standing), (1, Standing::Dead), "{mood:?}");
        assert!(letters[0].cause.is_some() && letters[0].due_at.is_none(), "{letters:?}");
        assert_eq!(kinds(&server).await, [EventKind::LetterFailed], "{mood:?}");
        sink.be(Mood::Takes);
        server.service.deliver().await.unwrap();
        assert!(sink.taken().is_empty(), "nobody waits for it any more");
    }
}

#[tokio::test]
async fn a_dead_letter_is_tried_again_or_given_up_when_somebody_says_so() {
    let sink = Sink::start().await;
    sink.be(Mood::Refuses);
    let server = server(&sink).await;
    let (service, operator) = (&server.service, Actor::Operator);
    queued(&server, changed(ANN)).await;
    settled(&server).await;
    let dead = service.letters().await.unwrap().remove(0);
    assert_eq!((dead.standing, dead.cause), (Standing::Dead, Some(Cause::Code(550))));
    assert!(!service.retry_letter("0123456789ab", operator).await.unwrap(), "no such letter");
    assert!(service.retry_letter(&dead.reference, operator).await.unwrap());
    settled(&server).await;
    let again = service.letters().await.unwrap().remove(0);
    assert_eq!((&again.reference, again.attempts), (&dead.reference, 2));
    sink.be(Mood::Takes);
    assert!(service.retry_letter(&dead.reference, operator).await.unwrap());
    sink.last_of(1).await;
    settled(&server).await;
    assert!(!service.drop_letter(&dead.reference, operator).await.unwrap(), "it was sent");
    sink.be(Mood::Refuses);
    queued(&server, changed("bea@example.com")).await;
    settled(&server).await;
    let dead = service.letters().await.unwrap().remove(0);
    assert!(service.drop_letter(&dead.reference, operator).await.unwrap());
    assert!(service.letters().await.unwrap().is_empty());
    let expected = [
        EventKind::LetterFailed,
        EventKind::LetterRetried,
        EventKind::LetterFailed,
        EventKind::LetterRetried,
        EventKind::LetterSent,
        EventKind::LetterFailed,
        EventKind::LetterDropped,
    ];
    assert_eq!(kinds(&server).await, expected);
}

/// Whoever was at it is gone, and nobody knows how far they came: it is sent, perhaps once more.
#[tokio::test]
async fn a_letter_survives_whoever_was_sending_it() {
    let sink = Sink::start().await;
    sink.be(Mood::Mute);
    let server = server(&sink).await;
    queued(&server, to(ANN, Content::SignIn)).await;
    sink.visited(1).await;
    server.service.deliver().await.unwrap();
    assert_eq!(sink.visits(), 1, "it is one node's for now");
    let server = server.restart().await;
    sink.be(Mood::Takes);
    server.clock.advance(3 * MINUTE);
    server.service.deliver().await.unwrap();
    assert_eq!(sink.last_of(1).await.to, [ANN]);
    settled(&server).await;
}

/// R85: what has come to nothing in the meantime is not mailed.
#[tokio::test]
async fn what_there_is_no_reason_for_any_more_is_not_mailed() {
    let sink = Sink::start().await;
    let server = server(&sink).await;
    let expires_at = server.service.clock().now().plus(24 * HOUR);
    let key = Content::KeyExpiring {
        label: "deploy".to_owned(),
        reference: "0123456789ab".to_owned(),
        expires_at,
    };
    let invitation = Content::Invitation {
        organisation: "Nordwind AB".to_owned(),
        inviter: ANN.to_owned(),
        role: "member".to_owned(),
        until: expires_at,
    };
    for content in [key, invitation, Content::SetUp] {
        let letter = Letter { subject: 7, ..to("otto@example.com", content) };
        assert_eq!(post(&server, letter).await, Queued::Waits);
    }
    settled(&server).await;
    assert_eq!((sink.visits(), server.service.letters().await.unwrap().len()), (0, 0));
    assert_eq!(kinds(&server).await, []);
}

/// R39: so many and no more, and nobody is kept from learning what has happened by whoever asks for much.
#[tokio::test]
async fn nobody_gets_too_many_letters() {
    let sink = Sink::start().await;
    let server = server(&sink).await;
    let ask = async |address: &str| post(&server, to(address, Content::SignIn)).await;
    assert_eq!(ask(ANN).await, Queued::Waits);
    assert_eq!(ask(ANN).await, Queued::ComeBack(MINUTE), "not twice in a minute");
    for network in 1_u8..10 {
        server.clock.advance(MINUTE);
        let letter = to(ANN, Content::SignIn);
        let asked = server.service.post_letter(letter, Some(&[network])).await;
        assert_eq!(asked.unwrap(), Queued::Waits);
    }
    server.clock.advance(MINUTE);
    assert_eq!(ask(ANN).await, Queued::ComeBack(50 * MINUTE), "ten in an hour");
    assert_eq!(post(&server, to(ANN, Content::Test)).await, Queued::ComeBack(50 * MINUTE));
    assert_eq!(post(&server, changed(ANN)).await, Queued::Waits, "what has happened is told");
    for other in 0..26 {
        assert_eq!(ask(&format!("other{other}@example.com")).await, Queued::Waits, "{other}");
    }
    let refused = ask("another@example.com").await;
    assert!(matches!(refused, Queued::ComeBack(_)), "thirty in an hour from one network");
    let elsewhere = to("another@example.com", Content::SignIn);
    let elsewhere = server.service.post_letter(Letter { subject: 1, ..elsewhere }, Some(b"there"));
    assert_eq!(elsewhere.await.unwrap(), Queued::Waits, "another network is another");
    server.clock.advance(HOUR);
    assert_eq!(ask(ANN).await, Queued::Waits, "an hour later there is room");
}

/// R39: a stranger does not use up what an address gets.
#[tokio::test]
async fn one_network_takes_five_letters_of_an_address_and_no_more() {
    let sink = Sink::start().await;
    let server = server(&sink).await;
    for _ in 0..5 {
        assert_eq!(post(&server, to(ANN, Content::SignIn)).await, Queued::Waits);
        server.clock.advance(MINUTE);
    }
    let sixth = post(&server, to(ANN, Content::SignIn)).await;
    assert!(matches!(sixth, Queued::ComeBack(_)), "{sixth:?}");
    let own = server.service.post_letter(to(ANN, Content::SignIn), Some(b"home"));
    assert_eq!(own.await.unwrap(), Queued::Waits);
}

#[tokio::test]
async fn without_a_mail_server_nothing_is_promised() {
    let server = Server::start().await;
    let refused = server.service.post_letter(to(ANN, Content::SignIn), None).await;
    assert!(matches!(refused, Err(NotWritten::NoMail)));
    assert!(server.service.letters().await.unwrap().is_empty());
}
