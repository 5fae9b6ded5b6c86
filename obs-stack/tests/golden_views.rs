//! What is made for people to look at, and for what ships logs and traces, file by file: a change in a
//! generator shows as a change of these files. `UPDATE_GOLDEN=1 cargo test -p obs-stack` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test that can't read its files has failed")]

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use obs_alert::definition::Definition;
use obs_stack::{File, alloy, collector, grafana, loki, runbooks, tempo};
use serde_json::Value;

fn check(name: &str, of: impl Fn(&Definition) -> Vec<File>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let definition = Definition::read(root.join("definitions/views.yaml")).unwrap();
    let folder = root.join("golden/views");
    let files = of(&definition);
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        let _ = fs::remove_dir_all(folder.join(name));
        for file in &files {
            let path = folder.join(&file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.content).unwrap();
        }
    }
    for file in &files {
        let golden = fs::read_to_string(folder.join(&file.path)).unwrap_or_default();
        assert_eq!(difference(&golden, &file.content), None, "{}: UPDATE_GOLDEN=1 writes it anew", file.path);
    }
    let expected: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(on_disk(&folder, name), expected, "files that are there, and files that are made");
}

/// The first line that differs: its number, what it was, what it is.
fn difference(golden: &str, made: &str) -> Option<String> {
    let (golden, made): (Vec<_>, Vec<_>) = (golden.lines().collect(), made.lines().collect());
    let at = (0..golden.len().max(made.len())).find(|at| golden.get(*at) != made.get(*at))?;
    Some(format!("line {}:\n  golden: {:?}\n  made:   {:?}", at + 1, golden.get(at), made.get(at)))
}

/// The files below a part of a folder.
fn on_disk(folder: &Path, part: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.join(part)];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(folder).unwrap();
                found.insert(path.to_str().unwrap().replace(std::path::MAIN_SEPARATOR, "/"));
            }
        }
    }
    found
}

#[test]
fn the_files_of_grafana_are_the_golden_ones() {
    // Dashboards as an outline: a megabyte of JSON is not read by anybody, and the shop's are golden as they are.
    check("grafana", |definition| {
        let is_dashboard = |file: &File| file.path.starts_with("grafana/dashboards/");
        let files = grafana::files(definition).into_iter();
        files.map(|file| if is_dashboard(&file) { outline(&file) } else { file }).collect()
    });
}

#[test]
fn the_files_of_loki_are_the_golden_ones() {
    check("loki", loki::files);
}

#[test]
fn the_files_of_alloy_are_the_golden_ones() {
    check("alloy", alloy::files);
}

#[test]
fn the_files_of_the_collector_are_the_golden_ones() {
    check("otel-collector", collector::files);
}

#[test]
fn the_files_of_tempo_are_the_golden_ones() {
    check("tempo", tempo::files);
}

#[test]
fn the_runbooks_are_the_golden_ones() {
    // One of each sort.
    const KEPT: [&str; 5] =
        ["README", "higherrorrate", "databaseconnectionpoolexhausted", "paymentlatencyburn1h", "cardsrefused"];
    check("runbooks", |definition| {
        let is_kept = |file: &File| KEPT.iter().any(|name| file.path == format!("runbooks/{name}.md"));
        runbooks::files(definition).into_iter().filter(is_kept).collect()
    });
}

/// What a dashboard shows, a line for each panel and query.
fn outline(file: &File) -> File {
    let dashboard: Value = serde_json::from_str(&file.content).unwrap();
    let mut text = format!("{} {}\n", dashboard["uid"], dashboard["title"]);
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        writeln!(text, "variable {} {}", variable["name"], variable["query"]).unwrap();
    }
    for annotation in dashboard["annotations"]["list"].as_array().unwrap() {
        writeln!(text, "annotation {} {}", annotation["name"], annotation["expr"]).unwrap();
    }
    for panel in dashboard["panels"].as_array().unwrap() {
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        let place = format!("{},{} {}x{}", at("x"), at("y"), at("w"), at("h"));
        let defaults = &panel["fieldConfig"]["defaults"];
        let steps = defaults["thresholds"]["steps"].as_array().into_iter().flatten();
        let steps: Vec<_> = steps.map(|step| format!("{} {}", step["value"], step["color"])).collect();
        writeln!(text, "\n{} {} {place}", panel["type"], panel["title"]).unwrap();
        if panel["type"] == "row" {
            continue;
        }
        writeln!(text, "  {} unit {} steps {}", panel["description"], defaults["unit"], steps.join(", ")).unwrap();
        for link in panel["links"].as_array().unwrap() {
            writeln!(text, "  link {} {}", link["title"], link["url"]).unwrap();
        }
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().or(target["query"].as_str()).unwrap();
            writeln!(text, "  {} {} {query}", target["refId"], target["legendFormat"]).unwrap();
        }
    }
    File::new(file.path.replace(".json", ".outline"), text)
}
