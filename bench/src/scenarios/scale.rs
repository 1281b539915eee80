//! What many waiting secrets cost: the same work beside ten thousand and beside many more, and beside a
//! sweeper that has much to do.
//!
//! Steps are counted, not timed, so that both stores lose the same number of secrets. Those that are
//! claimed and burned lie scattered over the whole store, which is the worst that readers can do.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::storing::{Sharing, Until, supply, times};
use super::{CONNECTIONS, rest};
use crate::connection::Connection;
use crate::figures::{Round, kib, percentile};
use crate::filler::{Filling, Known, fill, overdue};
use crate::load::{Run, Script, closed, open};
use crate::options::Options;
use crate::scenarios::pages;
use crate::secrets::{Dice, text};
use crate::server::Server;
use crate::void::Void;

/// How many secrets wait in the small store.
const FEW: u64 = 10_000;
/// How many are claimed, and how many are burned, in each store and round.
const STEPS: usize = 3000;
/// How long the secrets of a filled store live at least.
const DAY: Duration = Duration::from_hours(24);
/// At which share of the greatest load answers are timed beside the sweeper.
const SHARE: f64 = 0.5;
/// How many secrets expire in a second.
const EXPIRIES: u32 = 1000;

/// The large store, which is filled once for all rounds.
pub(crate) struct Many {
    known: Vec<Known>,
}

impl Many {
    /// Fills it.
    pub(crate) async fn fill(options: &Options) -> Result<Self, Void> {
        let rounds = u64::from(options.rounds);
        let known = u64::try_from(2 * STEPS).unwrap_or(0).saturating_mul(rounds);
        let data = data(options, "many");
        Ok(Self { known: filled(&data, options.secrets, known).await? })
    }
}

fn data(options: &Options, name: &str) -> std::path::PathBuf {
    options.scratch.join(name)
}

async fn filled(data: &Path, count: u64, known: u64) -> Result<Vec<Known>, Void> {
    eprintln!("filling a store with {count} secrets");
    std::fs::create_dir_all(data)?;
    // The smallest there are: what grows with their number is not what they hold.
    let content = text(1);
    let gap = Duration::from_micros(100);
    fill(&data.join("data"), &Filling { count, known, content: &content, first: DAY, gap }).await
}

/// Measures both stores.
pub(super) async fn measure(
    options: &Options,
    many: &mut Many,
    round: &mut Round,
) -> Result<(), Void> {
    let few = data(options, "few");
    if few.exists() {
        std::fs::remove_dir_all(&few)?;
    }
    let known = filled(&few, FEW, u64::try_from(2 * STEPS).unwrap_or(0)).await?;
    let few = store(options, &few, known, round, &FEW_KEYS).await?;
    let rest = many.known.len().saturating_sub(2 * STEPS);
    let known = many.known.split_off(rest);
    let many = store(options, &data(options, "many"), known, round, &MANY_KEYS).await?;
    for (key, (few, many)) in RATIOS.iter().zip(few.iter().zip(many)) {
        round.put(key, many / few);
    }
    sweeper(options, round).await
}

const RATIOS: [&str; 3] = ["scale-create", "scale-claim", "scale-burn"];
const FEW_KEYS: [&str; 5] = ["few-create", "few-claim", "few-burn", "few-start", "few-memory"];
const MANY_KEYS: [&str; 5] =
    ["many-create", "many-claim", "many-burn", "many-start", "many-memory"];

/// The processor times for a creation, a claim with its acknowledgement, and a burning.
async fn store(
    options: &Options,
    data: &Path,
    known: Vec<Known>,
    round: &mut Round,
    [create, claim, burn, start, memory]: &[&'static str; 5],
) -> Result<[f64; 3], Void> {
    let server = Server::on(&options.program, data).await?;
    round.put(start, server.started_in.as_secs_f64() * 1000.0);
    pages::visit(&server).await?;
    rest(&server).await?;

    let known = Arc::new(known);
    let claims = scattered(&server, &known, 0, Deed::Claim).await?;
    let burns = scattered(&server, &known, STEPS, Deed::Burn).await?;
    let supply = supply(2 * STEPS, &mut Dice::new(3))?;
    let span = options.span;
    let creates = closed(&server, Sharing::on(CONNECTIONS, &supply, Until::Created), span).await?;
    rest(&server).await?;
    round.put(memory, kib(server.memory("VmRSS")?) / 1024.0);
    server.stop().await?;
    let micros = [creates.micros, claims.micros, burns.micros];
    for (key, micros) in [create, claim, burn].into_iter().zip(micros) {
        round.put(key, micros);
    }
    Ok(micros)
}

async fn scattered(
    server: &Server,
    known: &Arc<Vec<Known>>,
    from: usize,
    deed: Deed,
) -> Result<Run<Scattered>, Void> {
    let next = Arc::new(AtomicUsize::new(from));
    let end = from.saturating_add(STEPS);
    let new = || Scattered { known: Arc::clone(known), next: Arc::clone(&next), end, deed };
    let scripts = std::iter::repeat_with(new).take(CONNECTIONS).collect();
    // Until all are through.
    closed(server, scripts, Duration::from_mins(10)).await
}

#[derive(Clone, Copy)]
enum Deed {
    Burn,
    Claim,
}

/// Claims or burns what waits.
struct Scattered {
    known: Arc<Vec<Known>>,
    next: Arc<AtomicUsize>,
    end: usize,
    deed: Deed,
}

impl Script for Scattered {
    async fn step(&mut self, connection: &mut Connection, _due: Instant) -> Result<bool, Void> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let known = self.known.get(next).filter(|_| next < self.end);
        let Some(Known { id, secret }) = known else { return Ok(false) };
        match self.deed {
            Deed::Burn => connection.ask(&secret.burning(*id)).await?.must_be(200)?,
            Deed::Claim => {
                let id = id.to_string();
                super::storing::claim(connection, secret, &id).await?;
                connection.ask(&secret.acknowledgement(&id)).await?.must_be(204)?;
            }
        }
        Ok(true)
    }
}

/// Cycles in the large store, with and without a thousand expiries a second beside them.
async fn sweeper(options: &Options, round: &mut Round) -> Result<(), Void> {
    let data = data(options, "many");
    // Long enough for the sweeper to come by some times.
    let span = options.span.saturating_mul(5);
    let rate = {
        let server = Server::on(&options.program, &data).await?;
        let supply = supply(20_000, &mut Dice::new(4))?;
        let scripts = Sharing::on(CONNECTIONS, &supply, Until::Acknowledged);
        let rate = closed(&server, scripts, options.span).await?.rate * SHARE;
        round.put("sweep-without", cycles(&server, span, rate).await?);
        server.stop().await?;
        rate
    };
    let seconds = u32::try_from(span.as_secs()).unwrap_or(u32::MAX).saturating_add(20);
    let filling = Filling {
        count: EXPIRIES.saturating_mul(seconds).into(),
        known: 0,
        content: &text(1),
        // They are there, and the program runs, when the first is due.
        first: Duration::from_secs(u64::from(seconds).div_euclid(20).saturating_add(2)),
        gap: Duration::from_secs(1).checked_div(EXPIRIES).unwrap_or_default(),
    };
    fill(&data.join("data"), &filling).await?;
    let server = Server::on(&options.program, &data).await?;
    let with = cycles(&server, span, rate).await?;
    server.stop().await?;
    round.put("sweep-with", with);
    if let Some(without) = round.get("sweep-without") {
        round.put("sweep", with / without);
    }
    round.put("sweep-behind", overdue(&data.join("data")).await?.as_secs_f64());
    Ok(())
}

/// The p99 of all requests at `rate` cycles a second.
async fn cycles(server: &Server, span: Duration, rate: f64) -> Result<f64, Void> {
    let supply = supply(20_000, &mut Dice::new(5))?;
    let run =
        open(server, Sharing::on(CONNECTIONS, &supply, Until::Acknowledged), span, rate).await?;
    Ok(percentile(&times(&run), 99))
}
