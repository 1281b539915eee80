//! Connections: their times, their number, their order, and their end.

use std::time::Duration;

use serde_json::json;
use testkit::asking::until;
use testkit::calls::{create, creation, terms};
use testkit::server::{Server, Setup};
use testkit::{Ask, Connection};

/// Short enough to be waited for, long enough for a busy machine to do its part in.
const SHORT: Duration = Duration::from_millis(400);

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn a_head_that_takes_too_long_is_told_so_and_let_go() {
    let mut setup = Setup::default();
    setup.options.header_timeout = SHORT;
    let server = Server::with(setup).await;
    for start in [&b"G"[..], b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut connection = Connection::open(server.address).await;
        connection.send(start).await;
        let answer = connection.answer().await.unwrap();
        assert_eq!((answer.status, answer.problem().as_str()), (408, "timeout"));
        connection.finish().await;
        assert_eq!(connection.rest().await, b"");
    }
}

#[tokio::test]
async fn a_head_that_trickles_is_not_a_head_that_comes() {
    let mut setup = Setup::default();
    setup.options.header_timeout = SHORT;
    let server = Server::with(setup).await;
    let mut connection = Connection::open(server.address).await;
    let trickle = async {
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().cycle() {
            connection.send(&[*byte]).await;
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    // Every byte comes soon after the last one: what counts is the whole head.
    assert!(tokio::time::timeout(SHORT * 3, trickle).await.is_err());
    assert!(matches!(connection.answer().await.unwrap().status, 400 | 408));
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let mut setup = Setup::default();
    setup.options.header_timeout = SHORT;
    setup.options.idle_timeout = SHORT;
    let server = Server::with(setup).await;
    let mut silent = Connection::open(server.address).await;
    assert_eq!(silent.rest().await, b"", "closed without a word");
    let mut idle = Connection::open(server.address).await;
    idle.send(GET).await;
    assert_eq!(idle.answer().await.unwrap().status, 200);
    assert_eq!(idle.rest().await, b"", "after an answer as well");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_told_so_and_creates_nothing() {
    let mut setup = Setup::default();
    setup.options.body_patience = SHORT;
    setup.options.body_bytes_per_second = 1_000_000;
    let server = Server::with(setup).await;
    let ask = create(&server.seal("hush", None), &json!({}));
    let whole = ask.bytes();
    for sent in [ask.head().len(), ask.head().len() + 100, whole.len() - 30] {
        let mut connection = Connection::open(server.address).await;
        connection.send(&whole[..sent]).await;
        let answer = connection.answer().await.unwrap();
        assert_eq!((answer.status, answer.problem().as_str()), (408, "timeout"));
    }
    assert!(server.kept().await.trail.is_empty());
    // A body that trickles loses patience just the same.
    let mut connection = Connection::open(server.address).await;
    connection.send(&ask.head()).await;
    let trickle = async {
        for byte in &whole[ask.head().len()..] {
            connection.send(&[*byte]).await;
            tokio::time::sleep(SHORT / 20).await;
        }
    };
    assert!(tokio::time::timeout(SHORT * 3, trickle).await.is_err());
    assert_eq!(connection.answer().await.unwrap().status, 408);
}

/// Law 10: one address has its share of connections, and gets it back.
#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let mut setup = Setup::default();
    setup.options.connections_per_network = 5;
    let server = Server::with(setup).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::open(server.address).await;
        connection.send(GET).await;
        assert_eq!(connection.answer().await.unwrap().status, 200);
        held.push(connection);
    }
    for _ in 0..3 {
        let mut more = Connection::open(server.address).await;
        more.send(GET).await;
        assert_eq!(more.answer().await, None, "closed without a word");
    }
    for connection in &mut held {
        connection.send(GET).await;
        assert_eq!(connection.answer().await.unwrap().status, 200, "those who have one keep it");
    }
    drop(held.pop());
    until("the place is free again", async || {
        Ask::get("/healthz").try_of(server.address).await.is_some_and(|answer| answer.status == 200)
    })
    .await;
}

#[tokio::test]
async fn a_trusted_proxy_stands_for_many_and_has_no_share() {
    let mut setup = Setup { proxies: &["127.0.0.0/8"], ..Setup::default() };
    setup.options.connections_per_network = 2;
    let server = Server::with(setup).await;
    let mut held = Vec::new();
    for _ in 0..10 {
        let mut connection = Connection::open(server.address).await;
        connection.send(GET).await;
        assert_eq!(connection.answer().await.unwrap().status, 200);
        held.push(connection);
    }
}

#[tokio::test]
async fn requests_in_one_piece_are_answered_in_their_order() {
    let server = Server::start().await;
    let mut connection = Connection::open(server.address).await;
    let sealed = server.seal("hush", None);
    let limits = b"GET /v1/limits HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let bytes = [GET, &create(&sealed, &json!({})).bytes(), limits, GET].concat();
    connection.send(&bytes).await;
    let mut read = Vec::new();
    for _ in 0..4 {
        read.push(connection.answer().await.unwrap());
    }
    let statuses: Vec<u16> = read.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 201, 200, 200]);
    assert_eq!((&*read[0].body, &*read[3].body), (&b"ok"[..], &b"ok"[..]));
    assert_eq!(read[2].json()["views"]["max"], 100);
}

#[tokio::test]
async fn whoever_asks_first_whether_to_send_is_told() {
    let server = Server::start().await;
    let ask = create(&server.seal("hush", None), &json!({})).with("Expect", "100-continue");
    let head = ask.head();
    let mut connection = Connection::open(server.address).await;
    connection.send(&head).await;
    assert_eq!(connection.answer().await.unwrap().status, 100);
    connection.send(&ask.bytes()[head.len()..]).await;
    assert_eq!(connection.answer().await.unwrap().status, 201);
    // Whoever would send too much, or to nowhere, is told before they send.
    let large = (4_u64 << 30).to_string();
    let refused = create(&server.seal("hush", None), &json!({}));
    let refused = refused.with("Expect", "100-continue").with("Content-Length", &large);
    let mut connection = Connection::open(server.address).await;
    connection.send(&refused.head()).await;
    assert_eq!(connection.answer().await.unwrap().status, 413);
}

/// HTTP/2 without asking first: preface, settings, one request, written by hand.
#[tokio::test]
async fn http_2_is_spoken_with_those_who_begin_with_it() {
    let server = Server::start().await;
    let mut connection = Connection::open(server.address).await;
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    };
    let text = |name: u8, value: &str| {
        [&[name, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
    };
    // GET (2), http (6), and path (4) and authority (1) as literals.
    let block = [vec![0x82, 0x86], text(0x04, "/healthz"), text(0x01, "localhost")].concat();
    connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    connection.send(&[frame(4, 0, 0, &[]), frame(1, 0x05, 1, &block)].concat()).await;
    let mut read = Vec::new();
    let (mut headers, mut body) = (Vec::new(), Vec::new());
    loop {
        while read.len() < 9 {
            read.extend(connection.bytes(1).await);
        }
        let length = u32::from_be_bytes([0, read[0], read[1], read[2]]);
        let whole = usize::try_from(length).unwrap() + 9;
        while read.len() < whole {
            read.extend(connection.bytes(1).await);
        }
        let (kind, flags) = (read[3], read[4]);
        let payload: Vec<u8> = read.drain(..whole).skip(9).collect();
        match kind {
            0 => body.extend(payload),
            1 => headers.extend(payload),
            _ => {}
        }
        if matches!(kind, 0 | 1) && flags & 1 == 1 {
            break;
        }
    }
    // The first field is the status, and 8 is 200.
    assert_eq!(headers.first(), Some(&0x88));
    assert_eq!(body, b"ok");
    assert_eq!(Ask::get("/healthz").of(server.address).await.status, 200);
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_runs_and_takes_nothing_new() {
    let server = Server::start().await;
    let address = server.address;
    let sealed = server.seal("hush", None);
    let ask = create(&sealed, &json!({}));
    let whole = ask.bytes();
    let half = ask.head().len() + 200;
    let mut running = Connection::open(address).await;
    running.send(&whole[..half]).await;
    let mut idle = Connection::open(address).await;
    idle.send(GET).await;
    assert_eq!(idle.answer().await.unwrap().status, 200);
    server.tell_to_stop();
    assert_eq!(idle.rest().await, b"", "an idle connection ends at once");
    until("nobody listens", async || Connection::try_open(address).await.is_none()).await;
    running.send(&whole[half..]).await;
    let answer = running.answer().await.unwrap();
    assert_eq!(answer.status, 201, "what runs is finished");
    assert_eq!(running.rest().await, b"");
    drop(server.stop().await);
}

#[tokio::test]
async fn what_does_not_finish_in_the_drain_time_is_cut_off_and_keeps_nothing() {
    let mut setup = Setup::default();
    setup.options.drain = SHORT;
    let server = Server::with(setup).await;
    let sealed = server.seal("hush", None);
    let said = terms(&sealed, &json!({})).to_string();
    let body = creation(said.as_bytes(), &sealed.envelope);
    let ask = testkit::calls::create_with(body);
    let mut stuck = Connection::open(server.address).await;
    stuck.send(&ask.bytes()[..ask.head().len() + 300]).await;
    let before = server.kept().await;
    server.tell_to_stop();
    assert_eq!(stuck.answer().await, None);
    let server = server.restart().await;
    assert_eq!(server.kept().await, before);
}
