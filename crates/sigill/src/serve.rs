//! `sigill serve`: wires the rooms from the store up and serves until it is told to stop.
//!
//! Order: the anchor (before anything is changed), the store (lock, keys, schema), the clock's mark, one
//! sweep, and only then the listener: nothing that should be gone is ever served.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::audit::Head;
use domain::time::Steady;
use domain::{Clock, Entropy};
use outside::oidc::Oidc;
use rustix::process::{Resource, getrlimit};
use service::sweep::EVERY;
use service::{Service, StoreError};
use sigill_http::layers::limits::RateLimits;
use sigill_http::listener::Options;
use sigill_http::{Letters, State, app, listener};
use store::anchor::Anchor;
use store::blobs::BucketTarget;
use store::keys::KeySource;
use store::postgres::Target;
use store::{BlobPlace, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::ambient::{Environment, System};
use crate::config::mail::Mail;
use crate::config::serve::Serve;
use crate::config::server_keys::KeysAt;
use crate::config::values::LogFormat;
use crate::control::Door;
use crate::failure::{Code, Failure};
use crate::{logging, terminal};

/// Files that are not connections: the store's, the log's. Each connection may have another open.
pub(crate) const FILES: usize = 64;

/// How long a start waits for the bucket.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT; the second one ends at once.
pub(crate) fn run(
    config: &Serve,
    environment: &Environment,
    after_restore: bool,
) -> Result<(), Failure> {
    let keys = KeysAt::source(config.keys.as_ref(), &config.data, environment)?;
    let lines = logging::start(config.log, config.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::broken)?;
    let result = runtime.block_on(serve(config, keys, after_restore));
    runtime.shutdown_background();
    lines.flush();
    result
}

async fn serve(config: &Serve, keys: KeySource, after_restore: bool) -> Result<(), Failure> {
    let told_to_stop = stop_signals()?;
    let hang_ups = hang_ups()?;
    let entropy: Arc<dyn Entropy> = Arc::new(System);
    let store = open(config, keys, &*entropy, after_restore).await?;
    let clock = Arc::new(Steady::new(System));
    let told: Arc<dyn Clock> = Arc::<Steady<System>>::clone(&clock);
    let service = Service::new(store, Arc::clone(&told), entropy, config.limits);
    let service = with_mail(service, config.mail.as_ref())?;
    observe(&service, &clock).await?;
    let anchored = settle(&service, config.anchor.clone(), after_restore).await?;

    let (listener, bound) = listen(config).await?;
    let origin = config.origin(bound)?;
    let connections = within_files(config.connections.clone());
    // Before anybody hears that it is ready: a command that follows finds it open.
    let door = Door::open(&config.data).map_err(|error| Failure::file(&config.data, &error))?;
    announce(config, bound, origin.as_str());
    greet(config, &service, origin.as_str()).await;

    let service = service.with_letters(Arc::new(Letters::new(origin.clone())));
    let service = with_providers(service, config, Arc::clone(&told));
    let limits = config.rate_limits.0.then(|| RateLimits::new(told));
    let state = State::new(service.clone(), origin, config.trusted_proxies.clone(), limits);
    let sweeper = tokio::spawn(sweep_for_ever(service.clone(), hang_ups, anchored.clone()));
    let door = tokio::spawn(door.answer(service.clone()));
    let postman = service.clone();
    let postman = tokio::spawn(async move { postman.post_for_ever().await });
    let first = times(told_to_stop.clone(), 1);
    tokio::select! {
        () = listener::serve(listener, app(state), connections, first) => {}
        () = times(told_to_stop, 2) => tracing::warn!("stopped at once: told twice"),
    }
    end([sweeper, door, postman]).await;
    give_up_mails(&service).await;
    anchored.try_note(&service).await;
    // The last hold on the store, which then empties its log and closes.
    drop(service);
    tracing::info!("stopped");
    Ok(())
}

/// The clock does not tell a time before any that the store has seen.
async fn observe(service: &Service, clock: &Steady<System>) -> Result<(), Failure> {
    if let Some(mark) = service.time_mark().await.map_err(Failure::broken)? {
        clock.observe(mark);
    }
    Ok(())
}

async fn listen(config: &Serve) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| {
        Failure::new(Code::Usage, format!("listen: {} cannot be used: {error}", config.listen))
    })?;
    let bound = listener.local_addr().map_err(Failure::broken)?;
    Ok((listener, bound))
}

pub(crate) fn with_mail(service: Service, mail: Option<&Mail>) -> Result<Service, Failure> {
    match mail {
        Some(mail) => Ok(service.with_mail(Arc::new(mail.open()?))),
        None => Ok(service),
    }
}

/// With whoever speaks with providers of identities. Without certificates to judge them by none is asked.
pub(crate) fn with_providers(service: Service, config: &Serve, clock: Arc<dyn Clock>) -> Service {
    if let Some(port) = Oidc::new(config.providers_here, clock) {
        service.with_providers(Arc::new(port))
    } else {
        tracing::error!("there are no certificates: nobody signs in at a provider");
        service
    }
}

async fn end(tasks: [JoinHandle<()>; 3]) {
    for task in tasks {
        task.abort();
        // Told to stop, it answers that it was stopped.
        drop(task.await);
    }
}

/// Nobody will know the links of mails that wait. If that cannot be written down, the next start does.
async fn give_up_mails(service: &Service) {
    if let Err(error) = service.give_up_mails().await {
        tracing::error!(%error, "what became of mails could not be written down");
    }
}

/// What must be done before anybody is served.
async fn settle(
    service: &Service,
    anchor: Option<Anchor>,
    after_restore: bool,
) -> Result<Anchored, Failure> {
    swept(service.sweep().await);
    let ended = service.end_restored(after_restore).await.map_err(Failure::broken)?;
    if let Some(ended) = ended {
        tracing::warn!(ended, "a copy was put back: every secret that waited in it is ended");
    }
    let anchored = Anchored::new(anchor);
    anchored.note(service).await.map_err(Failure::broken)?;
    Ok(anchored)
}

/// Opens the store: in the data directory, or in the database that is named.
pub(crate) async fn open(
    config: &Serve,
    keys: KeySource,
    entropy: &dyn Entropy,
    after_restore: bool,
) -> Result<Store, Failure> {
    let target = target(config)?;
    if let Some(anchor) = config.anchor.as_ref().filter(|_| !after_restore) {
        anchor.hold(&config.data, target.as_ref()).await.map_err(Failure::broken)?;
    }
    let place = bucket(config)?.map_or(BlobPlace::Directory, BlobPlace::Bucket);
    let opened = match target {
        None => Store::open_with(&config.data, keys, &place, entropy),
        Some(target) => Store::connect_with(&target, &config.data, keys, &place, entropy).await,
    };
    let store = opened.map_err(Failure::broken)?;
    match timeout(PATIENCE, store.hold_blobs()).await {
        Ok(Ok(())) => {}
        Ok(Err(foreign @ StoreError::ForeignBucket)) => {
            return Err(usage(format!("blobs: {foreign}. Nothing was changed")));
        }
        // Small secrets go on without it, and it is asked again before anything is written there.
        Ok(Err(error)) => tracing::error!(%error, "large secrets wait for the bucket"),
        Err(_) => tracing::error!("large secrets wait for the bucket: it does not answer"),
    }
    Ok(store)
}

/// The anchor, if there is one, and what it remembers.
#[derive(Clone)]
struct Anchored {
    anchor: Option<Anchor>,
    last: Arc<Mutex<Option<Head>>>,
}

impl Anchored {
    fn new(anchor: Option<Anchor>) -> Self {
        Self { anchor, last: Arc::default() }
    }

    /// Notes how far the trail has come, if it has come further.
    async fn note(&self, service: &Service) -> Result<(), StoreError> {
        let Some(anchor) = self.anchor.clone() else { return Ok(()) };
        let head = service.trail_end().await?;
        let mut last = self.last.lock().await;
        if *last == Some(head) {
            return Ok(());
        }
        let written = tokio::task::spawn_blocking(move || anchor.write(&head));
        written.await.map_err(|_| StoreError::Closed)??;
        *last = Some(head);
        drop(last);
        Ok(())
    }

    /// The same, where nobody can do anything about it but the operator.
    async fn try_note(&self, service: &Service) {
        if let Err(error) = self.note(service).await {
            tracing::error!(%error, "the anchor could not be written; it is tried again");
        }
    }
}

/// The bucket of large payloads, with its secret key.
pub(crate) fn bucket(config: &Serve) -> Result<Option<BucketTarget>, Failure> {
    let Some(mut bucket) = config.blobs.clone() else { return Ok(None) };
    if let Some(path) = &config.s3_secret_key_file {
        bucket.secret_key = first_line("s3-secret-key-file", path)?;
    }
    Ok(Some(bucket))
}

/// The first line of a file that holds a secret of the setting `name`.
fn first_line(name: &str, path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unusable = |error| format!("{name} {}: {error}", path.display());
    let text = Zeroizing::new(fs::read_to_string(path).map_err(unusable).map_err(usage)?);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// The database of several nodes, with its password.
pub(crate) fn target(config: &Serve) -> Result<Option<Target>, Failure> {
    let Some(target) = config.database.clone() else { return Ok(None) };
    with_own_password(target, config).map(Some)
}

/// `target` with the password that the settings have for a database.
pub(crate) fn with_own_password(target: Target, config: &Serve) -> Result<Target, Failure> {
    match &config.database_password_file {
        Some(path) => with_password(target, "database-password-file", path),
        None => Ok(target),
    }
}

/// `target` with the password in the file at `path`, which `name` names.
pub(crate) fn with_password(
    mut target: Target,
    name: &str,
    path: &Path,
) -> Result<Target, Failure> {
    target.set_password(&first_line(name, path)?);
    Ok(target)
}

fn usage(said: String) -> Failure {
    Failure::new(Code::Usage, said)
}

/// As many connections as the system allows files for.
fn within_files(options: Options) -> Options {
    let files = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok());
    let Some(files) = files else { return options };
    let most = files.saturating_sub(FILES).div_ceil(2);
    if options.connections <= most {
        return options;
    }
    tracing::warn!(connections = most, "fewer connections: the system allows no more open files");
    Options { connections: most.max(1), ..options }
}

/// Says how safe this is, and where to go. The last line is for people; a log in JSON stays JSON.
fn announce(config: &Serve, bound: SocketAddr, origin: &str) {
    for line in config.posture() {
        tracing::info!("{line}");
    }
    tracing::info!(listening = %bound, links = origin, "ready");
    if config.log_format == LogFormat::Text {
        let text = format!("Sigill listens on {bound}. Open {origin} to share; Ctrl+C stops it.");
        terminal::note(&text);
    }
}

/// Tells people how the first of them signs in. A log that is collected is no place for a link: there it says
/// who makes one.
async fn greet(config: &Serve, service: &Service, origin: &str) {
    match service.first_set_up_link().await {
        Ok(None) => {}
        Ok(Some(token)) if config.log_format == LogFormat::Text => terminal::note(&format!(
            "Nobody has an account yet. This link sets up the first administrator, once, within a day:\n\
             {origin}/set-up#{}",
            *token.expose()
        )),
        Ok(Some(_)) => tracing::info!(
            "nobody has an account yet: `sigill admin create ADDRESS` prints the link that sets one up"
        ),
        Err(error) => tracing::error!(%error, "no link could be made for the first administrator"),
    }
}

async fn sweep_for_ever(service: Service, mut hang_ups: Option<Signal>, anchored: Anchored) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = told(&mut hang_ups) => service.look_at_keys(true).await,
        }
        swept(service.sweep_gently().await);
        anchored.try_note(&service).await;
    }
}

/// SIGHUP asks for the keys to be read anew. On a terminal it means that somebody has closed that, and
/// ends the program as it always did.
fn hang_ups() -> Result<Option<Signal>, Failure> {
    if terminal::is_told() {
        return Ok(None);
    }
    signal(SignalKind::hangup()).map(Some).map_err(Failure::broken)
}

async fn told(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// What could not be swept is denied to everybody all the same, so failing is no reason not to serve.
fn swept(outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "what is due could not be swept; it is tried again");
    }
}

/// Counts how often the program was told to stop.
fn stop_signals() -> Result<watch::Receiver<u32>, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::broken)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::broken)?;
    let (count, receiver) = watch::channel(0_u32);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            count.send_modify(|count| *count = count.saturating_add(1));
        }
    });
    Ok(receiver)
}

async fn times(mut count: watch::Receiver<u32>, least: u32) {
    // The sender lives as long as the program: an error here means that it is ending anyway.
    drop(count.wait_for(|count| *count >= least).await);
}
