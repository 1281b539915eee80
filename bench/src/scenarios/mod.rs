//! What is measured, round by round. One group a file.
//!
//! A round starts the program anew on an empty directory, so that all rounds are alike, unless it shall find
//! many secrets there: then one store serves all rounds. The limits of
//! the machine are measured before it in one round and after it in the next: a machine that gets slower
//! or faster meanwhile favours neither.

mod large;
mod limits;
mod pages;
mod postgres;
mod scale;
mod sealed;
mod storing;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::sleep;

use crate::figures::{Round, kib};
use crate::filler::{Filling, fill};
use crate::load::Run;
use crate::machine;
use crate::options::{EVERY, Options, Scenario};
use crate::secrets::text;
use crate::server::Server;
use crate::void::Void;

/// How many connections load has.
const CONNECTIONS: usize = 64;
/// How long nothing is asked before memory is looked at: longer than the store's own idle time.
const REST: Duration = Duration::from_millis(1500);
/// How long a program that rests may have run at most, in that time.
const IDLE: Duration = Duration::from_millis(20);

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
    let mut many = None;
    if options.wants(Scenario::Scale) {
        many = Some(scale::Many::fill(options).await?);
    }
    if options.live > 0 {
        fill_live(options).await?;
    }
    for number in 1..=options.rounds {
        eprintln!("round {number} of {}", options.rounds);
        figures.loads.push(machine::load());
        let mut round = Round::default();
        let limits_first = number.rem_euclid(2) == 1;
        if limits_first {
            limits::measure(options, &mut round).await?;
        }
        program(options, &mut round).await?;
        if options.wants(Scenario::Postgres) {
            postgres::measure(options, &mut round).await?;
        }
        if let Some(many) = &mut many {
            scale::measure(options, many, &mut round).await?;
        }
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
    if !EVERY.iter().any(|scenario| options.wants(*scenario)) {
        return Ok(());
    }
    if options.live > 0 {
        return groups(options, Server::on(&options.program, &live(options)).await?, round).await;
    }
    let data = options.scratch.join("server");
    groups(options, Server::program(&options.program, &data).await?, round).await?;
    Ok(fs::remove_dir_all(&data)?)
}

/// Every group that is asked for, of a program that was just started.
async fn groups(options: &Options, server: Server, round: &mut Round) -> Result<(), Void> {
    if options.wants(Scenario::Process) {
        round.put("start", server.started_in.as_secs_f64() * 1000.0);
        pages::visit(&server).await?;
        rest(&server).await?;
        round.put("idle", kib(server.memory("VmRSS")?) / 1024.0);
        round.put("idle-own", kib(server.memory("RssAnon")?) / 1024.0);
    }
    if options.wants(Scenario::Storing) {
        storing::measure(options, &server, round).await?;
    }
    if options.wants(Scenario::Sealed) {
        sealed::measure(options, &server, round).await?;
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
    server.stop().await
}

/// Waits until the program does nothing of its own accord: after a start it compares its keys with its
/// rows.
async fn rest(server: &Server) -> Result<(), Void> {
    loop {
        let before = server.processor_time()?;
        sleep(REST).await;
        if server.processor_time()?.saturating_sub(before) < IDLE {
            return Ok(());
        }
    }
}

/// Where the store is on which the program starts in every round: what is created stays.
fn live(options: &Options) -> PathBuf {
    options.scratch.join("live")
}

/// Fills it.
async fn fill_live(options: &Options) -> Result<(), Void> {
    let data = live(options);
    eprintln!("filling a store with {} secrets of 1 KiB", options.live);
    fs::create_dir_all(&data)?;
    let (content, first) = (text(1024), Duration::from_hours(24));
    let filling =
        Filling { count: options.live, known: 0, content: &content, first, gap: Duration::ZERO };
    fill(&data.join("data"), &filling).await.map(drop)
}

/// Keeps what came of a load under its three names.
fn keep<S>(round: &mut Round, [rate, micros, generator]: [&'static str; 3], run: &Run<S>) {
    round.put(rate, run.rate);
    round.put(micros, run.micros);
    round.put(generator, run.generator);
}
