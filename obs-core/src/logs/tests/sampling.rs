use std::time::Duration;

use metrics::NoopRecorder;
use tracing::Level;

use super::{
    super::{LogSettings, RequestLine},
    counters::Counters,
    fixture::{Fixture, context_of, known_context, service},
    requests,
};
use crate::{context::RequestContext, request::Outcome};

fn sampled(ratio: f64, recorder: &dyn metrics::Recorder) -> Fixture {
    let settings = LogSettings {
        sample_ratio: Some(ratio),
        ..LogSettings::default()
    };
    Fixture::set(service(), settings, recorder)
}

fn write(fixture: &Fixture, context: &RequestContext, line: &RequestLine<'_>) {
    fixture
        .logs
        .write_request(fixture.logs.begin_request("/orders/7", None, None), context, line);
}

fn usual() -> RequestLine<'static> {
    requests::line("/orders/{id}", "")
}

#[test]
fn what_went_well_is_left_out_and_counted() {
    let counters = Counters::default();
    let fixture = sampled(0.0, &counters);
    (0..5).for_each(|_| write(&fixture, &known_context(true), &usual()));
    assert!(fixture.lines().is_empty());
    assert_eq!(counters.get("obs_log_lines_sampled_out_total{}"), 5);
    assert_eq!(counters.get("obs_log_lines_total{level=info}"), 0);
}

#[test]
fn every_other_outcome_writes_its_line() {
    let fixture = sampled(0.0, &NoopRecorder);
    for outcome in Outcome::ALL {
        write(
            &fixture,
            &known_context(false),
            &RequestLine {
                outcome,
                level: Level::INFO,
                ..usual()
            },
        );
    }
    let lines = fixture.lines();
    assert_eq!(lines.len(), Outcome::ALL.len() - 1);
    assert!(lines.iter().all(|line| !line.contains(r#""outcome":"ok""#)));
}

#[test]
fn a_slow_request_writes_its_line() {
    let settings = LogSettings {
        sample_ratio: Some(0.0),
        slow: Some(Duration::from_millis(250)),
        ..LogSettings::default()
    };
    let fixture = Fixture::set(service(), settings, &NoopRecorder);
    for millis in [249, 250, 251] {
        write(
            &fixture,
            &known_context(false),
            &RequestLine {
                duration: Duration::from_millis(millis),
                ..usual()
            },
        );
    }
    assert_eq!(fixture.lines().len(), 2);
    let usual_limit = sampled(0.0, &NoopRecorder);
    for seconds in [0, 1] {
        write(
            &usual_limit,
            &known_context(false),
            &RequestLine {
                duration: Duration::from_secs(seconds),
                ..usual()
            },
        );
    }
    assert_eq!(usual_limit.lines().len(), 1);
}

#[test]
fn the_trace_id_decides() {
    let fixture = sampled(0.25, &NoopRecorder);
    let quarter = u128::from(u64::MAX / 4);
    for (trace_id, kept) in [
        (1, true),
        (quarter - 2, true),
        (quarter + 2, false),
        (u128::from(u64::MAX), false),
    ] {
        let before = fixture.lines().len();
        write(&fixture, &context_of(trace_id, false), &usual());
        assert_eq!(fixture.lines().len() > before, kept, "{trace_id:x}");
    }
}

#[test]
fn a_line_that_the_filter_keeps_out_is_not_counted_as_sampled() {
    let counters = Counters::default();
    let settings = LogSettings {
        sample_ratio: Some(0.0),
        filter: Some("warn".to_owned()),
        ..LogSettings::default()
    };
    let fixture = Fixture::set(service(), settings, &counters);
    write(&fixture, &known_context(false), &usual());
    assert_eq!(counters.get("obs_log_lines_sampled_out_total{}"), 0);
}
