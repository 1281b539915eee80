//! What comes of a request before any handler sees it: for each route, by what is shown.
//!
//! It is computed from what the routes declare, and not from what the guard does: tests ask every route with
//! every credential and compare. docs/spec/routes.md is [`document`], for those who review it.

use std::fmt::Write as _;

use super::{Access, Entry};

/// What a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Nothing.
    Nothing,
    /// A key that is none, was revoked, has expired, or may not be used from there.
    WorthlessKey,
    /// A key that was not granted what the route asks for.
    OtherKey,
    /// A key that was.
    Key,
    /// A session whose second factor is missing.
    Half,
    /// The session of a member.
    Member,
    /// The same, lately confirmed.
    MemberConfirmed,
    /// The session of an administrator.
    Administrator,
    /// The same, lately confirmed.
    AdministratorConfirmed,
    /// The same, without the token that its pages send, or with that of another session.
    WithoutToken,
    /// The same, with its token, from a page of another site.
    CrossSite,
}

impl Shows {
    /// Each of them.
    pub const ALL: [Self; 11] = [
        Self::Nothing,
        Self::WorthlessKey,
        Self::OtherKey,
        Self::Key,
        Self::Half,
        Self::Member,
        Self::MemberConfirmed,
        Self::Administrator,
        Self::AdministratorConfirmed,
        Self::WithoutToken,
        Self::CrossSite,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::WorthlessKey => "worthless key",
            Self::OtherKey => "other key",
            Self::Key => "key",
            Self::Half => "half",
            Self::Member => "member",
            Self::MemberConfirmed => "member+",
            Self::Administrator => "admin",
            Self::AdministratorConfirmed => "admin+",
            Self::WithoutToken => "no token",
            Self::CrossSite => "cross-site",
        }
    }

    const fn is_key(self) -> bool {
        matches!(self, Self::OtherKey | Self::Key)
    }

    const fn is_administrator(self) -> bool {
        matches!(
            self,
            Self::Administrator
                | Self::AdministratorConfirmed
                | Self::WithoutToken
                | Self::CrossSite
        )
    }

    const fn is_confirmed(self) -> bool {
        matches!(
            self,
            Self::MemberConfirmed
                | Self::AdministratorConfirmed
                | Self::WithoutToken
                | Self::CrossSite
        )
    }
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 403: a person must confirm that it is them; a page leads there.
    Confirm,
    /// 403: another site has sent it.
    CrossSite,
    /// 403: it lacks the token that pages of that session send.
    Csrf,
    /// 403: known, and not allowed.
    Forbidden,
    /// The handler decides.
    Handler,
    /// 401: the second factor is missing; a page leads there.
    SecondFactor,
    /// 401: nobody is known; a page leads to the sign-in.
    SignIn,
    /// 401: for those who are not signed in yet; a page leads to what there is for those who are.
    SignedIn,
}

impl Outcome {
    /// Its word in the table.
    const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::CrossSite | Self::Csrf => "csrf",
            Self::Forbidden => "no",
            Self::Handler => "yes",
            Self::SecondFactor => "second",
            Self::SignIn => "sign in",
            Self::SignedIn => "is in",
        }
    }
}

/// What comes of a request to this route that shows that.
pub fn of(entry: &Entry, shows: Shows) -> Outcome {
    let changes = !entry.method.is_safe();
    if changes && shows == Shows::CrossSite {
        return Outcome::CrossSite;
    }
    match (entry.access, shows) {
        (Access::Capability | Access::Classic | Access::Open, _)
        | (Access::Creating, Shows::Nothing | Shows::Key)
        | (Access::Asker(_) | Access::AskerConfirmed(_), Shows::Key) => Outcome::Handler,
        (_, Shows::Nothing | Shows::WorthlessKey) => Outcome::SignIn,
        (_, shows) if shows.is_key() => Outcome::Forbidden,
        (Access::Half, Shows::Half) => Outcome::Handler,
        (_, Shows::Half) => Outcome::SecondFactor,
        (Access::Half, _) => Outcome::SignedIn,
        (_, Shows::WithoutToken) if changes => Outcome::Csrf,
        (access, shows) => of_whole(access, shows, changes),
    }
}

/// The same, for a whole session that has the token.
fn of_whole(access: Access, shows: Shows, changes: bool) -> Outcome {
    let confirmed = match access {
        Access::Administrator if !shows.is_administrator() => return Outcome::Forbidden,
        Access::Administrator => changes,
        Access::AskerConfirmed(_) | Access::Confirmed => true,
        Access::Asker(_)
        | Access::Capability
        | Access::Classic
        | Access::Creating
        | Access::Half
        | Access::Open
        | Access::Person => false,
    };
    if confirmed && !shows.is_confirmed() { Outcome::Confirm } else { Outcome::Handler }
}

const HEAD: &str = "\
# Who may ask what

Every route, and what comes of a request before any handler sees it, by what the request shows. This is made from the \
registration of the routes: `cargo xtask routes` writes it anew, and a test compares. Another test asks every route \
with every credential and expects what stands here. Read the difference when it changes: it is the review.

**Classes** bound how often one network may ask. **Access** is what a route declares: `open` (everybody), `capability` \
(the handler judges a token of the secret), `classic` (the API of Onetime Secret judges HTTP Basic, in its own words), \
`creating` (an API key with `secrets:create`, a session, and anybody while the instance lets anybody create), `half` \
(the second factor is missing), `person` (a whole session), `asker` (that, or an API key with the scope), \
`administrator` (the session of one; confirmed, where something changes). With `confirmed` a person must have shown \
within ten minutes who they are; an API key need not.

**Shown**: *worthless key*: none, revoked, expired, or not for that network. *other key*: without the scope. *half*, \
*member*, *admin*: sessions. `+`: lately confirmed. *no token*: `admin+` without the token that pages of the session \
send, or with another's. *cross-site*: `admin+` from a page of another site. A key and a session together are the key.

**Outcome**: `yes`: the handler decides; what belongs to others is not there. `sign in`, `second`, `is in`: 401 \
`unauthenticated`; a page leads (303) to the sign-in, to the second factor, to the overview. `no`: 403 `forbidden`. \
`confirm`: 403 `confirmation-required`; a page leads there. `csrf`: 403 `csrf` or `cross-site`.

";

/// The table, in Markdown.
pub fn document() -> String {
    let mut text = HEAD.to_owned();
    let columns = Shows::ALL.map(Shows::name).join(" | ");
    let mut write = |line: std::fmt::Arguments<'_>| {
        // Memory is all that could be missing.
        let _written = writeln!(text, "{line}");
    };
    write(format_args!("| method | path | class | access | {columns} |"));
    write(format_args!("|---|---|---|---|{}", "---|".repeat(Shows::ALL.len())));
    for entry in crate::table() {
        let Entry { path, method, class, access } = &entry;
        let scope = access.scope().map_or(String::new(), |scope| format!(" `{}`", scope.name()));
        let outcomes = Shows::ALL.map(|shows| of(&entry, shows).word()).join(" | ");
        let class = format!("{class:?}").to_lowercase();
        let access = access.name();
        write(format_args!("| {method} | `{path}` | {class} | {access}{scope} | {outcomes} |"));
    }
    text
}
