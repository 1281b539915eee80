//! The program: arguments, configuration, and the wiring of all rooms.
//!
//! Results go to standard output and nothing else does; everything for people goes to standard error.
//! The exit codes are [`failure::Code`]'s.

mod ambient;
mod arguments;
mod commands;
mod config;
mod failure;
mod logging;
mod serve;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::sources::DEFAULT_FILE;
use crate::config::{Key, Sources, keys, options};
use crate::failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let result = limits().and_then(|()| run(&arguments::command().get_matches()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            drop(writeln!(std::io::stderr(), "sigill: {failure}"));
            failure.exit()
        }
    }
}

/// A crash must not write keys to a disk (R94), and every connection is a file descriptor: the program
/// takes as many as it may.
fn limits() -> Result<(), Failure> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(Failure::broken)?;
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).map_err(Failure::broken)
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("serve", matches)) => {
            let sources = sources(matches, keys::SERVE)?;
            let (config, _) = config::serve::Serve::resolve(&sources)?;
            serve::run(&config)
        }
        Some(("config", matches)) => match matches.subcommand() {
            Some(("check", matches)) => {
                commands::check::run(&sources(matches, keys::SERVE)?, matches.get_flag("json"))
            }
            _ => Err(Failure::usage("a subcommand is missing")),
        },
        Some(("completions", matches)) => commands::completions::run(matches),
        _ => Err(Failure::usage("a command is missing")),
    }
}

/// The settings of the server and its tools: `sigill.toml` lies in the working directory.
fn sources(matches: &ArgMatches, keys: &[&'static Key]) -> Result<Sources, Failure> {
    Sources::gather(
        options::given(matches, keys),
        &ambient::environment(),
        arguments::path(matches, "config").map(AsRef::as_ref),
        Some(Path::new(DEFAULT_FILE)),
    )
}
