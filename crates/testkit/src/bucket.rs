//! A bucket of the tests' own: an S3-compatible server on loopback, which ends with the test.
//!
//! The server is `moto`, which keeps everything in memory; `cargo xtask test` installs it below `target/`.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};
use std::thread;

use store::blobs::BucketTarget;
use zeroize::Zeroizing;

use crate::asking::Ask;

/// Where the server is, from the root of the repository.
const PROGRAM: &str = "target/xtask-tools/moto/bin/moto_server";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A bucket.
#[derive(Clone)]
pub struct Bucket {
    /// Where its server listens.
    pub server: SocketAddr,
    name: String,
}

impl Bucket {
    /// A fresh bucket on the server that all tests of a process share.
    pub async fn fresh() -> Self {
        let server = server();
        let name = format!("bucket-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let made =
            Ask::new("PUT", &format!("/{name}")).with("Content-Length", "0").of(server).await;
        assert_eq!(made.status, 200, "{}", made.text());
        Self { server, name }
    }

    /// How a program reaches it: at `address`, which is its server's or one that leads there.
    pub fn target(&self, address: SocketAddr) -> BucketTarget {
        let mut target =
            BucketTarget::parse(&format!("s3://{}/of/sigill", self.name)).expect("an address");
        target.endpoint = Some(format!("http://{address}"));
        "test".clone_into(&mut target.access_key);
        target.secret_key = Zeroizing::new("hush".to_owned());
        target
    }

    /// The names of all objects but the marker, as the server lists them.
    pub async fn objects(&self) -> Vec<String> {
        let list = Ask::get(&format!("/{}?list-type=2", self.name)).of(self.server).await;
        let text = list.text();
        let keys = text.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        keys.map(|(key, _)| key.to_owned()).filter(|key| key != "of/sigill/sigill").collect()
    }

    /// Puts an object there.
    pub async fn put(&self, key: &str) {
        let put = Ask::new("PUT", &format!("/{}/{key}", self.name));
        let put = put.body("application/octet-stream", "stray").of(self.server).await;
        assert_eq!(put.status, 200, "{}", put.text());
    }
}

fn server() -> SocketAddr {
    static SHARED: OnceLock<(SocketAddr, Child)> = OnceLock::new();
    SHARED.get_or_init(start).0
}

/// Starts the server so that it ends when this process does: the system tells it when the thread that
/// started it is gone, so that thread lives as long as the process, and reads what the server says.
fn start() -> (SocketAddr, Child) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = root.join(PROGRAM);
    assert!(program.exists(), "{PROGRAM}: run cargo xtask test once, which installs it");
    let (give, take) = mpsc::channel();
    thread::Builder::new()
        .name("bucket".to_owned())
        .spawn(move || {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "KILL", "--"]).arg(program);
            command.args(["-H", "127.0.0.1", "-p", "0"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            let mut child = command.spawn().expect("the server");
            let mut lines = BufReader::new(child.stderr.take().expect("what it says")).lines();
            let address = lines.find_map(|line| {
                let line = line.ok()?;
                line.split("http://").nth(1)?.trim().parse::<SocketAddr>().ok()
            });
            drop(give.send((address.expect("an address"), child)));
            // It must not stop because nobody reads.
            lines.for_each(drop);
            loop {
                thread::park();
            }
        })
        .expect("a thread");
    take.recv().expect("a server")
}
