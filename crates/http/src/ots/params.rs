//! What a client has said, however it has said it.
//!
//! Scripts send parameters in a query, a form, a multipart form or JSON, with a media type that fits or
//! not. Here all of it becomes one tree, and later words replace earlier ones: query first, then the body.
//! A name like `secret[ttl]` is a member of `secret`, and `recipient[]` adds to a list.

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt as _, Limited};
use multer::{Constraints, Multipart, SizeLimit};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The largest body in bytes.
const BODY: usize = 256 * 1024;
/// The deepest name, and the most names: what a client of this API needs, and more.
const DEPTH: usize = 4;
const NAMES: usize = 256;

/// Why nothing can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The body is not what it says, or not text.
    Malformed,
    /// There is too much of it.
    TooLarge,
}

/// Everything that was said.
#[derive(Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// Reads query and body.
    pub(super) async fn read(uri: &Uri, headers: &HeaderMap, body: Body) -> Result<Self, Fault> {
        let mut params = Self::default();
        params.form(uri.query().unwrap_or_default())?;
        let body = match Limited::new(body, BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(Fault::TooLarge);
            }
            Err(_) => return Err(Fault::Malformed),
        };
        if !body.is_empty() {
            params.body(headers, body).await?;
        }
        Ok(params)
    }

    /// The media type counts when it is one; what looks like JSON is JSON whatever it is called.
    async fn body(&mut self, headers: &HeaderMap, body: Bytes) -> Result<(), Fault> {
        let types = headers.get_all(CONTENT_TYPE).iter();
        let types =
            types.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        for media_type in types {
            if let Ok(boundary) = multer::parse_boundary(media_type.trim()) {
                return self.multipart(body, boundary).await;
            }
        }
        let text = str::from_utf8(&body).map_err(|_| Fault::Malformed)?;
        let start = text.trim_start();
        if start.starts_with(['{', '[']) {
            return self.json(start);
        }
        self.form(text)
    }

    fn json(&mut self, text: &str) -> Result<(), Fault> {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => {
                self.0.extend(members);
                Ok(())
            }
            Ok(_) | Err(_) => Err(Fault::Malformed),
        }
    }

    fn form(&mut self, text: &str) -> Result<(), Fault> {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            let decoded = percent_decode_str(&text).decode_utf8().map_err(|_| Fault::Malformed)?;
            Ok(decoded.into_owned())
        };
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.put(&decode(name)?, decode(value)?)?;
        }
        Ok(())
    }

    async fn multipart(&mut self, body: Bytes, boundary: String) -> Result<(), Fault> {
        let limit = u64::try_from(BODY).unwrap_or(u64::MAX);
        let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(limit));
        let stream = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(body)]);
        let mut parts = Multipart::with_constraints(stream, boundary, constraints);
        while let Some(part) = parts.next_field().await.map_err(|_| Fault::Malformed)? {
            let Some(name) = part.name().map(str::to_owned) else { continue };
            let content = part.bytes().await.map_err(|_| Fault::Malformed)?;
            let content = str::from_utf8(&content).map_err(|_| Fault::Malformed)?;
            self.put(&name, content.to_owned())?;
        }
        Ok(())
    }

    fn put(&mut self, name: &str, value: String) -> Result<(), Fault> {
        if self.0.len() >= NAMES {
            return Err(Fault::Malformed);
        }
        let (first, rest) = match name.split_once('[') {
            Some((first, rest)) if !first.is_empty() => (first, rest),
            _ => (name, ""),
        };
        let inner: Vec<&str> = rest.split('[').map(|part| part.trim_end_matches(']')).collect();
        let inner = if rest.is_empty() { &[][..] } else { &inner[..] };
        if inner.len() > DEPTH {
            return Err(Fault::Malformed);
        }
        place(self.0.entry(first).or_insert(Value::Null), inner, value);
        Ok(())
    }

    /// The parameters inside of `name`; nothing when there are none.
    pub(super) fn inside(mut self, name: &str) -> Self {
        match self.0.remove(name) {
            Some(Value::Object(members)) => Self(members),
            _ => Self::default(),
        }
    }

    /// Those inside of `name`, beside the others.
    pub(super) fn member(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name)?.as_object()
    }

    /// A text, if there is one that is not empty. Numbers are as good.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text(self.0.get(name)?).filter(|text| !text.is_empty())
    }

    /// A text, empty or not.
    pub(super) fn said(&self, name: &str) -> Option<String> {
        text(self.0.get(name)?)
    }

    /// What is to be kept byte for byte: a text, or a whole number, which is written in one way only.
    pub(super) fn content(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
            Value::String(text) => Some(text.clone()),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }

    /// Every text that is not empty, of a list or alone.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let all = match self.0.get(name) {
            Some(Value::Array(all)) => all.iter().filter_map(text).collect(),
            Some(one) => text(one).into_iter().collect::<Vec<_>>(),
            None => Vec::new(),
        };
        all.into_iter().filter(|text| !text.trim().is_empty()).collect()
    }

    /// Whether it was said that `name` is so.
    pub(super) fn is(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(truth)
    }

    /// A whole number, from the digits that a value begins with; 0 when it begins with none. `None` when
    /// nothing was said.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::Number(number) => number.as_i64().or_else(|| {
                // A fraction counts as its whole part, and what is too large as very large.
                number.as_f64().map(|number| digits(&format!("{:.0}", number.trunc())))
            }),
            value @ (Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
                text(value).map(|text| digits(&text))
            }
        }
    }
}

/// Whether a value means yes.
pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::String(text) => {
            matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
        }
        Value::Number(number) => number.as_i64() == Some(1),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn digits(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = text
        .chars()
        .map_while(|digit| digit.to_digit(10))
        .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(digit.into()));
    if negative { number.saturating_neg() } else { number }
}

fn place(at: &mut Value, inner: &[&str], value: String) {
    let Some((name, rest)) = inner.split_first() else {
        *at = Value::String(value);
        return;
    };
    if name.is_empty() {
        if !at.is_array() {
            *at = Value::Array(Vec::new());
        }
        if let Value::Array(all) = at {
            all.push(Value::String(value));
        }
        return;
    }
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Value::Object(members) = at {
        place(members.entry(*name).or_insert(Value::Null), rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, types: &[&str], body: &str) -> Result<Params, Fault> {
        let uri: Uri = format!("/api/v1/share?{query}").parse().unwrap();
        let mut headers = HeaderMap::new();
        for media_type in types {
            headers.append(CONTENT_TYPE, media_type.parse().unwrap());
        }
        let body = Body::from(body.to_owned());
        futures_util::FutureExt::now_or_never(Params::read(&uri, &headers, body)).unwrap()
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn however_it_is_said_it_is_the_same() {
        let multipart =
            "--b\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\na b&c\r\n--b--\r\n";
        for (query, types, body) in [
            ("secret=a+b%26c", &[][..], ""),
            ("", &[FORM][..], "secret=a+b%26c"),
            ("", &[][..], "secret=a%20b%26c"),
            ("secret=other", &["text/plain"][..], "secret=a+b%26c"),
            ("", &["application/json"][..], r#"{"secret":"a b&c"}"#),
            ("", &[FORM][..], r#" {"secret":"a b&c"}"#),
            ("", &["application/json, application/json"][..], r#"{"secret":"a b&c"}"#),
            ("", &["multipart/form-data; boundary=b"][..], multipart),
            ("secret=a+b%26c", &["multipart/form-data; boundary=b"][..], ""),
        ] {
            let params = read(query, types, body).unwrap();
            assert_eq!(params.text("secret").as_deref(), Some("a b&c"), "{query} {types:?} {body}");
        }
    }

    #[test]
    fn what_is_not_said_and_what_is_empty() {
        let params = read("", &[FORM], "passphrase=&ttl=&recipient=&recipient[]=&x").unwrap();
        assert_eq!(params.text("passphrase"), None);
        assert_eq!(params.said("passphrase").as_deref(), Some(""));
        assert_eq!(params.said("nothing"), None);
        assert_eq!(params.number("ttl"), Some(0));
        assert_eq!(params.number("nothing"), None);
        assert!(params.texts("recipient").is_empty());
    }

    #[test]
    fn numbers_begin_where_digits_do() {
        let number = |text: &str| read(&format!("ttl={text}"), &[], "").unwrap().number("ttl");
        assert_eq!(number("3600"), Some(3600));
        assert_eq!(number("3600s"), Some(3600));
        assert_eq!(number("abc"), Some(0));
        assert_eq!(number("-5"), Some(-5));
        assert_eq!(number("99999999999999999999"), Some(i64::MAX));
        let json =
            |text: &str| read("", &[], &format!(r#"{{"ttl":{text}}}"#)).unwrap().number("ttl");
        assert_eq!(json("7200"), Some(7200));
        assert_eq!(json("\"7200\""), Some(7200));
        assert_eq!(json("7200.9"), Some(7200));
        assert_eq!(json("1e30"), Some(i64::MAX));
        assert_eq!(json("-1e30"), Some(-i64::MAX));
        assert_eq!(json("null"), None);
    }

    #[test]
    fn names_nest() {
        let params =
            read("", &[FORM], "secret[secret]=x&secret[recipient][]=a&secret[recipient][]=b");
        let inside = params.unwrap().inside("secret");
        assert_eq!(inside.text("secret").as_deref(), Some("x"));
        assert_eq!(inside.texts("recipient"), ["a", "b"]);
    }

    #[test]
    fn what_is_no_text_is_refused_and_loses_nothing() {
        for (types, body) in [
            (&["application/json"][..], "{\"secret\":"),
            (&["application/json"][..], "[1]"),
            (&[FORM][..], "secret=%ff"),
        ] {
            assert_eq!(read("", types, body).err(), Some(Fault::Malformed), "{body}");
        }
        let large = format!("secret={}", "x".repeat(BODY));
        assert_eq!(read("", &[FORM], &large).err(), Some(Fault::TooLarge));
        let deep = "a[b][c][d][e][f]=1";
        assert_eq!(read("", &[FORM], deep).err(), Some(Fault::Malformed));
        let many = (0..300).fold(String::new(), |all, n| format!("{all}n{n}=1&"));
        assert_eq!(read("", &[FORM], &many).err(), Some(Fault::Malformed));
    }
}
