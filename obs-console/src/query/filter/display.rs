//! Filters as text: what is parsed again is the same.

use std::fmt;

use super::term::{Condition, Query, Relation, Term, Test};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negated {
            f.write_str("-")?;
        }
        match &self.condition {
            Condition::Text(needle) => {
                let is_plain = is_bare(&needle.text) && !needle.text.contains(['-', ':']);
                write_value(f, &needle.text, is_plain)
            }
            Condition::Key(key, tests) => {
                write!(f, "{key}:")?;
                for (at, test) in tests.iter().enumerate() {
                    if at > 0 {
                        f.write_str("|")?;
                    }
                    write!(f, "{test}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => f.write_str(&level.as_str().to_ascii_lowercase()),
            Self::Text(needle) | Self::Module(needle) | Self::Id(needle) => {
                write_value(f, &needle.text, is_bare(&needle.text))
            }
            Self::Class(class) => write!(f, "{class}xx"),
            Self::Number(relation, number) | Self::Numeric(relation, number) => {
                write!(f, "{}{number}", relation.as_str())
            }
            Self::Duration(relation, duration) => write!(f, "{}{}ns", relation.as_str(), duration.as_nanos()),
            Self::Time(relation, time) => write_time(f, *relation, time.0),
        }
    }
}

/// With all nine digits, so that it is the same time when it is read.
fn write_time(f: &mut fmt::Formatter<'_>, relation: Relation, time: std::time::Duration) -> fmt::Result {
    let text = obs_base::calendar::rfc3339(time);
    let second = text.split('.').next().unwrap_or_default();
    write!(f, "{}{second}.{:09}Z", relation.as_str(), time.subsec_nanos())
}

/// Whether a value needs no quotes.
pub(super) fn is_bare(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['>', '<', '-'])
        && !text.contains(|c: char| c.is_whitespace() || "\"|".contains(c))
}

fn write_value(f: &mut fmt::Formatter<'_>, text: &str, is_bare: bool) -> fmt::Result {
    if is_bare {
        return f.write_str(text);
    }
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}
