//! One received metric with what it belongs to.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    metrics::v1::{HistogramDataPoint, Metric, NumberDataPoint, metric::Data},
    resource::v1::Resource,
};

use super::{
    Transport,
    span::{only, text},
};

/// A metric as it came over the wire in one push.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedMetric {
    /// Who sent it.
    pub resource: Resource,
    /// What made it.
    pub scope: InstrumentationScope,
    /// The metric.
    pub metric: Metric,
    /// How it came.
    pub transport: Transport,
}

/// Attributes in a form that can be compared: text in quotes, so that a number can't pass for one;
/// panics when one comes twice.
#[must_use]
#[track_caller]
pub fn written(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for KeyValue { key, value, .. } in attributes {
        let before = all.insert(key.clone(), written_value(value.as_ref()));
        assert_eq!(before, None, "{key} comes twice in {attributes:#?}");
    }
    all
}

fn written_value(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => format!("{text:?}"),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(is)) => is.to_string(),
        other => format!("{other:?}"),
    }
}

// === impl ReceivedMetric ===

impl ReceivedMetric {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.metric.name
    }

    /// `histogram`, `sum`, `up-down sum`, `gauge` or `summary`; sums and histograms that are not
    /// cumulative are none of these.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        const CUMULATIVE: i32 = 2;
        match &self.metric.data {
            Some(Data::Histogram(of)) if of.aggregation_temporality == CUMULATIVE => "histogram",
            Some(Data::Sum(of)) if of.aggregation_temporality == CUMULATIVE && of.is_monotonic => "sum",
            Some(Data::Sum(of)) if of.aggregation_temporality == CUMULATIVE => "up-down sum",
            Some(Data::Gauge(_)) => "gauge",
            Some(Data::Summary(_)) => "summary",
            _ => "other",
        }
    }

    /// Its points, if it is a histogram.
    #[must_use]
    pub fn histograms(&self) -> &[HistogramDataPoint] {
        match &self.metric.data {
            Some(Data::Histogram(of)) => &of.data_points,
            _ => &[],
        }
    }

    /// Its points, if it is a sum or a gauge.
    #[must_use]
    pub fn numbers(&self) -> &[NumberDataPoint] {
        match &self.metric.data {
            Some(Data::Sum(of)) => &of.data_points,
            Some(Data::Gauge(of)) => &of.data_points,
            _ => &[],
        }
    }

    /// The attributes of each point.
    #[must_use]
    #[track_caller]
    pub fn attributes(&self) -> Vec<BTreeMap<String, String>> {
        let of_summaries = match &self.metric.data {
            Some(Data::Summary(of)) => &*of.data_points,
            _ => &[],
        };
        let of_histograms = self.histograms().iter().map(|point| &point.attributes);
        let of_numbers = self.numbers().iter().map(|point| &point.attributes);
        let all = of_histograms
            .chain(of_numbers)
            .chain(of_summaries.iter().map(|point| &point.attributes));
        all.map(|attributes| written(attributes)).collect()
    }

    /// The resource attribute `key` if it is text; panics when the resource has it more than once.
    #[must_use]
    #[track_caller]
    pub fn resource(&self, key: &str) -> Option<&str> {
        text(only(&self.resource.attributes, key)?)
    }
}
