//! That the tables of features say what the manifests do.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

use std::{fmt::Write as _, fs, path::Path};

/// The crates that a service depends on, in the order of the columns of the README.
const CRATES: [&str; 4] = ["obs-axum", "obs-actix", "obs-reqwest", "obs-core"];

/// A feature as its manifest has it.
struct Feature {
    name: String,
    /// The comment above it.
    adds: String,
    is_default: bool,
    enables: Vec<String>,
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).expect("a file of the workspace")
}

/// The texts of a list such as `["a", "b"]`.
fn texts(list: &str) -> Vec<String> {
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn features(of: &str) -> Vec<Feature> {
    let manifest = read(&format!("{of}/Cargo.toml"));
    let lines = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let (mut features, mut defaults, mut comment) = (Vec::new(), Vec::new(), "");
    for line in lines.take_while(|line| !line.starts_with('[')) {
        if let Some(text) = line.strip_prefix("# ") {
            comment = text;
        } else if let Some((name, list)) = line.split_once(" = ") {
            if name == "default" {
                defaults = texts(list);
                continue;
            }
            features.push(Feature {
                name: name.to_owned(),
                adds: comment.to_owned(),
                is_default: defaults.iter().any(|default| default == name),
                enables: texts(list),
            });
        }
    }
    assert!(!features.is_empty(), "{of} has features");
    features
}

/// The features of obs-core that this crate always enables.
fn always(of: &str) -> Vec<String> {
    let manifest = read(&format!("{of}/Cargo.toml"));
    let line = manifest.lines().find(|line| line.starts_with("obs-core = "));
    line.map(texts).unwrap_or_default()
}

/// The table of a crate's documentation.
fn table(of: &str) -> String {
    let mut table = "| feature | default | adds |\n|---|---|---|\n".to_owned();
    for feature in features(of) {
        let Feature {
            name, adds, is_default, ..
        } = feature;
        let default = if is_default { "on" } else { "off" };
        let _ = writeln!(table, "| `{name}` | {default} | {adds} |");
    }
    table
}

/// How a crate has a feature, in the README.
fn presence(of: &str, name: &str) -> &'static str {
    match features(of).iter().find(|feature| feature.name == name) {
        Some(feature) if feature.is_default => "on",
        Some(_) => "off",
        None if always(of).iter().any(|always| always == name) => "always",
        None => "",
    }
}

#[test]
fn every_feature_of_the_core_is_a_feature_of_each_adapter_under_its_name() {
    for of in &CRATES[..3] {
        let (own, always) = (features(of), always(of));
        for Feature { name, adds, .. } in features("obs-core") {
            if always.contains(&name) {
                continue;
            }
            let own = own.iter().find(|own| own.name == name);
            let own = own.unwrap_or_else(|| panic!("{of} has to pass on the feature `{name}`"));
            assert_eq!(own.enables, [format!("obs-core/{name}")], "{of}, {name}");
            assert_eq!(own.adds, adds, "{of}, {name}");
        }
    }
}

#[test]
fn the_documentation_of_each_crate_lists_its_features() {
    for of in CRATES {
        let source = read(&format!("{of}/src/lib.rs"));
        let docs: Vec<_> = source
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .map(str::trim)
            .collect();
        let docs = docs.join("\n") + "\n";
        let expected = table(of);
        assert!(
            docs.contains(&expected),
            "{of}/src/lib.rs has to have the table\n{expected}"
        );
    }
}

#[test]
fn the_readme_lists_the_features_of_all_crates() {
    let mut all = features("obs-core");
    for feature in CRATES.iter().flat_map(|of| features(of)) {
        if all.iter().all(|listed| listed.name != feature.name) {
            all.push(feature);
        }
    }
    let mut expected = format!(
        "| feature | {} | adds |\n|---|---|---|---|---|---|\n",
        CRATES.join(" | ")
    );
    for Feature { name, adds, .. } in all {
        let columns = CRATES.map(|of| presence(of, &name)).join(" | ");
        writeln!(expected, "| `{name}` | {columns} | {adds} |").expect("text");
    }
    assert!(
        read("README.md").contains(&expected),
        "README.md has to have the table\n{expected}"
    );
}

#[test]
fn a_service_of_tonic_needs_no_axum() {
    let output = obs_tests::process::cargo()
        .args(["tree", "--locked", "--offline", "--package", "grpc-minimal"])
        .args(["--edges", "normal", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("text");
    let tree = String::from_utf8(output.stdout).expect("text");
    assert!(tree.lines().any(|line| line.starts_with("obs-axum v")), "{tree}");
    let without = ["axum v", "axum-core v", "tower-http v"];
    assert!(
        !tree
            .lines()
            .any(|line| without.iter().any(|start| line.starts_with(start))),
        "{tree}"
    );
}
