//! How somebody comes in and goes, for the pages: from where they try, and the answer that keeps or forgets their
//! session.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use domain::session::SessionToken;
use http::StatusCode;
use http::request::Parts;
use service::sessions::Seat;
use service::sign_in::Come;
use wire::Problem;

use crate::cookies;
use crate::layers::address::ClientAddress;
use crate::problem::Refusal;

/// From where somebody tries to come in.
pub(crate) struct Comer {
    seat: Seat,
    network: Vec<u8>,
}

impl Comer {
    /// For the use cases.
    pub(crate) fn come(&self) -> Come<'_> {
        Come { seat: &self.seat, network: &self.network }
    }

    /// As their session will say it.
    pub(crate) const fn seat(&self) -> &Seat {
        &self.seat
    }
}

impl<S: Sync> FromRequestParts<S> for Comer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let address = parts.extensions.get::<ClientAddress>();
        let address = address.ok_or(Refusal(Problem::Internal))?;
        Ok(Self { seat: cookies::seat(&parts.headers, address), network: address.network() })
    }
}

/// Lets the browser keep the token of a session.
pub(crate) fn keep(mut response: Response, token: &SessionToken) -> Response {
    cookies::sign_in(response.headers_mut(), token);
    response
}

/// Lets the browser forget it.
pub(crate) fn forget(mut response: Response) -> Response {
    cookies::forget(response.headers_mut(), cookies::SESSION);
    response
}

/// An answer without a body, for programs that have ended a session.
pub(crate) fn gone() -> Response {
    forget(StatusCode::NO_CONTENT.into_response())
}
