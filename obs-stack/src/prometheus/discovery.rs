//! Scrape configurations: how targets are found, their labels, and limits of a scrape.

use obs_rules::definition::{Definition, Service};

use super::Release;
use crate::{
    File,
    text::{regex_escape, slug},
    yaml::{self, Yaml},
};

/// The scrape configuration of one service, with its discovery.
pub(super) fn of_service(service: &Service, release: Release, discovery: Yaml) -> Yaml {
    let scrape = base(&service.name, release).with("metrics_path", &service.metrics_path);
    merged(scrape, discovery)
}

/// The settings that all scrape configurations have.
fn base(job: &str, release: Release) -> Yaml {
    let mut scrape = Yaml::map([("job_name", job.into())]);
    if release == Release::V3 {
        scrape = scrape
            .with(
                "scrape_protocols",
                Yaml::list(["PrometheusProto", "OpenMetricsText1.0.0", "PrometheusText0.0.4"]),
            )
            .with("fallback_scrape_protocol", "PrometheusText0.0.4")
            .with("scrape_native_histograms", true)
            // The rules and dashboards read the classic buckets, beside which the native ones lie.
            .with("always_scrape_classic_histograms", true);
    }
    limits().fold(scrape, |scrape, (key, limit)| scrape.with(key, limit))
}

/// The targets in the definition.
pub(super) fn fixed(service: &Service) -> Yaml {
    Yaml::map([("static_configs", Yaml::list([group(service)]))])
}

/// Targets in files: the generated one, and `SERVICE.local.yml` beside it, which people may
/// write.
pub(super) fn files(service: &Service) -> Yaml {
    let name = slug(&service.name);
    let files = Yaml::list([format!("targets/{name}.yml"), format!("targets/{name}.local.yml")]);
    Yaml::map([(
        "file_sd_configs",
        Yaml::list([Yaml::map([("files", files), ("refresh_interval", "5m".into())])]),
    )])
}

/// The generated file that [`files`] names.
pub(super) fn target_file(service: &Service) -> File {
    let about = "Targets of one service, for prometheus-file.yml. Those of your own go into a file beside it whose\n\
                 name ends in `.local.yml`: it is never touched.";
    let path = format!("prometheus/targets/{}.yml", slug(&service.name));
    File::new(path, yaml::document(about, &Yaml::list([group(service)])))
}

/// Targets from an HTTP service, whose response sets the label `job` of each group.
pub(super) fn http(definition: &Definition, release: Release) -> Yaml {
    let url = definition.links.discovery.as_deref().unwrap_or_default();
    let discovery = Yaml::map([("url", url.into()), ("refresh_interval", "1m".into())]);
    let environments = definition
        .services
        .iter()
        .filter(|service| !service.environment.is_empty());
    let relabelling: Vec<_> = environments.map(environment).collect();
    base("http", release)
        .with("http_sd_configs", Yaml::list([discovery]))
        .with("relabel_configs", Yaml::List(relabelling))
}

/// Sets the label `env` of the targets of a service, selected by their `job`.
fn environment(service: &Service) -> Yaml {
    Yaml::map([
        ("source_labels", Yaml::list(["job"])),
        ("regex", regex_escape(&service.name).into()),
        ("target_label", "env".into()),
        ("replacement", service.environment.replace('$', "$$").into()),
    ])
}

/// The targets of a service with the label `env`.
fn group(service: &Service) -> Yaml {
    let labels = [("env", &service.environment)];
    let mut group = Yaml::map([("targets", Yaml::list(&service.targets))]);
    let labels: Vec<_> = labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    if !labels.is_empty() {
        group = group.with(
            "labels",
            Yaml::map(labels.into_iter().map(|(key, value)| (key, value.into()))),
        );
    }
    group
}

/// A map with further entries.
fn merged(map: Yaml, more: Yaml) -> Yaml {
    match more {
        Yaml::Map(entries) => entries.into_iter().fold(map, |map, (key, value)| map.with(&key, value)),
        _ => map,
    }
}

/// The label of an annotation of a pod, without the name of the annotation.
const ANNOTATION: &str = "__meta_kubernetes_pod_annotation_prometheus_io_";

/// The scrape configuration of all pods with the annotation `prometheus.io/scrape: "true"`.
/// Path, port and scheme can be set by annotations as well.
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
    let environments = definition
        .services
        .iter()
        .filter(|service| !service.environment.is_empty());
    relabelling.extend(environments.map(environment));
    base("kubernetes-applications", release)
        .with(
            "kubernetes_sd_configs",
            Yaml::list([Yaml::map([("role", "pod".into())])]),
        )
        .with("relabel_configs", Yaml::List(relabelling))
}

/// The label of the annotation `prometheus.io/NAME`.
fn annotation(name: &str) -> String {
    format!("{ANNOTATION}{name}")
}

/// Keeps targets whose label matches.
fn keep(label: &str, regex: &str) -> Yaml {
    select(label, regex).with("action", "keep")
}

/// Removes targets whose label matches.
fn drop(label: &str, regex: &str) -> Yaml {
    select(label, regex).with("action", "drop")
}

/// Copies the first group of a match to another label; without a match nothing changes.
fn copy(label: &str, regex: &str, target: &str) -> Yaml {
    select(label, regex).with("target_label", target)
}

/// Replaces the address of a target, from its address and the annotated port.
fn address(regex: &str, replacement: &str) -> Yaml {
    let source = [annotation("port"), "__meta_kubernetes_pod_ip".to_owned()];
    Yaml::map([("source_labels", Yaml::list(source)), ("regex", regex.into())])
        .with("target_label", "__address__")
        .with("replacement", replacement)
}

/// A rule that matches a label.
fn select(label: &str, regex: &str) -> Yaml {
    Yaml::map([("source_labels", Yaml::list([label])), ("regex", regex.into())])
}

/// Limits of one scrape. A page over any of them is refused as a whole, so they are far
/// above what a service can expose: its registry limits the series of each metric.
const LIMITS: [(&str, u64); 4] = [
    ("sample_limit", 100_000),
    ("label_limit", 64),
    ("label_name_length_limit", 256),
    ("label_value_length_limit", 4_096),
];
/// The largest page, before decompression.
const BODY_SIZE_LIMIT: &str = "64MB";

/// The limits as entries of a scrape configuration.
fn limits() -> impl Iterator<Item = (&'static str, Yaml)> {
    let size = [("body_size_limit", Yaml::from(BODY_SIZE_LIMIT))];
    size.into_iter()
        .chain(LIMITS.into_iter().map(|(key, limit)| (key, Yaml::from(limit))))
}
