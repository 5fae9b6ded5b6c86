//! Reads maps and scalars. Errors go to the report, with the key, the value and the fix.

use std::time::Duration;

use super::{
    Position,
    node::{Entry, Node, Value},
    report::{Report, suggestion},
};
use crate::promql::Window;

/// A map of the file whose keys are all known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    pub(super) at: Position,
    pub(super) report: &'a Report<'a>,
    entries: &'a [Entry],
}

/// A value with the key that it stands under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub(super) key: &'a str,
    pub(super) node: &'a Node,
    pub(super) report: &'a Report<'a>,
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// The keys of a map. Unknown keys are reported, and the known ones are still read.
    pub(super) fn of(node: &'a Node, what: &str, known: &[&str], report: &'a Report<'a>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            return report.add(
                node.at,
                format!("{what} is {}: expected a map with {}", node.shown(), known.join(", ")),
            );
        };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let hint = suggestion(&entry.key, known.iter().copied());
            let message = format!("{what} has no key {:?}{hint}: it has {}", entry.key, known.join(", "));
            report.add::<()>(entry.at, message);
        }
        Some(Self {
            at: node.at,
            report,
            entries,
        })
    }

    /// The value of a key, if it has one.
    pub(super) fn get(&self, key: &'a str) -> Option<Field<'a>> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.key == key && !entry.value.is_null())?;
        Some(Field {
            key,
            node: &entry.value,
            report: self.report,
        })
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &'a str, example: &str) -> Option<Field<'a>> {
        self.get(key).or_else(|| {
            self.report
                .add(self.at, format!("{key:?} is missing: write `{key}: {example}`"))
        })
    }

    /// The text of a key, empty if there is none.
    pub(super) fn text(&self, key: &'a str) -> String {
        self.get(key).and_then(Field::text).unwrap_or_default().to_owned()
    }

    /// The items of a list, none if there is none.
    pub(super) fn list(&self, key: &'a str) -> Vec<Field<'a>> {
        self.get(key).map(Field::items).unwrap_or_default()
    }
}

// === impl Field ===

impl<'a> Field<'a> {
    pub(super) const fn at(self) -> Position {
        self.node.at
    }

    /// Reports that the value is not what was expected.
    pub(super) fn refuse<T>(self, expected: &str) -> Option<T> {
        self.report.add(
            self.node.at,
            format!("{:?} is {}: expected {expected}", self.key, self.node.shown()),
        )
    }

    /// Text without control characters other than line feeds and tabs.
    pub(super) fn text(self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') => {
                self.refuse("text without control characters")
            }
            Value::Text(text) => Some(text),
            Value::Number(_) | Value::Bool(_) => self.refuse("text: put it in quotes"),
            Value::Null | Value::List(_) | Value::Map(_) => self.refuse("text"),
        }
    }

    /// Text that is not blank.
    pub(super) fn words(self) -> Option<&'a str> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.refuse("text that is not empty")
        } else {
            Some(text)
        }
    }

    /// A number that is not NaN or infinite.
    pub(super) fn number(self) -> Option<f64> {
        match self.node.value {
            Value::Number(value) if value.is_finite() => Some(value),
            _ => self.refuse("a number"),
        }
    }

    pub(super) fn boolean(self) -> Option<bool> {
        match self.node.value {
            Value::Bool(value) => Some(value),
            _ => self.refuse("true or false"),
        }
    }

    /// `99.9` or `99.9%` as a share of 1.
    pub(super) fn percent(self) -> Option<f64> {
        match &self.node.value {
            Value::Number(value) if value.is_finite() => Some(share(*value)),
            Value::Text(_) => self.share(),
            _ => self.refuse("a percentage such as 99.9"),
        }
    }

    /// `5%` as a share of 1. A number without the sign could be either.
    pub(super) fn share(self) -> Option<f64> {
        let text = match &self.node.value {
            Value::Text(text) => text,
            Value::Number(value) if *value > 0.0 && *value < 1.0 => {
                let percent = share(*value * 1e4);
                return self.refuse(&format!(
                    "a percentage with its sign: {value}%, or {percent}% if that was meant"
                ));
            }
            Value::Number(value) => return self.refuse(&format!("a percentage with its sign: {value}%")),
            _ => return self.refuse("a percentage such as 5%"),
        };
        let number = text
            .strip_suffix('%')
            .and_then(|number| number.trim().parse::<f64>().ok());
        match number.filter(|number| number.is_finite()) {
            Some(number) => Some(share(number)),
            None => self.refuse("a percentage such as 5%"),
        }
    }

    /// `5m`, above zero.
    pub(super) fn window(self) -> Option<Window> {
        let parsed = match &self.node.value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        parsed.or_else(|| self.refuse("a span of time above zero such as 30s, 5m, 1h30m or 30d"))
    }

    /// `5m`, or zero.
    pub(super) fn span(self) -> Option<Duration> {
        match &self.node.value {
            Value::Number(value) if *value == 0.0 => Some(Duration::ZERO),
            Value::Text(text) if ["0s", "0m", "0ms", "0h", "0d"].contains(&text.as_str()) => Some(Duration::ZERO),
            _ => self.window().map(Window::duration),
        }
    }

    /// The items of a list.
    pub(super) fn items(self) -> Vec<Self> {
        match &self.node.value {
            Value::List(items) => items.iter().map(|node| Self { node, ..self }).collect(),
            _ => self.refuse("a list").unwrap_or_default(),
        }
    }

    /// The entries of a map, whatever the keys.
    pub(super) fn entries(self) -> &'a [Entry] {
        match &self.node.value {
            Value::Map(entries) => entries,
            _ => self.refuse("a map").unwrap_or_default(),
        }
    }

    /// Keys and values that are text.
    pub(super) fn pairs(self) -> Vec<(&'a str, &'a str)> {
        self.texts()
            .into_iter()
            .map(|(entry, value)| (entry.key.as_str(), value))
            .collect()
    }

    /// Entries whose values are text, with their places.
    pub(super) fn texts(self) -> Vec<(&'a Entry, &'a str)> {
        let text = |entry: &'a Entry| {
            let value = Field {
                key: &entry.key,
                node: &entry.value,
                report: self.report,
            }
            .text()?;
            Some((entry, value))
        };
        self.entries().iter().filter_map(text).collect()
    }

    /// The keys of a map that are known.
    pub(super) fn fields(self, what: &str, known: &[&str]) -> Option<Fields<'a>> {
        Fields::of(self.node, what, known, self.report)
    }
}

/// Without the noise of binary fractions: 99.9 % is 0.999.
fn share(percent: f64) -> f64 {
    (percent * 1e10).round() / 1e12
}
