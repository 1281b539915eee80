//! Sessions, as rows: found by the hash of a token, and gone when they end.

use domain::account::AccountId;
use domain::hashes::KeyedHash;
use domain::session::{IDLE, Method, Session, Stage};
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const SESSIONS: &str = "sessions";
const COLUMNS: &[&str] = &[
    "id",
    "account",
    "stage",
    "method",
    "created_at",
    "seen_at",
    "ends_at",
    "confirmed_at",
    "agent",
    "network",
];
const BY_HASH: Statement = Statement::find(SESSIONS, COLUMNS, "WHERE hash = ?1");
const OF_ACCOUNT: Statement =
    Statement::find(SESSIONS, COLUMNS, "WHERE account = ?1 ORDER BY seen_at DESC, id LIMIT 200");
const INSERT: Statement = Statement::insert(
    SESSIONS,
    &[
        "id",
        "account",
        "stage",
        "method",
        "created_at",
        "seen_at",
        "ends_at",
        "confirmed_at",
        "agent",
        "network",
        "hash",
    ],
    "",
);
const SEE: Statement =
    Statement::change(SESSIONS, "UPDATE sessions SET seen_at = ?1 WHERE id = ?2 AND seen_at < ?1");
const CONFIRM: Statement = Statement::change(
    SESSIONS,
    "UPDATE sessions SET confirmed_at = ?1, seen_at = ?1, hash = ?2, method = ?3
     WHERE id = ?4 AND stage = 2",
);
const END: Statement =
    Statement::change(SESSIONS, "DELETE FROM sessions WHERE id = ?1 AND account = ?2");
const END_OTHERS: Statement =
    Statement::change(SESSIONS, "DELETE FROM sessions WHERE account = ?1 AND id <> ?2");
const FORGET: Statement =
    Statement::change(SESSIONS, "DELETE FROM sessions WHERE ends_at <= ?1 OR seen_at <= ?2");

/// No session has this number.
const NONE: i64 = 0;

/// A session as it lies in the store: texts are still sealed.
#[derive(Clone, Debug)]
pub struct SessionRow(Found);

impl SessionRow {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.0.id()
    }

    /// Whose it is.
    pub fn account(&self) -> Result<AccountId> {
        Ok(AccountId::new(self.0.integer("account")?))
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Session> {
        let found = &self.0;
        let text = |column| {
            let place = Place { table: SESSIONS, row: found.id(), column };
            let sealed = found.any_bytes(column)?.ok_or_else(|| found.impossible(column))?;
            seal.open(place, sealed)
        };
        let stage = match found.integer("stage")? {
            1 => Stage::Half,
            2 => Stage::Whole,
            _ => return Err(found.impossible("stage")),
        };
        let method = found.integer("method")?;
        let method = Method::ALL.into_iter().find(|known| method_column(*known) == method);
        Ok(Session {
            id: found.id(),
            account: self.account()?,
            stage,
            method: method.ok_or_else(|| found.impossible("method"))?,
            created_at: found.time("created_at")?,
            seen_at: found.time("seen_at")?,
            ends_at: found.time("ends_at")?,
            confirmed_at: found.nullable("confirmed_at")?.map(Timestamp::from_millis),
            agent: text("agent")?,
            network: text("network")?,
        })
    }
}

const fn method_column(method: Method) -> i64 {
    match method {
        Method::Password => 1,
        Method::PasswordAndCode => 2,
        Method::Passkey => 3,
        Method::MailedLink => 4,
        Method::Provider => 5,
        Method::SetUpLink => 6,
        Method::PasswordAndPasskey => 7,
        Method::LinkAndCode => 8,
    }
}

/// A session that is about to be kept, with its texts sealed.
#[derive(Clone, Debug)]
pub struct NewSession {
    account: AccountId,
    values: Vec<Value>,
}

impl NewSession {
    /// Seals `session`, whose token has this hash.
    pub fn new(session: &Session, hash: &KeyedHash, seal: &ColumnSeal) -> Self {
        let sealed = |column, text: &str| {
            let place = Place { table: SESSIONS, row: session.id, column };
            Value::from(seal.seal(place, text).as_slice())
        };
        let stage: i64 = match session.stage {
            Stage::Half => 1,
            Stage::Whole => 2,
        };
        let values = vec![
            session.id.into(),
            session.account.get().into(),
            stage.into(),
            method_column(session.method).into(),
            session.created_at.as_millis().into(),
            session.seen_at.as_millis().into(),
            session.ends_at.as_millis().into(),
            session.confirmed_at.map(Timestamp::as_millis).into(),
            sealed("agent", &session.agent),
            sealed("network", &session.network),
            hash.as_bytes().as_slice().into(),
        ];
        Self { account: session.account, values }
    }

    /// Whose it will be.
    pub const fn account(&self) -> AccountId {
        self.account
    }
}

/// Keeps a session.
pub async fn insert<T: Transaction>(tx: &mut T, session: &NewSession) -> Result<()> {
    one(tx, "insert session", &INSERT, &session.values).await
}

/// The session whose token has this hash, whether or not it is over.
pub async fn by_hash<V: View>(view: &mut V, hash: &KeyedHash) -> Result<Option<SessionRow>> {
    let found = view.find(&BY_HASH, &[hash.as_bytes().as_slice().into()]).await?;
    Ok(found.into_iter().next().map(SessionRow))
}

/// The same, and nobody else changes it before the end of the transaction.
pub async fn held<T: Transaction>(tx: &mut T, hash: &KeyedHash) -> Result<Option<SessionRow>> {
    let found = tx.find(&BY_HASH.hold(), &[hash.as_bytes().as_slice().into()]).await?;
    Ok(found.into_iter().next().map(SessionRow))
}

/// The sessions of an account, the one that was used last first, two hundred at most.
pub async fn of_account<V: View>(view: &mut V, account: AccountId) -> Result<Vec<SessionRow>> {
    let found = view.find(&OF_ACCOUNT, &[account.get().into()]).await?;
    Ok(found.into_iter().map(SessionRow).collect())
}

/// Remembers that a session was used.
pub async fn see<T: Transaction>(tx: &mut T, id: i64, now: Timestamp) -> Result<()> {
    tx.change(&SEE, &[now.as_millis().into(), id.into()]).await.map(drop)
}

/// Somebody has shown once more who they are: from here on their browser shows another token. Says whether the
/// session was there.
pub async fn confirm<T: Transaction>(
    tx: &mut T,
    id: i64,
    method: Method,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<bool> {
    let values = [
        now.as_millis().into(),
        hash.as_bytes().as_slice().into(),
        method_column(method).into(),
        id.into(),
    ];
    Ok(tx.change(&CONFIRM, &values).await? == 1)
}

/// Ends a session of this account. Says whether there was one.
pub async fn end<T: Transaction>(tx: &mut T, account: AccountId, id: i64) -> Result<bool> {
    Ok(tx.change(&END, &[id.into(), account.get().into()]).await? == 1)
}

/// Ends every session of an account but `except`. Says how many.
pub async fn end_others<T: Transaction>(
    tx: &mut T,
    account: AccountId,
    except: Option<i64>,
) -> Result<usize> {
    tx.change(&END_OTHERS, &[account.get().into(), except.unwrap_or(NONE).into()]).await
}

/// Forgets sessions that are over.
pub async fn forget<T: Transaction>(tx: &mut T, now: Timestamp) -> Result<()> {
    let idle = now.minus(IDLE);
    tx.change(&FORGET, &[now.as_millis().into(), idle.as_millis().into()]).await.map(drop)
}
