//! One endpoint.

use std::collections::BTreeMap;

use obs_core::{
    metrics::ValueSnapshot,
    recorder::{Filter, Record},
};

use super::{
    Problem,
    budgets::of_endpoint,
    convert::is_error,
    durations::{Durations, quantile_of},
    endpoints::{self, EndpointData, count},
    history::Columns,
    overview::history_notes,
    page::Budget,
    params::Params,
    red::{self, EndpointKey},
    types::{
        Endpoint, EndpointSeries, Exemplar, Heatmap, Kind, OutcomeCount, Percentiles, Side, StatusCount, Time, Window,
    },
    view::{Made, View},
};

/// The parameters of `endpoint`.
pub(super) const PARAMETERS: &[&str] = &["kind", "method", "endpoint", "from", "to", "last", "live"];
/// The columns of the charts.
const COLUMNS: usize = 120;
/// The most requests in a heatmap.
const MAX_EXEMPLARS: usize = 300;
/// The most of them in one column.
const MAX_IN_COLUMN: usize = 4;
/// The most records of a list.
const MAX_RECORDS: usize = 20;

/// `GET endpoint`.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<Endpoint>, Problem> {
    let window = params.window()?;
    let key = EndpointKey {
        side: Side::of(params.one_of("kind", &["server", "client"])?).unwrap_or(Side::Server),
        method: params.required("method")?.to_owned(),
        endpoint: params.required("endpoint")?.to_owned(),
    };
    let (columns, mut data) = endpoints::read_some(view, &window, COLUMNS, |found| *found == key);
    let records = records(view, &window, &key);
    let known = data.remove(&key);
    if known.is_none() && records.is_empty() {
        return Err(Problem::unknown("there is no such endpoint, or it had no request yet"));
    }
    let data = known.unwrap_or_else(|| EndpointData::new(columns.grid.columns));
    let families = view.sources.obs().registry().snapshot();
    let in_flight = endpoints::in_flight(&families).get(&key).copied().unwrap_or(0.0);
    let budget_left = of_endpoint(view.sources.alerts())(&key);
    let mut exemplars = of_records(&records, &columns);
    exemplars.extend(of_histograms(view, &families, &key, &window));
    let (slowest, errors) = lists(view, &key, &records);
    let made = Endpoint {
        row: data.row(&key, &columns, in_flight, budget_left),
        heatmap: heatmap(&data, &columns, distinct(exemplars)),
        series: series(&data, &columns),
        head: head(&records),
        statuses: statuses(&data),
        outcomes: outcomes(&data, &records),
        slowest,
        errors,
    };
    Ok(Made {
        window: Some(window),
        left_out: history_notes(view),
        ..Made::new(made)
    })
}

/// The records of an endpoint within a window, the newest first.
fn records(view: &View<'_>, window: &Window, key: &EndpointKey) -> Vec<Record> {
    let mut records = view.records(window, Filter::new().endpoint(&key.endpoint));
    records.retain(|record| is_of(record, key));
    records
}

fn is_of(record: &Record, key: &EndpointKey) -> bool {
    let side = match record.kind.into() {
        Kind::Request | Kind::Upgrade => Side::Server,
        Kind::Call => Side::Client,
        Kind::Job => return false,
    };
    side == key.side && record.method == key.method && record.endpoint == key.endpoint
}

/// The slowest records that are kept, of all time, and the newest that failed.
fn lists(
    view: &View<'_>,
    key: &EndpointKey,
    records: &[Record],
) -> (Vec<super::types::RecordSummary>, Vec<super::types::RecordSummary>) {
    let kept = view.sources.obs().recorder().slowest(&key.endpoint);
    let mut slow: Vec<_> = kept.iter().filter(|record| is_of(record, key)).chain(records).collect();
    slow.sort_by_key(|record| (std::cmp::Reverse(record.duration), record.span_id.get()));
    slow.dedup_by_key(|record| (record.span_id, record.started));
    let mut slowest: Vec<_> = slow
        .into_iter()
        .take(MAX_RECORDS)
        .map(|record| view.summary(record))
        .collect();
    let failed = records.iter().filter(|record| is_error(record)).take(MAX_RECORDS);
    let mut errors: Vec<_> = failed.map(|record| view.summary(record)).collect();
    let mut budget = Budget::default();
    budget.take(&mut slowest);
    budget.take(&mut errors);
    (slowest, errors)
}

/// The requests of each column that were the slowest: the trace of each is here.
fn of_records(records: &[Record], columns: &Columns) -> Vec<Exemplar> {
    let mut by_column: BTreeMap<usize, Vec<&Record>> = BTreeMap::new();
    for record in records {
        if let Some(column) = columns.grid.column_at(record.ended().into()) {
            by_column.entry(column).or_default().push(record);
        }
    }
    let slowest = by_column.into_values().flat_map(|mut records| {
        records.sort_by_key(|record| std::cmp::Reverse(record.duration));
        records.truncate(MAX_IN_COLUMN);
        records
    });
    let exemplar = |record: &Record| Exemplar {
        at: record.ended().into(),
        value: record.duration.as_secs_f64(),
        trace_id: record.trace_id.to_string(),
        span_id: record.span_id.to_string(),
    };
    slowest.map(exemplar).collect()
}

/// The exemplars of the histograms, but those whose trace has given way here.
fn of_histograms(
    view: &View<'_>,
    families: &[obs_core::metrics::FamilySnapshot],
    key: &EndpointKey,
    window: &Window,
) -> Vec<Exemplar> {
    let recorder = view.sources.obs().recorder();
    let mut found = Vec::new();
    for (family, series) in families
        .iter()
        .flat_map(|family| family.series.iter().map(move |series| (family, series)))
    {
        let ValueSnapshot::Histogram(histogram) = &series.value else {
            continue;
        };
        let labels: Vec<_> = series.labels.iter().map(|(key, value)| (&**key, &**value)).collect();
        let is_its =
            red::read_labels(&family.name, &labels).is_some_and(|(found, role)| found == *key && role.measures);
        let exemplars = histogram
            .buckets
            .iter()
            .filter_map(|bucket| bucket.exemplar)
            .filter(|_| is_its);
        found.extend(exemplars.filter(|exemplar| {
            let is_within = (window.from.0..=window.to.0).contains(&exemplar.at);
            is_within && exemplar.value.is_finite() && recorder.evicted(exemplar.trace_id).is_none()
        }));
    }
    let exemplar = |exemplar: obs_core::metrics::Exemplar| Exemplar {
        at: Time(exemplar.at),
        value: exemplar.value,
        trace_id: exemplar.trace_id.to_string(),
        span_id: exemplar.span_id.to_string(),
    };
    found.into_iter().map(exemplar).collect()
}

/// Each request once, by time.
fn distinct(mut exemplars: Vec<Exemplar>) -> Vec<Exemplar> {
    let mut seen = std::collections::HashSet::new();
    exemplars.retain(|exemplar| seen.insert((exemplar.trace_id.clone(), exemplar.span_id.clone())));
    // The slowest, if there are too many.
    exemplars.sort_by(|a, b| b.value.total_cmp(&a.value));
    exemplars.truncate(MAX_EXEMPLARS);
    exemplars.sort_by_key(|exemplar| exemplar.at);
    exemplars
}

fn heatmap(data: &EndpointData, columns: &Columns, exemplars: Vec<Exemplar>) -> Heatmap {
    let bounds = &data.durations.bounds;
    let counts = |column: &Durations| {
        let is_empty = column.counts.is_empty();
        if is_empty {
            vec![0; bounds.len()]
        } else {
            column.counts.clone()
        }
    };
    Heatmap {
        from: columns.grid.from,
        step: columns.grid.step(),
        bounds: bounds
            .iter()
            .map(|bound| Some(*bound).filter(|bound| bound.is_finite()))
            .collect(),
        counts: data.columns.iter().map(counts).collect(),
        exemplars,
    }
}

fn series(data: &EndpointData, columns: &Columns) -> EndpointSeries {
    let quantiles = |quantile: f64| data.columns.iter().map(|column| column.quantile(quantile)).collect();
    EndpointSeries {
        from: columns.grid.from,
        step: columns.grid.step(),
        rate: columns.rates(&data.requests),
        errors: columns.rates(&data.errors),
        p50: quantiles(0.5),
        p95: quantiles(0.95),
        p99: quantiles(0.99),
    }
}

fn head(records: &[Record]) -> Option<Percentiles> {
    let mut heads: Vec<_> = records
        .iter()
        .filter_map(|record| Some(record.head?.as_secs_f64()))
        .collect();
    (!heads.is_empty()).then(|| Percentiles {
        p50: quantile_of(&mut heads, 0.5),
        p95: quantile_of(&mut heads, 0.95),
        p99: quantile_of(&mut heads, 0.99),
    })
}

fn statuses(data: &EndpointData) -> Vec<StatusCount> {
    let row = |(status, number): (&String, &f64)| StatusCount {
        status: status.clone(),
        count: count(*number),
    };
    data.statuses.iter().map(row).collect()
}

fn outcomes(data: &EndpointData, records: &[Record]) -> Vec<OutcomeCount> {
    let mut outcomes = data.outcomes.clone();
    if outcomes.is_empty() {
        for record in records {
            *outcomes.entry(record.outcome.as_str().to_owned()).or_default() += 1.0;
        }
    }
    let row = |(outcome, number): (String, f64)| OutcomeCount {
        outcome,
        count: count(number),
    };
    outcomes.into_iter().map(row).collect()
}
