//! A series that a selector means.

use obs_conventions::names::label;
use obs_rules::promql::{MatchOp, Matcher, Selector};

/// Tried where a label may be anything but something: an outcome, a status, a word.
const VALUES: [&str; 3] = ["ok", "200", "other"];

/// A series that the selector means: what it selects by becomes the series' labels.
pub(super) fn series(selector: &Selector) -> Selector {
    let mut labels: Vec<&str> = selector.matchers().iter().map(|matcher| matcher.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    labels.into_iter().fold(Selector::new(selector.metric()), |series, label| {
        let matchers: Vec<_> = selector.matchers().iter().filter(|matcher| matcher.label == label).collect();
        match value(label, &matchers) {
            Some(value) if !value.is_empty() => series.with(label, &value),
            // No label is the empty label.
            _ => series,
        }
    })
}

/// The first of what the matchers themselves suggest, and of [`VALUES`], that all of them accept.
fn value(label: &str, matchers: &[&Matcher]) -> Option<String> {
    let suggested = matchers.iter().flat_map(|matcher| match matcher.op {
        MatchOp::Equal => vec![matcher.value.clone()],
        MatchOp::Regex => alternatives(&matcher.value).collect(),
        MatchOp::NotEqual | MatchOp::NotRegex => Vec::new(),
    });
    let values = VALUES.into_iter().skip(usize::from(label != label::OUTCOME)).map(str::to_owned);
    suggested.chain(values).find(|value| matchers.iter().all(|matcher| accepts(matcher, value)))
}

fn accepts(matcher: &Matcher, value: &str) -> bool {
    let is_alternative = || alternatives(&matcher.value).any(|alternative| alternative == value);
    match matcher.op {
        MatchOp::Equal => matcher.value == value,
        MatchOp::NotEqual => matcher.value != value,
        MatchOp::Regex => is_alternative(),
        MatchOp::NotRegex => !is_alternative(),
    }
}

/// A text for each alternative of a regular expression: `5..` means `500`, `.*` and `.+` mean `x`.
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
