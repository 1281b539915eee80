//! A proxy between a node and its database, to break what networks break, and at the worst moment: after
//! `COMMIT` has left and before its answer has come.
//!
//! It knows of PostgreSQL's protocol (version 3, "Simple Query") only how `COMMIT` looks.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::mem::take;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// `Query`, its length, its text, and the end of that.
const COMMIT: &[u8] = b"Q\0\0\0\x0BCOMMIT\0";
/// What the server says when it has done so: the tag of the command (PostgreSQL, "Message Formats").
const DONE: &[u8] = b"COMMIT\0";

/// What becomes of the next `COMMIT`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// It comes through.
    #[default]
    None,
    /// It does not reach the server.
    LoseCommit,
    /// It does, and the server has done it; the answer does not come back.
    LoseAnswer,
}

/// The proxy; it ends when it is dropped.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
    /// Whether connections live; each change cuts those that do.
    open: Arc<watch::Sender<bool>>,
    /// Whether anything passes on those that live.
    flows: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts one before `server`.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let fault = Arc::new(Mutex::new(Fault::None));
        let open = Arc::new(watch::Sender::new(true));
        let flows = Arc::new(watch::Sender::new(true));
        let (next, alive) = (Arc::clone(&fault), Arc::clone(&open));
        let flowing = Arc::clone(&flows);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut changed = alive.subscribe();
                if !*changed.borrow_and_update() {
                    continue;
                }
                let (next, flowing) = (Arc::clone(&next), flowing.subscribe());
                tokio::spawn(async move {
                    tokio::select! {
                        () = pass(client, server, &next, flowing) => {}
                        _ = changed.changed() => {}
                    }
                });
            }
        });
        Self { address, fault, open, flows, task }
    }

    /// What becomes of the next `COMMIT`, once.
    pub fn next_commit(&self, fault: Fault) {
        *lock(&self.fault) = fault;
    }

    /// Whether the fault has happened.
    pub fn has_struck(&self) -> bool {
        *lock(&self.fault) == Fault::None
    }

    /// Cuts every connection, and takes no other until [`Proxy::mend`].
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Keeps every connection, takes others, and lets nothing through until [`Proxy::mend`]: a server that
    /// hangs.
    pub fn stall(&self) {
        self.flows.send_replace(false);
    }

    /// Takes connections again, and lets everything through.
    pub fn mend(&self) {
        self.flows.send_replace(true);
        self.open.send_if_modified(|open| !std::mem::replace(open, true));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

/// Passes bytes both ways until one side ends, or the fault happens.
async fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    fault: &Mutex<Fault>,
    mut flowing: watch::Receiver<bool>,
) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(count @ 1..) = read else { return };
                let Some(bytes) = from_client.get(..count) else { return };
                if flowing.wait_for(|flows| *flows).await.is_err() {
                    return;
                }
                let commits = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
                let strikes = if commits { take(&mut *lock(fault)) } else { Fault::None };
                if strikes == Fault::LoseCommit || server.write_all(bytes).await.is_err() {
                    return;
                }
                if strikes == Fault::LoseAnswer {
                    until_done(&mut server, &mut from_server).await;
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(count @ 1..) = read else { return };
                let Some(bytes) = from_server.get(..count) else { return };
                if flowing.wait_for(|flows| *flows).await.is_err() {
                    return;
                }
                if client.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Reads until the server says that it has committed. Other statements may be answered before: whoever hung up
/// earlier would keep it from reading what it was asked last.
async fn until_done(server: &mut TcpStream, from_server: &mut [u8]) {
    let mut said = Vec::new();
    while !said.windows(DONE.len()).any(|window| window == DONE) {
        match server.read(from_server).await {
            Ok(count @ 1..) => said.extend_from_slice(from_server.get(..count).unwrap_or_default()),
            Ok(0) | Err(_) => return,
        }
    }
}

fn lock(fault: &Mutex<Fault>) -> MutexGuard<'_, Fault> {
    fault.lock().unwrap_or_else(PoisonError::into_inner)
}
