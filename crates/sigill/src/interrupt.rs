//! Commands that ask a server: a runtime, and a stop that leaves nothing half-written.
//!
//! Unfinished files are registered in [`Scratch`]. When a command ends, however it ends, the ones that
//! are still unfinished are removed; a file that would be made after that is not made.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::future::poll_fn;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Code, Failure};
use crate::terminal;

/// Runs `work` until it is done or the program is told to stop.
///
/// One thread does the work, and blocks on files and prompts when it has to: nobody else waits for it,
/// and memory that one thread takes and gives back stays small. Another listens for signals, so that
/// the program ends at once even while the first one waits for a pipe.
pub(crate) fn run<T>(
    scratch: &Scratch,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let listener = Listener::new(scratch.clone()).map_err(Failure::broken)?;
    std::thread::spawn(move || listener.listen());
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::broken)?;
    let result = runtime.block_on(work);
    scratch.close();
    // A thread that still seals must not keep the program alive.
    runtime.shutdown_background();
    result
}

/// Hears signals from the moment it is made.
struct Listener {
    runtime: Runtime,
    signals: Vec<Signal>,
    scratch: Scratch,
}

impl Listener {
    fn new(scratch: Scratch) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit()];
        // Under nohup a terminal that closes ends nothing.
        if !is_ignored(SignalKind::hangup()) {
            kinds.push(SignalKind::hangup());
        }
        let signals = kinds.into_iter().map(signal).collect::<io::Result<_>>()?;
        drop(entered);
        Ok(Self { runtime, signals, scratch })
    }

    /// Waits for a signal; then cleans up and ends the program, because the other thread may be
    /// waiting for a pipe that never comes.
    fn listen(mut self) {
        let signals = &mut self.signals;
        self.runtime.block_on(poll_fn(|context| {
            let mut polled = signals.iter_mut().map(|signal| signal.poll_recv(context));
            if polled.any(|heard| heard.is_ready()) { Poll::Ready(()) } else { Poll::Pending }
        }));
        self.scratch.close();
        terminal::show_typing();
        terminal::note("\nsigill: stopped; nothing half-written is left behind");
        std::process::exit(i32::from(Code::Interrupted.number()))
    }
}

/// Whether whoever started the program wants `kind` to do nothing, as the system tells.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    let bit = u32::try_from(kind.as_raw_value()).ok().and_then(|number| number.checked_sub(1));
    bit.and_then(|bit| mask.checked_shr(bit)).is_some_and(|mask| mask & 1 == 1)
}

/// Files that are not finished yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    closed: bool,
    unfinished: BTreeSet<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Scratch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a file that nobody else can read and that was not there before.
    pub(crate) fn create(&self, path: &Path) -> io::Result<File> {
        let mut state = self.state();
        if state.closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        state.unfinished.insert(path.to_owned());
        drop(state);
        Ok(file)
    }

    /// Makes a directory that nobody else can use and that was not there before. It goes again if it
    /// is empty at the end.
    pub(crate) fn directory(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        DirBuilder::new().mode(0o700).create(path)?;
        state.directories.push(path.to_owned());
        drop(state);
        Ok(())
    }

    /// Lets `finish` turn unfinished files into finished ones, unless it is too late for that. A stop
    /// waits until it is through with all of them.
    pub(crate) fn finish<P: AsRef<Path>>(
        &self,
        paths: &[P],
        finish: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state();
        if state.closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        finish()?;
        for path in paths {
            state.unfinished.remove(path.as_ref());
        }
        drop(state);
        Ok(())
    }

    /// Removes what is unfinished.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for path in std::mem::take(&mut state.unfinished) {
            // What cannot be removed cannot be helped; its name says what it is.
            drop(fs::remove_file(path));
        }
        for path in std::mem::take(&mut state.directories) {
            // One that holds something stays.
            drop(fs::remove_dir(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_finished_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (done, undone) = (dir.path().join("done"), dir.path().join("undone"));
        let scratch = Scratch::default();
        drop(scratch.create(&done).unwrap());
        drop(scratch.create(&undone).unwrap());
        assert!(scratch.create(&done).is_err(), "a file was overwritten");
        scratch.finish(&[&done], || Ok(())).unwrap();
        scratch.close();
        assert!(done.exists() && !undone.exists());
        assert!(scratch.create(&undone).is_err() && !undone.exists());
    }

    /// All files of a secret have their names, or none has.
    #[test]
    fn a_stop_waits_until_all_have_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let parts = [path("1.part"), path("2.part")];
        let scratch = Scratch::default();
        for part in &parts {
            drop(scratch.create(part).unwrap());
        }
        let (begun, told) = std::sync::mpsc::channel();
        let other = scratch.clone();
        let mut stop = None;
        let finished = scratch.finish(&parts, || {
            fs::rename(&parts[0], path("1"))?;
            stop = Some(std::thread::spawn(move || {
                begun.send(()).unwrap();
                other.close();
            }));
            told.recv().unwrap();
            fs::rename(&parts[1], path("2"))
        });
        stop.unwrap().join().unwrap();
        assert!(finished.is_ok() && path("1").exists() && path("2").exists());
        assert!(scratch.create(&parts[0]).is_err());
    }
}
