//! A log target that tests can read and wait on.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use obs_core::names::log;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::watched::Watched;

/// Collects what is written to it, line by line; clones share the lines.
///
/// Hand a clone to `ObsBuilder::log_writer` and keep one to look at.
#[derive(Clone, Debug, Default)]
pub struct LogBuffer {
    lines: Watched<String>,
    partial: Arc<Mutex<Vec<u8>>>,
    torn_flushes: Arc<AtomicUsize>,
    flushes: Arc<AtomicUsize>,
}

/// One line that is a JSON object whose keys are unique, on every level.
#[derive(Clone, PartialEq)]
pub struct LogLine {
    fields: Vec<(String, Value)>,
    raw: String,
}

// === impl LogBuffer ===

impl LogBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The complete lines so far, without their newlines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.snapshot()
    }

    /// The complete lines so far as JSON; panics on a line that is none or has a key twice.
    #[must_use]
    #[track_caller]
    pub fn json_lines(&self) -> Vec<LogLine> {
        self.lines()
            .iter()
            .map(|line| LogLine::parse(line).unwrap_or_else(|error| panic!("{error}")))
            .collect()
    }

    /// The canonical request lines so far.
    #[must_use]
    #[track_caller]
    pub fn request_lines(&self) -> Vec<LogLine> {
        self.json_lines().into_iter().filter(LogLine::is_request_line).collect()
    }

    /// Waits until `condition` holds for the lines as JSON and returns them; panics with the lines
    /// when it doesn't `within` that time.
    #[track_caller]
    pub fn wait_for(&self, within: Duration, mut condition: impl FnMut(&[LogLine]) -> bool) -> Vec<LogLine> {
        let mut parsed: Vec<LogLine> = Vec::new();
        self.lines.wait_for(within, |lines| {
            let new = lines.get(parsed.len()..).unwrap_or_default();
            parsed.extend(
                new.iter()
                    .map(|line| LogLine::parse(line).unwrap_or_else(|error| panic!("{error}"))),
            );
            condition(&parsed)
        });
        parsed
    }

    /// Waits for at least `count` canonical request lines and returns those that came.
    #[track_caller]
    pub fn wait_for_requests(&self, within: Duration, count: usize) -> Vec<LogLine> {
        let mut lines = self.wait_for(within, |lines| {
            lines.iter().filter(|line| line.is_request_line()).count() >= count
        });
        lines.retain(LogLine::is_request_line);
        lines
    }

    /// Forgets the complete lines. Not to be used while another thread waits on them.
    pub fn clear(&self) {
        self.lines.clear();
    }

    /// How often `flush` was called.
    #[must_use]
    pub fn flushes(&self) -> usize {
        self.flushes.load(Ordering::SeqCst)
    }

    /// How often `flush` was called in the middle of a line.
    #[must_use]
    pub fn torn_flushes(&self) -> usize {
        self.torn_flushes.load(Ordering::SeqCst)
    }
}

impl io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut partial = self.partial.lock().unwrap_or_else(PoisonError::into_inner);
        partial.extend_from_slice(bytes);
        if let Some(last) = partial.iter().rposition(|&byte| byte == b'\n') {
            let rest = partial.split_off(last + 1);
            let complete = std::mem::replace(&mut *partial, rest);
            let text = String::from_utf8(complete).expect("log lines are UTF-8");
            self.lines
                .extend(text.trim_end_matches('\n').split('\n').map(ToOwned::to_owned));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.partial.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            self.torn_flushes.fetch_add(1, Ordering::SeqCst);
        }
        self.flushes.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

// === impl LogLine ===

impl LogLine {
    /// Reads one line.
    ///
    /// # Errors
    ///
    /// The line and what is wrong with it: no JSON object, a key twice, a raw control character.
    pub fn parse(line: &str) -> Result<Self, String> {
        if let Some(control) = line.chars().find(|character| character.is_control()) {
            return Err(format!("raw control character {control:?} in log line {line:?}"));
        }
        match serde_json::from_str(line) {
            Ok(Unique(fields)) => Ok(Self {
                fields,
                raw: line.to_owned(),
            }),
            Err(error) => Err(format!("{error} in log line {line}")),
        }
    }

    /// The value under `key` at the top level.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The text under `key`; panics with the line when there is none.
    #[must_use]
    #[track_caller]
    pub fn str(&self, key: &str) -> &str {
        self.get(key)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text {key:?} in {}", self.raw))
    }

    /// The number under `key`; panics with the line when there is none.
    #[must_use]
    #[track_caller]
    pub fn number(&self, key: &str) -> f64 {
        self.get(key)
            .and_then(Value::as_f64)
            .unwrap_or_else(|| panic!("no number {key:?} in {}", self.raw))
    }

    /// The keys in the order in which they were written.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(key, _)| key.as_str())
    }

    /// The line as it was written.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether this is the canonical line of a request.
    #[must_use]
    pub fn is_request_line(&self) -> bool {
        self.get(log::TARGET).and_then(Value::as_str) == Some(log::REQUEST_TARGET)
    }
}

impl fmt::Debug for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// The members of a JSON object, refused when a key comes twice.
struct Unique(Vec<(String, Value)>);

/// A JSON value in which no object has a key twice.
struct UniqueValue(Value);

struct UniqueVisitor;
struct UniqueValueVisitor;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor).map(Self)
    }
}

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        while let Some((key, UniqueValue(value))) = map.next_entry::<String, UniqueValue>()? {
            if fields.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(format_args!("key {key:?} comes twice")));
            }
            fields.push((key, value));
        }
        Ok(fields)
    }
}

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueValueVisitor).map(Self)
    }
}

impl<'de> Visitor<'de> for UniqueValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(UniqueValue(item)) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        Ok(Value::Object(UniqueVisitor.visit_map(map)?.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::wait::DEADLINE;

    #[test]
    fn lines_are_complete_only_with_their_newline() {
        let mut log = LogBuffer::new();
        log.write_all(b"{\"a\":1}\n{\"b\"").unwrap();
        assert_eq!(log.lines(), ["{\"a\":1}"]);
        log.flush().unwrap();
        assert_eq!((log.flushes(), log.torn_flushes()), (1, 1));
        log.write_all(b":2}\n").unwrap();
        assert_eq!(log.lines(), ["{\"a\":1}", "{\"b\":2}"]);
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_on_every_level() {
        assert!(
            LogLine::parse(r#"{"a":1,"a":2}"#)
                .unwrap_err()
                .contains("\"a\" comes twice")
        );
        assert!(
            LogLine::parse(r#"{"a":[{"b":1,"b":1}]}"#)
                .unwrap_err()
                .contains("\"b\" comes twice")
        );
    }

    #[test]
    fn what_is_no_single_object_is_refused() {
        for line in [
            "",
            "7",
            "[]",
            "{} {}",
            "{\"a\":1",
            "{\"a\":NaN}",
            "{\"a\":\"\u{1b}[31m\"}",
        ] {
            assert!(LogLine::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn fields_keep_their_order_and_types() {
        let line = LogLine::parse(r#"{"z":1.5,"a":null,"m":{"k":[true,-3]},"t":"x"}"#).unwrap();
        assert_eq!(line.keys().collect::<Vec<_>>(), ["z", "a", "m", "t"]);
        assert_eq!(line.get("m").unwrap().to_string(), r#"{"k":[true,-3]}"#);
        assert_eq!((line.number("z"), line.str("t")), (1.5, "x"));
        assert_eq!(line.get("a"), Some(&Value::Null));
    }

    #[test]
    fn request_lines_are_told_by_their_target() {
        let mut log = LogBuffer::new();
        writeln!(log, r#"{{"target":"obs::request","status":200}}"#).unwrap();
        writeln!(log, r#"{{"target":"app","status":200}}"#).unwrap();
        assert_eq!(log.request_lines().len(), 1);
    }

    #[test]
    fn a_waiting_thread_sees_lines_of_another() {
        let log = LogBuffer::new();
        let mut writer = log.clone();
        let thread = std::thread::spawn(move || {
            writeln!(writer, r#"{{"n":1}}"#).unwrap();
            writeln!(writer, r#"{{"n":2}}"#).unwrap();
        });
        let lines = log.wait_for(DEADLINE, |lines| lines.len() == 2);
        assert_eq!(lines[1].number("n"), 2.0);
        thread.join().unwrap();
    }
}
