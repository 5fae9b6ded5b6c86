//! What a remediation does.

use std::{
    collections::BTreeMap,
    error::Error,
    ffi::OsString,
    fmt,
    io::Write as _,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use obs_core::{
    guard::{chain_text, guarded},
    names::alert::outcome,
};

use crate::{Alert, text::MOST_ERROR};

/// A closure or a program.
#[derive(Clone)]
pub(super) enum Action {
    Closure(Arc<Act>),
    Command {
        program: OsString,
        arguments: Vec<OsString>,
        variables: BTreeMap<String, String>,
    },
}

pub(super) type Act = dyn Fn(&Alert) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync;

/// How often the end of a program is polled.
const PAUSE: Duration = Duration::from_millis(20);

// === impl Action ===

impl Action {
    /// Does it; the outcome for the metric, and what went wrong.
    pub(super) fn run(&self, alert: &Alert, timeout: Duration) -> (&'static str, Option<String>) {
        match self {
            // The error's own text is code of others too.
            Self::Closure(act) => match guarded(|| act(alert).map_err(|error| chain_text(&*error, ": ", MOST_ERROR))) {
                Some(Ok(())) => (outcome::SUCCEEDED, None),
                Some(Err(error)) => (outcome::FAILED, Some(error)),
                None => (outcome::FAILED, Some("it panicked".to_owned())),
            },
            Self::Command {
                program,
                arguments,
                variables,
            } => {
                let mut command = Command::new(program);
                command.args(arguments).envs(variables).stdin(Stdio::piped());
                command.stdout(Stdio::null()).stderr(Stdio::null());
                describe(&mut command, alert);
                match command.spawn() {
                    Ok(child) => watch(child, alert, timeout),
                    Err(error) => (outcome::FAILED, Some(format!("it can't be started: {error}"))),
                }
            }
        }
    }
}

fn describe(command: &mut Command, alert: &Alert) {
    command
        .env("OBS_ALERT_NAME", alert.name())
        .env("OBS_ALERT_SEVERITY", alert.severity().as_str())
        // A NUL can't be in the environment.
        .env("OBS_ALERT_SUMMARY", alert.message().replace('\0', " "))
        .env(
            "OBS_ALERT_VALUE",
            alert.value().map_or_else(String::new, |value| value.to_string()),
        );
}

fn watch(mut child: Child, alert: &Alert, timeout: Duration) -> (&'static str, Option<String>) {
    if let (Some(mut stdin), Ok(json)) = (child.stdin.take(), serde_json::to_vec(alert)) {
        // On a thread of its own: a program that doesn't read may not hold us up. It may also have ended.
        drop(thread::Builder::new().spawn(move || drop(stdin.write_all(&json))));
    }
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return (outcome::SUCCEEDED, None),
            Ok(Some(status)) => return (outcome::FAILED, Some(status.to_string())),
            Ok(None) if started.elapsed() < timeout => thread::sleep(PAUSE),
            Ok(None) => {
                // It may have ended just now.
                drop(child.kill());
                drop(child.wait());
                return (outcome::TIMED_OUT, Some(format!("it was stopped after {timeout:?}")));
            }
            Err(error) => return (outcome::FAILED, Some(format!("it can't be watched: {error}"))),
        }
    }
}

/// Arguments and variables may be secrets.
impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closure(_) => f.write_str("closure"),
            Self::Command { program, .. } => write!(f, "command {}", program.display()),
        }
    }
}
