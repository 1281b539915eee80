//! Nodes: programs with options of their own, that are killed and come back at another address.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use testkit::Process;
use tokio::sync::{Mutex, watch};

/// Where a node is to be found; nowhere while it is down.
pub(crate) type Address = watch::Receiver<Option<SocketAddr>>;

/// Several nodes.
pub(crate) struct Nodes {
    binary: PathBuf,
    nodes: Vec<Node>,
}

struct Node {
    options: Vec<String>,
    data: PathBuf,
    log: PathBuf,
    address: watch::Sender<Option<SocketAddr>>,
    process: Mutex<Option<Process>>,
}

impl Nodes {
    /// Starts a node for each of `options`, on directories of their own below `dir`.
    pub(crate) async fn start(binary: &Path, dir: &Path, options: &[&[&str]]) -> Self {
        let node = |(number, options): (usize, &&[&str])| Node {
            options: options.iter().map(|&option| option.to_owned()).collect(),
            data: dir.join(format!("data-{number}")),
            log: dir.join(format!("log-{number}")),
            address: watch::channel(None).0,
            process: Mutex::default(),
        };
        let nodes = options.iter().enumerate().map(node).collect();
        let all = Self { binary: binary.to_owned(), nodes };
        for (number, node) in all.nodes.iter().enumerate() {
            if let (1.., Some(first)) = (number, all.nodes.first()) {
                // The first one has made the keys; the operator copies them.
                fs::create_dir(&node.data).unwrap();
                fs::copy(first.data.join("server.keys"), node.data.join("server.keys")).unwrap();
            }
            node.start(&all.binary).await;
        }
        all
    }

    /// Where they are to be found.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        self.nodes.iter().map(|node| node.address.subscribe()).collect()
    }

    /// Kills one of them with SIGKILL, and starts it again.
    pub(crate) async fn restart(&self, number: usize) {
        let node = &self.nodes[number];
        node.kill().await;
        node.start(&self.binary).await;
    }
}

impl Node {
    async fn start(&self, binary: &Path) {
        let options: Vec<_> = self.options.iter().map(String::as_str).collect();
        let process = Process::start(binary, &self.data, &self.log, &options).await;
        self.address.send_replace(Some(process.address));
        *self.process.lock().await = Some(process);
    }

    async fn kill(&self) {
        if let Some(mut process) = self.process.lock().await.take() {
            process.kill();
        }
        self.address.send_replace(None);
    }
}
