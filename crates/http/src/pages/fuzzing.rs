//! What a fuzz target calls: the choice of a language. Built for it alone.

use super::texts::Language;

/// The tag of the language that an `Accept-Language` header gets.
pub fn language(header: &str) -> &'static str {
    Language::preferred(header).tag()
}
