//! Node, its packages and the browser.

use std::{path::PathBuf, process::Command};

use obs_tests::backends::{self, workspace};

/// The folder of the packages.
pub(crate) fn packages() -> PathBuf {
    workspace().join(".tools/node_modules")
}

/// A run of the tests in the browser; `None` where these tests skip.
pub(crate) fn playwright() -> Option<Command> {
    if !backends::require("chromium") || !backends::require("playwright") {
        return None;
    }
    let mut command = Command::new(backends::program("node"));
    command
        .arg(backends::program("playwright"))
        .args(["test", "--config"])
        .arg(workspace().join("tests/browser/playwright.config.ts"))
        .env("NODE_PATH", packages())
        .env("OBS_CHROMIUM", backends::program("chromium"));
    Some(command)
}

/// Runs a program to its end, which must be a success; what it wrote is in the message otherwise.
pub(crate) fn succeed(command: &mut Command) {
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{text}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}
