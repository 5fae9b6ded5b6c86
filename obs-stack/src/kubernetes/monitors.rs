//! What the Prometheus Operator scrapes.

use obs_rules::definition::Service;

use super::object::{labels, object};
use crate::{
    File,
    text::slug,
    yaml::{self, Yaml},
};

const API: &str = "monitoring.coreos.com/v1";
/// The name of the port that serves the metrics page.
const PORT: &str = "http";

/// Scrapes the pods behind the Service that is called like ours.
pub(super) fn service_monitor(service: &Service) -> File {
    let about =
        "Scrapes the pods behind the Kubernetes Service with the label app.kubernetes.io/name, on its port `http`.";
    let spec = spec(service, "jobLabel", "endpoints");
    let object = object(API, "ServiceMonitor", &service.name, &labels(service)).with("spec", spec);
    let path = format!("kubernetes/{}.servicemonitor.yaml", slug(&service.name));
    File::new(path, yaml::document(about, &object))
}

/// Scrapes the pods themselves.
pub(super) fn pod_monitor(service: &Service) -> File {
    let about = "Scrapes the pods with the label app.kubernetes.io/name themselves. Instead of the ServiceMonitor, where\n\
                 there is no Kubernetes Service: with both, every request counts twice.";
    let spec = spec(service, "jobLabel", "podMetricsEndpoints");
    let object = object(API, "PodMonitor", &service.name, &labels(service)).with("spec", spec);
    let path = format!("kubernetes/alternatives/{}.podmonitor.yaml", slug(&service.name));
    File::new(path, yaml::document(about, &object))
}

fn spec(service: &Service, job_label: &str, endpoints: &str) -> Yaml {
    let selector = Yaml::map([("matchLabels", Yaml::map([("app.kubernetes.io/name", (&service.name).into())]))]);
    let endpoint = Yaml::map([
        ("port", PORT.into()),
        ("path", (&service.metrics_path).into()),
        ("interval", "15s".into()),
        ("scrapeTimeout", "10s".into()),
        ("relabelings", Yaml::list(environment(service))),
    ]);
    Yaml::map([
        (job_label, "app.kubernetes.io/name".into()),
        ("selector", selector),
        ("sampleLimit", 100_000.into()),
        ("labelLimit", 64.into()),
        ("labelNameLengthLimit", 256.into()),
        ("labelValueLengthLimit", 4_096.into()),
        (endpoints, Yaml::list([endpoint])),
    ])
}

fn environment(service: &Service) -> Option<Yaml> {
    let replacement = service.environment.replace('$', "$$");
    let relabelling = [("targetLabel", "env".into()), ("replacement", replacement.into())];
    (!service.environment.is_empty()).then(|| Yaml::map(relabelling))
}
