//! Example series for selectors.

use obs_conventions::names::label;
use obs_rules::promql::{MatchOp, Matcher, Selector};

/// Values that are tried for a label which only has to be different from something.
const VALUES: [&str; 3] = ["ok", "200", "other"];

/// A series that a selector matches.
pub(super) fn example_series(selector: &Selector) -> Selector {
    let mut labels: Vec<&str> = selector
        .matchers()
        .iter()
        .map(|matcher| matcher.label.as_str())
        .collect();
    labels.sort_unstable();
    labels.dedup();
    labels
        .into_iter()
        .fold(Selector::new(selector.metric()), |series, label| {
            let matchers: Vec<_> = selector
                .matchers()
                .iter()
                .filter(|matcher| matcher.label == label)
                .collect();
            match value(label, &matchers) {
                Some(value) if !value.is_empty() => series.with(label, &value),
                // A missing label equals an empty one.
                _ => series,
            }
        })
}

/// Whether a selector matches a series, whose matchers all have the form `label="value"`.
pub(super) fn matches(selector: &Selector, series: &Selector) -> bool {
    let value = |label: &str| {
        let found = series.matchers().iter().find(|matcher| matcher.label == label);
        found.map_or("", |matcher| matcher.value.as_str())
    };
    let mut matchers = selector.matchers().iter();
    selector.metric() == series.metric() && matchers.all(|matcher| accepts(matcher, value(&matcher.label)))
}

/// A value that all matchers of a label accept: one from the matchers themselves, or from
/// [`VALUES`].
fn value(label: &str, matchers: &[&Matcher]) -> Option<String> {
    let suggested = matchers.iter().flat_map(|matcher| match matcher.op {
        MatchOp::Equal => vec![matcher.value.clone()],
        MatchOp::Regex => alternatives(&matcher.value).collect(),
        MatchOp::NotEqual | MatchOp::NotRegex => Vec::new(),
    });
    let values = VALUES
        .into_iter()
        .skip(usize::from(label != label::OUTCOME))
        .map(str::to_owned);
    suggested
        .chain(values)
        .find(|value| matchers.iter().all(|matcher| accepts(matcher, value)))
}

/// Whether a matcher accepts a value.
fn accepts(matcher: &Matcher, value: &str) -> bool {
    let is_alternative = || alternatives(&matcher.value).any(|alternative| alternative == value);
    match matcher.op {
        MatchOp::Equal => matcher.value == value,
        MatchOp::NotEqual => matcher.value != value,
        MatchOp::Regex => is_alternative(),
        MatchOp::NotRegex => !is_alternative(),
    }
}

/// A text for each alternative of a regular expression: `500` for `5..`, `x` for `.*` and
/// `.+`.
fn alternatives(regex: &str) -> impl Iterator<Item = String> {
    regex.split('|').map(|alternative| {
        let text = alternative.replace(".*", "x").replace(".+", "x");
        let mut example = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => example.extend(chars.next()),
                '.' => example.push('0'),
                '(' | ')' | '^' | '$' => {}
                c => example.push(c),
            }
        }
        example
    })
}
