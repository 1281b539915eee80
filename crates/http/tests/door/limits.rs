//! How often one network may ask: who counts as one (R34), how long it is told to wait (R36), and how little
//! whoever asks for no good can have written down (R37).

use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use serde_json::json;
use sigill_http::layers::address::TrustedProxies;
use sigill_http::layers::limits::RateLimits;
use sigill_http::listener::{Options, serve};
use sigill_http::{Origin, State, app};
use testkit::asking::until;
use testkit::calls::{self, Shared, acknowledge, burn, claim, fate, unlock, wrong_guess};
use testkit::server::{Server, Setup};
use testkit::{Answer, Ask};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How many creations one network may ask for at once.
const BURST: usize = 30;
/// More than that, and less than the bursts of two networks.
const TURNS: usize = 40;

async fn limited(proxies: &'static [&'static str]) -> Server {
    Server::with(Setup { rate_limits: true, proxies, ..Setup::default() }).await
}

/// A creation that says nothing. It is one for the limit, which comes first.
fn nothing() -> Ask {
    Ask::post("/v1/secrets")
}

/// How many creations get past the limit when each says something else about where it comes from.
async fn passed(server: &Server, header: &str, values: &[&str]) -> usize {
    let mut passed = 0;
    for turn in 0..TURNS {
        let ask = nothing().with(header, values[turn % values.len()]);
        let status = ask.of(server.address).await.status;
        assert!(matches!(status, 415 | 429), "{status}");
        passed += usize::from(status == 415);
    }
    // Full again.
    server.clock.advance(Duration::from_mins(2));
    passed
}

/// R34: whatever anybody can write makes nobody another one.
#[tokio::test]
async fn a_stranger_that_writes_another_address_meets_the_same_limit() {
    let server = limited(&[]).await;
    let many = ["198.51.100.1", "198.51.100.2", "127.0.0.1"];
    let headers =
        ["X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"];
    for header in headers {
        assert_eq!(passed(&server, header, &many).await, BURST, "{header}");
    }
    let many = ["for=198.51.100.1", "for=198.51.100.2", "for=127.0.0.1"];
    assert_eq!(passed(&server, "Forwarded", &many).await, BURST);
}

/// R34: a proxy adds the address that it sees on the right. What its client has written stands to the
/// left of that, in whatever form.
#[tokio::test]
async fn behind_a_trusted_proxy_each_network_meets_its_own_limit() {
    let server = limited(&["127.0.0.0/8", "10.0.0.0/8"]).await;
    let one: [&[&str]; 6] = [
        &["9.9.9.1, 198.51.100.7", "9.9.9.2,198.51.100.7", "10.0.0.1, 198.51.100.7"],
        &["198.51.100.7, 10.0.0.1", "198.51.100.7, ::ffff:10.0.0.2, 127.0.0.5"],
        &["198.51.100.9", "::ffff:198.51.100.9", "[::ffff:198.51.100.9]:80", "::ffff:c633:6409"],
        &["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "[2001:db8:0:1::3]:443"],
        &["fe80::1", "fe80::2%eth0", "[fe80::3%eth1]"],
        // The proxy itself, when what it says cannot be read.
        &["unknown", "", "198.51.100.7, _hidden", "198.51.100.999"],
    ];
    for values in one {
        assert_eq!(passed(&server, "X-Forwarded-For", values).await, BURST, "{values:?}");
    }
    let many: [&[&str]; 2] =
        [&["198.51.100.1", "198.51.100.2"], &["2001:db8:0:1::1", "2001:db8:0:2::1"]];
    for values in many {
        assert_eq!(passed(&server, "X-Forwarded-For", values).await, TURNS, "{values:?}");
    }
}

/// R34: on a socket for both families an IPv4 peer comes as an IPv6 address. It is who it is.
#[tokio::test]
async fn a_proxy_is_the_same_proxy_on_a_socket_for_both_families() {
    let server = limited(&[]).await;
    let clock: Arc<dyn Clock> = Arc::<testkit::HandClock>::clone(&server.clock);
    let proxies = TrustedProxies::new(vec!["127.0.0.1/32".parse().unwrap()]).unwrap();
    let origin = Origin::parse("https://secrets.example").unwrap();
    let limits = Some(RateLimits::new(clock));
    let state = State::new(server.service.clone(), origin, proxies.clone(), limits);
    // Where there is no IPv6 there is no such socket, and what is shown holds all the more.
    let both = match TcpListener::bind("[::]:0").await {
        Ok(both) => both,
        Err(_) => TcpListener::bind("127.0.0.1:0").await.unwrap(),
    };
    let port = both.local_addr().unwrap().port();
    let stop = CancellationToken::new();
    let options = Options { proxies, ..Options::default() };
    let task = tokio::spawn(serve(both, app(state), options, stop.clone().cancelled_owned()));
    let mut statuses = Vec::new();
    for turn in 0..TURNS {
        let ask = nothing().with("X-Forwarded-For", ["198.51.100.1", "198.51.100.2"][turn % 2]);
        statuses.push(ask.of(([127, 0, 0, 1], port).into()).await.status);
    }
    assert_eq!(statuses, [415; TURNS]);
    stop.cancel();
    task.await.unwrap();
}

/// What an answer tells its reader to wait: a whole number, in the header and in the body.
fn told(answer: &Answer) -> u64 {
    let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "retry-after").collect();
    assert_eq!(headers.len(), 1, "{:?}", answer.headers);
    let told: u64 = headers[0].1.parse().unwrap();
    assert_eq!(headers[0].1, told.to_string());
    assert_eq!(answer.json()["retry_after"], told);
    assert!(told >= 1);
    told
}

/// R36, for every class of routes and at odd moments: the wait that is told is long enough, and
/// asking meanwhile makes it no longer.
#[tokio::test]
async fn whoever_waits_as_long_as_they_are_told_is_let_in() {
    let server = limited(&[]).await;
    for ask in
        [nothing(), Ask::post("/v1/secrets/1/ack"), Ask::get("/v1/receipt"), Ask::get("/v1/limits")]
    {
        for odd in [0, 1, 499, 1001] {
            let refused = async || {
                let mut answer = ask.of(server.address).await;
                for _ in 0..1000 {
                    if answer.status == 429 {
                        break;
                    }
                    answer = ask.of(server.address).await;
                }
                assert_eq!(answer.problem(), "too-many-requests");
                answer
            };
            refused().await;
            server.clock.advance(Duration::from_millis(odd));
            let wait = told(&refused().await);
            for _ in 0..5 {
                assert_eq!(told(&ask.of(server.address).await), wait);
            }
            server.clock.advance(Duration::from_secs(wait));
            assert_ne!(ask.of(server.address).await.status, 429, "{wait} s after {odd} ms");
        }
    }
}

/// R37: neither many networks nor much patience write more about a link than its budget, and what others
/// have had written stays.
#[tokio::test]
async fn a_link_that_is_hammered_has_no_more_written_than_its_budget() {
    let setup = Setup { proxies: &["127.0.0.0/8"], ..Setup::default() };
    let server = Server::with(setup).await;
    let quiet = server.shared().await;
    let asked = json!({ "failed_passphrases": { "limit": 20, "action": "lock" } });
    let hammered = calls::share(server.address, server.seal("hush", Some("right")), &asked).await;
    let guess = async |network: usize| {
        let guess = wrong_guess(&hammered, &*server.dice);
        let network = format!("198.51.100.{network}");
        guess.with("X-Forwarded-For", &network).of(server.address).await.status
    };
    let written = async || fate(server.address, &hammered.receipt).await.1.len() - 1;
    // One network in one window: five tries, and then nothing is written.
    for turn in 0..30 {
        assert_eq!(guess(1).await, if turn < 5 { 403 } else { 429 });
    }
    assert_eq!(written().await, 5);
    for turn in 0..100 {
        guess(turn % 50).await;
    }
    server.clock.advance(Duration::from_mins(10));
    for turn in 0..100 {
        guess(turn % 50).await;
    }
    assert_eq!(written().await, 21, "twenty tries and the lock");
    assert_eq!(server.kept().await.trail.len(), 23, "and two creations");
    assert_eq!(fate(server.address, &quiet.receipt).await.1, ["created"]);
}

/// R37: whatever is asked again is written down once.
#[tokio::test]
async fn asking_again_writes_nothing_again() {
    let server = Server::start().await;
    let again = async |ask: Ask, status: u16| {
        for _ in 0..5 {
            let answer = ask.of(server.address).await;
            assert_eq!(answer.status, status, "{}", answer.text());
        }
    };
    let events = async |shared: &Shared| fate(server.address, &shared.receipt).await.1;
    let opened = server.shared().await;
    let token = server.claim_token();
    again(claim(&opened, &token), 200).await;
    again(calls::fetch(&opened.id, &token), 200).await;
    again(unlock(&opened.receipt), 200).await;
    assert_eq!(events(&opened).await, ["created", "opened"]);
    again(acknowledge(&opened.id, &token), 204).await;
    let whole = events(&opened).await;
    assert_eq!(whole.len(), 3, "{whole:?}");
    again(burn(&opened.receipt), 200).await;
    again(claim(&opened, &server.claim_token()), 404).await;
    assert_eq!(events(&opened).await, whole);
    let burned = server.shared().await;
    again(burn(&burned.receipt), 200).await;
    again(claim(&burned, &token), 404).await;
    assert_eq!(events(&burned).await, ["created", "burned"]);
    until("nothing is left", async || server.kept().await.bytes == 0).await;
}
