//! Which host is asked, and who is asking.

use serde_json::json;
use testkit::calls::{self, create, wrong_guess};
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask, Connection};

async fn raw(server: &Server, head: &str) -> Answer {
    let mut connection = Connection::open(server.address).await;
    connection.send(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await;
    connection.answer().await.unwrap()
}

/// R81: a host that is not configured gets no content.
#[tokio::test]
async fn only_the_configured_host_and_this_machine_are_answered() {
    let server = Server::start().await;
    for host in [
        "secrets.example",
        "SECRETS.example",
        "secrets.example:443",
        "localhost",
        "localhost:8080",
        "127.0.0.1:1",
        "[::1]:8080",
    ] {
        assert_eq!(Ask::get("/").with("Host", host).of(server.address).await.status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "secrets.example:8443",
        "secrets.example.evil.example",
        "evil.example/secrets.example",
        "secrets.example@evil.example",
        "xsecrets.example",
        "secrets.example.",
        "",
        "192.0.2.1",
    ] {
        for address in ["/", "/s/1", "/v1/limits", "/nowhere", "/assets/x/y"] {
            let answer = Ask::get(address).with("Host", host).of(server.address).await;
            assert_eq!((answer.status, answer.problem().as_str()), (421, "misdirected"), "{host}");
            assert!(host.is_empty() || !answer.text().contains(host));
        }
        for probe in ["/healthz", "/readyz"] {
            let answer = Ask::get(probe).with("Host", host).of(server.address).await;
            assert_eq!(answer.status, 200, "probes know only an address");
        }
    }
}

#[tokio::test]
async fn the_target_and_the_host_must_agree() {
    let server = Server::start().await;
    let good = "GET http://secrets.example/v1/limits HTTP/1.1\r\nHost: secrets.example";
    assert_eq!(raw(&server, good).await.status, 200);
    let other = "GET http://evil.example/v1/limits HTTP/1.1\r\nHost: evil.example";
    assert_eq!(raw(&server, other).await.status, 421);
    for head in [
        "GET http://evil.example/ HTTP/1.1\r\nHost: secrets.example",
        "GET http://secrets.example/ HTTP/1.1\r\nHost: evil.example",
        "GET / HTTP/1.1\r\nHost: secrets.example\r\nHost: secrets.example",
        "GET / HTTP/1.1\r\nHost: secrets.example\r\nHost: evil.example",
        "GET / HTTP/1.1",
    ] {
        let answer = raw(&server, head).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "malformed"), "{head}");
    }
}

/// R81: links are built from the configured public URL and from nothing that a request says.
#[tokio::test]
async fn no_header_changes_a_link() {
    let server = Server::with(Setup { proxies: &["127.0.0.0/8"], ..Setup::default() }).await;
    let ask = create(&server.seal("hush", None), &json!({}))
        .with("Host", "localhost:9")
        .with("X-Forwarded-Host", "evil.example")
        .with("X-Forwarded-Proto", "http")
        .with("X-Forwarded-Port", "1")
        .with("X-Original-Host", "evil.example")
        .with("Forwarded", "for=192.0.2.1;host=evil.example;proto=http");
    let answer = ask.of(server.address).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let url = answer.json()["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://secrets.example/s/"), "{url}");
    let spoofed =
        Ask::get("/").with("Host", "evil.example").with("X-Forwarded-Host", "secrets.example");
    assert_eq!(spoofed.of(server.address).await.status, 421);
}

/// Sends wrong passphrases until this address must wait; says how many it got.
async fn tries(server: &Server, header: &str, addresses: &[&str]) -> usize {
    let sealed = server.seal("hush", Some("right"));
    let shared = calls::share(server.address, sealed, &json!({})).await;
    let mut tried = 0;
    for turn in 0..12 {
        let address = addresses[turn % addresses.len()];
        let ask = wrong_guess(&shared, &*server.dice).with(header, address);
        tried += usize::from(ask.of(server.address).await.status == 403);
    }
    tried
}

/// R34: forwarded addresses count from a trusted proxy, right to left, and from nobody else.
#[tokio::test]
async fn only_a_trusted_proxy_says_who_is_asking() {
    let many = ["198.51.100.1", "198.51.100.2", "198.51.100.3"];
    let server = Server::start().await;
    assert_eq!(tries(&server, "X-Forwarded-For", &many).await, 5, "a stranger is one network");
    assert_eq!(tries(&server, "Forwarded", &["for=192.0.2.1", "for=192.0.2.2"]).await, 5);
    assert_eq!(tries(&server, "X-Real-IP", &many).await, 5);

    let server = Server::with(Setup { proxies: &["127.0.0.0/8"], ..Setup::default() }).await;
    assert_eq!(tries(&server, "X-Forwarded-For", &many).await, 12, "three networks, four each");
    let spoofed = ["9.9.9.1, 198.51.100.7", "9.9.9.2, 198.51.100.7", "9.9.9.3, 198.51.100.7"];
    assert_eq!(tries(&server, "X-Forwarded-For", &spoofed).await, 5, "the nearest hop counts");
    let behind = ["198.51.100.7, 127.0.0.9", "198.51.100.7:4711", "::ffff:198.51.100.7"];
    assert_eq!(tries(&server, "X-Forwarded-For", &behind).await, 5, "one address in three forms");
    let nonsense = ["unknown", "999.1.1.1", ""];
    assert_eq!(
        tries(&server, "X-Forwarded-For", &nonsense).await,
        5,
        "nobody is somebody else by it"
    );
    assert_eq!(tries(&server, "X-Real-IP", &many).await, 5, "another header is no word at all");
}
