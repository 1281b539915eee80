//! Measures: puts load on the program as it is released, and on the machine beside it.
//!
//! Every round measures the limits of the machine (a bare echo, the disk's syncs) and the program in
//! the same minute, so that the ratios hold when the figures do not. Every answer is checked while it
//! is measured: one that is not what it must be makes the figure void, and the run fails.
//!
//! In reading order: [`options`], [`scenarios`] (what is measured), [`load`] (how), [`connection`] and
//! [`secrets`] (what is asked), [`server`] and [`echo`] (who is asked), [`figures`] and [`report`] (what
//! came of it). [`filler`] makes the stores in which many secrets wait.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to whoever started it, and to nobody else"
)]

mod clock;
mod connection;
mod disk;
mod echo;
mod figures;
mod filler;
mod load;
mod machine;
mod options;
mod report;
mod scenarios;
mod secrets;
mod server;
mod void;

use std::process::ExitCode;

use tokio::runtime;

use crate::options::{Options, Role};
use crate::void::Void;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match options::parse(&words).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(void) => {
            eprintln!("{void}");
            ExitCode::FAILURE
        }
    }
}

fn run(role: Role) -> Result<(), Void> {
    match role {
        // As many threads as the processors it is pinned to, as the program has.
        Role::Echo(port) => runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Void::from)?
            .block_on(echo::serve(port)),
        Role::Help => {
            println!("{}", options::HELP);
            Ok(())
        }
        Role::Measure(options) => measure(&options),
    }
}

fn measure(options: &Options) -> Result<(), Void> {
    // One thread: the generator has one processor, and more threads would only change places on it.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let figures = runtime.block_on(scenarios::run(options))?;
    let report = report::Report::new(&figures, options)?;
    if options.json {
        println!("{}", report.json());
    } else {
        println!("{}", report.table());
    }
    if let Some(path) = &options.record {
        report.record(path)?;
        eprintln!("recorded in {}", path.display());
    }
    Ok(())
}
