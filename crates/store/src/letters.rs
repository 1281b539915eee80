//! Letters, as rows: what waits to be sent, who is at it, and what could not be sent. No token is here
//! (law 6).

use domain::account::{AccountId, Email};
use domain::hashes::KeyedHash;
use domain::letter::{Cause, Content, Kind, Letter, LetterId, Standing};
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const LETTERS: &str = "letters";
const COLUMNS: &[&str] = &[
    "id",
    "kind",
    "account",
    "subject",
    "recipient_hash",
    "recipient",
    "data",
    "state",
    "attempts",
    "cause",
    "created_at",
    "due_at",
    "leased_until",
    "until",
];
const BY_ID: Statement = Statement::find(LETTERS, COLUMNS, "WHERE id = ?1");
const DUE: Statement = Statement::find(
    LETTERS,
    &["id", "kind"],
    "WHERE state = 1 AND due_at <= ?1 AND leased_until <= ?1 ORDER BY due_at LIMIT ?2",
);
const LATE: Statement = Statement::find(
    LETTERS,
    COLUMNS,
    "WHERE state = 1 AND until <= ?1 AND leased_until <= ?1 LIMIT ?2",
);
const LISTED: Statement =
    Statement::find(LETTERS, COLUMNS, "ORDER BY state DESC, created_at DESC, id LIMIT ?1");
const INSERT: Statement = Statement::insert(LETTERS, COLUMNS, "");
const SUPERSEDE: Statement = Statement::change(
    LETTERS,
    "DELETE FROM letters WHERE kind = ?1 AND recipient_hash = ?2 AND subject = ?3 AND state = 1",
);
const LEASE: Statement = Statement::change(
    LETTERS,
    "UPDATE letters SET attempts = attempts + 1, leased_until = ?3 \
     WHERE id = ?1 AND state = 1 AND due_at <= ?2 AND leased_until <= ?2",
);
const PUT_OFF: Statement = Statement::change(
    LETTERS,
    "UPDATE letters SET due_at = ?3, cause = ?4, leased_until = 0 \
     WHERE id = ?1 AND attempts = ?2 AND state = 1",
);
const BURY: Statement = Statement::change(
    LETTERS,
    "UPDATE letters SET state = 2, until = ?3, cause = ?4, leased_until = 0 \
     WHERE id = ?1 AND attempts = ?2 AND state = 1",
);
const DONE: Statement =
    Statement::change(LETTERS, "DELETE FROM letters WHERE id = ?1 AND attempts = ?2 AND state = 1");
const RELEASE: Statement = Statement::change(
    LETTERS,
    "UPDATE letters SET leased_until = 0 WHERE state = 1 AND leased_until > 0",
);
const REVIVE: Statement = Statement::change(
    LETTERS,
    "UPDATE letters SET state = 1, due_at = ?2, until = ?3 WHERE id = ?1 AND state = 2",
);
const DROP: Statement =
    Statement::change(LETTERS, "DELETE FROM letters WHERE id = ?1 AND state = 2");
const FORGET: Statement = Statement::change(
    LETTERS,
    "DELETE FROM letters WHERE id IN (SELECT id FROM letters WHERE state = 2 AND until <= ?1 LIMIT 1000)",
);

const fn kind_column(kind: Kind) -> i64 {
    match kind {
        Kind::SignIn => 1,
        Kind::SetUp => 2,
        Kind::Invitation => 3,
        Kind::KeyExpiring => 4,
        Kind::CredentialChanged => 5,
        Kind::NewPlace => 6,
        Kind::Review => 7,
        Kind::Test => 8,
    }
}

const fn standing_column(standing: Standing) -> i64 {
    match standing {
        Standing::Waiting => 1,
        Standing::Dead => 2,
    }
}

/// A mail server's codes have three digits.
const fn cause_column(cause: Cause) -> i64 {
    match cause {
        Cause::Incapable => 1,
        Cause::Line => 2,
        Cause::Message => 3,
        Cause::Timeout => 4,
        Cause::Tls => 5,
        Cause::Code(code) => i64_of(code).saturating_add(1000),
    }
}

#[expect(clippy::as_conversions, reason = "it widens, and From is not const")]
const fn i64_of(code: u16) -> i64 {
    code as i64
}

fn cause_of(column: i64) -> Option<Cause> {
    Some(match column {
        1 => Cause::Incapable,
        2 => Cause::Line,
        3 => Cause::Message,
        4 => Cause::Timeout,
        5 => Cause::Tls,
        code => Cause::Code(u16::try_from(code.checked_sub(1000)?).ok()?),
    })
}

/// A letter as it lies in the store: to whom, and what it tells, is still sealed.
#[derive(Clone, Debug)]
pub struct LetterRow(Found);

impl LetterRow {
    /// Its number.
    pub fn id(&self) -> LetterId {
        LetterId::new(self.0.id())
    }

    /// What it is for.
    pub fn kind(&self) -> Result<Kind> {
        kind(&self.0)
    }

    /// The account that it is about.
    pub fn account(&self) -> Result<Option<AccountId>> {
        Ok(self.0.nullable("account")?.map(AccountId::new))
    }

    /// The number of what it is about.
    pub fn subject(&self) -> Result<i64> {
        self.0.integer("subject")
    }

    /// The hash of the address that it goes to.
    pub fn recipient(&self) -> Result<KeyedHash> {
        self.0.bytes("recipient_hash").map(KeyedHash::from_bytes)
    }

    /// How far it has come.
    pub fn standing(&self) -> Result<Standing> {
        match self.0.integer("state")? {
            1 => Ok(Standing::Waiting),
            2 => Ok(Standing::Dead),
            _ => Err(self.0.impossible("state")),
        }
    }

    /// How often it was tried.
    pub fn attempts(&self) -> Result<u32> {
        self.0.number("attempts")
    }

    /// Why it was not sent the last time.
    pub fn cause(&self) -> Result<Option<Cause>> {
        let column = self.0.nullable("cause")?;
        column.map(|cause| cause_of(cause).ok_or_else(|| self.0.impossible("cause"))).transpose()
    }

    /// Since when it is kept.
    pub fn created_at(&self) -> Result<Timestamp> {
        self.0.time("created_at")
    }

    /// When it is tried next.
    pub fn due_at(&self) -> Result<Timestamp> {
        self.0.time("due_at")
    }

    /// Until when it is tried, or kept to look at.
    pub fn until(&self) -> Result<Timestamp> {
        self.0.time("until")
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Letter> {
        let found = &self.0;
        let text = |column| {
            let place = Place { table: LETTERS, row: found.id(), column };
            let sealed = found.any_bytes(column)?.ok_or_else(|| found.impossible(column))?;
            seal.open(place, sealed)
        };
        let to = Email::parse(&text("recipient")?).map_err(|_| found.impossible("recipient"))?;
        let data = text("data")?;
        let mut lines = data.split('\n');
        let locale = lines.next().unwrap_or_default().to_owned();
        let content = Content::read(self.kind()?, &lines.collect::<Vec<_>>());
        Ok(Letter {
            content: content.ok_or_else(|| found.impossible("data"))?,
            to,
            account: self.account()?,
            subject: self.subject()?,
            locale,
        })
    }
}

fn kind(found: &Found) -> Result<Kind> {
    let column = found.integer("kind")?;
    let kind = Kind::ALL.into_iter().find(|kind| kind_column(*kind) == column);
    kind.ok_or_else(|| found.impossible("kind"))
}

/// A letter that is about to be kept, sealed.
#[derive(Clone, Debug)]
pub struct NewLetter {
    kind: Kind,
    subject: i64,
    recipient: KeyedHash,
    values: Vec<Value>,
}

impl NewLetter {
    /// Seals `letter`, whose recipient has this hash. It is tried from `now` on `until` then.
    pub fn new(
        (id, letter): (LetterId, &Letter),
        recipient: KeyedHash,
        (now, until): (Timestamp, Timestamp),
        seal: &ColumnSeal,
    ) -> Self {
        let (id, kind) = (id.get(), letter.content.kind());
        let sealed = |column, text: &str| {
            Value::from(seal.seal(Place { table: LETTERS, row: id, column }, text).as_slice())
        };
        let mut data = letter.locale.clone();
        for line in letter.content.lines() {
            data.push('\n');
            data.push_str(&line);
        }
        let values = vec![
            id.into(),
            kind_column(kind).into(),
            letter.account.map(AccountId::get).into(),
            letter.subject.into(),
            recipient.as_bytes().as_slice().into(),
            sealed("recipient", letter.to.as_str()),
            sealed("data", &data),
            standing_column(Standing::Waiting).into(),
            0.into(),
            Value::Null,
            now.as_millis().into(),
            now.as_millis().into(),
            0.into(),
            until.as_millis().into(),
        ];
        Self { kind, subject: letter.subject, recipient, values }
    }

    /// What it is for.
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

/// Keeps a letter.
pub async fn insert<T: Transaction>(tx: &mut T, letter: &NewLetter) -> Result<()> {
    one(tx, "insert letter", &INSERT, &letter.values).await
}

/// Takes back what waits and is for the same, to the same, about the same: `letter` comes in its place.
pub async fn supersede<T: Transaction>(tx: &mut T, letter: &NewLetter) -> Result<()> {
    let NewLetter { kind, subject, recipient, .. } = letter;
    let values =
        [kind_column(*kind).into(), recipient.as_bytes().as_slice().into(), (*subject).into()];
    tx.change(&SUPERSEDE, &values).await.map(drop)
}

/// The letter with this number.
pub async fn find<V: View>(view: &mut V, id: LetterId) -> Result<Option<LetterRow>> {
    let found = view.find(&BY_ID, &[id.get().into()]).await?;
    Ok(found.into_iter().next().map(LetterRow))
}

/// Up to `limit` letters that are due and that nobody is at, the longest due first.
pub async fn due<V: View>(
    view: &mut V,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(LetterId, Kind)>> {
    let found = view.find(&DUE, &[now.as_millis().into(), i64::from(limit).into()]).await?;
    found.iter().map(|found| Ok((LetterId::new(found.id()), kind(found)?))).collect()
}

/// Up to `limit` letters whose time is up while nobody was at them.
pub async fn late<V: View>(view: &mut V, now: Timestamp, limit: u32) -> Result<Vec<LetterRow>> {
    let found = view.find(&LATE, &[now.as_millis().into(), i64::from(limit).into()]).await?;
    Ok(found.into_iter().map(LetterRow).collect())
}

/// Up to `limit` letters, the dead before those that wait, the latest first.
pub async fn listed<V: View>(view: &mut V, limit: u32) -> Result<Vec<LetterRow>> {
    let found = view.find(&LISTED, &[i64::from(limit).into()]).await?;
    Ok(found.into_iter().map(LetterRow).collect())
}

/// The caller alone is at it until then. `false` when it is not due, or somebody else is.
pub async fn lease<T: Transaction>(
    tx: &mut T,
    id: LetterId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let values = [id.get().into(), now.as_millis().into(), until.as_millis().into()];
    Ok(tx.change(&LEASE, &values).await? == 1)
}

/// It is tried again at `due_at`. Whoever has lost the lease to the next attempt cannot say so.
pub async fn put_off<T: Transaction>(
    tx: &mut T,
    (id, attempt): (LetterId, u32),
    due_at: Timestamp,
    cause: Cause,
) -> Result<()> {
    let values = [
        id.get().into(),
        i64::from(attempt).into(),
        due_at.as_millis().into(),
        cause_column(cause).into(),
    ];
    tx.change(&PUT_OFF, &values).await.map(drop)
}

/// It is not tried any more, and kept `until` then to look at. Says whether it waited: whoever has lost the
/// lease to the next attempt cannot say so.
pub async fn bury<T: Transaction>(
    tx: &mut T,
    (id, attempt): (LetterId, u32),
    until: Timestamp,
    cause: Option<Cause>,
) -> Result<bool> {
    let values = [
        id.get().into(),
        i64::from(attempt).into(),
        until.as_millis().into(),
        cause.map(cause_column).into(),
    ];
    Ok(tx.change(&BURY, &values).await? == 1)
}

/// It was sent, or there is nothing to send any more. Whoever has lost the lease cannot say so.
pub async fn done<T: Transaction>(tx: &mut T, (id, attempt): (LetterId, u32)) -> Result<bool> {
    Ok(tx.change(&DONE, &[id.get().into(), i64::from(attempt).into()]).await? == 1)
}

/// Nobody is at any letter: whoever was is gone.
pub async fn release<T: Transaction>(tx: &mut T) -> Result<()> {
    tx.change(&RELEASE, &[]).await.map(drop)
}

/// Tries a dead one again from `now` on `until` then. Says whether it was dead.
pub async fn revive<T: Transaction>(
    tx: &mut T,
    id: LetterId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool> {
    let values = [id.get().into(), now.as_millis().into(), until.as_millis().into()];
    Ok(tx.change(&REVIVE, &values).await? == 1)
}

/// Forgets a dead one. Says whether it was dead.
pub async fn discard<T: Transaction>(tx: &mut T, id: LetterId) -> Result<bool> {
    Ok(tx.change(&DROP, &[id.get().into()]).await? == 1)
}

/// Forgets dead ones whose time is up, a thousand at most.
pub async fn forget<T: Transaction>(tx: &mut T, now: Timestamp) -> Result<()> {
    tx.change(&FORGET, &[now.as_millis().into()]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_read_as_it_was_written() {
        let all = [Cause::Incapable, Cause::Line, Cause::Message, Cause::Timeout, Cause::Tls];
        for cause in all.into_iter().chain([0, 421, 550, u16::MAX].map(Cause::Code)) {
            assert_eq!(cause_of(cause_column(cause)), Some(cause));
        }
        assert_eq!(cause_of(6), None);
        assert_eq!(cause_of(i64::MIN), None);
    }
}
