//! Mails that take links to people, as rows. Their links are not here (law 6).

use std::time::Duration;

use domain::account::{AccountId, Email};
use domain::hashes::KeyedHash;
use domain::mail::{Mail, Node, Standing};
use domain::secret::Row;
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const MAILS: &str = "mails";
const COLUMNS: &[&str] = &[
    "row",
    "account",
    "recipient",
    "state",
    "attempts",
    "created_at",
    "node",
    "leased_until",
    "until",
    "recipient_hash",
];
const BY_ROW: Statement = Statement::find(MAILS, COLUMNS, "WHERE row = ?1");
const STRAYS: Statement =
    Statement::find(MAILS, &["row"], "WHERE state = 1 AND leased_until <= ?1 LIMIT ?2");
const STRAYS_OF_OTHERS: Statement =
    Statement::find(MAILS, &["row"], "WHERE state = 1 AND node <> ?1 LIMIT ?2");
const OF_ACCOUNT: Statement = Statement::find(
    MAILS,
    &["created_at"],
    "WHERE account = ?1 AND created_at > ?2 ORDER BY created_at DESC LIMIT 1 OFFSET ?3",
);
const TO_RECIPIENT: Statement = Statement::find(
    MAILS,
    &["created_at"],
    "WHERE recipient_hash = ?1 AND created_at > ?2 ORDER BY created_at DESC LIMIT 1 OFFSET ?3",
);
const INSERT: Statement = Statement::insert(MAILS, COLUMNS, "");
const TRY: Statement = Statement::change(
    MAILS,
    "UPDATE mails SET attempts = attempts + 1, leased_until = ?3 WHERE row = ?1 AND node = ?2 AND state = 1",
);
const RENEW: Statement = Statement::change(
    MAILS,
    "UPDATE mails SET leased_until = ?3 WHERE row = ?1 AND node = ?2 AND state = 1",
);
const END: Statement =
    Statement::change(MAILS, "UPDATE mails SET state = ?2 WHERE row = ?1 AND state = 1");
const FORGET: Statement = Statement::change(
    MAILS,
    "DELETE FROM mails WHERE row IN (SELECT row FROM mails WHERE until <= ?1 LIMIT 1000)",
);

/// A mail as it lies in the store: its recipient is still sealed.
#[derive(Clone, Debug)]
pub struct MailRow(Found);

impl MailRow {
    /// How far it has come.
    pub fn standing(&self) -> Result<Standing> {
        let state = self.0.integer("state")?;
        let standing = Standing::ALL.into_iter().find(|standing| column(*standing) == state);
        standing.ok_or_else(|| self.0.impossible("state"))
    }

    /// Who knows its link.
    pub fn node(&self) -> Result<Node> {
        self.0.integer("node").map(Node)
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Mail> {
        let found = &self.0;
        let place = Place { table: MAILS, row: found.id(), column: "recipient" };
        let sealed = found.any_bytes("recipient")?.ok_or_else(|| found.impossible("recipient"))?;
        let recipient = Email::parse(&seal.open(place, sealed)?);
        Ok(Mail {
            row: Row::new(found.id()),
            account: AccountId::new(found.integer("account")?),
            recipient: recipient.map_err(|_| found.impossible("recipient"))?,
            standing: self.standing()?,
            attempts: found.number("attempts")?,
            created_at: found.time("created_at")?,
            node: self.node()?,
            leased_until: found.time("leased_until")?,
            until: found.time("until")?,
        })
    }
}

const fn column(standing: Standing) -> i64 {
    match standing {
        Standing::Waiting => 1,
        Standing::Sent => 2,
        Standing::Failed => 3,
        Standing::Cancelled => 4,
    }
}

/// A mail that is about to be kept, with its recipient sealed.
#[derive(Clone, Debug)]
pub struct NewMail {
    account: AccountId,
    recipient_hash: KeyedHash,
    created_at: Timestamp,
    values: Vec<Value>,
}

impl NewMail {
    /// Seals `mail`, whose recipient has this hash.
    pub fn new(mail: &Mail, recipient_hash: KeyedHash, seal: &ColumnSeal) -> Self {
        let place = Place { table: MAILS, row: mail.row.get(), column: "recipient" };
        let values = vec![
            mail.row.get().into(),
            mail.account.get().into(),
            seal.seal(place, mail.recipient.as_str()).as_slice().into(),
            column(mail.standing).into(),
            i64::from(mail.attempts).into(),
            mail.created_at.as_millis().into(),
            mail.node.0.into(),
            mail.leased_until.as_millis().into(),
            mail.until.as_millis().into(),
            recipient_hash.as_bytes().as_slice().into(),
        ];
        Self { account: mail.account, recipient_hash, created_at: mail.created_at, values }
    }

    /// What is counted alone: the mails of its sender, and those to its recipient, whoever sends them.
    pub fn counted(&self) -> Vec<i64> {
        let recipient = self.recipient_hash.as_bytes().first_chunk().copied().unwrap_or_default();
        vec![self.account.get(), i64::from_be_bytes(recipient)]
    }

    /// How long its sender must wait when they may have `count` mails sent in `span`, this one included.
    pub async fn wait_of_sender<V: View>(
        &self,
        view: &mut V,
        count: u32,
        span: Duration,
    ) -> Result<Option<Duration>> {
        self.wait(view, &OF_ACCOUNT, self.account.get().into(), (count, span)).await
    }

    /// The same for its recipient, who may get `count` mails in `span`, whoever sends them.
    pub async fn wait_of_recipient<V: View>(
        &self,
        view: &mut V,
        count: u32,
        span: Duration,
    ) -> Result<Option<Duration>> {
        let recipient = self.recipient_hash.as_bytes().as_slice().into();
        self.wait(view, &TO_RECIPIENT, recipient, (count, span)).await
    }

    /// When `count` others came within the span before it, it waits until the oldest of those leaves the span.
    async fn wait<V: View>(
        &self,
        view: &mut V,
        statement: &Statement,
        whose: Value,
        (count, span): (u32, Duration),
    ) -> Result<Option<Duration>> {
        let since = self.created_at.minus(span).as_millis();
        let others = i64::from(count).saturating_sub(1).max(0);
        let found = view.find(statement, &[whose, since.into(), others.into()]).await?;
        let Some(oldest) = found.first() else { return Ok(None) };
        let free = oldest.time("created_at")?.plus(span);
        let wait = free.as_millis().saturating_sub(self.created_at.as_millis());
        Ok(Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0))))
    }
}

/// Until the end of the transaction nobody else counts what `mail` is counted with.
pub async fn hold<T: Transaction>(tx: &mut T, mail: &NewMail) -> Result<()> {
    tx.alone(&mail.counted()).await
}

/// Keeps a mail.
pub async fn insert<T: Transaction>(tx: &mut T, mail: &NewMail) -> Result<()> {
    one(tx, "insert mail", &INSERT, &mail.values).await
}

/// The mail of the secret in `row`, if there is one.
pub async fn find<V: View>(view: &mut V, row: Row) -> Result<Option<MailRow>> {
    let found = view.find(&BY_ROW, &[row.get().into()]).await?;
    Ok(found.into_iter().next().map(MailRow))
}

/// It is tried now by `node`, which knows its link and runs until then at least. `false` when it is not
/// under way there.
pub async fn attempt<T: Transaction>(
    tx: &mut T,
    row: Row,
    node: Node,
    leased_until: Timestamp,
) -> Result<bool> {
    let values = [row.get().into(), node.0.into(), leased_until.as_millis().into()];
    Ok(tx.change(&TRY, &values).await? == 1)
}

/// The node that knows its link still runs.
pub async fn renew<T: Transaction>(
    tx: &mut T,
    row: Row,
    node: Node,
    leased_until: Timestamp,
) -> Result<()> {
    let values = [row.get().into(), node.0.into(), leased_until.as_millis().into()];
    tx.change(&RENEW, &values).await.map(drop)
}

/// It is no longer under way. `false` when it was not before.
pub async fn end<T: Transaction>(tx: &mut T, row: Row, standing: Standing) -> Result<bool> {
    Ok(tx.change(&END, &[row.get().into(), column(standing).into()]).await? == 1)
}

/// Up to `limit` mails under way whose node has not said for too long that it runs.
pub async fn strays<V: View>(view: &mut V, now: Timestamp, limit: u32) -> Result<Vec<Row>> {
    rows(view.find(&STRAYS, &[now.as_millis().into(), i64::from(limit).into()]).await?)
}

/// Up to `limit` mails under way that another node than `node` knows the links of.
pub async fn strays_of_others<V: View>(view: &mut V, node: Node, limit: u32) -> Result<Vec<Row>> {
    rows(view.find(&STRAYS_OF_OTHERS, &[node.0.into(), i64::from(limit).into()]).await?)
}

fn rows(found: Vec<Found>) -> Result<Vec<Row>> {
    found.into_iter().map(|found| found.integer("row").map(Row::new)).collect()
}

/// Forgets mails whose time is up, a thousand at most.
pub async fn forget<T: Transaction>(tx: &mut T, now: Timestamp) -> Result<()> {
    tx.change(&FORGET, &[now.as_millis().into()]).await.map(drop)
}
