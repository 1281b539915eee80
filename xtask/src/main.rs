//! Every chore of the house, as `cargo xtask VERB`. One verb a file.
//!
//! Nothing here is part of the program. It starts other programs, waits for them and ends them; it
//! never ends a process that it did not start.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to whoever started it, and to nobody else"
)]

mod arrows;
mod bench;
mod fuzz;
mod house;
mod machine;
mod openapi;
mod shell;
mod shots;
mod test;
mod tree;
mod vectors;

use std::process::ExitCode;

use crate::shell::Failure;

const HELP: &str = "\
cargo xtask VERB

  test            install what is missing, then run every check and every test
  arrows          check the direction of the dependencies between the crates
  house           check the house rules that no compiler knows
  vectors         generate docs/spec/vectors anew
  openapi         generate docs/spec/openapi.json anew
  routes          generate docs/spec/routes.md anew
  fuzz [SECONDS]  run every fuzz target, 60 seconds each unless told otherwise
  bench [ARGS]    build for release and measure
  shots DIR       take a picture of every page in every state";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), Failure> {
    match words {
        ["test"] => test::run(),
        ["arrows"] => arrows::run(),
        ["house"] => house::run(),
        ["vectors"] => vectors::run(),
        ["openapi"] => openapi::run(),
        ["routes"] => openapi::routes(),
        ["fuzz", seconds @ ..] => fuzz::run(seconds),
        ["bench", arguments @ ..] => bench::run(arguments),
        ["shots", dir] => shots::run(dir),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(Failure::new(format!("not a chore: {}\n\n{HELP}", words.join(" ")))),
    }
}
