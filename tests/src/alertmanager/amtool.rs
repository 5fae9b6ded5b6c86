//! What amtool says.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::Alertmanager;
use crate::backends::program;

// === impl Alertmanager ===

impl Alertmanager {
    /// What `amtool alert query` lists: the alerts that fire.
    #[must_use]
    #[track_caller]
    pub fn amtool_alerts(&self) -> Vec<Value> {
        let url = format!("--alertmanager.url=http://{}", self.addr());
        let printed = amtool(Command::new(program("amtool")).args([&url, "--output=json", "alert", "query"]));
        let alerts: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"));
        alerts.as_array().cloned().unwrap_or_default()
    }
}

/// Checks a configuration; panics with what is wrong.
#[track_caller]
pub fn check_config(file: &Path) {
    amtool(Command::new(program("amtool")).arg("check-config").arg(file));
}

#[track_caller]
fn amtool(command: &mut Command) -> String {
    let output = command.output().expect("amtool can be started");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "amtool: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}
