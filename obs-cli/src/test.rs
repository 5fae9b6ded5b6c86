//! The command `obs test`: the files, checked by the programs that read them.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    args::TestArgs,
    outcome::{Outcome, Verdict, count, say},
};

/// The message of a promtool that was built without service discovery in Kubernetes, as in
/// Debian.
const NO_KUBERNETES: &str = "field kubernetes_sd_configs not found";

/// A test of one file.
struct Test {
    tool: Tool,
    args: &'static [&'static str],
    file: PathBuf,
}

const CHECK_CONFIG: &[&str] = &["check", "config"];
const CHECK_RULES: &[&str] = &["check", "rules", "--lint=all", "--lint-fatal"];
const TEST_RULES: &[&str] = &["test", "rules"];
const CHECK_ROUTES: &[&str] = &["check-config"];

/// Runs all tests and prints a line for each. Tests whose program is not installed are
/// skipped.
///
/// # Errors
///
/// If there are no generated files, or a program can't be started.
pub(super) fn run(args: &TestArgs) -> Outcome {
    let tests = tests(&args.out.out)?;
    if tests.is_empty() {
        let out = args.out.out.display();
        return Err(format!("{out}: has nothing to test: run `obs generate --out {out}` first").into());
    }
    let (mut passed, mut failed, mut missing) = (0, 0, Vec::new());
    for test in &tests {
        let Test { tool, args, file } = test;
        let what = format!("{} {} {}", tool.program, args.join(" "), file.display());
        match tool.run(args, file)? {
            Run::Passed => {
                passed += 1;
                say(&format!("ok      {what}"))?;
            }
            Run::Failed(output) if output.contains(NO_KUBERNETES) => {
                say(&format!(
                    "skipped {what}: this {} was built without Kubernetes",
                    tool.program
                ))?;
            }
            Run::Failed(output) => {
                failed += 1;
                say(&format!("FAILED  {what}\n{}", indented(&output)))?;
            }
            Run::Missing if missing.contains(&tool.program) => {}
            Run::Missing => {
                missing.push(tool.program);
                say(&format!(
                    "skipped {}: not installed (Debian package {})",
                    tool.program, tool.package
                ))?;
            }
        }
    }
    say(&format!("{} passed, {failed} failed", count(passed, "test")))?;
    Ok(Verdict::of(failed == 0 && (missing.is_empty() || !args.strict)))
}

/// The tests of all files. Configurations for Prometheus 3 are left out if promtool is
/// older.
fn tests(out: &Path) -> Result<Vec<Test>, Box<dyn Error>> {
    let prometheus = out.join("prometheus");
    let of = |tool, args, files: Vec<PathBuf>| files.into_iter().map(move |file| Test { tool, args, file });
    let mut configs = yaml_files(&prometheus)?;
    if PROMTOOL.major_version().is_some_and(|version| version < 3) {
        configs.retain(|file| !is_for_v3(file));
    }
    let routes = Some(out.join("alertmanager/alertmanager.yml")).filter(|file| file.is_file());
    Ok(of(PROMTOOL, CHECK_CONFIG, configs)
        .chain(of(PROMTOOL, CHECK_RULES, yaml_files(&prometheus.join("rules"))?))
        .chain(of(PROMTOOL, TEST_RULES, yaml_files(&prometheus.join("tests"))?))
        .chain(of(AMTOOL, CHECK_ROUTES, routes.into_iter().collect()))
        .collect())
}

/// Whether a configuration needs Prometheus 3.
fn is_for_v3(file: &Path) -> bool {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    stem.ends_with("-v3") || stem.ends_with("-compose")
}

/// The `.yml` files of a folder, sorted; none if the folder does not exist.
fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: can't be read: {error}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Text with each line indented.
fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("        {line}")).collect();
    lines.join("\n")
}

/// The result of running a program on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Run {
    /// The program accepted the file.
    Passed,
    /// The program refused the file, with this output.
    Failed(String),
    /// The program is not installed.
    Missing,
}

/// A program and the Debian package that has it.
#[derive(Clone, Copy, Debug)]
struct Tool {
    pub(super) program: &'static str,
    pub(super) package: &'static str,
}

const PROMTOOL: Tool = Tool {
    program: "promtool",
    package: "prometheus",
};
const AMTOOL: Tool = Tool {
    program: "amtool",
    package: "prometheus-alertmanager",
};

// === impl Tool ===

impl Tool {
    /// Runs the program on a file.
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

    /// The major version of the program, if it is installed and prints one.
    pub(super) fn major_version(self) -> Option<u32> {
        let output = Command::new(self.program).arg("--version").output().ok()?;
        // Version 2.42 prints it to standard error.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let (_, version) = text.split_once("version ")?;
        version.split('.').next()?.trim().parse().ok()
    }
}
