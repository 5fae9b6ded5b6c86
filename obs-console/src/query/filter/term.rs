//! A filter that was read, and whether a row passes it.

use std::time::Duration;

use super::{
    key::Key,
    row::{Cell, Row},
};
use crate::query::types::{Level, Time};

/// A filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    pub(super) terms: Vec<Term>,
}

/// A condition of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    pub(super) is_negated: bool,
    pub(super) condition: Condition,
}

/// What has to hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// The row has this text.
    Text(Needle),
    /// The value of a key passes one of these.
    Key(Key, Vec<Test>),
}

/// A test of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Level(Level),
    /// Of the same text but for the case of ASCII letters; `*` stands for any text.
    Text(Needle),
    /// The same, or a module in it.
    Module(Needle),
    /// An id that begins so.
    Id(Needle),
    /// All statuses of a class: 5 is 5xx.
    Class(u16),
    Number(Relation, f64),
    /// A number that the text of it may stand for too.
    Numeric(Relation, f64),
    Duration(Relation, Duration),
    Time(Relation, Time),
}

/// A text that is looked for, and its lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    pub(super) text: String,
    lower: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Is,
    Above,
    AtLeast,
    Below,
    AtMost,
}

// === impl Query ===

impl Query {
    /// Whether everything passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row passes.
    pub(in crate::query) fn passes(&self, row: &impl Row) -> bool {
        self.terms
            .iter()
            .all(|term| term.condition.holds(row) != term.is_negated)
    }

    /// The value that a key has to have exactly, if the filter says so: what sources can look for by themselves.
    pub(in crate::query) fn exactly(&self, wanted: &Key) -> Option<&str> {
        self.terms.iter().find_map(|term| match &term.condition {
            Condition::Key(key, tests) if key == wanted && !term.is_negated => match &tests[..] {
                [Test::Text(needle) | Test::Id(needle)] if !needle.has_wildcard() => Some(&*needle.text),
                _ => None,
            },
            _ => None,
        })
    }
}

// === impl Condition ===

impl Condition {
    fn holds(&self, row: &impl Row) -> bool {
        match self {
            Self::Text(needle) => {
                let mut found = false;
                row.texts(&mut |text| {
                    found = found || needle.is_in(text);
                });
                found
            }
            Self::Key(key, tests) => {
                let cell = row.cell(key);
                cell.is_some_and(|cell| tests.iter().any(|test| test.passes(&cell)))
            }
        }
    }
}

// === impl Test ===

impl Test {
    fn passes(&self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            (Self::Level(least), Cell::Level(level)) => level >= least,
            (Self::Text(needle), Cell::Text(text)) => needle.matches(text),
            (Self::Text(needle), Cell::Number(number)) => needle.matches(&number.to_string()),
            (Self::Module(needle), Cell::Text(text)) => {
                let is_within = |rest: &str| rest.is_empty() || rest.starts_with("::");
                needle.matches(text) || needle.begins(text).is_some_and(is_within)
            }
            (Self::Id(needle), Cell::Text(text)) => needle.begins(text).is_some(),
            (Self::Class(class), Cell::Number(status)) => {
                (f64::from(*class) * 100.0..f64::from(*class + 1) * 100.0).contains(status)
            }
            (Self::Number(relation, bound) | Self::Numeric(relation, bound), Cell::Number(number)) => {
                relation.holds(number, bound)
            }
            (Self::Numeric(relation, bound), Cell::Text(text)) => {
                text.parse().is_ok_and(|number: f64| relation.holds(&number, bound))
            }
            (Self::Duration(relation, bound), Cell::Duration(duration)) => relation.holds(duration, bound),
            (Self::Time(relation, bound), Cell::Time(time)) => relation.holds(time, bound),
            _ => false,
        }
    }
}

// === impl Needle ===

impl Needle {
    pub(super) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let lower = text.to_ascii_lowercase();
        Self { text, lower }
    }

    fn has_wildcard(&self) -> bool {
        self.text.contains('*')
    }

    /// Whether a text has it somewhere.
    fn is_in(&self, text: &str) -> bool {
        text.len() >= self.lower.len() && text.to_ascii_lowercase().contains(&self.lower)
    }

    /// What is behind it in a text that begins with it.
    fn begins<'t>(&self, text: &'t str) -> Option<&'t str> {
        let (begin, rest) = text.split_at_checked(self.text.len())?;
        begin.eq_ignore_ascii_case(&self.text).then_some(rest)
    }

    /// Whether a text is this one; `*` stands for any text. Each part is looked for once.
    fn matches(&self, text: &str) -> bool {
        if !self.has_wildcard() {
            return text.eq_ignore_ascii_case(&self.text);
        }
        let text = text.to_ascii_lowercase();
        let mut parts = self.lower.split('*');
        let (first, last) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
        let inner = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
        let Some(mut rest) = inner else { return false };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        true
    }
}

// === impl Relation ===

impl Relation {
    fn holds<T: PartialOrd>(self, value: &T, bound: &T) -> bool {
        match self {
            Self::Is => value == bound,
            Self::Above => value > bound,
            Self::AtLeast => value >= bound,
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Is => "",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }
}
