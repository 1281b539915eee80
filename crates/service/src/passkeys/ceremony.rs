//! The ceremonies of passkeys (W3C Web Authentication, Level 3, section 7), as pure computing.
//!
//! A ceremony is a question to a browser and an answer to exactly that question. A passkey here is always
//! discoverable (nobody types a name) and always verifies who holds it, by a finger, a face or a PIN: it is
//! two factors in one. Where it was made is not asked for (attestation `none`). The site is that of the
//! configured public URL and of nothing else, whatever a request says. This file keeps nothing: what a
//! question must remember until its answer is handed out as text, and so is a passkey.

use domain::credential::Credential;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// How much of an answer is read: they have a kilobyte, or a few with a statement nobody asked for.
const MAX_RESPONSE: usize = 32 << 10;

/// The site that passkeys are bound to.
#[derive(Clone, Debug)]
pub struct Site(Webauthn);

/// Why a site cannot have passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("passkeys need a public URL with a name, by https or on this machine")]
pub struct NoPasskeys;

/// A question for a browser, and what has to be remembered until it is answered.
#[derive(Debug)]
pub(super) struct Question {
    /// What the browser hands to the authenticator, in the JSON of W3C.
    pub(super) options: String,
    /// What the answer is judged by.
    pub(super) state: String,
}

/// A passkey that was just made.
#[derive(Debug)]
pub(super) struct Made {
    /// What the authenticator calls it.
    pub(super) id: Vec<u8>,
    /// What its answers are judged by.
    pub(super) passkey: String,
}

/// The answer of a passkey, not judged yet.
#[derive(Debug)]
pub(super) struct Answer(PublicKeyCredential);

/// A passkey that has answered.
#[derive(Debug)]
pub(super) struct Shown {
    /// How often it says that it was used; 0 for those that do not count.
    pub(super) counter: u32,
    /// What its next answer is judged by.
    pub(super) passkey: String,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// The passkey counts its uses, and has counted backwards: there may be two of it.
    #[error("the passkey's counter went back")]
    CounterWentBack,
    /// It is no answer to this question, or no answer at all.
    #[error("that does not answer the question")]
    NoAnswer,
    /// Nobody has shown that the passkey is theirs.
    #[error("the person was not verified")]
    NotVerified,
}

impl Site {
    /// The site at this origin, for instance `https://secrets.example`. Browsers know no passkeys for a bare
    /// address, and none without TLS, except on their own machine.
    pub fn at(origin: &str) -> Result<Self, NoPasskeys> {
        let url = Url::parse(origin).map_err(|_| NoPasskeys)?;
        let host = url.domain().ok_or(NoPasskeys)?.to_owned();
        let local = host == "localhost" || host.ends_with(".localhost");
        if url.scheme() != "https" && !local {
            return Err(NoPasskeys);
        }
        let site = WebauthnBuilder::new(&host, &url).map_err(|_| NoPasskeys)?;
        site.rp_name("Sigill").build().map(Self).map_err(|_| NoPasskeys)
    }

    /// Asks for a new passkey, for who has this handle and this name, and no passkey of `known`.
    pub(super) fn ask_to_make(
        &self,
        handle: Handle,
        name: &str,
        known: Vec<Vec<u8>>,
    ) -> Result<Question, Fault> {
        let asked = self.0.start_passkey_registration(handle.0, name, name, Some(known));
        let (challenge, state) = asked.map_err(|error| fault(&error))?;
        let mut options = value(&challenge.public_key)?;
        // The library would rather not fill a security key; without a name to type it has to.
        let chosen = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut);
        let chosen = chosen.ok_or(Fault::NoAnswer)?;
        chosen.insert("residentKey".to_owned(), json!("required"));
        chosen.insert("requireResidentKey".to_owned(), json!(true));
        Ok(Question { options: options.to_string(), state: text(&state)? })
    }

    /// Judges the answer to [`Site::ask_to_make`].
    pub(super) fn made(&self, state: &str, response: &[u8]) -> Result<Made, Fault> {
        let state: PasskeyRegistration = read(state.as_bytes())?;
        let response: RegisterPublicKeyCredential = read(response)?;
        let passkey =
            self.0.finish_passkey_registration(&response, &state).map_err(|error| fault(&error))?;
        Ok(Made { id: passkey.cred_id().clone(), passkey: text(&passkey)? })
    }

    /// What its authenticator calls a passkey that was made here.
    pub(super) fn id_of(passkey: &Credential) -> Option<Vec<u8>> {
        let passkey: Passkey = read(passkey.data.as_ref()?.as_bytes()).ok()?;
        Some(passkey.cred_id().clone())
    }

    /// Asks for an answer of one of these passkeys; of any of this site's when there are none.
    pub(super) fn ask(&self, allowed: &[Vec<u8>]) -> Result<Question, Fault> {
        let (challenge, state) =
            self.0.start_discoverable_authentication().map_err(|error| fault(&error))?;
        let mut options = value(&challenge.public_key)?;
        let allowed =
            allowed.iter().map(|id| json!({ "type": "public-key", "id": base64url(id) })).collect();
        let members = options.as_object_mut().ok_or(Fault::NoAnswer)?;
        members.insert("allowCredentials".to_owned(), Value::Array(allowed));
        Ok(Question { options: options.to_string(), state: text(&state)? })
    }

    /// Judges an answer to [`Site::ask`] by the passkey that it names, which belongs to who has this handle.
    pub(super) fn shown(
        &self,
        state: &str,
        answer: &Answer,
        passkey: &str,
        handle: Handle,
    ) -> Result<Shown, Fault> {
        let state: DiscoverableAuthentication = read(state.as_bytes())?;
        let mut passkey: Passkey = read(passkey.as_bytes())?;
        // A passkey that was asked for by its id may leave the handle out.
        let named = answer.0.get_user_unique_id();
        if named.is_some_and(|named| named != handle.0.as_bytes()) {
            return Err(Fault::NoAnswer);
        }
        let judged = self.0.finish_discoverable_authentication_v2(&answer.0, state, &passkey);
        let judged = judged.map_err(|error| fault(&error))?;
        if !judged.user_verified() {
            return Err(Fault::NotVerified);
        }
        passkey.update_credential(&judged).ok_or(Fault::NoAnswer)?;
        Ok(Shown { counter: judged.counter(), passkey: text(&passkey)? })
    }
}

/// What names a person to authenticators: it tells nothing, and stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handle(Uuid);

impl Handle {
    /// From an account's public reference, which has the form of a UUID.
    pub(super) fn of(reference: &str) -> Option<Self> {
        Uuid::parse_str(reference).ok().map(Self)
    }
}

impl Answer {
    /// Reads the answer of a browser.
    pub(super) fn parse(response: &[u8]) -> Result<Self, Fault> {
        read(response).map(Self)
    }

    /// What the authenticator calls the passkey that answered.
    pub(super) fn id(&self) -> &[u8] {
        self.0.get_credential_id()
    }

    /// Whether it says whose it is, as an answer to a question that names nobody must.
    pub(super) fn names_somebody(&self) -> bool {
        self.0.get_user_unique_id().is_some()
    }
}

fn fault(error: &WebauthnError) -> Fault {
    if matches!(error, WebauthnError::CredentialPossibleCompromise) {
        Fault::CounterWentBack
    } else if matches!(error, WebauthnError::UserNotVerified | WebauthnError::UserNotPresent) {
        Fault::NotVerified
    } else {
        Fault::NoAnswer
    }
}

fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    if bytes.len() > MAX_RESPONSE {
        return Err(Fault::NoAnswer);
    }
    serde_json::from_slice(bytes).map_err(|_| Fault::NoAnswer)
}

fn text(value: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|_| Fault::NoAnswer)
}

fn value(value: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|_| Fault::NoAnswer)
}

/// Without padding (RFC 4648, section 5), as W3C's JSON has it.
fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use testkit::Authenticator;

    use super::*;

    const ORIGIN: &str = "https://secrets.example";
    const HANDLE: &str = "00000000-0000-8000-8000-000000000001";

    fn site() -> Site {
        Site::at(ORIGIN).unwrap()
    }

    fn anna() -> Handle {
        Handle::of(HANDLE).unwrap()
    }

    fn options(question: &Question) -> Value {
        serde_json::from_str(&question.options).unwrap()
    }

    fn make(authenticator: &mut Authenticator) -> Result<Made, Fault> {
        let question = site().ask_to_make(anna(), "anna@secrets.example", Vec::new())?;
        let response = authenticator.create(&options(&question));
        site().made(&question.state, response.to_string().as_bytes())
    }

    fn show(authenticator: &mut Authenticator, passkey: &str) -> Result<Shown, Fault> {
        let question = site().ask(&[])?;
        let response = authenticator.get(&options(&question));
        let answer = Answer::parse(response.to_string().as_bytes())?;
        site().shown(&question.state, &answer, passkey, anna())
    }

    #[test]
    fn a_passkey_that_was_made_is_shown_again_and_again() {
        let mut authenticator = Authenticator::at(ORIGIN);
        let made = make(&mut authenticator).unwrap();
        let shown = show(&mut authenticator, &made.passkey).unwrap();
        assert_eq!(shown.counter, 1);
        let shown = show(&mut authenticator, &shown.passkey).unwrap();
        assert_eq!(shown.counter, 2);
    }

    #[test]
    fn what_is_asked_for_needs_no_name_and_verifies_who_holds_it() {
        let question = site().ask_to_make(anna(), "anna@secrets.example", vec![vec![7; 16]]);
        let options = options(&question.unwrap());
        let chosen = &options["authenticatorSelection"];
        assert_eq!(chosen["residentKey"], "required");
        assert_eq!(chosen["requireResidentKey"], true);
        assert_eq!(chosen["userVerification"], "required");
        assert_eq!(options["attestation"], "none");
        assert_eq!(options["rp"]["id"], "secrets.example");
        assert_eq!(options["excludeCredentials"][0]["id"], base64url(&[7; 16]));
        let question = site().ask(&[vec![7; 16]]).unwrap();
        let options = self::options(&question);
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["allowCredentials"][0]["id"], base64url(&[7; 16]));
        assert_eq!(self::options(&site().ask(&[]).unwrap())["allowCredentials"], json!([]));
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let mut authenticator = Authenticator::at(ORIGIN);
        let made = make(&mut authenticator).unwrap();
        let (one, other) = (site().ask(&[]).unwrap(), site().ask(&[]).unwrap());
        let response = authenticator.get(&options(&one)).to_string();
        let answer = Answer::parse(response.as_bytes()).unwrap();
        let judged = site().shown(&other.state, &answer, &made.passkey, anna());
        assert_eq!(judged.unwrap_err(), Fault::NoAnswer);
        let one = site().ask_to_make(anna(), "anna", Vec::new()).unwrap();
        let other = site().ask_to_make(anna(), "anna", Vec::new()).unwrap();
        let response = authenticator.create(&options(&one)).to_string();
        let judged = site().made(&other.state, response.as_bytes());
        assert_eq!(judged.unwrap_err(), Fault::NoAnswer);
    }

    #[test]
    fn a_page_elsewhere_answers_nothing() {
        let mut authenticator = Authenticator::at(ORIGIN);
        let made = make(&mut authenticator).unwrap();
        for origin in [
            "https://secrets.example.evil.example",
            "https://sub.secrets.example",
            "http://secrets.example",
            "https://secrets.example:8443",
            "https://evil.example",
        ] {
            authenticator.origin = origin.to_owned();
            assert_eq!(make(&mut authenticator).unwrap_err(), Fault::NoAnswer, "{origin}");
            let shown = show(&mut authenticator, &made.passkey);
            assert_eq!(shown.unwrap_err(), Fault::NoAnswer, "{origin}");
        }
        authenticator.origin = ORIGIN.to_owned();
        authenticator.site = Some("example".to_owned());
        assert_eq!(make(&mut authenticator).unwrap_err(), Fault::NoAnswer);
        assert_eq!(show(&mut authenticator, &made.passkey).unwrap_err(), Fault::NoAnswer);
    }

    #[test]
    fn somebody_unverified_has_shown_nothing() {
        let mut authenticator = Authenticator::at(ORIGIN);
        let made = make(&mut authenticator).unwrap();
        authenticator.verifies = false;
        assert_eq!(show(&mut authenticator, &made.passkey).unwrap_err(), Fault::NotVerified);
        assert_eq!(make(&mut authenticator).unwrap_err(), Fault::NotVerified);
    }

    #[test]
    fn a_counter_that_stays_or_goes_back_is_refused() {
        let mut authenticator = Authenticator::at(ORIGIN);
        let made = make(&mut authenticator).unwrap();
        authenticator.counter = 9;
        let shown = show(&mut authenticator, &made.passkey).unwrap();
        for before in [9, 3] {
            authenticator.counter = before;
            let again = show(&mut authenticator, &shown.passkey);
            assert_eq!(again.unwrap_err(), Fault::CounterWentBack);
        }
        authenticator.counter = 10;
        assert_eq!(show(&mut authenticator, &shown.passkey).unwrap().counter, 11);
    }

    #[test]
    fn another_passkey_and_another_person_do_not_answer() {
        let mut authenticator = Authenticator::at(ORIGIN);
        let first = make(&mut authenticator).unwrap();
        let _newest = make(&mut authenticator).unwrap();
        assert_eq!(show(&mut authenticator, &first.passkey).unwrap_err(), Fault::NoAnswer);
        let question = site().ask(std::slice::from_ref(&first.id)).unwrap();
        let response = authenticator.get(&options(&question)).to_string();
        let answer = Answer::parse(response.as_bytes()).unwrap();
        let berit = Handle::of("00000000-0000-8000-8000-000000000002").unwrap();
        let judged = site().shown(&question.state, &answer, &first.passkey, berit);
        assert_eq!(judged.unwrap_err(), Fault::NoAnswer);
        assert!(site().shown(&question.state, &answer, &first.passkey, anna()).is_ok());
    }

    #[test]
    fn what_was_touched_is_no_answer() {
        let mut authenticator = Authenticator::at(ORIGIN);
        let made = make(&mut authenticator).unwrap();
        let question = site().ask(&[]).unwrap();
        let response = authenticator.get(&options(&question));
        for field in ["authenticatorData", "signature", "clientDataJSON"] {
            let mut response = response.clone();
            let text = response["response"][field].as_str().unwrap().to_owned();
            let (most, last) = text.split_at(text.len() - 3);
            let touched = if last.starts_with('A') { "B" } else { "A" };
            response["response"][field] = format!("{most}{touched}{}", last.split_at(1).1).into();
            let Ok(answer) = Answer::parse(response.to_string().as_bytes()) else { continue };
            let judged = site().shown(&question.state, &answer, &made.passkey, anna());
            assert!(judged.is_err(), "{field}");
        }
        for nothing in ["", "{}", "null", "[]", "{\"id\":\"x\"}"] {
            assert!(Answer::parse(nothing.as_bytes()).is_err());
            assert!(site().made(&question.state, nothing.as_bytes()).is_err());
        }
        assert!(Answer::parse(&vec![b' '; MAX_RESPONSE + 1]).is_err());
    }

    #[test]
    fn a_site_is_a_name_that_browsers_trust() {
        for good in
            ["https://secrets.example", "https://secrets.example:8443", "http://localhost:8080"]
        {
            assert!(Site::at(good).is_ok(), "{good}");
        }
        for bad in [
            "http://secrets.example",
            "https://192.0.2.7",
            "http://127.0.0.1:8080",
            "https://[::1]",
            "",
        ] {
            assert_eq!(Site::at(bad).unwrap_err(), NoPasskeys, "{bad}");
        }
    }
}
