//! Starting Prometheus on a free port with a configuration of its own.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    backends::program,
    net,
    process::Process,
    wait::{DEADLINE, eventually},
};

/// Another process can take the port between our looking and Prometheus's listening.
const TRIES: usize = 5;

/// Scrapes and evaluates rules once a second; killed on drop, with its data.
#[derive(Debug)]
pub struct Prometheus {
    addr: SocketAddr,
    process: Process,
    folder: TempDir,
}

/// What Prometheus is to scrape.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PrometheusBuilder {
    jobs: Vec<Job>,
    rules: Vec<PathBuf>,
    alertmanagers: Vec<SocketAddr>,
    features: Vec<String>,
}

#[derive(Clone, Debug)]
struct Job {
    name: String,
    target: SocketAddr,
    path: String,
}

// === impl PrometheusBuilder ===

impl PrometheusBuilder {
    /// Scrapes `/metrics` of `target` as job `name`.
    pub fn scrape(self, name: impl Into<String>, target: SocketAddr) -> Self {
        self.scrape_path(name, target, "/metrics")
    }

    /// Scrapes `path` of `target` as job `name`.
    pub fn scrape_path(mut self, name: impl Into<String>, target: SocketAddr, path: impl Into<String>) -> Self {
        self.jobs.push(Job {
            name: name.into(),
            target,
            path: path.into(),
        });
        self
    }

    /// Loads a rules file.
    pub fn rules(mut self, file: impl Into<PathBuf>) -> Self {
        self.rules.push(file.into());
        self
    }

    /// Sends alerts to an Alertmanager, or to what speaks like one.
    pub fn alertmanager(mut self, addr: SocketAddr) -> Self {
        self.alertmanagers.push(addr);
        self
    }

    /// Enables a feature beside `exemplar-storage`, such as `native-histograms` (which makes Prometheus
    /// ask for protobuf pages).
    pub fn feature(mut self, name: impl Into<String>) -> Self {
        self.features.push(name.into());
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When there is no Prometheus (ask [`backends::require`](crate::backends::require) first), or it
    /// refuses its configuration: its log is in the message.
    #[must_use]
    #[track_caller]
    pub fn start(self) -> Prometheus {
        let mut log = Vec::new();
        for _ in 0..TRIES {
            match self.try_start() {
                Ok(prometheus) => return prometheus,
                Err(stderr) => log = stderr,
            }
            if !log.iter().any(|line| line.contains("address already in use")) {
                break;
            }
        }
        panic!("Prometheus did not start:\n{}", log.join("\n"));
    }

    /// The error is its log.
    fn try_start(&self) -> Result<Prometheus, Vec<String>> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("prometheus.yml");
        fs::write(&config, self.config()).expect("a file in the temporary folder");
        let addr = free_port();
        let mut process = Process::start(&mut self.command(addr, &config, folder.path()));
        let ready = eventually(DEADLINE, || match (process.try_wait(), is_ready(addr)) {
            (Some(_), _) => Some(false),
            (None, true) => Some(true),
            (None, false) => None,
        });
        // A stranger on our port may answer while our own process is still on its way to fail.
        if ready && process.try_wait().is_none() {
            Ok(Prometheus { addr, process, folder })
        } else {
            process.kill();
            Err(process.stderr())
        }
    }

    fn command(&self, addr: SocketAddr, config: &Path, folder: &Path) -> Command {
        let mut features = vec!["exemplar-storage"];
        features.extend(self.features.iter().map(String::as_str));
        let mut command = Command::new(program("prometheus"));
        command
            .current_dir(folder)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={addr}"))
            .arg(format!("--enable-feature={}", features.join(",")))
            .arg("--log.level=warn");
        command
    }

    fn config(&self) -> String {
        let mut yaml =
            String::from("global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  evaluation_interval: 1s\n");
        if !self.rules.is_empty() {
            yaml += "rule_files:\n";
        }
        for file in &self.rules {
            let _ = writeln!(
                yaml,
                "  - {}",
                quoted(&fs::canonicalize(file).expect("a rules file").to_string_lossy())
            );
        }
        if !self.alertmanagers.is_empty() {
            yaml += "alerting:\n  alertmanagers:\n";
        }
        for addr in &self.alertmanagers {
            let _ = writeln!(yaml, "    - static_configs:\n        - targets: [\"{addr}\"]");
        }
        yaml += "scrape_configs:\n";
        for Job { name, target, path } in &self.jobs {
            let (name, path) = (quoted(name), quoted(path));
            let _ = writeln!(yaml, "  - job_name: {name}\n    metrics_path: {path}");
            let _ = writeln!(yaml, "    static_configs:\n      - targets: [\"{target}\"]");
        }
        yaml
    }
}

// === impl Prometheus ===

impl Prometheus {
    /// Scrapes nothing before that is enabled.
    pub fn builder() -> PrometheusBuilder {
        PrometheusBuilder::default()
    }

    /// Where its API and pages are.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it has logged: warnings and errors.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.process.stderr()
    }

    /// Its folder, with `prometheus.yml` and `data`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until a whole scrape of `job` that began after now is stored, and it succeeded.
    #[track_caller]
    pub fn wait_for_scrape(&self, within: Duration, job: &str) {
        // The time of a sample: around anything but a bare selector `timestamp` is that of the query.
        let up = format!("up{{job={}}}", quoted(job));
        let scraped = format!("timestamp({up}) and {up} == 1");
        let now = self.now();
        self.wait_until(within, &scraped, |stamps| stamps.iter().any(|stamp| stamp.value > now));
    }
}

/// A free port, for a program whose port is an argument.
pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
}

fn is_ready(addr: SocketAddr) -> bool {
    std::net::TcpStream::connect(addr).is_ok() && net::get(addr, "/-/ready").status == 200
}

/// A string for YAML and for queries: both read JSON's.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
