//! Generated files against those in `tests/golden`: a change in a generator shows as a diff of these.
//!
//! `example` holds all files of a small definition, byte for byte; those that repeat or vary another one are
//! outlines. `outlines` holds outlines of larger definitions. To write them anew:
//! `UPDATE_GOLDEN=1 cargo test -p obs-stack --test golden`.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]
#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "shorter, and fast enough for a test"
)]

mod dashboard;
mod outline;
mod text;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{MAIN_SEPARATOR, Path, PathBuf},
};

use obs_rules::definition::Definition;
use obs_stack::{File, files};

use crate::outline::outline;

fn tests_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
}

/// The definition `tests/definitions/NAME.yaml`.
pub(crate) fn definition(name: &str) -> Definition {
    Definition::read(tests_folder().join(format!("definitions/{name}.yaml"))).unwrap()
}

fn shop() -> Definition {
    Definition::read(tests_folder().join("../../examples/shop/obs.yaml")).unwrap()
}

/// Compares files with those in `tests/golden/FOLDER`, or writes them there.
fn compare(folder: &str, files: &[File]) {
    let folder = tests_folder().join("golden").join(folder);
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        let _ = fs::remove_dir_all(&folder);
        for file in files {
            let path = folder.join(&file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.content).unwrap();
        }
    }
    for file in files {
        let golden = fs::read_to_string(folder.join(&file.path)).unwrap_or_default();
        let difference = difference(&golden, &file.content);
        assert_eq!(
            difference, None,
            "{}: if that is meant, write it anew with UPDATE_GOLDEN=1",
            file.path
        );
    }
    let generated: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(paths_below(&folder), generated);
}

/// The first line that differs: its number, what is expected, what was generated.
fn difference(golden: &str, generated: &str) -> Option<String> {
    if golden == generated {
        return None;
    }
    let (golden, generated): (Vec<_>, Vec<_>) = (golden.split('\n').collect(), generated.split('\n').collect());
    let at = (0..golden.len().max(generated.len())).find(|at| golden.get(*at) != generated.get(*at))?;
    Some(format!(
        "line {}:\n  golden:    {:?}\n  generated: {:?}",
        at + 1,
        golden.get(at),
        generated.get(at)
    ))
}

/// The files below a folder, with `/` between folders.
fn paths_below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(
                    path.strip_prefix(folder)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .replace(MAIN_SEPARATOR, "/"),
                );
            }
        }
    }
    found
}

fn as_outline(file: &File) -> File {
    File::new(format!("{}.outline", file.path), outline(file))
}

fn is_config_map(file: &File) -> bool {
    file.path.ends_with(".configmap.yaml")
}

/// Files of the example that vary another one: the same program elsewhere, the same alert over other windows,
/// further dashboards, rules again as an object of Kubernetes.
const VARIANTS: [&str; 14] = [
    "grafana/dashboards/payments-endpoint.json",
    "grafana/dashboards/payments-overview.json",
    "grafana/dashboards/payments-telemetry.json",
    "kubernetes/payments.prometheusrule.yaml",
    "loki/loki-config.s3.yaml",
    "prometheus/prometheus-compose.yml",
    "prometheus/prometheus-file-v3.yml",
    "prometheus/prometheus-file.yml",
    "prometheus/prometheus-kubernetes-v3.yml",
    "prometheus/prometheus-kubernetes.yml",
    "prometheus/prometheus-v3.yml",
    "runbooks/availabilityburn1d.md",
    "runbooks/availabilityburn3d.md",
    "runbooks/availabilityburn6h.md",
];

/// Config maps are left out: a dashboard is one line of them.
#[test]
fn the_files_of_the_example_match_the_golden_files() {
    let files: Vec<_> = files(&definition("example"))
        .into_iter()
        .filter(|file| !is_config_map(file))
        .collect();
    for variant in VARIANTS {
        assert!(
            files.iter().any(|file| file.path == variant),
            "{variant} is not generated"
        );
    }
    let is_variant = |file: &File| VARIANTS.contains(&file.path.as_str());
    let files: Vec<_> = files
        .into_iter()
        .map(|file| if is_variant(&file) { as_outline(&file) } else { file })
        .collect();
    compare("example", &files);
}

/// What of the larger definitions is outlined: the beginning of paths.
const OUTLINED: [(&str, &[&str]); 2] = [
    (
        "views",
        &[
            "alertmanager/alertmanager.yml",
            "alloy/",
            "grafana/dashboards/payment-service-endpoint",
            "grafana/dashboards/payment-service-overview",
            "grafana/dashboards/payment-service-slo",
            "otel-collector/",
            "prometheus/prometheus-http",
            "prometheus/rules/payment-service",
            "runbooks/cardsrefused",
            "runbooks/databaseconnectionpoolexhausted",
            "runbooks/higherrorrate",
            "runbooks/paymentlatencyburn1h",
        ],
    ),
    (
        "opentelemetry",
        &["grafana/dashboards/search-api-overview", "prometheus/rules/"],
    ),
];

#[test]
fn the_outlines_of_larger_definitions_match_the_golden_files() {
    for (name, wanted) in OUTLINED {
        let files = files(&definition(name));
        for beginning in wanted {
            assert!(
                files.iter().any(|file| file.path.starts_with(beginning)),
                "{name}: {beginning}"
            );
        }
        let is_wanted = |file: &&File| wanted.iter().any(|beginning| file.path.starts_with(beginning));
        let outlines: Vec<_> = files.iter().filter(is_wanted).map(as_outline).collect();
        compare(&format!("outlines/{name}"), &outlines);
    }
}

#[test]
fn the_same_definition_makes_the_same_files() {
    assert_eq!(files(&shop()), files(&shop()));
}

#[test]
fn no_two_files_have_one_path() {
    let files = files(&shop());
    let mut paths: Vec<_> = files.iter().map(|file| file.path.to_lowercase()).collect();
    paths.dedup();
    assert_eq!(paths.len(), files.len());
}
