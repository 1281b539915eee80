//! A mail server that keeps what it gets, and can be in any mood: it refuses, delays, hangs up, or is away.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::io;
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
            let encoded = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            if let Some(byte) = encoded {
                bytes.push(byte);
                bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            } else {
                bytes.push(b'=');
                bytes.extend_from_slice(part.as_bytes());
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

async fn visit(shared: &Shared, stream: TcpStream) -> io::Result<()> {
    match get(&shared.mood) {
        Mood::Away => return Ok(()),
        Mood::Mute => return std::future::pending().await,
        Mood::Breaks | Mood::Greylists | Mood::Refuses | Mood::Takes => {}
    }
    let line: Box<dyn Line> = Box::new(stream);
    let mut visitor = Visitor::new(shared, line);
    visitor.say("220 sink").await?;
    loop {
        let said = visitor.hear().await?;
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "STARTTLS" => visitor = visitor.encrypt().await?,
            "DATA" => visitor.take().await?,
            "QUIT" => return visitor.say("221 farewell").await,
            _ => {
                let answer = visitor.judge(&verb, &said);
                visitor.say(answer).await?;
            }
        }
    }
}

/// Somebody who has connected, and what they have said.
struct Visitor<'a> {
    shared: &'a Shared,
    line: BufReader<Box<dyn Line>>,
    mail: Taken,
}

impl<'a> Visitor<'a> {
    fn new(shared: &'a Shared, line: Box<dyn Line>) -> Self {
        let (from, to, shown, data) = (String::new(), Vec::new(), None, String::new());
        let mail = Taken { from, to, encrypted: false, shown, data };
        Self { shared, line: BufReader::new(line), mail }
    }

    /// The answer to a command that needs no more than one.
    fn judge(&mut self, verb: &str, said: &str) -> &'static str {
        let address = said.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let mood = get(&self.shared.mood);
        match verb {
            "EHLO" if self.shared.tls.is_some() && !self.mail.encrypted => {
                "250-sink\r\n250 STARTTLS"
            }
            "EHLO" => "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "AUTH" => {
                self.mail.shown = said.split(' ').nth(2).map(str::to_owned);
                "235 come in"
            }
            "MAIL" => {
                self.mail.from = address;
                "250 ok"
            }
            "RCPT" if mood == Mood::Refuses => "550 nobody here",
            "RCPT" if mood == Mood::Greylists => "451 come again",
            "RCPT" => {
                self.mail.to.push(address);
                "250 ok"
            }
            _ => "250 ok",
        }
    }

    async fn encrypt(mut self) -> io::Result<Self> {
        let tls = self.shared.tls.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        self.say("220 go on").await?;
        let line: Box<dyn Line> = Box::new(tls.accept(self.line.into_inner()).await?);
        let mut visitor = Self::new(self.shared, line);
        visitor.mail.encrypted = true;
        Ok(visitor)
    }

    async fn take(&mut self) -> io::Result<()> {
        self.say("354 tell").await?;
        let mut mail = self.mail.clone();
        loop {
            let said = self.hear().await?;
            if said == "." {
                break;
            }
            mail.data.push_str(said.strip_prefix('.').unwrap_or(&said));
            mail.data.push_str("\r\n");
            if get(&self.shared.mood) == Mood::Breaks {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
        put(&self.shared.taken, |taken| taken.push(mail));
        self.say("250 taken").await
    }

    async fn hear(&mut self) -> io::Result<String> {
        let mut said = String::new();
        if self.line.read_line(&mut said).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(said.trim_end_matches(['\r', '\n']).to_owned())
    }

    async fn say(&mut self, answer: &str) -> io::Result<()> {
        self.line.write_all(format!("{answer}\r\n").as_bytes()).await?;
        self.line.flush().await
    }
}
