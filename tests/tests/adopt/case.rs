//! One command and what it prints.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use obs_tests::{DEADLINE, process::Process, until};
use regex_lite::{Captures, Regex};

/// What an adopter's shell may have set and this test must not.
const CLEARED: [&str; 4] = ["OTEL_", "OBS_", "RUST_", "CARGO_"];

pub(crate) struct Case {
    path: PathBuf,
    golden: String,
    command: Vec<String>,
}

impl Case {
    #[track_caller]
    pub(crate) fn read(path: &Path) -> Self {
        let golden = fs::read_to_string(path).unwrap();
        let command = golden
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("$ "))
            .unwrap_or_else(|| panic!("{}: the first line is no command", path.display()));
        Self {
            path: path.to_owned(),
            command: command.split_whitespace().map(str::to_owned).collect(),
            golden,
        }
    }

    /// Runs it: `None` if it prints what is expected.
    pub(crate) fn check(&self, program: &Path, folder: &Path) -> Option<String> {
        let printed = format!("$ {}\n{}", self.command.join(" "), stable(&self.run(program, folder)));
        if printed == self.golden {
            return None;
        }
        if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            fs::write(&self.path, printed).unwrap();
            return None;
        }
        Some(format!(
            "{}: if that is meant, write it anew with UPDATE_GOLDEN=1\n--- expected\n{}\n--- printed\n{printed}",
            self.path.display(),
            self.golden,
        ))
    }

    fn run(&self, program: &Path, folder: &Path) -> String {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if CLEARED.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        for word in &self.command {
            if let Some((name, value)) = word.split_once('=') {
                command.env(name, value);
            }
        }
        let arguments = self.command.iter().skip_while(|word| word.contains('=')).skip(1);
        let mut process = Process::start(command.args(arguments).current_dir(folder));
        let status = process.wait(DEADLINE);
        until(DEADLINE, || process.is_read());
        let mut printed = section("standard output", &process.stdout());
        printed += &section("standard error", &process.stderr());
        match status.code() {
            Some(0) => printed,
            code => format!("{printed}exit code {code:?}\n"),
        }
    }
}

/// Lines of obs about itself come first: some are written by a thread of their own.
fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let (notices, others): (Vec<&str>, Vec<&str>) = lines
        .iter()
        .map(String::as_str)
        .partition(|line| line.contains(r#""target":"obs","#));
    format!("--- {title}\n{}\n", [notices, others].concat().join("\n"))
}

/// Replaces what differs from run to run.
fn stable(text: &str) -> String {
    const REPLACED: [(&str, &str); 7] = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "REQUEST_ID"),
        (r"\b[0-9a-f]{32}\b", "TRACE_ID"),
        (r"\b[0-9a-f]{16}\b", "SPAN_ID"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (
            r#""(?<key>duration|duration_ms|head_ms)":("[^"]*"|[0-9.]+)"#,
            "DURATION",
        ),
        (r"finished in [0-9.]+s", "finished in TIME"),
    ];
    REPLACED.iter().fold(text.to_owned(), |text, (pattern, word)| {
        let pattern = Regex::new(pattern).unwrap();
        pattern
            .replace_all(&text, |found: &Captures<'_>| match found.name("key") {
                Some(key) => format!("\"{}\":{word}", key.as_str()),
                None => (*word).to_owned(),
            })
            .into_owned()
    })
}
