//! A real `sigill serve` on a directory of its own, real commands, and a line between them that breaks
//! on demand.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use envelope::{Link, LinkKey, Profile, SecretId};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, and a user with a home.
pub(crate) struct House {
    /// Data, home, and whatever a test puts there.
    pub(crate) dir: TempDir,
    /// What `--server` says.
    pub(crate) url: String,
    server: Child,
    log: Arc<Mutex<String>>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: Vec<u8>,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// Standard output as text, without the last line end.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap().trim_end_matches('\n').to_owned()
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.out).unwrap()
    }

    /// The same, if it ended with `code`.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// The program, with nothing of this process's environment.
pub(crate) fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigill"));
    command.env_clear().env("HOME", home).current_dir(home);
    command
}

/// Runs `command` to its end with `input` on standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Run {
    let mut child = spawn(command);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        // A command that ends early closes the pipe.
        drop(stdin.write_all(&input));
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: output.stdout,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts `command` with pipes.
pub(crate) fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends a signal to a process that a test has started.
pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits until a process that a test has started has ended, and says how.
#[track_caller]
pub(crate) fn end_of(child: &mut Child) -> Option<i32> {
    let mut code = None;
    until("it ends", || {
        code = child.try_wait().unwrap();
        code.is_some()
    });
    code.and_then(|status| status.code())
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let (never, nothing) = channel::<()>();
    let step = Duration::from_millis(10);
    for _ in 0..PATIENCE.as_millis() / step.as_millis() {
        if condition() {
            return;
        }
        let _timed_out = nothing.recv_timeout(step);
    }
    drop(never);
    panic!("waited in vain: {what}");
}

impl House {
    /// A server with nothing but defaults.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A server with these options.
    pub(crate) fn with(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = program(dir.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", "data"]).args(options);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = command.spawn().unwrap();
        let (log, ready) = listen(server.stderr.take().unwrap());
        let url = ready.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            panic!("no server: {}", log.lock().unwrap());
        });
        Self { dir, url: format!("http://{url}"), server, log }
    }

    /// A path in the user's home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A command of the user's, with the server configured.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.dir.path());
        command.env("SIGILL_SERVER", &self.url).args(arguments);
        command
    }

    /// Any command as the user's, with the server configured.
    pub(crate) fn in_house<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let home = self.dir.path();
        command.env_clear().env("HOME", home).env("SIGILL_SERVER", &self.url).current_dir(home)
    }

    /// Runs a command with `input`.
    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Run {
        run(&mut self.command(arguments), input)
    }

    /// Shares `input` and returns the link.
    #[track_caller]
    pub(crate) fn share(&self, input: &[u8], options: &[&str]) -> String {
        let run = self.run(&[&["share"], options].concat(), input).ends(0);
        assert!(run.text().starts_with("http://") && !run.text().contains('\n'), "{run:?}");
        run.text()
    }

    /// Everything that the server has said so far. Lines of requests wait for each other: when that of one
    /// which nobody else makes is there, all before it are.
    pub(crate) fn log(&self) -> String {
        let heard = || self.log.lock().unwrap().clone();
        let marks = || heard().matches("unknown route").count();
        let before = marks();
        if let Ok(mut connection) = TcpStream::connect(self.url.trim_start_matches("http://")) {
            let ask =
                b"GET /no/such/route HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            connection.write_all(ask).unwrap();
            until("the log is here", || marks() > before);
        }
        heard()
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        signal(&self.server, Signal::TERM);
        self.server.wait().unwrap().code()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // It may have been stopped before.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Collects what the server says; the address comes when it is ready.
fn listen(stderr: std::process::ChildStderr) -> (Arc<Mutex<String>>, Receiver<String>) {
    let log = Arc::new(Mutex::new(String::new()));
    let (ready, told) = channel();
    let kept = Arc::clone(&log);
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            {
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
            if let Some((_, rest)) = line.split_once("Sigill listens on ") {
                let address = rest.split_once(". ").map_or(rest, |(address, _)| address);
                drop(ready.send(address.to_owned()));
            }
        }
    });
    (log, told)
}

/// A free port, for what needs to know it beforehand.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A line to the server that looks at every piece of an answer, and breaks when `cut` says so.
pub(crate) struct Line {
    listener: TcpListener,
}

impl Line {
    /// A line whose end is not known yet.
    pub(crate) fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    /// Where to connect.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// Connects it with the server at `url`. `cut` sees each piece with the bytes that went before on
    /// its connection.
    pub(crate) fn connect(self, url: &str, cut: impl FnMut(&[u8], usize) -> bool + Send + 'static) {
        let server: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        let cut = Arc::new(Mutex::new(cut));
        thread::spawn(move || {
            for client in self.listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(server) else { return };
                let (mut up, mut down) = (client.try_clone().unwrap(), client);
                let mut to = server.try_clone().unwrap();
                thread::spawn(move || {
                    drop(std::io::copy(&mut up, &mut to));
                    drop(to.shutdown(Shutdown::Write));
                });
                let cut = Arc::clone(&cut);
                thread::spawn(move || {
                    let (mut from, mut seen, mut piece) = (server, 0, vec![0; 16 * 1024]);
                    while let Ok(count @ 1..) = from.read(&mut piece) {
                        let piece = &piece[..count];
                        if cut.lock().unwrap()(piece, seen) || down.write_all(piece).is_err() {
                            break;
                        }
                        seen += count;
                    }
                    drop(down.shutdown(Shutdown::Both));
                    drop(from.shutdown(Shutdown::Both));
                });
            }
        });
    }
}

/// A server that gives the same answer to every request, and closes.
pub(crate) fn answering(answer: Vec<u8>) -> String {
    answering_with(move |_| answer.clone())
}

/// A server that sees the first line of every request, answers, and closes.
pub(crate) fn answering_with(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
            drop(reader.read_line(&mut first));
            while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
                let lower = line.to_ascii_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            drop(std::io::copy(&mut reader.take(length), &mut std::io::sink()));
            drop(stream.write_all(&answer(&first)));
        }
    });
    url
}

/// What the server at `url` answers when it is asked for `path`.
pub(crate) fn answer_of(url: &str, path: &str) -> Vec<u8> {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// A link to a secret on `origin` that nobody has shared; its key is 32 times 7.
pub(crate) fn link_to(origin: &str) -> String {
    let key = LinkKey::new([7; 32], Profile::None);
    let link = Link { origin: origin.to_owned(), id: SecretId::from_bytes([3; 16]), key };
    link.expose().to_string()
}

/// The names in a directory.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writes `size` bytes that do not compress and do not repeat into a file.
pub(crate) fn noise(path: &Path, size: u64) {
    let mut file = File::create(path).unwrap();
    let (mut state, mut left) = (0x9e37_79b9_7f4a_7c15_u64, size);
    let mut piece = vec![0; 1 << 20];
    while left > 0 {
        for word in piece.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        file.write_all(&piece[..count]).unwrap();
        left -= u64::try_from(count).unwrap();
    }
}
