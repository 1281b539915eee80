//! What works once, as rows: taking one deletes it in the same transaction, so that no second can.

use domain::account::AccountId;
use domain::credential::{Errand, Ticket};
use domain::hashes::KeyedHash;
use domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const TICKETS: &str = "tickets";
const COLUMNS: &[&str] =
    &["id", "kind", "account", "subject", "data", "created_at", "until", "attempts", "hash"];
const BY_HASH: Statement =
    Statement::find(TICKETS, COLUMNS, "WHERE kind = ?1 AND hash = ?2 AND until > ?3");
const INSERT: Statement = Statement::insert(TICKETS, COLUMNS, "");
const TAKE: Statement = Statement::change(TICKETS, "DELETE FROM tickets WHERE id = ?1");
const REPLACE: Statement = Statement::change(
    TICKETS,
    "UPDATE tickets SET account = ?2, subject = ?3, data = ?4 WHERE id = ?1",
);
const GIVE: Statement =
    Statement::change(TICKETS, "UPDATE tickets SET account = ?2 WHERE id = ?1 AND account IS NULL");
const TRY: Statement =
    Statement::change(TICKETS, "UPDATE tickets SET attempts = attempts + 1 WHERE id = ?1");
const WITHDRAW: Statement =
    Statement::change(TICKETS, "DELETE FROM tickets WHERE kind = ?1 AND account = ?2");
const WITHDRAW_ALL: Statement = Statement::change(TICKETS, "DELETE FROM tickets WHERE kind = ?1");
const FORGET: Statement = Statement::change(
    TICKETS,
    "DELETE FROM tickets WHERE id IN (SELECT id FROM tickets WHERE until <= ?1 LIMIT 1000)",
);

/// Something that works once as it lies in the store: what it remembers is still sealed.
#[derive(Clone, Debug)]
pub struct TicketRow(Found);

impl TicketRow {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.0.id()
    }

    /// For whom, where that is known.
    pub fn account(&self) -> Result<Option<AccountId>> {
        Ok(self.0.nullable("account")?.map(AccountId::new))
    }

    /// The number of what else it is about.
    pub fn subject(&self) -> Result<Option<i64>> {
        self.0.nullable("subject")
    }

    /// How often somebody has tried it in vain.
    pub fn attempts(&self) -> Result<u32> {
        self.0.number("attempts")
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Ticket> {
        let found = &self.0;
        let kind = found.integer("kind")?;
        let errand = Errand::ALL.into_iter().find(|errand| column(*errand) == kind);
        let place = Place { table: TICKETS, row: found.id(), column: "data" };
        let data = found.any_bytes("data")?.map(|sealed| seal.open(place, sealed)).transpose()?;
        Ok(Ticket {
            id: found.id(),
            errand: errand.ok_or_else(|| found.impossible("kind"))?,
            account: self.account()?,
            subject: self.subject()?,
            data: data.map(Zeroizing::new),
            created_at: found.time("created_at")?,
            until: found.time("until")?,
            attempts: self.attempts()?,
        })
    }
}

const fn column(errand: Errand) -> i64 {
    match errand {
        Errand::SetUp => 1,
        Errand::SignInLink => 2,
        Errand::Passkey => 3,
        Errand::Journey => 4,
        Errand::Device => 5,
        Errand::DeviceCode => 6,
    }
}

/// Something that works once and is about to be kept, sealed.
#[derive(Clone, Debug)]
pub struct NewTicket(Vec<Value>);

impl NewTicket {
    /// Seals `ticket`, whose token has this hash.
    pub fn new(ticket: &Ticket, hash: &KeyedHash, seal: &ColumnSeal) -> Self {
        let place = Place { table: TICKETS, row: ticket.id, column: "data" };
        let data = ticket.data.as_ref().map(|data| seal.seal(place, data));
        Self::with(ticket, hash, data.as_deref().into())
    }

    /// The same for one that has nothing to remember; what it had is left out.
    pub fn bare(ticket: &Ticket, hash: &KeyedHash) -> Self {
        Self::with(ticket, hash, Value::Null)
    }

    fn with(ticket: &Ticket, hash: &KeyedHash, data: Value) -> Self {
        Self(vec![
            ticket.id.into(),
            column(ticket.errand).into(),
            ticket.account.map(AccountId::get).into(),
            ticket.subject.into(),
            data,
            ticket.created_at.as_millis().into(),
            ticket.until.as_millis().into(),
            i64::from(ticket.attempts).into(),
            hash.as_bytes().as_slice().into(),
        ])
    }
}

/// Keeps one.
pub async fn insert<T: Transaction>(tx: &mut T, ticket: &NewTicket) -> Result<()> {
    one(tx, "insert ticket", &INSERT, &ticket.0).await
}

/// The one whose token has this hash, if its time is not up. It stays.
pub async fn look<V: View>(
    view: &mut V,
    errand: Errand,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<Option<TicketRow>> {
    let found = view.find(&BY_HASH, &by_hash(errand, hash, now)).await?;
    Ok(found.into_iter().next().map(TicketRow))
}

/// The same, and nobody else takes or changes it before the end of the transaction.
pub async fn held<T: Transaction>(
    tx: &mut T,
    errand: Errand,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<Option<TicketRow>> {
    let found = tx.find(&BY_HASH.hold(), &by_hash(errand, hash, now)).await?;
    Ok(found.into_iter().next().map(TicketRow))
}

fn by_hash(errand: Errand, hash: &KeyedHash, now: Timestamp) -> [Value; 3] {
    [column(errand).into(), hash.as_bytes().as_slice().into(), now.as_millis().into()]
}

/// Takes the one whose token has this hash: from here on it is not there. `None` when it is not, or its time
/// is up.
pub async fn take<T: Transaction>(
    tx: &mut T,
    errand: Errand,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<Option<TicketRow>> {
    let Some(ticket) = held(tx, errand, hash, now).await? else { return Ok(None) };
    let taken = tx.change(&TAKE, &[ticket.id().into()]).await? == 1;
    Ok(taken.then_some(ticket))
}

/// Replaces for whom it is, what it is about and what it remembers.
pub async fn replace<T: Transaction>(tx: &mut T, ticket: &NewTicket) -> Result<()> {
    let [id, _, account, subject, data, ..] = ticket.0.as_slice() else {
        return Err(REPLACE.misfit());
    };
    let values = [id, account, subject, data].map(Clone::clone);
    one(tx, "replace ticket", &REPLACE, &values).await
}

/// Says whose it is from here on, if that was open. Says whether it was.
pub async fn give<T: Transaction>(tx: &mut T, id: i64, account: AccountId) -> Result<bool> {
    Ok(tx.change(&GIVE, &[id.into(), account.get().into()]).await? == 1)
}

/// Removes the one with this number. Says whether there was one.
pub async fn drop_by_id<T: Transaction>(tx: &mut T, id: i64) -> Result<bool> {
    Ok(tx.change(&TAKE, &[id.into()]).await? == 1)
}

/// Somebody has tried it in vain.
pub async fn count_attempt<T: Transaction>(tx: &mut T, id: i64) -> Result<()> {
    tx.change(&TRY, &[id.into()]).await.map(drop)
}

/// From here on those of this kind for this account are worth nothing.
pub async fn withdraw<T: Transaction>(
    tx: &mut T,
    errand: Errand,
    account: AccountId,
) -> Result<usize> {
    tx.change(&WITHDRAW, &[column(errand).into(), account.get().into()]).await
}

/// From here on all of this kind are worth nothing.
pub async fn withdraw_all<T: Transaction>(tx: &mut T, errand: Errand) -> Result<usize> {
    tx.change(&WITHDRAW_ALL, &[column(errand).into()]).await
}

/// Forgets up to a thousand whose time is up. Says how many.
pub async fn forget<T: Transaction>(tx: &mut T, now: Timestamp) -> Result<usize> {
    tx.change(&FORGET, &[now.as_millis().into()]).await
}
