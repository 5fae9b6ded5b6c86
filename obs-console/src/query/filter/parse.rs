//! Reading a filter.

use super::{
    error::BadFilter,
    key::{Comparing, Key},
    term::{Condition, Needle, Query, Relation, Term, Test},
};
use crate::query::{quantity, types::Level};

/// The most bytes of a filter.
const MAX_BYTES: usize = 4 << 10;
/// The most terms.
const MAX_TERMS: usize = 64;

/// What is left of a filter, and where that begins.
struct Parser<'a> {
    text: &'a str,
    at: usize,
}

/// A value, and whether it was quoted: a quoted one is text, whatever it looks like.
struct Value {
    text: String,
    is_quoted: bool,
    at: usize,
}

// === impl Query ===

impl Query {
    /// Reads a filter; see the [module](super).
    ///
    /// # Errors
    ///
    /// If a key or value is unknown, a quote is not closed, or it has more than 4 KiB or 64 terms. The error says where.
    pub fn parse(text: &str) -> Result<Self, BadFilter> {
        if text.len() > MAX_BYTES {
            return Err(BadFilter::new(MAX_BYTES, "a filter has at most 4 KiB"));
        }
        let mut parser = Parser { text, at: 0 };
        let mut terms = Vec::new();
        while parser.skip_spaces() {
            if terms.len() == MAX_TERMS {
                return Err(BadFilter::new(parser.at, "a filter has at most 64 terms"));
            }
            terms.push(parser.term()?);
        }
        Ok(Self { terms })
    }
}

// === impl Parser ===

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether something follows.
    fn skip_spaces(&mut self) -> bool {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at < self.text.len()
    }

    fn skip(&mut self, c: char) -> bool {
        let is_next = self.peek() == Some(c);
        if is_next {
            self.at += c.len_utf8();
        }
        is_next
    }

    fn term(&mut self) -> Result<Term, BadFilter> {
        let begin = self.at;
        let is_negated = self.skip('-');
        if self.peek().is_none_or(char::is_whitespace) {
            return Err(BadFilter::new(begin, "a term is expected behind -"));
        }
        let condition = match self.key()? {
            Some(key) => Condition::Key(key.clone(), self.tests(&key)?),
            None => Condition::Text(Needle::new(self.value(&[])?.text)),
        };
        if self.peek().is_some_and(|c| !c.is_whitespace()) {
            return Err(BadFilter::new(self.at, "a space is expected between terms"));
        }
        Ok(Term { is_negated, condition })
    }

    /// The key of the term, if it has one.
    fn key(&mut self) -> Result<Option<Key>, BadFilter> {
        let rest = self.rest();
        let Some(end) = rest.find(|c: char| c == ':' || c == '"' || c.is_whitespace()) else {
            return Ok(None);
        };
        let (name, behind) = rest.split_at(end);
        if !behind.starts_with(':') {
            return Ok(None);
        }
        let Some(key) = Key::of(name) else {
            let known: Vec<_> = Key::NAMED.iter().map(|(_, name)| *name).collect();
            let message = format!(
                "there is no such key; there are {} and field.NAME; text with a colon is quoted",
                known.join(", ")
            );
            return Err(BadFilter::new(self.at, message));
        };
        self.at += end + 1;
        Ok(Some(key))
    }

    fn tests(&mut self, key: &Key) -> Result<Vec<Test>, BadFilter> {
        let mut tests = Vec::new();
        loop {
            let begin = self.at;
            let relation = self.relation();
            let value = self.value(&['|'])?;
            tests.push(test(key, relation, &value).map_err(|message| BadFilter::new(begin, message))?);
            if !self.skip('|') {
                return Ok(tests);
            }
        }
    }

    fn relation(&mut self) -> Relation {
        if self.skip('>') {
            if self.skip('=') {
                Relation::AtLeast
            } else {
                Relation::Above
            }
        } else if self.skip('<') {
            if self.skip('=') {
                Relation::AtMost
            } else {
                Relation::Below
            }
        } else {
            Relation::Is
        }
    }

    /// A word or a quoted text.
    fn value(&mut self, ends: &[char]) -> Result<Value, BadFilter> {
        let at = self.at;
        if self.skip('"') {
            let text = self.quoted(at)?;
            return Ok(Value {
                text,
                is_quoted: true,
                at,
            });
        }
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || c == '"' || ends.contains(&c));
        let text = rest[..end.unwrap_or(rest.len())].to_owned();
        if text.is_empty() {
            return Err(BadFilter::new(at, "a value is expected"));
        }
        self.at += text.len();
        Ok(Value {
            text,
            is_quoted: false,
            at,
        })
    }

    fn quoted(&mut self, begin: usize) -> Result<String, BadFilter> {
        let mut text = String::new();
        let mut is_escaped = false;
        for (at, c) in self.rest().char_indices() {
            match c {
                _ if is_escaped => {
                    is_escaped = false;
                    text.push(c);
                }
                '\\' => is_escaped = true,
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                _ => text.push(c),
            }
        }
        Err(BadFilter::new(begin, "the quote is not closed"))
    }
}

/// The test of a value of this key.
fn test(key: &Key, relation: Relation, value: &Value) -> Result<Test, String> {
    let text = &*value.text;
    let needle = || Needle::new(text);
    let comparing = key.comparing();
    let is_ordered = matches!(
        comparing,
        Comparing::Status | Comparing::Duration | Comparing::Time | Comparing::Field
    );
    if relation != Relation::Is && !is_ordered {
        return Err(format!("{key} has no order: no {} here", relation.as_str()));
    }
    match comparing {
        Comparing::Level => {
            let level = Level::of(&text.to_ascii_uppercase());
            level
                .map(Test::Level)
                .ok_or_else(|| one_of(&["trace", "debug", "info", "warn", "error"]))
        }
        Comparing::Text => Ok(Test::Text(needle())),
        Comparing::Module => Ok(Test::Module(needle())),
        Comparing::Word(known) => {
            let is_known = known.contains(&text);
            is_known.then(|| Test::Text(needle())).ok_or_else(|| one_of(known))
        }
        Comparing::Id => Ok(Test::Id(needle())),
        Comparing::Status => status(relation, text),
        Comparing::Duration => {
            let duration = quantity::duration(text).map(|duration| Test::Duration(relation, duration));
            duration.ok_or_else(|| "a duration such as 500ms is expected".to_owned())
        }
        Comparing::Time => {
            let time = quantity::time(text).map(|time| Test::Time(relation, time));
            time.ok_or_else(|| "a time such as 2026-12-01T17:30:00Z is expected".to_owned())
        }
        Comparing::Field if relation == Relation::Is || value.is_quoted => match relation {
            Relation::Is => Ok(Test::Text(needle())),
            _ => Err(format!("a number is expected at {}", value.at)),
        },
        Comparing::Field => {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            number
                .map(|number| Test::Numeric(relation, number))
                .ok_or_else(|| "a number is expected".to_owned())
        }
    }
}

fn status(relation: Relation, text: &str) -> Result<Test, String> {
    let wrong = || "a status such as 404 or 5xx is expected".to_owned();
    if let Some(class) = text.strip_suffix("xx") {
        let class = class.parse().ok().filter(|class| (1..=5).contains(class));
        return match relation {
            Relation::Is => class.map(Test::Class).ok_or_else(wrong),
            _ => Err(wrong()),
        };
    }
    let status = text.parse().ok().filter(|status: &u16| (100..=999).contains(status));
    let test = status.map(|status| Test::Number(relation, f64::from(status)));
    test.ok_or_else(wrong)
}

fn one_of(known: &[&str]) -> String {
    format!("one of {} is expected", known.join(", "))
}
