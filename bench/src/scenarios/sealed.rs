//! Clients that cannot seal: what the server seals and opens for them, beside what it does for those who do
//! it themselves, and how it answers everybody else while many passphrases are tried.

use std::time::{Duration, Instant};

use super::storing::{Sharing, Until, supply};
use super::{CONNECTIONS, keep};
use crate::clock::now;
use crate::connection::Connection;
use crate::figures::{Round, percentile};
use crate::load::{Script, closed};
use crate::options::Options;
use crate::secrets::Dice;
use crate::server::Server;
use crate::void::Void;

/// How many passphrases are tried at once.
const GUESSES: usize = 500;
/// How many secrets are sealed for one second of load by those who seal themselves.
const SUPPLY: u64 = 30_000;
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Measures all of it.
pub(super) async fn measure(
    options: &Options,
    server: &Server,
    round: &mut Round,
) -> Result<(), Void> {
    let span = options.span;
    for (until, names, beside, ratio) in [
        (
            Until::Created,
            ["conceal", "conceal-cpu", "conceal-generator"],
            ["own-create", "own-create-cpu", "own-create-generator"],
            "conceal-ratio",
        ),
        (
            Until::Acknowledged,
            ["disclose", "disclose-cpu", "disclose-generator"],
            ["own-cycle", "own-cycle-cpu", "own-cycle-generator"],
            "disclose-ratio",
        ),
    ] {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let count = usize::try_from(SUPPLY.saturating_mul(millis).div_euclid(1000));
        let own = supply(count.unwrap_or(usize::MAX), &mut Dice::new(9))?;
        let own = closed(server, Sharing::on(CONNECTIONS, &own, until), span).await?;
        keep(round, beside, &own);
        let plain = std::iter::repeat_with(|| Plain::new(until)).take(CONNECTIONS).collect();
        let plain = closed(server, plain, span).await?;
        keep(round, names, &plain);
        round.put(ratio, plain.rate / own.rate);
    }
    let mut scripts: Vec<Crowd> = (1..).map(Crowd::guessing).take(GUESSES).collect();
    scripts.push(Crowd::Looking(Vec::new()));
    let crowd = closed(server, scripts, span).await?;
    let looks = crowd.scripts.into_iter().filter_map(|script| match script {
        Crowd::Looking(times) => Some(times),
        Crowd::Guessing(_) => None,
    });
    let mut looks: Vec<Duration> = looks.flatten().collect();
    looks.sort_unstable();
    round.put("crowd", percentile(&looks, 99));
    Ok(())
}

fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len(),
    )
    .into_bytes()
}

/// A text of 1 KiB after the other, as a script shares it, without a passphrase.
struct Plain {
    share: Vec<u8>,
    until: Until,
}

impl Plain {
    fn new(until: Until) -> Self {
        let content = format!("secret={}", "x".repeat(1024));
        Self { share: post("/api/v1/share", &content), until }
    }
}

impl Script for Plain {
    async fn step(&mut self, connection: &mut Connection, _due: Instant) -> Result<bool, Void> {
        let key = {
            let answer = connection.ask(&self.share).await?;
            answer.must_be(200)?;
            let told: serde_json::Value = serde_json::from_slice(answer.body)
                .map_err(|error| Void::new(format!("the answer to a share: {error}")))?;
            told.get("secret_key").and_then(|key| key.as_str()).map(str::to_owned)
        };
        let key = key.ok_or_else(|| Void::new("a share has no secret_key"))?;
        if self.until == Until::Acknowledged {
            let open = post(&format!("/api/v1/secret/{key}"), "");
            connection.ask(&open).await?.must_be(200)?;
        }
        Ok(true)
    }
}

/// Many who try passphrases on links that are none, which costs as much as on any other, and one who looks
/// whether the server lives.
enum Crowd {
    Guessing(Dice),
    Looking(Vec<Duration>),
}

impl Crowd {
    const fn guessing(seed: u64) -> Self {
        Self::Guessing(Dice::new(seed))
    }
}

impl Script for Crowd {
    async fn step(&mut self, connection: &mut Connection, _due: Instant) -> Result<bool, Void> {
        match self {
            Self::Guessing(dice) => {
                let drawn: [u8; 61] = dice.draw();
                let digit = |byte: &u8| DIGITS.get(usize::from(byte.rem_euclid(36)));
                let digits = drawn.iter().filter_map(digit).copied().map(char::from);
                let key: String = std::iter::once('0').chain(digits).collect();
                let guess = post(&format!("/api/v1/secret/{key}"), "passphrase=not+this+one");
                let answer = connection.ask(&guess).await?;
                // Tried, and nobody has the link; or one network had enough at once.
                if answer.status != 503 {
                    answer.must_be(404)?;
                }
            }
            Self::Looking(times) => {
                let begun = now();
                let look = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
                connection.ask(look).await?.must_be(200)?;
                times.push(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        Ok(true)
    }
}
