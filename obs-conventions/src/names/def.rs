//! What is said of a metric: [`MetricDef`].

/// How a metric behaves, in the words of the Prometheus data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// Only grows, restarts at zero.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Distribution in buckets.
    Histogram,
    /// Distribution as quantiles that the process computes.
    Summary,
    /// Constant 1 whose labels are the message.
    Info,
}

/// One metric that obs emits: name, type, unit, labels and help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricDef {
    /// The name without its namespace.
    base: &'static str,
    /// Whether the layer's namespace stands before the base name.
    namespaced: bool,
    /// How it behaves.
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
