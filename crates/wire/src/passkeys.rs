//! Passkeys: questions for a browser, what its authenticator answers, and the list of those that somebody has.
//!
//! Options and answers are the JSON of W3C Web Authentication, Level 3. What is in them is judged where
//! answers are judged; here they are objects.

use domain::organisation::Name;
use domain::session::TicketToken;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Problem;

/// A question for the browser's authenticator.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = PasskeyQuestion)]
pub struct Question {
    /// Comes back with the answer. It is good for one answer, within five minutes.
    pub ticket: String,
    /// `PublicKeyCredentialCreationOptionsJSON` for a new passkey, `PublicKeyCredentialRequestOptionsJSON`
    /// otherwise.
    #[schema(value_type = Object)]
    pub options: Map<String, Value>,
}

/// What the authenticator has answered.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasskeyAnswer)]
pub struct Answer {
    /// The ticket of the question.
    pub ticket: String,
    /// `AuthenticationResponseJSON`, with what the browser adds to it.
    #[schema(value_type = Object)]
    pub credential: Map<String, Value>,
}

impl Answer {
    /// The ticket, and the answer as it is judged.
    pub fn parse(&self) -> Result<(TicketToken, Vec<u8>), Problem> {
        parse(&self.ticket, &self.credential)
    }
}

/// What the authenticator has answered that has made a passkey.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    /// The ticket of the question.
    pub ticket: String,
    /// `RegistrationResponseJSON`, with what the browser adds to it.
    #[schema(value_type = Object)]
    pub credential: Map<String, Value>,
    /// What its owner calls it: 1 to 64 characters in one line.
    #[schema(example = "My laptop")]
    pub label: String,
}

impl NewPasskey {
    /// The ticket, the answer as it is judged, and the name.
    pub fn parse(&self) -> Result<(TicketToken, Vec<u8>, Name), Problem> {
        let (ticket, response) = parse(&self.ticket, &self.credential)?;
        Ok((ticket, response, name(&self.label)?))
    }
}

/// Another name for a passkey.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasskeyLabel)]
pub struct Label {
    /// 1 to 64 characters in one line.
    #[schema(example = "My laptop")]
    pub label: String,
}

impl Label {
    /// The name.
    pub fn parse(&self) -> Result<Name, Problem> {
        name(&self.label)
    }
}

/// A passkey.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Passkey {
    /// Its short name. It opens nothing.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What its owner calls it.
    pub label: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was last used, if it was.
    #[schema(format = DateTime)]
    pub used_at: Option<String>,
}

/// The passkeys of an account.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Passkeys {
    /// The oldest first.
    pub passkeys: Vec<Passkey>,
}

fn parse(ticket: &str, credential: &Map<String, Value>) -> Result<(TicketToken, Vec<u8>), Problem> {
    // A ticket that cannot be one is one that is worth nothing any more.
    let ticket = TicketToken::parse(ticket).ok_or(Problem::PasskeyRefused)?;
    let response = serde_json::to_vec(credential).map_err(|_| Problem::PasskeyRefused)?;
    Ok((ticket, response))
}

fn name(label: &str) -> Result<Name, Problem> {
    Name::parse(label).map_err(|fault| Problem::invalid("label", fault.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_adds_is_borne_and_what_a_client_makes_up_is_not() {
        let ticket = TicketToken::new([7; 32]).expose();
        let answer =
            |more: &str| format!("{{\"ticket\":\"{}\",\"credential\":{{\"x\":1}}{more}}}", *ticket);
        let read = crate::parse::<Answer>(answer("").as_bytes()).unwrap();
        let (ticket, response) = read.parse().unwrap();
        assert_eq!((ticket.secret(), response.as_slice()), (&[7; 32], &b"{\"x\":1}"[..]));
        assert!(crate::parse::<Answer>(answer(",\"account\":1").as_bytes()).is_err());
        let made =
            crate::parse::<NewPasskey>(answer(",\"label\":\" My  laptop\"").as_bytes()).unwrap();
        assert_eq!(made.parse().unwrap().2.as_str(), "My laptop");
        let wrong = crate::parse::<NewPasskey>(answer(",\"label\":\"\"").as_bytes()).unwrap();
        assert!(matches!(wrong.parse(), Err(Problem::Invalid { .. })));
        let wrong = Answer { ticket: "x".to_owned(), credential: Map::new() };
        assert_eq!(wrong.parse().err(), Some(Problem::PasskeyRefused));
    }
}
