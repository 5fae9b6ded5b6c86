//! Selectors with compiled patterns.

use std::fmt;

use obs_core::names::label;
use regex_lite::Regex;

use crate::promql::{MatchOp, Matcher, Selector};

/// A selector's tests.
#[derive(Clone, Debug)]
pub(crate) struct SeriesMatcher {
    tests: Vec<Test>,
    /// Tests of the bound, for the buckets of a histogram.
    bounds: Vec<Test>,
}

#[derive(Clone, Debug)]
struct Test {
    label: String,
    wanted: Wanted,
    negated: bool,
}

#[derive(Clone, Debug)]
enum Wanted {
    /// One of these values.
    OneOf(Vec<String>),
    Pattern(Regex),
}

/// An invalid regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidPattern {
    label: String,
    pattern: String,
    why: String,
}

// === impl SeriesMatcher ===

impl SeriesMatcher {
    /// The tests of a selector; `le` is one of a bucket's bound if the metric is `…_bucket`.
    pub(crate) fn new(selector: &Selector) -> Result<Self, InvalidPattern> {
        let has_bounds = selector.metric().ends_with("_bucket");
        Self::of(selector.matchers(), has_bounds)
    }

    /// Tests of labels alone.
    pub(crate) fn of_labels(matchers: &[Matcher]) -> Result<Self, InvalidPattern> {
        Self::of(matchers, false)
    }

    fn of(matchers: &[Matcher], has_bounds: bool) -> Result<Self, InvalidPattern> {
        let (mut tests, mut bounds) = (Vec::new(), Vec::new());
        for matcher in matchers {
            let test = Test::new(matcher)?;
            if has_bounds && matcher.label == label::LE {
                bounds.push(test);
            } else {
                tests.push(test);
            }
        }
        Ok(Self { tests, bounds })
    }

    /// Whether it matches a series with these labels; a label that is missing is empty.
    pub(crate) fn takes<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.tests
            .iter()
            .all(|test| test.takes(value_of(&test.label).unwrap_or("")))
    }

    /// Whether it matches the bucket with this bound.
    pub(crate) fn takes_bound(&self, bound: f64) -> bool {
        let text = if bound == f64::INFINITY {
            "+Inf".to_owned()
        } else {
            format!("{bound:?}")
        };
        self.bounds.iter().all(|test| test.takes_bound(bound, &text))
    }

    /// Labels that must have one value, by which the selector is indexed.
    pub(crate) fn equals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tests.iter().filter_map(|test| match &test.wanted {
            Wanted::OneOf(values) if !test.negated && values.len() == 1 && !values[0].is_empty() => {
                Some((test.label.as_str(), values[0].as_str()))
            }
            _ => None,
        })
    }
}

// === impl Test ===

impl Test {
    fn new(matcher: &Matcher) -> Result<Self, InvalidPattern> {
        let Matcher { label, op, value, .. } = matcher;
        let wanted = match op {
            MatchOp::Equal | MatchOp::NotEqual => Wanted::OneOf(vec![value.clone()]),
            MatchOp::Regex | MatchOp::NotRegex => Wanted::pattern(value).map_err(|error| InvalidPattern {
                label: label.clone(),
                pattern: value.clone(),
                why: error.to_string(),
            })?,
        };
        let negated = matches!(op, MatchOp::NotEqual | MatchOp::NotRegex);
        Ok(Self {
            label: label.clone(),
            wanted,
            negated,
        })
    }

    fn takes(&self, value: &str) -> bool {
        let is_wanted = match &self.wanted {
            Wanted::OneOf(values) => values.iter().any(|wanted| wanted == value),
            Wanted::Pattern(pattern) => pattern.is_match(value),
        };
        is_wanted != self.negated
    }

    /// `1`, `1.0` and `1e0` are one bound.
    fn takes_bound(&self, bound: f64, text: &str) -> bool {
        match &self.wanted {
            Wanted::OneOf(values) => {
                let is_bound =
                    |value: &String| value.parse().is_ok_and(|value: f64| value.to_bits() == bound.to_bits());
                values.iter().any(is_bound) != self.negated
            }
            Wanted::Pattern(_) => self.takes(text),
        }
    }
}

// === impl Wanted ===

impl Wanted {
    /// Most patterns are lists of words, which need no engine.
    fn pattern(pattern: &str) -> Result<Self, regex_lite::Error> {
        if pattern
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-/ |".contains(c))
        {
            return Ok(Self::OneOf(pattern.split('|').map(str::to_owned).collect()));
        }
        Regex::new(&format!("^(?s:{pattern})$")).map(Self::Pattern)
    }
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, pattern, why } = self;
        write!(
            f,
            "{pattern:?} for the label {label} is not a valid regular expression: {}",
            why.trim()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(selector: &Selector, labels: &[(&str, &str)]) -> bool {
        let matcher = SeriesMatcher::new(selector).unwrap();
        matcher.takes(|key| labels.iter().find(|(known, _)| *known == key).map(|(_, value)| *value))
    }

    #[test]
    fn values_are_compared_as_prometheus_does() {
        let all = Selector::new("m");
        assert!(takes(&all.clone().with("a", "1"), &[("a", "1")]));
        assert!(
            takes(&all.clone().with("a", ""), &[("b", "1")]),
            "a missing label is empty"
        );
        assert!(takes(&all.clone().without("a", "1"), &[]));
        assert!(!takes(&all.clone().without("a", ""), &[]));
        assert!(takes(&all.clone().matching("a", "5.."), &[("a", "503")]));
        assert!(!takes(&all.clone().matching("a", "5.."), &[("a", "1503")]), "anchored");
        assert!(takes(&all.clone().matching("a", "x|y|"), &[]));
        assert!(takes(&all.clone().matching("a", ".*"), &[("a", "two\nlines")]));
        assert!(!takes(&all.not_matching("a", "cancelled|aborted"), &[("a", "aborted")]));
    }

    #[test]
    fn bounds_are_numbers_however_they_are_spelled() {
        for spelled in ["1", "1.0", "1e0"] {
            assert!(
                SeriesMatcher::new(&Selector::new("d_bucket").with("le", spelled))
                    .unwrap()
                    .takes_bound(1.0)
            );
        }
        let infinite = SeriesMatcher::new(&Selector::new("d_bucket").with("le", "+Inf")).unwrap();
        assert!(infinite.takes_bound(f64::INFINITY) && !infinite.takes_bound(1.0));
    }

    #[test]
    fn a_broken_pattern_is_refused_by_name() {
        let error = SeriesMatcher::new(&Selector::new("m").matching("status", "5(.."))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("\"5(..\" for the label status is not a valid regular expression: "),
            "{error}"
        );
    }
}
