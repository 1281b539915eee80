//! What the tests need on this machine: looked for first, installed only where it is missing.
//!
//! Debian packages through `apt-get` (as root, or through `sudo` that asks nothing), the modules of tests
//! through `npm ci`, programs in Python through `pip`, each into a place of its own. Where the system's Node is
//! too old, one of our own goes below `target/` and the system's stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::shell::{Failure, at_root, loud, quiet, text};
use crate::tree;

/// The S3-compatible server of the tests, and the version that they were written with.
const BUCKETS: &str = "moto[s3,server]==5.2.5";
/// Programs in Python that others wrote, each pinned with everything that it needs by a file of its name in
/// `clients/`. The tests there look for them.
const PINNED: [&str; 3] = ["onetimesecret-0.1", "onetimesecret-1", "schemathesis"];
/// The least Node that has `WebCrypto` as a global.
const NODE: u32 = 20;
/// Beside what was installed from a lock file: the lock file.
const STAMP: &str = ".installed-from";
/// How long a package manager may take.
const LIMIT: Duration = Duration::from_mins(15);

/// A program that must be there, and the Debian package that has it.
const NEEDED: [(&str, &str); 7] = [
    ("gcc", "gcc"),
    ("g++", "g++"),
    ("curl", "curl"),
    ("pkg-config", "pkg-config"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("chromium", "chromium"),
];

/// Installs whatever is missing.
pub(crate) fn prepare() -> Result<(), Failure> {
    let mut missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    if !has_postgres() {
        missing.push("postgresql");
    }
    let has_venv = || {
        let mut python = Command::new("python3");
        quiet(python.args(["-c", "import ensurepip, venv"]), LIMIT).is_ok()
    };
    let unpinned = pinned()?;
    let installed = moto().exists() && unpinned.is_empty();
    if !installed && !has_venv() {
        missing.push("python3-venv");
    }
    if !missing.is_empty() {
        install(&missing)?;
    }
    if !moto().exists() {
        place(&tools().join("moto"), &[BUCKETS])?;
    }
    for (dir, wanted) in unpinned {
        let from = format!("clients/{}.txt", name(&dir));
        place(&dir, &["--require-hashes", "--requirement", &from])?;
        stamp(&dir, &wanted)?;
    }
    if own_node().is_none() && node_version("node")? < NODE {
        let dir = tools();
        fs::create_dir_all(&dir).map_err(|error| Failure::new(error.to_string()))?;
        let mut npm = at_root("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&dir).arg("node@22");
        quiet(&mut npm, LIMIT)?;
    }
    Ok(())
}

/// Whether PostgreSQL's server is there. Debian keeps it off the path.
fn has_postgres() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin").join("initdb").exists())
}

/// Makes a place for a program in Python and installs what `words` say.
fn place(dir: &Path, words: &[&str]) -> Result<(), Failure> {
    quiet(at_root("python3").args(["-m", "venv", "--clear"]).arg(dir), LIMIT)?;
    let mut pip = at_root(dir.join("bin").join("pip"));
    quiet(pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(words), LIMIT)
        .map(drop)
}

/// The places of pinned programs that are not as their files say, with what those say.
fn pinned() -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let mut missing = Vec::new();
    for name in PINNED {
        let wanted = wanted(&tree::root().join("clients").join(format!("{name}.txt")))?;
        let dir = tools().join(name);
        if !is_stamped(&dir, &wanted) {
            missing.push((dir, wanted));
        }
    }
    Ok(missing)
}

fn name(dir: &Path) -> String {
    dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Installs the modules that the lock files of the tests name, unless they are there already.
pub(crate) fn modules() -> Result<(), Failure> {
    for dir in ["web", "clients"] {
        let dir = tree::root().join(dir);
        let wanted = wanted(&dir.join("package-lock.json"))?;
        let modules = dir.join("node_modules");
        if !is_stamped(&modules, &wanted) {
            let mut npm = at_root("npm");
            npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(dir);
            quiet(&mut npm, LIMIT)?;
            stamp(&modules, &wanted)?;
        }
    }
    Ok(())
}

/// What a lock file says.
fn wanted(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::new(format!("{}: {error}", tree::relative(path))))
}

/// Whether what is in `dir` was installed from `wanted`.
fn is_stamped(dir: &Path, wanted: &[u8]) -> bool {
    fs::read(dir.join(STAMP)).is_ok_and(|installed| installed == wanted)
}

/// Notes in `dir` what its content was installed from.
fn stamp(dir: &Path, wanted: &[u8]) -> Result<(), Failure> {
    let path = dir.join(STAMP);
    fs::write(&path, wanted).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// A Node that is new enough.
pub(crate) fn node() -> PathBuf {
    own_node().unwrap_or_else(|| PathBuf::from("node"))
}

fn own_node() -> Option<PathBuf> {
    let path = tools().join("node_modules").join("node").join("bin").join("node");
    path.exists().then_some(path)
}

/// The S3-compatible server of the tests. The tests look for it there.
fn moto() -> PathBuf {
    tools().join("moto").join("bin").join("moto_server")
}

fn tools() -> PathBuf {
    tree::root().join("target").join("xtask-tools")
}

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn node_version(program: &str) -> Result<u32, Failure> {
    let version = text(Command::new(program).arg("--version"))?;
    major(&version).ok_or_else(|| Failure::new(format!("{program} --version said {version}")))
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn install(packages: &[&str]) -> Result<(), Failure> {
    let names = packages.join(" ");
    println!("installing {names}");
    let by_hand = |why: &Failure| {
        Failure::new(format!("{why}\n\nInstall these Debian packages and start again: {names}"))
    };
    apt(&["update"]).map_err(|why| by_hand(&why))?;
    let arguments = ["install", "--yes", "--no-install-recommends"];
    apt(&[&arguments, packages].concat()).map_err(|why| by_hand(&why))
}

fn apt(arguments: &[&str]) -> Result<(), Failure> {
    let root = text(Command::new("id").arg("-u"))?.trim() == "0";
    let mut words = if root { Vec::new() } else { vec!["sudo", "--non-interactive"] };
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]);
    words.extend(arguments);
    let (program, rest) = words.split_first().ok_or_else(|| Failure::new("nothing to run"))?;
    quiet(Command::new(program).args(rest), LIMIT).map(drop)
}

/// Fails with what to do when `program` is missing.
pub(crate) fn need(program: &str, remedy: &str) -> Result<(), Failure> {
    if is_there(program) {
        return Ok(());
    }
    Err(Failure::new(format!("{program} is not installed. {remedy}")))
}

/// Builds the program that the browser tests start, and returns where it is.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    loud(&mut crate::shell::cargo("build --quiet --package sigill"))?;
    Ok(target()?.join("debug").join("sigill"))
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> Result<PathBuf, Failure> {
    let metadata = crate::arrows::metadata()?;
    metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str)
        .map(PathBuf::from)
        .ok_or_else(|| Failure::new("cargo metadata names no target directory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_node_writes_them() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major("nonsense"), None);
    }

    #[test]
    fn a_missing_program_is_named_with_its_remedy() {
        let text = need("no-such-program", "Run: make it").unwrap_err().to_string();
        assert!(text.contains("no-such-program") && text.contains("make it"), "{text}");
    }
}
