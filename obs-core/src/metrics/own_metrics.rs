//! The metrics of obs itself whose values come from elsewhere: build information, resource, process, runtimes.

use std::{borrow::Cow, sync::Arc};

#[cfg(any(feature = "process", feature = "tokio-metrics"))]
use super::cells::FloatCells;
use super::{
    catalog::InCatalog,
    cells::GaugeCell,
    family::Family,
    kinds::InfoCell,
    labels::{Labels, Pair},
    registry::Registry,
};
use crate::names::{MetricDef, metric};

// === impl Registry ===

impl Registry {
    /// Sets `obs_build_info`, a constant gauge with the service's name and version as labels.
    pub(crate) fn set_build_info(&self, service: &str, version: &str, revision: &str) {
        let family: Arc<Family<GaugeCell>> = self.family_of(&metric::BUILD_INFO);
        let values = [service, version, revision].map(|value| Cow::Owned(value.to_owned()));
        let pairs: Vec<Pair> = metric::BUILD_INFO
            .labels
            .iter()
            .map(|key| Cow::Borrowed(*key))
            .zip(values)
            .collect();
        family.clear();
        family.series(Labels::new(pairs), self.overflow()).series.cells.set(1.0);
    }

    /// Sets `target_info`, a constant info metric with the resource attributes as labels.
    pub(crate) fn set_target_info(&self, attributes: &[(String, String)]) {
        let family: Arc<Family<InfoCell>> = self.family_of(&metric::TARGET_INFO);
        let given = attributes.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let (labels, _) = Labels::repaired(given);
        family.clear();
        family.series(labels, self.overflow());
    }

    /// Sets a gauge whose value comes from elsewhere.
    #[cfg(any(feature = "process", feature = "tokio-metrics"))]
    pub(crate) fn set_gauge(&self, def: &MetricDef, labels: &[(&'static str, &str)], value: f64) {
        let family: Arc<Family<GaugeCell>> = self.family_of(def);
        family.series(owned(labels), self.overflow()).series.cells.set(value);
    }

    /// Raises a counter whose `total` comes from elsewhere. Must not be called by two threads at once.
    #[cfg(any(feature = "process", feature = "tokio-metrics"))]
    pub(crate) fn raise_counter(&self, def: &MetricDef, labels: &[(&'static str, &str)], total: f64) {
        let family: Arc<Family<FloatCells>> = self.family_of(def);
        let series = family.series(owned(labels), self.overflow()).series;
        series.cells.add(total - series.cells.total(), None);
    }

    /// The family of a metric of obs itself, described by its definition.
    fn family_of<C: InCatalog>(&self, def: &MetricDef) -> Arc<Family<C>> {
        let name = def.name("");
        if let Some(family) = self.catalog().known::<C>(&name) {
            return Arc::clone(family);
        }
        let described = self
            .catalog_mut()
            .describe(def.metric_type, &name, def.unit, Cow::Borrowed(def.help));
        self.report(described);
        self.family(&name)
    }
}

#[cfg(any(feature = "process", feature = "tokio-metrics"))]
fn owned(labels: &[(&'static str, &str)]) -> Labels {
    let pair = |(key, value): &(&'static str, &str)| -> Pair { ((*key).into(), (*value).to_owned().into()) };
    Labels::new(labels.iter().map(pair).collect::<Vec<_>>())
}
