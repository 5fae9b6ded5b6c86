//! The names under which a page has the metrics of requests.

use obs_conventions::{
    Convention,
    names::{MetricDef, metric, semconv},
};
use obs_rules::{Naming, definition::Service};

use super::Page;

/// The names of the metrics of requests, as the definition has them and as a page has them.
#[derive(Debug)]
pub(super) struct RecordedNames {
    /// Both names of each metric.
    names: Vec<(String, String)>,
    /// What to set in the definition: `namespace: http`.
    setting: String,
}

/// A metric that has another name on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Renamed {
    /// The name on the page.
    pub(super) metric: String,
    /// What to set in the definition, so that it is read: `namespace: http`.
    pub(super) setting: String,
}

/// Histograms and gauges of both conventions that mean the same.
const PAIRS: [(MetricDef, MetricDef); 7] = [
    (metric::REQUEST_DURATION, semconv::SERVER_REQUEST_DURATION),
    (metric::IN_FLIGHT, semconv::SERVER_ACTIVE_REQUESTS),
    (metric::REQUEST_SIZE, semconv::SERVER_REQUEST_BODY_SIZE),
    (metric::RESPONSE_SIZE, semconv::SERVER_RESPONSE_BODY_SIZE),
    (metric::STREAM_DURATION, semconv::SERVER_STREAM_DURATION),
    (metric::CLIENT_REQUEST_DURATION, semconv::CLIENT_REQUEST_DURATION),
    (metric::CLIENT_IN_FLIGHT, semconv::CLIENT_ACTIVE_REQUESTS),
];
/// Counters, which OpenTelemetry has as the count of a histogram.
const COUNTERS: [(MetricDef, MetricDef); 2] = [
    (metric::REQUESTS, semconv::SERVER_REQUEST_DURATION),
    (metric::CLIENT_REQUESTS, semconv::CLIENT_REQUEST_DURATION),
];

// === impl RecordedNames ===

impl RecordedNames {
    /// Compares the names of a definition with those of a page.
    pub(super) fn new(service: &Service, page: &Page) -> Self {
        let defined = service.naming_in_process();
        let Some(recorded) = recorded(page).filter(|recorded| !is_same(recorded, &defined)) else {
            return Self {
                names: Vec::new(),
                setting: String::new(),
            };
        };
        let setting = match (recorded.convention(), recorded.namespace()) {
            (Convention::OpenTelemetry, _) => "convention: opentelemetry".to_owned(),
            (Convention::Prometheus, _) if defined.convention() != Convention::Prometheus => {
                "convention: prometheus".to_owned()
            }
            (Convention::Prometheus, "") => "namespace: \"\"".to_owned(),
            (Convention::Prometheus, namespace) => format!("namespace: {namespace}"),
        };
        let pairs = names(&defined).into_iter().zip(names(&recorded));
        Self {
            names: pairs.filter(|(_, recorded)| page.has(recorded)).collect(),
            setting,
        }
    }

    /// What the page has in place of a metric of the definition.
    pub(super) fn renamed(&self, metric: &str) -> Option<Renamed> {
        let (_, recorded) = self.names.iter().find(|(defined, _)| defined == metric)?;
        Some(Renamed {
            metric: recorded.clone(),
            setting: self.setting.clone(),
        })
    }
}

/// The namespace and the convention under which a page has requests.
fn recorded(page: &Page) -> Option<Naming> {
    if page.has(semconv::SERVER_REQUEST_DURATION.base()) {
        return Some(Naming::new(metric::DEFAULT_NAMESPACE, Convention::OpenTelemetry));
    }
    let of_requests = |name: &str| {
        let namespace = name.strip_suffix(metric::REQUESTS.base())?;
        let namespace = namespace.strip_suffix('_').unwrap_or(namespace);
        // Those of clients end alike; an application's counter has no such histogram beside it.
        let is_of_clients = namespace == "client" || namespace.ends_with("_client");
        let has_durations = page.has(&metric::REQUEST_DURATION.name(namespace));
        (!is_of_clients && has_durations).then(|| namespace.to_owned())
    };
    let namespace = page.names().find_map(of_requests)?;
    Some(Naming::new(namespace, Convention::Prometheus))
}

/// Whether both give the same names: the conventions of OpenTelemetry have no namespace.
fn is_same(one: &Naming, other: &Naming) -> bool {
    let is_prometheus = one.convention() == Convention::Prometheus;
    one.convention() == other.convention() && (!is_prometheus || one.namespace() == other.namespace())
}

/// The names of all metrics of requests, in the same order for every naming.
fn names(naming: &Naming) -> Vec<String> {
    let counters = COUNTERS.iter().map(|(prometheus, open_telemetry)| {
        let name = naming.name(prometheus, open_telemetry);
        match naming.convention() {
            Convention::Prometheus => name,
            Convention::OpenTelemetry => format!("{name}_count"),
        }
    });
    let others = PAIRS.iter().flat_map(|(prometheus, open_telemetry)| {
        let name = naming.name(prometheus, open_telemetry);
        ["", "_bucket", "_count", "_sum"].map(|suffix| format!("{name}{suffix}"))
    });
    counters.chain(others).collect()
}
