//! What a request shows of who sends it, and whom that makes it.
//!
//! An API key in `Authorization: Bearer`, or the cookie of a session. Where both are there the key counts: a
//! program says on purpose who it is, a browser sends its cookie whatever it does. Other schemes are not ours:
//! a proxy in front may have its own. Whatever is shown and not right is refused, also where nobody need show
//! anything: it would be taken for an anonymous request by mistake.

use domain::account::{ApiKey, ApiKeyToken};
use domain::session::SessionToken;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use service::allowance::Guess;
use service::people::SignedIn;

use super::Known;
use super::refused::No;
use crate::State;
use crate::cookies::SESSION;
use crate::layers::address::ClientAddress;
use crate::layers::limits::too_many;
use crate::problem::Refusal;

/// What a request shows.
pub(super) enum Shown {
    /// Something that cannot be right.
    Bad,
    Key(ApiKeyToken),
    Nothing,
    Session(SessionToken),
}

impl Shown {
    pub(super) fn by(headers: &HeaderMap) -> Self {
        let mut authorizations = headers.get_all(AUTHORIZATION).iter();
        match (authorizations.next(), authorizations.next()) {
            (None, _) => {}
            (Some(value), None) => {
                if let Some(key) = bearer(value) {
                    return key.map_or(Self::Bad, Self::Key);
                }
            }
            (Some(_), Some(_)) => return Self::Bad,
        }
        let mut sessions = headers.get_all(COOKIE).iter().flat_map(cookies);
        match (sessions.next(), sessions.next()) {
            (None, _) => Self::Nothing,
            (Some(token), None) => SessionToken::parse(token).map_or(Self::Bad, Self::Session),
            (Some(_), Some(_)) => Self::Bad,
        }
    }
}

/// The key after `Bearer`, if it is one; `None` for another scheme.
#[expect(clippy::option_option, reason = "whether it is that scheme, and whether that is a key")]
fn bearer(value: &HeaderValue) -> Option<Option<ApiKeyToken>> {
    let value = value.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| {
        let token = str::from_utf8(token).ok()?;
        ApiKeyToken::parse(token.trim())
    })
}

/// The values of our cookie in one header.
fn cookies(header: &HeaderValue) -> impl Iterator<Item = &str> {
    let pairs = header.to_str().unwrap_or_default().split(';');
    pairs.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == SESSION).then(|| value.trim())
    })
}

/// Who shows that. The store is asked each time: what was revoked is worth nothing from here on (R61).
pub(super) async fn known(
    state: &State,
    shown: Shown,
    address: &ClientAddress,
) -> Result<Known, No> {
    match shown {
        Shown::Bad | Shown::Nothing => Err(failed(state, address).await),
        Shown::Key(token) => {
            refuse_guesses(state, address)?;
            let caller = state.service().bearer(&token).await.map_err(Refusal::from)?;
            let caller = caller.filter(|caller| caller.key.may_come_from(address.0));
            let Some(caller) = caller else { return Err(failed(state, address).await) };
            pace(state, &caller.key).await?;
            Ok(Known::Key(Box::new(caller)))
        }
        Shown::Session(token) => match state.service().session(&token).await {
            Ok(Some(SignedIn::Half(half))) => Ok(Known::Half(half, token)),
            Ok(Some(SignedIn::Whole(person))) => Ok(Known::Whole(person, token)),
            // Everybody's session ends one day: that is nothing that was guessed.
            Ok(None) => Err(No::Unauthenticated),
            Err(error) => Err(No::Problem(error.into())),
        },
    }
}

/// A network that has shown too many keys that are none waits before the store looks at another.
pub(crate) fn refuse_guesses(state: &State, address: &ClientAddress) -> Result<(), Refusal> {
    match state.service().is_exhausted(Guess::Key, &address.network()) {
        Some(wait) => Err(too_many(wait)),
        None => Ok(()),
    }
}

/// Counts a credential that is none.
async fn failed(state: &State, address: &ClientAddress) -> No {
    match count_guess(state, address).await {
        Ok(()) => No::Unauthenticated,
        Err(refusal) => No::Problem(refusal),
    }
}

/// The same, for whoever refuses in other words.
pub(crate) async fn count_guess(state: &State, address: &ClientAddress) -> Result<(), Refusal> {
    state.service().guess(Guess::Key, &address.network()).await?.map_err(too_many)
}

/// Takes one of the requests that a key may make in a minute, where it has a limit of its own.
pub(crate) async fn pace(state: &State, key: &ApiKey) -> Result<(), Refusal> {
    let Some(per_minute) = key.per_minute else { return Ok(()) };
    state.service().pace(key.id, per_minute).await?.map_err(too_many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(http::HeaderName, &'static str)]) -> Shown {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        Shown::by(&headers)
    }

    #[test]
    fn a_key_counts_before_a_session_and_what_is_wrong_is_not_nothing() {
        let key = ApiKeyToken::new([7; 32]).expose();
        let key: &'static str = Box::leak(format!("bEaReR {}", *key).into_boxed_str());
        let session = SessionToken::new([8; 32]).expose();
        let cookie = format!("a=b; {SESSION}={}; lang=sv", *session);
        let cookie: &'static str = Box::leak(cookie.into_boxed_str());
        let nothing = |pairs: &[_]| matches!(of(pairs), Shown::Nothing);
        let bad = |pairs: &[_]| matches!(of(pairs), Shown::Bad);
        let is_key = |pairs: &[_]| matches!(of(pairs), Shown::Key(_));
        let is_session = |pairs: &[_]| matches!(of(pairs), Shown::Session(_));
        let basic = (AUTHORIZATION, "Basic YTpi");
        let of_others = (COOKIE, "lang=sv; sigill=1; __host-sigill=1");
        assert_eq!([&[][..], &[of_others], std::slice::from_ref(&basic)].map(nothing), [true; 3]);
        let (shows, keeps) = ((AUTHORIZATION, key), (COOKIE, cookie));
        let sessions =
            [&[keeps.clone()][..], &[(COOKIE, "a=b"), keeps.clone()], &[basic, keeps.clone()]];
        assert_eq!(sessions.map(is_session), [true; 3]);
        assert_eq!([&[shows.clone()][..], &[shows.clone(), keeps.clone()]].map(is_key), [true; 2]);
        for wrong in ["Bearer ", "Bearer x", "Bearer sgr_x", "bearer sigill_"] {
            let wrong = (AUTHORIZATION, wrong);
            assert_eq!([&[wrong.clone()][..], &[wrong, keeps.clone()]].map(bad), [true; 2]);
        }
        let twice = [&[shows.clone(), shows][..], &[keeps.clone(), keeps]];
        assert_eq!(twice.map(bad), [true; 2]);
        assert!(bad(&[(COOKIE, "__Host-sigill=")]));
    }
}
