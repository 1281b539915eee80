//! The disk: the shim, built once, and the two directories on its sides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;
use testkit::Process;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/disk.c");
const BINARY: &str = env!("CARGO_BIN_EXE_sigill");

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Faults {
    /// Calls fail at random while the disk is armed, decided by this number.
    Fail(u64),
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
            Self::Lie => 0,
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
        let seed = faults.seed().to_string();
        let (data, kept) = (self.data(), self.kept());
        let mut variables = vec![
            ("LD_PRELOAD", library().to_str().unwrap()),
            ("FAULTS_DATA", data.to_str().unwrap()),
            ("FAULTS_DISK", kept.to_str().unwrap()),
        ];
        variables.extend_from_slice(&match faults {
            Faults::Fail(_) => {
                [("FAULTS_RATE", "20"), ("FAULTS_EARLY", "3"), ("FAULTS_SEED", &*seed)]
            }
            Faults::Kill(_) => [("FAULTS_KILL", &*seed); 3],
            Faults::Lie => [("FAULTS_LIE", "1"); 3],
        });
        let binary = Path::new(BINARY);
        Process::try_start_in(binary, &data, &self.log(), OPTIONS, &variables).await
    }

    /// Calls fail from now on, or no longer.
    pub(crate) fn arm(&self, armed: bool) {
        let path = self.kept().join(".armed");
        if armed { fs::write(path, "") } else { fs::remove_file(path) }.unwrap();
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
        let data = match left {
            Left::ByTheProcess => self.data(),
            Left::ByThePowerCut => self.kept(),
        };
        Process::start(Path::new(BINARY), &data, &self.log(), OPTIONS).await
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }
}

const OPTIONS: &[&str] = &["--limits", "off", "--public-url", "https://secrets.example"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
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
