//! Child spans, as they are read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use obs_base::ids::SpanId;
use opentelemetry::{KeyValue, Value};

use super::codec::{Reader, cut, push_bytes, push_u32, push_u64};
use crate::field_value::FieldValue;

/// The most bytes of the name of a span, and of a key of its attributes.
pub(super) const MAX_TEXT: usize = 256;
/// The most bytes of the value of an attribute.
const MAX_VALUE: usize = 1_024;
/// The most bytes of all attributes of a span.
pub(super) const MAX_ATTRIBUTES: usize = 4 * 1_024;
/// The bytes of an attribute beside key and value.
pub(super) const ATTRIBUTE_FRAME: usize = 9;

const TEXT: u8 = 0;
const SIGNED: u8 = 1;
const FLOAT: u8 = 2;
const BOOL: u8 = 3;

/// The status of a child span that has ended
/// ([OpenTelemetry](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpanStatus {
    /// Nothing was said: also of work that was dropped before its end.
    #[default]
    Unset,
    /// The work has succeeded.
    Ok,
    /// The work has failed.
    Error,
}

/// A child span of a request or job: a part of its work, or an outgoing call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpanRecord {
    /// The id of the span.
    pub span_id: SpanId,
    /// The span that it is a child of: the request's own, or another one of the record.
    pub parent_id: Option<SpanId>,
    /// Its name, of at most 256 bytes.
    pub name: String,
    /// Its kind as OpenTelemetry calls it: `internal`, `client`, `server`, `producer` or `consumer`.
    pub kind: &'static str,
    /// When it began, by the wall clock.
    pub started: SystemTime,
    /// From its begin to its end.
    pub duration: Duration,
    /// Its status.
    pub status: SpanStatus,
    /// Its attributes in the order in which they were set, redacted like those of exported spans; at most 4 KiB.
    pub attributes: Vec<(String, FieldValue)>,
    /// How many attributes were left out.
    pub left_out: u32,
}

/// What a child span is stored with when it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndedSpan<'a> {
    pub(crate) span_id: SpanId,
    pub(crate) parent_id: Option<SpanId>,
    pub(crate) name: &'a str,
    pub(crate) kind: u8,
    /// Since the Unix epoch.
    pub(crate) started: Duration,
    pub(crate) duration: Duration,
    pub(crate) status: SpanStatus,
    /// As [`push_attribute`] writes them.
    pub(crate) attributes: &'a [u8],
    pub(crate) left_out: u32,
}

/// The names of the kinds by their numbers.
const KINDS: [&str; 5] = ["internal", "client", "server", "producer", "consumer"];

/// The number by which a kind is stored.
pub(crate) fn kind_number(kind: &opentelemetry::trace::SpanKind) -> u8 {
    use opentelemetry::trace::SpanKind;
    match kind {
        SpanKind::Internal => 0,
        SpanKind::Client => 1,
        SpanKind::Server => 2,
        SpanKind::Producer => 3,
        SpanKind::Consumer => 4,
    }
}

/// The kind of this name.
pub(crate) fn kind_of(name: &str) -> opentelemetry::trace::SpanKind {
    use opentelemetry::trace::SpanKind;
    let kinds = [
        SpanKind::Client,
        SpanKind::Server,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    let found = kinds
        .into_iter()
        .find(|kind| KINDS.get(usize::from(kind_number(kind))) == Some(&name));
    found.unwrap_or(SpanKind::Internal)
}

pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Writes an attribute, if all of them then have at most [`MAX_ATTRIBUTES`].
pub(crate) fn push_attribute(out: &mut Vec<u8>, attribute: &KeyValue) -> bool {
    let key = cut(attribute.key.as_str(), MAX_TEXT);
    let text;
    let (tag, bytes): (u8, &[u8]) = match &attribute.value {
        Value::String(value) => (TEXT, cut(value.as_str(), MAX_VALUE).as_bytes()),
        Value::I64(value) => (SIGNED, &value.to_le_bytes()),
        Value::F64(value) => (FLOAT, &value.to_le_bytes()),
        Value::Bool(value) => (BOOL, &[u8::from(*value)]),
        other => {
            text = other.as_str();
            (TEXT, cut(&text, MAX_VALUE).as_bytes())
        }
    };
    if out.len() + key.len() + bytes.len() + ATTRIBUTE_FRAME > MAX_ATTRIBUTES {
        return false;
    }
    push_bytes(out, key.as_bytes());
    out.push(tag);
    push_bytes(out, bytes);
    true
}

fn attributes(bytes: &[u8]) -> Vec<(String, FieldValue)> {
    let mut reader = Reader(bytes);
    let mut all = Vec::new();
    while !reader.0.is_empty() {
        let key = reader.sized_text().to_owned();
        let (tag, value) = (reader.u8(), reader.sized());
        let mut number = Reader(value);
        let value = match tag {
            SIGNED => FieldValue::I64(number.u64().cast_signed()),
            FLOAT => FieldValue::F64(f64::from_bits(number.u64())),
            BOOL => FieldValue::Bool(number.u8() != 0),
            _ => String::from_utf8_lossy(value).into_owned().into(),
        };
        // A key that is set again replaces the value before.
        match all.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => all.push((key, value)),
        }
    }
    all
}

// === impl SpanStatus ===

impl SpanStatus {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Unset => 0,
            Self::Ok => 1,
            Self::Error => 2,
        }
    }

    pub(crate) fn of_number(number: u8) -> Self {
        match number {
            1 => Self::Ok,
            2 => Self::Error,
            _ => Self::Unset,
        }
    }
}

// === impl EndedSpan ===

impl EndedSpan<'_> {
    /// The bytes that [`write`](Self::write) adds.
    pub(super) fn size(&self) -> usize {
        60 + self.name.len() + self.attributes.len()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        push_u64(out, self.span_id.get());
        push_u64(out, self.parent_id.map_or(0, SpanId::get));
        push_u64(out, nanoseconds(self.started));
        push_u64(out, nanoseconds(self.duration));
        push_u32(out, self.left_out);
        out.extend_from_slice(&[self.kind, self.status.number()]);
        push_bytes(out, self.name.as_bytes());
        push_bytes(out, self.attributes);
    }
}

// === impl SpanRecord ===

impl SpanRecord {
    /// Reads what [`EndedSpan::write`] has written; `None` at the end.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let span_id = SpanId::new(reader.u64())?;
        let parent_id = SpanId::new(reader.u64());
        let (started, duration) = (reader.u64(), reader.u64());
        let left_out = reader.u32();
        let (kind, status) = (reader.u8(), reader.u8());
        Some(Self {
            span_id,
            parent_id,
            kind: KINDS.get(usize::from(kind)).copied().unwrap_or(KINDS[0]),
            started: UNIX_EPOCH + Duration::from_nanos(started),
            duration: Duration::from_nanos(duration),
            status: SpanStatus::of_number(status),
            name: reader.sized_text().to_owned(),
            attributes: attributes(reader.sized()),
            left_out,
        })
    }
}
