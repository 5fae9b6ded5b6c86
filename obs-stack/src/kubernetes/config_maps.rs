//! Dashboards for the sidecar of Grafana.

use super::object::{name, object};
use crate::{
    File,
    yaml::{self, Yaml},
};

/// What the sidecar looks for.
const LABEL: (&str, &str) = ("grafana_dashboard", "1");
const DASHBOARDS: &str = "grafana/dashboards/";

/// One object for each dashboard: together they could exceed what one may hold (1 MiB).
pub(super) fn of_dashboards(files: &[File]) -> Vec<File> {
    files
        .iter()
        .filter_map(|file| {
            let stem = file.path.strip_prefix(DASHBOARDS)?.strip_suffix(".json")?;
            Some(of_dashboard(&stem.replace('/', "-"), &file.content))
        })
        .collect()
}

/// Without the indentation, which is a third of it; the file in `grafana/dashboards` is for people.
fn compact(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).map_or_else(|_| json.to_owned(), |value| value.to_string())
}

fn of_dashboard(stem: &str, json: &str) -> File {
    let file_name = format!("{stem}.json");
    let stem = name(stem);
    let data = Yaml::map([(file_name.as_str(), compact(json).into())]);
    let object = object("v1", "ConfigMap", &format!("dashboard-{stem}"), &[LABEL]).with("data", data);
    let about = "A dashboard of grafana/dashboards, for the sidecar of Grafana.";
    File::new(format!("kubernetes/{stem}.configmap.yaml"), yaml::document(about, &object))
}
