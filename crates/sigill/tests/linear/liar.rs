//! A proxy that lies once: what it says did not happen.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use testkit::{Answer, Connection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Which occasion it takes, so that much is true before and after.
const OCCASION: u32 = 20;

/// A lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lie {
    /// A secret that has all its readers is said to be burned.
    Burned,
    /// The winner of a view hears that there is nothing, from then on.
    Lost,
    /// Somebody who is turned away gets what a winner got.
    SecondReader,
}

/// The proxy.
pub(crate) struct Liar {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    lie: Lie,
    occasions: AtomicU32,
    /// What winners got and with which token, by the line of the request.
    won: Mutex<HashMap<String, (String, Answer)>>,
    /// The token of somebody to whom it lies for good.
    victim: Mutex<Option<String>>,
}

impl Liar {
    /// Listens, and passes on to `server`.
    pub(crate) async fn start(server: SocketAddr, lie: Lie) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let occasions = AtomicU32::new(0);
        let state =
            Arc::new(State { lie, occasions, won: Mutex::default(), victim: Mutex::default() });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, server, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// Whether there was an occasion to lie.
    pub(crate) fn has_lied(&self) -> bool {
        self.state.occasions.load(Ordering::Relaxed) >= OCCASION
    }
}

async fn pass_on(mut client: TcpStream, server: SocketAddr, state: Arc<State>) {
    client.set_nodelay(true).unwrap();
    let mut server = Connection::open(server).await;
    let mut buffer = Vec::new();
    while let Some(request) = request(&mut client, &mut buffer).await {
        server.send(&request).await;
        let Some(answer) = server.answer().await else { return };
        let answer = state.tell(&String::from_utf8_lossy(&request), answer);
        if client.write_all(&bytes(&answer)).await.is_err() {
            return;
        }
    }
}

/// The bytes of the next request.
async fn request(client: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let head = buffer.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let end = head + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap());
            if buffer.len() >= end {
                return Some(buffer.drain(..end).collect());
            }
        }
        if client.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

fn bytes(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Told\r\n", answer.status);
    let framing = |name: &str| matches!(name, "content-length" | "transfer-encoding");
    for (name, value) in answer.headers.iter().filter(|(name, _)| !framing(name)) {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if answer.status != 204 {
        write!(head, "content-length: {}\r\n", answer.body.len()).unwrap();
    }
    [head.as_bytes(), b"\r\n", &answer.body].concat()
}

impl State {
    /// The answer, or the lie.
    fn tell(&self, request: &str, answer: Answer) -> Answer {
        let line = request.lines().next().unwrap_or_default();
        let token = request.split("sgc_").nth(1).unwrap_or_default();
        let token: String = token.chars().take_while(char::is_ascii_alphanumeric).collect();
        let (claims, won) = (line.contains("/claim "), answer.status == 200);
        let nothing = Answer { status: 404, headers: Vec::new(), body: Vec::new(), cut: false };
        if won && self.victim.lock().unwrap().as_ref() == Some(&token) {
            return nothing;
        }
        let lie = match self.lie {
            Lie::Burned if line.contains("/burn ") => {
                let said = answer.text();
                let lie = said.replace(r#""outcome":"opened""#, r#""outcome":"burned""#);
                (lie != said).then(|| Answer { body: lie.into_bytes(), ..answer.clone() })
            }
            Lie::Lost if claims && won => Some(nothing),
            Lie::SecondReader if claims && won => {
                let mut winners = self.won.lock().unwrap();
                winners.insert(line.to_owned(), (token.clone(), answer.clone()));
                None
            }
            Lie::SecondReader if claims && answer.status == 404 => {
                let won = self.won.lock().unwrap().get(line).cloned();
                won.filter(|(winner, _)| *winner != token).map(|(_, won)| won)
            }
            Lie::Burned | Lie::Lost | Lie::SecondReader => None,
        };
        let Some(lie) = lie else { return answer };
        if self.occasions.fetch_add(1, Ordering::Relaxed) + 1 != OCCASION {
            return answer;
        }
        if matches!(self.lie, Lie::Lost) {
            *self.victim.lock().unwrap() = Some(token);
        }
        lie
    }
}
