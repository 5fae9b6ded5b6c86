//! What imports what: crates and modules follow the order written in `ARCHITECTURE.md`, and no circle of imports has
//! more than five files.
//!
//! The source is parsed, not searched: nested groups of `use`, paths in code and in macros, `super`, `self` and names
//! that another module re-exports all lead to the file that defines what is named. What only tests import does not
//! count.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "tests: what can't go on fails the test"
)]

mod graph;
mod order;
mod reader;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::{
    graph::{Import, circles},
    order::Order,
    reader::Crate,
};

/// The most files of a circle.
const MAX_CIRCLE: usize = 5;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is a folder of the workspace")
}

fn architecture() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}

/// The folders of the crates, by name.
fn crates() -> Vec<PathBuf> {
    let folders = fs::read_dir(root())
        .expect("the workspace")
        .map(|entry| entry.expect("an entry").path());
    let is_crate = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("obs-"))
            && path.join("src").is_dir()
    };
    let mut crates: Vec<PathBuf> = folders.filter(is_crate).collect();
    crates.sort();
    crates
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The crates of the workspace that a manifest depends on, not only for tests, each with its line.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut is_counted = false;
    let mut found = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            is_counted = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
        } else if is_counted && line.starts_with("obs-") {
            let name = line
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                .next()
                .unwrap_or_default();
            found.push((number + 1, name.to_owned()));
        }
    }
    found
}

#[test]
fn crates_depend_only_on_those_before_them() {
    let order = Order::parse(&architecture(), "crates");
    let names: Vec<String> = crates().iter().map(|folder| name(folder)).collect();
    order.assert_complete(&names);
    let mut wrong = Vec::new();
    for folder in crates() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        for (line, dependency) in dependencies(&manifest) {
            if !order.allows(&name(&folder), &dependency) {
                wrong.push(format!("{}/Cargo.toml:{line} depends on {dependency}", name(&folder)));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the order of crates in ARCHITECTURE.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn modules_of_the_core_import_only_those_before_them() {
    let order = Order::parse(&architecture(), "modules");
    let core = Crate::read(&root().join("obs-core/src"));
    order.assert_complete(&core.top_modules());
    let is_against = |import: &Import| match (import.from.first(), import.to.first()) {
        (Some(from), Some(to)) => from != to && !order.allows(from, to),
        // What the root itself exports.
        (None, _) | (_, None) => false,
    };
    let wrong: Vec<String> = core
        .imports()
        .into_iter()
        .filter(is_against)
        .map(|import| core.show(&import))
        .collect();
    assert!(
        wrong.is_empty(),
        "against the order of modules in ARCHITECTURE.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_circle_has_more_than_five_files() {
    let mut found = Vec::new();
    for folder in crates() {
        let read = Crate::read(&folder.join("src"));
        let imports = read.imports();
        for circle in circles(&imports).into_iter().filter(|circle| circle.len() > MAX_CIRCLE) {
            let within = |import: &&Import| circle.contains(&import.from) && circle.contains(&import.to);
            let shown: Vec<String> = imports.iter().filter(within).map(|import| read.show(import)).collect();
            found.push(format!(
                "{} files of {} are a circle:\n{}",
                circle.len(),
                name(&folder),
                shown.join("\n")
            ));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

#[test]
fn dependencies_for_tests_do_not_count() {
    let manifest = "[dependencies]\nserde = \"1\"\nobs-base.workspace = true\n[dev-dependencies]\nobs-tests = {}\n\
                    [target.'cfg(unix)'.dependencies]\nobs-unix = { path = \"x\" }\n[lints]\nobs-x = 1\n";
    assert_eq!(
        dependencies(manifest),
        [(3, "obs-base".to_owned()), (7, "obs-unix".to_owned())]
    );
}
