//! What an operator asks about mail: whether it works, and what could not be sent. No answer names an address.

use domain::account::Email;
use domain::audit::Actor;
use serde::{Deserialize, Serialize};
use service::Service;
use service::letters::dead::ListedLetter;
use wire::text::rfc3339;

use super::{Answer, Refusal, asked};

/// What an operator asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "kebab-case")]
pub(crate) enum Wish {
    /// Give a letter up.
    Drop {
        /// What names it in the list.
        reference: String,
    },
    /// Tell which letters are kept.
    List,
    /// Try a dead letter again.
    Retry {
        /// What names it in the list.
        reference: String,
    },
    /// Send a mail, to see whether that works.
    Test {
        /// To whom.
        to: String,
    },
}

/// A letter, as it is listed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// What names it.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    /// What it is for.
    pub(crate) kind: String,
    /// `waiting` or `dead`.
    pub(crate) state: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Why it was not sent the last time.
    pub(crate) cause: Option<String>,
    /// Since when, in RFC 3339.
    pub(crate) created_at: String,
    /// When it is tried next, while it waits.
    pub(crate) due_at: Option<String>,
    /// Until when it is tried, or kept to be looked at.
    pub(crate) until: String,
}

impl From<ListedLetter> for Listed {
    fn from(letter: ListedLetter) -> Self {
        Self {
            reference: letter.reference,
            kind: letter.kind.name().to_owned(),
            state: letter.standing.name().to_owned(),
            attempts: letter.attempts,
            cause: letter.cause.map(|cause| cause.to_string()),
            created_at: rfc3339(letter.created_at),
            due_at: letter.due_at.map(rfc3339),
            until: rfc3339(letter.until),
        }
    }
}

/// Does what is asked.
pub(super) async fn answer(service: &Service, wish: &Wish) -> Result<Answer, Refusal> {
    let done = match wish {
        Wish::Drop { reference } => service.drop_letter(reference, Actor::Operator).await?,
        Wish::List => {
            let letters = service.letters().await?;
            let letters = letters.into_iter().map(Listed::from).collect();
            return Ok(Answer::Letters { letters });
        }
        Wish::Retry { reference } => service.retry_letter(reference, Actor::Operator).await?,
        Wish::Test { to } => {
            let to = Email::parse(to).map_err(|error| asked(&error))?;
            let tested = service.test_mail(&to, Actor::Operator).await?;
            tested.map_err(|error| asked(&format!("the mail was not sent: {error}")))?;
            true
        }
    };
    if done {
        Ok(Answer::Done)
    } else {
        Err(asked(&"there is no dead letter of this name: sigill admin letters shows what is kept"))
    }
}
