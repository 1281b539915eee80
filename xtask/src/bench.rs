//! Measures: builds for release, and hands over to `bench/`, which knows the scenarios.

use crate::shell::{Failure, cargo, loud};

/// Runs the load scenarios with `arguments`.
pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    loud(&mut cargo("build --release --package sigill"))?;
    loud(cargo("run --release --package sigill-bench --").args(arguments))
}
