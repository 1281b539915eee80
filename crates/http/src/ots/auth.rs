//! Who asks: HTTP Basic (RFC 7617) with an e-mail address and an API key.
//!
//! A client that shows something which is not right is refused, also where nobody needs to show anything:
//! it would take an anonymous answer for its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::account::{ApiKeyToken, Email};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use service::accounts::Caller;
use wire::Problem;
use zeroize::Zeroizing;

use crate::State;
use crate::layers::address::ClientAddress;
use crate::layers::guard::credentials;
use crate::problem::Refusal;

/// Why somebody was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// They are not who they say, or nobody is.
    Credentials,
    /// What they show cannot be read.
    Format,
    /// They show nothing, and must.
    Missing,
    /// They show something else.
    Scheme,
}

/// Why nobody is known.
pub(super) enum AuthFault {
    /// They were refused.
    Refused(Refused),
    /// It could not be said.
    Unsaid(Problem),
}

impl From<Refusal> for AuthFault {
    fn from(Refusal(problem): Refusal) -> Self {
        Self::Unsaid(problem)
    }
}

/// Who asks; `None` is anybody.
pub(super) async fn caller(
    state: &State,
    headers: &HeaderMap,
    address: &ClientAddress,
) -> Result<Option<Caller>, AuthFault> {
    let refused = |refused| Err(AuthFault::Refused(refused));
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return refused(Refused::Format),
    };
    let Some((scheme, encoded)) = value.to_str().ok().and_then(|value| value.split_once(' '))
    else {
        return refused(Refused::Scheme);
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return refused(Refused::Scheme);
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().map(Zeroizing::new);
    let text = decoded.as_ref().and_then(|decoded| str::from_utf8(decoded).ok());
    let Some((user, password)) = text.and_then(|text| text.split_once(':')) else {
        return refused(Refused::Format);
    };
    let (Ok(email), Some(key)) = (Email::parse(user), ApiKeyToken::parse(password)) else {
        return refused(Refused::Credentials);
    };
    credentials::refuse_guesses(state, address)?;
    let caller = state.service().authenticate(&email, &key).await.map_err(Refusal::from)?;
    let Some(caller) = caller.filter(|caller| caller.key.may_come_from(address.0)) else {
        credentials::count_guess(state, address).await?;
        return refused(Refused::Credentials);
    };
    credentials::pace(state, &caller.key).await?;
    Ok(Some(caller))
}
