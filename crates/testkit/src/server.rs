//! A server in this process: the real store on a directory of its own, the real listener on a port of its
//! own, and a clock that is set by hand.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use domain::account::{Email, Role, Scopes};
use domain::audit::Actor;
use domain::{Clock, Entropy};
use outside::egress::Loopback;
use outside::oidc::Oidc;
use outside::smtp::{self, From, Smtp};
use serde_json::{Value, json};
use service::keys::Wish;
use service::{Limits, Service};
use sigill_http::layers::address::TrustedProxies;
use sigill_http::layers::limits::RateLimits;
use sigill_http::listener::{self, Options};
use sigill_http::{Letters, Origin, State, app};
use store::keys::KeySource;
use store::port::{Query, Recorded, Result as StoreResult, View};
use store::postgres::Target;
use store::{BlobPlace, OpenError, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::ambient::{Dice, HandClock};
use crate::bucket::Bucket;
use crate::calls::{self, Shared};
use crate::postgres::Cluster;
use crate::secrets::Sealed;

/// How a server is set up.
#[derive(Clone)]
pub struct Setup {
    /// What the instance allows.
    pub limits: Limits,
    /// The bounds of connections.
    pub options: Options,
    /// The public URL.
    pub origin: &'static str,
    /// Networks whose word about addresses counts.
    pub proxies: &'static [&'static str],
    /// Whether one network may only ask so often.
    pub rate_limits: bool,
    /// The mail server, as a setting names it.
    pub smtp: Option<String>,
    /// Whether people may sign in at providers, and whether those may be on this machine.
    pub providers: Option<Loopback>,
}

impl Default for Setup {
    /// As the program has it, without the request limits: most tests ask from one address.
    fn default() -> Self {
        let limits = Limits { keep_free: 0, ..Limits::default() };
        let options = Options::default();
        let origin = "https://secrets.example";
        Self {
            limits,
            options,
            origin,
            proxies: &[],
            rate_limits: false,
            smtp: None,
            providers: None,
        }
    }
}

/// A server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its clock.
    pub clock: Arc<HandClock>,
    /// Its randomness, and that of the test.
    pub dice: Arc<Dice>,
    /// Its use cases, for the sweeper.
    pub service: Service,
    /// How it is set up.
    pub setup: Setup,
    store: Store,
    database: Option<String>,
    bucket: Option<(Bucket, SocketAddr)>,
    dir: Arc<TempDir>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// The address of a fresh database, where tests are about PostgreSQL: in a test binary whose name says so.
/// The same tests run on both engines.
pub fn database() -> Option<String> {
    let binary = std::env::current_exe().expect("a name");
    let name = binary.file_name().expect("a name").to_string_lossy().into_owned();
    name.contains("_on_postgres").then(|| Cluster::shared().database())
}

/// A fresh bucket, where tests are about one: in a test binary whose name says so.
async fn bucket() -> Option<(Bucket, SocketAddr)> {
    let binary = std::env::current_exe().expect("a name");
    let name = binary.file_name().expect("a name").to_string_lossy().into_owned();
    if !name.contains("_on_bucket") {
        return None;
    }
    let bucket = Bucket::fresh().await;
    let address = bucket.server;
    Some((bucket, address))
}

/// A store in the directory `dir`, or in a database.
pub async fn store(
    dir: &Path,
    database: Option<&str>,
    entropy: &dyn Entropy,
) -> Result<Store, OpenError> {
    store_with(dir, database, &BlobPlace::Directory, entropy).await
}

/// The same, with large payloads in another place.
pub async fn store_with(
    dir: &Path,
    database: Option<&str>,
    place: &BlobPlace,
    entropy: &dyn Entropy,
) -> Result<Store, OpenError> {
    let keys = KeySource::in_directory(dir);
    match database {
        None => Store::open_with(dir, keys, place, entropy),
        Some(address) => {
            let target = Target::parse(address).expect("an address");
            Store::connect_with(&target, dir, keys, place, entropy).await
        }
    }
}

/// What a server keeps, as far as a change of anything would change it: whatever happens has its event
/// (law 9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The whole trail.
    pub trail: Vec<Recorded>,
    /// The bytes of all payloads.
    pub bytes: u64,
    /// The files of large payloads, half-written ones too.
    pub files: usize,
}

struct Trail;

impl Query for Trail {
    type Output = Vec<Recorded>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<Recorded>> {
        view.trail(0, u32::MAX).await
    }
}

impl Server {
    /// Starts one.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// Starts one that is set up in another way.
    pub async fn with(setup: Setup) -> Self {
        Self::open(tempfile::tempdir().expect("a directory"), setup).await
    }

    /// Starts one on what lies in `dir`.
    pub async fn open(dir: TempDir, setup: Setup) -> Self {
        Self::fresh(dir, setup, bucket().await).await
    }

    /// Starts one whose large payloads lie in `bucket`, which it reaches at `address`.
    pub async fn with_bucket(setup: Setup, bucket: Bucket, address: SocketAddr) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self::fresh(dir, setup, Some((bucket, address))).await
    }

    async fn fresh(dir: TempDir, setup: Setup, bucket: Option<(Bucket, SocketAddr)>) -> Self {
        let (clock, dice) = (Arc::new(HandClock::new()), Arc::new(Dice::new(11)));
        Self::on(Arc::new(dir), (database(), bucket), setup, clock, dice).await
    }

    /// Starts one on the database at `address`, with a clock of its own and the keys of `first`, which is
    /// there already.
    pub async fn node(address: &str, first: Option<&Self>) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        if let Some(first) = first {
            let keys = "server.keys";
            std::fs::copy(first.data().join(keys), dir.path().join(keys)).expect("keys");
        }
        let (clock, dice) = (Arc::new(HandClock::new()), Arc::new(Dice::new(12)));
        Self::on(Arc::new(dir), (Some(address.to_owned()), None), Setup::default(), clock, dice)
            .await
    }

    async fn on(
        dir: Arc<TempDir>,
        (database, bucket): (Option<String>, Option<(Bucket, SocketAddr)>),
        setup: Setup,
        clock: Arc<HandClock>,
        dice: Arc<Dice>,
    ) -> Self {
        let place = bucket.as_ref().map_or(BlobPlace::Directory, |(bucket, address)| {
            BlobPlace::Bucket(bucket.target(*address))
        });
        let store = store_with(dir.path(), database.as_deref(), &place, &*dice).await;
        let store = store.expect("a store");
        let told: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
        let entropy: Arc<dyn Entropy> = Arc::<Dice>::clone(&dice);
        let mut service = Service::new(store.clone(), Arc::clone(&told), entropy, setup.limits);
        if let Some(smtp) = &setup.smtp {
            let from = From::parse("Sigill <sigill@secrets.example>").expect("an address");
            let target = smtp::Target::parse(smtp).expect("a mail server");
            service = service.with_mail(Arc::new(Smtp::new(&target, "", from).expect("mail")));
        }
        let origin = Origin::parse(setup.origin).expect("an origin");
        service = service.with_letters(Arc::new(Letters::new(origin.clone())));
        if let Some(loopback) = setup.providers {
            let port = Oidc::new(loopback, Arc::clone(&told)).expect("certificates");
            service = service.with_providers(Arc::new(port));
        }
        service.sweep().await.expect("a sweep");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let networks = setup.proxies.iter().map(|network| network.parse().expect("a network"));
        let proxies = TrustedProxies::new(networks.collect()).expect("not everybody");
        let limits = setup.rate_limits.then(|| RateLimits::new(told));
        let state = State::new(service.clone(), origin, proxies.clone(), limits);
        let options = Options { proxies, ..setup.options.clone() };
        let stop = CancellationToken::new();
        let told_to_stop = stop.clone().cancelled_owned();
        let postman = service.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = listener::serve(listener, app(state), options, told_to_stop) => {}
                () = postman.post_for_ever() => {}
            }
        });
        Self { address, clock, dice, service, setup, store, database, bucket, dir, stop, task }
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.dir.path()
    }

    /// What it keeps.
    pub async fn kept(&self) -> Kept {
        let trail = self.store.read(Trail).await.expect("the trail");
        let files = match &self.bucket {
            Some((bucket, _)) => bucket.objects().await.len(),
            None => std::fs::read_dir(self.data().join("blobs")).expect("a directory").count(),
        };
        Kept { trail, bytes: self.store.live_bytes(), files }
    }

    /// Tells it to stop, without waiting.
    pub fn tell_to_stop(&self) {
        self.stop.cancel();
    }

    /// Stops it. The directory stays as long as what comes back.
    pub async fn stop(self) -> Arc<TempDir> {
        self.stop.cancel();
        self.task.await.expect("an end");
        drop((self.service, self.store));
        self.dir
    }

    /// Stops it and starts another on the same directory.
    pub async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    /// Stops it, lets somebody at the directory, and starts another on it.
    pub async fn restart_after(self, meddle: impl FnOnce(&Path)) -> Self {
        let (clock, dice) = (Arc::clone(&self.clock), Arc::clone(&self.dice));
        let setup = self.setup.clone();
        let places = (self.database.clone(), self.bucket.clone());
        let dir = self.stop().await;
        meddle(dir.path());
        Self::on(dir, places, setup, clock, dice).await
    }

    /// A fresh API key with these scopes for the account of `email`, which is made if it is not there.
    pub async fn key_of(&self, email: &str, scopes: &str) -> String {
        let email = Email::parse(email).expect("an address");
        let scopes = Scopes::parse(scopes).expect("scopes");
        self.service.join(&email, Role::Member).await.expect("an account");
        let owner = self.service.key_owner(&email).await.expect("an answer").expect("the account");
        let wish = Wish::plain(scopes, None);
        let made = self.service.make_key(Actor::Operator, owner, wish).await.expect("a key");
        made.token.expose().to_string()
    }

    /// Lets the sweeper come by.
    pub async fn sweep(&self) {
        self.service.sweep().await.expect("a sweep");
    }

    /// Seals a text.
    pub fn seal(&self, text: &str, passphrase: Option<&str>) -> Sealed {
        Sealed::text(text, passphrase, &*self.dice)
    }

    /// A secret that waits, on the default terms.
    pub async fn shared(&self) -> Shared {
        self.shared_as(&json!({})).await
    }

    /// A secret that waits.
    pub async fn shared_as(&self, asked: &Value) -> Shared {
        calls::share(self.address, self.seal("hush", None), asked).await
    }

    /// `sealed`, waiting on the default terms.
    pub async fn share(&self, sealed: Sealed) -> Shared {
        calls::share(self.address, sealed, &json!({})).await
    }

    /// A fresh claim token.
    pub fn claim_token(&self) -> String {
        calls::claim_token(&*self.dice)
    }
}
