//! Bytes and times as JSON has them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// 32 bytes, as 43 characters of base64url without padding. Zeroized, never printed: some of them
/// open something.
pub struct Bytes32(Zeroizing<[u8; 32]>);

impl Bytes32 {
    /// Takes 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Serialize for Bytes32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0));
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Bytes32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let fault = || de::Error::custom("not 32 bytes in base64url");
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(&*text).map_err(|_| fault())?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| fault())?;
        Ok(Self::new(bytes))
    }
}

/// Text that opens something. Zeroized, never printed.
pub struct Secretive(Zeroizing<String>);

impl Secretive {
    /// Takes the text.
    pub const fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Serialize for Secretive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secretive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Zeroizing::new).map(Self)
    }
}

/// A time as RFC 3339 has it, in UTC with milliseconds.
pub fn rfc3339(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.as_millis());
    let time = time.unwrap_or(jiff::Timestamp::MAX);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Reads what [`rfc3339`] wrote.
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds() {
        let time = Timestamp::from_millis(1_732_443_120_007);
        assert_eq!(rfc3339(time), "2024-11-24T10:12:00.007Z");
        assert_eq!(parse_rfc3339(&rfc3339(time)), Some(time));
    }

    #[test]
    fn bytes_have_one_form() {
        let text = serde_json::to_string(&Bytes32::new([255; 32])).unwrap();
        assert_eq!(text.len(), 45);
        let read = |text: &str| serde_json::from_str::<Bytes32>(text);
        assert_eq!(read(&text).ok().unwrap().expose(), &[255; 32]);
        assert!(read(&text.replace('_', "/")).is_err());
        assert!(read(&text.replacen('_', "", 1)).is_err());
        assert!(read(&text.replace("_8\"", "_9\"")).is_err(), "two texts for the same bytes");
    }
}
