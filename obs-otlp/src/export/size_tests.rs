//! The estimates of [`HeapSize`], compared with the heap and with messages.

use std::time::UNIX_EPOCH;

use opentelemetry::{
    Array, KeyValue, StringValue, Value,
    trace::{Event, Status},
};
use opentelemetry_sdk::{Resource, trace::SpanData};
use proptest::{collection::vec, prelude::*};

use super::{span_message::Origin, testing::span};
use crate::{HeapSize, LogRecord};

/// What a span takes in a message beside its texts, at most.
const FRAME: usize = 128;

fn value() -> impl Strategy<Value = Value> {
    let text = || ".{0,300}".prop_map(StringValue::from);
    prop_oneof![
        text().prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::I64),
        vec(text(), 0..30).prop_map(|values| Value::Array(Array::String(values))),
        vec(any::<bool>(), 0..300).prop_map(|values| Value::Array(Array::Bool(values))),
        vec(any::<i64>(), 0..300).prop_map(|values| Value::Array(Array::I64(values))),
        vec(-1e9..1e9, 0..300).prop_map(|values| Value::Array(Array::F64(values))),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(
        ("[a-z.]{1,40}", value()).prop_map(|(key, value)| KeyValue::new(key, value)),
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_message_is_larger_than_the_memory_of_its_spans(
        name in ".{0,300}",
        of_span in attributes(),
        of_events in vec((".{0,100}", attributes()), 0..10),
        error in ".{0,300}",
    ) {
        let mut data = SpanData { attributes: of_span, status: Status::error(error), ..span(&name) };
        data.events.events =
            of_events.into_iter().map(|(name, attributes)| Event::new(name, UNIX_EPOCH, attributes, 0)).collect();
        let size = data.heap_size();
        let empty = Origin::new(&Resource::builder_empty().build()).request(&[]).len();
        let message = Origin::new(&Resource::builder_empty().build()).request(std::slice::from_ref(&data)).len() - empty;
        prop_assert!(message <= size + FRAME, "{message} bytes of {size}");
        // A copy has no room to spare; its memory is exactly what is requested here.
        let exact = data.clone().heap_size();
        prop_assert!(size <= 3 * exact + 1_024, "{size} of {exact}");
    }
}

#[test]
fn an_estimate_is_what_the_heap_holds_within_a_quarter() {
    let texts =
        |count: usize, len: usize| (0..count).map(move |n| KeyValue::new(n.to_string().repeat(5), "x".repeat(len)));
    for (count, len) in [(15, 30), (30, 1_000), (1, 390_000)] {
        let data = SpanData {
            attributes: texts(count, len).collect(),
            ..span("GET /orders/{id}")
        };
        let (mut copy, size) = (None, data.heap_size() as u64);
        let taken = allocation_counter::measure(|| copy = Some(data.clone()));
        let held = u64::try_from(taken.bytes_current).unwrap();
        assert!(size >= held * 3 / 4 && size <= held * 5 / 4, "{size} for {held}");
    }
}

#[test]
fn an_estimate_of_a_record_is_what_the_heap_holds_within_a_quarter() {
    use opentelemetry::logs::LogRecord as _;

    for (count, len) in [(0, 10), (5, 30), (20, 1_000), (1, 390_000)] {
        let mut record = None;
        let taken = allocation_counter::measure(|| {
            let mut new = Box::new(LogRecord::default());
            new.set_body("x".repeat(len).into());
            for n in 0..count {
                new.add_attribute(n.to_string().repeat(5), "x".repeat(len));
            }
            record = Some(new);
        });
        let (size, held) = (
            record.unwrap().heap_size() as u64,
            u64::try_from(taken.bytes_current).unwrap(),
        );
        assert!(size >= held * 3 / 4 && size <= held * 2, "{size} for {held}");
    }
}
