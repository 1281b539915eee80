//! Overview: what somebody has shared, for their eyes. Nothing in it opens or burns.

use std::fmt::Write as _;

use domain::secret::Secret;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;
use crate::receipts::{BurnOutcome, Failures, Receipt, State};
use crate::text::rfc3339;

/// The longest note in characters.
pub const NOTE: usize = 500;

/// A secret in the overview of its owner.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Overseen {
    /// Its short name.
    #[serde(rename = "ref")]
    pub reference: String,
    /// How it stands.
    pub state: State,
    /// What its owner has noted.
    pub note: Option<String>,
    /// To whom its link was mailed, obscured.
    pub recipients: Option<String>,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// From then on nobody opens it.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When it ended, if it has.
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// Until when it is shown, once it has ended.
    #[schema(format = DateTime)]
    pub kept_until: String,
    /// How many readers may open it.
    pub views: u64,
    /// How many views are left.
    pub views_left: u64,
    /// Whether a passphrase is needed.
    pub passphrase: bool,
    /// Wrong passphrases.
    pub failed_passphrases: Failures,
}

impl Overseen {
    /// What its owner sees of `secret`.
    pub fn new(
        reference: String,
        secret: &Secret,
        until: Timestamp,
        note: Option<String>,
        recipients: Option<String>,
    ) -> Self {
        let receipt = Receipt::new(reference, secret, &[]);
        Self {
            reference: receipt.reference,
            state: receipt.state,
            note,
            recipients,
            created_at: receipt.created_at,
            expires_at: receipt.expires_at,
            ended_at: receipt.ended_at,
            kept_until: rfc3339(until),
            views: receipt.views,
            views_left: receipt.views_left,
            passphrase: receipt.passphrase,
            failed_passphrases: receipt.failed_passphrases,
        }
    }
}

/// What somebody has shared.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Overview {
    /// The latest first, at most 1000.
    pub secrets: Vec<Overseen>,
}

/// What is to be burned.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Burning {
    /// The short names, 1 to 100 of them.
    pub refs: Vec<String>,
}

/// What became of one.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct BurnedOne {
    /// Its short name.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What was the case first; `null` when there is no such secret.
    pub outcome: Option<BurnOutcome>,
}

/// What became of each.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct BurnedSeveral {
    /// In the order in which they were named.
    pub secrets: Vec<BurnedOne>,
}

/// What an owner notes.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Noting {
    /// At most 500 characters; `null` for no note.
    pub note: Option<String>,
}

impl Noting {
    /// The note, without the space around it.
    pub fn judge(self) -> Result<Option<String>, Problem> {
        let note = self.note.unwrap_or_default().trim().to_owned();
        let unfit = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        if note.chars().count() > NOTE || note.chars().any(unfit) {
            return Err(Problem::invalid("note", "must be a text of at most 500 characters"));
        }
        Ok(Some(note).filter(|note| !note.is_empty()))
    }
}

/// The overview as a table for spreadsheets (RFC 4180).
pub fn csv(secrets: &[Overseen]) -> String {
    let mut csv = String::from(
        "ref,state,note,recipients,created_at,expires_at,ended_at,views,views_left,\
         wrong_passphrases\r\n",
    );
    for secret in secrets {
        // A state is a plain word in JSON.
        let state = serde_json::to_value(secret.state).unwrap_or_default();
        let cells = [
            cell(&secret.reference),
            cell(state.as_str().unwrap_or_default()),
            cell(secret.note.as_deref().unwrap_or_default()),
            cell(secret.recipients.as_deref().unwrap_or_default()),
            cell(&secret.created_at),
            cell(&secret.expires_at),
            cell(secret.ended_at.as_deref().unwrap_or_default()),
            secret.views.to_string(),
            secret.views_left.to_string(),
            secret.failed_passphrases.failed.to_string(),
        ];
        // Memory is all that could be missing.
        let _written = write!(csv, "{}\r\n", cells.join(","));
    }
    csv
}

/// A text in quotes. What a spreadsheet would take for a formula begins with an apostrophe, so that it is none.
fn cell(text: &str) -> String {
    let starts = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%');
    let fullwidth = |c: char| matches!(c, '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}');
    let first = text.trim_start_matches([' ', '"', '\'']).chars().next();
    let guard = if first.is_some_and(|c| starts(c) || fullwidth(c)) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_ends_early() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("=1+1", "\"'=1+1\""),
            (" =1+1", "\"' =1+1\""),
            ("+46", "\"'+46\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("\"=1\",x", "\"'\"\"=1\"\",x\""),
            ("a\r\n=b", "\"a\r\n=b\""),
            ("a=b", "\"a=b\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn a_note_is_a_text_within_bounds() {
        let judge = |note: &str| Noting { note: Some(note.to_owned()) }.judge().ok();
        assert_eq!(judge(" a note "), Some(Some("a note".to_owned())));
        assert_eq!(judge("  "), Some(None));
        assert_eq!(judge("a\u{1b}[2J"), None);
        assert!(judge(&"x".repeat(NOTE)).is_some() && judge(&"x".repeat(NOTE + 1)).is_none());
    }
}
