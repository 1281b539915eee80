//! Where the hash of a token belongs that goes out in a letter: each place has one, and a fresh one ends the
//! one before (R64). The place is there only while there is something to send.

use std::time::Duration;

use domain::account::AccountId;
use domain::credential::{Errand, Ticket};
use domain::hashes::KeyedHash;
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction};
use crate::rows::Statement;
use crate::tickets::{self, NewTicket};

/// For how long a link that signs in works, from when it was sent.
pub const SIGN_IN: Duration = Duration::from_mins(15);
/// For how long a link that sets up an account works, from when it was sent.
pub const SET_UP: Duration = Duration::from_hours(24);

const BY_ADDRESS: Statement =
    Statement::find("accounts", &["id"], "WHERE email_hash = ?1 AND suspended_at IS NULL");
const BY_ID: Statement =
    Statement::find("accounts", &["id"], "WHERE id = ?1 AND suspended_at IS NULL");
const INVITE: Statement = Statement::change(
    "invitations",
    "UPDATE invitations SET hash = ?2 WHERE id = ?1 AND until > ?3",
);
const KEY: Statement = Statement::find(
    "api_keys",
    &["id"],
    "WHERE id = ?1 AND revoked_at IS NULL AND expires_at > ?2",
);

/// The account with the address of this hash may sign in with the token of `hash`, from `now` on. `false`
/// when there is no such account, or it is suspended. `id` is the number of the ticket.
pub async fn sign_in<T: Transaction>(
    tx: &mut T,
    id: i64,
    address: &KeyedHash,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<bool> {
    let found = tx.find(&BY_ADDRESS.hold(), &[address.as_bytes().as_slice().into()]).await?;
    let Some(account) = found.first().map(|found| AccountId::new(found.id())) else {
        return Ok(false);
    };
    replace(tx, Errand::SignInLink, (id, account), hash, now).await.map(|()| true)
}

/// The same for setting up `account`.
pub async fn set_up<T: Transaction>(
    tx: &mut T,
    id: i64,
    account: AccountId,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<bool> {
    if tx.find(&BY_ID.hold(), &[account.get().into()]).await?.is_empty() {
        return Ok(false);
    }
    replace(tx, Errand::SetUp, (id, account), hash, now).await.map(|()| true)
}

async fn replace<T: Transaction>(
    tx: &mut T,
    errand: Errand,
    (id, account): (i64, AccountId),
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<()> {
    let life = if errand == Errand::SetUp { SET_UP } else { SIGN_IN };
    let ticket = Ticket {
        id,
        errand,
        account: Some(account),
        subject: None,
        data: None,
        created_at: now,
        until: now.plus(life),
        attempts: 0,
    };
    tickets::withdraw(tx, errand, account).await?;
    tickets::insert(tx, &NewTicket::bare(&ticket, hash)).await
}

/// The invitation with this number is accepted with the token of `hash`. `false` when it was withdrawn or
/// accepted, or its time is up.
pub async fn invite<T: Transaction>(
    tx: &mut T,
    id: i64,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<bool> {
    let values = [id.into(), hash.as_bytes().as_slice().into(), now.as_millis().into()];
    Ok(tx.change(&INVITE, &values).await? == 1)
}

/// Whether the API key with this number is worth anything, and ends by itself.
pub async fn key_ends<T: Transaction>(tx: &mut T, id: i64, now: Timestamp) -> Result<bool> {
    Ok(!tx.find(&KEY, &[id.into(), now.as_millis().into()]).await?.is_empty())
}
