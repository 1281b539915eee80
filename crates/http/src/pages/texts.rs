//! Texts in every language, from Fluent files: those that modules use in the browser as well, and those that
//! only pages need, apart, so that browsers do not load them twice.

use std::cell::OnceCell;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The files of one language, beside the one that browsers load.
macro_rules! files {
    ($tag:literal) => {
        concat!(
            include_str!(concat!("../../../../web/l10n/", $tag, ".ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-pages.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-administration.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-keys.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-letters.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-organisations.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-overview.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-passkeys.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-providers.ftl")),
            include_str!(concat!("../../../../web/l10n/", $tag, "-sign-in.ftl")),
        )
    };
}
const ENGLISH: &str = files!("en");
const SWEDISH: &str = files!("sv");

/// A language that every text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Swedish,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::Swedish];

    /// The tag in `lang` attributes and file names.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Swedish => "sv",
        }
    }

    /// The other one, for the switch at the foot of a page.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::English => Self::Swedish,
            Self::Swedish => Self::English,
        }
    }

    /// The language of a tag such as `sv` or `sv-SE`.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The best answer to an `Accept-Language` header.
    pub(crate) fn preferred(header: &str) -> Self {
        let mut best = (Self::English, 0);
        for item in header.split(',') {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(1000, thousandths);
            if let Some(language) = Self::from_tag(tag)
                && quality > best.1
            {
                best = (language, quality);
            }
        }
        best.0
    }

    const fn source(self) -> &'static str {
        match self {
            Self::English => ENGLISH,
            Self::Swedish => SWEDISH,
        }
    }
}

/// A quality between 0 and 1 in thousandths.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    number(whole).saturating_mul(1000).saturating_add(number(&part)).min(1000)
}

/// Does `work` with the texts of `language`, for a page that is made while somebody waits: each thread
/// reads them once.
pub(crate) fn with<T>(language: Language, work: impl FnOnce(&Texts) -> T) -> T {
    thread_local! {
        static READ: [OnceCell<Texts>; 2] = const { [OnceCell::new(), OnceCell::new()] };
    }
    READ.with(|[english, swedish]| {
        let cell = match language {
            Language::English => english,
            Language::Swedish => swedish,
        };
        work(cell.get_or_init(|| Texts::new(language)))
    })
}

/// The texts of one language.
pub(crate) struct Texts {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    pub(crate) fn new(language: Language) -> Self {
        let id: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![id]);
        // Whole sentences in one direction need no isolation marks.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(language.source().to_owned());
        let resource = resource.unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// The text `key`; `??key` where there is none, which a test finds.
    pub(crate) fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text `key` with its arguments.
    pub(crate) fn with(&self, key: &str, arguments: &[(&'static str, FluentValue<'_>)]) -> String {
        let given: FluentArgs<'_> = arguments.iter().cloned().collect();
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        let Some(pattern) = pattern else { return format!("??{key}") };
        let mut faults = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&given), &mut faults);
        if faults.is_empty() { text.into_owned() } else { format!("??{key}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Every key with the names of its placeables.
    fn shape(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =")
                && !line.starts_with(' ')
            {
                name.clone_into(&mut key);
                assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
            }
            for part in line.split('$').skip(1) {
                let name = part.split(|c: char| !c.is_ascii_alphanumeric()).next();
                let names = keys.get_mut(&key).unwrap();
                names.insert(name.unwrap_or_default().to_owned());
            }
        }
        keys
    }

    #[test]
    fn every_language_has_the_same_keys_and_placeables() {
        assert_eq!(shape(ENGLISH), shape(SWEDISH));
    }

    #[test]
    fn every_file_is_valid_fluent() {
        for language in Language::ALL {
            let resource = FluentResource::try_new(language.source().to_owned());
            assert!(
                resource.is_ok(),
                "{language:?}: {:?}",
                resource.err().map(|(_, faults)| faults)
            );
        }
    }

    #[test]
    fn every_text_is_used() {
        let mut sources = String::new();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["src/pages", "../../web/js"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    sources.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        // Keys that are put together from a prefix and a value.
        let made = [
            "expiry-short-",
            "expiry-help-",
            "time-",
            "receipt-heading-",
            "receipt-lede-",
            "practice-",
            "incomplete-",
            "unit-",
            "failed-",
            "field-",
            "burn-lost-",
        ];
        for key in shape(ENGLISH).keys() {
            let used =
                [format!("\"{key}\""), format!("'{key}'")].iter().any(|k| sources.contains(k));
            assert!(used || made.iter().any(|prefix| key.starts_with(prefix)), "{key} is not used");
        }
    }
}
