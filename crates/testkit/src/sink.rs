//! A mail server that keeps what it gets, and can be in any mood: it refuses, delays, hangs up, or is away.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::asking::until;

/// How it treats whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It hangs up at once.
    Away,
    /// It hangs up in the middle of a mail.
    Breaks,
    /// It asks every recipient to come again.
    Greylists,
    /// It never says anything.
    Mute,
    /// It knows no recipient.
    Refuses,
    /// It takes everything.
    Takes,
}

/// A mail that it has taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Who sent it, in the envelope.
    pub from: String,
    /// To whom, in the envelope.
    pub to: Vec<String>,
    /// Whether it came by TLS.
    pub encrypted: bool,
    /// What its sender has shown to be let in, in base64.
    pub shown: Option<String>,
    /// Headers and body.
    pub data: String,
}

impl Taken {
    /// The lines of the headers, unfolded.
    pub fn headers(&self) -> Vec<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        head.split("\r\n").map(str::to_owned).collect()
    }

    /// Everything, with soft breaks and encoded bytes read as text.
    pub fn text(&self) -> String {
        let joined = self.data.replace("=\r\n", "");
        let mut parts = joined.split('=');
        let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            match part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => {
                    bytes.push(byte);
                    bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
                }
                None => {
                    bytes.push(b'=');
                    bytes.extend_from_slice(part.as_bytes());
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The token of the first link in it.
    pub fn token(&self) -> String {
        let text = self.text();
        let rest = text.split("/secret/").nth(1).expect("a link");
        rest.chars().take_while(char::is_ascii_alphanumeric).collect()
    }
}

struct Shared {
    mood: Mutex<Mood>,
    taken: Mutex<Vec<Taken>>,
    visits: Mutex<usize>,
    tls: Option<TlsAcceptor>,
}

/// A mail server on this machine.
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    /// Its authority's certificate lies here.
    dir: TempDir,
}

fn get<T: Clone>(of: &Mutex<T>) -> T {
    of.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn put<T>(of: &Mutex<T>, act: impl FnOnce(&mut T)) {
    act(&mut of.lock().unwrap_or_else(PoisonError::into_inner));
}

impl Sink {
    /// One without TLS.
    pub async fn start() -> Self {
        Self::with(tempfile::tempdir().expect("a directory"), None).await
    }

    /// One that takes mail by STARTTLS alone, with a certificate that an authority of its own has signed.
    pub async fn with_tls() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let script = "cd \"$0\" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
             -days 2 -subj '/CN=tests' -keyout ca.key -out ca.crt \
             && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=sink' \
             -keyout sink.key -out sink.csr && printf 'subjectAltName=DNS:localhost' > names \
             && openssl x509 -req -in sink.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
             -extfile names -out sink.crt";
        let made = Command::new("sh").args(["-c", script]).arg(dir.path()).output();
        assert!(made.expect("openssl").status.success(), "certificates");
        let chain = CertificateDer::pem_file_iter(dir.path().join("sink.crt")).expect("a file");
        let chain = chain.collect::<Result<_, _>>().expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(dir.path().join("sink.key")).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate");
        Self::with(dir, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn with(dir: TempDir, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            mood: Mutex::new(Mood::Takes),
            taken: Mutex::default(),
            visits: Mutex::default(),
            tls,
        });
        let visited = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                put(&visited.visits, |visits| *visits = visits.saturating_add(1));
                let shared = Arc::clone(&visited);
                // Whoever hangs up has said all that they wanted.
                tokio::spawn(async move { drop(visit(&shared, stream).await) });
            }
        });
        Self { address, shared, dir }
    }

    /// What names it in the settings.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The certificate of its authority.
    pub fn authority(&self) -> PathBuf {
        self.dir.path().join("ca.crt")
    }

    /// A directory that goes with it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// From here on it is like that.
    pub fn be(&self, mood: Mood) {
        put(&self.shared.mood, |now| *now = mood);
    }

    /// What it has taken.
    pub fn taken(&self) -> Vec<Taken> {
        get(&self.shared.taken)
    }

    /// How often somebody has connected.
    pub fn visits(&self) -> usize {
        get(&self.shared.visits)
    }

    /// Waits until it has taken `count` mails, and returns the last.
    pub async fn last_of(&self, count: usize) -> Taken {
        until("a mail comes", async || self.taken().len() >= count).await;
        let taken = self.taken();
        assert_eq!(taken.len(), count, "no more than that");
        taken.into_iter().next_back().expect("a mail")
    }

    /// Waits until somebody has connected `count` times.
    pub async fn visited(&self, count: usize) {
        until("somebody comes", async || self.visits() >= count).await;
    }
}

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

async fn visit(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    match get(&shared.mood) {
        Mood::Away => return Ok(()),
        Mood::Mute => return std::future::pending().await,
        Mood::Breaks | Mood::Greylists | Mood::Refuses | Mood::Takes => {}
    }
    let mut line: BufReader<Box<dyn Line>> = BufReader::new(Box::new(stream));
    say(&mut line, "220 sink").await?;
    let mut encrypted = false;
    let (mut from, mut to, mut shown) = (String::new(), Vec::new(), None);
    loop {
        let said = hear(&mut line).await?;
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let address = said.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let mood = get(&shared.mood);
        match verb.as_str() {
            "EHLO" if shared.tls.is_some() && !encrypted => {
                say(&mut line, "250-sink\r\n250 STARTTLS").await?;
            }
            "EHLO" => say(&mut line, "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN").await?,
            "STARTTLS" => {
                let Some(tls) = &shared.tls else { return Ok(()) };
                say(&mut line, "220 go on").await?;
                let secured = tls.accept(line.into_inner()).await?;
                line = BufReader::new(Box::new(secured));
                encrypted = true;
            }
            "AUTH" => {
                shown = said.split(' ').nth(2).map(str::to_owned);
                say(&mut line, "235 come in").await?;
            }
            "MAIL" => {
                from = address;
                say(&mut line, "250 ok").await?;
            }
            "RCPT" if mood == Mood::Refuses => say(&mut line, "550 nobody here").await?,
            "RCPT" if mood == Mood::Greylists => say(&mut line, "451 come again").await?,
            "RCPT" => {
                to.push(address);
                say(&mut line, "250 ok").await?;
            }
            "DATA" => {
                say(&mut line, "354 tell").await?;
                let mut data = String::new();
                loop {
                    let said = hear(&mut line).await?;
                    if said == "." {
                        break;
                    }
                    data.push_str(said.strip_prefix('.').unwrap_or(&said));
                    data.push_str("\r\n");
                    if mood == Mood::Breaks {
                        return Ok(());
                    }
                }
                let (from, to) = (from.clone(), to.clone());
                let mail = Taken { from, to, encrypted, shown: shown.clone(), data };
                put(&shared.taken, |taken| taken.push(mail));
                say(&mut line, "250 taken").await?;
            }
            "QUIT" => {
                say(&mut line, "221 farewell").await?;
                return Ok(());
            }
            _ => say(&mut line, "250 ok").await?,
        }
    }
}

async fn hear(line: &mut BufReader<Box<dyn Line>>) -> std::io::Result<String> {
    let mut said = String::new();
    if line.read_line(&mut said).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(said.trim_end_matches(['\r', '\n']).to_owned())
}

async fn say(line: &mut BufReader<Box<dyn Line>>, answer: &str) -> std::io::Result<()> {
    line.write_all(format!("{answer}\r\n").as_bytes()).await?;
    line.flush().await
}
