//! What the generators make, as files: a change in one shows as a diff of `tests/golden`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p obs-stack --test golden` writes them anew.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{
    env,
    path::{Path, PathBuf},
};

use obs_alert::definition::Definition;
use obs_stack::{File, files, output::Folder};

fn crate_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares the files that are wanted with those in `tests/golden/NAME`, or writes them there.
fn compare(name: &str, definition: &Path, wanted: impl Fn(&str) -> bool) {
    let definition = Definition::read(definition).unwrap();
    let files: Vec<File> = files(&definition).into_iter().filter(|file| wanted(&file.path)).collect();
    assert!(!files.is_empty());
    let folder = Folder::new(crate_folder().join("tests/golden").join(name));
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        folder.write(&files).unwrap();
    }
    let drift: Vec<String> = folder.drift(&files).unwrap().iter().map(ToString::to_string).collect();
    assert!(
        drift.is_empty(),
        "{}:\n{}\nif that is meant: UPDATE_GOLDEN=1 cargo test -p obs-stack --test golden",
        folder.path().display(),
        drift.join("\n")
    );
}

fn shop() -> PathBuf {
    crate_folder().join("../examples/shop/obs.yaml")
}

/// Dashboards are large: their objects for Kubernetes would be a second copy.
#[test]
fn the_files_of_the_shop_are_as_they_were() {
    compare("shop", &shop(), |path| !path.ends_with(".configmap.yaml"));
}

#[test]
fn the_rules_by_the_convention_of_opentelemetry_are_as_they_were() {
    let definition = crate_folder().join("tests/definitions/opentelemetry.yaml");
    compare("opentelemetry", &definition, |path| {
        path.starts_with("prometheus/rules/") || path.starts_with("prometheus/tests/")
    });
}

#[test]
fn the_same_definition_makes_the_same_files() {
    let definition = Definition::read(shop()).unwrap();
    assert_eq!(files(&definition), files(&definition));
}

#[test]
fn no_two_files_have_one_path() {
    let files = files(&Definition::read(shop()).unwrap());
    let mut paths: Vec<_> = files.iter().map(|file| file.path.to_lowercase()).collect();
    paths.dedup();
    assert_eq!(paths.len(), files.len());
}
