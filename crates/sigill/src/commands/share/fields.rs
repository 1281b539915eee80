//! `--field`: which fields there are, and where each value comes from.
//!
//! `NAME` alone asks on the terminal, or takes a line of standard input when that is no terminal.
//! `NAME=file:PATH` and `NAME=env:VARIABLE` read it elsewhere. A value on the command line is refused:
//! everybody on the machine could read it.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;

use envelope::Role;
use envelope::manifest::{MAX_FIELDS, MAX_NAME};
use zeroize::Zeroizing;

use crate::ambient::Environment;
use crate::failure::{Code, Failure};
use crate::terminal;

use super::content::MOST;

/// A field and where its value comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    name: String,
    source: Source,
}

#[derive(Debug, PartialEq, Eq)]
enum Source {
    Asked,
    File(PathBuf),
    Variable(String),
}

/// Reads the arguments of `--field`.
pub(super) fn wanted(arguments: &[&String]) -> Result<Vec<Wanted>, Failure> {
    let mut all = Vec::<Wanted>::new();
    for argument in arguments {
        let field = parse(argument)?;
        if all.iter().any(|other| other.name == field.name) {
            return Err(Failure::usage(format!("--field {} stands twice", field.name)));
        }
        all.push(field);
    }
    if all.len() > MAX_FIELDS {
        return Err(Failure::usage(format!("at most {MAX_FIELDS} fields go into one secret")));
    }
    Ok(all)
}

fn parse(argument: &str) -> Result<Wanted, Failure> {
    let (name, source) = match argument.split_once('=') {
        None => (argument, Source::Asked),
        Some((name, source)) => {
            let file = source.strip_prefix("file:").map(|path| Source::File(path.into()));
            let variable = || source.strip_prefix("env:").map(|v| Source::Variable(v.to_owned()));
            let source = file.or_else(variable).ok_or_else(|| {
                Failure::usage(
                    "--field takes no value: everybody on this machine can read the command line. \
                     Say --field NAME to be asked for it (or to send it to standard input, a line \
                     for each field), --field NAME=file:PATH or --field NAME=env:VARIABLE. If the \
                     value was real, somebody may have seen it by now",
                )
            })?;
            (name, source)
        }
    };
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(terminal::is_control) {
        return Err(Failure::usage("a field's name must be 1 to 1024 bytes of printable text"));
    }
    Ok(Wanted { name: name.to_owned(), source })
}

/// What a field called `name` is for.
fn role(name: &str) -> Role {
    match name {
        "user" => Role::UserName,
        "password" => Role::Password,
        "address" => Role::Address,
        "note" => Role::Note,
        other => Role::Other(other.to_owned()),
    }
}

/// What a field with this role is called here.
pub(crate) fn name(role: &Role) -> &str {
    match role {
        Role::UserName => "user",
        Role::Password => "password",
        Role::Address => "address",
        Role::Note => "note",
        Role::Other(label) => label,
    }
}

/// Every field with its value.
pub(super) fn values(
    wanted: &[Wanted],
    environment: &Environment,
) -> Result<Vec<(Role, Zeroizing<String>)>, Failure> {
    let asks = wanted.iter().any(|field| field.source == Source::Asked);
    let mut lines = if asks && !terminal::is_asked() { Some(lines()?) } else { None };
    let mut values = Vec::new();
    for Wanted { name, source } in wanted {
        let value = match (source, &mut lines) {
            (Source::Asked, Some(lines)) => lines.next().ok_or_else(|| {
                let text = format!("standard input has no line for --field {name}");
                Failure::usage(format!("{text}. Nothing was shared"))
            })?,
            (Source::Asked, None) => match role(name) {
                Role::UserName | Role::Address | Role::Note => terminal::ask_shown(name)?,
                Role::Password | Role::Other(_) => terminal::ask_hidden(name)?,
            },
            (Source::File(path), _) => {
                let text = fs::read_to_string(path).map(Zeroizing::new);
                without_end(text.map_err(|error| Failure::file(path, &error))?)
            }
            (Source::Variable(variable), _) => {
                let value = environment.get(variable).and_then(Option::as_ref);
                let missing = || format!("--field {name}: {variable} is not set, or not UTF-8");
                Zeroizing::new(value.ok_or_else(|| Failure::usage(missing()))?.clone())
            }
        };
        values.push((role(name), value));
    }
    if lines.is_some_and(|mut lines| lines.next().is_some()) {
        return Err(Failure::usage(
            "standard input has more lines than there are fields without a source. Nothing was \
             shared. A value of several lines comes from a file: --field NAME=file:PATH",
        ));
    }
    Ok(values)
}

/// The lines of standard input.
fn lines() -> Result<impl Iterator<Item = Zeroizing<String>>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(terminal::LINE));
    io::stdin().take(MOST).read_to_string(&mut text).map_err(|error| {
        Failure::new(Code::File, format!("standard input: {error}. Nothing was shared"))
    })?;
    let lines: Vec<_> =
        text.split_inclusive('\n').map(|line| without_end(line.to_owned().into())).collect();
    Ok(lines.into_iter())
}

/// Without the one line end that editors and `echo` put there.
fn without_end(mut text: Zeroizing<String>) -> Zeroizing<String> {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_the_command_line_is_refused_and_not_repeated() {
        for argument in ["password=hunter2", "password=@x", "password=", "a=$B"] {
            let failure = parse(argument).unwrap_err();
            assert!(!failure.to_string().contains("hunter2"));
        }
        assert_eq!(parse("user").unwrap().source, Source::Asked);
        assert_eq!(parse("a=file:/x=y").unwrap().source, Source::File("/x=y".into()));
        assert_eq!(parse("a=env:B").unwrap().source, Source::Variable("B".to_owned()));
    }

    #[test]
    fn one_line_end_is_not_part_of_a_value() {
        let cut = |text: &str| without_end(text.to_owned().into()).to_string();
        assert_eq!([cut("a\n"), cut("a\r\n"), cut("a\n\n"), cut(" a ")], ["a", "a", "a\n", " a "]);
    }
}
