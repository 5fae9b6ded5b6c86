//! The `obs` command, its output, and the shop.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use obs_alert::definition::Definition;
use obs_tests::{
    DEADLINE,
    backends::workspace,
    eventually_ok,
    process::{self, Process},
    prometheus::Prometheus,
};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const SHOP: &str = "examples/shop/obs.yaml";
pub(crate) const OPEN_TELEMETRY: &str = "obs-stack/tests/definitions/opentelemetry.yaml";
pub(crate) const SERVICES: [&str; 3] = ["storefront", "orders", "payments"];

/// What a run of the command has left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command.
pub(crate) fn obs<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    let mut command = Command::new(process::build("obs"));
    let output = command
        .args(args)
        .current_dir(workspace())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

pub(crate) fn definition(path: &str) -> Definition {
    Definition::read(workspace().join(path)).unwrap()
}

/// Generated files in a folder that goes with it.
#[derive(Debug)]
pub(crate) struct Stack {
    place: TempDir,
}

// === impl Stack ===

impl Stack {
    pub(crate) fn generate(definition: &str) -> Self {
        let stack = Self {
            place: tempfile::tempdir().unwrap(),
        };
        let ran = obs([
            "generate".as_ref(),
            "--spec".as_ref(),
            definition.as_ref(),
            "--out".as_ref(),
            stack.folder().as_os_str(),
        ]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        stack
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.place.path().join("deploy")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder().join(file)
    }

    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    pub(crate) fn yaml(&self, file: &str) -> Value {
        yaml(&self.text(file))
    }

    /// The files of a folder whose names end like this, sorted.
    pub(crate) fn files(&self, folder: &str, end: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(end)).collect();
        files.sort();
        files
    }

    /// Copies of the rule files that are evaluated each second: the rules are the same.
    pub(crate) fn quick_rules(&self) -> Vec<PathBuf> {
        let rules = self.files("prometheus/rules", ".yml");
        for file in &rules {
            let text = fs::read_to_string(file).unwrap();
            let quick = ["30s", "1m", "2m"].iter().fold(text.clone(), |text, interval| {
                text.replace(&format!("interval: {interval}\n"), "interval: 1s\n")
            });
            assert_ne!(quick, text, "{}", file.display());
            fs::write(file, quick).unwrap();
        }
        rules
    }
}

/// A document as plain data.
pub(crate) fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The shop as its own program, on free ports.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) services: BTreeMap<&'static str, SocketAddr>,
    _process: Process,
}

// === impl Shop ===

impl Shop {
    /// Opens it with so many visitors a second, of whom this share (in percent) fails.
    pub(crate) fn open(rate: &str, fail: &str) -> Self {
        let mut command = Command::new(process::build("shop"));
        command.args(["--port", "0", "--rate", rate, "--fail", fail, "--logs", "json"]);
        command.env_remove("RUST_LOG").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        let process = Process::start(&mut command);
        let services = eventually_ok(DEADLINE, || {
            let announced = process.stderr();
            let found: BTreeMap<_, _> = SERVICES
                .into_iter()
                .filter_map(|name| Some((name, address(&announced, name)?)))
                .collect();
            if found.len() == SERVICES.len() {
                Ok(found)
            } else {
                Err(announced)
            }
        });
        Self {
            services,
            _process: process,
        }
    }

    /// Each service as a job of its own name.
    pub(crate) fn scraped(&self) -> obs_tests::prometheus::PrometheusBuilder {
        let services = self.services.iter();
        services.fold(Prometheus::builder(), |builder, (name, addr)| {
            builder.scrape(*name, *addr)
        })
    }
}

/// `  orders      http://127.0.0.1:4711  metrics: …`
fn address(announced: &[String], service: &str) -> Option<SocketAddr> {
    let line = announced
        .iter()
        .find_map(|line| line.trim_start().strip_prefix(service))?;
    line.trim_start()
        .strip_prefix("http://")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// Writes a file into a folder that need not exist.
pub(crate) fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
