//! Keys that a program prints: a vault's client, a script.
//!
//! It is started without a shell, with nothing on its standard input, and its standard error is ours. It
//! has half a minute; its output is bounded, and counts only when it ends with 0.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

use super::text::MOST;

/// How long the program may take to print, and then to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often its end is looked for.
const STEP: Duration = Duration::from_millis(10);

/// What the program printed, or what went wrong, without anything that it printed.
pub(super) fn output(words: &[String]) -> Result<Zeroizing<Vec<u8>>, String> {
    output_within(words, PATIENCE)
}

fn output_within(words: &[String], patience: Duration) -> Result<Zeroizing<Vec<u8>>, String> {
    let (program, arguments) = words.split_first().ok_or("names no program")?;
    let mut command = Command::new(program);
    // A group of its own, so that what it has started ends with it.
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let printed = printed(&mut child, patience);
    let ended = printed.and_then(|bytes| Ok((bytes, wait(&mut child, patience)?)));
    let (bytes, status) = ended.inspect_err(|_| end(&mut child))?;
    if status.success() { Ok(bytes) } else { Err(format!("ended with {status}")) }
}

fn printed(child: &mut Child, patience: Duration) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut pipe = child.stdout.take().ok_or("has no standard output")?;
    let (sender, receiver) = channel();
    let reader = thread::Builder::new().name("store-keys".to_owned()).spawn(move || {
        let read = bounded(&mut pipe);
        // Nobody may be waiting any more.
        drop(sender.send(read));
    });
    reader.map_err(|error| format!("cannot be read: {error}"))?;
    match receiver.recv_timeout(patience) {
        Ok(Ok(bytes)) if bytes.len() <= MOST => Ok(bytes),
        Ok(Ok(_)) => Err(format!("printed more than {MOST} bytes")),
        Ok(Err(error)) => Err(format!("cannot be read: {error}")),
        Err(_) => Err(late(patience)),
    }
}

/// Everything up to one byte more than keys may take, in memory that does not move.
pub(super) fn bounded(source: &mut impl io::Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let most = MOST.saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(most.saturating_add(64)));
    source.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn wait(child: &mut Child, patience: Duration) -> Result<ExitStatus, String> {
    let (never, nothing) = channel::<()>();
    let mut left = patience;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| format!("is lost: {error}"))? {
            drop(never);
            return Ok(status);
        }
        if left.is_zero() {
            return Err(late(patience));
        }
        // The passing of time alone.
        if nothing.recv_timeout(STEP) == Err(RecvTimeoutError::Disconnected) {
            return Err("is lost".to_owned());
        }
        left = left.saturating_sub(STEP);
    }
}

fn late(patience: Duration) -> String {
    format!("did not end within {} s", patience.as_secs())
}

/// Ends the program and what it has started.
fn end(child: &mut Child) {
    // What has ended by itself cannot be ended.
    let _gone = kill_process_group(Pid::from_child(child), Signal::KILL);
    drop(child.wait());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        let words = ["/bin/sh", "-c", script].map(str::to_owned);
        output_within(&words, Duration::from_millis(300))
    }

    #[test]
    fn what_is_printed_counts_when_the_program_ends_well() {
        assert_eq!(**shell("printf keys").unwrap(), *b"keys");
        assert!(shell("printf keys; exit 3").unwrap_err().contains("ended with exit status: 3"));
        assert!(shell("kill -9 $$").unwrap_err().contains("signal"));
        let missing = output(&["/nowhere/at/all".to_owned()]).unwrap_err();
        assert!(missing.contains("cannot be started"), "{missing}");
    }

    #[test]
    fn what_never_ends_and_what_never_stops_printing_are_ended() {
        for script in ["sleep 60", "exec >&-; sleep 60", "sleep 60 & wait"] {
            assert!(shell(script).unwrap_err().contains("did not end"), "{script}");
        }
        assert!(shell("exec cat /dev/zero").unwrap_err().contains("more than 65536 bytes"));
    }
}
