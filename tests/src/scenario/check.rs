//! The rules, one signal each.

use std::{collections::BTreeMap, time::Duration};

use obs_core::names::{MetricDef, attribute, label, log, metric, value};
use opentelemetry::{Value, trace::Status};
use opentelemetry_sdk::trace::SpanData;

use super::Expected;
use crate::{logs::LogLine, page::Page, spans::value as span_value};

/// Log lines and histograms may round a duration down.
const ROUNDING: Duration = Duration::from_millis(1);

/// Metrics: the counters and the counts of the histograms have grown by what the rows say and nothing else has.
#[track_caller]
pub(super) fn check_metrics(before: &Page, after: &Page, namespace: &str, expected: &[Expected]) {
    let counts = [
        metric::REQUESTS.name(namespace),
        metric::ERRORS.name(namespace),
        count_of(&metric::REQUEST_DURATION, namespace),
        count_of(&metric::STREAM_DURATION, namespace),
    ];
    let name_of = |series: &str| series.split('{').next().unwrap_or_default().to_owned();
    let actual: BTreeMap<String, f64> =
        after.changes(before).into_iter().filter(|(series, _)| counts.contains(&name_of(series))).collect();
    let mut wanted: BTreeMap<String, f64> = BTreeMap::new();
    for row in expected {
        for series in series_of(row, namespace) {
            *wanted.entry(series).or_default() += row.times as f64;
        }
    }
    assert_eq!(actual, wanted, "changes of the counts (left) are not what the rows say (right)");
    for row in expected {
        check_durations(before, after, namespace, row);
    }
    check_sizes(before, after, &metric::REQUEST_SIZE.name(namespace), expected, |row| row.request_bytes);
    check_sizes(before, after, &metric::RESPONSE_SIZE.name(namespace), expected, |row| row.response_bytes);
}

/// The series that one request of `row` makes grow by one.
fn series_of(row: &Expected, namespace: &str) -> Vec<String> {
    let status = row.status.to_string();
    let base = [(label::METHOD, &*row.metric_method), (label::ENDPOINT, &*row.endpoint)];
    let with = |more: &[(&'static str, &str)]| {
        let mut labels = base.to_vec();
        labels.extend(more.iter().copied());
        labels.sort_unstable();
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{{{}}}", labels.join(","))
    };
    let of_status = (label::STATUS, &*status);
    let mut series = vec![
        metric::REQUESTS.name(namespace) + &with(&[of_status, (label::OUTCOME, row.outcome.as_str())]),
        count_of(&metric::REQUEST_DURATION, namespace) + &with(&[of_status]),
    ];
    if let Some(error_type) = row.error_type.as_deref() {
        series.push(metric::ERRORS.name(namespace) + &with(&[(label::ERROR_TYPE, error_type)]));
    }
    if row.stream {
        series.push(count_of(&metric::STREAM_DURATION, namespace) + &with(&[]));
    }
    series
}

fn count_of(definition: &MetricDef, namespace: &str) -> String {
    definition.name(namespace) + "_count"
}

#[track_caller]
fn check_durations(before: &Page, after: &Page, namespace: &str, row: &Expected) {
    let status = row.status.to_string();
    let base = [(label::METHOD, &*row.metric_method), (label::ENDPOINT, &*row.endpoint)];
    let of_status = [base[0], base[1], (label::STATUS, &*status)];
    let sum = |definition: &MetricDef, labels: &[(&str, &str)]| {
        after.delta(before, &format!("{}_sum", definition.name(namespace)), labels)
    };
    let requests = sum(&metric::REQUEST_DURATION, &of_status);
    let lifetime = if row.stream { sum(&metric::STREAM_DURATION, &base) } else { requests };
    let least = row.at_least.saturating_sub(ROUNDING).as_secs_f64() * row.times as f64;
    assert!(lifetime >= least, "{lifetime} s in the histogram of {row:#?}");
    if let Some(most) = row.at_most {
        assert!(requests <= most.as_secs_f64() * row.times as f64, "{requests} s in the histogram of {row:#?}");
    }
}

/// Sizes are compared per (method, endpoint), where all of its rows know theirs.
#[track_caller]
fn check_sizes(before: &Page, after: &Page, name: &str, expected: &[Expected], size: fn(&Expected) -> Option<u64>) {
    for row in expected {
        let same = |other: &&Expected| other.metric_method == row.metric_method && other.endpoint == row.endpoint;
        let known: Option<f64> =
            expected.iter().filter(same).map(|row| size(row).map(|bytes| bytes as f64 * row.times as f64)).sum();
        let labels = [(label::METHOD, &*row.metric_method), (label::ENDPOINT, &*row.endpoint)];
        if let Some(known) = known {
            let grown = after.delta(before, &format!("{name}_sum"), &labels);
            assert_eq!(grown, known, "bytes in {name} of {row:#?}");
        }
    }
}

/// The in-flight series that are not at 0.
pub(super) fn in_flight(page: &Page, namespace: &str) -> Vec<String> {
    let name = metric::IN_FLIGHT.name(namespace);
    let under_way = page.samples(&name, &[]).filter(|sample| sample.value != 0.0);
    under_way.map(|sample| format!("{} {}", sample.series(), sample.value)).collect()
}

/// Trace id and span id of a line.
#[track_caller]
pub(super) fn id(line: &LogLine) -> (&str, &str) {
    (line.str(log::TRACE_ID), line.str(log::SPAN_ID))
}

/// Whether a line is about a request of `row`.
pub(super) fn is_line_of(line: &LogLine, row: &Expected) -> bool {
    line.get(log::METHOD).is_some_and(|method| method == &*row.method)
        && line.get(log::ENDPOINT).is_some_and(|endpoint| endpoint == &*row.endpoint)
        && line.get(log::STATUS).is_some_and(|status| status.to_string().trim_matches('"') == row.status.to_string())
        && line.get(log::OUTCOME).is_some_and(|outcome| outcome == row.outcome.as_str())
        && line.get(log::ERROR_TYPE).and_then(|kind| kind.as_str()) == row.error_type.as_deref()
}

/// Log line: level, ids, durations that agree with each other, sizes.
#[track_caller]
pub(super) fn check_line(line: &LogLine, row: &Expected) {
    assert_eq!(line.str(log::LEVEL), row.level, "level of {line:?}");
    assert!(!line.str(log::REQUEST_ID).is_empty() && !line.str(log::PATH).is_empty(), "{line:?}");
    let millis = line.number(log::DURATION_MS);
    let seconds = line.str(log::DURATION).strip_suffix('s').and_then(|text| text.parse::<f64>().ok());
    let seconds = seconds.unwrap_or_else(|| panic!("duration in seconds in {line:?}"));
    assert!((seconds * 1000.0 - millis).abs() <= 1.0, "two durations in {line:?}");
    assert!(millis >= row.at_least.saturating_sub(ROUNDING).as_secs_f64() * 1000.0, "duration in {line:?}");
    if let Some(head) = line.get(log::HEAD_MS).and_then(serde_json::Value::as_f64) {
        assert!(head <= millis, "head after the end in {line:?}");
    }
    for (key, bytes) in [(log::REQUEST_BYTES, row.request_bytes), (log::RESPONSE_BYTES, row.response_bytes)] {
        if let Some(bytes) = bytes {
            assert_eq!(line.get(key).and_then(serde_json::Value::as_u64), Some(bytes), "{key} in {line:?}");
        }
    }
}

/// The span that a line names.
#[track_caller]
pub(super) fn find_span<'a>(spans: &'a [SpanData], line: &LogLine) -> &'a SpanData {
    let (trace_id, span_id) = id(line);
    let is_meant = |span: &&SpanData| {
        span.span_context.trace_id().to_string() == trace_id && span.span_context.span_id().to_string() == span_id
    };
    spans.iter().find(is_meant).unwrap_or_else(|| panic!("no span of {line:?} among {spans:#?}"))
}

/// Span: name, stable attributes in their types, status, duration.
#[track_caller]
pub(super) fn check_span(span: &SpanData, row: &Expected) {
    assert_eq!(span.name, row.span_name());
    let text = |key: &str| span_value(span, key).map(|value| value.as_str().into_owned());
    assert_eq!(text(attribute::HTTP_REQUEST_METHOD).as_deref(), Some(&*row.span_method), "{span:#?}");
    let original = (row.span_method == value::OTHER).then_some(&*row.method);
    assert_eq!(text(attribute::HTTP_REQUEST_METHOD_ORIGINAL).as_deref(), original, "{span:#?}");
    assert_eq!(text(attribute::HTTP_ROUTE).as_deref(), row.route(), "{span:#?}");
    assert!(text(attribute::URL_PATH).is_some() && text(attribute::URL_SCHEME).is_some(), "{span:#?}");
    let status = row.sent_status.map(|status| Value::I64(status.into()));
    assert_eq!(span_value(span, attribute::HTTP_RESPONSE_STATUS_CODE), status.as_ref(), "{span:#?}");
    assert_eq!(text(attribute::ERROR_TYPE), row.error_type, "{span:#?}");
    assert_eq!(matches!(span.status, Status::Error { .. }), row.outcome.is_error(), "status of {span:#?}");
    assert!(!matches!(span.status, Status::Ok), "only an application calls a span ok: {span:#?}");
    assert!(span.end_time >= span.start_time + row.at_least.saturating_sub(ROUNDING), "duration of {span:#?}");
}
