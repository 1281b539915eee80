//! Fuzzes: every target in `fuzz/`, one after the other, for so many seconds each.
//!
//! Needs `cargo-fuzz`. The testkit makes the inputs to begin with from the vectors; what a run finds
//! beside them stays in `fuzz/corpus` on this machine. The sanitizers want a nightly compiler;
//! `RUSTC_BOOTSTRAP` lets the stable one pass for it.

use crate::machine::need;
use crate::shell::{Failure, cargo, loud, text};
use crate::tree;

/// How long a target runs when nothing is said.
const SECONDS: u32 = 60;

/// Runs every target; the first crash ends it.
pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let seconds = seconds(words)?;
    need("cargo-fuzz", "Run: cargo install cargo-fuzz")?;
    let mut seeds = cargo("run --quiet --package sigill-testkit --bin seeds --");
    loud(seeds.arg(tree::root().join("fuzz").join("corpus")))?;
    let targets = text(cargo("fuzz list").env("RUSTC_BOOTSTRAP", "1"))?;
    for target in targets.split_ascii_whitespace() {
        println!("fuzzing {target} for {seconds} s");
        let mut command = cargo("fuzz run");
        command.env("RUSTC_BOOTSTRAP", "1").args([
            target,
            "--",
            &format!("-max_total_time={seconds}"),
        ]);
        loud(&mut command)?;
    }
    Ok(())
}

fn seconds(words: &[&str]) -> Result<u32, Failure> {
    match words {
        [] => Ok(SECONDS),
        [one] => one.parse().map_err(|_| Failure::new(format!("not a number of seconds: {one}"))),
        _ => Err(Failure::new("cargo xtask fuzz [SECONDS]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_number_or_the_default() {
        assert_eq!(seconds(&[]).unwrap(), SECONDS);
        assert_eq!(seconds(&["5"]).unwrap(), 5);
        assert!(seconds(&["soon"]).is_err() && seconds(&["1", "2"]).is_err());
    }
}
