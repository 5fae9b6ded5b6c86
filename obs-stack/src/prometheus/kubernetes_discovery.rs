//! Pods of a Kubernetes cluster, by the annotations `prometheus.io/scrape`, `scheme`, `path` and `port`.
//!
//! The well-known one-liner `([^:]+)(?::\d+)?;(\d+)` on `__address__` breaks IPv6 addresses. Here the address is
//! made of the pod's IP and the annotated port, in brackets where the IP has colons.

use obs_rules::definition::Definition;

use super::{Release, discovery};
use crate::yaml::Yaml;

const ANNOTATION: &str = "__meta_kubernetes_pod_annotation_prometheus_io_";

/// The scrape configuration of all annotated pods.
pub(super) fn pods(definition: &Definition, release: Release) -> Yaml {
    let mut relabelling = vec![
        keep(&annotation("scrape"), "true"),
        drop("__meta_kubernetes_pod_phase", "Pending|Succeeded|Failed|Completed"),
        drop("__meta_kubernetes_pod_container_init", "true"),
        copy(&annotation("scheme"), "(https?)", "__scheme__"),
        copy(&annotation("path"), "(.+)", "__metrics_path__"),
        address("(\\d+);([0-9.]+)", "$2:$1"),
        address("(\\d+);([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)", "[$2]:$1"),
        // The recommended label wins over the old one.
        copy("__meta_kubernetes_pod_label_app", "(.+)", "job"),
        copy("__meta_kubernetes_pod_label_app_kubernetes_io_name", "(.+)", "job"),
        copy("__meta_kubernetes_namespace", "(.+)", "namespace"),
        copy("__meta_kubernetes_pod_name", "(.+)", "pod"),
        copy("__meta_kubernetes_pod_node_name", "(.+)", "node"),
    ];
    let environments = definition.services.iter().filter(|service| !service.environment.is_empty());
    relabelling.extend(environments.map(discovery::environment));
    discovery::base("kubernetes-applications", release)
        .with("kubernetes_sd_configs", Yaml::list([Yaml::map([("role", "pod".into())])]))
        .with("relabel_configs", Yaml::List(relabelling))
}

fn annotation(name: &str) -> String {
    format!("{ANNOTATION}{name}")
}

fn keep(label: &str, regex: &str) -> Yaml {
    select(label, regex).with("action", "keep")
}

fn drop(label: &str, regex: &str) -> Yaml {
    select(label, regex).with("action", "drop")
}

/// Copies the first group of a match to a label; no match changes nothing.
fn copy(label: &str, regex: &str, target: &str) -> Yaml {
    select(label, regex).with("target_label", target)
}

fn address(regex: &str, replacement: &str) -> Yaml {
    let source = [annotation("port"), "__meta_kubernetes_pod_ip".to_owned()];
    Yaml::map([("source_labels", Yaml::list(source)), ("regex", regex.into())])
        .with("target_label", "__address__")
        .with("replacement", replacement)
}

fn select(label: &str, regex: &str) -> Yaml {
    Yaml::map([("source_labels", Yaml::list([label])), ("regex", regex.into())])
}
