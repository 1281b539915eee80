//! What is measured, round by round. One group a file.
//!
//! A round starts the program anew on an empty directory, so that all rounds are alike. The limits of
//! the machine are measured before it in one round and after it in the next: a machine that gets slower
//! or faster meanwhile favours neither.

mod large;
mod limits;
mod pages;
mod storing;

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use crate::figures::{Round, kib};
use crate::load::Run;
use crate::machine;
use crate::options::{Options, Scenario};
use crate::server::Server;
use crate::void::Void;

/// How many connections load has.
const CONNECTIONS: usize = 64;
/// How long nothing is asked before memory is looked at: longer than the store's own idle time.
const REST: Duration = Duration::from_millis(1500);

/// Everything that was measured.
pub(crate) struct Figures {
    /// The rounds.
    pub(crate) rounds: Vec<Round>,
    /// How many processes wanted a processor as each round began: nobody's work but ours is welcome.
    pub(crate) loads: Vec<f64>,
}

/// Measures what `options` ask for.
pub(crate) async fn run(options: &Options) -> Result<Figures, Void> {
    fs::create_dir_all(&options.scratch)?;
    let mut figures = Figures { rounds: Vec::new(), loads: Vec::new() };
    for number in 1..=options.rounds {
        eprintln!("round {number} of {}", options.rounds);
        figures.loads.push(machine::load());
        let mut round = Round::default();
        let limits_first = number.rem_euclid(2) == 1;
        if limits_first {
            limits::measure(options, &mut round).await?;
        }
        program(options, &mut round).await?;
        if !limits_first {
            limits::measure(options, &mut round).await?;
        }
        figures.rounds.push(round);
    }
    fs::remove_dir_all(&options.scratch)?;
    Ok(figures)
}

/// The program, from its start to its end.
async fn program(options: &Options, round: &mut Round) -> Result<(), Void> {
    let data = options.scratch.join("server");
    let server = Server::program(&options.program, &data).await?;
    if options.wants(Scenario::Process) {
        round.put("start", server.started_in.as_secs_f64() * 1000.0);
        pages::visit(&server).await?;
        sleep(REST).await;
        round.put("idle", kib(server.memory("VmRSS")?) / 1024.0);
    }
    if options.wants(Scenario::Storing) {
        storing::measure(options, &server, round).await?;
    }
    if options.wants(Scenario::Pages) {
        pages::measure(options, &server, round).await?;
    }
    if options.wants(Scenario::Large) {
        large::measure(options, &server, round).await?;
    }
    if options.wants(Scenario::Process) {
        round.put("peak", kib(server.memory("VmHWM")?) / 1024.0);
    }
    server.stop().await?;
    fs::remove_dir_all(&data)?;
    Ok(())
}

/// Keeps what came of a load under its three names.
fn keep<S>(round: &mut Round, [rate, micros, generator]: [&'static str; 3], run: &Run<S>) {
    round.put(rate, run.rate);
    round.put(micros, run.micros);
    round.put(generator, run.generator);
}
