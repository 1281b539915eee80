//! One secret on a real server, and all that was heard of it: what becomes a [`History`].

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test that panics has failed"
)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Clock, Entropy};
use serde_json::json;

use crate::asking::{Answer, Ask, Connection};
use crate::calls::{self, Shared};
use crate::history::{Asked, Heard, History, Operation, Reader, Standing, Terms};
use crate::secrets::Sealed;

/// Puts a time on what is asked and heard. All who write down the same tale share one.
pub struct Watch {
    clock: Arc<dyn Clock>,
    slack: i64,
    moment: AtomicU64,
}

/// What came of asking.
pub struct Exchange {
    /// What came back, if anything did.
    pub answer: Option<Answer>,
    /// When it was asked, and when it was heard.
    pub moments: (u64, u64),
    /// Between which times the server did it.
    pub clock: (i64, i64),
}

impl Watch {
    /// Goes by `clock`, from which the server's differs by at most `slack` milliseconds.
    pub const fn new(clock: Arc<dyn Clock>, slack: i64) -> Self {
        Self { clock, slack, moment: AtomicU64::new(0) }
    }

    /// Asks, and waits for the answer.
    pub async fn ask(&self, connection: &mut Connection, ask: &Ask) -> Exchange {
        let (at, earliest) = (self.moment(), self.now().saturating_sub(self.slack));
        let sent = connection.send(&ask.bytes()).await;
        let answer = if sent { connection.answer().await } else { None };
        let clock = (earliest, self.now().saturating_add(self.slack));
        Exchange { answer, moments: (at, self.moment()), clock }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millis()
    }

    fn moment(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }
}

/// A secret that is to be created, under an idempotency key: asking until somebody answers is one
/// operation.
pub struct Draft {
    /// The request.
    pub ask: Ask,
    terms: Terms,
    sealed: Arc<Sealed>,
    /// When it was asked first.
    begun: Option<(u64, i64)>,
}

impl Draft {
    /// A `text` on these terms.
    pub fn new(terms: Terms, text: &str, entropy: &dyn Entropy) -> Self {
        let sealed = Sealed::text(text, None, entropy);
        let action = if terms.burns { "burn" } else { "lock" };
        let asked = json!({
            "expires_in": terms.lifetime.checked_div(1000),
            "views": terms.views,
            "strict": terms.strict,
            "failed_passphrases": { "limit": terms.guesses, "action": action },
        });
        let key = calls::claim_token(entropy).replace("sgc_", "key-");
        let ask = calls::create(&sealed, &asked).with("Idempotency-Key", &key);
        Self { ask, terms, sealed: Arc::new(sealed), begun: None }
    }

    /// The same up to now, to go on in another way.
    #[must_use]
    pub fn fork(&self) -> Self {
        let (ask, sealed) = (self.ask.clone(), Arc::clone(&self.sealed));
        Self { ask, terms: self.terms, sealed, begun: self.begun }
    }

    /// Takes the answer; gives the draft back when it does not say what was done.
    pub fn hear(mut self, exchange: Exchange) -> Result<Tale, Box<Self>> {
        let Exchange { answer, moments: (at, end), clock: (earliest, latest) } = exchange;
        let (at, earliest) = *self.begun.get_or_insert((at, earliest));
        let known = |answer: &Answer| !answer.cut && answer.status < 500;
        let Some(answer) = answer.filter(known) else { return Err(Box::new(self)) };
        let heard = Some((Heard::Created, end));
        let created = Operation { asked: Asked::Create, heard, at, clock: (earliest, latest) };
        let shared = Arc::new(Shared::new(self.sealed, &answer));
        let told = Told { operations: vec![created], ..Told::default() };
        Ok(Tale { terms: self.terms, shared, told: Mutex::new(told) })
    }
}

/// One secret, and all that was heard of it.
pub struct Tale {
    /// What its sender asked for.
    pub terms: Terms,
    /// What its sender has.
    pub shared: Arc<Shared>,
    told: Mutex<Told>,
}

#[derive(Clone, Default)]
struct Told {
    tokens: Vec<String>,
    winners: Vec<Reader>,
    operations: Vec<Operation>,
}

impl Tale {
    /// The same up to now, to go on in another way.
    #[must_use]
    pub fn fork(&self) -> Self {
        let (shared, told) = (Arc::clone(&self.shared), Mutex::new(self.told().clone()));
        Self { terms: self.terms, shared, told }
    }

    /// Somebody new who wants it.
    pub fn reader(&self, entropy: &dyn Entropy) -> Reader {
        let mut told = self.told();
        told.tokens.push(calls::claim_token(entropy));
        told.tokens.len().saturating_sub(1)
    }

    /// How many want it.
    pub fn readers(&self) -> usize {
        self.told().tokens.len()
    }

    /// Those who have got it.
    pub fn winners(&self) -> Vec<Reader> {
        self.told().winners.clone()
    }

    /// What was heard up to now.
    pub fn history(&self) -> History {
        History { terms: self.terms, operations: self.told().operations.clone() }
    }

    /// The request.
    pub fn request(&self, asked: Asked, entropy: &dyn Entropy) -> Ask {
        let token = |reader: Reader| self.told().tokens[reader].clone();
        let Shared { id, receipt, .. } = &*self.shared;
        match asked {
            Asked::Acknowledge(reader) => calls::acknowledge(id, &token(reader)),
            Asked::Burn => calls::burn(receipt),
            Asked::Claim(reader) => calls::claim(&self.shared, &token(reader)),
            Asked::Create => panic!("it was created"),
            Asked::Fetch(reader) => calls::fetch(id, &token(reader)),
            Asked::Follow => calls::follow(receipt),
            Asked::Guess => calls::wrong_guess(&self.shared, entropy),
            Asked::Unlock => calls::unlock(receipt),
        }
    }

    /// Writes down what was heard.
    pub fn hear(&self, asked: Asked, exchange: &Exchange) -> Option<Heard> {
        let heard = exchange.answer.as_ref().and_then(|answer| self.meaning(asked, answer));
        let mut told = self.told();
        if let (Asked::Claim(reader), Some(Heard::Envelope)) = (asked, heard) {
            told.winners.push(reader);
        }
        let (at, end) = exchange.moments;
        let heard_at = heard.map(|heard| (heard, end));
        told.operations.push(Operation { asked, heard: heard_at, at, clock: exchange.clock });
        drop(told);
        heard
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an answer says; `None` when it does not say what was done.
    fn meaning(&self, asked: Asked, answer: &Answer) -> Option<Heard> {
        let unexpected = || panic!("{asked:?}: {} {}", answer.status, answer.text());
        let envelope = &self.shared.sealed.envelope;
        match (asked, answer.status) {
            (_, 500..) => None,
            (_, 404) => Some(Heard::Unavailable),
            (Asked::Acknowledge(_), 204) => Some(Heard::Confirmed),
            // One byte of it is enough to have been delivered.
            (Asked::Claim(_) | Asked::Fetch(_) | Asked::Guess, 200) => {
                let whole = answer.body == *envelope;
                assert!(whole || answer.cut && envelope.starts_with(&answer.body), "another's");
                Some(Heard::Envelope)
            }
            (Asked::Guess, 403) => Some(Heard::Rejected),
            (Asked::Burn | Asked::Follow | Asked::Unlock, 200) if answer.cut => None,
            (Asked::Burn | Asked::Unlock, 200) => Some(match answer.json()["outcome"].as_str() {
                Some("burned") => Heard::Burned,
                Some("expired") => Heard::Expired,
                Some("opened") => Heard::Opened,
                Some("unlocked") => Heard::Unlocked,
                Some("not-locked") => Heard::NotLocked,
                Some(_) | None => unexpected(),
            }),
            (Asked::Follow, 200) => Some(fate(answer)),
            _ => Some(unexpected()),
        }
    }
}

fn fate(answer: &Answer) -> Heard {
    let fate = answer.json();
    let standing = match fate["state"].as_str().unwrap_or_default() {
        "waiting" => Standing::Waiting,
        "locked" => Standing::Locked,
        "delivering" => Standing::Delivering,
        "opened" => Standing::Opened,
        "burned" => Standing::Burned,
        "expired" => Standing::Expired,
        other => panic!("the secret is {other}"),
    };
    let events = fate["events"].as_array().expect("events");
    let count = |kind: &str| events.iter().filter(|event| event["kind"] == kind).count();
    Heard::Fate { standing, opened: count("opened"), delivered: count("delivered") }
}
