use std::collections::BTreeSet;

use obs_rules::definition::Definition;
use serde_json::Value;

use super::files;

const VIEWS: &str = include_str!("../tests/definitions/views.yaml");

fn config() -> Value {
    let definition = Definition::parse(VIEWS, "obs.yaml").unwrap_or_else(|error| panic!("{error}"));
    serde_saphyr::from_str(&files(&definition)[0].content).unwrap()
}

fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        value => value.as_object().unwrap().keys().cloned().collect(),
    }
}

/// The collector refuses to start when a pipeline names what is not there, and warns of what no pipeline
/// names.
#[test]
fn pipelines_use_what_is_there_and_all_of_it() {
    let config = config();
    let pipelines = config["service"]["pipelines"].as_object().unwrap();
    for kind in ["receivers", "processors", "exporters"] {
        let used: BTreeSet<_> = pipelines.values().flat_map(|pipeline| names(&pipeline[kind])).collect();
        assert_eq!(used, names(&config[kind]), "{kind}");
    }
    assert_eq!(names(&config["service"]["extensions"]), names(&config["extensions"]));
}

#[test]
fn components_are_those_of_the_contrib_distribution() {
    const KNOWN: [&str; 11] = [
        "otlp",
        "filelog",
        "memory_limiter",
        "batch",
        "tail_sampling",
        "resource",
        "transform",
        "groupbyattrs",
        "otlp_http",
        "health_check",
        "file_storage",
    ];
    let config = config();
    for kind in ["receivers", "processors", "exporters", "extensions"] {
        for name in names(&config[kind]) {
            let component = name.split('/').next().unwrap();
            assert!(KNOWN.contains(&component), "{kind}: {name}");
        }
    }
}

#[test]
fn memory_is_limited_first_and_batches_are_made_last() {
    let config = config();
    for (name, pipeline) in config["service"]["pipelines"].as_object().unwrap() {
        let processors = pipeline["processors"].as_array().unwrap();
        assert_eq!(processors.first().unwrap(), "memory_limiter", "{name}");
        assert_eq!(processors.last().unwrap(), "batch", "{name}");
    }
}

#[test]
fn traces_that_failed_or_were_slow_are_kept() {
    let config = config();
    let policies = config["processors"]["tail_sampling"]["policies"].as_array().unwrap();
    let policy = |kind: &str| {
        policies
            .iter()
            .find(|policy| policy["type"] == kind)
            .map(|policy| &policy[kind])
            .unwrap()
    };
    assert_eq!(policy("status_code")["status_codes"], serde_json::json!(["ERROR"]));
    // The strictest latency that is promised.
    assert_eq!(policy("latency")["threshold_ms"], 300);
    assert_eq!(policy("string_attribute")["key"], "obs.kept");
    assert_eq!(policy("probabilistic")["sampling_percentage"], 10);
}

#[test]
fn no_metrics_are_made_of_spans() {
    let config = config();
    assert!(config.get("connectors").is_none());
    assert_eq!(
        names(&config["service"]["pipelines"]),
        ["logs", "traces"].map(str::to_owned).into()
    );
}

#[test]
fn lines_have_the_same_labels_from_files_and_by_otlp() {
    let config = config();
    let logs = &config["service"]["pipelines"]["logs"];
    // One way for both.
    assert_eq!(
        names(&logs["receivers"]),
        ["otlp", "filelog/payment-service"].map(str::to_owned).into()
    );
    let made: Vec<_> = config["processors"]["resource/labels"]["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| {
            (
                action["key"].as_str().unwrap(),
                action["from_attribute"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(made, [("job", "service.name"), ("env", "deployment.environment.name")]);
    assert_eq!(
        config["processors"]["groupbyattrs/level"]["keys"],
        serde_json::json!(["level"])
    );
    let file = &config["receivers"]["filelog/payment-service"];
    assert_eq!(file["resource"]["service.name"], "payment-service");
    assert_eq!(file["resource"]["deployment.environment.name"], "production");
}
