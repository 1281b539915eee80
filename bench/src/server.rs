//! Who is asked: a program on the first processor, from its start to its end.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use crate::clock::now;
use crate::connection::Connection;
use crate::machine::{self, pinned};
use crate::void::Void;

/// How long a program may take until it answers, and until it has ended.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked after.
const LOOK: Duration = Duration::from_micros(1100);

/// A program that runs and answers.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// How long it took from its start to its first answer.
    pub(crate) started_in: Duration,
}

impl Server {
    /// Starts the program as it is released, on an empty directory `data`. Its limits by network are off,
    /// because one network asks for all; everything else is as it is by default, the log too.
    pub(crate) async fn program(program: &Path, data: &Path) -> Result<Self, Void> {
        if data.exists() {
            fs::remove_dir_all(data)?;
        }
        fs::create_dir_all(data)?;
        Self::on(program, data).await
    }

    /// Starts the program on a directory `data` in which it, or a [`crate::filler`], was before.
    pub(crate) async fn on(program: &Path, data: &Path) -> Result<Self, Void> {
        Self::with(program, data, &[]).await
    }

    /// The same, with its secrets in a PostgreSQL `database`.
    pub(crate) async fn sharing(program: &Path, data: &Path, database: &str) -> Result<Self, Void> {
        Self::with(program, data, &["--database", database]).await
    }

    async fn with(program: &Path, data: &Path, arguments: &[&str]) -> Result<Self, Void> {
        let port = free_port()?;
        // It starts in `data`, where no configuration file lies.
        let mut command = on_first_processor(&program.canonicalize()?);
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg("data")
            .args(arguments)
            .env("SIGILL_LIMITS", "off")
            .current_dir(data)
            .stderr(File::create(data.join("log"))?);
        Self::start(command, port).await
    }

    /// Starts the bare echo.
    pub(crate) async fn echo() -> Result<Self, Void> {
        let port = free_port()?;
        let ours: PathBuf = std::env::current_exe()?;
        let mut command = on_first_processor(&ours);
        command.args(["echo", &port.to_string()]);
        Self::start(command, port).await
    }

    async fn start(mut command: Command, port: u16) -> Result<Self, Void> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let begun = now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut server = Self { child, address, started_in: Duration::ZERO };
        let ask = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
        loop {
            if let Ok(mut connection) = Connection::open(address).await {
                connection.ask(ask.as_bytes()).await?.must_be(200)?;
                server.started_in = begun.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(Void::new(format!("a server ended before it answered: {status}")));
            }
            if begun.elapsed() > PATIENCE {
                return Err(Void::new("a server did not answer"));
            }
            sleep(LOOK).await;
        }
    }

    /// How long it has run on its processor.
    pub(crate) fn processor_time(&self) -> Result<Duration, Void> {
        machine::processor_time(self.child.id())
    }

    /// A line of its `status`, in bytes.
    pub(crate) fn memory(&self, line: &str) -> Result<u64, Void> {
        machine::memory(self.child.id(), line)
    }

    /// Tells it to stop, and waits until it has: it must not be at work while something else is measured.
    pub(crate) async fn stop(mut self) -> Result<(), Void> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let begun = now();
        while self.child.try_wait()?.is_none() {
            if begun.elapsed() > PATIENCE {
                return Err(Void::new("a server did not stop"));
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `program`, on the first processor alone where there are two.
fn on_first_processor(program: &Path) -> Command {
    let mut words = pinned(0).into_iter();
    match words.next() {
        Some(first) => {
            let mut command = Command::new(first);
            command.args(words).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// A port on which nobody listens.
fn free_port() -> Result<u16, Void> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
