//! Selectors of series.

use std::fmt::{self, Write as _};

/// The series of a metric whose labels match, as `PromQL` selects them.
///
/// ```
/// use obs_rules::promql::Selector;
///
/// let failed = Selector::new("http_requests_total").with("job", "orders").matching("status", "5..");
/// assert_eq!(failed.to_string(), "http_requests_total{job=\"orders\",status=~\"5..\"}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selector {
    metric: String,
    matchers: Vec<Matcher>,
}

/// A condition on a label, as a [`Selector`] has it; a selector of several matchers selects the series that meet all.
///
/// ```
/// use obs_rules::promql::{MatchOp, Selector};
///
/// let selector = Selector::new("http_requests_total").matching("status", "5..");
/// let matcher = &selector.matchers()[0];
/// assert_eq!((matcher.label.as_str(), matcher.op, matcher.value.as_str()), ("status", MatchOp::Regex, "5.."));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Matcher {
    /// The name of the label.
    pub label: String,
    /// How the value is compared.
    pub op: MatchOp,
    /// The value or regular expression (RE2), which is anchored at both ends, as in Prometheus. A missing label
    /// equals an empty one.
    pub value: String,
}

/// How a label's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

// === impl Selector ===

impl Selector {
    /// All series of a metric. Its name must match `[a-zA-Z_:][a-zA-Z0-9_:]*`, which
    /// [`Condition::check`](crate::Condition::check) checks.
    #[must_use]
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            matchers: Vec::new(),
        }
    }

    /// Only the series whose `label` is `value`: `label="value"`.
    #[must_use]
    pub fn with(self, label: &str, value: &str) -> Self {
        self.and(label, MatchOp::Equal, value)
    }

    /// Only the series whose `label` is not `value`: `label!="value"`.
    #[must_use]
    pub fn without(self, label: &str, value: &str) -> Self {
        self.and(label, MatchOp::NotEqual, value)
    }

    /// Only the series whose `label` matches a regular expression: `label=~"regex"`.
    #[must_use]
    pub fn matching(self, label: &str, regex: &str) -> Self {
        self.and(label, MatchOp::Regex, regex)
    }

    /// Only the series whose `label` does not match a regular expression: `label!~"regex"`.
    #[must_use]
    pub fn not_matching(self, label: &str, regex: &str) -> Self {
        self.and(label, MatchOp::NotRegex, regex)
    }

    /// The same matchers for another metric, such as the `_count` of a histogram whose buckets are selected.
    #[must_use]
    pub fn named(mut self, metric: impl Into<String>) -> Self {
        self.metric = metric.into();
        self
    }

    /// The same selector with all values replaced, for example those that are variables.
    ///
    /// ```
    /// use obs_rules::promql::Selector;
    ///
    /// let panel = Selector::new("up").with("job", "$job");
    /// assert_eq!(panel.map_values(|value| value.replace("$job", "orders")).to_string(), "up{job=\"orders\"}");
    /// ```
    #[must_use]
    pub fn map_values(mut self, value: impl Fn(&str) -> String) -> Self {
        for matcher in &mut self.matchers {
            matcher.value = value(&matcher.value);
        }
        self
    }

    fn and(mut self, label: &str, op: MatchOp, value: &str) -> Self {
        self.matchers.push(Matcher {
            label: label.to_owned(),
            op,
            value: value.to_owned(),
        });
        self
    }

    /// The name of the metric.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The matchers, in the order in which they were added.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// The labels of `absent(selector)`, as Prometheus has them: those that one matcher alone names, by `=` and with a
    /// value that is not empty.
    ///
    /// ```
    /// use obs_rules::promql::Selector;
    ///
    /// let mail = Selector::new("queue_length").with("queue", "mail").matching("host", "a|b");
    /// assert_eq!(mail.absent_labels(), [("queue".to_owned(), "mail".to_owned())]);
    /// ```
    #[must_use]
    pub fn absent_labels(&self) -> Vec<(String, String)> {
        let is_named_once = |label: &str| self.matchers.iter().filter(|matcher| matcher.label == label).count() == 1;
        let is_known = |matcher: &&Matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty();
        self.matchers
            .iter()
            .filter(is_known)
            .filter(|matcher| is_named_once(&matcher.label))
            .map(|matcher| (matcher.label.clone(), matcher.value.clone()))
            .collect()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric)?;
        for (at, matcher) in self.matchers.iter().enumerate() {
            f.write_char(if at == 0 { '{' } else { ',' })?;
            write!(f, "{}{}", matcher.label, matcher.op.as_str())?;
            quote(f, &matcher.value)?;
        }
        if self.matchers.is_empty() {
            Ok(())
        } else {
            f.write_char('}')
        }
    }
}

// === impl MatchOp ===

impl MatchOp {
    /// The operator as `PromQL` writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

/// A string literal; quotes, backslashes and control characters are escaped.
pub(super) fn quote(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            // PromQL considers the replacement character invalid UTF-8.
            c if c.is_control() || c == '\u{fffd}' => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
