//! Known values that must be found nowhere: in no file and in no log, in the clear or in the usual
//! encodings.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that panics has failed"
)]

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// So many bytes of a value are looked for first; shorter values are not looked for at all.
const START: usize = 8;

/// Values to look for, in all their forms.
#[derive(Default)]
pub struct Canaries {
    /// By their first bytes: the name and the whole form.
    forms: HashMap<[u8; START], Vec<(String, Vec<u8>)>>,
    /// Whether a form starts with these two bytes: most places are passed over by this alone.
    starts: HashSet<[u8; 2]>,
}

impl Canaries {
    /// Looks for bytes, too.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        self.form(format!("{name}, raw"), bytes.to_vec());
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("memory");
            hex
        });
        self.form(format!("{name}, in hex"), hex.clone().into_bytes());
        self.form(format!("{name}, in capital hex"), hex.to_ascii_uppercase().into_bytes());
        for offset in 0..3 {
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                // What comes before and after decides about the characters at both ends.
                let text = engine.encode([&vec![0; offset], bytes].concat());
                let first = if offset == 0 { 0 } else { offset.saturating_add(1) };
                let whole = offset.saturating_add(bytes.len()).is_multiple_of(3);
                let last = text.len().saturating_sub(usize::from(!whole));
                let inner = text.as_bytes().get(first..last).expect("a long value");
                self.form(format!("{name}, in base64"), inner.to_vec());
            }
        }
    }

    /// Looks for a text, too.
    pub fn add_text(&mut self, name: &str, text: &str) {
        self.add(name, text.as_bytes());
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        self.form(format!("{name}, in UTF-16"), little);
        self.form(format!("{name}, in UTF-16"), big);
        self.form(format!("{name}, percent-encoded"), text.replace(' ', "%20").into_bytes());
    }

    fn form(&mut self, name: String, bytes: Vec<u8>) {
        let start = bytes.first_chunk::<START>().expect("a long value");
        let two = bytes.first_chunk::<2>().expect("a long value");
        self.starts.insert(*two);
        self.forms.entry(*start).or_default().push((name, bytes));
    }

    /// The name of a value that is in `bytes`.
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        let mut table = vec![false; 1 << 16];
        for two in &self.starts {
            if let Some(entry) = table.get_mut(usize::from(u16::from_be_bytes(*two))) {
                *entry = true;
            }
        }
        bytes.windows(START).enumerate().find_map(|(place, window)| {
            let two = window.first_chunk::<2>()?;
            if !*table.get(usize::from(u16::from_be_bytes(*two)))? {
                return None;
            }
            let rest = bytes.get(place..)?;
            let known = self.forms.get(window.first_chunk::<START>()?)?;
            let found = known.iter().find(|(_, form)| rest.starts_with(form));
            found.map(|(name, _)| name.as_str())
        })
    }

    /// The name of a value that is in some file below `dir`, and which file.
    pub fn find_below(&self, dir: &Path) -> Option<String> {
        let entries = fs::read_dir(dir).expect("a directory");
        entries.into_iter().find_map(|entry| {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                return self.find_below(&path);
            }
            // A file may go while it is looked for.
            let bytes = fs::read(&path).unwrap_or_default();
            self.find(&bytes).map(|name| format!("{name}: {}", path.display()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_every_form_and_at_every_place() {
        let mut canaries = Canaries::default();
        canaries.add_text("text", "canary in the mine");
        canaries.add("bytes", &[0xC3; 32]);
        let secret = b"canary in the mine";
        for shift in 0..7 {
            let noise = vec![b'.'; shift];
            let around = |bytes: &[u8]| [&noise, bytes, b"...."].concat();
            let hex = secret.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
            let wide: Vec<u8> = secret.iter().flat_map(|byte| [*byte, 0]).collect();
            for hidden in [
                around(secret),
                around(hex.as_bytes()),
                around(hex.to_lowercase().as_bytes()),
                STANDARD_NO_PAD.encode(around(secret)).into_bytes(),
                URL_SAFE_NO_PAD.encode(around(secret)).into_bytes(),
                around(&wide),
                around(b"canary%20in%20the%20mine"),
                around(&[0xC3; 32]),
                STANDARD_NO_PAD.encode(around(&[0xC3; 32])).into_bytes(),
            ] {
                assert!(canaries.find(&hidden).is_some(), "{}", String::from_utf8_lossy(&hidden));
            }
        }
        assert_eq!(canaries.find(b"canary in the min, and nothing else to see here"), None);
        assert_eq!(canaries.find(b""), None);
    }
}
