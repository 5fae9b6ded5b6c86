//! Child programs: built once, read line by line, killed at the end of the test.

use std::{
    collections::HashMap,
    env,
    io::{BufRead as _, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;

use crate::{backends::workspace, wait::eventually, watched::Watched};

/// A running program; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Watched<String>,
    stderr: Watched<String>,
    readers: [JoinHandle<()>; 2],
}

/// Builds the program of the workspace's package `package` and returns where it is. A package is
/// built once per test program, with the features of the whole workspace and of its tests: their
/// dependencies serve it too, where other features would have them compiled again.
#[must_use]
#[track_caller]
pub fn build(package: &str) -> PathBuf {
    static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if let Some(path) = built.get(package) {
        return path.clone();
    }
    let path = cargo_build(package);
    built.insert(package.to_owned(), path.clone());
    path
}

/// The cargo that runs this test, without the variables that it has set for the test: a build script that reads them,
/// such as that of `ring`, would run again, and all that depends on it would be compiled again.
#[must_use]
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let is_of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(is_of_package) {
            command.env_remove(name);
        }
    }
    command
}

#[track_caller]
fn cargo_build(package: &str) -> PathBuf {
    let output = cargo()
        .args(["build", "--quiet", "--message-format=json-render-diagnostics"])
        .args(["--workspace", "--all-features", "--bin", package])
        // A small test, so that the features of dependencies are those that tests have.
        .args(["--test", "features"])
        .current_dir(workspace())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo build --package {package} failed, see above"
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == package)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .unwrap_or_else(|| panic!("package {package} has no program"))
}

// === impl Process ===

impl Process {
    /// Starts `command` with no input and its output captured.
    #[must_use]
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        Self::spawn(command.stdin(Stdio::null()))
    }

    /// Starts `command` with its output captured, and with an input that is empty and stays open
    /// until [`close_input`](Self::close_input).
    #[must_use]
    #[track_caller]
    pub fn start_with_input(command: &mut Command) -> Self {
        Self::spawn(command.stdin(Stdio::piped()))
    }

    #[track_caller]
    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", command.get_program().display()));
        let (stdout, stderr) = (Watched::default(), Watched::default());
        let readers = [
            collect(child.stdout.take().expect("stdout is piped"), stdout.clone()),
            collect(child.stderr.take().expect("stderr is piped"), stderr.clone()),
        ];
        Self {
            child,
            stdout,
            stderr,
            readers,
        }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines on stdout so far.
    #[must_use]
    pub fn stdout(&self) -> Vec<String> {
        self.stdout.snapshot()
    }

    /// The lines on stderr so far.
    #[must_use]
    pub fn stderr(&self) -> Vec<String> {
        self.stderr.snapshot()
    }

    /// Whether everything that it has written was read: some time after its end.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.readers.iter().all(JoinHandle::is_finished)
    }

    /// Waits for the first line on stdout that `wanted` accepts and returns it.
    #[track_caller]
    pub fn wait_for_line(&self, within: Duration, mut wanted: impl FnMut(&str) -> bool) -> String {
        let lines = self
            .stdout
            .wait_for(within, |lines| lines.iter().any(|line| wanted(line)));
        lines
            .into_iter()
            .find(|line| wanted(line))
            .expect("the list that was waited for has the line")
    }

    /// How it ended, when it has.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child's state can be read")
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        eventually(within, || self.try_wait())
    }

    /// Closes its input, if it has one that is open.
    pub fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Asks it to stop, as a service manager would (SIGTERM).
    #[cfg(unix)]
    #[track_caller]
    pub fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "kill -TERM {} failed",
            self.id()
        );
    }

    /// Ends it at once; nothing happens when it has ended.
    pub fn kill(&mut self) {
        // Fails only for a child that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn collect(pipe: impl Read + Send + 'static, lines: Watched<String>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            lines.push(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            line.clear();
        }
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::wait::{DEADLINE, until};

    fn shell(script: &str) -> Process {
        Process::start(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn the_program_of_a_package_is_built_and_found() {
        let program = build("shop");
        assert!(program.is_file(), "{}", program.display());
        assert_eq!(build("shop"), program);
    }

    #[test]
    fn lines_of_both_streams_are_captured() {
        let mut process = shell("echo one; echo two; echo oops >&2; exit 3");
        assert_eq!(process.wait_for_line(DEADLINE, |line| line.starts_with('t')), "two");
        assert_eq!(process.wait(DEADLINE).code(), Some(3));
        until(DEADLINE, || process.stderr() == ["oops"]);
    }

    #[test]
    fn an_input_stays_open_until_it_is_closed() {
        let mut process = Process::start_with_input(Command::new("sh").args(["-c", "echo up; cat; echo closed"]));
        process.wait_for_line(DEADLINE, |line| line == "up");
        assert_eq!(process.try_wait(), None);
        process.close_input();
        assert!(process.wait(DEADLINE).success());
        process.wait_for_line(DEADLINE, |line| line == "closed");
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let process = shell("echo up; exec sleep 600");
        process.wait_for_line(DEADLINE, |line| line == "up");
        let id = process.id().to_string();
        drop(process);
        assert!(
            !Command::new("kill")
                .args(["-0", &id])
                .stderr(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
    }

    #[test]
    fn a_process_can_be_asked_to_stop() {
        let mut process = shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done");
        process.wait_for_line(DEADLINE, |line| line == "up");
        process.terminate();
        assert_eq!(process.wait(DEADLINE).code(), Some(0));
        process.wait_for_line(DEADLINE, |line| line == "bye");
    }
}
