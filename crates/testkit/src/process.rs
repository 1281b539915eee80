//! A real process: the built program, with its log, to be killed at any instant and started again on
//! the same directory.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test that panics has failed"
)]

use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::asking::{Ask, until};

/// `sigill serve`, running.
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `binary` on the directory `data`, and waits until it is healthy. Its log is added to the
    /// file `log`; `options` come after `serve`.
    pub async fn start(binary: &Path, data: &Path, log: &Path, options: &[&str]) -> Self {
        Self::start_in(binary, data, log, options, &[]).await
    }

    /// The same, in an environment of these variables alone.
    pub async fn start_in(
        binary: &Path,
        data: &Path,
        log: &Path,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let started = Self::try_start_in(binary, data, log, options, variables).await;
        started.unwrap_or_else(|| {
            panic!(
                "the program ended:
{}",
                fs::read_to_string(log).unwrap_or_default()
            )
        })
    }

    /// The same. `None` when the program ends before it is healthy.
    pub async fn try_start_in(
        binary: &Path,
        data: &Path,
        log: &Path,
        options: &[&str],
        variables: &[(&str, &str)],
    ) -> Option<Self> {
        let file = OpenOptions::new().create(true).append(true).open(log).expect("a log");
        let before = file.metadata().expect("a length").len();
        let mut command = Command::new(binary);
        // Nothing of the environment of the tests reaches the program, and no configuration of its own.
        command.env_clear().current_dir(log.parent().expect("a directory"));
        command.envs(variables.iter().copied());
        command.args(["serve", "--listen", "127.0.0.1:0", "--keep-free", "0B"]);
        command.arg("--data").arg(data).args(options);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().expect("the program");
        let mut process = Self { address: ([0; 4], 0).into(), child, log: log.to_owned() };
        let mut ended = false;
        until("the program listens", async || {
            let said = fs::read(log).expect("a log");
            let said = said.get(usize::try_from(before).expect("a length")..).unwrap_or_default();
            let said = String::from_utf8_lossy(said);
            let told = said.split("listening=").nth(1).and_then(|rest| rest.split_once(' '));
            if let Some(address) = told.and_then(|(address, _)| address.parse().ok()) {
                process.address = address;
                return true;
            }
            ended = process.has_ended();
            ended
        })
        .await;
        until("the program is healthy", async || {
            ended = ended || process.has_ended();
            let answer = Ask::get("/healthz").try_of(process.address).await;
            ended || answer.is_some_and(|answer| answer.status == 200)
        })
        .await;
        (!ended).then_some(process)
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a status").is_some()
    }

    /// SIGKILL: no destructor runs, nothing is flushed.
    pub fn kill(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// SIGHUP: it reads its keys anew.
    pub fn hang_up(&self) {
        kill_process(Pid::from_child(&self.child), Signal::HUP).expect("a signal");
    }

    /// SIGTERM, and waits until it has ended.
    pub async fn stop(mut self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("a signal");
        until("the program ends", async || self.child.try_wait().expect("a status").is_some())
            .await;
    }

    /// Everything that it and those before it have logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("a log")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
