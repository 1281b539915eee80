//! How content looks: exactly as it was shared, as lines of fields, or as JSON.
//!
//! What goes to a terminal is made harmless first; what goes anywhere else is not touched.

use std::io::{self, Write as _};
use std::path::Path;

use envelope::Manifest;
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::files::Saved;
use crate::commands::share::fields::name;
use crate::failure::{Code, Failure};
use crate::terminal;

/// What `--json` says.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Document<'a> {
    Text { text: &'a str },
    Fields { fields: Vec<Field<'a>> },
    Files { files: &'a [Saved] },
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    value: &'a str,
}

/// The content as it is shown. `bare` when no terminal gets it.
pub(super) fn content(
    manifest: &Manifest,
    bytes: &[u8],
    field: Option<&str>,
    json: bool,
    bare: bool,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let fields = match manifest {
        Manifest::Text { .. } | Manifest::Files(_) => {
            let text = utf8(bytes)?;
            return if json { document(&Document::Text { text }) } else { Ok(line(text, bare)) };
        }
        Manifest::Fields(fields) => fields,
    };
    let mut values = Vec::new();
    let mut rest = bytes;
    for field in fields {
        let size = usize::try_from(field.size).unwrap_or(usize::MAX);
        let (now, later) = rest.split_at_checked(size).ok_or_else(damaged)?;
        values.push(Field { name: name(&field.role), value: utf8(now)? });
        rest = later;
    }
    match field {
        Some(wanted) => {
            let Some(field) = values.iter().find(|field| field.name == wanted) else {
                let names: Vec<_> = values.iter().map(|field| field.name).collect();
                let names = terminal::one_line(&names.join(", "));
                let text = format!("this secret has no field of that name. It has: {}", *names);
                return Err(Failure::usage(text));
            };
            if json { document(field) } else { Ok(line(field.value, bare)) }
        }
        None if json => document(&Document::Fields { fields: values }),
        None => {
            let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(2)));
            for Field { name, value } in values {
                for part in [&*terminal::one_line(name), ": ", value, "\n"] {
                    text.push_str(part);
                }
            }
            Ok(line(&text, bare))
        }
    }
}

/// The list of files.
pub(super) fn files(saved: &[Saved]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    document(&Document::Files { files: saved })
}

/// To standard output, and out of this program's hands.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// A path in JSON.
pub(super) fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

fn line(text: &str, bare: bool) -> Zeroizing<Vec<u8>> {
    if bare {
        return Zeroizing::new(text.as_bytes().to_vec());
    }
    let mut text = terminal::harmless(text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Zeroizing::new(text.as_bytes().to_vec())
}

fn document(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut text = Zeroizing::new(serde_json::to_vec_pretty(value).map_err(Failure::broken)?);
    text.push(b'\n');
    Ok(text)
}

fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    str::from_utf8(bytes).map_err(|_| damaged())
}

fn damaged() -> Failure {
    Failure::new(Code::Damaged, "the content is not what the envelope says. Tell the sender")
}
