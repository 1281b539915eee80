//! What whoever started it wants.

use std::path::PathBuf;
use std::time::Duration;

use crate::void::Void;

/// What is said to somebody who asks.
pub(crate) const HELP: &str = "\
cargo xtask bench [OPTION ...]

  --quick          one short round: whether it works, not how fast
  --rounds N       how many rounds, 5 unless told otherwise
  --scenario NAME  storing, sealed, pages, process or large; may stand several times; these five unless
                   told otherwise; scale, which takes some ten minutes and ten gigabytes; or postgres, beside
                   pgbench
  --database URL   an empty PostgreSQL database for that
  --secrets N      how many secrets wait in the large store of scale; ten million unless told otherwise
  --live N         how many secrets of 1 KiB wait before anything else is measured
  --json           every number of every round, for programs
  --record         write the table into docs/performance.md";

/// What to be.
#[derive(Debug)]
pub(crate) enum Role {
    /// The bare echo, on this port.
    Echo(u16),
    /// Somebody who explains.
    Help,
    /// The one who measures.
    Measure(Options),
}

/// A group of measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Files of many megabytes.
    Large,
    /// The open page and its assets.
    Pages,
    /// Creating and opening on PostgreSQL.
    Postgres,
    /// Start and memory.
    Process,
    /// Many secrets beside few.
    Scale,
    /// Creating and opening what the server seals.
    Sealed,
    /// Creating and opening.
    Storing,
}

/// What is measured unless told otherwise.
pub(crate) const EVERY: [Scenario; 5] =
    [Scenario::Large, Scenario::Pages, Scenario::Process, Scenario::Sealed, Scenario::Storing];

const SCENARIOS: [(&str, Scenario); 7] = [
    ("large", Scenario::Large),
    ("pages", Scenario::Pages),
    ("postgres", Scenario::Postgres),
    ("process", Scenario::Process),
    ("scale", Scenario::Scale),
    ("sealed", Scenario::Sealed),
    ("storing", Scenario::Storing),
];

/// What to measure, and how long.
#[derive(Debug)]
pub(crate) struct Options {
    /// How many rounds.
    pub(crate) rounds: u32,
    /// How long one load lasts.
    pub(crate) span: Duration,
    /// The size of a large secret in bytes.
    pub(crate) large: usize,
    /// How many secrets wait in the large store of [`Scenario::Scale`].
    pub(crate) secrets: u64,
    /// How many secrets wait in the store on which the program starts.
    pub(crate) live: u64,
    /// Which database [`Scenario::Postgres`] has.
    pub(crate) database: Option<String>,
    /// What is measured.
    pub(crate) scenarios: Vec<Scenario>,
    /// Whether programs read the result.
    pub(crate) json: bool,
    /// Into which document the table is written.
    pub(crate) record: Option<PathBuf>,
    /// What is measured.
    pub(crate) program: PathBuf,
    /// Where data directories are made: on the disk that is measured.
    pub(crate) scratch: PathBuf,
}

impl Options {
    /// Whether `scenario` is asked for.
    pub(crate) fn wants(&self, scenario: Scenario) -> bool {
        self.scenarios.contains(&scenario)
    }
}

/// Reads the command line.
pub(crate) fn parse(words: &[String]) -> Result<Role, Void> {
    let mut options = Options {
        rounds: 5,
        span: Duration::from_secs(4),
        large: 256 << 20,
        secrets: 10_000_000,
        live: 0,
        database: None,
        scenarios: Vec::new(),
        json: false,
        record: None,
        program: PathBuf::from("target/release/sigill"),
        scratch: PathBuf::from("target/bench"),
    };
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| wrong(word));
        match word {
            "echo" => return value()?.parse().map(Role::Echo).map_err(|_| wrong(word)),
            "--help" | "-h" => return Ok(Role::Help),
            "--database" => options.database = Some(value()?.to_owned()),
            "--json" => options.json = true,
            "--program" => options.program = PathBuf::from(value()?),
            "--quick" => {
                (options.rounds, options.large) = (1, 32 << 20);
                options.span = Duration::from_millis(700);
            }
            "--record" => options.record = Some(PathBuf::from("docs/performance.md")),
            "--live" | "--secrets" => {
                let count = value()?.parse().map_err(|_| wrong(word))?;
                if word == "--live" {
                    options.live = count;
                } else {
                    options.secrets = count;
                }
            }
            "--rounds" => {
                let rounds = value()?.parse().ok().filter(|rounds| *rounds > 0);
                options.rounds = rounds.ok_or_else(|| wrong(word))?;
            }
            "--scenario" => {
                let name = value()?;
                let known = SCENARIOS.iter().find(|(known, _)| *known == name);
                options.scenarios.push(known.ok_or_else(|| wrong(word))?.1);
            }
            "--scratch" => options.scratch = PathBuf::from(value()?),
            _ => return Err(wrong(word)),
        }
    }
    if options.scenarios.is_empty() {
        options.scenarios = EVERY.to_vec();
    }
    Ok(Role::Measure(options))
}

fn wrong(word: &str) -> Void {
    Void::new(format!("{word} is not right here\n\n{HELP}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Role, Void> {
        parse(&text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn everything_is_measured_unless_told_otherwise() {
        let Ok(Role::Measure(options)) = read("--rounds 3 --json") else { panic!("options") };
        assert_eq!((options.rounds, options.json), (3, true));
        assert!(EVERY.iter().all(|scenario| options.wants(*scenario)));
        assert!(!options.wants(Scenario::Scale) && !options.wants(Scenario::Postgres));
        let Ok(Role::Measure(options)) = read("--scenario pages") else { panic!("options") };
        assert!(options.wants(Scenario::Pages) && !options.wants(Scenario::Storing));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for wrong in ["--fast", "--rounds", "--rounds 0", "--scenario cake", "echo x", "5"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
