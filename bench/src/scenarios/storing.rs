//! Creating, claiming and acknowledging secrets of 1 KiB: as many as there can be, as quick as one is
//! answered under load, as quick as one is answered alone.

use std::time::{Duration, Instant};

use wire::secrets::Created;

use super::{CONNECTIONS, keep};
use crate::clock::now;
use crate::connection::Connection;
use crate::figures::{Round, percentile};
use crate::load::{Run, Script, closed, open};
use crate::options::Options;
use crate::secrets::{Dice, Prepared, Supply, text};
use crate::server::Server;
use crate::void::Void;

/// How many secrets are sealed for one second of load: more than any server here takes.
const SUPPLY: u64 = 30_000;
/// At which share of the greatest load answers are timed.
const SHARE: f64 = 0.7;

/// Measures all of it.
pub(super) async fn measure(
    options: &Options,
    server: &Server,
    round: &mut Round,
) -> Result<(), Void> {
    let span = options.span;
    let mut dice = Dice::new(1);
    let mut supply = |rate: u64| {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let count = rate.saturating_mul(millis).div_euclid(1000);
        supply(usize::try_from(count).unwrap_or(usize::MAX), &mut dice)
    };

    let scripts = Sharing::on(CONNECTIONS, &supply(SUPPLY)?, Until::Created);
    let run = closed(server, scripts, span).await?;
    keep(round, ["create", "create-cpu", "create-generator"], &run);

    let scripts = Sharing::on(CONNECTIONS, &supply(SUPPLY)?, Until::Acknowledged);
    let run = closed(server, scripts, span).await?;
    keep(round, ["cycle", "cycle-cpu", "cycle-generator"], &run);

    let scripts = Sharing::on(CONNECTIONS, &supply(SUPPLY)?, Until::Acknowledged);
    let run = open(server, scripts, span, run.rate * SHARE).await?;
    let all = times(&run);
    round.put("loaded-p50", percentile(&all, 50));
    round.put("loaded-p99", percentile(&all, 99));

    let scripts = Sharing::on(1, &supply(SUPPLY.div_euclid(4))?, Until::Acknowledged);
    let run = closed(server, scripts, span).await?;
    round.put("alone-create", percentile(&times_of(&run, |script| &script.creations), 50));
    round.put("alone-claim", percentile(&times_of(&run, |script| &script.claims), 50));
    Ok(())
}

/// Seals `count` secrets of 1 KiB.
pub(super) fn supply(count: usize, dice: &mut Dice) -> Result<Supply, Void> {
    Supply::of(count, &text(1024), dice)
}

/// The times of all requests, sorted.
pub(super) fn times(run: &Run<Sharing>) -> Vec<Duration> {
    let mut all = times_of(run, |script| &script.creations);
    all.extend(times_of(run, |script| &script.claims));
    all.extend(times_of(run, |script| &script.acknowledgements));
    all.sort_unstable();
    all
}

/// The times of one kind of request, sorted.
fn times_of(run: &Run<Sharing>, of: impl Fn(&Sharing) -> &Vec<Duration>) -> Vec<Duration> {
    let mut times: Vec<Duration> = run.scripts.iter().flat_map(of).copied().collect();
    times.sort_unstable();
    times
}

/// How far a secret is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Acknowledged,
    Created,
}

/// One secret after the other.
pub(super) struct Sharing {
    supply: Supply,
    until: Until,
    creations: Vec<Duration>,
    claims: Vec<Duration>,
    acknowledgements: Vec<Duration>,
}

impl Sharing {
    /// On so many connections.
    pub(super) fn on(connections: usize, supply: &Supply, until: Until) -> Vec<Self> {
        let new = || Self {
            supply: supply.clone(),
            until,
            creations: Vec::new(),
            claims: Vec::new(),
            acknowledgements: Vec::new(),
        };
        std::iter::repeat_with(new).take(connections).collect()
    }
}

impl Script for Sharing {
    async fn step(&mut self, connection: &mut Connection, due: Instant) -> Result<bool, Void> {
        let Some(secret) = self.supply.take() else { return Ok(false) };
        let id = create(connection, secret).await?;
        self.creations.push(due.elapsed());
        if self.until == Until::Created {
            return Ok(true);
        }
        let begun = now();
        claim(connection, secret, &id).await?;
        self.claims.push(begun.elapsed());
        let begun = now();
        connection.ask(&secret.acknowledgement(&id)).await?.must_be(204)?;
        self.acknowledgements.push(begun.elapsed());
        Ok(true)
    }
}

/// Creates `secret` and returns its id.
pub(super) async fn create(connection: &mut Connection, secret: &Prepared) -> Result<String, Void> {
    let answer = connection.ask(&secret.creation).await?;
    answer.must_be(201)?;
    let created: Created = serde_json::from_slice(answer.body)
        .map_err(|error| Void::new(format!("the answer to a creation: {error}")))?;
    Ok(created.id)
}

/// Claims `secret` and compares what comes with what was sealed.
pub(super) async fn claim(
    connection: &mut Connection,
    secret: &Prepared,
    id: &str,
) -> Result<(), Void> {
    let answer = connection.ask(&secret.claim(id)).await?;
    answer.must_be(200)?;
    if answer.body == secret.envelope {
        Ok(())
    } else {
        Err(Void::new("a claim gave something else than was created"))
    }
}
