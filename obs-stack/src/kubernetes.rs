//! Objects for Kubernetes, with the [Prometheus Operator](https://prometheus-operator.dev)
//! and the dashboard sidecar of Grafana.
//!
//! | file | object |
//! |---|---|
//! | `kubernetes/SERVICE.servicemonitor.yaml` | `ServiceMonitor`: scrapes the pods behind the Kubernetes Service |
//! | `kubernetes/alternatives/SERVICE.podmonitor.yaml` | `PodMonitor`: scrapes the pods themselves, where there is no Kubernetes Service; with both, all counts twice |
//! | `kubernetes/SERVICE.prometheusrule.yaml`, `….2.yaml` | `PrometheusRule`: the rules of `prometheus/rules`, in as many objects as `kubectl apply` can take |
//! | `kubernetes/DASHBOARD.configmap.yaml` | `ConfigMap`: a dashboard of `grafana/dashboards` |
//!
//! Pods and Kubernetes Services are selected by the label `app.kubernetes.io/name:
//! SERVICE`, and scraped every 15 seconds on the port with the name `http`. The objects
//! have the label `release: kube-prometheus-stack`, which the operator of that Helm chart
//! looks for; the config maps have `grafana_dashboard: "1"`.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let definition = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
//! let files = obs_stack::kubernetes::files(&definition);
//! assert_eq!(files[0].path, "kubernetes/orders.servicemonitor.yaml");
//! assert!(files[0].content.contains("kind: ServiceMonitor"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

use std::slice;

use obs_rules::definition::{Definition, Service};

use crate::{
    File, grafana,
    prometheus::{self, Group, retention_note},
    text::{shortened, slug},
    yaml::{self, Yaml},
};

/// Generates the monitors, rules and dashboards of all services.
///
/// Apply the folder `kubernetes/` but not its `alternatives/`. An object is never larger than
/// the 256 KiB of annotations that `kubectl apply` can store: rules are divided among several
/// objects. Names longer than Kubernetes allows are cut and end in a hash of the whole name.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    let of_services = definition.services.iter().flat_map(|service| {
        let monitors = [service_monitor(service), pod_monitor(service)];
        monitors.into_iter().chain(prometheus_rules(definition, service))
    });
    of_services.chain(config_maps(&grafana::files(definition))).collect()
}

/// The API group and version of the Prometheus Operator.
const API: &str = "monitoring.coreos.com/v1";
/// The name of the port that serves the metrics page.
const PORT: &str = "http";

/// A `ServiceMonitor`: scrapes the pods behind the Kubernetes Service of this service.
fn service_monitor(service: &Service) -> File {
    let about =
        "Scrapes the pods behind the Kubernetes Service with the label app.kubernetes.io/name, on its port `http`.";
    let spec = spec(service, "jobLabel", "endpoints");
    let object = object(API, "ServiceMonitor", &service.name, &labels(service)).with("spec", spec);
    let path = format!("kubernetes/{}.servicemonitor.yaml", slug(&service.name));
    File::new(path, yaml::document(about, &object))
}

/// A `PodMonitor`: scrapes the pods of this service directly.
fn pod_monitor(service: &Service) -> File {
    let about = "Scrapes the pods with the label app.kubernetes.io/name themselves. Instead of the ServiceMonitor, where\n\
                 there is no Kubernetes Service: with both, every request counts twice.";
    let spec = spec(service, "jobLabel", "podMetricsEndpoints");
    let object = object(API, "PodMonitor", &service.name, &labels(service)).with("spec", spec);
    let path = format!("kubernetes/alternatives/{}.podmonitor.yaml", slug(&service.name));
    File::new(path, yaml::document(about, &object))
}

/// The specification of a monitor; the two kinds name their list of endpoints differently.
fn spec(service: &Service, job_label: &str, endpoints: &str) -> Yaml {
    let selector = Yaml::map([(
        "matchLabels",
        Yaml::map([("app.kubernetes.io/name", (&service.name).into())]),
    )]);
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

/// Sets the label `env` of all samples, if the service has an environment.
fn environment(service: &Service) -> Option<Yaml> {
    let replacement = service.environment.replace('$', "$$");
    let relabelling = [("targetLabel", "env".into()), ("replacement", replacement.into())];
    (!service.environment.is_empty()).then(|| Yaml::map(relabelling))
}

/// The rules of a service: one `PrometheusRule`, or several if one would be too large for
/// `kubectl apply`.
fn prometheus_rules(definition: &Definition, service: &Service) -> Vec<File> {
    let parts = parts(prometheus::groups(definition, service));
    parts
        .iter()
        .enumerate()
        .map(|(at, groups)| prometheus_rule(service, at + 1, groups))
        .collect()
}

/// One `PrometheusRule`; from the second on, the name ends with its number.
fn prometheus_rule(service: &Service, number: usize, groups: &[Group]) -> File {
    // Names of services have no dot, so the second object of `orders` is not the first of `orders-2`.
    let suffix = if number == 1 {
        String::new()
    } else {
        format!(".{number}")
    };
    let name = format!("{}{suffix}", service.name);
    let object = object("monitoring.coreos.com/v1", "PrometheusRule", &name, &labels(service));
    let document = object.with("spec", prometheus::document(groups));
    let mut about = "The rules of prometheus/rules, for the Prometheus Operator.".to_owned();
    if let Some(note) = retention_note([service]) {
        about = format!("{about}\n{note}");
    }
    let path = format!("kubernetes/{}.prometheusrule{suffix}.yaml", slug(&service.name));
    File::new(path, yaml::document(&about, &document))
}

/// Distributes groups over objects, in their order and as many in each as fit. A group
/// stays whole, since its later rules read what the earlier ones record.
fn parts(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut parts: Vec<Vec<Group>> = Vec::new();
    let mut size = 0;
    for group in groups {
        let more = yaml::body(&prometheus::document(slice::from_ref(&group))).len();
        match parts.last_mut() {
            Some(part) if size + more <= LARGEST => part.push(group),
            _ => {
                parts.push(vec![group]);
                size = 0;
            }
        }
        size += more;
    }
    parts
}

/// The label by which the sidecar finds dashboards.
const LABEL: (&str, &str) = ("grafana_dashboard", "1");
/// The folder of the dashboards among the generated files.
const DASHBOARDS: &str = "grafana/dashboards/";

/// A `ConfigMap` for each dashboard: together they could exceed the limit of an object (1
/// MiB).
pub(crate) fn config_maps(files: &[File]) -> Vec<File> {
    files
        .iter()
        .filter_map(|file| {
            let stem = file.path.strip_prefix(DASHBOARDS)?.strip_suffix(".json")?;
            Some(config_map(&stem.replace('/', "-"), &file.content))
        })
        .collect()
}

/// JSON without indentation, which is a third of a dashboard.
fn compact(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).map_or_else(|_| json.to_owned(), |value| value.to_string())
}

/// The `ConfigMap` of one dashboard.
fn config_map(stem: &str, json: &str) -> File {
    let file_name = format!("{stem}.json");
    let stem = name(stem);
    let data = Yaml::map([(file_name.as_str(), compact(json).into())]);
    let object = object("v1", "ConfigMap", &format!("dashboard-{stem}"), &[LABEL]).with("data", data);
    let about = "A dashboard of grafana/dashboards, for the sidecar of Grafana.";
    File::new(
        format!("kubernetes/{stem}.configmap.yaml"),
        yaml::document(about, &object),
    )
}

/// The most bytes of the growing part of an object. `kubectl apply` stores the whole object
/// in an annotation of at most 256 KiB; the remainder is for metadata and for the larger
/// JSON form.
const LARGEST: usize = 180_000;

/// The longest name of an object, in bytes.
const LONGEST: usize = 253;

/// An object with its kind, name and labels, to which the specification is added.
fn object(api_version: &str, kind: &str, name: &str, labels: &[(&str, &str)]) -> Yaml {
    let labels = labels.iter().map(|(key, value)| (*key, Yaml::from(*value)));
    let metadata = Yaml::map([("name", self::name(name).into()), ("labels", Yaml::map(labels))]);
    Yaml::map([
        ("apiVersion", api_version.into()),
        ("kind", kind.into()),
        ("metadata", metadata),
    ])
}

/// The labels of the objects of a service. The Prometheus Operator of the Helm chart
/// kube-prometheus-stack selects objects by `release`.
fn labels(service: &Service) -> [(&'static str, &str); 2] {
    [
        ("app.kubernetes.io/name", &service.name),
        ("release", "kube-prometheus-stack"),
    ]
}

/// A valid name of an object (RFC 1123 subdomain): lower case letters, digits, `-` and `.`,
/// with a letter or digit at both ends.
pub(crate) fn name(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let name: String = lower
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() {
        "unnamed".to_owned()
    } else {
        shortened(name, LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{config_maps, name};
    use crate::File;

    #[test]
    fn names_become_those_of_objects() {
        assert_eq!(name("Payment Service_2"), "payment-service-2");
        assert_eq!(name("-a.b-"), "a.b");
        assert_eq!(name("é"), "unnamed");
        assert_eq!(name(&"x".repeat(300)).len(), 253);
        assert_ne!(name(&("x".repeat(300) + "a")), name(&("x".repeat(300) + "b")));
    }

    #[test]
    fn a_dashboard_becomes_an_object_that_holds_it() {
        let files = [
            File::new("grafana/dashboards/orders-overview.json", "{\"title\": \"a: b\"}\n"),
            File::new("grafana/provisioning/x.yaml", ""),
        ];
        let maps = config_maps(&files);
        assert_eq!(maps.len(), 1);
        assert_eq!(maps[0].path, "kubernetes/orders-overview.configmap.yaml");
        let map: serde_json::Value = serde_saphyr::from_str(&maps[0].content).unwrap();
        assert_eq!(map["metadata"]["name"], "dashboard-orders-overview");
        assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
        assert_eq!(map["data"]["orders-overview.json"], "{\"title\":\"a: b\"}");
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_of_an_object(text in any::<String>()) {
            let name = name(&text);
            let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            prop_assert!(name.starts_with(is_end) && name.ends_with(is_end) && name.len() <= 253);
            prop_assert!(name.chars().all(|c| is_end(c) || c == '-' || c == '.'));
        }
    }
}
