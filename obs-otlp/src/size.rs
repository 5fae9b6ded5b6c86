//! Estimates of the memory that items hold.

use std::mem::size_of;

use opentelemetry::{
    Array, Key, KeyValue, Value,
    logs::AnyValue,
    trace::{Event, Link, Status},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::{LogRecord, Tick};

/// The memory that an item holds on the heap, in addition to its slot in a queue.
///
/// An estimate without the overhead of the allocator. Each text counts, also one that is shared or static, since it
/// is in the message all the same. The sum over all queued items is what [`Budget`](crate::Budget) bounds, and a
/// batch is full once its sum is a sixteenth of that, so that an estimate that is too small lets queues hold more
/// memory, and one that is too large drops items too early.
///
/// ```
/// use obs_otlp::HeapSize;
///
/// /// An item that becomes a span when it is exported.
/// struct Ended {
///     name: &'static str,
///     url: String,
/// }
/// impl HeapSize for Ended {
///     fn heap_size(&self) -> usize {
///         self.name.len() + self.url.capacity()
///     }
/// }
/// assert_eq!(Ended { name: "GET /", url: String::from("https://a.b/") }.heap_size(), 17);
/// ```
pub trait HeapSize {
    /// The size in bytes. Called once, when the item is queued, on the thread that records it: it should be cheap.
    fn heap_size(&self) -> usize;
}

// === impl HeapSize ===

impl HeapSize for SpanData {
    fn heap_size(&self) -> usize {
        self.name.len()
            + self.attributes.heap_size()
            + self.events.heap_size()
            + self.links.heap_size()
            + self.status.heap_size()
    }
}

impl HeapSize for Vec<KeyValue> {
    fn heap_size(&self) -> usize {
        let texts = self
            .iter()
            .map(|KeyValue { key, value, .. }| key.as_str().len() + of_value(value))
            .sum::<usize>();
        self.capacity() * size_of::<KeyValue>() + texts
    }
}

impl HeapSize for SpanEvents {
    fn heap_size(&self) -> usize {
        let contents = self
            .events
            .iter()
            .map(|Event { name, attributes, .. }| name.len() + attributes.heap_size())
            .sum::<usize>();
        self.events.capacity() * size_of::<Event>() + contents
    }
}

impl HeapSize for SpanLinks {
    fn heap_size(&self) -> usize {
        let contents = self
            .links
            .iter()
            .map(|Link { attributes, .. }| attributes.heap_size())
            .sum::<usize>();
        self.links.capacity() * size_of::<Link>() + contents
    }
}

impl HeapSize for Status {
    fn heap_size(&self) -> usize {
        match self {
            Status::Error { description } => description.len(),
            Status::Unset | Status::Ok => 0,
        }
    }
}

impl HeapSize for Box<LogRecord> {
    fn heap_size(&self) -> usize {
        let texts = self
            .attributes
            .iter()
            .map(|(key, value)| key.as_str().len() + of_any(value))
            .sum::<usize>();
        let attributes = self.attributes.capacity() * PAIR + texts;
        size_of::<LogRecord>() + self.target.len() + self.body.as_ref().map_or(0, of_any) + attributes
    }
}

impl HeapSize for Tick {
    fn heap_size(&self) -> usize {
        0
    }
}

/// The size of an attribute of a record without its texts, in bytes.
const PAIR: usize = size_of::<(Key, AnyValue)>();

fn of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => {
            texts.capacity() * size_of::<opentelemetry::StringValue>()
                + texts.iter().map(|text| text.as_str().len()).sum::<usize>()
        }
        // In a message each value has its own frame, which is larger than the value.
        Value::Array(Array::Bool(values)) => values.capacity() * 4,
        Value::Array(Array::I64(values)) => values.capacity() * 14,
        Value::Array(Array::F64(values)) => values.capacity() * 11,
        // Numbers and booleans have no memory on the heap; other kinds don't exist yet.
        _ => 0,
    }
}

fn of_any(value: &AnyValue) -> usize {
    match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => size_of::<Vec<u8>>() + bytes.capacity(),
        AnyValue::ListAny(list) => {
            size_of::<Vec<AnyValue>>()
                + list
                    .iter()
                    .map(|value| size_of::<AnyValue>() + of_any(value))
                    .sum::<usize>()
        }
        AnyValue::Map(map) => map
            .iter()
            .map(|(key, value)| 2 * PAIR + key.as_str().len() + of_any(value))
            .sum::<usize>(),
        _ => 0,
    }
}
