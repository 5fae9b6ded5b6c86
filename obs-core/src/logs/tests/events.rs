use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use metrics::NoopRecorder;
use obs_base::ServiceInfo;
use opentelemetry::{
    Context as OtelContext,
    trace::{SpanContext, TraceContextExt as _, TraceState},
};
use tracing::{Level, error, info, info_span, subscriber::with_default, warn};
use tracing_subscriber::{Layer as _, filter::LevelFilter, prelude::*};

use super::{
    super::{JsonLayer, LineReader, LogSettings},
    fixture::{Captured, Fixture, LONG, known_context, logged, parsed, service, without_timestamp},
};
use crate::{context, guard::Guarded};

const IDS: &str =
    r#""request_id":"req-123","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7""#;

#[test]
fn an_event_is_one_line_of_json_in_the_documented_order() {
    let line = logged(|| error!(target: "payment::charge", action = "charge", amount_cents = 1999, "card declined"));
    assert_eq!(
        line,
        r#"{"level":"error","severity":"ERROR","message":"card declined","target":"payment::charge","service":"payment-service","action":"charge","amount_cents":1999}"#
    );
}

#[test]
fn version_and_environment_are_on_the_line_when_set() {
    let service = ServiceInfo {
        name: "pay \"x\"".to_owned(),
        version: Some("1.2.3".to_owned()),
        environment: Some("staging".to_owned()),
        attributes: Vec::new(),
    };
    let fixture = Fixture::set(service, LogSettings::default(), &NoopRecorder);
    fixture.run(|| info!(target: "t", "up"));
    assert_eq!(
        without_timestamp(&fixture.only_line()),
        r#"{"level":"info","severity":"INFO","message":"up","target":"t","service":"pay \"x\"","version":"1.2.3","env":"staging"}"#
    );
}

#[test]
fn within_a_request_the_line_has_its_ids_and_fields() {
    let line = logged(|| {
        context::run_in(known_context(false), || {
            context::set_field("user_id", "user-456");
            context::set_field("attempt", 2);
            warn!(target: "t", action = "charge", "slow");
        });
    });
    assert_eq!(
        line,
        format!(
            r#"{{"level":"warn","severity":"WARN","message":"slow","target":"t","service":"payment-service",{IDS},"user_id":"user-456","attempt":2,"action":"charge"}}"#
        )
    );
}

#[test]
fn fields_of_spans_come_last_and_the_inner_one_wins() {
    let line = logged(|| {
        let outer = info_span!("outer", order = 7, stage = "outer", user = "of outer");
        let _outer = outer.enter();
        let inner = info_span!("inner", stage = "inner", late = tracing::field::Empty);
        inner.record("late", "recorded");
        let _inner = inner.enter();
        info!(target: "t", user = "of event", "hi");
    });
    assert_eq!(
        line,
        r#"{"level":"info","severity":"INFO","message":"hi","target":"t","service":"payment-service","user":"of event","stage":"inner","late":"recorded","order":7}"#
    );
}

#[test]
fn an_event_field_goes_before_a_context_field_and_that_before_a_span_field() {
    let line = logged(|| {
        context::run_in(known_context(false), || {
            context::set_field("a", "context");
            context::set_field("b", "context");
            let _span = info_span!("s", a = "span", b = "span", c = "span").entered();
            info!(target: "t", a = "event", "x");
        });
    });
    assert!(
        line.ends_with(&format!(r#"{IDS},"b":"context","a":"event","c":"span"}}"#)),
        "{line}"
    );
}

#[test]
fn a_field_recorded_again_keeps_the_last_value() {
    let line = logged(|| {
        let span = info_span!("s", step = 1, other = true);
        span.record("step", 2);
        span.record("step", 3);
        span.in_scope(|| info!(target: "t", "x"));
    });
    assert!(line.ends_with(r#","other":true,"step":3}"#), "{line}");
}

#[test]
fn of_two_event_fields_with_one_name_the_last_wins() {
    let line = logged(|| info!(target: "t", level = 1, a = 1, fields.level = 2, b = 2, "x"));
    assert!(line.ends_with(r#","a":1,"fields.level":2,"b":2}"#), "{line}");
}

#[test]
fn reserved_names_are_moved_aside() {
    let line = logged(|| {
        context::run_in(known_context(false), || {
            context::set_field("message", "from context");
            let _span = info_span!("s", target = "from span", message = "unseen").entered();
            info!(target: "t", level = "x", trace_id = 5, timestamp = 1, truncated = false, env = "y", "m");
        });
    });
    assert_eq!(
        line,
        format!(
            r#"{{"level":"info","severity":"INFO","message":"m","target":"t","service":"payment-service",{IDS},"fields.message":"from context","fields.level":"x","fields.trace_id":5,"fields.timestamp":1,"fields.truncated":false,"fields.env":"y","fields.target":"from span"}}"#
        )
    );
}

#[test]
fn an_event_without_a_message_has_an_empty_one() {
    let line = logged(|| info!(target: "t", a = 1));
    assert_eq!(
        line,
        r#"{"level":"info","severity":"INFO","message":"","target":"t","service":"payment-service","a":1}"#
    );
}

#[test]
fn values_keep_their_type() {
    let error = io::Error::other("disk full");
    let line = logged(|| {
        info!(
            target: "t",
            f = 1.5,
            nan = f64::NAN,
            big = u64::MAX,
            huge = u128::MAX,
            small = -3_i128,
            yes = true,
            debug = ?Some("x"),
            display = %"y",
            error = &error as &dyn std::error::Error,
            none = Option::<u64>::None,
            r#type = "raw",
            "values"
        );
    });
    assert!(
        line.ends_with(
            r#","f":1.5,"nan":null,"big":18446744073709551615,"huge":"340282366920938463463374607431768211455","small":-3,"yes":true,"debug":"Some(\"x\")","display":"y","error":"disk full","type":"raw"}"#
        ),
        "{line}"
    );
}

#[test]
fn nothing_logged_can_forge_a_line() {
    let evil = "a\n{\"level\":\"error\"}\r\u{2028}\u{85}\u{1b}[2J";
    let line = logged(|| {
        let _span = info_span!("s", evil).entered();
        info!(target: "t", debug = ?evil, display = %evil, "{evil}");
    });
    let object = parsed(&line.replacen('{', "{\"timestamp\":\"\",", 1));
    assert_eq!(object["message"], evil);
    assert_eq!(object["evil"], evil);
    assert_eq!(object["display"], evil);
    assert!(!line.contains(char::is_control) && !line.contains('\u{2028}'));
}

#[test]
fn sensitive_fields_are_redacted_wherever_they_come_from() {
    let line = logged(|| {
        context::run_in(known_context(false), || {
            context::set_field("session_token", "s3cret");
            let _span = info_span!("s", user.password = "s3cret").entered();
            info!(target: "t", Authorization = ?"s3cret", api_key = 5, token_count = 9, "x");
        });
    });
    assert!(!line.contains("s3cret"));
    assert!(
        line.ends_with(
            r#""session_token":"REDACTED","Authorization":"REDACTED","api_key":"REDACTED","token_count":9,"user.password":"REDACTED"}"#
        ),
        "{line}"
    );
}

#[test]
fn more_names_can_be_redacted() {
    let settings = LogSettings {
        redact: vec!["iban".to_owned()],
        ..LogSettings::default()
    };
    let fixture = Fixture::set(service(), settings, &NoopRecorder);
    fixture.run(|| info!(target: "t", bic = 3, customer.iban = 1, password = 2, "x"));
    assert!(
        fixture
            .only_line()
            .ends_with(r#""bic":3,"customer.iban":"REDACTED","password":"REDACTED"}"#)
    );
}

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        panic!("on purpose")
    }
}

#[test]
fn a_panic_while_formatting_breaks_neither_the_line_nor_the_caller() {
    let line = logged(|| info!(target: "t", a = 1, bad = ?Panics, c = 3, "x"));
    assert!(
        line.ends_with(r#","a":1,"bad":"<panicked while formatting>","c":3,"truncated":true}"#),
        "{line}"
    );
    let line = logged(|| info!(target: "t", "{:?}", Panics));
    assert!(
        line.contains(r#""message":"<panicked while formatting>","target":"t""#),
        "{line}"
    );
}

/// Logs itself whenever it is formatted.
struct Endless;

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!(target: "t", me = ?self, "again");
        let _span = info_span!("again", me = ?self).entered();
        f.write_str("endless")
    }
}

#[test]
fn a_debug_that_logs_itself_comes_to_an_end() {
    let fixture = Fixture::new();
    let lines = fixture.run(|| info!(target: "t", endless = ?Endless, "x"));
    assert!(
        lines.len() < 10 && lines.last().unwrap().contains(r#""endless":"endless""#),
        "{lines:?}"
    );
}

#[cfg(feature = "span-filter")]
#[test]
fn a_filter_that_reads_fields_breaks_nothing_when_they_panic() {
    let settings = LogSettings {
        filter: Some("info,[{bad=1}]=debug".to_owned()),
        ..LogSettings::default()
    };
    let fixture = Fixture::set(service(), settings, &NoopRecorder);
    let lines = fixture.run(|| {
        let span = info_span!("s", bad = ?Panics, late = tracing::field::Empty);
        span.record("late", tracing::field::debug(Panics));
        span.in_scope(|| info!(target: "t", "x"));
    });
    assert_eq!(lines.len(), 1);
}

#[test]
fn texts_lose_the_secrets_within_them() {
    #[derive(Debug)]
    struct Config {
        _user: &'static str,
        _password: &'static str,
    }
    let config = Config {
        _user: "bob",
        _password: "s3cret",
    };
    let error = io::Error::other("no answer from https://bob:s3cret@h/p?sig=s3cret");
    for fixture in [Fixture::new(), Fixture::pretty()] {
        let lines = fixture.run(|| {
            context::run_in(known_context(false), || {
                context::set_field("referer", "https://h/?code=s3cret");
                let _span = info_span!("s", url = "https://h/?access_token=s3cret", ?config).entered();
                error!(target: "t", error = &error as &dyn std::error::Error, %error, "Authorization: Bearer s3cret");
            });
        });
        assert!(!lines[0].contains("s3cret") && lines[0].contains("bob"), "{lines:?}");
    }
}

fn otel_span(trace_id: u128, span_id: u64) -> OtelContext {
    let flags = opentelemetry::TraceFlags::SAMPLED;
    let span = SpanContext::new(trace_id.into(), span_id.into(), flags, false, TraceState::default());
    OtelContext::new().with_remote_span_context(span)
}

#[test]
fn a_sampled_request_is_logged_with_its_innermost_active_span() {
    let trace_id = known_context(true).trace_id().get();
    let span_id = |sampled, trace_id| {
        let line = logged(|| {
            context::run_in(known_context(sampled), || {
                let _active = otel_span(trace_id, 0xab).attach();
                info!(target: "t", "x");
            });
        });
        parsed(&line.replacen('{', "{\"timestamp\":\"\",", 1))["span_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(span_id(true, trace_id), "00000000000000ab");
    assert_eq!(span_id(false, trace_id), "00f067aa0ba902b7");
    assert_eq!(span_id(true, trace_id + 1), "00f067aa0ba902b7");
}

#[test]
fn outside_of_requests_an_active_span_gives_its_ids() {
    let line = logged(|| {
        let _active = otel_span(0xcd, 0xab).attach();
        info!(target: "t", "x");
    });
    assert!(
        line.ends_with(&format!(r#""trace_id":"{:0>32}","span_id":"{:0>16}"}}"#, "cd", "ab")),
        "{line}"
    );
}

#[test]
fn records_of_the_log_crate_have_their_own_target() {
    let line = logged(|| {
        let record = tracing_log::log::Record::builder()
            .args(format_args!("from a library"))
            .level(tracing_log::log::Level::Warn)
            .target("hyper::client")
            .module_path(Some("hyper::client"))
            .file(Some("client.rs"))
            .line(Some(7))
            .build();
        tracing_log::format_trace(&record).unwrap();
    });
    assert_eq!(
        line,
        r#"{"level":"warn","severity":"WARN","message":"from a library","target":"hyper::client","service":"payment-service"}"#
    );
}

#[test]
fn lines_for_people_show_time_level_message_and_fields() {
    let fixture = Fixture::pretty();
    fixture.run(|| {
        context::run_in(known_context(false), || {
            context::set_field("user_id", "user 456");
            let _span = info_span!("s", stage = "inner").entered();
            error!(target: "payment::charge", amount_cents = 1999, "card\ndeclined");
        });
    });
    let line = fixture.only_line();
    let (time, rest) = line.split_once(' ').unwrap();
    assert_eq!(time.len(), "14:30:05.123".len());
    assert_eq!(
        rest,
        r#"ERROR payment::charge: card\ndeclined amount_cents=1999 user_id="user 456" stage=inner trace=4bf92f35 request=req-123"#
    );
}

#[test]
fn two_pipelines_on_one_subscriber_keep_their_own_form_of_span_fields() {
    let (json, pretty) = (Fixture::new(), Fixture::pretty());
    let subscriber = tracing_subscriber::registry()
        .with(json.logs.layer(LevelFilter::OFF))
        .with(pretty.logs.layer(LevelFilter::OFF));
    with_default(subscriber, || {
        let span = info_span!("s", a = "b c");
        span.record("a", "c d");
        span.in_scope(|| info!(target: "t", "x"));
    });
    assert!(json.only_line().ends_with(r#","a":"c d"}"#));
    assert!(pretty.only_line().ends_with(r#" INFO  t: x a="c d""#));
}

#[test]
fn a_second_reader_sees_each_finished_line() {
    struct Keep(Captured);
    impl LineReader for Keep {
        fn read(&self, level: Level, line: &[u8]) {
            assert_eq!(level, Level::INFO);
            self.0.clone().write_all(line).unwrap();
        }
    }
    let fixture = Fixture::new();
    let seen = Captured::default();
    assert!(
        fixture
            .logs
            .set_reader(Box::new(Guarded::new("a reader", Keep(seen.clone()))))
    );
    assert!(
        !fixture
            .logs
            .set_reader(Box::new(Guarded::new("a reader", Keep(seen.clone()))))
    );
    let lines = fixture.run(|| info!("x"));
    assert_eq!(seen.text(), format!("{}\n", lines[0]));
}

#[test]
fn a_line_reader_that_panics_costs_no_line() {
    struct Hostile(Arc<AtomicUsize>);
    impl LineReader for Hostile {
        fn read(&self, _: Level, _: &[u8]) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("on purpose");
        }
    }
    let (fixture, calls) = (Fixture::new(), Arc::new(AtomicUsize::new(0)));
    assert!(
        fixture
            .logs
            .set_reader(Box::new(Guarded::new("the reader", Hostile(Arc::clone(&calls)))))
    );
    let lines = fixture.run(|| {
        info!("one");
        info!("two");
    });
    let messages: Vec<_> = lines
        .iter()
        .map(|line| parsed(line)["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(messages, ["one", "two"]);
}

#[test]
fn a_layer_made_by_hand_works_behind_other_filters_and_reload() {
    use tracing_subscriber::reload;

    let captured = Captured::default();
    let logs = JsonLayer::new("svc", captured.clone()).unwrap();
    let (reloadable, handle) = reload::Layer::new(LevelFilter::WARN);
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(io::sink))
        .with(logs.clone().with_filter(reloadable));
    with_default(subscriber, || {
        info!("not yet");
        handle.modify(|filter| *filter = LevelFilter::INFO).unwrap();
        info!("now");
    });
    assert!(logs.flush(LONG));
    let text = captured.text();
    assert_eq!(text.lines().count(), 1);
    assert_eq!(parsed(text.trim_end())["message"], "now");
}

#[test]
fn a_layer_can_itself_be_reloaded() {
    let captured = Captured::default();
    let logs = JsonLayer::new("svc", captured.clone()).unwrap();
    let (reloadable, handle) = tracing_subscriber::reload::Layer::new(None::<JsonLayer>);
    with_default(tracing_subscriber::registry().with(reloadable), || {
        let _span = info_span!("older than the layer", a = 1).entered();
        handle.modify(|layer| *layer = Some(logs.clone())).unwrap();
        info!("x");
    });
    assert!(logs.flush(LONG));
    assert_eq!(captured.text().lines().count(), 1);
}

#[test]
fn a_service_must_have_a_name() {
    let error = JsonLayer::new("", io::sink()).unwrap_err();
    assert!(error.to_string().contains("service"), "{error}");
}
