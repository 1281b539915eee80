//! What must be true when a letter is sent, and where the hash of its token belongs: one line for each kind.
//!
//! It runs in the transaction that takes the letter, so that a link in somebody's mailbox is always the one
//! whose hash is kept, and what was withdrawn or revoked in the meantime is not mailed (R64, R85).

use domain::account::AccountId;
use domain::hashes::{KeyedHash, Kind as HashKind};
use domain::letter::{Kind, LetterId};
use domain::time::Timestamp;
use store::letters::LetterRow;
use store::link_tokens;
use store::port::{Result as StoreResult, Transaction};

/// A letter that somebody is about to send.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Its number.
    pub id: LetterId,
    /// What it is for.
    pub kind: Kind,
    /// The account that it is about.
    pub account: Option<AccountId>,
    /// The number of what it is about.
    pub subject: i64,
    /// The hash of the address that it goes to.
    pub recipient: KeyedHash,
    /// When it is sent.
    pub now: Timestamp,
}

impl Asked {
    pub(super) fn new(row: &LetterRow, now: Timestamp) -> StoreResult<Self> {
        Ok(Self {
            id: row.id(),
            kind: row.kind()?,
            account: row.account()?,
            subject: row.subject()?,
            recipient: row.recipient()?,
            now,
        })
    }
}

/// As what the token of such a letter is hashed.
pub(super) const fn hash_kind(kind: Kind) -> Option<HashKind> {
    match kind {
        Kind::Invitation => Some(HashKind::Invitation),
        Kind::SetUp | Kind::SignIn => Some(HashKind::Ticket),
        Kind::CredentialChanged
        | Kind::KeyExpiring
        | Kind::NewPlace
        | Kind::Review
        | Kind::Test => None,
    }
}

/// Puts the hash of a fresh token in its place, which ends the one before. `false`: there is nothing to send
/// any more.
pub(super) async fn issue<T: Transaction>(
    tx: &mut T,
    letter: &Asked,
    hash: Option<KeyedHash>,
) -> StoreResult<bool> {
    let Asked { id, kind, account, subject, recipient, now } = letter;
    let id = id.get();
    match (kind, hash, account) {
        (Kind::Invitation, Some(hash), _) => link_tokens::invite(tx, *subject, &hash, *now).await,
        (Kind::KeyExpiring, ..) => link_tokens::key_ends(tx, *subject, *now).await,
        (Kind::SetUp, Some(hash), Some(account)) => {
            link_tokens::set_up(tx, id, *account, &hash, *now).await
        }
        (Kind::SignIn, Some(hash), _) => link_tokens::sign_in(tx, id, recipient, &hash, *now).await,
        (Kind::CredentialChanged | Kind::NewPlace | Kind::Review | Kind::Test, ..) => Ok(true),
        // Without a token or an account there is nothing that its link could do.
        (Kind::Invitation | Kind::SetUp | Kind::SignIn, ..) => Ok(false),
    }
}
