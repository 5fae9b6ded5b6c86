//! The labels of one series, written out once when the series is made.

use std::{borrow::Cow, collections::BTreeMap};

use obs_base::sorting::sort_by;

use super::clean::{self, MAX_NAME, MAX_VALUE};

/// The word that joins the values of label keys which became one
/// ([OpenTelemetry, Prometheus compatibility](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/)).
const JOINT: &str = ";";
/// What Prometheus itself puts before a label that clashes with one of its own.
const EXPORTED: &str = "exported_";

/// The most labels that a series of the application may have.
const MAX_LABELS: usize = 64;

/// Bytes that a processor fetches together.
const CACHE_LINE: usize = 64;

/// A label key and its value.
pub(super) type Pair = (Cow<'static, str>, Cow<'static, str>);

/// Labels as data and as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels {
    pairs: Box<[Pair]>,
    /// `key="value",…`, escaped.
    text: Box<str>,
    /// The text without labels that have no value, where it differs: to Prometheus the two are the same series.
    identity: Option<Box<str>>,
}

/// Labels of a series or the first few of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelsRef<'a> {
    pub(super) pairs: &'a [Pair],
    pub(super) text: &'a str,
}

// === impl Labels ===

impl Labels {
    /// Labels whose keys are known to be valid and distinct.
    pub(super) fn new(pairs: impl Into<Box<[Pair]>>) -> Self {
        let pairs = pairs.into();
        let text = write_out(pairs.iter());
        let has_empty = pairs.iter().any(|(_, value)| value.is_empty());
        let identity = has_empty.then(|| write_out(pairs.iter().filter(|(_, value)| !value.is_empty())));
        Self { pairs, text, identity }
    }

    /// Labels as an application gave them, and whether they had to be repaired.
    ///
    /// Keys are cleaned. Values of keys that become one are joined with `;` in the order of the
    /// original keys, and a key that Prometheus reserves gets the prefix `exported_`. What is longer than
    /// [`MAX_NAME`] and [`MAX_VALUE`] is cut, and labels beyond [`MAX_LABELS`] are left out.
    pub(super) fn repaired<'a>(given: impl Iterator<Item = (&'a str, &'a str)>) -> (Self, bool) {
        Self::repaired_of(given.collect())
    }

    /// [`repaired`](Self::repaired), compiled once.
    fn repaired_of(mut given: Vec<(&str, &str)>) -> (Self, bool) {
        sort_by(&mut given, |(one, _), (other, _)| one.cmp(other));
        let mut repaired = given.len() > MAX_LABELS;
        let mut pairs: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in given.into_iter().take(MAX_LABELS) {
            repaired |= key.len() > MAX_NAME || value.len() > MAX_VALUE;
            let (key, value) = (clean::cut(key, MAX_NAME), clean::cut(value, MAX_VALUE));
            let mut key = clean::label_name(key).into_owned();
            if clean::is_reserved_label(&key) {
                repaired = true;
                key.insert_str(0, EXPORTED);
            }
            pairs
                .entry(key)
                .and_modify(|joined| {
                    repaired = true;
                    joined.push_str(JOINT);
                    joined.push_str(value);
                })
                .or_insert_with(|| value.to_owned());
        }
        let pairs: Vec<Pair> = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        (Self::new(pairs), repaired)
    }

    /// The same keys with `value` everywhere.
    pub(super) fn with_all_values(&self, value: &'static str) -> Self {
        Self::new(
            self.pairs
                .iter()
                .map(|(key, _)| (key.clone(), Cow::Borrowed(value)))
                .collect::<Vec<_>>(),
        )
    }

    /// Loads the text and the pairs into the processor's caches.
    pub(super) fn prefetch(&self) -> u64 {
        let line = |text: &str| {
            text.as_bytes()
                .iter()
                .step_by(CACHE_LINE)
                .fold(0, |seen, byte| seen ^ u64::from(*byte))
        };
        self.pairs
            .iter()
            .fold(line(&self.text), |seen, (_, value)| seen ^ line(value))
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Equal for labels that Prometheus takes for the same, and the order on the page.
    pub(super) fn identity(&self) -> &str {
        self.identity.as_deref().unwrap_or(&self.text)
    }

    pub(super) fn as_ref(&self) -> LabelsRef<'_> {
        LabelsRef {
            pairs: &self.pairs,
            text: &self.text,
        }
    }

    /// All labels but the last.
    pub(super) fn without_last(&self) -> LabelsRef<'_> {
        let Some(((key, value), pairs)) = self.pairs.split_last() else {
            return self.as_ref();
        };
        let mut last = String::new();
        push_pair(&mut last, key, value);
        let end = self.text.len() - last.len();
        LabelsRef {
            pairs,
            text: self.text[..end].trim_end_matches(','),
        }
    }
}

fn write_out<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Box<str> {
    let mut text = String::new();
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push(',');
        }
        push_pair(&mut text, key, value);
    }
    text.into_boxed_str()
}

fn push_pair(text: &mut String, key: &str, value: &str) {
    text.push_str(key);
    text.push_str("=\"");
    escaped(value, true, |piece| text.push_str(piece));
    text.push('"');
}

/// Hands `value` to `push` in pieces, with backslash and newline escaped, and quotation marks if
/// asked for.
pub(super) fn escaped(value: &str, quotes: bool, mut push: impl FnMut(&str)) {
    let mut rest = value;
    while let Some(at) = rest.find(|c| matches!(c, '\\' | '\n') || (quotes && c == '"')) {
        push(&rest[..at]);
        push(match rest.as_bytes()[at] {
            b'\n' => "\\n",
            b'"' => "\\\"",
            _ => "\\\\",
        });
        rest = &rest[at + 1..];
    }
    push(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(given: &[(&str, &str)]) -> (String, bool) {
        let (labels, repaired) = Labels::repaired(given.iter().copied());
        (labels.as_ref().text.to_owned(), repaired)
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(
            repaired(&[("a", "x\"\\\n\u{e4}")]),
            ("a=\"x\\\"\\\\\\n\u{e4}\"".to_owned(), false)
        );
    }

    #[test]
    fn what_is_too_long_is_cut_and_what_is_too_much_is_left_out() {
        let (text, is_repaired) = repaired(&[(&"k".repeat(100_000), &"v".repeat(100_000))]);
        assert_eq!((text.len(), is_repaired), (MAX_NAME + MAX_VALUE + 3, true));
        let keys: Vec<String> = (0..1_000).map(|n| format!("k{n:03}")).collect();
        let given: Vec<_> = keys.iter().map(|key| (&**key, "v")).collect();
        let (labels, is_repaired) = Labels::repaired(given.iter().copied());
        assert_eq!((labels.pairs().len(), is_repaired), (MAX_LABELS, true));
        let same = [
            ("k", "v".repeat(1_000)),
            ("k", "w".repeat(1_000)),
            ("k", "x".repeat(1_000)),
        ];
        let given: Vec<_> = same.iter().map(|(key, value)| (*key, &**value)).collect();
        assert!(repaired(&given).0.len() < MAX_LABELS * MAX_VALUE);
    }

    #[test]
    fn keys_that_become_one_are_joined() {
        assert_eq!(
            repaired(&[("a_b", "2"), ("a.b", "1")]),
            ("a_b=\"1;2\"".to_owned(), true)
        );
        assert_eq!(repaired(&[("a", "1"), ("a", "2")]), ("a=\"1;2\"".to_owned(), true));
    }

    #[test]
    fn reserved_keys_get_a_prefix() {
        assert_eq!(
            repaired(&[("__name__", "evil")]),
            ("exported___name__=\"evil\"".to_owned(), true)
        );
        assert_eq!(repaired(&[("le", "5")]), ("exported_le=\"5\"".to_owned(), true));
    }

    #[test]
    fn a_label_without_a_value_is_shown_but_does_not_tell_series_apart() {
        let (with, _) = Labels::repaired([("a", ""), ("b", "1")].into_iter());
        let (without, _) = Labels::repaired([("b", "1")].into_iter());
        assert_eq!(with.as_ref().text, "a=\"\",b=\"1\"");
        assert_eq!(with.identity(), without.identity());
    }

    #[test]
    fn the_labels_without_the_last_are_the_front_of_the_text() {
        let labels = Labels::new([("a".into(), "1,\"".into()), ("b".into(), "x".into())]);
        assert_eq!(
            (labels.without_last().text, labels.without_last().pairs.len()),
            ("a=\"1,\\\"\"", 1)
        );
        let one = Labels::new([("b".into(), "x".into())]);
        assert_eq!(one.without_last().text, "");
    }
}
