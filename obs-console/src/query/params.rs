//! The query parameters of a request.

use std::{borrow::Cow, time::Duration};

use percent_encoding::percent_decode_str;

use super::{
    Problem,
    filter::Query,
    page::Cursor,
    quantity,
    types::{Time, Window},
};

/// The most rows of an answer.
pub(super) const MAX_LIMIT: usize = 1_000;
const DEFAULT_LIMIT: usize = 100;
/// The window, unless the request has one.
const DEFAULT_WINDOW: Duration = Duration::from_secs(15 * 60);
/// The longest window.
const MAX_WINDOW: Duration = Duration::from_secs(366 * 86_400);
/// The most parameters.
const MAX_PARAMETERS: usize = 64;

/// The parameters of a request, each of them known and there once.
#[derive(Debug)]
pub(super) struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    now: Time,
}

// === impl Params ===

impl<'a> Params<'a> {
    /// Reads a query string that may have these parameters.
    pub(super) fn read(query: &'a str, known: &[&str], now: Time) -> Result<Self, Problem> {
        let mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).ok_or_else(|| Problem::bad_query("", None, "a parameter is not UTF-8"))?;
            if !known.contains(&&*name) {
                let expected = format!("there is no such parameter here; there are {}", known.join(", "));
                return Err(Problem::bad_query(&shown(&name), None, expected));
            }
            if pairs.len() == MAX_PARAMETERS || pairs.iter().any(|(other, _)| *other == name) {
                return Err(Problem::bad_query(&name, None, "the parameter is there twice"));
            }
            let value = decoded(value).ok_or_else(|| Problem::bad_query(&name, None, "the value is not UTF-8"))?;
            pairs.push((name, value));
        }
        Ok(Self { pairs, now })
    }

    /// The value of a parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name)?;
        Some(&*found.1).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Problem> {
        self.get(name)
            .ok_or_else(|| Problem::bad_query(name, None, "the parameter is missing"))
    }

    /// The window that is asked for: `from` and `to`, or `last` (or `live`), which ends now.
    pub(super) fn window(&self) -> Result<Window, Problem> {
        self.window_of("from", "to")
    }

    /// The same, by two parameters of these names.
    pub(super) fn window_of(&self, from_name: &str, to_name: &str) -> Result<Window, Problem> {
        let time = |name: &str| {
            let value = self.get(name);
            value
                .map(|value| quantity::time(value).ok_or_else(|| bad_time(name)))
                .transpose()
        };
        let (from, to) = (time(from_name)?, time(to_name)?.unwrap_or(self.now));
        let from = match from {
            Some(from) => from,
            None => to.before(self.last()?),
        };
        if from.0 >= to.0 {
            return Err(Problem::bad_query(from_name, None, "the window ends before it begins"));
        }
        let window = Window { from, to };
        if window.length() > MAX_WINDOW {
            return Err(Problem::bad_query(
                from_name,
                None,
                "the window is longer than 366 days",
            ));
        }
        Ok(window)
    }

    fn last(&self) -> Result<Duration, Problem> {
        let Some((name, value)) = ["last", "live"].iter().find_map(|name| Some((*name, self.get(name)?))) else {
            return Ok(DEFAULT_WINDOW);
        };
        let duration = quantity::duration(value).filter(|duration| !duration.is_zero());
        duration.ok_or_else(|| Problem::bad_query(name, Some(0), "a duration such as 15m is expected"))
    }

    /// The most rows that are asked for.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let Some(value) = self.get("limit") else {
            return Ok(DEFAULT_LIMIT);
        };
        let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        limit.ok_or_else(|| Problem::bad_query("limit", Some(0), "a number from 1 to 1000 is expected"))
    }

    /// The filter; without one, everything passes.
    pub(super) fn filter(&self) -> Result<Query, Problem> {
        let text = self.get("filter").unwrap_or_default();
        Query::parse(text).map_err(|error| Problem::bad_query("filter", Some(error.offset()), error.to_string()))
    }

    /// Where the page begins.
    pub(super) fn cursor(&self) -> Result<Option<Cursor>, Problem> {
        let cursor = self.get("cursor").map(|text| {
            Cursor::parse(text).ok_or_else(|| Problem::bad_query("cursor", Some(0), "it is none of an answer"))
        });
        cursor.transpose()
    }

    /// The value of a parameter that has to be one of these, which defaults to the first.
    pub(super) fn one_of<'k>(&self, name: &str, known: &[&'k str]) -> Result<&'k str, Problem> {
        let value = self.get(name).unwrap_or(known[0]);
        let found = known.iter().find(|known| **known == value);
        found
            .copied()
            .ok_or_else(|| Problem::bad_query(name, Some(0), format!("one of {} is expected", known.join(", "))))
    }

    /// Whether the order is descending, which is the default.
    pub(super) fn is_descending(&self) -> Result<bool, Problem> {
        Ok(self.one_of("order", &["desc", "asc"])? == "desc")
    }
}

fn bad_time(name: &str) -> Problem {
    let expected = "a time such as 2026-12-01T17:30:00Z, or milliseconds since 1970, is expected";
    Problem::bad_query(name, Some(0), expected)
}

/// A name of a client's that goes into an answer.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
        return Some(Cow::Owned(decoded.into_owned()));
    }
    percent_decode_str(text).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["from", "to", "last", "limit", "filter", "cursor", "order"];

    fn read(query: &str) -> Result<Params<'_>, Problem> {
        Params::read(query, KNOWN, Time(Duration::from_secs(1_700_000_000)))
    }

    fn window(query: &str) -> Result<(u64, u64), String> {
        let window = read(query).and_then(|params| params.window());
        let window =
            window.map_err(|problem| format!("{}: {}", problem.parameter.unwrap_or_default(), problem.message))?;
        Ok((window.from.0.as_secs(), window.to.0.as_secs()))
    }

    #[test]
    fn a_window_is_absolute_whatever_it_is_asked_as() {
        assert_eq!(window(""), Ok((1_699_999_100, 1_700_000_000)));
        assert_eq!(window("last=1h"), Ok((1_699_996_400, 1_700_000_000)));
        assert_eq!(
            window("from=1600000000000&to=1600000060000"),
            Ok((1_600_000_000, 1_600_000_060))
        );
        assert_eq!(window("to=1600000060000&last=1m"), Ok((1_600_000_000, 1_600_000_060)));
        assert_eq!(
            window("from=2023-11-14T22%3A00:00%2B00:00"),
            Ok((1_699_999_200, 1_700_000_000))
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_parameter() {
        for (query, parameter) in [
            ("from=yesterday", "from"),
            ("from=1600000060000&to=1600000000000", "from"),
            ("to=1&from=1", "from"),
            ("from=0", "from"),
            ("last=soon", "last"),
            ("last=0s", "last"),
        ] {
            let problem = read(query).and_then(|params| params.window()).unwrap_err();
            assert_eq!(
                (problem.status, problem.parameter.as_deref()),
                (400, Some(parameter)),
                "{query}"
            );
        }
        for (query, parameter) in [
            ("colour=red", "colour"),
            ("last=1m&last=2m", "last"),
            ("limit=%ff", "limit"),
        ] {
            let problem = read(query).unwrap_err();
            assert_eq!(
                (problem.status, problem.parameter.as_deref()),
                (400, Some(parameter)),
                "{query}"
            );
        }
        assert!(read("limit=0").unwrap().limit().is_err() && read("limit=1001").unwrap().limit().is_err());
        assert!(read("cursor=x").unwrap().cursor().is_err());
        let problem = read("filter=a+colour:red").unwrap().filter().unwrap_err();
        assert_eq!(
            (problem.parameter.as_deref(), problem.offset),
            (Some("filter"), Some(2))
        );
    }
}
