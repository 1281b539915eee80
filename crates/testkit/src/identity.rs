//! A provider of identities that says whatever a test wants, true or not.
//!
//! It speaks as much OpenID Connect as is needed to be believed: its own description, keys, codes that are worth
//! something once and to whoever has the verifier, and tokens. What it says can be altered piece by piece.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Clock;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// By which name it knows the server.
pub const CLIENT: &str = "sigill";
/// What the server shows it.
pub const SECRET: &str = "between-the-two-of-us";

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// With its key.
    Own,
    /// With another key, under the name of its own.
    Forged,
    /// Not at all: `none`.
    Never,
    /// With the secret of the client: `HS256`.
    Shared,
    /// With its public key as if that were a secret: `HS256`.
    Public,
}

/// What it says. Each is laid over what would be true.
#[derive(Clone, Debug)]
pub struct Says {
    /// In the token; `null` takes a claim away.
    pub claims: Value,
    /// Of itself.
    pub metadata: Value,
    /// Of the person, when it is asked apart.
    pub about: Value,
    /// In the head of the token.
    pub head: Value,
    /// How the token is signed.
    pub signing: Signing,
    /// It hangs up on whoever comes.
    pub away: bool,
}

impl Default for Says {
    fn default() -> Self {
        let nothing = json!({});
        Self {
            claims: nothing.clone(),
            metadata: nothing.clone(),
            about: nothing.clone(),
            head: nothing,
            signing: Signing::Own,
            away: false,
        }
    }
}

/// A code that it has given.
struct Given {
    challenge: String,
    nonce: String,
    redirect: String,
}

struct Shared {
    address: SocketAddr,
    clock: Arc<dyn Clock>,
    says: Says,
    key: EcdsaKeyPair,
    generation: usize,
    codes: HashMap<String, Given>,
    visits: Vec<String>,
}

/// A provider on this machine.
pub struct Identity {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

fn fresh_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pair.expect("a key").as_ref())
        .expect("a key")
}

fn lay(under: &mut Value, over: &Value) {
    let (Some(under), Some(over)) = (under.as_object_mut(), over.as_object()) else { return };
    for (name, value) in over {
        if value.is_null() {
            under.remove(name);
        } else {
            under.insert(name.clone(), value.clone());
        }
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The value of `name` in a query or a form.
pub fn field(query: &str, name: &str) -> Option<String> {
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let mut bytes = Vec::new();
    let mut rest = pair.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl Shared {
    fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    fn seconds(&self) -> i64 {
        self.clock.now().as_millis().checked_div(1000).unwrap_or_default()
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer());
        let mut said = json!({
            "issuer": self.issuer(),
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/me"),
            "jwks_uri": at("/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": true,
        });
        lay(&mut said, &self.says.metadata);
        said
    }

    fn key_id(&self) -> String {
        format!("key-{}", self.generation)
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let (x, y) = point.get(1..).expect("a point").split_at(32);
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.key_id(), "x": encode(x), "y": encode(y),
        }] })
    }

    fn token(&self, nonce: &str) -> String {
        let now = self.seconds();
        let mut claims = json!({
            "iss": self.issuer(), "sub": "ann-0001", "aud": CLIENT, "nonce": nonce,
            "iat": now, "exp": now.saturating_add(300), "auth_time": now,
            "email": "ann@example.org", "email_verified": true,
        });
        lay(&mut claims, &self.says.claims);
        let algorithm = match self.says.signing {
            Signing::Own | Signing::Forged => "ES256",
            Signing::Never => "none",
            Signing::Shared | Signing::Public => "HS256",
        };
        let mut head = json!({ "alg": algorithm, "typ": "JWT", "kid": self.key_id() });
        lay(&mut head, &self.says.head);
        let text = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
        let by = |key: &EcdsaKeyPair| {
            encode(key.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature"))
        };
        let mac = |secret: &[u8]| {
            encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes()))
        };
        let signature = match self.says.signing {
            Signing::Own => by(&self.key),
            Signing::Forged => by(&fresh_key()),
            Signing::Never => String::new(),
            Signing::Shared => mac(SECRET.as_bytes()),
            Signing::Public => mac(self.key.public_key().as_ref()),
        };
        format!("{text}.{signature}")
    }

    fn exchange(&mut self, form: &str, shown: Option<&str>) -> (u16, Value) {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT}:{SECRET}"));
        if shown != Some(&format!("Basic {basic}")) {
            return (401, json!({ "error": "invalid_client" }));
        }
        let said = |name| field(form, name).unwrap_or_default();
        let given = self.codes.remove(&said("code"));
        let hash = encode(digest(&SHA256, said("code_verifier").as_bytes()));
        let fits =
            given.filter(|given| given.challenge == hash && given.redirect == said("redirect_uri"));
        let Some(given) = fits else { return (400, json!({ "error": "invalid_grant" })) };
        let token = self.token(&given.nonce);
        let answer = json!({
            "access_token": "for-the-address", "token_type": "Bearer", "id_token": token,
        });
        (200, answer)
    }

    fn answer(&mut self, path: &str, form: &str, shown: Option<&str>) -> (u16, Value) {
        self.visits.push(path.to_owned());
        match path {
            "/.well-known/openid-configuration" => (200, self.metadata()),
            "/keys" => (200, self.keys()),
            "/token" => self.exchange(form, shown),
            "/me" if shown == Some("Bearer for-the-address") => {
                let mut said = json!({
                    "sub": "ann-0001", "email": "ann@example.org", "email_verified": true,
                });
                lay(&mut said, &self.says.about);
                (200, said)
            }
            _ => (404, json!({})),
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Identity {
    /// Starts one that goes by `clock`.
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Mutex::new(Shared {
            address,
            clock,
            says: Says::default(),
            key: fresh_key(),
            generation: 1,
            codes: HashMap::new(),
            visits: Vec::new(),
        }));
        let visited = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&visited);
                // Whoever hangs up has said all that they wanted.
                tokio::spawn(async move { drop(visit(&shared, stream).await) });
            }
        });
        Self { address, shared }
    }

    /// Who it says it is.
    pub fn issuer(&self) -> String {
        lock(&self.shared).issuer()
    }

    /// From here on it says this.
    pub fn say(&self, says: Says) {
        lock(&self.shared).says = says;
    }

    /// From here on it signs with another key.
    pub fn turn_key(&self) {
        let mut shared = lock(&self.shared);
        shared.key = fresh_key();
        shared.generation = shared.generation.saturating_add(1);
    }

    /// How often somebody has asked for `path`.
    pub fn visits(&self, path: &str) -> usize {
        lock(&self.shared).visits.iter().filter(|visited| *visited == path).count()
    }

    /// Somebody signs in at the address that they were led to. Returns what they bring back, as a query.
    pub fn let_in(&self, url: &str) -> String {
        let (place, query) = url.split_once('?').expect("a query");
        let mut shared = lock(&self.shared);
        assert_eq!(place, format!("{}/authorize", shared.issuer()));
        let said = |name| field(query, name).unwrap_or_default();
        assert_eq!((said("response_type"), said("client_id")), ("code".into(), CLIENT.into()));
        assert_eq!(said("code_challenge_method"), "S256");
        assert!(said("scope").split(' ').any(|scope| scope == "openid"));
        let code = format!("code-{}", said("code_challenge"));
        let given = Given {
            challenge: said("code_challenge"),
            nonce: said("nonce"),
            redirect: said("redirect_uri"),
        };
        shared.codes.insert(code.clone(), given);
        let brought = format!("code={code}&state={}&iss={}", said("state"), shared.issuer());
        drop(shared);
        brought
    }
}

async fn visit(shared: &Mutex<Shared>, stream: TcpStream) -> io::Result<()> {
    let mut line = BufReader::new(stream);
    loop {
        let mut first = String::new();
        // Also on a connection from before it went away.
        if line.read_line(&mut first).await? == 0 || lock(shared).says.away {
            return Ok(());
        }
        let (mut length, mut shown) = (0_usize, None);
        loop {
            let mut header = String::new();
            line.read_line(&mut header).await?;
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or_default();
            } else if name.eq_ignore_ascii_case("authorization") {
                shown = Some(value.trim().to_owned());
            }
        }
        let mut body = vec![0; length];
        line.read_exact(&mut body).await?;
        // Also on a line that was open before.
        if lock(shared).says.away {
            return Ok(());
        }
        let path = first.split(' ').nth(1).unwrap_or_default();
        let form = String::from_utf8_lossy(&body);
        let (status, answer) = lock(shared).answer(path, &form, shown.as_deref());
        let answer = answer.to_string();
        let text = format!(
            "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        line.get_mut().write_all(text.as_bytes()).await?;
    }
}
