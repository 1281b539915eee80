//! Seals and opens for the other implementation, so that each can be shown to open what the other seals.
//!
//! One JSON document a line on standard input, one on standard output. `do` is `seal` or `open`; a link and a
//! passphrase give the keys, as they do for a person. What is refused answers with the fault's code.

use std::io::{self, BufRead as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use envelope::{Content, Fault, Keys, Link, Passphrase, Role, open, seal};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        writeln!(out, "{}", answer(&asked)?)?;
        out.flush()?;
    }
    Ok(())
}

fn answer(asked: &Value) -> io::Result<Value> {
    let done = match text(asked, "do")? {
        "seal" => sealed(asked)?,
        "open" => opened(asked)?,
        other => return Err(io::Error::other(format!("no such verb: {other}"))),
    };
    Ok(done.unwrap_or_else(|fault| json!({ "fault": fault.code() })))
}

fn sealed(asked: &Value) -> io::Result<Result<Value, Fault>> {
    let salt = bytes(asked, "salt")?.try_into();
    let salt = salt.map_err(|_| io::Error::other("a salt has 16 bytes"))?;
    let content = content(asked)?;
    let envelope = keys(asked)?.and_then(|keys| seal(&keys, salt, &content));
    Ok(envelope.map(|envelope| json!({ "envelope": STANDARD.encode(envelope) })))
}

fn opened(asked: &Value) -> io::Result<Result<Value, Fault>> {
    let envelope = bytes(asked, "envelope")?;
    Ok(keys(asked)?.and_then(|keys| open(keys, &envelope)).map(|content| said(&content)))
}

fn keys(asked: &Value) -> io::Result<Result<Keys, Fault>> {
    let passphrase = asked.get("passphrase").and_then(Value::as_str).map(Passphrase::new);
    let passphrase = passphrase.transpose().map_err(|_| io::Error::other("no passphrase"))?;
    let link = Link::parse(text(asked, "link")?);
    Ok(link.and_then(|link| Keys::derive(&link.key, passphrase.as_ref())))
}

/// What is to be sealed.
fn content(asked: &Value) -> io::Result<Content> {
    let items = asked.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Ok(match text(asked, "kind")? {
        "text" => Content::Text(text(asked, "text")?.to_owned().into()),
        "fields" => Content::Fields(
            items
                .iter()
                .map(|item| Ok((role(item)?, text(item, "value")?.to_owned().into())))
                .collect::<io::Result<_>>()?,
        ),
        _ => Content::Files(
            items
                .iter()
                .map(|item| {
                    let [name, media_type] = [text(item, "name")?, text(item, "type")?];
                    Ok((name.to_owned(), media_type.to_owned(), bytes(item, "bytes")?.into()))
                })
                .collect::<io::Result<_>>()?,
        ),
    })
}

/// What was opened, in the form of [`content`].
fn said(content: &Content) -> Value {
    match content {
        Content::Text(text) => json!({ "kind": "text", "text": text.as_str() }),
        Content::Fields(fields) => {
            let items = fields.iter().map(|(role, value)| {
                let (number, label) = numbered(role);
                json!({ "role": number, "label": label, "value": value.as_str() })
            });
            json!({ "kind": "fields", "items": items.collect::<Vec<_>>() })
        }
        Content::Files(files) => {
            let items = files.iter().map(|(name, media_type, bytes)| {
                json!({ "name": name, "type": media_type, "bytes": STANDARD.encode(bytes) })
            });
            json!({ "kind": "files", "items": items.collect::<Vec<_>>() })
        }
    }
}

fn role(item: &Value) -> io::Result<Role> {
    Ok(match item.get("role").and_then(Value::as_u64) {
        Some(1) => Role::UserName,
        Some(2) => Role::Password,
        Some(3) => Role::Address,
        Some(4) => Role::Note,
        _ => Role::Other(text(item, "label")?.to_owned()),
    })
}

fn numbered(role: &Role) -> (u8, &str) {
    match role {
        Role::UserName => (1, ""),
        Role::Password => (2, ""),
        Role::Address => (3, ""),
        Role::Note => (4, ""),
        Role::Other(label) => (5, label),
    }
}

fn text<'a>(from: &'a Value, key: &str) -> io::Result<&'a str> {
    let text = from.get(key).and_then(Value::as_str);
    text.ok_or_else(|| io::Error::other(format!("{key} is not a text")))
}

fn bytes(from: &Value, key: &str) -> io::Result<Vec<u8>> {
    let bytes = STANDARD.decode(text(from, key)?);
    bytes.map_err(|fault| io::Error::other(format!("{key}: {fault}")))
}
