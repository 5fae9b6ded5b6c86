//! A registry as metrics of OTLP.

use std::sync::Arc;

use obs_otlp::{Exemplar as OtlpExemplar, Histogram, MetricsMessage, NumberValue, Point, ReadMetrics};

use super::{attributes, units::ucum};
use crate::{
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

/// Reads a registry for each push.
#[derive(Clone, Debug)]
pub(super) struct RegistryReader {
    pub(super) registry: Registry,
    pub(super) settings: PushSettings,
}

/// Writes metrics to a message.
#[derive(Debug)]
struct OtlpSink<'a> {
    /// Whether these are RED metrics, whose names are those of the conventions.
    is_red: bool,
    message: &'a mut MetricsMessage,
}

// === impl RegistryReader ===

impl ReadMetrics for RegistryReader {
    fn read(&self, message: &mut MetricsMessage) {
        let (entries, stores) = self.registry.pushed();
        walk(
            entries.iter().filter(|entry| self.takes(entry)),
            &mut OtlpSink { is_red: false, message },
        );
        self.read_red(&stores, &mut OtlpSink { is_red: true, message });
    }
}

impl RegistryReader {
    fn read_red(&self, stores: &[Arc<Store>], sink: &mut OtlpSink<'_>) {
        let mut totals = HistogramTotals::default();
        for pushed in PUSHED {
            let Some(meta) = pushed.meta().filter(|meta| self.settings.takes(&meta.name)) else {
                continue;
            };
            if self.settings.opt_in || !pushed.is_opt_in() {
                walk_one(&meta, sink, &mut totals, |walker| pushed.walk(stores, walker));
            }
        }
    }

    /// RED metrics have other names, and the resource has what `target_info` says.
    fn takes(&self, entry: &Entry) -> bool {
        let name = &*entry.meta.name;
        let is_elsewhere = matches!(entry.source, Source::Red(..)) || name == metric::TARGET_INFO.base();
        !is_elsewhere && self.settings.takes(name)
    }
}

// === impl OtlpSink ===

impl OtlpSink<'_> {
    /// Runs `put` with the message and the point at `at`.
    fn put(&mut self, at: At<'_>, put: impl FnOnce(&mut MetricsMessage, Point<'_>)) {
        let attributes = if self.is_red {
            attributes::of_red(at.labels)
        } else {
            attributes::of_application(at.labels)
        };
        put(
            self.message,
            Point {
                start: at.created.saturating_mul(1_000_000),
                attributes: &attributes,
            },
        );
    }
}

impl Sink for OtlpSink<'_> {
    fn detail(&self) -> Detail {
        Detail {
            exemplars: true,
            native: false,
        }
    }

    fn begin(&mut self, meta: &Meta) {
        self.message.begin(&meta.name, &meta.help, ucum(&meta.unit));
    }

    fn end(&mut self, _: &Meta) {}

    fn counter(&mut self, _: &Meta, at: At<'_>, total: Number, exemplar: Option<Exemplar>) {
        self.put(at, |message, point| {
            message.sum(point, value(total), exemplar.map(otlp_exemplar), true);
        });
    }

    fn gauge(&mut self, _: &Meta, at: At<'_>, number: Number) {
        // The gauges of a layer are up-down counters to the conventions.
        let is_up_down_counter = self.is_red;
        self.put(at, |message, point| {
            if is_up_down_counter {
                message.sum(point, value(number), None, false);
            } else {
                message.gauge(point, value(number));
            }
        });
    }

    fn histogram(&mut self, _: &Meta, at: At<'_>, buckets: &Buckets, totals: &HistogramTotals) {
        let histogram = Histogram {
            count: totals.count(),
            sum: totals.sum(buckets),
            bounds: buckets.bounds(),
            counts: &totals.counts,
        };
        let exemplars = totals.exemplars.iter().flatten().copied().map(otlp_exemplar);
        self.put(at, |message, point| message.histogram(point, histogram, exemplars));
    }

    fn summary(&mut self, _: &Meta, at: At<'_>, totals: &SummaryTotals) {
        let known = QUANTILES
            .into_iter()
            .zip(totals.values)
            .filter(|(_, value)| value.is_finite());
        self.put(at, |message, point| {
            message.summary(point, totals.count, totals.sum, known);
        });
    }
}

fn value(number: Number) -> NumberValue {
    match number {
        Number::Unsigned(number) => NumberValue::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        Number::Signed(number) => NumberValue::Int(number),
        Number::Float(number) => NumberValue::Double(number),
    }
}

fn otlp_exemplar(
    Exemplar {
        trace_id,
        span_id,
        value,
        at,
    }: Exemplar,
) -> OtlpExemplar {
    OtlpExemplar {
        trace_id,
        span_id,
        value,
        at,
    }
}
