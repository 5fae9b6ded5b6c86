//! What promtool says to pages, rules and configurations.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use crate::backends::program;

/// Exit code and everything that was printed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// 0 is good; 3 means lint problems (`check metrics`, `check rules`).
    pub code: i32,
    /// Standard output, then standard error.
    pub output: String,
}

// === impl Verdict ===

impl Verdict {
    /// Panics with the output unless promtool found nothing at all.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert_eq!(self.code, 0, "promtool: {}", self.output);
    }
}

/// Lints a page; promtool reads text 0.0.4 only.
#[track_caller]
pub fn check_metrics(page: &str) -> Verdict {
    promtool(["check", "metrics"].map(OsStr::new), page)
}

/// Checks and lints a rules file.
#[track_caller]
pub fn check_rules(file: &Path) -> Verdict {
    promtool(
        ["check", "rules", "--lint=all", "--lint-fatal"]
            .map(OsStr::new)
            .into_iter()
            .chain([file.as_os_str()]),
        "",
    )
}

/// Runs the unit tests in a file.
#[track_caller]
pub fn test_rules(file: &Path) -> Verdict {
    promtool(
        ["test", "rules"].map(OsStr::new).into_iter().chain([file.as_os_str()]),
        "",
    )
}

/// Checks a configuration and the files that it names.
#[track_caller]
pub fn check_config(file: &Path) -> Verdict {
    promtool(
        ["check", "config"]
            .map(OsStr::new)
            .into_iter()
            .chain([file.as_os_str()]),
        "",
    )
}

#[track_caller]
fn promtool<'a>(arguments: impl IntoIterator<Item = &'a OsStr>, input: &str) -> Verdict {
    let mut child = Command::new(program("promtool"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool can be started");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_owned();
    // On a thread of its own: with both pipes full, each side would wait for the other.
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("promtool ends");
    // Fails when promtool stopped reading; its exit code has the reason.
    let _ = writer.join();
    let text = [output.stdout, output.stderr].concat();
    Verdict {
        code: output.status.code().unwrap_or(-1),
        output: String::from_utf8_lossy(&text).into_owned(),
    }
}
