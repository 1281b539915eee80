//! What both engines keep alike: tables, their columns, and rows of them on the way.

use crate::at_rest::WrappedKey;
pub(crate) use crate::rows::Value;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Bytes,
    Text,
}

/// A table that moves as it is.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
}

/// A payload on the way, with the key that opens it if that goes along.
#[derive(Clone, Debug)]
pub(crate) struct MovingPayload {
    pub(crate) row: i64,
    pub(crate) ring: i64,
    pub(crate) key: Option<WrappedKey>,
    pub(crate) owner: Option<Vec<u8>>,
    pub(crate) body: Option<Vec<u8>>,
}

use Kind::{Bytes, Integer, Text};

/// Every table that moves as it is. Payloads do not: each engine keeps their keys in its own way.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "secrets",
        columns: &[
            ("row", Integer),
            ("tag", Bytes),
            ("standing", Integer),
            ("ended_at", Integer),
            ("created_at", Integer),
            ("expires_at", Integer),
            ("receipt_until", Integer),
            ("lifetime", Integer),
            ("views", Integer),
            ("views_taken", Integer),
            ("failed_limit", Integer),
            ("failed_action", Integer),
            ("failed", Integer),
            ("delivery", Integer),
            ("passphrase", Integer),
            ("sealed_by", Integer),
            ("size", Integer),
            ("link_proof", Bytes),
            ("proof", Bytes),
            ("receipt", Bytes),
            ("due_at", Integer),
        ],
    },
    Table {
        name: "claims",
        columns: &[
            ("id", Integer),
            ("row", Integer),
            ("token", Bytes),
            ("taken_at", Integer),
            ("lease_ends_at", Integer),
            ("outcome", Integer),
            ("ended_at", Integer),
        ],
    },
    Table {
        name: "attempts",
        columns: &[("row", Integer), ("network", Bytes), ("count", Integer), ("until", Integer)],
    },
    Table {
        name: "idempotency_keys",
        columns: &[("hash", Bytes), ("fingerprint", Bytes), ("row", Integer), ("until", Integer)],
    },
    Table {
        name: "uploads",
        columns: &[
            ("row", Integer),
            ("tag", Bytes),
            ("created_at", Integer),
            ("expires_at", Integer),
            ("receipt_until", Integer),
            ("lifetime", Integer),
            ("views", Integer),
            ("failed_limit", Integer),
            ("failed_action", Integer),
            ("delivery", Integer),
            ("passphrase", Integer),
            ("sealed_by", Integer),
            ("size", Integer),
            ("link_proof", Bytes),
            ("proof", Bytes),
            ("receipt", Bytes),
            ("token", Bytes),
            ("until", Integer),
        ],
    },
    Table { name: "upload_parts", columns: &[("row", Integer), ("number", Integer)] },
    Table {
        name: "events",
        columns: &[
            ("seq", Integer),
            ("at", Integer),
            ("kind", Text),
            ("actor", Text),
            ("actor_id", Integer),
            ("row", Integer),
            ("subject", Integer),
            ("organisation", Integer),
            ("hash", Bytes),
        ],
    },
    Table {
        name: "jobs",
        columns: &[
            ("id", Integer),
            ("task", Integer),
            ("row", Integer),
            ("due_at", Integer),
            ("attempts", Integer),
        ],
    },
    Table {
        name: "accounts",
        columns: &[
            ("id", Integer),
            ("email_hash", Bytes),
            ("email", Bytes),
            ("role", Integer),
            ("created_at", Integer),
            ("suspended_at", Integer),
            ("seen_on", Integer),
        ],
    },
    Table {
        name: "api_keys",
        columns: &[
            ("id", Integer),
            ("account", Integer),
            ("organisation", Integer),
            ("hash", Bytes),
            ("scopes", Integer),
            ("created_at", Integer),
            ("expires_at", Integer),
            ("revoked_at", Integer),
            ("used_on", Integer),
            ("label", Bytes),
            ("networks", Bytes),
            ("per_minute", Integer),
            ("replaces", Integer),
            ("reminded_at", Integer),
        ],
    },
    Table {
        name: "owned",
        columns: &[
            ("row", Integer),
            ("account", Integer),
            ("organisation", Integer),
            ("api_key", Integer),
            ("memo", Bytes),
            ("recipients", Bytes),
            ("changed_at", Integer),
        ],
    },
    Table {
        name: "mails",
        columns: &[
            ("row", Integer),
            ("account", Integer),
            ("recipient_hash", Bytes),
            ("recipient", Bytes),
            ("state", Integer),
            ("attempts", Integer),
            ("created_at", Integer),
            ("node", Integer),
            ("leased_until", Integer),
            ("until", Integer),
        ],
    },
    Table {
        name: "credentials",
        columns: &[
            ("id", Integer),
            ("account", Integer),
            ("kind", Integer),
            ("lookup", Bytes),
            ("label", Bytes),
            ("data", Bytes),
            ("created_at", Integer),
            ("used_at", Integer),
            ("counter", Integer),
        ],
    },
    Table {
        name: "sessions",
        columns: &[
            ("id", Integer),
            ("account", Integer),
            ("hash", Bytes),
            ("stage", Integer),
            ("method", Integer),
            ("created_at", Integer),
            ("seen_at", Integer),
            ("ends_at", Integer),
            ("confirmed_at", Integer),
            ("agent", Bytes),
            ("network", Bytes),
        ],
    },
    Table {
        name: "tickets",
        columns: &[
            ("id", Integer),
            ("kind", Integer),
            ("hash", Bytes),
            ("account", Integer),
            ("subject", Integer),
            ("data", Bytes),
            ("created_at", Integer),
            ("until", Integer),
            ("attempts", Integer),
        ],
    },
    Table {
        name: "organisations",
        columns: &[
            ("id", Integer),
            ("name", Bytes),
            ("created_at", Integer),
            ("second_factor", Integer),
        ],
    },
    Table {
        name: "members",
        columns: &[
            ("organisation", Integer),
            ("account", Integer),
            ("role", Integer),
            ("since", Integer),
        ],
    },
    Table {
        name: "invitations",
        columns: &[
            ("id", Integer),
            ("organisation", Integer),
            ("email_hash", Bytes),
            ("email", Bytes),
            ("role", Integer),
            ("hash", Bytes),
            ("invited_by", Integer),
            ("created_at", Integer),
            ("until", Integer),
        ],
    },
    Table {
        name: "providers",
        columns: &[
            ("id", Integer),
            ("organisation", Integer),
            ("label", Bytes),
            ("data", Bytes),
            ("created_at", Integer),
        ],
    },
    Table {
        name: "letters",
        columns: &[
            ("id", Integer),
            ("kind", Integer),
            ("account", Integer),
            ("subject", Integer),
            ("recipient_hash", Bytes),
            ("recipient", Bytes),
            ("data", Bytes),
            ("state", Integer),
            ("attempts", Integer),
            ("cause", Integer),
            ("created_at", Integer),
            ("due_at", Integer),
            ("leased_until", Integer),
            ("until", Integer),
        ],
    },
    Table {
        name: "settings",
        columns: &[("name", Text), ("value", Text), ("changed_at", Integer)],
    },
    Table { name: "usage", columns: &[("owner", Bytes), ("bytes", Integer), ("secrets", Integer)] },
    Table { name: "meta", columns: &[("name", Text), ("value", Bytes)] },
];

/// Rows of `meta` that belong to one engine, or to one place, and stay there.
pub(crate) const STAYS: &[&str] =
    &["schema", "live bytes", "restored", "keyless", "arriving", "moved"];

impl Table {
    /// The names of the columns, with commas between them.
    pub(crate) fn list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// Whether `row` goes along.
    pub(crate) fn moves(&self, row: &[Value]) -> bool {
        let stays = |name: &String| STAYS.contains(&name.as_str());
        self.name != "meta" || !matches!(row.first(), Some(Value::Text(name)) if stays(name))
    }
}
