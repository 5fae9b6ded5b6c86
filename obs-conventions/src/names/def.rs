//! The definition of a metric: [`MetricDef`].

/// The type of a metric, in the terms of the
/// [Prometheus data model](https://prometheus.io/docs/concepts/metric_types/).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// A total that only increases, or restarts at zero.
    Counter,
    /// A current value, which increases and decreases.
    Gauge,
    /// A distribution in buckets.
    Histogram,
    /// A distribution as quantiles that the process computes.
    Summary,
    /// A constant 1 whose labels carry the information.
    Info,
}

/// One metric that obs emits: name, type, unit, labels and help text.
///
/// ```
/// use obs_conventions::names::metric;
///
/// assert_eq!(metric::REQUESTS.name("payment"), "payment_requests_total");
/// assert_eq!(metric::REQUESTS.labels, ["method", "endpoint", "status", "outcome"]);
/// assert_eq!(metric::BUILD_INFO.base(), "obs_build_info");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricDef {
    /// The name without its namespace.
    base: &'static str,
    /// Whether the layer's namespace stands before the base name.
    namespaced: bool,
    /// Its type.
    pub metric_type: MetricType,
    /// The unit in the singular of the data model (`seconds`, `bytes`), empty for plain counts.
    pub unit: &'static str,
    /// Label keys, in the order in which they are exposed.
    pub labels: &'static [&'static str],
    /// One sentence for `# HELP`.
    pub help: &'static str,
}

impl MetricDef {
    pub(super) const fn red(
        base: &'static str,
        metric_type: MetricType,
        unit: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            base,
            namespaced: true,
            metric_type,
            unit,
            labels,
            help,
        }
    }

    pub(super) const fn fixed(
        base: &'static str,
        metric_type: MetricType,
        unit: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            base,
            namespaced: false,
            metric_type,
            unit,
            labels,
            help,
        }
    }

    /// The full name under `namespace`; an empty namespace gives the bare name.
    #[must_use]
    pub fn name(&self, namespace: &str) -> String {
        if self.namespaced && !namespace.is_empty() {
            format!("{namespace}_{}", self.base)
        } else {
            self.base.to_owned()
        }
    }

    /// The name without a namespace.
    #[must_use]
    pub const fn base(&self) -> &'static str {
        self.base
    }

    /// Whether the layer's namespace stands before [`base`](Self::base).
    #[must_use]
    pub const fn is_namespaced(&self) -> bool {
        self.namespaced
    }
}
