//! Which metrics an expression reads.

use std::collections::BTreeSet;

/// A metric that an expression reads, and the labels whose values it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reads {
    pub(super) metric: String,
    /// Those that must have one value, in their order.
    pub(super) labels: Vec<(String, String)>,
}

/// Words of the language that no metric is called.
const WORDS: [&str; 16] = [
    "and",
    "or",
    "unless",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "atan2",
    "inf",
    "nan",
    "start",
    "end",
];
/// After these a list of labels stands.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The metrics that `expr` reads. Variables of Grafana may stand where numbers, windows and label values do.
pub(super) fn reads(expr: &str) -> BTreeSet<Reads> {
    let mut reader = Reader { rest: expr, found: BTreeSet::new() };
    reader.read();
    reader.found
}

struct Reader<'a> {
    rest: &'a str,
    found: BTreeSet<Reads>,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(c) = self.rest.chars().next() {
            match c {
                'a'..='z' | 'A'..='Z' | '_' | ':' => self.word(),
                '0'..='9' | '.' => {
                    self.take(|c| c.is_ascii_alphanumeric() || c == '.');
                }
                '$' => self.variable(),
                '[' => self.skip_past(']'),
                '"' | '\'' | '`' => {
                    self.string();
                }
                '#' => self.skip_past('\n'),
                '{' => {
                    self.matchers();
                }
                _ => self.rest = &self.rest[c.len_utf8()..],
            }
        }
    }

    fn word(&mut self) {
        let word = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':').to_owned();
        let lower = word.to_ascii_lowercase();
        let next = self.rest.trim_start();
        if BEFORE_LABELS.contains(&lower.as_str()) {
            if next.starts_with('(') {
                self.skip_past(')');
            }
            return;
        }
        // What a parenthesis follows is a function; aggregations may have their labels in between.
        let is_call = next.starts_with('(') || is_labels(next);
        if is_call || WORDS.contains(&lower.as_str()) {
            return;
        }
        let labels = if next.starts_with('{') {
            self.rest = next;
            self.matchers()
        } else {
            Vec::new()
        };
        self.found.insert(Reads { metric: word, labels });
    }

    /// Skips `{…}` and returns the labels that must have one value.
    fn matchers(&mut self) -> Vec<(String, String)> {
        self.rest = &self.rest[1..];
        let mut labels = Vec::new();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '}' => {
                    self.rest = &self.rest[1..];
                    break;
                }
                'a'..='z' | 'A'..='Z' | '_' => {
                    let label = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
                    let op = self.take(|c| "=!~ ".contains(c)).trim();
                    let value = self.string();
                    if let ("=", Some(value)) = (op, value) {
                        labels.push((label.to_owned(), value));
                    }
                }
                '$' => self.variable(),
                _ => self.rest = &self.rest[c.len_utf8()..],
            }
        }
        labels.sort();
        labels
    }

    /// Skips a string literal and returns its plain text; nothing if none stands there.
    fn string(&mut self) -> Option<String> {
        let quote = self.rest.chars().next().filter(|c| "\"'`".contains(*c))?;
        let mut text = String::new();
        let mut chars = self.rest[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[1 + at + 1..];
                return Some(text);
            }
            match c {
                '\\' if quote != '`' => text.extend(chars.next().map(|(_, escaped)| escaped)),
                c => text.push(c),
            }
        }
        self.rest = "";
        None
    }

    /// `$name`, `${name:format}`
    fn variable(&mut self) {
        self.rest = &self.rest[1..];
        if self.rest.starts_with('{') {
            self.skip_past('}');
        } else {
            self.take(|c| c.is_ascii_alphanumeric() || c == '_');
        }
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip_past(&mut self, end: char) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }
}

/// `by (…) (`, `without (…) (`
fn is_labels(text: &str) -> bool {
    ["by", "without"].iter().any(|word| text.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('(')))
}
