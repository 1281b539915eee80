//! The operator's door: what is asked of a server on its own machine, while it runs or not.
//!
//! A server listens on the socket `control.sock` of its data directory, which nobody but its owner can
//! enter. A command asks there; where no server runs, it opens the store itself and does the same. One
//! line of JSON each way.

pub(crate) mod letters;
pub(crate) mod providers;

use std::fs::Permissions;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::account::{Email, Role, Scopes};
use domain::audit::Actor;
use domain::time::Steady;
use serde::{Deserialize, Serialize};
use service::Service;
use service::accounts::Joined;
use service::keys::{ListedKey, NoKey, Wish};
use service::switches::SwitchError;
use sigill_http::Letters;
use store::StoreError;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wire::text::rfc3339;

use crate::ambient::{Environment, System};
use crate::config::serve::Serve;
use crate::config::server_keys::KeysAt;
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::serve;

const SOCKET: &str = "control.sock";
/// How long a command waits for its answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a command may take to say what it wants.
const HEARING: Duration = Duration::from_secs(2);
/// How long the answer may take: less than anybody waits for it.
const WORK: Duration = Duration::from_secs(20);
/// How many commands are heard at once.
const AT_ONCE: usize = 16;
/// How long it waits when nobody can be let in.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest line in bytes.
const LINE: u64 = 64 * 1024;
/// The longest path that a socket's address takes, on every system.
const SHORT: usize = 100;

/// What an operator asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(crate) enum Ask {
    /// Make an account, or give it its role.
    Join {
        /// Its address.
        email: String,
        /// Whether it looks after the instance.
        administrator: bool,
    },
    /// Make an API key.
    CreateKey {
        /// The address of its account.
        email: String,
        /// What it may do, with commas between.
        scopes: String,
        /// For how many seconds; for ever without.
        lifetime: Option<u64>,
    },
    /// Tell which API keys an account has.
    ListKeys {
        /// The address of the account.
        email: String,
    },
    /// Something about mail.
    Letters {
        /// What.
        wish: letters::Wish,
    },
    /// Something about providers of identities.
    Providers {
        /// What.
        wish: providers::Wish,
    },
    /// Tell how the switches are.
    ListSwitches {},
    /// Turn a switch.
    TurnSwitch {
        /// Which.
        name: String,
        /// To what.
        value: String,
    },
    /// Make an API key worth nothing.
    RevokeKey {
        /// The address of its account.
        email: String,
        /// What names it in the list.
        reference: String,
    },
}

/// An API key, as it is listed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// What names it.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    /// What it may do.
    pub(crate) scopes: String,
    /// `valid`, `expired` or `revoked`.
    pub(crate) state: String,
    /// Since when, in RFC 3339.
    pub(crate) created_at: String,
    /// Until when, if it ends by itself.
    pub(crate) expires_at: Option<String>,
    /// On which day it was last used.
    pub(crate) used_on: Option<String>,
}

/// A switch of the instance.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Switch {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// It was done.
    Done,
    /// The account is there.
    Joined {
        /// Whether it is new.
        created: bool,
        /// What a link carries that sets it up, this once; nothing for an account that is suspended.
        set_up: Option<String>,
    },
    /// The key, shown this once.
    Key {
        /// Its text.
        key: String,
    },
    /// The keys of an account.
    Keys {
        /// The oldest first.
        keys: Vec<Listed>,
    },
    /// The letters that are kept.
    Letters {
        /// The dead first.
        letters: Vec<letters::Listed>,
    },
    /// Providers of identities.
    Providers {
        /// The oldest first.
        providers: Vec<providers::Listed>,
    },
    /// The key is worth nothing from here on.
    Revoked,
    /// The switches.
    Switches {
        /// In the order of their names.
        switches: Vec<Switch>,
    },
    /// The switch is as it was asked for.
    Turned {
        /// Whether it was another way before.
        changed: bool,
    },
    /// It was not done.
    Refused {
        /// Why, and what to do.
        reason: String,
    },
    /// It could not be done.
    Broken {
        /// Why.
        reason: String,
    },
}

impl Ask {
    async fn answer(&self, service: &Service) -> Answer {
        let done = match self {
            Self::Join { email, administrator } => join(service, email, *administrator).await,
            Self::CreateKey { email, scopes, lifetime } => {
                create_key(service, email, scopes, lifetime.map(Duration::from_secs)).await
            }
            Self::Letters { wish } => letters::answer(service, wish).await,
            Self::ListSwitches {} => list_switches(service).await,
            Self::TurnSwitch { name, value } => turn_switch(service, name, value).await,
            Self::Providers { wish } => providers::answer(service, wish).await,
            Self::ListKeys { email } => list_keys(service, email).await,
            Self::RevokeKey { email, reference } => revoke_key(service, email, reference).await,
        };
        match done {
            Ok(answer) => answer,
            Err(Refusal::Asked(reason)) => Answer::Refused { reason },
            Err(Refusal::Store(error)) => Answer::Broken { reason: error.to_string() },
        }
    }
}

enum Refusal {
    Asked(String),
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn asked(reason: &dyn ToString) -> Refusal {
    Refusal::Asked(reason.to_string())
}

async fn join(service: &Service, email: &str, administrator: bool) -> Result<Answer, Refusal> {
    let email = Email::parse(email).map_err(|error| asked(&error))?;
    let role = if administrator { Role::Administrator } else { Role::Member };
    let joined = service.join(&email, role).await?;
    let link = service.set_up_link(&email).await?;
    let set_up = link.map(|token| token.expose().to_string());
    Ok(Answer::Joined { created: joined == Joined::Created, set_up })
}

async fn create_key(
    service: &Service,
    email: &str,
    scopes: &str,
    lifetime: Option<Duration>,
) -> Result<Answer, Refusal> {
    let email = Email::parse(email).map_err(|error| asked(&error))?;
    let scopes = Scopes::parse(scopes).map_err(|error| asked(&error))?;
    let owner = service.key_owner(&email).await?.ok_or_else(|| {
        asked(&"there is no account with this address: make one with sigill admin create EMAIL")
    })?;
    let wish = Wish::plain(scopes, lifetime);
    match service.make_key(Actor::Operator, owner, wish).await {
        Ok(made) => Ok(Answer::Key { key: made.token.expose().to_string() }),
        Err(NoKey::Store(error)) => Err(error.into()),
        Err(error) => Err(asked(&error)),
    }
}

async fn list_keys(service: &Service, email: &str) -> Result<Answer, Refusal> {
    let email = Email::parse(email).map_err(|error| asked(&error))?;
    let owner = service.key_owner(&email).await?;
    let owner = owner.ok_or_else(|| asked(&"there is no account with this address"))?;
    let keys = service.keys(owner).await?;
    let keys = keys.into_iter().map(|ListedKey { reference, valid, key }| Listed {
        reference,
        scopes: key.scopes.names(),
        state: match (valid, key.revoked_at) {
            (true, _) => "valid",
            (false, Some(_)) => "revoked",
            (false, None) => "expired",
        }
        .to_owned(),
        created_at: rfc3339(key.created_at),
        expires_at: key.expires_at.map(rfc3339),
        used_on: key.used_on.map(|day| rfc3339(day).chars().take(10).collect()),
    });
    Ok(Answer::Keys { keys: keys.collect() })
}

async fn revoke_key(service: &Service, email: &str, reference: &str) -> Result<Answer, Refusal> {
    let email = Email::parse(email).map_err(|error| asked(&error))?;
    let owner = service.key_owner(&email).await?;
    let revoked = match owner {
        Some(owner) => service.revoke_key(Actor::Operator, owner, reference).await?,
        None => false,
    };
    if revoked {
        Ok(Answer::Revoked)
    } else {
        Err(asked(&"the account has no valid key of this name: sigill keys list shows what it has"))
    }
}

async fn list_switches(service: &Service) -> Result<Answer, Refusal> {
    let switches = service.switches().await?;
    let switch = |(name, value): (&str, String)| Switch { name: name.to_owned(), value };
    Ok(Answer::Switches { switches: switches.values().into_iter().map(switch).collect() })
}

async fn turn_switch(service: &Service, name: &str, value: &str) -> Result<Answer, Refusal> {
    match service.turn_switch(name, value, Actor::Operator).await {
        Ok(changed) => Ok(Answer::Turned { changed }),
        Err(SwitchError::Not(error)) => Err(asked(&error)),
        Err(SwitchError::Store(error)) => Err(error.into()),
    }
}

/// Asks the server of `config`, or does it in its place where none runs.
pub(crate) fn ask(config: &Serve, environment: &Environment, ask: &Ask) -> Result<Answer, Failure> {
    let answer = interrupt::run(&Scratch::default(), async {
        match connect(&config.data).await {
            Ok(stream) => {
                let answer = timeout(PATIENCE, converse(stream, ask)).await;
                answer.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| {
                    let text =
                        format!("the server in {} did not answer: {error}", config.data.display());
                    Failure::new(Code::Network, text)
                })
            }
            Err(error) if is_nobody(error.kind()) => {
                let service = open(config, environment).await?;
                Ok(ask.answer(&service).await)
            }
            Err(error) => Err(Failure::file(&config.data.join(SOCKET), &error)),
        }
    })?;
    match answer {
        Answer::Refused { reason } => Err(Failure::new(Code::Refused, reason)),
        Answer::Broken { reason } => Err(Failure::broken(reason)),
        Answer::Done
        | Answer::Joined { .. }
        | Answer::Key { .. }
        | Answer::Keys { .. }
        | Answer::Letters { .. }
        | Answer::Providers { .. }
        | Answer::Revoked
        | Answer::Switches { .. }
        | Answer::Turned { .. } => Ok(answer),
    }
}

/// Whether nobody listens there.
fn is_nobody(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

async fn open(config: &Serve, environment: &Environment) -> Result<Service, Failure> {
    let keys = KeysAt::source(config.keys.as_ref(), &config.data, environment)?;
    let store = serve::open(config, keys, &System, false).await?;
    let clock = Arc::new(Steady::new(System));
    let service =
        Service::new(store, Arc::<Steady<System>>::clone(&clock), Arc::new(System), config.limits);
    let service = serve::with_mail(service, config.mail.as_ref())?;
    let letters = Letters::new(config.origin(config.listen)?);
    let service = service.with_letters(Arc::new(letters));
    let service = serve::with_providers(service, config, Arc::<Steady<System>>::clone(&clock));
    if let Some(mark) = service.time_mark().await.map_err(Failure::broken)? {
        clock.observe(mark);
    }
    Ok(service)
}

async fn connect(dir: &Path) -> io::Result<UnixStream> {
    match Address::new(dir)? {
        Address::Whole(path) => UnixStream::connect(path).await,
        Address::Beside(_dir, path) => UnixStream::connect(path).await,
    }
}

async fn converse(mut stream: UnixStream, ask: &Ask) -> io::Result<Answer> {
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(LINE)).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}

/// Where the socket of a data directory is. A path that is too long for an address is named through the
/// directory, which must stay open for as long as it is used.
enum Address {
    Whole(PathBuf),
    Beside(std::fs::File, PathBuf),
}

impl Address {
    fn new(dir: &Path) -> io::Result<Self> {
        let path = dir.join(SOCKET);
        if path.as_os_str().len() <= SHORT {
            return Ok(Self::Whole(path));
        }
        let dir = std::fs::File::open(dir)?;
        let number = dir.as_fd().as_raw_fd();
        let path = PathBuf::from(format!("/proc/self/fd/{number}/{SOCKET}"));
        Ok(Self::Beside(dir, path))
    }
}

/// The socket of a server that runs.
pub(crate) struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Opens it in `dir`, which this process has for itself: what lies there is from one that is gone.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = match Address::new(dir)? {
            Address::Whole(path) => UnixListener::bind(path)?,
            Address::Beside(_dir, path) => UnixListener::bind(path)?,
        };
        // Whatever the umask says, and whoever may enter the directory one day.
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers for ever. A command that says nothing keeps no other waiting.
    pub(crate) async fn answer(self, service: Service) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut talks = JoinSet::new();
        loop {
            while talks.try_join_next().is_some() {}
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let service = service.clone();
                    talks.spawn(async move {
                        let answered = answer(stream, &service).await;
                        drop(place);
                        if let Err(error) = answered {
                            tracing::warn!(%error, "a command on this machine was not answered");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "no command on this machine can be heard");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Whoever comes finds nobody, and opens the store.
        drop(std::fs::remove_file(&self.path));
    }
}

async fn answer(mut stream: UnixStream, service: &Service) -> io::Result<()> {
    let us = rustix::process::geteuid().as_raw();
    if ![us, 0].contains(&stream.peer_cred()?.uid()) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut line = String::new();
    let mut heard = BufReader::new((&mut stream).take(LINE));
    timeout(HEARING, heard.read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<Ask>(&line) {
        Ok(ask) => timeout(WORK, ask.answer(service)).await?,
        Err(_) => Answer::Refused {
            reason: "the server does not know what is asked: is it another version?".to_owned(),
        },
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    stream.write_all(&line).await
}
