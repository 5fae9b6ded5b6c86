//! The command `obs` as a process, against a console that says what a test wants.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

mod asking;
mod mcp;
#[path = "../../src/client/mock.rs"]
mod mock;
mod shop;

use std::process::{Command, Output};

/// The command without anything of the tests' environment.
fn obs(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obs"));
    for name in [
        "OBS_TOKEN",
        "NO_COLOR",
        "COLUMNS",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
    command.args(args);
    command
}

/// Runs the command to its end.
fn run(args: &[&str]) -> Output {
    obs(args).output().unwrap()
}

/// Exit code, standard output and standard error.
fn outcome(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}
