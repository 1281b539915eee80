//! The test command: everything that must hold, from an empty machine to the last browser test.
//!
//! Steps run in order, cheap ones first; the first that fails ends it. A step is silent when it
//! passes, and shows what its program said when it does not.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::shell::{Failure, Report, at_root, cargo, now, quiet};
use crate::{arrows, house, machine, tree, vectors};

/// How long one step may take, with everything still to be built.
const LIMIT: Duration = Duration::from_hours(1);

type Step = (&'static str, fn() -> Result<Report, Failure>);

const STEPS: [Step; 12] = [
    ("what the tests need", || machine::prepare().and_then(|()| machine::modules()).map(nothing)),
    ("format", || quiet(&mut cargo("fmt --all --check"), LIMIT)),
    ("direction of dependencies", || arrows::run().map(nothing)),
    ("house rules", || house::run().map(nothing)),
    ("lints", || {
        quiet(&mut cargo("clippy --workspace --all-targets --quiet -- -D warnings"), LIMIT)
    }),
    ("documentation", documentation),
    ("Rust tests", || quiet(&mut cargo("test --workspace"), LIMIT)),
    ("envelope vectors", || vectors::check().map(nothing)),
    ("JavaScript types", types),
    ("JavaScript tests", || node("web/test")),
    ("programs of others", || machine::program().and_then(|_| node("clients"))),
    ("browser tests", || machine::program().and_then(|_| node("web/e2e"))),
];

/// Runs every step.
pub(crate) fn run() -> Result<(), Failure> {
    let start = now();
    let mut passed = 0_usize;
    let mut done = Vec::new();
    for (title, step) in STEPS {
        print!("{title:<28}");
        drop(io::stdout().flush());
        let begun = now();
        let outcome = step();
        let took = begun.elapsed().as_secs_f64();
        let Ok(report) = outcome else {
            println!("FAILED after {took:.1} s");
            let ran = if done.is_empty() { "nothing".to_owned() } else { done.join(", ") };
            return outcome.map(|_| ()).map_err(|failure| {
                Failure::new(format!("{failure}\n\nFAILED: {title}. Passed before it: {ran}."))
            });
        };
        match report.passed {
            0 => println!("ok {took:>8.1} s"),
            count => println!("ok {took:>8.1} s   {count} tests"),
        }
        passed = passed.saturating_add(report.passed);
        done.push(title);
    }
    let seconds = start.elapsed().as_secs();
    let (minutes, rest) = (seconds.div_euclid(60), seconds.rem_euclid(60));
    println!("\nAll {} steps passed, {passed} tests, in {minutes} min {rest} s.", done.len());
    Ok(())
}

fn nothing((): ()) -> Report {
    Report::default()
}

fn documentation() -> Result<Report, Failure> {
    let mut command = cargo("doc --workspace --no-deps --document-private-items --quiet");
    quiet(command.env("RUSTDOCFLAGS", "-D warnings"), LIMIT)
}

fn types() -> Result<Report, Failure> {
    let mut command = at_root(machine::node());
    command.args(["web/node_modules/typescript/bin/tsc", "--project", "web"]);
    quiet(&mut command, LIMIT)
}

/// Runs every `*.test.js` below `dir`.
fn node(dir: &str) -> Result<Report, Failure> {
    let mut tests = Vec::new();
    tree::walk(&tree::root().join(dir), &mut |path| {
        if is_test(path) {
            tests.push(tree::relative(path));
        }
        Ok(())
    })?;
    tests.sort();
    if tests.is_empty() {
        return Err(Failure::new(format!("{dir} holds no tests")));
    }
    let mut command = at_root(machine::node());
    command.args(["--test", "--test-reporter=spec"]).args(tests);
    quiet(&mut command, LIMIT)
}

fn is_test(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(".test.js"))
}
