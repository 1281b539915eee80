//! `sigill completions SHELL`: what a shell needs to complete the command line.

use std::io::{self, Write as _};

use clap::ArgMatches;
use clap_complete::Shell;

use crate::arguments;
use crate::failure::Failure;

/// Writes the script to standard output.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let shell: Shell =
        *matches.get_one("shell").ok_or_else(|| Failure::usage("a shell is missing"))?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "sigill", &mut script);
    io::stdout().write_all(&script).map_err(Failure::broken)
}
