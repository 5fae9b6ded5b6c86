//! Dashboards against Grafana's own types, and queries against the grammars that Grafana's editors use.

#![expect(clippy::unwrap_used, reason = "a test that can't run its programs has failed")]

#[path = "../../tests/src/backends.rs"]
#[expect(
    unreachable_pub,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "it is a part of the package of the other tests, where it is public and may print"
)]
mod backends;

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use obs_rules::{definition::Definition, promql::Window};
use obs_stack::{grafana, loki};
use serde_json::{Value, json};

/// Of the service that has everything, of the smallest, of the one in the OpenTelemetry conventions, and the
/// shop's.
fn definitions() -> [Definition; 2] {
    let root = backends::workspace();
    ["obs-stack/tests/definitions/views.yaml", "examples/shop/obs.yaml"]
        .map(|path| Definition::read(root.join(path)).unwrap_or_else(|error| panic!("{error}")))
}

/// All dashboards, as JSON.
fn dashboards() -> Vec<String> {
    let files = definitions()
        .into_iter()
        .flat_map(|definition| grafana::files(&definition));
    files
        .filter(|file| file.path.starts_with("grafana/dashboards/"))
        .map(|file| file.content)
        .collect()
}

fn tools() -> std::path::PathBuf {
    backends::workspace().join(".tools")
}

/// What the compiler says of these dashboards; it finds Grafana's types from where they are.
fn type_check(dashboards: &[String]) -> Output {
    let tsc = backends::program("tsc");
    let folder = tempfile::Builder::new().prefix("types-").tempdir_in(tools()).unwrap();
    let types = backends::workspace().join("tests/node/dashboard.ts");
    fs::copy(types, folder.path().join("dashboard.ts")).unwrap();
    let mut code = "import type { Checked } from \"./dashboard\";\n".to_owned();
    for (at, dashboard) in dashboards.iter().enumerate() {
        writeln!(code, "export const dashboard{at}: Checked = {dashboard};").unwrap();
    }
    let path = folder.path().join("dashboards.ts");
    fs::write(&path, code).unwrap();
    Command::new(tsc)
        .args(["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext"])
        .args(["--moduleResolution", "bundler", "--target", "es2022"])
        .arg(path)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    let all = [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat();
    all.chars().take(4_000).collect()
}

#[test]
fn dashboards_are_of_the_types_that_grafana_publishes() {
    if !backends::require("tsc") {
        return;
    }
    let output = type_check(&dashboards());
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_types_refuse_a_key_that_grafana_does_not_know() {
    if !backends::require("tsc") {
        return;
    }
    let bad = dashboards().swap_remove(0).replace("\"lineWidth\"", "\"lineWidht\"");
    let output = type_check(&[bad]);
    assert!(
        !output.status.success() && text(&output).contains("lineWidht"),
        "{}",
        text(&output)
    );
}

/// All queries of dashboards, and the saved ones.
fn queries() -> Vec<Value> {
    let mut queries = Vec::new();
    for definition in definitions() {
        for query in grafana::queries(&definition, Window::minutes(1)) {
            let place = format!("{}, {}", query.dashboard, query.panel);
            queries.push(json!({ "place": place, "language": "promql", "query": query.promql }));
        }
        for service in &definition.services {
            for query in loki::queries(service) {
                queries.push(json!({ "place": query.title, "language": "logql", "query": query.logql }));
            }
        }
    }
    for dashboard in dashboards() {
        let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
        let panels = dashboard["panels"].as_array().unwrap().iter();
        for (panel, target) in panels.flat_map(|panel| {
            panel["targets"]
                .as_array()
                .into_iter()
                .flatten()
                .map(move |target| (panel, target))
        }) {
            let (language, query) = match target["datasource"]["type"].as_str().unwrap() {
                "loki" => ("logql", target["expr"].as_str().unwrap().replace("$__auto", "5m")),
                "tempo" => ("traceql", target["query"].as_str().unwrap().to_owned()),
                _ => continue,
            };
            queries.push(json!({ "place": panel["title"], "language": language, "query": query }));
        }
    }
    queries
}

/// What the grammars say of these queries.
fn read_by_grammars(queries: &[Value]) -> Output {
    let script = backends::workspace().join("tests/node/grammars.cjs");
    let modules: &Path = &tools();
    let mut node = Command::new(backends::program("node"))
        .arg(script)
        .arg(modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin
        .take()
        .unwrap()
        .write_all(Value::from(queries.to_vec()).to_string().as_bytes())
        .unwrap();
    node.wait_with_output().unwrap()
}

#[test]
fn queries_are_read_by_the_grammars_of_their_languages() {
    if !backends::require("tsc") || !backends::require("node") {
        return;
    }
    let output = read_by_grammars(&queries());
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_grammar_refuses_the_guides_histogram_of_log_lines() {
    if !backends::require("tsc") || !backends::require("node") {
        return;
    }
    let broken = "histogram_quantile(0.99, sum(rate({job=\"api\"}[5m])) by (le))";
    let output = read_by_grammars(&[json!({ "place": "the guide", "language": "logql", "query": broken })]);
    assert!(
        !output.status.success() && text(&output).contains("1 bad"),
        "{}",
        text(&output)
    );
}
