//! A registry as an OTLP message.

use std::sync::Arc;

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{InstrumentationScope, KeyValue},
    metrics::v1::{
        AggregationTemporality, Exemplar as OtlpExemplar, Gauge, Histogram, HistogramDataPoint, Metric,
        NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint, exemplar, metric::Data,
        number_data_point::Value, summary_data_point::ValueAtQuantile,
    },
    resource::v1::Resource,
};

use super::{attributes, units::ucum};
use crate::{
    clock,
    metrics::{
        Registry,
        buckets::Buckets,
        catalog::{Entry, Source},
        cells::{Detail, HistogramTotals, QUANTILES, SummaryTotals},
        meta::Meta,
        push_settings::PushSettings,
        red::{PUSHED, Store},
        render::{At, Number, Sink, walk, walk_one},
        snapshot::Exemplar,
    },
    names::metric,
};

const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

/// What stands in a message, as far as it does not change.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    pub(super) registry: Registry,
    pub(super) resource: Resource,
    pub(super) settings: PushSettings,
}

/// Takes metrics as OTLP has them.
#[derive(Debug)]
struct OtlpSink {
    /// Nanoseconds since the epoch.
    now: u64,
    /// Whether these are RED metrics, whose names are those of the conventions.
    is_red: bool,
    metrics: Vec<Metric>,
}

// === impl Contents ===

impl Contents {
    /// All that there is at this moment.
    pub(super) fn read(&self) -> ExportMetricsServiceRequest {
        let (entries, stores) = self.registry.pushed();
        let mut sink = OtlpSink { now: nanoseconds(clock::unix_now()), is_red: false, metrics: Vec::new() };
        walk(entries.iter().filter(|entry| self.takes(entry)), &mut sink);
        self.read_red(&stores, &mut sink);
        let scope = InstrumentationScope {
            name: "obs".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        let of_scope = ScopeMetrics { scope: Some(scope), metrics: sink.metrics, ..ScopeMetrics::default() };
        let of_resource = ResourceMetrics {
            resource: Some(self.resource.clone()),
            scope_metrics: vec![of_scope],
            ..ResourceMetrics::default()
        };
        ExportMetricsServiceRequest { resource_metrics: vec![of_resource] }
    }

    fn read_red(&self, stores: &[Arc<Store>], sink: &mut OtlpSink) {
        sink.is_red = true;
        let mut totals = HistogramTotals::default();
        for pushed in PUSHED {
            let Some(meta) = pushed.meta().filter(|meta| self.settings.takes(&meta.name)) else { continue };
            if self.settings.opt_in || !pushed.is_opt_in() {
                walk_one(&meta, sink, &mut totals, |walker| pushed.walk(stores, walker));
            }
        }
    }

    /// RED metrics go by other names, and the resource has what `target_info` says.
    fn takes(&self, entry: &Entry) -> bool {
        let name = &*entry.meta.name;
        let is_elsewhere = matches!(entry.source, Source::Red(..)) || name == metric::TARGET_INFO.base();
        !is_elsewhere && self.settings.takes(name)
    }
}

// === impl OtlpSink ===

impl OtlpSink {
    fn attributes(&self, at: At<'_>) -> Vec<KeyValue> {
        if self.is_red { attributes::of_red(at.labels) } else { attributes::of_application(at.labels) }
    }

    fn number(&self, at: At<'_>, number: Number, exemplar: Option<Exemplar>) -> NumberDataPoint {
        NumberDataPoint {
            attributes: self.attributes(at),
            start_time_unix_nano: start(at),
            time_unix_nano: self.now,
            exemplars: exemplar.map(otlp_exemplar).into_iter().collect(),
            value: Some(match number {
                Number::Unsigned(number) => Value::AsInt(i64::try_from(number).unwrap_or(i64::MAX)),
                Number::Signed(number) => Value::AsInt(number),
                Number::Float(number) => Value::AsDouble(number),
            }),
            ..NumberDataPoint::default()
        }
    }

    /// The data of the metric that was begun last; `new` of it if there is none yet.
    fn data(&mut self, new: impl FnOnce() -> Data) -> Option<&mut Data> {
        Some(self.metrics.last_mut()?.data.get_or_insert_with(new))
    }

    fn push_sum(&mut self, point: NumberDataPoint, is_monotonic: bool) {
        let empty = Sum { aggregation_temporality: CUMULATIVE, is_monotonic, ..Sum::default() };
        if let Some(Data::Sum(sum)) = self.data(|| Data::Sum(empty)) {
            sum.data_points.push(point);
        }
    }
}

impl Sink for OtlpSink {
    fn detail(&self) -> Detail {
        Detail { exemplars: true, native: false }
    }

    fn begin(&mut self, meta: &Meta) {
        self.metrics.push(Metric {
            name: meta.name.to_string(),
            description: meta.help.to_string(),
            unit: ucum(&meta.unit).to_owned(),
            ..Metric::default()
        });
    }

    fn end(&mut self, _: &Meta) {}

    fn counter(&mut self, _: &Meta, at: At<'_>, total: Number, exemplar: Option<Exemplar>) {
        let point = self.number(at, total, exemplar);
        self.push_sum(point, true);
    }

    fn gauge(&mut self, _: &Meta, at: At<'_>, value: Number) {
        let point = self.number(at, value, None);
        // The only gauges of a layer are up-down counters to the conventions.
        if self.is_red {
            self.push_sum(point, false);
        } else if let Some(Data::Gauge(gauge)) = self.data(|| Data::Gauge(Gauge::default())) {
            gauge.data_points.push(NumberDataPoint { start_time_unix_nano: 0, ..point });
        }
    }

    fn histogram(&mut self, _: &Meta, at: At<'_>, buckets: &Buckets, totals: &HistogramTotals) {
        let point = HistogramDataPoint {
            attributes: self.attributes(at),
            start_time_unix_nano: start(at),
            time_unix_nano: self.now,
            count: totals.count(),
            sum: Some(totals.sum(buckets)),
            bucket_counts: totals.counts.clone(),
            explicit_bounds: buckets.bounds().to_vec(),
            exemplars: totals.exemplars.iter().flatten().copied().map(otlp_exemplar).collect(),
            ..HistogramDataPoint::default()
        };
        let empty = Histogram { aggregation_temporality: CUMULATIVE, ..Histogram::default() };
        if let Some(Data::Histogram(histogram)) = self.data(|| Data::Histogram(empty)) {
            histogram.data_points.push(point);
        }
    }

    fn summary(&mut self, _: &Meta, at: At<'_>, totals: &SummaryTotals) {
        let known = QUANTILES.into_iter().zip(totals.values).filter(|(_, value)| value.is_finite());
        let point = SummaryDataPoint {
            attributes: self.attributes(at),
            start_time_unix_nano: start(at),
            time_unix_nano: self.now,
            count: totals.count,
            sum: totals.sum,
            quantile_values: known.map(|(quantile, value)| ValueAtQuantile { quantile, value }).collect(),
            ..SummaryDataPoint::default()
        };
        if let Some(Data::Summary(summary)) = self.data(|| Data::Summary(Summary::default())) {
            summary.data_points.push(point);
        }
    }
}

fn start(at: At<'_>) -> u64 {
    at.created.saturating_mul(1_000_000)
}

fn nanoseconds(since_epoch: std::time::Duration) -> u64 {
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}

fn otlp_exemplar(Exemplar { trace_id, span_id, value, at }: Exemplar) -> OtlpExemplar {
    OtlpExemplar {
        filtered_attributes: Vec::new(),
        time_unix_nano: nanoseconds(at),
        span_id: span_id.get().to_be_bytes().to_vec(),
        trace_id: trace_id.get().to_be_bytes().to_vec(),
        value: Some(exemplar::Value::AsDouble(value)),
    }
}
