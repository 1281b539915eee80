//! Who may ask, judged before the handler: the guard of each route.
//!
//! It stands on the route that the router has matched, with the access that the route declares. It reads the
//! credentials ([`credentials`]), asks the service who that is, checks what they may, that a page of this host
//! has sent what changes something, and that they have confirmed who they are; and hands over one value of
//! the type that fits ([`admitted`]). A handler that wants another one than its route declares gets an error: it
//! fails closed. Whoever is refused is told how to go on, a person by a page and a program by a problem
//! ([`refused`]).

pub(crate) mod admitted;
pub(crate) mod credentials;
pub(crate) mod next;
mod refused;
#[cfg(test)]
mod tests;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use domain::session::SessionToken;
use service::people;
use wire::Problem;
use wire::problem::Lacking;

use self::admitted::Admitted;
use self::credentials::Shown;
use self::refused::No;
use super::address::ClientAddress;
use super::limits::{self, Class};
use crate::State;
use crate::native;
use crate::pages::form::{Form, LARGEST};
use crate::problem::Refusal;
use crate::surface::{Access, Entry, Face};

pub(crate) use self::admitted::{Asker, Creator, Half, Person};

/// The header in which a program with a session says that a page of this host has its token.
pub(crate) const CSRF: &str = "sigill-csrf";

/// What stands before the handler of one route.
#[derive(Clone)]
struct Guard {
    state: State,
    class: Class,
    access: Access,
    face: Face,
}

/// Puts the limit and the guard of a route before its handler. A route that everybody may ask, or that judges
/// a token itself, has its limit and nothing more.
pub(crate) fn before(
    handler: MethodRouter<State>,
    state: &State,
    entry: &Entry,
    face: Face,
) -> MethodRouter<State> {
    match entry.access {
        Access::Capability | Access::Classic | Access::Open => {
            limits::before(handler, state, entry.class)
        }
        access @ (Access::Administrator
        | Access::Asker(_)
        | Access::AskerConfirmed(_)
        | Access::Confirmed
        | Access::Creating
        | Access::Half
        | Access::Person) => {
            let guard = Guard { state: state.clone(), class: entry.class, access, face };
            handler.route_layer(from_fn_with_state(guard, check))
        }
    }
}

async fn check(
    Extract(guard): Extract<Guard>,
    Extension(address): Extension<ClientAddress>,
    mut request: Request,
    next: Next,
) -> Response {
    match guard.judge(&address, &mut request).await {
        Ok(admitted) => {
            request.extensions_mut().insert(admitted);
            next.run(request).await
        }
        Err(no) => no.answer(guard.face, guard.access, request.uri(), request.method()),
    }
}

/// Who asks, as far as that was shown.
enum Known {
    Half(people::HalfPerson, SessionToken),
    Key(Box<service::accounts::Bearer>),
    Whole(people::Person, SessionToken),
}

impl Guard {
    async fn judge(&self, address: &ClientAddress, request: &mut Request) -> Result<Admitted, No> {
        limits::pass(&self.state, self.class, address).await?;
        match Shown::by(request.headers()) {
            Shown::Nothing if self.access == Access::Creating => {
                self.creates(None, address).await?;
                Ok(Admitted::Creator(None))
            }
            Shown::Nothing => Err(No::Unauthenticated),
            // Apart, so that whoever shows nothing does not carry its weight.
            shown @ (Shown::Bad | Shown::Key(_) | Shown::Session(_)) => {
                let admitted = Box::pin(self.examine(shown, address, request)).await?;
                if let Admitted::Creator(creator) = &admitted {
                    self.creates(creator.as_ref(), address).await?;
                }
                Ok(admitted)
            }
        }
    }

    /// Whether this instance lets them create (R69).
    async fn creates(
        &self,
        creator: Option<&people::Asker>,
        address: &ClientAddress,
    ) -> Result<(), No> {
        let may = self.state.service().may_create(creator, address.0).await;
        match (may.map_err(Refusal::from)?, creator) {
            (true, _) => Ok(()),
            (false, None) => Err(No::Unauthenticated),
            (false, Some(_)) => Err(No::Lacking(Lacking::Creating)),
        }
    }

    async fn examine(
        &self,
        shown: Shown,
        address: &ClientAddress,
        request: &mut Request,
    ) -> Result<Admitted, No> {
        match credentials::known(&self.state, shown, address).await? {
            Known::Half(half, token) => {
                if self.access != Access::Half {
                    return Err(No::HalfWay);
                }
                let csrf = self.csrf(&token, request).await?;
                Ok(Admitted::Half(Half::new(half, csrf)))
            }
            Known::Key(caller) => self.program(*caller),
            Known::Whole(person, token) => {
                if self.access == Access::Half {
                    return Err(No::WholeAlready);
                }
                let csrf = self.csrf(&token, request).await?;
                self.person(person, csrf, !request.method().is_safe())
            }
        }
    }

    /// What a program may that has shown an API key.
    fn program(&self, caller: service::accounts::Bearer) -> Result<Admitted, No> {
        let Some(scope) = self.access.scope() else {
            return Err(No::Lacking(Lacking::Session));
        };
        if !caller.key.scopes.has(scope) {
            return Err(No::Lacking(Lacking::Scope(scope)));
        }
        let asker = people::Asker::Key(caller);
        if self.access == Access::Creating {
            return Ok(Admitted::Creator(Some(asker)));
        }
        Ok(Admitted::Asker(Asker::new(asker)))
    }

    /// What a person may who is signed in.
    fn person(&self, person: people::Person, csrf: String, changes: bool) -> Result<Admitted, No> {
        let is_confirmed = person.session.is_confirmed(self.state.service().clock().now());
        let needed = match self.access {
            Access::AskerConfirmed(_) | Access::Confirmed => true,
            Access::Administrator => changes,
            Access::Asker(_)
            | Access::Capability
            | Access::Classic
            | Access::Creating
            | Access::Half
            | Access::Open
            | Access::Person => false,
        };
        if self.access == Access::Administrator && !person.is_administrator() {
            return Err(No::Lacking(Lacking::Administrator));
        }
        if needed && !is_confirmed {
            return Err(No::Unconfirmed);
        }
        match self.access {
            Access::Administrator | Access::Confirmed | Access::Person => {
                Ok(Admitted::Person(Person::new(person, csrf)))
            }
            Access::Asker(_) | Access::AskerConfirmed(_) => {
                Ok(Admitted::Asker(Asker::new(people::Asker::Person(person))))
            }
            Access::Creating => Ok(Admitted::Creator(Some(people::Asker::Person(person)))),
            // These have no guard, or were judged before.
            Access::Capability | Access::Classic | Access::Half | Access::Open => {
                Err(No::Problem(Problem::Internal.into()))
            }
        }
    }

    /// The token that pages of this session send. What changes something must have it (R65): in a header, or in
    /// a field of the form, which the handler reads again.
    async fn csrf(&self, token: &SessionToken, request: &mut Request) -> Result<String, No> {
        let service = self.state.service();
        if request.method().is_safe() {
            return Ok(service.csrf(token));
        }
        let shown = if let Some(header) = request.headers().get(CSRF) {
            header.to_str().unwrap_or_default().to_owned()
        } else if Form::is_said_by(request.headers()) {
            let body = std::mem::take(request.body_mut());
            let bytes =
                native::read(body, LARGEST).await.map_err(|fault| No::Problem(fault.into()))?;
            let form = Form::parse(&bytes).map_err(|fault| No::Problem(fault.into()))?;
            *request.body_mut() = Body::from(bytes);
            form.get("csrf").to_owned()
        } else {
            String::new()
        };
        if service.is_csrf(token, &shown) { Ok(shown) } else { Err(No::Csrf) }
    }
}
