//! Where a set of instruments records, and under which names.

use std::sync::Arc;

use ::metrics::{Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, Recorder, SharedString};

use crate::{
    Obs,
    metrics::Registry,
    names::{MetricDef, MetricType},
    pipeline::{self, Pipeline},
};

const METADATA: Metadata<'static> = Metadata::new(crate::names::target::OBS, Level::INFO, None);

/// Makes the instruments of one set.
#[derive(Clone)]
pub(super) struct InstrumentFactory {
    recorder: Arc<dyn Recorder + Send + Sync>,
    /// `None` where metrics go to a recorder of others.
    registry: Option<Registry>,
    namespace: String,
}

// === impl InstrumentFactory ===

impl InstrumentFactory {
    /// In the process-wide default.
    pub(super) fn of_default(namespace: &str) -> Self {
        Self::in_instance(&pipeline::default(), namespace)
    }

    pub(super) fn of(obs: &Obs, namespace: &str) -> Self {
        Self::in_instance(&obs.pipeline(), namespace)
    }

    fn in_instance(pipeline: &Pipeline, namespace: &str) -> Self {
        let registry = pipeline.target.registry().cloned();
        Self {
            recorder: pipeline.target.recorder(),
            registry,
            namespace: namespace.to_owned(),
        }
    }

    /// The same under other names.
    pub(super) fn under(&self, namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ..self.clone()
        }
    }

    /// Calls `hook` before each page, where the page is ours.
    pub(super) fn before_render(&self, hook: impl Fn() + Send + Sync + 'static) {
        if let Some(registry) = &self.registry {
            registry.before_render(hook);
        }
    }

    pub(super) fn describe(&self, defs: &[MetricDef]) {
        for def in defs {
            let name = KeyName::from(def.name(&self.namespace));
            let unit = ::metrics::Unit::from_string(def.unit);
            let help = SharedString::const_str(def.help);
            match def.metric_type {
                MetricType::Counter => self.recorder.describe_counter(name, unit, help),
                MetricType::Histogram | MetricType::Summary => self.recorder.describe_histogram(name, unit, help),
                MetricType::Gauge | MetricType::Info => self.recorder.describe_gauge(name, unit, help),
            }
        }
    }

    pub(super) fn counter(&self, def: &MetricDef, values: &[&str]) -> Counter {
        self.recorder.register_counter(&self.key(def, values), &METADATA)
    }

    pub(super) fn gauge(&self, def: &MetricDef, values: &[&str]) -> Gauge {
        self.recorder.register_gauge(&self.key(def, values), &METADATA)
    }

    pub(super) fn histogram(&self, def: &MetricDef, values: &[&str]) -> Histogram {
        self.recorder.register_histogram(&self.key(def, values), &METADATA)
    }

    /// `values` are those of the definition's labels, in their order.
    fn key(&self, def: &MetricDef, values: &[&str]) -> Key {
        let labels = def
            .labels
            .iter()
            .zip(values)
            .map(|(key, value)| Label::new(*key, (*value).to_owned()));
        Key::from_parts(def.name(&self.namespace), labels.collect::<Vec<_>>())
    }
}

impl std::fmt::Debug for InstrumentFactory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstrumentFactory")
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
