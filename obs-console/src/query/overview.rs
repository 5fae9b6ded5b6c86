//! The service at a glance.

use obs_core::{
    metrics::{FamilySnapshot, ValueSnapshot},
    names::{database, metric},
};

use super::{
    Problem, alerts,
    budgets::of_endpoint,
    endpoints::{self, EndpointData, count, ratio},
    history::Columns,
    page::Budget,
    params::Params,
    types::{EndpointRow, Label, LeftOut, Overview, Saturation, Side, Telemetry, Totals},
    view::{Made, View},
};

/// The parameters of `overview`.
pub(super) const PARAMETERS: &[&str] = &["from", "to", "last", "live", "filter", "sort", "order", "limit"];
const SORTS: &[&str] = &[
    "requests",
    "rate",
    "errors",
    "error_ratio",
    "p50",
    "p95",
    "p99",
    "in_flight",
    "budget_left",
    "endpoint",
    "method",
];
/// The columns of a sparkline.
const SPARK: usize = 60;

/// `GET overview`.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<Overview>, Problem> {
    let window = params.window()?;
    let query = params.filter()?;
    let (sort, is_descending) = (params.one_of("sort", SORTS)?, params.is_descending()?);
    let limit = params.limit()?;
    let families = view.sources.obs().registry().snapshot();
    let (columns, data) = endpoints::read(view, &window, SPARK);
    let in_flight = endpoints::in_flight(&families);
    let budget_left = of_endpoint(view.sources.alerts());
    let totals = totals(
        data.iter()
            .filter(|(key, _)| key.side == Side::Server)
            .map(|(_, data)| data),
        &columns,
        &families,
    );
    let row = |(key, data): (&_, &EndpointData)| {
        let running = in_flight.get(key).copied().unwrap_or(0.0);
        data.row(key, &columns, running, budget_left(key))
    };
    let mut rows: Vec<_> = data.iter().map(row).filter(|row| query.passes(row)).collect();
    rows.sort_by(|a, b| compared(a, b, sort, is_descending));
    let all = rows.len();
    rows.truncate(limit);
    Budget::default().take(&mut rows);
    let mut left_out = history_notes(view);
    if rows.len() < all {
        left_out.push(LeftOut::new(
            "endpoints",
            all - rows.len(),
            "the limit of rows, or of 1 MiB",
        ));
    }
    Ok(Made {
        data: Overview {
            endpoints: rows,
            totals,
            alerts: alerts::firing(view),
            saturation: saturation(&families),
            telemetry: telemetry(view, &families),
        },
        window: Some(window),
        left_out,
        next: None,
    })
}

/// What the history does not have.
pub(super) fn history_notes(view: &View<'_>) -> Vec<LeftOut> {
    let left_out = view.sources.sampler().history().left_out();
    let note = (left_out > 0).then(|| LeftOut::new("series", left_out, "the history of metrics has no room for them"));
    note.into_iter().collect()
}

/// The order of two rows; those without a value are last.
fn compared(a: &EndpointRow, b: &EndpointRow, sort: &str, is_descending: bool) -> std::cmp::Ordering {
    let by_name = || (&a.endpoint, &a.method, a.kind).cmp(&(&b.endpoint, &b.method, b.kind));
    let directed = |ordering: std::cmp::Ordering| if is_descending { ordering.reverse() } else { ordering };
    match sort {
        "endpoint" => directed(by_name()),
        "method" => directed(a.method.cmp(&b.method)).then_with(by_name),
        _ => match (value(a, sort), value(b, sort)) {
            (Some(a), Some(b)) => directed(a.total_cmp(&b)).then_with(by_name),
            (a, b) => b.is_some().cmp(&a.is_some()).then_with(by_name),
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "for the order alone")]
fn value(row: &EndpointRow, sort: &str) -> Option<f64> {
    match sort {
        "rate" => Some(row.rate),
        "errors" => Some(row.errors as f64),
        "error_ratio" => row.error_ratio,
        "p50" => row.p50,
        "p95" => row.p95,
        "p99" => row.p99,
        "in_flight" => Some(row.in_flight as f64),
        "budget_left" => row.budget_left,
        _ => Some(row.requests as f64),
    }
}

fn totals<'a>(data: impl Iterator<Item = &'a EndpointData>, columns: &Columns, families: &[FamilySnapshot]) -> Totals {
    let (mut requests, mut failed, mut abandoned) = (0.0, 0.0, 0.0);
    for data in data {
        requests += data.all();
        failed += data.failed();
        abandoned += data.abandoned;
    }
    let seconds = columns.seconds();
    Totals {
        rate: if seconds > 0.0 { requests / seconds } else { 0.0 },
        error_ratio: ratio(failed, requests - abandoned),
        in_flight: count(all_in_flight(families)),
        requests: count(requests),
    }
}

/// All requests of servers in flight, by whatever convention.
fn all_in_flight(families: &[FamilySnapshot]) -> f64 {
    use obs_core::names::semconv::SERVER_ACTIVE_REQUESTS;
    let by_endpoint = endpoints::in_flight(families);
    let of_servers = by_endpoint.iter().filter(|(key, _)| key.side == Side::Server);
    let without = sum(families, SERVER_ACTIVE_REQUESTS.base()).unwrap_or(0.0);
    of_servers.map(|(_, value)| value).sum::<f64>() + without
}

/// The sum of all series of a metric; nothing without any.
pub(super) fn sum(families: &[FamilySnapshot], name: &str) -> Option<f64> {
    let family = families.iter().find(|family| family.name == name)?;
    let values = family.series.iter().map(|series| current(&series.value));
    Some(values.flatten().sum())
}

/// The value of a counter or gauge, the number of observations of others.
#[expect(clippy::cast_precision_loss, reason = "counts of JSON are floats")]
pub(super) fn current(value: &ValueSnapshot) -> Option<f64> {
    let value = match value {
        ValueSnapshot::Counter { total, .. } => *total,
        ValueSnapshot::Gauge(value) => *value,
        ValueSnapshot::Histogram(histogram) => histogram.count as f64,
        ValueSnapshot::Summary(summary) => summary.count as f64,
        _ => return None,
    };
    Some(value).filter(|value| value.is_finite())
}

/// Gauges and their limits: pools of databases, file descriptors.
fn saturation(families: &[FamilySnapshot]) -> Vec<Saturation> {
    let mut found = Vec::new();
    for (used, limit) in [
        (database::CONNECTIONS_ACTIVE, database::CONNECTIONS_MAX),
        (metric::PROCESS_OPEN_FDS, metric::PROCESS_MAX_FDS),
        (metric::PROCESS_RESIDENT_MEMORY, metric::PROCESS_VIRTUAL_MEMORY_MAX),
        (metric::TOKIO_GLOBAL_QUEUE_DEPTH, metric::TOKIO_GLOBAL_QUEUE_DEPTH),
    ] {
        for family in families {
            let Some(namespace) = family.name.strip_suffix(used.base()) else {
                continue;
            };
            let limits = families
                .iter()
                .find(|other| other.name.strip_suffix(limit.base()) == Some(namespace));
            let has_limit = used.base() != limit.base();
            for series in &family.series {
                let Some(value) = current(&series.value) else { continue };
                let of_limit = limits.filter(|_| has_limit);
                let of_limit =
                    of_limit.and_then(|family| family.series.iter().find(|other| other.labels == series.labels));
                found.push(Saturation {
                    name: family.name.clone(),
                    labels: labels(&series.labels),
                    value,
                    limit: of_limit
                        .and_then(|series| current(&series.value))
                        .filter(|limit| *limit > 0.0),
                    unit: family.unit.clone(),
                });
            }
        }
    }
    found.truncate(100);
    found
}

/// Labels of a series.
pub(super) fn labels<'a>(labels: impl IntoIterator<Item = &'a (String, String)>) -> Vec<Label> {
    let label = |(key, value): &(String, String)| Label {
        key: key.clone(),
        value: value.clone(),
    };
    labels.into_iter().map(label).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of JSON are floats")]
fn telemetry(view: &View<'_>, families: &[FamilySnapshot]) -> Telemetry {
    let recorder = view.sources.obs().recorder();
    let series: usize = families.iter().map(|family| family.series.len()).sum();
    Telemetry {
        lines_written: sum(families, metric::LOG_LINES.base()),
        lines_dropped: sum(families, metric::LOG_LINES_DROPPED.base()),
        spans_exported: None,
        spans_dropped: sum(families, metric::SPANS_DROPPED.base()),
        spans_queued: None,
        recorder_bytes: Some(recorder.held_bytes() as f64),
        recorder_limit: Some(recorder.limit_bytes() as f64),
        recorder_evicted: sum(families, metric::RECORDER_EVICTED.base()),
        scrapes: sum(families, metric::SCRAPE_DURATION.base()),
        series: Some(series as f64),
        series_dropped: sum(families, metric::SERIES_OVERFLOW.base()),
    }
}
