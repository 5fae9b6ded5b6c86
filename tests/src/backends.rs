//! Programs that tests need and that a machine may lack.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Set to `1`, it makes tests that need a program skip instead of fail.
pub const SKIP_VARIABLE: &str = "OBS_SKIP_BACKENDS";

/// A program, and how a machine gets it.
struct Backend {
    name: &'static str,
    program: &'static str,
    install: &'static str,
}

const BACKENDS: [Backend; 12] = [
    apt("prometheus", "prometheus", "apt-get install prometheus"),
    apt("promtool", "promtool", "apt-get install prometheus"),
    apt(
        "alertmanager",
        "prometheus-alertmanager",
        "apt-get install prometheus-alertmanager",
    ),
    apt("amtool", "amtool", "apt-get install prometheus-alertmanager"),
    apt("chromium", "chromium", "apt-get install chromium"),
    apt("node", "node", "apt-get install nodejs"),
    apt(
        "tsc",
        ".tools/node_modules/.bin/tsc",
        "./test.sh, which puts it into .tools/node_modules",
    ),
    apt(
        "esbuild",
        ".tools/node_modules/.bin/esbuild",
        "./test.sh, which puts it into .tools/node_modules",
    ),
    apt(
        "playwright",
        ".tools/node_modules/.bin/playwright",
        "./test.sh, which puts it into .tools/node_modules",
    ),
    apt("prometheus_client", PYTHON, "./test.sh, which puts it into .tools/venv"),
    apt(
        "amlint",
        ".tools/venv/bin/amlint",
        "./test.sh, which puts it into .tools/venv",
    ),
    apt("rotel", PYTHON, "./test.sh, which puts it into .tools/venv"),
];

/// Relative to the workspace.
const PYTHON: &str = ".tools/venv/bin/python";

const fn apt(name: &'static str, program: &'static str, install: &'static str) -> Backend {
    Backend { name, program, install }
}

/// Whether the test may use the back end `name`: `prometheus`, `promtool`, `alertmanager`, `amtool`,
/// `chromium`, `node`, `tsc`, `esbuild`, `playwright`, `prometheus_client`, `amlint`, `rotel`.
///
/// ```no_run
/// # use obs_tests::backends;
/// if !backends::require("prometheus") {
///     return; // OBS_SKIP_BACKENDS=1
/// }
/// ```
///
/// # Panics
///
/// When the machine has no such program: the message says what to install. With
/// [`OBS_SKIP_BACKENDS=1`](SKIP_VARIABLE) it prints that the test skips and returns false instead.
#[must_use]
#[track_caller]
pub fn require(name: &str) -> bool {
    if env::var_os(SKIP_VARIABLE).is_some_and(|value| value == "1") {
        eprintln!("skipped: needs {name}, and {SKIP_VARIABLE}=1 is set");
        return false;
    }
    program(name);
    true
}

/// Where the program of the back end `name` is; panics like [`require`].
#[allow(clippy::must_use_candidate, reason = "called for its panic too")]
#[track_caller]
pub fn program(name: &str) -> PathBuf {
    let Backend { program, install, .. } = BACKENDS
        .iter()
        .find(|backend| backend.name == name)
        .unwrap_or_else(|| panic!("{name} is no back end that tests know"));
    find(program).unwrap_or_else(|| {
        panic!("this test needs {name} ({program} was not found): {install}; or set {SKIP_VARIABLE}=1 to skip it")
    })
}

/// The workspace's folder.
#[must_use]
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is a folder of the workspace")
}

fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(workspace().join(program)).filter(|path| path.is_file());
    }
    let search = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&search)
        .chain(["/usr/bin".into(), "/usr/local/bin".into()])
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path() {
        let shell = if cfg!(windows) { "cmd.exe" } else { "sh" };
        assert!(find(shell).is_some());
        assert_eq!(find("no-such-program-anywhere"), None);
    }

    #[test]
    fn every_back_end_says_how_to_get_it() {
        for backend in &BACKENDS {
            assert!(!backend.install.is_empty(), "{}", backend.name);
        }
    }
}
