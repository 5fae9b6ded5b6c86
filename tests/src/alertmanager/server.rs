//! Starting Alertmanager on a free port with a configuration of its own.

use std::{fs, net::SocketAddr, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    backends::program,
    net,
    process::Process,
    prometheus::{free_port, quoted},
    wait::{DEADLINE, eventually},
};

/// Another process can take the port between our looking and Alertmanager's listening.
const TRIES: usize = 5;

/// Groups by the name of the alert, waits for no others, and sends everything to one webhook; killed on
/// drop, with its data.
#[derive(Debug)]
pub struct Alertmanager {
    addr: SocketAddr,
    process: Process,
    _folder: TempDir,
}

// === impl Alertmanager ===

impl Alertmanager {
    /// Starts it and waits until it is ready; `webhook` is notified of alerts and of their end.
    ///
    /// # Panics
    ///
    /// When there is no Alertmanager (ask [`backends::require`](crate::backends::require) first), or it
    /// refuses its configuration: its log is in the message.
    #[must_use]
    #[track_caller]
    pub fn start(webhook: &str) -> Self {
        Self::start_with(&config(webhook))
    }

    /// The same with rules of inhibition: what stands behind `inhibit_rules:` in a configuration.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    #[track_caller]
    pub fn start_with_inhibitions(webhook: &str, rules: &str) -> Self {
        // It needs all alerts before it notifies of one, since others may inhibit it.
        let config = config(webhook).replace("group_wait: 0s", "group_wait: 2s");
        Self::start_with(&format!("{config}inhibit_rules:{rules}"))
    }

    #[track_caller]
    fn start_with(config: &str) -> Self {
        let mut log = Vec::new();
        for _ in 0..TRIES {
            match try_start(config) {
                Ok(alertmanager) => return alertmanager,
                Err(stderr) => log = stderr,
            }
            if !log.iter().any(|line| line.contains("address already in use")) {
                break;
            }
        }
        panic!("Alertmanager did not start:\n{}", log.join("\n"));
    }

    /// Where its API and pages are.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The alerts of its API, version 2.
    #[must_use]
    #[track_caller]
    pub fn alerts(&self) -> Vec<Value> {
        let response = net::get(self.addr, "/api/v2/alerts");
        let alerts: Value = serde_json::from_slice(&response.body).expect("a list of alerts");
        alerts.as_array().cloned().expect("a list of alerts")
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.process.stderr()
    }
}

/// The error is its log.
fn try_start(config: &str) -> Result<Alertmanager, Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("alertmanager.yml");
    fs::write(&file, config).expect("a file in the temporary folder");
    let addr = free_port();
    let mut process = Process::start(&mut command(addr, &file, folder.path()));
    let ready = eventually(DEADLINE, || match (process.try_wait(), is_ready(addr)) {
        (Some(_), _) => Some(false),
        (None, true) => Some(true),
        (None, false) => None,
    });
    // A stranger on our port may answer while our own process is still on its way to fail.
    if ready && process.try_wait().is_none() {
        Ok(Alertmanager {
            addr,
            process,
            _folder: folder,
        })
    } else {
        process.kill();
        Err(process.stderr())
    }
}

fn command(addr: SocketAddr, config: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program("alertmanager"));
    command
        .current_dir(folder)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={addr}"))
        // No peers.
        .arg("--cluster.listen-address=")
        .arg("--log.level=warn");
    command
}

fn config(webhook: &str) -> String {
    let webhook = quoted(webhook);
    format!(
        "route:\n  receiver: hook\n  group_by: [alertname]\n  group_wait: 0s\n  group_interval: 1s\n  \
         repeat_interval: 1h\nreceivers:\n  - name: hook\n    webhook_configs:\n      - url: {webhook}\n        \
         send_resolved: true\n"
    )
}

fn is_ready(addr: SocketAddr) -> bool {
    std::net::TcpStream::connect(addr).is_ok() && net::get(addr, "/-/ready").status == 200
}
