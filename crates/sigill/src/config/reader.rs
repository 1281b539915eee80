//! Which value counts, and what is wrong with the others: all faults at once.

use super::values::Setting;
use super::{Key, Sources};
use crate::failure::Failure;

/// A setting with its value in force and where that comes from.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// Its name.
    pub(crate) name: &'static str,
    /// The value as somebody would write it.
    pub(crate) value: String,
    /// Where it comes from.
    pub(crate) source: String,
}

/// Reads settings one after the other and collects the faults.
pub(crate) struct Reader<'a> {
    sources: &'a Sources,
    faults: Vec<String>,
    resolved: Vec<Resolved>,
}

impl<'a> Reader<'a> {
    /// Nothing read yet.
    pub(crate) fn new(sources: &'a Sources) -> Self {
        Self { sources, faults: sources.faults().to_vec(), resolved: Vec::new() }
    }

    /// The value of a setting that has a default. A wrong value is noted as a fault, and the default
    /// stands in for it until [`Reader::finish`] refuses the whole.
    #[expect(clippy::expect_used, reason = "a test parses the default of every key")]
    pub(crate) fn value<T: Setting>(&mut self, key: &'static Key) -> T {
        let said = self.said(key);
        let source =
            said.as_ref().map_or_else(|| "default".to_owned(), |(_, source)| source.clone());
        let value = said.map(|(value, _)| value).or_else(|| {
            let default = (key.default)()?;
            T::parse(&default).ok()
        });
        let value = value.expect("a default that parses");
        self.resolved.push(Resolved { name: key.name, value: value.show(), source });
        value
    }

    /// The value of a setting that may be left open.
    pub(crate) fn optional<T: Setting>(&mut self, key: &'static Key) -> Option<T> {
        let (value, source) = self.said(key)?;
        self.resolved.push(Resolved { name: key.name, value: T::show(&value), source });
        Some(value)
    }

    fn said<T: Setting>(&mut self, key: &'static Key) -> Option<(T, String)> {
        let (source, text) = self.sources.find(key)?;
        match T::parse(text) {
            Ok(value) => Some((value, source.describe())),
            Err(reason) => {
                self.fault(format!("{} {reason}", source.name(key)));
                None
            }
        }
    }

    /// Notes a fault that concerns several settings.
    pub(crate) fn fault(&mut self, text: impl Into<String>) {
        self.faults.push(text.into());
    }

    /// The whole, if there was no fault.
    pub(crate) fn finish<T>(self, whole: T) -> Result<(T, Vec<Resolved>), Failure> {
        if self.faults.is_empty() {
            Ok((whole, self.resolved))
        } else {
            Err(Failure::usage(self.faults.join("\n")))
        }
    }
}
