//! Numbers and bytes in columns, read back strictly: an impossible value is an error of that row
//! alone (R54).

use domain::audit::{Actor, Event, Head, Kind as EventKind};
use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::job::{Job, JobId, Task};
use domain::organisation::OrganisationId;
use domain::secret::{End, Row, SealedBy, Secret, Standing};
use domain::terms::{Delivery, FailedPassphrases, Lifetime, OnExhausted, Terms, Views};
use domain::time::Timestamp;

use crate::StoreError;
use crate::ids::Tag;
use crate::port::{Due, IdempotencyKey, Kept, Recorded, Result, Upload, Verifiers};

/// A row of one table, read by the names of its columns. Both engines have the same ones.
pub(crate) trait Columns {
    /// The table.
    fn table(&self) -> &'static str;

    /// The number that names the row in an error.
    fn id(&self) -> i64;

    /// A number, or nothing.
    fn nullable(&self, column: &'static str) -> Result<Option<i64>>;

    /// Bytes of this length and no other.
    fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N]>;

    /// A text.
    fn text(&self, column: &'static str) -> Result<String>;

    /// A number.
    fn integer(&self, column: &'static str) -> Result<i64> {
        self.nullable(column)?.ok_or_else(|| self.impossible(column))
    }

    /// A time.
    fn time(&self, column: &'static str) -> Result<Timestamp> {
        Ok(Timestamp::from_millis(self.integer(column)?))
    }

    /// A number within the range of its type.
    fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T> {
        T::try_from(self.integer(column)?).map_err(|_| self.impossible(column))
    }

    /// A hash.
    fn hash(&self, column: &'static str) -> Result<KeyedHash> {
        Ok(KeyedHash::from_bytes(self.bytes(column)?))
    }

    /// What to say of a value that no version of the program writes.
    fn impossible(&self, column: &'static str) -> StoreError {
        StoreError::Inconsistent { table: self.table(), column, row: self.id() }
    }
}

/// What was read, or nothing when it is an impossible value: that is logged, and the rows around it
/// go on (R54).
pub(crate) fn readable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Err(error @ StoreError::Inconsistent { .. }) => {
            tracing::error!(%error, "a row is left out");
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Every column that [`kept`] reads, in the order in which it does.
pub(crate) const KEPT: &str = "row, failed_action, delivery, failed_limit, lifetime, views,
    created_at, expires_at, views_taken, failed, passphrase, sealed_by, size, standing, ended_at,
    link_proof, proof, receipt, tag, receipt_until";

/// Every column of `secrets` that [`kept`] reads, in the order of the table.
pub(crate) const SECRETS: &str =
    "row, tag, standing, ended_at, created_at, expires_at, receipt_until,
    lifetime, views, views_taken, failed_limit, failed_action, failed, delivery, passphrase,
    sealed_by, size, link_proof, proof, receipt";

/// Reads a row of `secrets`.
pub(crate) fn kept(columns: &impl Columns) -> Result<Kept> {
    let secret = Secret {
        row: Row::new(columns.id()),
        terms: terms(columns)?,
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
            2 => SealedBy::Server { generated: false },
            3 => SealedBy::Server { generated: true },
            _ => return Err(columns.impossible("sealed_by")),
        },
        size: columns.number("size")?,
        standing: standing(columns)?,
    };
    let verifiers = Verifiers {
        link_proof: columns.hash("link_proof")?,
        proof: columns.hash("proof")?,
        receipt: columns.hash("receipt")?,
    };
    let tag = Tag::new(columns.bytes("tag")?);
    Ok(Kept { tag, secret, verifiers, receipt_until: columns.time("receipt_until")? })
}

/// Every column that [`upload`] reads.
pub(crate) const UPLOAD: &str = "row, tag, CAST(1 AS BIGINT) AS standing,
    CAST(NULL AS BIGINT) AS ended_at, created_at, expires_at, receipt_until, lifetime, views,
    CAST(0 AS BIGINT) AS views_taken, failed_limit, failed_action, CAST(0 AS BIGINT) AS failed,
    delivery, passphrase, sealed_by, size, link_proof, proof, receipt, token, until";

/// Makes secrets of uploads; say which ones.
pub(crate) const COMPLETE: &str = "INSERT INTO secrets (row, tag, standing, ended_at, created_at,
        expires_at, receipt_until, lifetime, views, views_taken, failed_limit, failed_action, failed,
        delivery, passphrase, sealed_by, size, link_proof, proof, receipt, due_at)
    SELECT row, tag, 1, NULL, created_at, expires_at, receipt_until, lifetime, views, 0,
        failed_limit, failed_action, 0, delivery, passphrase, sealed_by, size, link_proof, proof,
        receipt, expires_at
    FROM uploads";

/// Reads a row of `uploads`.
pub(crate) fn upload(columns: &impl Columns) -> Result<Upload> {
    let kept = kept(columns)?;
    Ok(Upload { kept, token: columns.hash("token")?, until: columns.time("until")? })
}

fn terms(columns: &impl Columns) -> Result<Terms> {
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

fn standing(columns: &impl Columns) -> Result<Standing> {
    let ended = || -> Result<Timestamp> {
        columns
            .nullable("ended_at")?
            .map(Timestamp::from_millis)
            .ok_or_else(|| columns.impossible("ended_at"))
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

/// Every column that [`due`] reads.
pub(crate) const DUE: &str = "row, standing, receipt_until";

/// Reads what the sweeper has to do about a row of `secrets` at `now`. Whatever else stands in it.
pub(crate) fn due(columns: &impl Columns, now: Timestamp) -> Result<Due> {
    let row = Row::new(columns.id());
    let until = columns.time("receipt_until")?;
    Ok(match columns.integer("standing")? {
        ..4 => Due::Expired(row),
        _ if until <= now => Due::Forgettable(row),
        _ => Due::Over { row, until },
    })
}

/// A standing as its two columns.
pub(crate) const fn standing_columns(standing: Standing) -> (i64, Option<i64>) {
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
pub(crate) const fn action_column(action: OnExhausted) -> i64 {
    match action {
        OnExhausted::Lock => 1,
        OnExhausted::Burn => 2,
    }
}

/// The delivery as its column.
pub(crate) const fn delivery_column(delivery: Delivery) -> i64 {
    match delivery {
        Delivery::Held => 1,
        Delivery::Strict => 2,
    }
}

/// Who sealed, as its column.
pub(crate) const fn sealed_by_column(sealed_by: SealedBy) -> i64 {
    match sealed_by {
        SealedBy::Sender => 1,
        SealedBy::Server { generated: false } => 2,
        SealedBy::Server { generated: true } => 3,
    }
}

/// Every column that [`claim`] reads.
pub(crate) const CLAIM: &str = "id, row, token, taken_at, lease_ends_at, outcome, ended_at";

/// Reads a row of `claims`.
pub(crate) fn claim(columns: &impl Columns) -> Result<Claim> {
    let at = || columns.time("ended_at");
    Ok(Claim {
        row: Row::new(columns.integer("row")?),
        token: columns.hash("token")?,
        taken_at: columns.time("taken_at")?,
        lease_ends_at: columns.time("lease_ends_at")?,
        outcome: match columns.nullable("outcome")? {
            None => None,
            Some(1) => Some(Outcome::Confirmed { at: at()? }),
            Some(2) => Some(Outcome::Unconfirmed { at: at()? }),
            Some(_) => return Err(columns.impossible("outcome")),
        },
    })
}

/// An outcome as its two columns.
pub(crate) const fn outcome_columns(outcome: Outcome) -> (i64, i64) {
    match outcome {
        Outcome::Confirmed { at } => (1, at.as_millis()),
        Outcome::Unconfirmed { at } => (2, at.as_millis()),
    }
}

/// Every column that [`event`] and [`recorded`] read.
pub(crate) const EVENT: &str = "seq, hash, kind, actor, actor_id, at, row, subject, organisation";

/// Reads what happened from a row of `events`.
pub(crate) fn event(columns: &impl Columns) -> Result<Event> {
    let kind = columns.text("kind")?;
    let actor = columns.text("actor")?;
    let actor = Actor::from_parts(&actor, columns.nullable("actor_id")?);
    Ok(Event {
        at: columns.time("at")?,
        kind: EventKind::from_name(&kind).ok_or_else(|| columns.impossible("kind"))?,
        actor: actor.ok_or_else(|| columns.impossible("actor"))?,
        row: columns.nullable("row")?.map(Row::new),
        subject: columns.nullable("subject")?,
        organisation: columns.nullable("organisation")?.map(OrganisationId::new),
    })
}

/// Reads a row of `events`.
pub(crate) fn recorded(columns: &impl Columns) -> Result<Recorded> {
    let hash = columns.bytes("hash")?;
    Ok(Recorded { seq: columns.id(), event: event(columns)?, hash })
}

/// The end of the trail as its bytes in `meta`.
pub(crate) fn head_bytes(head: &Head) -> [u8; 40] {
    let mut bytes = [0; 40];
    let (seq, hash) = bytes.split_at_mut(8);
    seq.copy_from_slice(&head.seq.to_be_bytes());
    hash.copy_from_slice(&head.hash);
    bytes
}

/// The end of the trail from its bytes in `meta`.
pub(crate) fn head(bytes: [u8; 40]) -> Head {
    let (mut seq, mut hash) = ([0; 8], [0; 32]);
    let (first, second) = bytes.split_at(8);
    seq.copy_from_slice(first);
    hash.copy_from_slice(second);
    Head { seq: i64::from_be_bytes(seq), hash }
}

/// Every column that [`job`] reads.
pub(crate) const JOB: &str = "id, task, row, attempts, due_at";

/// Reads a row of `jobs` that was just leased.
pub(crate) fn job(columns: &impl Columns) -> Result<Job> {
    let task = match columns.integer("task")? {
        1 => Task::RemoveBlob(Row::new(columns.integer("row")?)),
        _ => return Err(columns.impossible("task")),
    };
    let (attempts, leased_until) = (columns.number("attempts")?, columns.time("due_at")?);
    Ok(Job { id: JobId(columns.id()), task, attempts, leased_until })
}

/// A task as its two columns.
pub(crate) const fn task_columns(task: Task) -> (i64, i64) {
    match task {
        Task::RemoveBlob(row) => (1, row.get()),
    }
}

/// Reads what was kept under the idempotency key with this hash.
pub(crate) fn idempotency_key(columns: &impl Columns, hash: KeyedHash) -> Result<IdempotencyKey> {
    Ok(IdempotencyKey {
        hash,
        fingerprint: columns.bytes("fingerprint")?,
        row: Row::new(columns.integer("row")?),
        until: columns.time("until")?,
    })
}
