//! How whoever is refused goes on: a person is led to the page that helps, a program gets a problem.

use axum::response::{IntoResponse as _, Response};
use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode, Uri};
use wire::Problem;
use wire::problem::Lacking;

use super::next;
use crate::problem::Refusal;
use crate::surface::{Access, Face};

/// Why somebody is refused.
pub(super) enum No {
    /// A page of this session has not sent it.
    Csrf,
    /// The second factor is missing.
    HalfWay,
    /// They lack something.
    Lacking(Lacking),
    /// Something else went wrong.
    Problem(Refusal),
    /// Nobody is known.
    Unauthenticated,
    /// They have not confirmed lately that it is them.
    Unconfirmed,
    /// They are signed in, and it is for those who nearly are.
    WholeAlready,
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Problem(refusal)
    }
}

impl No {
    /// The answer of a route with this face.
    pub(super) fn answer(self, face: Face, access: Access, uri: &Uri, method: &Method) -> Response {
        let back = match face {
            Face::Program => None,
            // What belongs to signing in is never where somebody goes on afterwards.
            Face::Page(_) if access == Access::Half => Some(String::new()),
            Face::Page(segments) => Some(back(uri, method, segments)),
        };
        match (self, back) {
            (Self::Unauthenticated, Some(back)) => see(&next::with("/sign-in", &back)),
            (Self::HalfWay, Some(back)) => see(&next::with("/sign-in/second", &back)),
            (Self::Unconfirmed, Some(back)) => see(&next::with("/confirm", &back)),
            (Self::WholeAlready, Some(_)) => see("/overview"),
            (Self::Unauthenticated | Self::HalfWay | Self::WholeAlready, None) => {
                Refusal(Problem::Unauthenticated).into_response()
            }
            (Self::Unconfirmed, None) => Refusal(Problem::ConfirmationRequired).into_response(),
            (Self::Csrf, _) => Refusal(Problem::Csrf).into_response(),
            (Self::Lacking(lacking), _) => Refusal(Problem::Forbidden { lacking }).into_response(),
            (Self::Problem(refusal), _) => refusal.into_response(),
        }
    }
}

/// Where somebody comes back to: the page itself, or the one above what a form has sent.
fn back(uri: &Uri, method: &Method, segments: usize) -> String {
    if method.is_safe() {
        return uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
    }
    let above = uri.path().split('/').skip(1).take(segments);
    above.fold(String::new(), |path, segment| path + "/" + segment)
}

fn see(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
