//! Names that Prometheus takes, whatever the application calls its metrics.

use std::borrow::Cow;

/// Bytes of a metric name or a label name; the rest is cut off.
pub(super) const MAX_NAME: usize = 512;
/// Bytes of a label value.
pub(super) const MAX_VALUE: usize = 1_024;
/// Bytes of a help text.
pub(super) const MAX_HELP: usize = 4_096;

/// The beginning of a text, of at most `max` bytes.
pub(super) fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

/// Makes a metric name match `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub(super) fn metric_name(name: &str) -> Cow<'_, str> {
    clean(name, |c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// Makes a label name match `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(super) fn label_name(name: &str) -> Cow<'_, str> {
    clean(name, |c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a cleaned label name means something to Prometheus itself.
pub(super) fn is_reserved_label(name: &str) -> bool {
    name.starts_with("__") || matches!(name, crate::names::label::LE | crate::names::label::QUANTILE)
}

fn clean(name: &str, valid: impl Fn(char) -> bool) -> Cow<'_, str> {
    let starts_well = name.starts_with(|c: char| valid(c) && !c.is_ascii_digit());
    if starts_well && name.chars().all(&valid) {
        return Cow::Borrowed(name);
    }
    let mut cleaned = String::with_capacity(name.len() + 1);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        cleaned.push('_');
    }
    cleaned.extend(name.chars().map(|c| if valid(c) { c } else { '_' }));
    Cow::Owned(cleaned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_name_may_not_hold_becomes_an_underscore() {
        assert_eq!(metric_name("http.server.duration"), "http_server_duration");
        assert_eq!(metric_name("job:rate5m"), "job:rate5m");
        assert_eq!(label_name("job:rate5m"), "job_rate5m");
        assert_eq!(metric_name("5xx"), "_5xx");
        assert_eq!(metric_name("größe"), "gr__e");
        assert_eq!(label_name(""), "_");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!((cut("abc", 3), cut("abcd", 3), cut("", 3)), ("abc", "abc", ""));
        assert_eq!((cut("a\u{1F600}", 4), cut("\u{1F600}", 3)), ("a", ""));
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_valid_name(text in ".*") {
            let name = metric_name(&text);
            prop_assert!(!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()));
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':'));
        }
    }
}
