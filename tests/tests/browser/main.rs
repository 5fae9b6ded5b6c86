//! The pages of the console: their built files are those of their source, and they do in a browser what they promise.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

mod service;
mod tools;

use std::{fs, process::Command};

use obs_tests::backends::{self, workspace};
use serde_json::json;
use service::Service;
use tools::{packages, playwright, succeed};

#[test]
fn the_built_pages_are_those_of_their_source() {
    if !backends::require("esbuild") {
        return;
    }
    let mut build = Command::new(backends::program("node"));
    build
        .arg(workspace().join("obs-console/ui/build.mjs"))
        .arg("--check")
        .env("OBS_UI_PACKAGES", packages());
    succeed(&mut build);
}

#[test]
fn the_source_of_the_pages_is_sound_to_the_strict_type_checker() {
    if !backends::require("tsc") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let source = workspace().join("obs-console/ui");
    // The packages are elsewhere than beside the source.
    let config = json!({
        "extends": source.join("tsconfig.json"),
        "compilerOptions": { "paths": { "*": [packages().join("*")] } },
        "include": [source.join("src")],
    });
    let file = folder.path().join("tsconfig.json");
    fs::write(&file, config.to_string()).expect("a configuration");
    succeed(
        Command::new(backends::program("node"))
            .arg(backends::program("tsc"))
            .arg("--project")
            .arg(&file),
    );
}

#[test]
fn the_pages_keep_their_promises_in_a_browser() {
    let Some(mut playwright) = playwright() else { return };
    succeed(playwright.args(["pages", "view", "load"]));
}

#[test]
fn a_service_is_seen_and_changed_from_its_pages() {
    let Some(mut playwright) = playwright() else { return };
    let service = Service::start();
    let url = format!("http://{}", service.addr);
    succeed(playwright.arg("service").env("OBS_SERVICE", url));
}
