//! Every route as data: method, path, what it costs and who may ask (R35, R60).
//!
//! A room registers its routes here and in no other way. From one registration come the router, with the
//! limit and the guard of each route put before its handler, and the table that documents and tests read. So
//! a gate belongs to the route that was matched, never to what an address begins with (R66), and a route
//! without a policy cannot be written down.

pub mod outcomes;

use std::collections::HashSet;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::account::Scope;
use http::Method;

use crate::State;
use crate::layers::guard;
use crate::layers::limits::Class;

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Administrators of the instance, signed in; where it changes something, after they have confirmed that
    /// it is them.
    Administrator,
    /// A person who is signed in, or an API key that may do this.
    Asker(Scope),
    /// The same, and a person must have confirmed lately that it is them.
    AskerConfirmed(Scope),
    /// Whoever shows a token of a secret. The handler looks at it.
    Capability,
    /// Whoever shows an address and an API key by HTTP Basic, or nothing at all: the API of Onetime Secret
    /// says in its own words whom it refuses.
    Classic,
    /// A person who is signed in and has confirmed lately that it is them.
    Confirmed,
    /// Whoever may create secrets: an API key, a person who is signed in, anybody while the instance says so.
    Creating,
    /// A person whose second factor is still missing.
    Half,
    /// Everybody.
    Open,
    /// A person who is signed in.
    Person,
}

impl Access {
    /// Its name in the table, without the scope.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Asker(_) => "asker",
            Self::AskerConfirmed(_) => "asker, confirmed",
            Self::Capability => "capability",
            Self::Classic => "classic",
            Self::Confirmed => "person, confirmed",
            Self::Creating => "creating",
            Self::Half => "half",
            Self::Open => "open",
            Self::Person => "person",
        }
    }

    /// What an API key must be allowed to do.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Asker(scope) | Self::AskerConfirmed(scope) => Some(scope),
            Self::Creating => Some(Scope::SecretsCreate),
            Self::Administrator
            | Self::Capability
            | Self::Classic
            | Self::Confirmed
            | Self::Half
            | Self::Open
            | Self::Person => None,
        }
    }
}

/// What a route costs, and who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which limit it has.
    pub class: Class,
    /// Who may ask.
    pub access: Access,
}

impl Policy {
    /// Both.
    pub const fn new(class: Class, access: Access) -> Self {
        Self { class, access }
    }
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path, as the router matches it.
    pub path: String,
    /// The method. GET answers HEAD as well.
    pub method: Method,
    /// Which limit it has.
    pub class: Class,
    /// Who may ask.
    pub access: Access,
}

/// Whom a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// A person, by pages. Whoever comes back after signing in sees the page at the first so many segments of
    /// the path: what a form has sent is not sent again.
    Page(usize),
    /// A program, by problems.
    Program,
}

impl Entry {
    /// Whether a person reads the answers. The two APIs are for programs.
    pub fn is_page(&self) -> bool {
        !["/v1/", "/api/"].iter().any(|api| self.path.starts_with(api))
    }

    /// Whom it answers, where these are the pages that there are.
    fn face(&self, pages: &HashSet<String>) -> Face {
        if !self.is_page() {
            return Face::Program;
        }
        let mut path = self.path.as_str();
        while !pages.contains(path) {
            let Some((above, _)) = path.rsplit_once('/') else { break };
            path = above;
        }
        Face::Page(path.split('/').skip(1).count())
    }
}

/// Routes, and parts of the surface with words of their own.
#[derive(Default)]
pub(crate) struct Surface {
    routes: Vec<Route>,
    rooms: Vec<Room>,
}

struct Route {
    entry: Entry,
    handler: MethodRouter<State>,
}

/// What a room puts around its routes.
type Dress = Box<dyn FnOnce(Router<State>, &State) -> Router<State>>;

struct Room {
    at: &'static str,
    surface: Surface,
    dress: Dress,
}

impl Surface {
    /// No route yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One more route. The same method and path twice is a mistake that no start survives.
    pub(crate) fn on<H, T>(
        mut self,
        method: Method,
        path: impl Into<String>,
        policy: Policy,
        handler: H,
    ) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        let Policy { class, access } = policy;
        let handler = on(filter(&method), handler);
        let entry = Entry { path: path.into(), method, class, access };
        self.routes.push(Route { entry, handler });
        self
    }

    /// GET, and HEAD with it.
    pub(crate) fn get<H, T>(self, path: impl Into<String>, policy: Policy, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        self.on(Method::GET, path, policy, handler)
    }

    /// POST.
    pub(crate) fn post<H, T>(self, path: impl Into<String>, policy: Policy, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        self.on(Method::POST, path, policy, handler)
    }

    /// PUT.
    pub(crate) fn put<H, T>(self, path: impl Into<String>, policy: Policy, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        self.on(Method::PUT, path, policy, handler)
    }

    /// DELETE.
    pub(crate) fn delete<H, T>(self, path: impl Into<String>, policy: Policy, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        self.on(Method::DELETE, path, policy, handler)
    }

    /// The routes of another room as well.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self.rooms.extend(other.rooms);
        self
    }

    /// The routes of another room below `at`, with what `dress` puts around them.
    pub(crate) fn nest(
        mut self,
        at: &'static str,
        surface: Self,
        dress: impl FnOnce(Router<State>, &State) -> Router<State> + 'static,
    ) -> Self {
        self.rooms.push(Room { at, surface, dress: Box::new(dress) });
        self
    }

    /// The routes as they are served.
    pub(crate) fn router(self, state: &State) -> Router<State> {
        let entries = self.routes.iter().map(|route| &route.entry);
        let pages = entries.filter(|entry| entry.method == Method::GET && entry.is_page());
        let pages: HashSet<String> = pages.map(|entry| entry.path.clone()).collect();
        let routes = self.routes.into_iter().fold(Router::new(), |router, route| {
            let Route { entry, handler } = route;
            let face = entry.face(&pages);
            let guarded = guard::before(handler, state, &entry, face);
            router.route(&entry.path, guarded)
        });
        self.rooms.into_iter().fold(routes, |router, room| {
            let inner = room.surface.router(state);
            router.nest(room.at, (room.dress)(inner, state))
        })
    }

    /// The routes as data, in the order of their paths.
    pub(crate) fn table(&self) -> Vec<Entry> {
        let mut table: Vec<_> = self.routes.iter().map(|route| route.entry.clone()).collect();
        for room in &self.rooms {
            table.extend(room.surface.table().into_iter().map(|entry| {
                let path = format!("{}{}", room.at, entry.path);
                Entry { path, ..entry }
            }));
        }
        table.sort_by(|one, other| {
            (&one.path, one.method.as_str()).cmp(&(&other.path, other.method.as_str()))
        });
        table
    }
}

/// The router's word for a method. It knows those of HTTP and no others.
#[expect(clippy::expect_used, reason = "methods are written in the code, and the start tries each")]
fn filter(method: &Method) -> MethodFilter {
    MethodFilter::try_from(method.clone()).expect("a method of HTTP")
}
