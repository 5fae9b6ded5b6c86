//! Kubernetes objects against schemas of the fields that the Prometheus Operator and Kubernetes have.

use obs_tests::backends::workspace;
use serde_json::Value;

use crate::stage::{OPEN_TELEMETRY, SHOP, Stack};

fn validator(kind: &str) -> jsonschema::Validator {
    let path = workspace()
        .join("tests/tests/stack/schemas")
        .join(format!("{}.json", kind.to_lowercase()));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("no schema of {kind}: {error}"));
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn problems(object: &Value) -> Vec<String> {
    let validator = validator(object["kind"].as_str().unwrap());
    validator
        .iter_errors(object)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn the_objects_are_as_their_schemas_say() {
    for definition in [SHOP, OPEN_TELEMETRY] {
        let stack = Stack::generate(definition);
        let files = [
            stack.files("kubernetes", ".yaml"),
            stack.files("kubernetes/alternatives", ".yaml"),
        ]
        .concat();
        let mut kinds = Vec::new();
        for file in files {
            let object = crate::stage::yaml(&std::fs::read_to_string(&file).unwrap());
            assert_eq!(problems(&object), Vec::<String>::new(), "{}", file.display());
            kinds.push(object["kind"].as_str().unwrap().to_owned());
        }
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds, ["ConfigMap", "PodMonitor", "PrometheusRule", "ServiceMonitor"]);
    }
}

/// A file, and what is done to it.
type Mistake = (&'static str, fn(&mut Value));

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let stack = Stack::generate(SHOP);
    let good = |file: &str| stack.yaml(&format!("kubernetes/{file}.yaml"));
    let wrong: [Mistake; 6] = [
        ("orders.servicemonitor", |object| {
            object["spec"]["endpoints"][0]["intervall"] = "15s".into();
        }),
        ("orders.servicemonitor", |object| {
            object["spec"]["endpoints"][0]["interval"] = "15 seconds".into();
        }),
        ("orders.servicemonitor", |object| {
            object["metadata"]["name"] = "Orders_".into();
        }),
        ("alternatives/orders.podmonitor", |object| {
            object["spec"]["sampleLimit"] = "many".into();
        }),
        ("orders.prometheusrule", |object| {
            object["spec"]["groups"][0]["rules"][0]["expr"] = Value::Null;
        }),
        ("orders-overview.configmap", |object| object["data"]["a/b"] = "c".into()),
    ];
    for (file, break_it) in wrong {
        let mut object = good(file);
        break_it(&mut object);
        assert!(!problems(&object).is_empty(), "{file}");
    }
}
