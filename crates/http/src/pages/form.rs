//! What a browser sends with a form: names and values, percent-encoded, bounded, wiped when done.

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use wire::Problem;
use zeroize::Zeroizing;

use crate::native;

/// The only type of form there is here.
const EXPECTED: &str = "application/x-www-form-urlencoded";
/// The largest form in bytes.
pub(crate) const LARGEST: usize = 16 * 1024;

/// The fields of a form, as they were sent. Nothing of it is repeated in a log or in an answer by itself.
pub(crate) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// Reads a form; an empty body is one without fields.
    pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Problem> {
        let said = headers.contains_key(CONTENT_TYPE);
        if said && native::media_type(headers) != Some(EXPECTED) {
            return Err(Problem::UnsupportedMediaType { expected: EXPECTED });
        }
        let bytes = Zeroizing::new(native::read(body, LARGEST).await?.to_vec());
        Self::parse(&bytes)
    }

    /// Whether these headers say that a form follows.
    pub(crate) fn is_said_by(headers: &HeaderMap) -> bool {
        native::media_type(headers) == Some(EXPECTED)
    }

    /// Reads the bytes of a form.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        const NOT_TEXT: Problem = Problem::Malformed { reason: "a form is in UTF-8" };
        let text = |bytes: &[u8]| -> Result<Zeroizing<String>, Problem> {
            let plain = decoded(bytes);
            str::from_utf8(&plain).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| NOT_TEXT)
        };
        let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at(end);
            Ok((text(name)?.to_string(), text(value.get(1..).unwrap_or_default())?))
        });
        pairs.collect::<Result<_, Problem>>().map(Self)
    }

    /// The first value of `name`; `None` when the form has none of that name.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The first value of `name`; empty when the form has none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// Every value of `name`, as boxes that were ticked send them.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a form's percent signs and plus signs stand for.
fn decoded(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((first, later)) = rest.split_first() {
        rest = later;
        bytes.push(match (first, later) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high.wrapping_shl(4) | low
                }
                _ => b'%',
            },
            (other, _) => *other,
        });
    }
    bytes
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_was_typed() {
        let of = |text: &str| String::from_utf8(decoded(text.as_bytes()).to_vec()).unwrap();
        assert_eq!(of("a+b%20c%2B%c3%a5"), "a b c+\u{e5}");
        assert_eq!(of("100%"), "100%");
        assert_eq!(of("%zz%4"), "%zz%4");
    }

    #[test]
    fn a_form_has_fields_and_several_of_one_name() {
        let form = Form::parse(b"a=1&b=&a=2&&c&%64=x%3D%26").unwrap();
        assert_eq!(form.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.find("b"), form.find("c"), form.find("z")), (Some(""), Some(""), None));
        assert_eq!(form.get("d"), "x=&");
        assert!(Form::parse(b"a=%ff").is_err());
    }
}
