//! What large definitions make: no object of Kubernetes is larger than `kubectl apply` can carry.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{collections::BTreeSet, fmt::Write as _};

use obs_rules::definition::Definition;
use obs_stack::{File, files};
use serde_json::Value;

/// `kubectl apply` notes the object it applied in an annotation, which holds 256 KiB at most.
const ANNOTATION: usize = 256 * 1_024;

/// Services with so many endpoints and as many objectives, half of them of latency.
fn definition(services: usize, endpoints: usize) -> Definition {
    let mut text = "version: 1\nlinks: { runbooks: 'https://wiki.example.com/runbooks' }\nservices:\n".to_owned();
    for service in 0..services {
        let _ = writeln!(text, "  - name: service-{service}\n    endpoints:");
        for at in 0..endpoints {
            let _ = writeln!(text, "      - GET /sections/of/the/catalogue-{at}/{{id}}");
        }
        text += "    slos:\n";
        for at in 0..endpoints {
            let sli = if at % 2 == 0 {
                "objective: 99.9"
            } else {
                "sli: latency, threshold: 300ms, objective: 98"
            };
            let window = ["7d", "28d", "30d", "90d"][at % 4];
            let endpoint = format!("GET /sections/of/the/catalogue-{at}/{{id}}");
            let _ = writeln!(
                text,
                "      - {{ name: catalogue-{at}, {sli}, window: {window}, endpoint: '{endpoint}' }}"
            );
        }
    }
    Definition::parse(&text, "obs.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn objects(files: &[File]) -> Vec<(&str, Value)> {
    let of_kubernetes = files.iter().filter(|file| file.path.starts_with("kubernetes/"));
    of_kubernetes
        .map(|file| (file.path.as_str(), serde_saphyr::from_str(&file.content).unwrap()))
        .collect()
}

#[test]
fn every_config_map_of_40_objectives_and_40_endpoints_is_below_200_kb() {
    let files = files(&definition(1, 40));
    let maps: Vec<_> = files
        .iter()
        .filter(|file| file.path.ends_with(".configmap.yaml"))
        .collect();
    assert_eq!(maps.len(), 4);
    for map in maps {
        assert!(map.content.len() < 200_000, "{}: {} bytes", map.path, map.content.len());
    }
}

#[test]
fn every_object_of_40_objectives_fits_into_an_annotation() {
    let files = files(&definition(1, 40));
    let objects = objects(&files);
    assert!(
        objects
            .iter()
            .filter(|(_, object)| object["kind"] == "PrometheusRule")
            .count()
            >= 2
    );
    for (path, object) in &objects {
        let size = object.to_string().len();
        assert!(size < ANNOTATION, "{path}: {size} bytes");
    }
}

#[test]
fn a_dashboard_of_objectives_is_as_large_for_40_of_them_as_for_5() {
    let size = |objectives| {
        let files = files(&definition(1, objectives));
        files
            .iter()
            .find(|file| file.path.ends_with("-slo.json"))
            .unwrap()
            .content
            .len()
    };
    let (few, many) = (size(5), size(40));
    assert!(many < few + few / 20, "{few} and {many} bytes");
}

#[test]
fn objects_of_one_kind_have_names_of_their_own() {
    let files = files(&definition(3, 40));
    let mut names = BTreeSet::new();
    for (path, object) in objects(&files) {
        let (kind, name) = (
            object["kind"].as_str().unwrap(),
            object["metadata"]["name"].as_str().unwrap(),
        );
        assert!(names.insert(format!("{kind} {name}")), "{path}: a second {kind} {name}");
    }
}

#[test]
fn the_rules_of_split_objects_are_those_of_the_files() {
    let files = files(&definition(1, 40));
    let groups = |value: &Value, at: &str| -> Vec<String> {
        let groups = value.pointer(at).unwrap().as_array().unwrap();
        groups
            .iter()
            .map(|group| group["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let rule_files = files.iter().filter(|file| file.path.starts_with("prometheus/rules/"));
    let mut of_files: Vec<String> = rule_files
        .flat_map(|file| groups(&serde_saphyr::from_str::<Value>(&file.content).unwrap(), "/groups"))
        .collect();
    let objects = objects(&files);
    let rules = objects.iter().filter(|(_, object)| object["kind"] == "PrometheusRule");
    let mut of_objects: Vec<String> = rules.flat_map(|(_, object)| groups(object, "/spec/groups")).collect();
    of_files.sort();
    of_objects.sort();
    assert_eq!(of_objects, of_files);
}
