//! Measures: builds for release, and hands over to `bench/`, which knows the scenarios.
//!
//! The generator gets the second processor for itself and the server the first, so that neither takes
//! the other's time.

use std::fs;
use std::process::Command;

use crate::machine::{need, target};
use crate::shell::{Failure, cargo, loud};
use crate::tree;

/// Runs the load scenarios with `arguments`.
pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    need("taskset", "Install the Debian package util-linux.")?;
    // One after the other: built together, the program would have what only the generator asks for.
    for package in ["sigill", "sigill-bench"] {
        loud(&mut cargo(&format!("build --release --quiet --package {package}")))?;
    }
    let target = target()?;
    let release = target.join("release");
    let mut command = on_the_second_processor();
    command.arg(release.join("sigill-bench")).current_dir(tree::root());
    command.arg("--program").arg(release.join("sigill"));
    command.arg("--scratch").arg(target.join("bench")).args(arguments);
    loud(&mut command)
}

/// What starts the generator. Where there is one processor only, that one has to do.
fn on_the_second_processor() -> Command {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let count = known.lines().filter(|line| line.starts_with("processor")).count();
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", if count < 2 { "0" } else { "1" }]);
    command
}
