//! The programs that check what others will read.

use std::{io, path::Path, process::Command};

/// What a program made of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Passed,
    Failed(String),
    /// The program is not installed.
    Missing,
}

/// A program, and how a machine gets it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    pub(super) program: &'static str,
    pub(super) package: &'static str,
}

pub(super) const PROMTOOL: Tool = Tool { program: "promtool", package: "prometheus" };
pub(super) const AMTOOL: Tool = Tool { program: "amtool", package: "prometheus-alertmanager" };

// === impl Tool ===

impl Tool {
    pub(super) fn run(self, args: &[&str], file: &Path) -> io::Result<Run> {
        let output = match Command::new(self.program).args(args).arg(file).output() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Run::Missing),
            output => output?,
        };
        if output.status.success() {
            return Ok(Run::Passed);
        }
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &String::from_utf8_lossy(&output.stderr);
        Ok(Run::Failed(text))
    }

    /// The number before the first dot of its version, if it is installed and says one.
    pub(super) fn major_version(self) -> Option<u32> {
        let output = Command::new(self.program).arg("--version").output().ok()?;
        // 2.42 says it on standard error.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let (_, version) = text.split_once("version ")?;
        version.split('.').next()?.trim().parse().ok()
    }
}
