//! What a metric is called in each place of a page.

use std::borrow::Cow;

use ::metrics::Unit;

use super::clean;
use crate::names::{MetricDef, MetricType};

const TOTAL: &str = "_total";
const INFO: &str = "_info";

/// Name, type, unit and help of one metric.
#[derive(Clone, Debug)]
pub(super) struct Meta {
    pub(super) metric_type: MetricType,
    /// The name without `_total` or `_info`: that of the family in `OpenMetrics`.
    pub(super) base: Box<str>,
    pub(super) unit: Cow<'static, str>,
    pub(super) help: Cow<'static, str>,
    /// The name of the sample or, for histograms and summaries, the base; that of the family in text.
    pub(super) name: Box<str>,
    /// `name_bucket`, for histograms.
    pub(super) bucket: Box<str>,
    /// `name_sum`, for histograms and summaries.
    pub(super) sum: Box<str>,
    /// `name_count`, for histograms and summaries.
    pub(super) count: Box<str>,
}

// === impl Meta ===

impl Meta {
    /// The metric of a cleaned `base` name.
    pub(super) fn new(
        metric_type: MetricType,
        base: &str,
        unit: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        let suffix = match metric_type {
            MetricType::Counter => TOTAL,
            MetricType::Info => INFO,
            MetricType::Gauge | MetricType::Histogram | MetricType::Summary => "",
        };
        let with = |suffix: &str| format!("{base}{suffix}").into_boxed_str();
        Self {
            metric_type,
            unit: unit.into(),
            help: help.into(),
            name: with(suffix),
            bucket: with("_bucket"),
            sum: with("_sum"),
            count: with("_count"),
            base: base.into(),
        }
    }

    /// One of our own metrics.
    pub(super) fn of(def: &MetricDef, namespace: &str) -> Self {
        let name = def.name(namespace);
        let base = base_name(def.metric_type, &clean::metric_name(&name), def.unit);
        Self::new(def.metric_type, &base, def.unit, def.help)
    }

    /// Whether both say the same of metrics of one type.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.base == other.base && self.unit == other.unit && self.help == other.help
    }

    /// The names of its family and of its samples on a page, but for `_created`.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let Self {
            name,
            base,
            bucket,
            sum,
            count,
            ..
        } = self;
        let shown = match self.metric_type {
            MetricType::Counter | MetricType::Gauge | MetricType::Info => 2,
            MetricType::Summary => 4,
            MetricType::Histogram => 5,
        };
        [&**name, base, sum, count, bucket].into_iter().take(shown)
    }

    /// Every name that this metric takes in some format, and that no other may have.
    ///
    /// `OpenMetrics` forbids that one family's name with a suffix is another's name, so the list is
    /// longer than what a page shows.
    pub(super) fn claims(&self) -> impl Iterator<Item = String> + '_ {
        let suffixes: &[&str] = match self.metric_type {
            MetricType::Counter => &["", TOTAL, "_created"],
            MetricType::Gauge => &[""],
            MetricType::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            MetricType::Summary => &["", "_sum", "_count", "_created"],
            MetricType::Info => &["", INFO],
        };
        suffixes.iter().map(|suffix| format!("{}{suffix}", self.base))
    }
}

/// A cleaned name without the suffix of its type and with the one of its unit.
pub(super) fn base_name(metric_type: MetricType, name: &str, unit: &str) -> String {
    let stripped = match metric_type {
        MetricType::Counter => name.strip_suffix(TOTAL),
        MetricType::Info => name.strip_suffix(INFO),
        MetricType::Gauge | MetricType::Histogram | MetricType::Summary => None,
    };
    // A metric that is called just `_total` keeps its name and gets the suffix once more.
    let base = stripped.filter(|base| !base.is_empty()).unwrap_or(name);
    with_unit(base, unit)
}

/// The name under which all spellings of a metric's name are one: cleaned, without the suffix of its
/// type.
pub(super) fn plain_name(metric_type: MetricType, name: &str) -> String {
    base_name(metric_type, &clean::metric_name(name), "")
}

/// A base name with the suffix of its unit.
pub(super) fn with_unit(base: &str, unit: &str) -> String {
    let has_unit = unit.is_empty() || without_unit(base, unit).is_some();
    if has_unit {
        base.to_owned()
    } else {
        format!("{base}_{unit}")
    }
}

/// A base name without the suffix of its unit, if it has that.
pub(super) fn without_unit<'a>(base: &'a str, unit: &str) -> Option<&'a str> {
    let front = base.strip_suffix(unit).filter(|_| !unit.is_empty())?;
    front.strip_suffix('_')
}

/// The unit suffix of a described unit; empty for plain counts.
pub(super) fn unit_suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "",
        Unit::CountPerSecond => "per_second",
        other => other.as_str(),
    }
}

/// The unit in the name of a metric without a description: seconds or bytes.
pub(super) fn unit_of_name(metric_type: MetricType, base: &str) -> &'static str {
    let unit = ["seconds", "bytes"]
        .into_iter()
        .find(|unit| without_unit(base, unit).is_some());
    if metric_type == MetricType::Info {
        ""
    } else {
        unit.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::metric;

    #[test]
    fn counters_end_in_total_after_their_unit() {
        assert_eq!(base_name(MetricType::Counter, "sent_total", "bytes"), "sent_bytes");
        assert_eq!(
            base_name(MetricType::Counter, "sent_bytes_total", "bytes"),
            "sent_bytes"
        );
        assert_eq!(base_name(MetricType::Counter, "_total", ""), "_total");
        assert_eq!(
            &*Meta::new(MetricType::Counter, "sent_bytes", "bytes", "").name,
            "sent_bytes_total"
        );
        assert_eq!(base_name(MetricType::Gauge, "bytes", "bytes"), "bytes_bytes");
    }

    #[test]
    fn our_own_metrics_keep_the_names_of_the_table() {
        for def in metric::SERVER.into_iter().chain(metric::CLIENT) {
            assert_eq!(*Meta::of(&def, "http").name, *def.name("http"));
        }
        assert_eq!(&*Meta::of(&metric::TARGET_INFO, "").base, "target");
        assert_eq!(&*Meta::of(&metric::REQUESTS, "").name, "requests_total");
    }
}
