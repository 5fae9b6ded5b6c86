//! All metrics.

use obs_alert::promql::Selector;
use obs_core::{
    metrics::{FamilySnapshot, HistogramSnapshot, SeriesSnapshot, ValueSnapshot},
    names::MetricType,
};

use super::{
    Problem,
    history::Columns,
    overview::{current, history_notes, labels},
    page::Budget,
    params::Params,
    types::{LeftOut, Metric, MetricRow, Points, Quantile, Series},
    view::{Made, View},
};

/// The parameters of `metrics`.
pub(super) const LIST: &[&str] = &["filter"];
/// The parameters of `metrics/{name}`.
pub(super) const ONE: &[&str] = &["from", "to", "last", "live", "limit"];
/// The columns of a chart.
const COLUMNS: usize = 120;
/// The quantiles of a histogram.
const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// `GET metrics`: by name.
pub(super) fn list(view: &View<'_>, params: &Params<'_>) -> Made<Vec<MetricRow>> {
    let wanted = params.get("filter").unwrap_or_default().to_ascii_lowercase();
    let families = view.sources.obs().registry().snapshot();
    let is_wanted = |family: &&FamilySnapshot| {
        let has = |text: &str| text.to_ascii_lowercase().contains(&wanted);
        has(&family.name) || has(&family.help)
    };
    let row = |family: &FamilySnapshot| MetricRow {
        name: family.name.clone(),
        r#type: type_of(family.metric_type).to_owned(),
        unit: family.unit.clone(),
        help: family.help.clone(),
        series: family.series.len(),
    };
    let mut rows: Vec<_> = families.iter().filter(is_wanted).map(row).collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let left = Budget::default().take(&mut rows);
    let note = (left > 0).then(|| LeftOut::new("metrics", left, "an answer has at most 1 MiB"));
    Made {
        left_out: note.into_iter().collect(),
        ..Made::new(rows)
    }
}

/// `GET metrics/{name}`.
pub(super) fn one(view: &View<'_>, params: &Params<'_>, name: &str) -> Result<Made<Metric>, Problem> {
    let window = params.window()?;
    let limit = params.limit()?;
    let families = view.sources.obs().registry().snapshot();
    let Some(family) = families.iter().find(|family| family.name == name) else {
        return Err(Problem::unknown("there is no such metric"));
    };
    let sampler = view.sources.sampler();
    let zero = sampler.zero(view.now);
    let history = sampler.history();
    let grid = history.grid(&window, COLUMNS, zero);
    let columns = history.read(grid, |key| *key.metric == *name);
    drop(history);
    let mut series: Vec<_> = family
        .series
        .iter()
        .take(limit)
        .map(|series| row(family, series, &columns))
        .collect();
    Budget::default().take(&mut series);
    let mut left_out = history_notes(view);
    if series.len() < family.series.len() {
        left_out.push(LeftOut::new(
            "series",
            family.series.len() - series.len(),
            "the limit, or 1 MiB",
        ));
    }
    Ok(Made {
        window: Some(window),
        left_out,
        ..Made::new(Metric {
            name: family.name.clone(),
            r#type: type_of(family.metric_type).to_owned(),
            unit: family.unit.clone(),
            help: family.help.clone(),
            promql: queries(family),
            series,
        })
    })
}

const fn type_of(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::Counter => "counter",
        MetricType::Gauge => "gauge",
        MetricType::Histogram => "histogram",
        MetricType::Summary => "summary",
        MetricType::Info => "info",
    }
}

/// Queries that show a metric.
fn queries(family: &FamilySnapshot) -> Vec<String> {
    let name = &family.name;
    match family.metric_type {
        MetricType::Counter => vec![format!("rate({name}[5m])"), format!("sum(rate({name}[5m]))")],
        MetricType::Gauge | MetricType::Info => vec![name.clone()],
        MetricType::Histogram => vec![
            format!("histogram_quantile(0.99, sum by (le) (rate({name}_bucket[5m])))"),
            format!("rate({name}_count[5m])"),
            format!("rate({name}_sum[5m]) / rate({name}_count[5m])"),
        ],
        MetricType::Summary => vec![name.clone(), format!("rate({name}_count[5m])")],
    }
}

fn row(family: &FamilySnapshot, series: &SeriesSnapshot, columns: &Columns) -> Series {
    let (count, sum, quantiles) = match &series.value {
        ValueSnapshot::Histogram(histogram) => (Some(histogram.count), Some(histogram.sum), of_histogram(histogram)),
        ValueSnapshot::Summary(summary) => {
            let quantile = |(quantile, value): &(f64, f64)| Quantile {
                quantile: *quantile,
                value: Some(*value).filter(|value| value.is_finite()),
            };
            (
                Some(summary.count),
                Some(summary.sum),
                summary.quantiles.iter().map(quantile).collect(),
            )
        }
        _ => (None, None, Vec::new()),
    };
    let selector = series
        .labels
        .iter()
        .fold(Selector::new(&family.name), |selector, (key, value)| {
            selector.with(key, value)
        });
    Series {
        labels: labels(&series.labels),
        value: current(&series.value).filter(|_| count.is_none()),
        count,
        sum: sum.filter(|sum| sum.is_finite()),
        quantiles,
        history: course(series, columns),
        promql: selector.to_string(),
    }
}

fn of_histogram(histogram: &HistogramSnapshot) -> Vec<Quantile> {
    let quantile = |quantile: f64| Quantile {
        quantile,
        value: histogram.quantile(quantile).filter(|value| value.is_finite()),
    };
    QUANTILES.into_iter().map(quantile).collect()
}

/// The course of a series in the history.
fn course(series: &SeriesSnapshot, columns: &Columns) -> Points {
    let reading = columns
        .series
        .iter()
        .find(|reading| reading.key.labels == series.labels);
    let values = reading.map(|reading| match &series.value {
        ValueSnapshot::Gauge(_) => columns.values(reading),
        _ => columns.rates(&reading.growth),
    });
    Points {
        from: columns.grid.from,
        step: columns.grid.step(),
        values: values.unwrap_or_else(|| vec![None; columns.grid.columns]),
    }
}
