//! The metrics page: exactly these series have changed, by exactly this.

use std::collections::BTreeMap;

use obs_core::names::{MetricDef, label, metric};

use super::case::{Case, Problems};

/// Labels of a series.
type Labels<'a> = [(&'a str, &'a str)];

pub(super) fn check(case: &Case<'_>, problems: &mut Problems) {
    let Case {
        row, expect, evidence, ..
    } = case;
    let name = |def: MetricDef| def.name(row.settings.namespace);
    let sums = [name(metric::REQUEST_DURATION), name(metric::STREAM_DURATION)].map(|name| format!("{name}_sum"));
    let mut found: BTreeMap<_, _> = evidence.changes().into_iter().collect();
    // How long something took is checked apart: it has no exact value. The peak of requests in flight
    // is the affair of the last minute, not of this request.
    let peak = name(metric::IN_FLIGHT_MAX);
    found.retain(|series, _| !sums.iter().chain([&peak]).any(|apart| series.starts_with(&**apart)));
    let expected = if expect.is_recorded && row.settings.metrics {
        expected(case)
    } else {
        BTreeMap::new()
    };
    for (series, change) in &expected {
        let found = found.get(series).copied().unwrap_or_default();
        problems.same(&format!("the change of {series}"), &found, change);
    }
    for (series, change) in found.iter().filter(|(series, _)| !expected.contains_key(*series)) {
        problems.holds(false, &format!("{series} changed by {change}, expected no change"));
    }
    let gauge = name(metric::IN_FLIGHT);
    for sample in evidence.after.samples(&gauge, &[]) {
        problems.same(&format!("the gauge {}", sample.series()), &sample.value, &0.0);
    }
    for sample in evidence.after.samples(&peak, &[]) {
        problems.holds(
            sample.value <= 1.0,
            &format!("{} is {}, expected 1 at most", sample.series(), sample.value),
        );
    }
    if expect.is_recorded && row.settings.metrics {
        check_times(case, problems);
    }
}

fn check_times(case: &Case<'_>, problems: &mut Problems) {
    let Case {
        row, expect, evidence, ..
    } = case;
    let took = |def: MetricDef| {
        let sum = format!("{}_sum", def.name(row.settings.namespace));
        evidence.after.delta(&evidence.before, &sum, &[])
    };
    let (least, most) = (expect.lasts.0.as_secs_f64(), expect.lasts.1.as_secs_f64());
    let duration = took(metric::REQUEST_DURATION);
    let is_right = if expect.streams.is_some() {
        duration < most
    } else {
        (least..most).contains(&duration)
    };
    problems.holds(
        is_right,
        &format!("the duration is {duration} s, expected {least} to {most}"),
    );
    if let Some(life) = expect.streams.or(expect.upgraded) {
        let lived = took(metric::STREAM_DURATION);
        problems.holds(
            (life.as_secs_f64()..most).contains(&lived),
            &format!("the stream lived {lived} s, not {life:?}"),
        );
        let is_apart = life.is_zero() || duration < lived;
        problems.holds(
            is_apart,
            &format!("the duration {duration} s has the life of the stream in it"),
        );
    }
}

fn expected(case: &Case<'_>) -> BTreeMap<String, f64> {
    let Case { row, expect, .. } = case;
    let (endpoint, status) = (case.endpoint(), expect.status.to_string());
    let route = [(label::METHOD, case.method_label()), (label::ENDPOINT, &*endpoint)];
    let mut out = BTreeMap::new();
    let mut put = |def: MetricDef, suffix: &str, labels: &Labels<'_>, change: Option<u64>| {
        #[expect(clippy::cast_precision_loss, reason = "small whole numbers")]
        let change = change.filter(|change| *change > 0).map(|change| change as f64);
        out.extend(change.map(|change| {
            (
                series(&format!("{}{suffix}", def.name(row.settings.namespace)), labels),
                change,
            )
        }));
    };
    let outcome = (label::OUTCOME, expect.outcome.as_str());
    let status = (label::STATUS, &*status);
    put(
        metric::REQUESTS,
        "",
        &[&route[..], &[status, outcome]].concat(),
        Some(1),
    );
    put(
        metric::REQUEST_DURATION,
        "_count",
        &[&route[..], &[status]].concat(),
        Some(1),
    );
    if let Some(word) = &expect.error_type {
        put(
            metric::ERRORS,
            "",
            &[&route[..], &[(label::ERROR_TYPE, word)]].concat(),
            Some(1),
        );
    }
    for (def, bytes) in [
        (metric::REQUEST_SIZE, expect.reads),
        (metric::RESPONSE_SIZE, expect.sends),
    ] {
        put(def, "_count", &route, bytes.map(|_| 1));
        put(def, "_sum", &route, bytes);
    }
    if expect.streams.or(expect.upgraded).is_some() {
        put(metric::STREAM_DURATION, "_count", &route, Some(1));
    }
    out
}

/// As [`Sample::series`](crate::page::Sample::series) writes it.
fn series(name: &str, labels: &Labels<'_>) -> String {
    let mut labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
    labels.sort();
    format!("{name}{{{}}}", labels.join(","))
}
