use std::fmt;

use proptest::prelude::*;
use tracing::{
    field::{debug, display},
    info, info_span,
    subscriber::with_default,
};
use tracing_subscriber::prelude::*;

use super::{
    super::{JsonLayer, parts::MAX_LINE},
    fixture::{Captured, Fixture, LONG, known_context, parsed},
    requests,
};
use crate::context::{self, FieldValue};

#[test]
fn a_line_that_would_be_too_long_is_cut_and_says_so() {
    let long = "x\n".repeat(MAX_LINE);
    let fixture = Fixture::new();
    let lines = fixture.run(|| {
        context::run_in(known_context(false), || {
            info!(target: "t", a = 1, "{long}");
            info!(target: "t", a = %long, b = 2, "short");
            context::set_field("c", long.clone());
            info!(target: "t", a = 1, "short");
            let _span = info_span!("s", d = %long, e = 5).entered();
            info!(target: "t", a = 1, "short");
        });
    });
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert!(line.len() < MAX_LINE && line.len() > MAX_LINE / 2, "{}", line.len());
        assert_eq!(parsed(line)["truncated"], true);
        assert_eq!(parsed(line)["target"], "t");
        assert_eq!(parsed(line)["request_id"], "req-123");
    }
    assert_eq!(parsed(&lines[1])["message"], "short");
    assert_eq!(parsed(&lines[3])["a"], 1);
}

#[test]
fn a_message_after_large_fields_keeps_some_room() {
    let long = "x".repeat(2 * MAX_LINE);
    let fixture = Fixture::new();
    fixture.run(|| info!(big = %long, message = "still here"));
    assert_eq!(parsed(&fixture.only_line())["message"], "still here");
}

/// Never stops to write.
struct Endless;

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        loop {
            f.write_str("and on ")?;
        }
    }
}

#[test]
fn formatting_stops_when_the_line_is_full() {
    let fixture = Fixture::new();
    fixture.run(|| info!(endless = ?Endless, "x"));
    assert!(fixture.only_line().len() < MAX_LINE);
}

#[test]
fn the_longest_service_and_target_leave_a_valid_line() {
    let captured = Captured::default();
    let logs = JsonLayer::new("\u{1}".repeat(MAX_LINE), captured.clone()).unwrap();
    with_default(tracing_subscriber::registry().with(logs.clone()), || {
        info!("{}", "y".repeat(MAX_LINE));
    });
    assert!(logs.flush(LONG));
    let text = captured.text();
    assert!(text.len() <= MAX_LINE);
    parsed(text.trim_end());
}

/// Fields whose names come from a small set, so that they collide, and are declared by one span.
fn record_all(span: &tracing::Span, values: &[(usize, String)]) {
    for (index, value) in values {
        match index % 6 {
            0 => span.record("level", value.as_str()),
            1 => span.record("fields.level", display(value)),
            2 => span.record("weird \"key\"\n", debug(value)),
            3 => span.record("password", value.as_str()),
            4 => span.record("shared", value.as_str()),
            _ => span.record("number", value.len()),
        };
    }
}

fn field_value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        any::<String>().prop_map(FieldValue::from),
        any::<f64>().prop_map(FieldValue::from),
        any::<i64>().prop_map(FieldValue::from),
        any::<u64>().prop_map(FieldValue::from),
        any::<bool>().prop_map(FieldValue::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(fields\\.)?(level|message|timestamp|truncated|status|path|shared|x)",
        "[a-z]{1,3}",
    ]
}

proptest! {
    #[test]
    fn every_line_is_one_json_object_with_unique_keys(
        message in any::<String>(),
        fields in prop::collection::vec((key(), field_value()), 0..12),
        values in prop::collection::vec((0_usize..6, any::<String>()), 0..8),
        (float, integer, flag) in any::<(f64, i128, bool)>(),
        bytes in prop::collection::vec(any::<u8>(), 0..20),
        repeat in prop_oneof![9 => Just(1_usize), 1 => Just(3_000)],
    ) {
        let fixture = Fixture::new();
        let message = message.repeat(repeat);
        let lines = fixture.run(|| context::run_in(known_context(false), || {
            for (key, value) in fields {
                context::set_field(key, value);
            }
            let span = info_span!(
                "s",
                level = tracing::field::Empty,
                fields.level = tracing::field::Empty,
                "weird \"key\"\n" = tracing::field::Empty,
                password = tracing::field::Empty,
                shared = tracing::field::Empty,
                number = tracing::field::Empty,
            );
            record_all(&span, &values);
            let _entered = span.enter();
            let _inner = info_span!("inner", shared = "inner", x = 1).entered();
            info!(
                target: "t",
                shared = %message,
                x = 2,
                fields.level = ?message,
                float,
                integer,
                flag,
                bytes = &bytes[..],
                "{message}"
            );
            let start = fixture.logs.begin_request(&message, Some(message.as_bytes()), None);
            let line = requests::line(&message, &message);
            fixture.logs.write_request(start, &context::current().unwrap(), &line);
        }));
        prop_assert_eq!(lines.len(), 2);
        for line in &lines {
            prop_assert!(line.len() < MAX_LINE);
            let object = parsed(line);
            prop_assert_eq!(&object["level"], "info");
            prop_assert_eq!(&object["request_id"], "req-123");
        }
        if message.len() >= MAX_LINE {
            prop_assert_eq!(&parsed(&lines[0])["truncated"], true);
        }
        if repeat == 1 {
            let object = parsed(&lines[0]);
            prop_assert_eq!(&object["flag"], flag);
            prop_assert_eq!(&object["message"], &message);
            prop_assert_eq!(&object["shared"], &message);
        }
    }

    #[test]
    fn lines_for_people_stay_one_line(message in any::<String>(), value in any::<String>()) {
        let fixture = Fixture::pretty();
        let lines = fixture.run(|| context::run_in(known_context(false), || {
            context::set_field(value.clone(), value.clone());
            info!(target: "t", display = %value, debug = ?value, text = value.as_str(), "{message}");
            let start = fixture.logs.begin_request(&value, None, None);
            fixture.logs.write_request(start, &context::current().unwrap(), &requests::line(&message, &value));
        }));
        prop_assert_eq!(lines.len(), 2);
        prop_assert!(lines.iter().all(|line| !line.contains(char::is_control)));
    }
}
