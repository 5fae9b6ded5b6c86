//! Pods as Prometheus relabels them: its own verdict on the generated rules, for pods that are given as
//! static targets with the labels that Kubernetes would give them.

use std::process::Command;

use obs_tests::backends;
use serde_json::{Value, json};

use crate::stage::{SHOP, Stack, write};

const JOB: &str = "kubernetes-applications";

/// The labels of the pods that are scraped.
fn discovered(pods: &[Value]) -> Vec<Value> {
    let stack = Stack::generate(SHOP);
    let mut config = stack.yaml("prometheus/prometheus-kubernetes.yml");
    let scrape = &mut config["scrape_configs"][0];
    // Debian's promtool is built without Kubernetes.
    assert_eq!(
        scrape.as_object_mut().unwrap().remove("kubernetes_sd_configs"),
        Some(json!([{ "role": "pod" }]))
    );
    assert_eq!(scrape["job_name"], JOB);
    scrape["static_configs"] = pods.into();
    config["rule_files"] = json!([]);
    let path = stack.path("test/prometheus.yml");
    write(&path, &config.to_string());
    let mut promtool = Command::new(backends::program("promtool"));
    let output = promtool
        .args(["check", "service-discovery", "--timeout=1s"])
        .arg(&path)
        .arg(JOB)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let targets: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    targets
        .into_iter()
        .map(|target| target["labels"].clone())
        .filter(|labels| *labels != json!({}))
        .collect()
}

fn pod(address: &str, ip: &str, more: &[(&str, &str)]) -> Value {
    let mut labels = json!({
        "__meta_kubernetes_pod_annotation_prometheus_io_scrape": "true",
        "__meta_kubernetes_pod_phase": "Running",
        "__meta_kubernetes_pod_ip": ip,
        "__meta_kubernetes_pod_name": "payments-7d4b",
        "__meta_kubernetes_namespace": "shop",
        "__meta_kubernetes_pod_label_app_kubernetes_io_name": "payments",
    });
    for (key, value) in more {
        labels[format!("__meta_kubernetes_{key}")] = (*value).into();
    }
    json!({ "targets": [address], "labels": labels })
}

fn address_of(address: &str, ip: &str, more: &[(&str, &str)]) -> String {
    let found = discovered(&[pod(address, ip, more)]);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]["__address__"].as_str().unwrap().to_owned()
}

#[test]
fn the_annotated_port_replaces_that_of_any_address() {
    if !backends::require("promtool") {
        return;
    }
    let port = [("pod_annotation_prometheus_io_port", "9102")];
    assert_eq!(address_of("10.1.2.3:8080", "10.1.2.3", &port), "10.1.2.3:9102");
    assert_eq!(address_of("10.1.2.3", "10.1.2.3", &port), "10.1.2.3:9102");
    assert_eq!(
        address_of("[2001:db8::7]:8080", "2001:db8::7", &port),
        "[2001:db8::7]:9102"
    );
    assert_eq!(address_of("[::1]:8080", "::1", &port), "[::1]:9102");
    assert_eq!(
        address_of("[::ffff:10.1.2.3]:8080", "::ffff:10.1.2.3", &port),
        "[::ffff:10.1.2.3]:9102"
    );
}

#[test]
fn without_an_annotated_port_the_address_stays() {
    if !backends::require("promtool") {
        return;
    }
    assert_eq!(address_of("10.1.2.3:8080", "10.1.2.3", &[]), "10.1.2.3:8080");
    assert_eq!(
        address_of("[2001:db8::7]:8080", "2001:db8::7", &[]),
        "[2001:db8::7]:8080"
    );
    let no_number = [("pod_annotation_prometheus_io_port", "http")];
    assert_eq!(address_of("10.1.2.3:8080", "10.1.2.3", &no_number), "10.1.2.3:8080");
}

#[test]
fn path_and_scheme_come_from_annotations_and_names_from_the_pod() {
    if !backends::require("promtool") {
        return;
    }
    let annotations = [
        ("pod_annotation_prometheus_io_path", "/internal/metrics"),
        ("pod_annotation_prometheus_io_scheme", "https"),
    ];
    let labels = &discovered(&[pod("10.1.2.3:8080", "10.1.2.3", &annotations)])[0];
    let expected = [
        ("__metrics_path__", "/internal/metrics"),
        ("__scheme__", "https"),
        ("job", "payments"),
        ("namespace", "shop"),
        ("pod", "payments-7d4b"),
        ("env", "demo"),
    ];
    for (key, value) in expected {
        assert_eq!(labels[key], value, "{key}: {labels}");
    }
}

#[test]
fn only_running_pods_that_ask_for_it_are_scraped() {
    if !backends::require("promtool") {
        return;
    }
    let left_out = [
        ("pod_annotation_prometheus_io_scrape", "false"),
        ("pod_phase", "Succeeded"),
        ("pod_phase", "Pending"),
        ("pod_container_init", "true"),
    ];
    for change in left_out {
        assert_eq!(
            discovered(&[pod("10.1.2.3:80", "10.1.2.3", &[change])]),
            Vec::<Value>::new(),
            "{change:?}"
        );
    }
}
