//! PostgreSQL servers of the tests' own: on loopback, each with a directory, a port and a password that
//! nothing else has.
//!
//! The server ends with the test, whichever way that ends. Where tests are root, it runs as the user
//! `postgres`, because it refuses to be root.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;

use rustix::process::{Pid, Signal, getuid, kill_process};

/// Who owns every database here.
const USER: &str = "sigill";
/// What makes the plain suite fast: no power is cut while it runs.
const FAST: &[&str] = &["fsync=off", "full_page_writes=off", "synchronous_commit=on"];
/// How often it is looked whether the server answers.
const LOOKS: u32 = 10_000;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A server.
pub struct Cluster {
    bin: PathBuf,
    dir: PathBuf,
    port: u16,
    password: String,
    settings: Vec<String>,
    child: Option<Child>,
}

impl Cluster {
    /// The one that all tests of a process share; each takes a database of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(FAST))
    }

    /// Makes and starts one with these settings beside the usual ones.
    pub fn start(settings: &[&str]) -> Self {
        clean();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = env::temp_dir().join(format!("sigill-pg-{}-{number}", std::process::id()));
        let password = format!("hush-{}-{number}", std::process::id());
        let bin = binaries();
        let (data, secret) = (dir.join("data"), dir.join("password"));
        run(as_server("mkdir").args(["-m", "700"]).arg(&dir));
        run(as_server("sh")
            .args(["-c", "printf %s \"$0\" > \"$1\""])
            .args([&password])
            .arg(&secret));
        run(as_server(bin.join("initdb"))
            .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"])
            .arg(format!("--username={USER}"))
            .arg(format!("--pwfile={}", secret.display()))
            .arg("--pgdata")
            .arg(&data));
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut cluster = Self { bin, dir, port: free_port(), password, settings, child: None };
        cluster.restart();
        cluster
    }

    /// Starts it again, on the same port, after a crash.
    pub fn restart(&mut self) {
        let mut command = as_server(self.bin.join("postgres"));
        command.arg("-D").arg(self.dir.join("data"));
        command.arg("-k").arg(&self.dir).args(["-p", &self.port.to_string()]);
        let usual = ["listen_addresses=127.0.0.1", "max_connections=300", "log_statement=none"];
        for setting in usual.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_path());
        let log = log.expect("a log");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        self.child = Some(spawn(command));
        // Asking takes a few milliseconds each time.
        if (0..LOOKS).any(|_| self.answers()) {
            return;
        }
        let said = fs::read_to_string(self.log_path()).unwrap_or_default();
        assert!(self.answers(), "PostgreSQL does not answer:\n{said}");
    }

    /// Makes and starts one that speaks TLS and nothing else, with a certificate for `127.0.0.1` that the
    /// authority in the file signed.
    pub fn with_tls() -> (Self, PathBuf) {
        let mut cluster = Self::start(FAST);
        cluster.kill();
        let data = cluster.dir.join("data");
        // The authority first, then the server's own, signed by it.
        let script = "cd \"$0\" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
             -days 2 -subj '/CN=tests' -keyout ca.key -out ca.crt \
             && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=server' \
             -keyout server.key -out server.csr \
             && printf 'subjectAltName=IP:127.0.0.1' > names \
             && openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
             -extfile names -out server.crt && chmod 600 server.key \
             && sed -i 's/^host/hostssl/' pg_hba.conf";
        run(as_server("sh").args(["-c", script]).arg(&data));
        cluster.settings.push("ssl=on".to_owned());
        cluster.restart();
        let authority = fs::read(data.join("ca.crt")).expect("a certificate");
        let path = env::temp_dir()
            .join(format!("{}.crt", cluster.dir.file_name().expect("a name").display()));
        fs::write(&path, authority).expect("a file");
        (cluster, path)
    }

    /// A standby that has everything, and without which this one commits nothing from here on.
    #[must_use]
    pub fn standby(&self) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = env::temp_dir().join(format!("sigill-pg-{}-{number}", std::process::id()));
        run(as_server("mkdir").args(["-m", "700"]).arg(&dir));
        let mut copy = as_server(self.bin.join("pg_basebackup"));
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]);
        run(self.as_client(&mut copy).arg("--pgdata").arg(dir.join("data")));
        let (bin, password) = (self.bin.clone(), self.password.clone());
        let settings = self.settings.clone();
        let mut standby = Self { bin, dir, port: free_port(), password, settings, child: None };
        standby.restart();
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.control("reload");
        standby
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        self.control("promote");
    }

    fn control(&self, what: &str) {
        let mut command = as_server(self.bin.join("pg_ctl"));
        run(command.args(["--wait", what, "--pgdata"]).arg(self.dir.join("data")));
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    fn log_path(&self) -> PathBuf {
        env::temp_dir().join(format!("{}.log", self.dir.file_name().expect("a name").display()))
    }

    fn answers(&self) -> bool {
        let mut command = Command::new(self.bin.join("pg_isready"));
        command.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.status().is_ok_and(|status| status.success())
    }

    /// Ends every process of it at once, as a power cut would.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let id = child.id();
        // First those that it has started: without it they would end by themselves, but later.
        for process in children(id).into_iter().chain([id]) {
            // Some end by themselves meanwhile.
            let id = i32::try_from(process).ok().and_then(Pid::from_raw);
            let _gone = id.map(|id| kill_process(id, Signal::KILL));
        }
        drop(child.wait());
    }

    /// The address of a fresh database with nothing in it.
    pub fn database(&self) -> String {
        let name = format!("db{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.create(&name);
        self.url(&name)
    }

    /// Makes an empty database of this name.
    pub fn create(&self, name: &str) {
        let mut command = Command::new(self.bin.join("createdb"));
        run(self.as_client(&mut command).arg(name));
    }

    /// The address of the database `name`.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{name}", self.password, self.port)
    }

    /// Runs a statement in the database of an address, and returns what it says.
    pub fn ask(&self, url: &str, sql: &str) -> String {
        let name = url.rsplit('/').next().expect("a name");
        let name = name.split('?').next().expect("a name");
        self.sql(name, sql)
    }

    fn sql(&self, database: &str, sql: &str) -> String {
        let mut command = Command::new(self.bin.join("psql"));
        self.as_client(&mut command).args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        run(command.args(["-d", database, "-c", sql]))
    }

    fn as_client<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER]);
        command.env("PGPASSWORD", &self.password)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        drop(fs::remove_dir_all(&self.dir));
        drop(fs::remove_file(self.log_path()));
    }
}

/// Starts `command` so that it ends when this process does: the system tells it when the thread that
/// started it is gone, so that thread lives as long as the process.
fn spawn(mut command: Command) -> Child {
    let (give, take) = mpsc::channel();
    thread::Builder::new()
        .name("postgres".to_owned())
        .spawn(move || {
            drop(give.send(command.spawn()));
            loop {
                thread::park();
            }
        })
        .expect("a thread");
    take.recv().expect("a child").expect("PostgreSQL")
}

/// A command as the server's user, ended with SIGQUIT when its parent goes.
fn as_server(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if getuid().is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg("--").arg(program.as_ref());
    command
}

/// Runs a command to its end, and returns what it says.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}{complaint}");
    said.trim().to_owned()
}

/// Where the server's programs are.
fn binaries() -> PathBuf {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = packaged.map(|entry| entry.path().join("bin")).collect();
    places.sort();
    places.reverse();
    places.extend(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    let needed = ["initdb", "postgres", "psql", "pg_isready"];
    let has_all = |place: &PathBuf| needed.iter().all(|name| place.join(name).exists());
    places.into_iter().find(has_all).expect("PostgreSQL: install the Debian package postgresql")
}

fn children(parent: u32) -> Vec<u32> {
    let list = format!("/proc/{parent}/task/{parent}/children");
    let list = fs::read_to_string(list).unwrap_or_default();
    list.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

/// Removes what earlier tests could not, because they ended in the middle.
fn clean() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix("sigill-pg-") else { continue };
        let owner = rest.split(['-', '.']).next().unwrap_or_default();
        if !Path::new("/proc").join(owner).exists() {
            drop(fs::remove_dir_all(entry.path()));
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}
