//! Commands that ask a server: a runtime, and a stop that leaves nothing half-written.
//!
//! Unfinished files are registered in [`Scratch`]. When a command ends, however it ends, the ones that
//! are still unfinished are removed; a file that would be made after that is not made.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    interrupt: Signal,
    terminate: Signal,
    scratch: Scratch,
}

impl Listener {
    fn new(scratch: Scratch) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        drop(entered);
        Ok(Self { runtime, interrupt, terminate, scratch })
    }

    /// Waits for a signal; then cleans up and ends the program, because the other thread may be
    /// waiting for a pipe that never comes.
    fn listen(mut self) {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        });
        self.scratch.close();
        terminal::show_typing();
        terminal::note("\nsigill: stopped; nothing half-written is left behind");
        std::process::exit(i32::from(Code::Interrupted.number()))
    }
}

/// Files that are not finished yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    closed: bool,
    unfinished: BTreeSet<PathBuf>,
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

    /// Lets `finish` turn an unfinished file into a finished one, unless it is too late for that.
    pub(crate) fn finish(
        &self,
        path: &Path,
        finish: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut state = self.state();
        if state.closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        finish()?;
        state.unfinished.remove(path);
        drop(state);
        Ok(())
    }

    /// Removes what is unfinished.
    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for path in std::mem::take(&mut state.unfinished) {
            // What cannot be removed cannot be helped; its name says what it is.
            drop(fs::remove_file(path));
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
        scratch.finish(&done, || Ok(())).unwrap();
        scratch.close();
        assert!(done.exists() && !undone.exists());
        assert!(scratch.create(&undone).is_err() && !undone.exists());
    }
}
