//! What is known about a secret, in the shapes that these clients read.

use domain::secret::{End, SealedBy, Secret, Standing};
use domain::time::Timestamp;
use envelope::SecretToken;
use serde_json::{Map, Value, json};
use service::owned::Listed;
use service::receipt::Receipt;

use super::wanted::{Kind, Made};
use super::{Asked, Sight, Version};

/// How a secret stands, in the words of these clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    New,
    Revealed,
    Burned,
    Expired,
    Orphaned,
}

impl State {
    /// At the time `now`: what is up is over, whether or not somebody has come by to end it.
    pub(super) fn of(secret: &Secret, now: Timestamp) -> Self {
        match secret.standing {
            Standing::Waiting | Standing::Locked if now >= secret.expires_at => Self::Expired,
            Standing::Waiting | Standing::Locked => Self::New,
            Standing::Delivering | Standing::Ended(End::Opened { .. }) => Self::Revealed,
            Standing::Ended(End::Burned { .. }) => Self::Burned,
            Standing::Ended(End::Expired { .. }) => Self::Expired,
            Standing::Ended(End::Lost { .. }) => Self::Orphaned,
        }
    }

    /// Its name; the first version has a word of its own for one.
    pub(super) const fn name(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::New, _) => "new",
            (Self::Revealed, Version::One) => "received",
            (Self::Revealed, Version::Two | Version::Three) => "revealed",
            (Self::Burned, _) => "burned",
            (Self::Expired, _) => "expired",
            (Self::Orphaned, _) => "orphaned",
        }
    }
}

/// Whole seconds since 1970.
pub(super) const fn seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1000)
}

/// Seconds since 1970, with their fraction.
fn fraction(at: Timestamp) -> f64 {
    let millis = at.as_millis();
    let text = format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000));
    text.parse().unwrap_or_default()
}

/// Whole seconds from `now` to `then`.
fn left(now: Timestamp, then: Timestamp) -> u64 {
    u64::try_from(now.until(then).as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

const fn ended_at(secret: &Secret) -> Option<Timestamp> {
    match secret.standing {
        Standing::Ended(
            End::Opened { at } | End::Burned { at } | End::Expired { at } | End::Lost { at },
        ) => Some(at),
        Standing::Waiting | Standing::Locked | Standing::Delivering => None,
    }
}

fn short(key: &str) -> String {
    key.chars().take(8).collect()
}

/// What names a secret and its receipt to whoever asks.
#[derive(Clone)]
pub(super) struct Names {
    /// Of the receipt.
    pub(super) receipt: String,
    /// Of the secret: what opens it. `None` where it is not known.
    pub(super) secret: Option<String>,
    /// How that begins, which opens nothing.
    pub(super) short: String,
}

impl Names {
    /// As somebody sees them.
    pub(super) fn seen(sight: &Sight, receipt: &Receipt) -> Self {
        let short = SecretToken::short(&receipt.id);
        Self { receipt: sight.key(), secret: sight.link(receipt), short }
    }

    /// As a list shows them.
    pub(super) fn listed(listed: &Listed) -> Self {
        let (receipt, short) = (listed.handle.to_string(), SecretToken::short(&listed.id));
        Self { receipt, secret: None, short }
    }

    /// As whoever has made the secret sees them.
    pub(super) fn made(made: &Made) -> Self {
        let concealed = &made.concealed;
        Self {
            receipt: concealed.receipt.expose().to_string(),
            secret: Some(concealed.link.expose().to_string()),
            short: SecretToken::short(concealed.link.id()),
        }
    }
}

/// Everything that a receipt tells.
pub(super) struct View<'a> {
    pub(super) asked: &'a Asked,
    pub(super) names: Names,
    pub(super) secret: &'a Secret,
    /// Until when the receipt is kept.
    pub(super) until: Timestamp,
    pub(super) recipients: Option<&'a str>,
    pub(super) memo: Option<&'a str>,
    /// What names the account that owns it.
    pub(super) owner: Option<String>,
    /// When something beside it last changed.
    pub(super) changed_at: Option<Timestamp>,
}

impl<'a> View<'a> {
    /// Of a receipt that somebody sees.
    pub(super) fn seen(asked: &'a Asked, sight: &Sight, receipt: &'a Receipt) -> Self {
        let owned = receipt.owned.as_ref();
        Self {
            asked,
            names: Names::seen(sight, receipt),
            secret: &receipt.secret,
            until: receipt.until,
            recipients: owned.and_then(|owned| owned.recipients.as_deref()),
            memo: owned.and_then(|owned| owned.memo.as_deref()),
            owner: owned
                .and_then(|owned| owned.account)
                .map(|id| asked.state.service().account_reference(id)),
            changed_at: owned.map(|owned| owned.changed_at),
        }
    }

    /// Of a secret among others.
    pub(super) fn listed(asked: &'a Asked, listed: &'a Listed) -> Self {
        let owned = &listed.owned;
        Self {
            asked,
            names: Names::listed(listed),
            secret: &listed.secret,
            until: listed.until,
            recipients: owned.recipients.as_deref(),
            memo: owned.memo.as_deref(),
            owner: owned.account.map(|id| asked.state.service().account_reference(id)),
            changed_at: Some(owned.changed_at),
        }
    }

    /// Of a secret that was just made.
    pub(super) fn made(asked: &'a Asked, made: &'a Made) -> Self {
        Self {
            asked,
            names: Names::made(made),
            secret: &made.concealed.secret,
            until: made.concealed.receipt_until,
            recipients: made.recipients.as_deref(),
            memo: None,
            owner: asked
                .caller
                .as_ref()
                .map(|caller| asked.state.service().account_reference(caller.account.id)),
            changed_at: None,
        }
    }

    fn now(&self) -> Timestamp {
        self.asked.state.service().clock().now()
    }

    pub(super) fn state(&self) -> State {
        State::of(self.secret, self.now())
    }

    fn updated(&self) -> Timestamp {
        let at = ended_at(self.secret).unwrap_or(self.secret.created_at);
        self.changed_at.map_or(at, |changed| changed.max(at))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.asked.state.origin().as_str())
    }

    /// As the first version tells it. `told` says in which answer.
    pub(super) fn first(&self, told: Told) -> Map<String, Value> {
        let (secret, now) = (self.secret, self.now());
        let state = if told == Told::Burned { State::New } else { self.state() };
        let live = state == State::New;
        let mut fields = Map::new();
        let mut say = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        let caller = self.asked.caller.as_ref();
        say("custid", caller.map_or("anon", |caller| caller.account.email.as_str()).into());
        let receipt = &*self.names.receipt;
        both(&mut say, ["metadata_key", "identifier"], receipt.into());
        if told != Told::Listed && state != State::Revealed {
            let link = self.names.secret.as_deref().map(|link| if live { link } else { "" });
            if let Some(link) = link {
                both(&mut say, ["secret_key", "secret_identifier"], link.into());
            }
        }
        say("ttl", secret.terms.lifetime.seconds().into());
        both(&mut say, ["metadata_ttl", "receipt_ttl"], left(now, self.until).into());
        if state != State::Revealed {
            let known = live && !matches!(told, Told::Listed | Told::Burned);
            say("secret_ttl", known.then(|| left(now, secret.expires_at)).into());
        }
        let url = self.url(&format!("receipt/{receipt}"));
        both(&mut say, ["metadata_url", "receipt_url"], url.into());
        say("state", state.name(Version::One).into());
        say("created", seconds(secret.created_at).into());
        say("updated", seconds(self.updated()).into());
        if state == State::Revealed {
            say("received", ended_at(secret).map_or(0, seconds).into());
        }
        let recipients: Vec<&str> = self.recipients.into_iter().collect();
        both(&mut say, ["recipient", "recipients"], recipients.into());
        say("share_domain", "".into());
        if secret.standing == Standing::Locked {
            // Nobody can open it; clients that do not know the word pass over it (R15).
            say("locked", true.into());
        }
        if live && matches!(told, Told::Created | Told::Asked) {
            both(&mut say, ["passphrase_required", "has_passphrase"], secret.passphrase.into());
        }
        fields
    }

    /// As later versions tell it.
    pub(super) fn later(&self) -> Map<String, Value> {
        let (secret, state) = (self.secret, self.state());
        let ttl = secret.terms.lifetime.seconds();
        let at = |wanted: State| ended_at(secret).filter(|_| state == wanted).map(seconds);
        let (revealed, burned) = (at(State::Revealed), at(State::Burned));
        let is = |wanted: State| state == wanted;
        let link = match state {
            State::New => self.names.secret.as_deref().map_or(Value::Null, Value::from),
            State::Revealed | State::Burned | State::Expired | State::Orphaned => "".into(),
        };
        let fields = json!({
            "identifier": self.names.receipt,
            "key": self.names.receipt,
            "custid": null,
            "owner_id": self.owner,
            "state": state.name(self.asked.version),
            "secret_shortid": self.names.short,
            "secret_identifier": link,
            "secret_ttl": ttl,
            "metadata_ttl": ttl,
            "receipt_ttl": ttl,
            "lifespan": ttl,
            "share_domain": null,
            "created": fraction(secret.created_at),
            "updated": fraction(self.updated()),
            "shared": null,
            "recipients": self.recipients.unwrap_or_default(),
            "recipient_name": null,
            "memo": self.memo,
            "shortid": short(&self.names.receipt),
            "show_recipients": self.recipients.is_some(),
            "previewed": null,
            "revealed": revealed,
            "viewed": null,
            "received": revealed,
            "burned": burned,
            "is_previewed": false,
            "is_viewed": false,
            "is_received": is(State::Revealed),
            "is_revealed": is(State::Revealed),
            "is_burned": is(State::Burned),
            "is_expired": is(State::Expired),
            "is_orphaned": is(State::Orphaned),
            "is_destroyed": !is(State::New),
            "has_passphrase": secret.passphrase,
            "kind": kind(secret).name(),
            "source": "standard",
        });
        let mut fields = object(fields);
        if secret.standing == Standing::Locked {
            fields.insert("locked".to_owned(), true.into());
        }
        if self.asked.version == Version::Three {
            fields.remove("custid");
            let recipients = self.recipients.map(|recipients| vec![recipients]);
            fields.insert("recipients".to_owned(), recipients.into());
        }
        fields
    }

    /// The same, with where everything is.
    pub(super) fn placed(&self) -> Map<String, Value> {
        let secret = self.secret;
        let mut fields = self.later();
        if secret.passphrase || self.state() != State::New {
            fields.remove("secret_identifier");
        }
        let ttl = secret.terms.lifetime.seconds();
        let receipt = format!("receipt/{}", self.names.receipt);
        let share = self.names.secret.as_deref().map(|link| format!("secret/{link}"));
        let burn = format!("{receipt}/burn");
        let live = self.state() == State::New;
        let more = json!({
            "secret_state": live.then_some("new"),
            "natural_expiration": spoken(ttl),
            "expiration": seconds(secret.expires_at),
            "expiration_in_seconds": ttl,
            "share_path": share,
            "burn_path": burn,
            "receipt_path": receipt,
            "metadata_path": receipt,
            "share_url": share.as_deref().map(|share| self.url(share)),
            "receipt_url": self.url(&receipt),
            "metadata_url": self.url(&receipt),
            "burn_url": self.url(&burn),
        });
        fields.extend(object(more));
        fields
    }

    /// Whole seconds that the secret still waits; `None` when it does not.
    pub(super) fn waits(&self) -> Option<u64> {
        (self.state() == State::New).then(|| left(self.now(), self.secret.expires_at))
    }
}

/// In which answer the first version tells about a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// To whoever asks for it.
    Asked,
    /// To whoever has burned it: as it was.
    Burned,
    /// To whoever has made it.
    Created,
    /// Among others.
    Listed,
}

fn both(say: &mut impl FnMut(&str, Value), names: [&str; 2], value: Value) {
    let [first, second] = names;
    say(first, value.clone());
    say(second, value);
}

/// The fields of an object.
fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}

const fn kind(secret: &Secret) -> Kind {
    match secret.sealed_by {
        SealedBy::Server { generated: true } => Kind::Generated,
        SealedBy::Server { generated: false } | SealedBy::Sender => Kind::Given,
    }
}

/// A secret, as later versions tell it to whoever holds its link.
pub(super) fn secret(key: &str, secret: &Secret, state: State) -> Map<String, Value> {
    let ttl = secret.terms.lifetime.seconds();
    let revealed = state == State::Revealed;
    let fields = json!({
        "identifier": key,
        "key": key,
        "shortid": short(key),
        "state": state.name(Version::Two),
        "lifespan": ttl,
        "secret_ttl": ttl,
        "has_passphrase": secret.passphrase,
        "verification": false,
        "created": fraction(secret.created_at),
        "updated": fraction(ended_at(secret).unwrap_or(secret.created_at)),
        "is_previewed": false,
        "is_revealed": revealed,
        "is_viewed": false,
        "is_received": revealed,
    });
    object(fields)
}

/// Whole seconds from now to the end of a secret that waits.
pub(super) fn waits(asked: &Asked, secret: &Secret) -> u64 {
    left(asked.state.service().clock().now(), secret.expires_at)
}

/// How many lines a text takes on a page.
pub(super) fn display_lines(text: &str) -> usize {
    let lines = text.len().saturating_add(80).div_euclid(80);
    let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
    lines.saturating_add(breaks).saturating_add(3).min(30)
}

/// A span as people say it: `7 days`, `1 hour`.
fn spoken(seconds: u64) -> String {
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)];
    let whole = |scale: u64| seconds.checked_div(scale).filter(|count| *count > 0);
    let found = units.into_iter().find_map(|(name, scale)| Some((name, whole(scale)?)));
    match found {
        Some((name, 1)) => format!("1 {name}"),
        Some((name, count)) => format!("{count} {name}s"),
        None => "0 seconds".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_spoken() {
        for (span, says) in
            [(3600, "1 hour"), (604_800, "7 days"), (90, "1 minute"), (5400, "1 hour")]
        {
            assert_eq!(spoken(span), says);
        }
    }

    #[test]
    fn a_time_keeps_its_fraction() {
        assert!(
            (fraction(Timestamp::from_millis(1_755_820_000_120)) - 1_755_820_000.12).abs() < 1e-6
        );
    }

    #[test]
    fn texts_take_lines() {
        assert_eq!(display_lines("x"), 4);
        assert_eq!(display_lines(&"x\n".repeat(100)), 30);
    }
}
