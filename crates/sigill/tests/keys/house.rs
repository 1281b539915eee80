//! A server with a directory of its own, and what is done to it from outside.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::calls::{Shared, claim, claim_token, share};
use testkit::secrets::Sealed;
use testkit::{Dice, Process};

const BINARY: &str = env!("CARGO_BIN_EXE_sigill");

/// A directory for one server, and what is done to it from outside.
pub(crate) struct House {
    pub(crate) dir: TempDir,
    pub(crate) dice: Arc<Dice>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

impl House {
    pub(crate) fn new(seed: u64) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), dice: Arc::new(Dice::new(seed)) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.path("data/server.keys")
    }

    pub(crate) async fn start(&self) -> Process {
        self.start_with(&[], &[]).await
    }

    pub(crate) async fn start_with(&self, options: &[&str], variables: &[(&str, &str)]) -> Process {
        let (data, log) = (self.path("data"), self.path("log"));
        let options = [&["--limits", "off"], options].concat();
        Process::start_in(Path::new(BINARY), &data, &log, &options, variables).await
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(arguments, &[])
    }

    pub(crate) fn run_in(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = Command::new(BINARY);
        command.env_clear().envs(variables.iter().copied()).current_dir(self.dir.path());
        let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or(-1);
        Run { code, out: text(output.stdout), err: text(output.stderr) }
    }

    pub(crate) fn at_rest(&self, arguments: &[&str]) -> Run {
        self.run(&[&["keys-at-rest"], arguments, &["--data", "data"]].concat())
    }

    /// How many secrets each key of the ring has, and which one wraps.
    pub(crate) fn rings(&self) -> Vec<(u64, u64, bool)> {
        let list: Value =
            serde_json::from_str(&self.at_rest(&["list", "--json"]).ends(0).out).unwrap();
        let rings = list["rings"].as_array().unwrap().iter();
        let number = |ring: &Value, name: &str| ring[name].as_u64().unwrap();
        rings
            .map(|ring| (number(ring, "ring"), number(ring, "secrets"), ring["active"] == true))
            .collect()
    }

    pub(crate) async fn share(&self, process: &Process, text: &str) -> Shared {
        share(process.address, Sealed::text(text, None, &*self.dice), &json!({})).await
    }

    /// Shares as many, by ten senders at once.
    pub(crate) async fn share_many(&self, process: &Process, count: usize) -> Vec<Shared> {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (address, dice) = (process.address, Arc::clone(&self.dice));
            running.spawn(async move {
                let mut shared = Vec::new();
                for _ in 0..count / 10 {
                    let sealed = Sealed::text("hush", None, &*dice);
                    shared.push(share(address, sealed, &json!({})).await);
                }
                shared
            });
        }
        running.join_all().await.into_iter().flatten().collect()
    }

    pub(crate) async fn opens(&self, process: &Process, shared: &Shared) {
        let answer = claim(shared, &claim_token(&*self.dice)).of(process.address).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.body, shared.sealed.envelope);
    }

    /// Starts the program, which must refuse, and say what, and name no key.
    #[track_caller]
    pub(crate) fn refuses(&self, source: &str, variables: &[(&str, &str)], says: &[&str]) {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--data", "data", "--keys", source];
        let run = self.run_in(&serve, variables);
        assert!(matches!(run.code, 1 | 2), "{source}: {run:?}");
        for says in says {
            assert!(run.err.contains(says), "{source}: {says}: {run:?}");
        }
        assert!(!is_key(&run.err), "{run:?}");
    }
}

pub(crate) fn write(path: &Path, text: &str, mode: u32) {
    drop(fs::remove_file(path));
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Whether a text holds something that looks like a key.
pub(crate) fn is_key(text: &str) -> bool {
    let digits = |word: &str| word.len() >= 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(digits)
}
