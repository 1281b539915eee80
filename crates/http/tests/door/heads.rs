//! Request smuggling, on a raw socket: whatever two servers could read in two ways is refused, the
//! connection ends with it, and nothing that follows is read as a request.

use testkit::calls::{BOUNDARY, create, creation, terms};
use testkit::server::Server;
use testkit::{Answer, Connection};

/// What an attacker hopes that the server will take for a request of its own.
const SMUGGLED: &[u8] =
    b"POST /v1/receipt/burn HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";

/// Every answer to these bytes until the server ends the connection.
async fn answers(server: &Server, bytes: &[u8]) -> Vec<Answer> {
    let mut connection = Connection::open(server.address).await;
    connection.send(bytes).await;
    let mut answers = Vec::new();
    while let Some(answer) = connection.answer().await {
        answers.push(answer);
    }
    answers
}

#[tokio::test]
async fn a_head_that_can_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    let server = Server::start().await;
    let post =
        |fields: &str| format!("POST /v1/secrets HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n\r\n");
    let get =
        |fields: &str| format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n\r\n");
    let line = |line: &str| format!("{line}\r\nHost: localhost\r\n\r\n");
    for head in [
        // Two framings, or one framing twice.
        post("Content-Length: 5\r\nTransfer-Encoding: chunked"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 5"),
        post("Content-Length: 5\r\nContent-Length: 5"),
        post("Content-Length: 5\r\nContent-Length: 6"),
        post("Content-Length: 5, 5"),
        post("Content-Length: 5,6"),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        post("Transfer-Encoding: chunked, chunked"),
        post("Transfer-Encoding: gzip, chunked"),
        post("Transfer-Encoding: chunked, identity"),
        post("Transfer-Encoding: identity"),
        post("Transfer-Encoding: xchunked"),
        post("Transfer-Encoding: \"chunked\""),
        post("Transfer-Encoding:"),
        // Lengths that are not numbers.
        post("Content-Length: +5"),
        post("Content-Length: -5"),
        post("Content-Length: 0x5"),
        post("Content-Length: 5 5"),
        post("Content-Length: 5a"),
        post("Content-Length:"),
        post("Content-Length: 18446744073709551616"),
        // Names that are not names.
        post("Content-Length : 5"),
        post(" Content-Length: 5"),
        post("Transfer-Encoding : chunked"),
        post("Transfer-Encoding\t: chunked"),
        get(": x"),
        get("no colon"),
        get("X\u{e9}: x"),
        get("X(y): z"),
        // Folded lines.
        get("X-Folded: a\r\n b"),
        get("X-Folded: a\r\n\tb"),
        post("Transfer-Encoding:\r\n chunked"),
        // Line ends that are none.
        get("X: a\nContent-Length: 5"),
        get("X: a\rContent-Length: 5"),
        "GET /healthz HTTP/1.1\nHost: localhost\n\n".to_owned(),
        get("X: a\r\r"),
        // Characters that have no place.
        get("X: a\0b"),
        get("X\0: a"),
        get("X: a\u{b}b"),
        get("X: a\u{7f}b"),
        // Request lines.
        line("GET  /healthz HTTP/1.1"),
        line("GET\t/healthz HTTP/1.1"),
        line("GET /healthz"),
        line("GET /healthz HTTP/1.1 "),
        line(" GET /healthz HTTP/1.1"),
        line("GET /health z HTTP/1.1"),
        line("GET healthz HTTP/1.1"),
        line("GET /healthz#fragment HTTP/1.1"),
        line("GET /healthz HTTP/1.2"),
        line("GET /healthz HTTP/2.0"),
        line("GET /healthz HTTP/0.9"),
        line("GET /healthz http/1.1"),
        line("GET * HTTP/1.1"),
        line("OPTIONS * HTTP/1.1"),
        line("CONNECT localhost:80 HTTP/1.1"),
        line("G(T /healthz HTTP/1.1"),
        line("GET /\u{e9} HTTP/1.1"),
        "POST /v1/secrets HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_owned(),
    ] {
        let answers = answers(&server, &[head.as_bytes(), SMUGGLED].concat()).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [400], "{head:?}");
        assert_eq!(answers[0].problem(), "malformed", "{head:?}");
        assert_eq!(answers[0].header("connection"), Some("close"), "{head:?}");
        assert_eq!(answers[0].header("x-content-type-options"), Some("nosniff"), "R88");
    }
}

#[tokio::test]
async fn a_head_in_pieces_is_judged_as_one() {
    let server = Server::start().await;
    let bytes = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for piece in [1, 7, 40] {
        let mut connection = Connection::open(server.address).await;
        for part in bytes.chunks(piece) {
            connection.send(part).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(connection.answer().await.unwrap().body, b"ok");
    }
    let mut connection = Connection::open(server.address).await;
    for part in
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"
            .chunks(3)
    {
        connection.send(part).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(connection.answer().await.unwrap().status, 400);
}

/// The sizes of chunks decide where the next request begins.
#[tokio::test]
async fn a_chunked_body_that_can_be_read_in_two_ways_creates_nothing() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let said = terms(&sealed, &serde_json::json!({})).to_string();
    let body = creation(said.as_bytes(), &sealed.envelope);
    let head = format!(
        "POST /v1/secrets HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    );
    let (first, second) = body.split_at(body.len() / 2);
    let size = format!("{:x}", first.len());
    // Two chunks: the line of the first one's size, what ends it, and what ends the body.
    let chunked = |line: &str, end: &str, trailers: &str| {
        let next = format!("{:x}\r\n", second.len());
        let parts = [line.as_bytes(), first, end.as_bytes(), next.as_bytes(), second, b"\r\n0"];
        [head.as_bytes(), &parts.concat(), trailers.as_bytes()].concat()
    };
    let mut connection = Connection::open(server.address).await;
    for (line, trailers) in [
        (format!("{size}\r\n"), "\r\n\r\n"),
        (format!("{size};name=value\r\n"), ";x\r\nX-Sum: 1\r\n\r\n"),
    ] {
        connection.send(&chunked(&line, "\r\n", trailers)).await;
        assert_eq!(connection.answer().await.unwrap().status, 201);
    }
    let before = server.kept().await;
    for (line, end) in [
        (format!("{size}\n"), "\r\n"),
        (format!("{size}\r\n"), "\n"),
        (format!("{size}\r\n"), "XX"),
        (format!("{size}\r\n"), ""),
        (format!("0x{size}\r\n"), "\r\n"),
        (format!("+{size}\r\n"), "\r\n"),
        (format!("-{size}\r\n"), "\r\n"),
        (format!(" {size}\r\n"), "\r\n"),
        (format!("{size} \r\n"), "\r\n"),
        ("\r\n".to_owned(), "\r\n"),
        ("ffffffffffffffff0\r\n".to_owned(), "\r\n"),
        (format!("{size};a\nb\r\n"), "\r\n"),
        (format!("{size};{}\r\n", "x".repeat(300)), "\r\n"),
    ] {
        let bytes = [&chunked(&line, end, "\r\n\r\n"), SMUGGLED].concat();
        // Whether or not the fault can still be told, there is no second answer.
        let statuses: Vec<u16> = answers(&server, &bytes).await.iter().map(|a| a.status).collect();
        assert!(matches!(statuses.as_slice(), [] | [400]), "{line:?} {end:?}: {statuses:?}");
        assert_eq!(server.kept().await, before, "{line:?} {end:?}");
    }
    // Here the envelope is whole before the fault: it may be kept, and nothing after it is read.
    for trailers in [
        "\r\nContent-Length: 5\r\n\r\n",
        "\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\r\n folded\r\n\r\n",
        "\r\nX: a\nY: b\r\n\r\n",
        "\n\r\n",
        " \r\n\r\n",
    ] {
        let good = format!("{size}\r\n");
        let bytes = [&chunked(&good, "\r\n", trailers), SMUGGLED].concat();
        assert!(answers(&server, &bytes).await.len() <= 1, "{trailers:?}");
    }
}

#[tokio::test]
async fn a_length_that_lies_creates_nothing_and_gives_no_second_request() {
    let server = Server::start().await;
    let sealed = server.seal("hush", None);
    let ask = create(&sealed, &serde_json::json!({}));
    let whole = ask.bytes();
    let length = whole.len() - ask.head().len();
    // Too short: what is left over is no request.
    let short = ask.clone().with("Content-Length", &(length - 20).to_string()).bytes();
    let short = [&short, &b"\r\n\r\n"[..]].concat();
    let statuses: Vec<u16> = answers(&server, &short).await.iter().map(|a| a.status).collect();
    assert_eq!(statuses, [400, 400], "a body that is cut, and a request that is none");
    // Too long: the end of the connection is not the end of the body.
    let mut connection = Connection::open(server.address).await;
    connection.send(&whole[..whole.len() - 30]).await;
    connection.finish().await;
    let answer = connection.answer().await;
    assert!(answer.is_none_or(|answer| answer.status == 400));
    assert!(server.kept().await.trail.is_empty());
}

#[tokio::test]
async fn too_many_lines_and_too_many_bytes_are_refused() {
    let server = Server::start().await;
    let lines = |count: usize| "X: y\r\n".repeat(count);
    let head = |fields: String| format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
    let mut connection = Connection::open(server.address).await;
    connection.send(head(lines(99)).as_bytes()).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
    for fields in [lines(100), format!("X: {}\r\n", "y".repeat(17_000)), "y".repeat(20_000)] {
        let answers = answers(&server, &[head(fields).as_bytes(), SMUGGLED].concat()).await;
        assert_eq!(answers.len(), 1);
        assert_eq!((answers[0].status, answers[0].problem().as_str()), (431, "headers-too-large"));
    }
    let target = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(20_000));
    assert_eq!(answers(&server, target.as_bytes()).await[0].status, 431);
}
