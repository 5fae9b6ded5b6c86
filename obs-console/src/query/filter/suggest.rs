//! Completions of a filter.

use super::key::{Comparing, Key};

/// What a filter can be completed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::query) enum Suggested {
    /// A key that begins so.
    Keys(Vec<String>),
    /// Known values of a key that begin so.
    Words(Vec<String>),
    /// Values of a key, which the rows have; those that contain this text.
    Values(Key, String),
}

/// What the last term of a filter can be completed with.
pub(in crate::query) fn suggested(filter: &str) -> Suggested {
    let term = filter.rsplit(char::is_whitespace).next().unwrap_or_default();
    let term = term.strip_prefix('-').unwrap_or(term);
    let Some((name, values)) = term.split_once(':') else {
        let keys = Key::NAMED.iter().map(|(_, name)| (*name).to_owned());
        let fitting = keys.chain(["field.".to_owned()]).filter(|name| name.starts_with(term));
        return Suggested::Keys(fitting.collect());
    };
    let begin = values.rsplit('|').next().unwrap_or_default().trim_start_matches('"');
    let Some(key) = Key::of(name) else {
        return Suggested::Keys(Vec::new());
    };
    let words: &[&str] = match key.comparing() {
        Comparing::Level => &["trace", "debug", "info", "warn", "error"],
        Comparing::Word(words) => words,
        _ => return Suggested::Values(key, begin.to_ascii_lowercase()),
    };
    let fitting = words
        .iter()
        .filter(|word| word.starts_with(&begin.to_ascii_lowercase()));
    Suggested::Words(fitting.map(|word| (*word).to_owned()).collect())
}
