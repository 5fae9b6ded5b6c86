//! A package of `tests/adopt`: its build and its cases.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use obs_tests::{backends::workspace, process};
use serde_json::Value;

use crate::case::Case;

pub(crate) struct Package {
    folder: PathBuf,
    program: PathBuf,
}

impl Package {
    /// Builds the package alone, so that its features are those of its manifest, into the folder of the workspace: what
    /// both compile in the same way is compiled once. A package that is a library is run by its unit tests.
    #[track_caller]
    pub(crate) fn build(name: &str) -> Self {
        let folder = adopt().join(name);
        let command: &[_] = if folder.join("src/lib.rs").exists() {
            &["test", "--no-run", "--lib"]
        } else {
            &["build"]
        };
        let output = process::cargo()
            .args(command)
            .args(["--quiet", "--locked", "--message-format=json-render-diagnostics"])
            .args(["--package", name, "--manifest-path"])
            .arg(adopt().join("Cargo.toml"))
            .arg("--target-dir")
            .arg(target_folder())
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo can be started");
        assert!(output.status.success(), "cargo could not build {name}, see above");
        let program = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .unwrap_or_else(|| panic!("package {name} has no program"));
        Self { folder, program }
    }

    /// Runs every case; fails with all differences at once.
    #[track_caller]
    pub(crate) fn check(&self) {
        let mut cases: Vec<_> = fs::read_dir(self.folder.join("expected"))
            .expect("a package has a folder `expected`")
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
            .collect();
        cases.sort();
        assert!(!cases.is_empty(), "{} has no case", self.folder.display());
        let failures: Vec<_> = cases
            .iter()
            .filter_map(|path| Case::read(path).check(&self.program, &self.folder))
            .collect();
        assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    }
}

/// The names of the packages that are there.
pub(crate) fn on_disk() -> BTreeSet<String> {
    fs::read_dir(adopt())
        .expect("tests/adopt is there")
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

fn adopt() -> PathBuf {
    workspace().join("tests/adopt")
}

/// Where this test was built: `target`, or what `CARGO_TARGET_DIR` says.
fn target_folder() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    // target/debug/deps/adopt-…
    test.ancestors()
        .nth(3)
        .map(Path::to_path_buf)
        .expect("a test is in target/debug/deps")
}
