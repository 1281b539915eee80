//! What is said: the requests, answers and problems of the native API.
//!
//! Requests are parsed here once and become domain values; what is wrong with them is a [`Problem`]
//! that names the field and never repeats its value. In reading order: [`problem`], [`text`] (bytes and
//! times as JSON has them), [`secrets`] (create and claim), [`uploads`], [`receipts`], [`limits`]; for those who
//! are known: [`account`], [`passkeys`], [`keys`], [`devices`], [`organisations`], [`administration`],
//! [`overview`].

pub mod account;
pub mod administration;
pub mod devices;
pub mod keys;
pub mod limits;
pub mod organisations;
pub mod overview;
pub mod passkeys;
pub mod problem;
pub mod receipts;
pub mod secrets;
pub mod text;
pub mod uploads;

pub use problem::Problem;

/// Reads a JSON body. Unknown fields, wrong types and missing fields are [`Problem::Invalid`].
pub fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.inner();
        if inner.is_data() {
            Problem::invalid(field(&path, inner), kind(inner))
        } else {
            Problem::Malformed { reason: "the body is not JSON" }
        }
    })?;
    reader.end().map_err(|_| Problem::Malformed { reason: "something follows the JSON" })?;
    Ok(value)
}

/// The field that is wrong: the path to it, or the one that serde names.
fn field(path: &str, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let named = |prefix: &str| Some(text.strip_prefix(prefix)?.split('`').nth(1)?.to_owned());
    let name = named("missing field ").or_else(|| named("unknown field "));
    // A name that a client has made up is repeated only when it is a plain one.
    let plain = |name: &str| name.len() <= 64 && name.bytes().all(|b| b.is_ascii_graphic());
    let path = if plain(path) { path } else { "?" };
    match (path, name.filter(|name| plain(name))) {
        ("." | "", Some(name)) => name,
        (path, Some(name)) if !path.ends_with(&name) => format!("{path}.{name}"),
        ("." | "" | "?", None) => "the body".to_owned(),
        (path, _) => path.to_owned(),
    }
}

fn kind(error: &serde_json::Error) -> &'static str {
    let text = error.to_string();
    if text.starts_with("unknown field") {
        "is not known: check its spelling"
    } else if text.starts_with("missing field") {
        "is missing"
    } else {
        "has the wrong type or form"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Claim;

    fn invalid(body: &str) -> String {
        match parse::<Claim>(body.as_bytes()) {
            Err(Problem::Invalid { field, .. }) => field,
            Err(other) => format!("{other:?}"),
            Ok(_) => "accepted".to_owned(),
        }
    }

    #[test]
    fn the_field_that_is_wrong_is_named_and_its_value_is_not() {
        assert_eq!(invalid(r#"{"link_proof":1}"#), "link_proof");
        assert_eq!(invalid(r#"{"colour":"hush-hush"}"#), "colour");
        assert_eq!(invalid("{}"), "link_proof");
        assert_eq!(invalid("[]"), "the body");
        let long = format!("{{\"{}\":1}}", "x".repeat(100));
        assert!(!invalid(&long).contains(&"x".repeat(65)), "{}", invalid(&long));
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        assert!(matches!(parse::<Claim>(b"{"), Err(Problem::Malformed { .. })));
        assert!(matches!(parse::<Claim>(b"\xff"), Err(Problem::Malformed { .. })));
    }
}
