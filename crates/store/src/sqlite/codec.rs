//! Numbers and bytes in columns, read back strictly: an impossible value is an error of that row
//! alone (R54).

use domain::hashes::KeyedHash;
use domain::secret::{End, Row, SealedBy, Secret, Standing};
use domain::terms::{Delivery, FailedPassphrases, Lifetime, OnExhausted, Terms, Views};
use domain::time::Timestamp;

use crate::StoreError;
use crate::ids::Tag;
use crate::port::{Kept, Result, Verifiers};

/// A row of one table, read by the names of its columns.
pub(super) struct Columns<'a, 'b> {
    pub(super) table: &'static str,
    pub(super) id: i64,
    pub(super) row: &'a rusqlite::Row<'b>,
}

impl Columns<'_, '_> {
    pub(super) fn integer(&self, column: &'static str) -> Result<i64> {
        Ok(self.row.get(column)?)
    }

    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp> {
        Ok(Timestamp::from_millis(self.integer(column)?))
    }

    pub(super) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T> {
        T::try_from(self.integer(column)?).map_err(|_| self.impossible(column))
    }

    pub(super) fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N]> {
        let bytes = self.row.get_ref(column)?;
        let bytes = bytes.as_blob().map_err(|_| self.impossible(column))?;
        bytes.try_into().map_err(|_| self.impossible(column))
    }

    pub(super) fn hash(&self, column: &'static str) -> Result<KeyedHash> {
        Ok(KeyedHash::from_bytes(self.bytes(column)?))
    }

    pub(super) const fn impossible(&self, column: &'static str) -> StoreError {
        StoreError::Inconsistent { table: self.table, column, row: self.id }
    }
}

/// What was read, or nothing when it is an impossible value: that is logged, and the rows around it
/// go on (R54).
pub(super) fn readable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Err(error @ StoreError::Inconsistent { .. }) => {
            tracing::error!(%error, "a row is left out");
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Reads a row of `secrets`.
pub(super) fn kept(row: &rusqlite::Row<'_>) -> Result<Kept> {
    let columns = Columns { table: "secrets", id: row.get("row")?, row };
    let secret = Secret {
        row: Row::new(columns.id),
        terms: terms(&columns)?,
        created_at: columns.time("created_at")?,
        expires_at: columns.time("expires_at")?,
        views_taken: columns.number("views_taken")?,
        failed: columns.number("failed")?,
        passphrase: match columns.integer("passphrase")? {
            0 => false,
            1 => true,
            _ => return Err(columns.impossible("passphrase")),
        },
        sealed_by: match columns.integer("sealed_by")? {
            1 => SealedBy::Sender,
            _ => return Err(columns.impossible("sealed_by")),
        },
        size: columns.number("size")?,
        standing: standing(&columns)?,
    };
    let verifiers = Verifiers {
        link_proof: columns.hash("link_proof")?,
        proof: columns.hash("proof")?,
        receipt: columns.hash("receipt")?,
    };
    let tag = Tag::new(columns.bytes("tag")?);
    Ok(Kept { tag, secret, verifiers, receipt_until: columns.time("receipt_until")? })
}

fn terms(columns: &Columns<'_, '_>) -> Result<Terms> {
    let action = match columns.integer("failed_action")? {
        1 => OnExhausted::Lock,
        2 => OnExhausted::Burn,
        _ => return Err(columns.impossible("failed_action")),
    };
    let delivery = match columns.integer("delivery")? {
        1 => Delivery::Held,
        2 => Delivery::Strict,
        _ => return Err(columns.impossible("delivery")),
    };
    let limit = columns.number("failed_limit")?;
    Ok(Terms {
        lifetime: Lifetime::from_seconds(columns.number("lifetime")?)
            .map_err(|_| columns.impossible("lifetime"))?,
        views: Views::new(columns.number("views")?).map_err(|_| columns.impossible("views"))?,
        failed_passphrases: FailedPassphrases::new(limit, action)
            .map_err(|_| columns.impossible("failed_limit"))?,
        delivery,
    })
}

fn standing(columns: &Columns<'_, '_>) -> Result<Standing> {
    let ended = || -> Result<Timestamp> {
        let at: Option<i64> = columns.row.get("ended_at")?;
        at.map(Timestamp::from_millis).ok_or_else(|| columns.impossible("ended_at"))
    };
    Ok(match columns.integer("standing")? {
        1 => Standing::Waiting,
        2 => Standing::Locked,
        3 => Standing::Delivering,
        4 => Standing::Ended(End::Opened { at: ended()? }),
        5 => Standing::Ended(End::Burned { at: ended()? }),
        6 => Standing::Ended(End::Expired { at: ended()? }),
        7 => Standing::Ended(End::Lost { at: ended()? }),
        _ => return Err(columns.impossible("standing")),
    })
}

/// A standing as its two columns.
pub(super) const fn standing_columns(standing: Standing) -> (i64, Option<i64>) {
    match standing {
        Standing::Waiting => (1, None),
        Standing::Locked => (2, None),
        Standing::Delivering => (3, None),
        Standing::Ended(End::Opened { at }) => (4, Some(at.as_millis())),
        Standing::Ended(End::Burned { at }) => (5, Some(at.as_millis())),
        Standing::Ended(End::Expired { at }) => (6, Some(at.as_millis())),
        Standing::Ended(End::Lost { at }) => (7, Some(at.as_millis())),
    }
}

/// The action of a budget as its column.
pub(super) const fn action_column(action: OnExhausted) -> i64 {
    match action {
        OnExhausted::Lock => 1,
        OnExhausted::Burn => 2,
    }
}

/// The delivery as its column.
pub(super) const fn delivery_column(delivery: Delivery) -> i64 {
    match delivery {
        Delivery::Held => 1,
        Delivery::Strict => 2,
    }
}
