//! `sigill keys-at-rest`: the server's keys, made, looked at, rotated and retired. None of it needs a
//! server, or minds one that is running: that one takes up what changes by itself.

use std::io::{self, Write};

use ::domain::Entropy;
use clap::ArgMatches;
use serde::Serialize;
use store::at_rest::RingId;
use store::inspect::{self, Database, RingUse};
use store::keys::{Held, KeySource, KeysText};
use store::postgres::{self, Target};

use crate::ambient::{Environment, System};
use crate::config::serve::Serve;
use crate::config::server_keys::KeysAt;
use crate::config::{self, Sources};
use crate::failure::{Code, Failure};
use crate::interrupt::{self, Scratch};
use crate::{serve, terminal};

/// Prints the text of fresh keys.
pub(crate) fn new() -> Result<(), Failure> {
    print(&KeysText::fresh(entropy()))?;
    terminal::note(
        "These are fresh keys. Keep them where `keys` says, readable for the server alone, with a copy \
         apart from the database. Without them nothing opens.",
    );
    Ok(())
}

/// The database and the keys of one server.
struct Place {
    source: KeySource,
    target: Option<Target>,
    config: Serve,
}

impl Place {
    fn new(config: Serve, environment: &Environment) -> Result<Self, Failure> {
        let source = KeysAt::source(config.keys.as_ref(), &config.data, environment)?;
        let target = serve::target(&config)?;
        Ok(Self { source, target, config })
    }

    /// Keys and database, which belong together; there may be no database yet.
    fn database(&self) -> Result<Option<Database>, Failure> {
        match &self.target {
            None => inspect::database(&self.config.data, &self.source).map_err(Failure::broken),
            Some(target) => {
                wait(async { inspect::remote(target, &self.source).await.map_err(Failure::broken) })
            }
        }
    }

    /// Puts `text` in the place of what is held. Says whether the operator has to.
    fn replace(&self, held: Held, text: KeysText) -> Result<bool, Failure> {
        let Some(text) = held.replace(text).map_err(Failure::broken)? else { return Ok(false) };
        print(&text)?;
        terminal::note(&format!("Put this in the place of {} yourself.", self.source));
        Ok(true)
    }
}

fn wait<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    interrupt::run(&Scratch::default(), work)
}

fn entropy() -> &'static dyn Entropy {
    &System
}

fn print(text: &KeysText) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.expose().as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Failure::output(&error))
}

fn refused(text: impl std::fmt::Display) -> Failure {
    Failure::new(Code::Refused, format!("{text}. Nothing was changed"))
}

/// Adds a fresh key to the ring.
pub(crate) fn rotate(sources: &Sources, environment: &Environment) -> Result<(), Failure> {
    let place = Place::new(Serve::resolve(sources)?, environment)?;
    let held = place.source.hold().map_err(Failure::broken)?;
    // Keys of another server are not worth rotating.
    let database = place.database()?;
    let Some((text, ring)) = held.text().with_ring(entropy()) else {
        return Err(refused("the ring has all 255 keys: retire some"));
    };
    let ring = ring.get();
    let by_hand = place.replace(held, text)?;
    if !by_hand {
        terminal::note(&format!("Ring {ring} was added to {}.", place.source));
    }
    terminal::note(match (&place.target, &place.source, database) {
        (Some(_), ..) => {
            "Put the same keys on every node. Running nodes notice a file within seconds, and others on \
             SIGHUP or at their next start. Then: sigill keys-at-rest activate"
        }
        (None, _, None) => "It wraps what is new from the first start on.",
        (None, KeySource::File(_), Some(_)) => {
            "A server that is running takes it up within seconds, and wraps with it what waits. \
             sigill keys-at-rest list shows how far it is; the old key may be retired when nothing uses \
             it. Renew the copy of the keys that you keep apart."
        }
        (None, _, Some(_)) => {
            "Then send SIGHUP to the server, or start it again where the keys are in a variable. \
             sigill keys-at-rest list shows how far it is."
        }
    });
    Ok(())
}

/// Says that every node has the newest key.
pub(crate) fn activate(sources: &Sources, environment: &Environment) -> Result<(), Failure> {
    let place = Place::new(Serve::resolve(sources)?, environment)?;
    let Some(target) = &place.target else {
        let text = "a server with a database of its own takes up its newest key by itself: there is \
                    nothing to activate";
        return Err(Failure::usage(text));
    };
    let ring = wait(async {
        postgres::activate_newest(target, &place.source).await.map_err(Failure::broken)
    })?;
    terminal::note(&format!(
        "Ring {} wraps what is new, and within minutes everything that waits. sigill keys-at-rest list \
         shows how far it is.",
        ring.get()
    ));
    Ok(())
}

/// Takes a key that nothing uses out of the ring.
pub(crate) fn retire(
    matches: &ArgMatches,
    sources: &Sources,
    environment: &Environment,
) -> Result<(), Failure> {
    let place = Place::new(Serve::resolve(sources)?, environment)?;
    let number = matches.get_one::<u8>("ring").copied().unwrap_or_default();
    let Some(ring) = RingId::new(number) else {
        return Err(Failure::usage("a ring number is from 1 to 255"));
    };
    let held = place.source.hold().map_err(Failure::broken)?;
    let rings = held.text().rings();
    if !rings.contains(&ring) {
        return Err(refused(format!("{} has no ring {number}", place.source)));
    }
    let Some(database) = place.database()? else {
        return Err(refused("there is no database here that could say whether the key is in use"));
    };
    let mut used = RingUse { ring, secrets: 0, columns: false, active: false };
    used = database.rings.into_iter().find(|used| used.ring == ring).unwrap_or(used);
    used.active |= rings.last() == Some(&ring);
    if let (Some(target), true) = (&place.target, used.is_over()) {
        let forgotten =
            wait(async { postgres::forget_unused(target, ring).await.map_err(Failure::broken) })?;
        if let Err(found) = forgotten {
            used = found;
        }
    }
    let RingUse { secrets, columns, active, .. } = used;
    if active {
        let text = format!("ring {number} wraps what is new: rotate first, with a running server");
        return Err(refused(text));
    }
    if secrets > 0 {
        return Err(refused(format!(
            "the keys of {secrets} secrets that wait are wrapped with ring {number}: a running server \
             wraps them anew, and sigill keys-at-rest list shows how far it is"
        )));
    }
    if columns {
        return Err(refused(format!(
            "the key of what is known about people is wrapped with ring {number}: a running server wraps it \
             anew"
        )));
    }
    let Some(text) = held.text().without_ring(ring) else {
        return Err(refused("the ring would be empty"));
    };
    let by_hand = place.replace(held, text)?;
    if !by_hand {
        terminal::note(&format!("Ring {number} was taken out of {}.", place.source));
    }
    terminal::note(
        "Copies of the keys that still hold it open nothing that is shared from here on. Keep one for as long \
         as you keep backups from before the rotation: they need it.",
    );
    Ok(())
}

#[derive(Serialize)]
struct Report {
    rings: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    ring: u8,
    secrets: u64,
    people: bool,
    active: bool,
    present: bool,
}

/// Shows the keys of the ring and how much each is used.
pub(crate) fn list(sources: &Sources, environment: &Environment) -> Result<(), Failure> {
    let (config, client, _) = config::everything(sources)?;
    let place = Place::new(config, environment)?;
    let text = place.source.read().map_err(Failure::broken)?;
    let Some(text) = text else { return Err(refused(format!("{} is not there", place.source))) };
    let present = text.rings();
    let used = place.database()?.map(|database| database.rings).unwrap_or_default();
    let unknown = present.iter().filter(|ring| !used.iter().any(|used| used.ring == **ring));
    let unknown = unknown.map(|ring| Line {
        ring: ring.get(),
        secrets: 0,
        people: false,
        active: false,
        present: true,
    });
    let known = used.iter().map(|used| Line {
        ring: used.ring.get(),
        secrets: used.secrets,
        people: used.columns,
        active: used.active,
        present: present.contains(&used.ring),
    });
    let mut rings: Vec<Line> = known.chain(unknown).collect();
    rings.sort_by_key(|line| line.ring);
    let mut out = io::stdout().lock();
    let printed = if client.json {
        serde_json::to_writer_pretty(&mut out, &Report { rings })
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        rings.iter().try_for_each(|line| print_line(&mut out, line))
    };
    printed.and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

fn print_line(out: &mut impl Write, line: &Line) -> io::Result<()> {
    let Line { ring, secrets, people, active, present } = line;
    let people = if *people { ", what is known about people" } else { "" };
    let wraps = if *active { ", wraps what is new" } else { "" };
    let gone = if *present { "" } else { ", not in the keys any more" };
    writeln!(out, "ring {ring:<3} {secrets:>9} secrets{people}{wraps}{gone}")
}
