//! `sigill orgs` and `sigill members`: organisations and who is in them, asked of a server with an API key.
//!
//! The key comes from a file or the environment, never from an argument: everybody on the machine may read
//! those.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use ::client::{Client, Key};
use clap::ArgMatches;
use serde::Serialize;
use wire::organisations::{Inviting, Organisation, OrganisationChange, OrganisationSeen, Role};
use zeroize::Zeroizing;

use crate::ambient::Environment;
use crate::config::client::Client as Config;
use crate::config::sources::KEY;
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::{arguments, asking, terminal};

const LOST: &str = "Nothing was done.";

/// What is asked about organisations.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish {
    /// Change its name or what it asks for.
    Change,
    /// Make one.
    Create,
    /// Invite somebody.
    Invite,
    /// Show those that the key reaches.
    List,
    /// Show who is in one.
    Members,
    /// Remove a member, or withdraw an invitation.
    Remove,
    /// Give a member another role.
    Role,
}

/// Asks, and prints what came of it.
pub(crate) fn run(
    matches: &ArgMatches,
    environment: &Environment,
    config: &Config,
    wish: Wish,
) -> Result<(), Failure> {
    interrupt::run(&Scratch::default(), async {
        let key = key(arguments::path(matches, "key").map(AsRef::as_ref), environment)?;
        let ask = Ask { matches, config, client: asking::client(config)?, key: Key(&key) };
        match wish {
            Wish::Change => ask.change().await,
            Wish::Create => ask.create().await,
            Wish::Invite => ask.invite().await,
            Wish::List => ask.list().await,
            Wish::Members => ask.members().await,
            Wish::Remove => ask.remove().await,
            Wish::Role => ask.role().await,
        }
    })
}

/// The API key: the first line of a file, or a variable.
pub(crate) fn key(
    file: Option<&Path>,
    environment: &Environment,
) -> Result<Zeroizing<String>, Failure> {
    let text = match (file, environment.get(KEY)) {
        (Some(path), _) if path.to_string_lossy().contains("sigill_") => {
            return Err(Failure::usage(
                "an API key does not belong on the command line, where everybody on this machine can \
                 read it: name a file that holds it, or set SIGILL_KEY",
            ));
        }
        (Some(path), _) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
            Zeroizing::new(text)
        }
        (None, Some(Some(text))) => Zeroizing::new(text.clone()),
        (None, Some(None)) => return Err(Failure::usage(format!("{KEY} must be UTF-8"))),
        (None, None) => {
            return Err(Failure::usage(format!(
                "an API key is needed: --key names a file that holds one, or set {KEY}. sigill keys \
                 create makes one, with the scope members:manage"
            )));
        }
    };
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return Err(Failure::usage("the file of the API key is empty"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

struct Ask<'a> {
    matches: &'a ArgMatches,
    config: &'a Config,
    client: Client,
    key: Key<'a>,
}

impl Ask<'_> {
    fn text(&self, name: &str) -> Result<String, Failure> {
        let given = self.matches.get_one::<String>(name).cloned();
        given.ok_or_else(|| Failure::usage(format!("{name} is missing")))
    }

    fn role_of(&self) -> Result<Role, Failure> {
        match self.text("role")?.as_str() {
            "owner" => Ok(Role::Owner),
            "admin" => Ok(Role::Admin),
            "member" => Ok(Role::Member),
            "auditor" => Ok(Role::Auditor),
            _ => Err(Failure::usage("the role must be owner, admin, member or auditor")),
        }
    }

    /// The organisation that is meant: the one that is named, or the only one that there is.
    async fn organisation(&self) -> Result<String, Failure> {
        if let Some(named) = self.matches.get_one::<String>("org") {
            return Ok(named.clone());
        }
        let listed = self.client.organisations(&self.key).await.map_err(failure)?;
        match &listed.organisations[..] {
            [only] => Ok(only.reference.clone()),
            [] => Err(Failure::new(Code::Refused, "The key reaches no organisation.")),
            [..] => {
                let text = "There are several: say which with --org. sigill orgs list names them.";
                Err(Failure::usage(text))
            }
        }
    }

    async fn list(&self) -> Result<(), Failure> {
        let listed = self.client.organisations(&self.key).await.map_err(failure)?;
        self.print(&listed, || {
            listed.organisations.iter().fold(String::new(), |lines, it| lines + &line(it))
        })
    }

    async fn create(&self) -> Result<(), Failure> {
        let made = self.client.found(&self.key, self.text("name")?).await.map_err(failure)?;
        self.print(&made, || line(&made))
    }

    async fn change(&self) -> Result<(), Failure> {
        let second_factor = match self.matches.get_one::<String>("second-factor") {
            None => None,
            Some(text) if text == "on" => Some(true),
            Some(text) if text == "off" => Some(false),
            Some(_) => return Err(Failure::usage("--second-factor must be on or off")),
        };
        let name = self.matches.get_one::<String>("name").cloned();
        if name.is_none() && second_factor.is_none() {
            return Err(Failure::usage("say what is to be different: --name or --second-factor"));
        }
        let change = OrganisationChange { name, second_factor };
        let organisation = self.organisation().await?;
        let changed = self.client.change_organisation(&self.key, &organisation, &change).await;
        changed.map_err(failure)?;
        terminal::note("It is so from here on.");
        Ok(())
    }

    async fn members(&self) -> Result<(), Failure> {
        let organisation = self.organisation().await?;
        let seen = self.client.organisation(&self.key, &organisation).await.map_err(failure)?;
        self.print(&seen, || people(&seen))
    }

    async fn invite(&self) -> Result<(), Failure> {
        let inviting = Inviting { email: self.text("email")?, role: self.role_of()? };
        let organisation = self.organisation().await?;
        let invited = self.client.invite(&self.key, &organisation, &inviting).await;
        let invited = invited.map_err(failure)?;
        self.print(&invited, || {
            format!(
                "{}  {}  {}  until {}\n",
                invited.reference,
                invited.email,
                name(invited.role),
                invited.expires_at
            )
        })
    }

    async fn role(&self) -> Result<(), Failure> {
        let (member, role) = (self.text("ref")?, self.role_of()?);
        let organisation = self.organisation().await?;
        let which = (organisation.as_str(), member.as_str());
        self.client.give_role(&self.key, which, role).await.map_err(failure)?;
        terminal::note(&format!("They are {} from here on.", name(role)));
        Ok(())
    }

    /// What is named may be a member or an invitation: both have names that no other thing has.
    async fn remove(&self) -> Result<(), Failure> {
        let named = self.text("ref")?;
        let organisation = self.organisation().await?;
        let seen = self.client.organisation(&self.key, &organisation).await.map_err(failure)?;
        if seen.invitations.iter().any(|it| it.reference == named) {
            let withdrawn = self.client.withdraw(&self.key, &organisation, &named).await;
            withdrawn.map_err(failure)?;
            terminal::note("The invitation is worth nothing any more.");
            return Ok(());
        }
        let which = (organisation.as_str(), named.as_str());
        self.client.remove_member(&self.key, which).await.map_err(failure)?;
        terminal::note(
            "They are out, and their keys for the organisation are worth nothing. What they have \
             shared for it waits on.",
        );
        Ok(())
    }

    fn print<T: Serialize>(&self, what: &T, text: impl Fn() -> String) -> Result<(), Failure> {
        let text = if self.config.json {
            let json = serde_json::to_string_pretty(what).map_err(Failure::broken)?;
            format!("{json}\n")
        } else {
            text()
        };
        let mut out = io::stdout().lock();
        let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        printed.map_err(|error| Failure::output(&error))
    }
}

fn failure(error: ::client::Error) -> Failure {
    // Where there is no such thing the server is still the right one.
    if error.problem() == Some("not-found") {
        let text = "There is no such organisation, member or invitation that the key reaches.";
        return Failure::new(Code::Unavailable, text);
    }
    asking::failure(error, LOST)
}

const fn name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Member => "member",
        Role::Auditor => "auditor",
    }
}

fn line(organisation: &Organisation) -> String {
    let Organisation { reference, role, second_factor, .. } = organisation;
    let called = terminal::one_line(&organisation.name);
    let asks = if *second_factor { "  asks for a second factor" } else { "" };
    format!("{reference}  {}  {}{asks}\n", name(*role), *called)
}

fn people(seen: &OrganisationSeen) -> String {
    let members = seen.members.iter().fold(String::new(), |lines, member| {
        let suspended = if member.suspended { "  suspended" } else { "" };
        let email = terminal::one_line(&member.email);
        let role = name(member.role);
        lines
            + &format!(
                "{}  {role}  {}  since {}{suspended}\n",
                member.reference, *email, member.since
            )
    });
    seen.invitations.iter().fold(members, |lines, it| {
        let (email, role) = (terminal::one_line(&it.email), name(it.role));
        lines
            + &format!("{}  invited as {role}  {}  until {}\n", it.reference, *email, it.expires_at)
    })
}
