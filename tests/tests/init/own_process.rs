//! Tests that have a process to themselves.

use std::{env, process::Command, time::Duration};

use obs_tests::{DEADLINE, process::Process};

/// Tells the child which test it is.
const CHILD: &str = "OBS_TEST_CHILD";

/// How long a child may take.
const LIMIT: Duration = Duration::from_secs(40);

/// The environment variables that change what `init()` does.
const SETTINGS: [&str; 5] = [
    "RUST_LOG",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_SDK_DISABLED",
    "OTEL_TRACES_SAMPLER",
];

/// Defines a test whose body runs in a process of its own, once with each of the environments.
macro_rules! in_own_process {
    ($name:ident, $body:expr) => {
        $crate::own_process::in_own_process!($name, $body, [&[]], |_: &[String]| {});
    };
    ($name:ident, $body:expr, $environments:expr) => {
        $crate::own_process::in_own_process!($name, $body, $environments, |_: &[String]| {});
    };
    ($name:ident, $body:expr, $environments:expr, $check:expr) => {
        #[test]
        fn $name() {
            let test = concat!(module_path!(), "::", stringify!($name));
            for environment in $environments {
                let Some(printed) = $crate::own_process::run(test, environment, $body) else {
                    return;
                };
                $check(&printed);
            }
        }
    };
}

pub(crate) use in_own_process;

/// Runs `body` in a child and returns the lines that it printed, or runs it if this is the child.
#[track_caller]
pub(crate) fn run(test: &str, environment: &[(&str, &str)], body: fn()) -> Option<Vec<String>> {
    // `init::runtimes::name` is called `runtimes::name` by the harness.
    let (_, test) = test.split_once("::").unwrap();
    if env::var_os(CHILD).is_some_and(|child| child == test) {
        body();
        return None;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    let mut child = Process::start(command.env(CHILD, test).envs(environment.iter().copied()));
    let status = child.wait(LIMIT);
    assert!(
        status.success(),
        "{environment:?} {status} {:#?} {:#?}",
        child.stdout(),
        child.stderr()
    );
    // The last line, which may still be on its way to us.
    child.wait_for_line(DEADLINE, |line| line.starts_with("test result: ok. 1 passed"));
    Some(child.stdout())
}
