//! The disk: the shim, built once, and the two directories on its sides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;
use testkit::directory::copy;
use testkit::{Process, until};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/disk.c");
const BINARY: &str = env!("CARGO_BIN_EXE_sigill");

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Faults {
    /// Calls fail at random while the disk is armed, decided by this number.
    Fail(u64),
    /// Nothing beside what [`Disk::fill`] makes of it.
    Fill,
    /// The process is killed in the place of this call.
    Kill(u64),
    /// A sync does nothing, and says that it has.
    Lie,
}

impl Faults {
    /// A number that decides about what is drawn.
    pub(crate) const fn seed(self) -> u64 {
        match self {
            Self::Fail(number) | Self::Kill(number) => number,
            Self::Fill | Self::Lie => 0,
        }
    }
}

/// On what a program is started again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left {
    /// Only the process died: everything that it has written is there.
    ByTheProcess,
    /// The power was cut: only what was synced is there.
    ByThePowerCut,
}

/// A data directory, and beside it what a power cut would leave.
pub(crate) struct Disk(TempDir);

impl Disk {
    /// Both hold what `past` holds.
    pub(crate) fn new(past: Option<&Path>) -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(disk.kept().join(".ids")).unwrap();
        fs::create_dir_all(disk.kept().join("blobs")).unwrap();
        if let Some(past) = past {
            copy(past, &disk.data());
            copy(past, &disk.kept());
        }
        disk
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap().join("data")
    }

    /// What a power cut would leave of it.
    pub(crate) fn kept(&self) -> PathBuf {
        self.0.path().join("kept")
    }

    /// Starts the program on this disk. `None` when it ends before it serves.
    pub(crate) async fn start(&self, faults: Faults) -> Option<Process> {
        let variables = self.variables(faults);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
        let binary = Path::new(BINARY);
        Process::try_start_in(binary, &self.data(), &self.log(), OPTIONS, &variables).await
    }

    /// Moves everything from this disk into a database. Whether it has got to the end.
    pub(crate) fn migrate(&self, faults: Faults, database: &str) -> bool {
        let mut command = migration(&self.data(), database);
        command.envs(self.variables(faults)).status().unwrap().success()
    }

    fn variables(&self, faults: Faults) -> Vec<(&'static str, String)> {
        let seed = faults.seed().to_string();
        let mut variables = vec![
            ("LD_PRELOAD", library().to_str().unwrap().to_owned()),
            ("FAULTS_DATA", self.data().to_str().unwrap().to_owned()),
            ("FAULTS_DISK", self.kept().to_str().unwrap().to_owned()),
        ];
        match faults {
            Faults::Fail(_) => variables.extend([
                ("FAULTS_RATE", "20".to_owned()),
                ("FAULTS_EARLY", "3".to_owned()),
                ("FAULTS_SEED", seed),
            ]),
            Faults::Fill => {}
            Faults::Kill(_) => variables.push(("FAULTS_KILL", seed)),
            Faults::Lie => variables.push(("FAULTS_LIE", "1".to_owned())),
        }
        variables
    }

    /// Calls fail from now on, or no longer.
    pub(crate) fn arm(&self, armed: bool) {
        let path = self.kept().join(".armed");
        if armed { fs::write(path, "") } else { fs::remove_file(path) }.unwrap();
    }

    /// Waits until the program has nothing left to do, and has emptied its log. Whether it died instead.
    pub(crate) async fn rests(&self, process: &mut Process) -> bool {
        let mut killed = false;
        until("the program rests", async || {
            killed = process.has_ended();
            let log = fs::metadata(self.data().join("sigill.db-wal"));
            killed || log.is_ok_and(|log| log.len() == 0)
        })
        .await;
        killed
    }

    /// There is room for so many pages from now on, of 4 KiB each, and for no more.
    pub(crate) fn fill(&self, pages: usize) {
        let room = (pages_in(&self.data()) + pages) * PAGE;
        let (path, whole) = (self.kept().join(".room.part"), self.kept().join(".room"));
        fs::write(&path, room.to_string()).unwrap();
        fs::rename(path, whole).unwrap();
    }

    /// There is all the room in the world again.
    pub(crate) fn make_room(&self) {
        fs::remove_file(self.kept().join(".room")).unwrap();
    }

    /// Fails where a power cut would leave something else of the database or the keys than what is there.
    pub(crate) fn holds_everything(&self) {
        for name in ["sigill.db", "secret.keys"] {
            let (written, kept) = (self.data().join(name), self.kept().join(name));
            assert!(fs::read(written).unwrap() == fs::read(kept).unwrap(), "{name} is not synced");
        }
    }

    /// Starts the program on what is left of this disk, which is a good one from now on.
    pub(crate) async fn restart(&self, left: Left) -> Process {
        self.restart_with(left, &[]).await
    }

    /// The same, with more options.
    pub(crate) async fn restart_with(&self, left: Left, options: &[&str]) -> Process {
        let options = [OPTIONS, options].concat();
        Process::start(Path::new(BINARY), &self.left(left), &self.log(), &options).await
    }

    /// What is left of this disk.
    pub(crate) fn left(&self, left: Left) -> PathBuf {
        match left {
            Left::ByTheProcess => self.data(),
            Left::ByThePowerCut => self.kept(),
        }
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }
}

const OPTIONS: &[&str] = &["--limits", "off", "--public-url", "https://secrets.example"];

/// The command that moves everything from the directory `data` into a database.
pub(crate) fn migration(data: &Path, database: &str) -> Command {
    let mut command = Command::new(BINARY);
    command.env_clear().arg("migrate").arg("--from").arg(data).args(["--to", database]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

const PAGE: usize = 4096;

/// How many pages the files below `dir` take.
fn pages_in(dir: &Path) -> usize {
    let pages = |entry: fs::DirEntry| {
        let found = entry.metadata().unwrap();
        if found.is_dir() {
            return pages_in(&entry.path());
        }
        usize::try_from(found.len()).unwrap().div_ceil(PAGE)
    };
    fs::read_dir(dir).unwrap().map(|entry| pages(entry.unwrap())).sum()
}

/// The shim. A C compiler is there: the program's cryptography needs one, too.
fn library() -> &'static Path {
    static BUILT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, library) = BUILT.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let library = dir.path().join("disk.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(&library);
        let built = compiler.arg(SOURCE).args(["-ldl", "-lpthread"]).status().unwrap();
        assert!(built.success(), "the shim cannot be built");
        (dir, library)
    });
    library
}
