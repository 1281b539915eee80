//! Ceilings of bodies hold while they stream in, whatever a request says about its length (R38).

use serde_json::json;
use testkit::Connection;
use testkit::calls::{BOUNDARY, create, create_with, creation, part, terms};
use testkit::server::{Server, Setup};

async fn small_house() -> Server {
    let mut setup = Setup::default();
    setup.limits.max_envelope = 100_000;
    Server::with(setup).await
}

/// The head of a creation whose envelope never ends, and the start of its body.
fn endless(server: &Server, framing: &str) -> (Vec<u8>, Vec<u8>) {
    let sealed = server.seal("hush", None);
    let said = terms(&sealed, &json!({})).to_string();
    let head = format!(
        "POST /v1/secrets HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    );
    let mut start = part("terms", "application/json", said.as_bytes());
    let mut envelope = part("envelope", "application/octet-stream", &sealed.envelope[..64]);
    envelope.truncate(envelope.len() - 2);
    start.extend(envelope);
    (head.into_bytes(), start)
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[tokio::test]
async fn a_body_that_says_that_it_is_too_long_is_not_read() {
    let server = small_house().await;
    let (head, _) = endless(&server, "Content-Length: 200000");
    let mut connection = Connection::open(server.address).await;
    connection.send(&head).await;
    let answer = connection.answer().await.unwrap();
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
    assert_eq!(answer.json()["limit"], 100_000);
}

#[tokio::test]
async fn a_body_without_a_length_is_refused_as_it_passes_the_ceiling() {
    let server = small_house().await;
    let (head, start) = endless(&server, "Transfer-Encoding: chunked");
    let mut connection = Connection::open(server.address).await;
    connection.send(&head).await;
    connection.send(&chunk(&start)).await;
    connection.send(&chunk(&vec![0; 99_000])).await;
    connection.send(&chunk(&vec![0; 1_500])).await;
    // The answer comes although the body has not ended, and nothing of it is kept.
    let answer = connection.answer().await.unwrap();
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
    let kept = server.kept().await;
    assert_eq!((kept.trail.len(), kept.bytes, kept.files), (0, 0, 0));
}

/// The framing of a creation has room beside the envelope: a length that only that makes possible
/// does not let more of the envelope through.
#[tokio::test]
async fn the_ceiling_is_counted_in_bytes_of_the_envelope_and_in_one_place() {
    let server = small_house().await;
    let sized = |size: usize| {
        let empty = server.seal("", None).envelope.len();
        let sealed = server.seal(&"x".repeat(size - empty), None);
        // Sealing pads: what counts is what is sent.
        let mut envelope = sealed.envelope.clone();
        envelope.resize(size, 0);
        creation(terms(&sealed, &json!({})).to_string().as_bytes(), &envelope)
    };
    for (size, status) in [(100_000, 201), (100_001, 413), (108_000, 413)] {
        let body = sized(size);
        let answer = create_with(body.clone()).of(server.address).await;
        assert_eq!(answer.status, status, "{size} with a length: {}", answer.text());
        let head = format!(
            "POST /v1/secrets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\
             Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        );
        let mut connection = Connection::open(server.address).await;
        connection.send(head.as_bytes()).await;
        for piece in body.chunks(7001) {
            connection.send(&chunk(piece)).await;
        }
        connection.send(b"0\r\n\r\n").await;
        let answer = connection.answer().await.unwrap();
        assert_eq!(answer.status, status, "{size} in chunks: {}", answer.text());
        if status == 413 {
            assert_eq!(answer.json()["limit"], 100_000);
        }
    }
    let kept = server.kept().await;
    assert_eq!((kept.trail.len(), kept.bytes, kept.files), (2, 200_000, 2));
}

/// A length that says little more than is allowed: the answer comes at the ceiling, not at the end.
#[tokio::test]
async fn a_body_that_says_less_than_it_needs_to_be_refused_is_refused_as_it_passes_the_ceiling() {
    let server = small_house().await;
    let (head, start) = endless(&server, "Content-Length: 110000");
    let mut connection = Connection::open(server.address).await;
    connection.send(&head).await;
    connection.send(&start).await;
    connection.send(&vec![0; 100_500]).await;
    let answer = connection.answer().await.unwrap();
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
    let kept = server.kept().await;
    assert_eq!((kept.trail.len(), kept.bytes, kept.files), (0, 0, 0));
}

#[tokio::test]
async fn terms_that_never_end_are_refused_as_they_pass_their_ceiling() {
    let server = small_house().await;
    let (head, _) = endless(&server, "Transfer-Encoding: chunked");
    let start = part("terms", "application/json", &vec![b' '; 20_000]);
    let mut connection = Connection::open(server.address).await;
    connection.send(&head).await;
    connection.send(&chunk(&start[..start.len() - 2])).await;
    let answer = connection.answer().await.unwrap();
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
    assert_eq!(answer.json()["limit"], 16 * 1024);
}

/// Whatever is searched for in a body is not searched for for ever, and not gathered without end.
#[tokio::test]
async fn parts_that_are_never_found_are_given_up() {
    let server = small_house().await;
    let (head, start) = endless(&server, "Transfer-Encoding: chunked");
    let nothing = vec![0; 200_000];
    let unending_head =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"terms\"\r\nX: ");
    let third = format!("\r\n--{BOUNDARY}\r\nX: ");
    let sequences: [&[&[u8]]; 3] = [
        &[&nothing],
        &[unending_head.as_bytes(), &nothing],
        &[&start, &[0; 64], third.as_bytes(), &nothing],
    ];
    for sequence in sequences {
        let mut connection = Connection::open(server.address).await;
        connection.send(&head).await;
        for bytes in sequence {
            connection.send(&chunk(bytes)).await;
        }
        // The body goes on: the answer does not wait for its end.
        let answer = connection.answer().await.unwrap();
        assert_eq!((answer.status, answer.problem().as_str()), (400, "malformed"));
    }
    let kept = server.kept().await;
    assert_eq!((kept.trail.len(), kept.bytes, kept.files), (0, 0, 0));
}

#[tokio::test]
async fn json_that_never_ends_is_refused_as_it_passes_its_ceiling() {
    let server = small_house().await;
    let shared = server.shared().await;
    let head = format!(
        "POST /v1/secrets/{}/claim HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/json\r\n\r\n",
        shared.id
    );
    let mut connection = Connection::open(server.address).await;
    connection.send(head.as_bytes()).await;
    connection.send(&chunk(&vec![b' '; 17_000])).await;
    let answer = connection.answer().await.unwrap();
    assert_eq!((answer.status, answer.problem().as_str()), (413, "too-large"));
}

#[tokio::test]
async fn a_large_body_that_stops_halfway_leaves_no_file() {
    let server = Server::start().await;
    let large = server.seal(&"x".repeat(2_000_000), None);
    let whole = create(&large, &json!({})).bytes();
    let mut connection = Connection::open(server.address).await;
    connection.send(&whole[..1_500_000]).await;
    testkit::until("the file is begun", async || server.kept().await.files == 1).await;
    drop(connection);
    testkit::until("the file is gone", async || server.kept().await.files == 0).await;
    assert!(server.kept().await.trail.is_empty());
}

#[tokio::test]
async fn a_body_on_a_route_that_takes_none_is_not_waited_for() {
    let server = small_house().await;
    let mut connection = Connection::open(server.address).await;
    let head =
        "POST /v1/receipt/burn HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000000\r\n\r\n";
    connection.send(head.as_bytes()).await;
    assert_eq!(connection.answer().await.unwrap().problem(), "unavailable");
}
