//! A line that breaks: connections to a server through it are cut after so many bytes.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Which way is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What the client sends.
    Up,
    /// What the server answers.
    Down,
}

/// A line to a server. Dropped, it takes no more connections.
pub struct Unsteady {
    /// Where it listens.
    pub address: SocketAddr,
    cuts: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Unsteady {
    /// A line to `server`. Each of the first `cuts` connections that carry more than `bytes` on this `way`
    /// is cut there, without a word.
    pub async fn to(server: SocketAddr, way: Way, cuts: usize, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let cuts = Arc::new(AtomicUsize::new(cuts));
        let left = Arc::clone(&cuts);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, way, Arc::clone(&left), bytes));
            }
        });
        Self { address, cuts, task }
    }

    /// How many connections will still be cut.
    pub fn left(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Unsteady {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What cuts: after how many bytes, and how many connections are still to be cut.
type Cut = Option<(u64, Arc<AtomicUsize>)>;

async fn carry(
    client: TcpStream,
    server: SocketAddr,
    way: Way,
    left: Arc<AtomicUsize>,
    bytes: u64,
) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let cut = Some((bytes, left));
    let (up, down) = match way {
        Way::Up => (cut, None),
        Way::Down => (None, cut),
    };
    // The first that is cut ends both, and with them the connections.
    let up = pump(from_client, to_server, up);
    let down = pump(from_server, to_client, down);
    let _ended = tokio::try_join!(up, down);
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: Cut) -> Result<(), ()> {
    if let Some((bytes, left)) = cut {
        let carried = copy(&mut (&mut from).take(bytes), &mut to).await.unwrap_or(0);
        let spend = |left: usize| left.checked_sub(1);
        let relaxed = Ordering::Relaxed;
        if carried == bytes && left.fetch_update(relaxed, relaxed, spend).is_ok() {
            return Err(());
        }
    }
    drop(copy(&mut from, &mut to).await);
    drop(to.shutdown().await);
    Ok(())
}
