//! Pictures of every page in every state, for people who look at a change.

use crate::machine;
use crate::shell::{Failure, at_root, loud};

/// Takes the pictures into `dir`.
pub(crate) fn run(dir: &str) -> Result<(), Failure> {
    machine::prepare()?;
    machine::modules()?;
    let program = machine::program()?;
    let mut command = at_root(machine::node());
    command.args(["web/e2e/shots.js", dir]).env("SIGILL", program);
    loud(&mut command)
}
