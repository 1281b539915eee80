//! Other programs: started here, watched here, ended here.
//!
//! [`quiet`] keeps what a program says and tells it only when the program fails; [`loud`] lets it talk.
//! A program that takes longer than its limit is ended together with everything that it has started,
//! found by their parents' numbers, never by a name.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many lines of a failing program are shown.
const TAIL: usize = 250;
/// How often a program that says nothing is looked after.
const LOOK: Duration = Duration::from_millis(200);
/// How long a program that has ended may leave its output open.
const GRACE: Duration = Duration::from_secs(2);

/// Why a chore could not be done, for people.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Now, for people who wait.
#[expect(clippy::disallowed_methods, reason = "a chore measures how long the real world took")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// What a program said that matters when all went well.
#[derive(Default)]
pub(crate) struct Report {
    /// How many tests passed, over all test programs that it ran.
    pub(crate) passed: usize,
}

#[derive(Default)]
struct Heard {
    report: Report,
    tail: VecDeque<String>,
}

impl Heard {
    fn hear(&mut self, line: String) {
        let counted = passed(&line);
        self.report.passed = self.report.passed.saturating_add(counted);
        if self.tail.len() >= TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }
}

/// How many tests passed, if `line` is the one that sums up: cargo's or node's.
fn passed(line: &str) -> usize {
    let number = line
        .strip_prefix("test result: ok. ")
        .or_else(|| line.strip_prefix("# pass "))
        .or_else(|| line.strip_prefix("\u{2139} pass "));
    let number = number.and_then(|rest| rest.split_ascii_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Runs a program without a word; shows the end of its output when it fails or takes too long.
pub(crate) fn quiet(command: &mut Command, limit: Duration) -> Result<Report, Failure> {
    let name = name(command);
    let fault = |error: io::Error| Failure::new(format!("{name}: {error}"));
    let (reader, writer) = io::pipe().map_err(fault)?;
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(fault)?).stderr(writer);
    let mut child = command.spawn().map_err(fault)?;
    // Gives our ends of the pipe back: the reader's end comes when the last writer is gone.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let heard = Arc::new(Mutex::new(Heard::default()));
    let (silent, end) = mpsc::channel();
    let listener = Arc::clone(&heard);
    thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            listener.lock().unwrap_or_else(PoisonError::into_inner).hear(line);
        }
        silent.send(()).ok();
    });

    let succeeded = watch(&mut child, &end, limit).map_err(fault)?;
    let heard = std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner));
    if succeeded == Some(true) {
        return Ok(heard.report);
    }
    let lines: Vec<String> = heard.tail.into();
    let why = match succeeded {
        Some(_) => "failed".to_owned(),
        None => format!("took longer than {} s and was ended", limit.as_secs()),
    };
    Err(Failure::new(format!("{}\n\n{name} {why}", lines.join("\n"))))
}

/// Waits for `child`. `None` when it took too long, and then it has been ended.
fn watch(child: &mut Child, end: &mpsc::Receiver<()>, limit: Duration) -> io::Result<Option<bool>> {
    let start = now();
    loop {
        match end.recv_timeout(LOOK) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                return Ok(Some(child.wait()?.success()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(status) = child.try_wait()? {
            end.recv_timeout(GRACE).ok();
            return Ok(Some(status.success()));
        }
        if start.elapsed() > limit {
            end_family(child)?;
            return Ok(None);
        }
    }
}

/// Ends a child and everything that it has started.
fn end_family(child: &mut Child) -> io::Result<()> {
    let family = descendants(child.id());
    child.kill()?;
    child.wait()?;
    for id in family {
        Command::new("kill").args(["-KILL", &id.to_string()]).stderr(Stdio::null()).status()?;
    }
    Ok(())
}

/// The children of `parent`, their children, and so on, as the system's process table has them.
fn descendants(parent: u32) -> Vec<u32> {
    let processes: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold anything; state and parent follow the last one.
            let (_, rest) = stat.rsplit_once(')')?;
            Some((id, rest.split_ascii_whitespace().nth(1)?.parse().ok()?))
        })
        .collect();
    let mut family = vec![parent];
    let mut seen = 0;
    while let Some(&next) = family.get(seen) {
        family.extend(processes.iter().filter(|(_, above)| *above == next).map(|(id, _)| *id));
        seen = seen.saturating_add(1);
    }
    family.split_off(1)
}

/// Runs a program that talks to whoever started the chore.
pub(crate) fn loud(command: &mut Command) -> Result<(), Failure> {
    let name = name(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("{name} failed: {status}"))),
        Err(error) => Err(Failure::new(format!("{name}: {error}"))),
    }
}

/// What a program writes to its standard output.
pub(crate) fn text(command: &mut Command) -> Result<String, Failure> {
    let name = name(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("{name}: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(format!("{name} failed: {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::new(format!("{name}: not text")))
}

/// `cargo`, with the words of `arguments`, at the root.
pub(crate) fn cargo(arguments: &str) -> Command {
    let mut command = at_root("cargo");
    command.args(arguments.split_ascii_whitespace());
    command
}

/// A program that runs at the root.
pub(crate) fn at_root(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir(crate::tree::root());
    command
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.take(8).map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn tests_that_passed_are_counted_over_all_programs() {
        let script = "echo 'test result: ok. 12 passed; 0 failed'; echo '# pass 30'; echo other";
        assert_eq!(quiet(&mut sh(script), LONG).unwrap().passed, 42);
    }

    #[test]
    fn a_failure_shows_what_was_said() {
        let failure = quiet(&mut sh("echo out; echo err >&2; exit 3"), LONG).err().unwrap();
        let text = failure.to_string();
        assert!(text.contains("out\nerr") && text.contains("failed"), "{text}");
    }

    #[test]
    fn only_the_end_of_a_long_output_is_shown() {
        let text = quiet(&mut sh("seq 1000; exit 1"), LONG).err().unwrap().to_string();
        assert!(text.contains("\n1000\n") && !text.contains("\n700\n"), "{text}");
    }

    #[test]
    fn what_takes_too_long_is_ended_with_everything_it_started() {
        let mut script = sh("sleep 600 & echo child $!; wait");
        let text = quiet(&mut script, Duration::from_secs(2)).err().unwrap().to_string();
        assert!(text.contains("was ended"), "{text}");
        let id = text.split_once("child ").unwrap().1.split_whitespace().next().unwrap();
        // Gone, or dead and waiting for its new parent to notice.
        let is_dead = || {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z")
        };
        let start = now();
        while !is_dead() && start.elapsed() < LONG {
            thread::yield_now();
        }
        assert!(is_dead(), "{id} lives on");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let text = quiet(&mut Command::new("no-such-program"), LONG).err().unwrap().to_string();
        assert!(text.contains("no-such-program"), "{text}");
    }
}
