//! The last lines of a process, however it ends.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
    time::Instant,
};

use obs_tests::{DEADLINE, logs::LogLine, otlp::Receiver};

const LINES: usize = 5_000;

/// A program that ends in this way. Its environment is its own.
fn ending(way: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ending"));
    command.arg(way).env_clear().env("RUST_BACKTRACE", "0");
    command
}

/// Every line is there, whole and in order.
#[track_caller]
fn check_lines(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with('\n'));
    let lines: Vec<_> = text.lines().map(|line| LogLine::parse(line).unwrap()).collect();
    let numbers: Vec<_> = lines
        .iter()
        .filter(|line| line.get("line").is_some())
        .map(|line| line.number("line"))
        .collect();
    let expected: Vec<_> = (0..LINES).map(|line| f64::from(u32::try_from(line).unwrap())).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn nothing_is_lost_when_main_returns_without_shutdown() {
    let output = ending("return").output().unwrap();
    assert!(output.status.success());
    check_lines(&output);
}

#[test]
fn nothing_is_lost_when_main_panics_and_nothing_is_dropped() {
    let output = ending("panic").output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("on purpose"),
        "the hook before has its say"
    );
    check_lines(&output);
}

#[test]
fn nothing_is_lost_that_was_logged_before_a_panic_in_a_thread() {
    let output = ending("panic-in-a-thread").output().unwrap();
    assert!(!output.status.success());
    check_lines(&output);
}

/// Each destructor of a thread-local was heard to its end, on threads and on the main thread.
#[track_caller]
fn check_thread_ends(with: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_thread_end"))
        .arg(with)
        .env_clear()
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success() && stderr.is_empty(),
        "{}: {stderr}",
        output.status
    );
    for at in ["touched first", "touched only", "main"] {
        let is_there = |line: &str| line.contains("\"ended\"") && line.contains(at);
        assert!(stdout.lines().any(is_there), "{at} in {stdout}");
    }
}

#[test]
fn a_destructor_of_a_thread_local_that_logs_panics_nowhere() {
    check_thread_ends("lines");
}

#[test]
fn a_destructor_of_a_thread_local_that_logs_panics_nowhere_where_spans_are_recorded() {
    check_thread_ends("spans");
}

#[cfg(unix)]
#[test]
fn nothing_is_lost_when_main_returns_and_nothing_is_dropped() {
    let output = ending("return-without-a-drop").output().unwrap();
    assert!(output.status.success());
    check_lines(&output);
}

#[cfg(unix)]
#[test]
fn nothing_is_lost_at_exit_of_whatever_thread_and_instance() {
    for way in [
        "exit",
        "exit-of-a-thread",
        "exit-without-init",
        "exit-after-the-shutdown",
    ] {
        let output = ending(way).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{way}");
        check_lines(&output);
    }
}

#[test]
fn nothing_is_lost_that_was_flushed_before_an_abort() {
    let output = ending("abort-after-a-flush").output().unwrap();
    assert!(!output.status.success());
    check_lines(&output);
}

#[test]
fn a_target_that_blocks_holds_up_neither_the_exit_nor_who_panics() {
    for (way, code) in [
        ("exit-while-the-target-blocks", 3),
        ("panics-while-the-target-blocks", 0),
    ] {
        let since = Instant::now();
        let output = ending(way).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{way}");
        assert!(since.elapsed() < DEADLINE, "{way}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let took = told.lines().find_map(|line| line.strip_prefix("took ")).unwrap_or("0");
        assert!(took.parse::<u64>().unwrap() < 1_000, "{took} ms");
    }
}

#[test]
fn a_pipe_that_nobody_reads_costs_lines_only() {
    let mut child = ending("closed-pipe")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(b"now\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "no SIGPIPE, no panic");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        told.trim_end(),
        format!("obs_log_lines_dropped_total {LINES} written=false")
    );
}

#[test]
fn the_environment_alone_sends_records_and_the_export_does_not_feed_on_itself() {
    let receiver = Receiver::start();
    let output = ending("shutdown")
        .env(
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            format!("{}/v1/logs", receiver.endpoint()),
        )
        .env("OTEL_BLRP_MAX_QUEUE_SIZE", "10000")
        // Everything that the exporter's own client has to say.
        .env("RUST_LOG", "trace")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    check_lines(&output);
    let records = receiver.wait_for_logs(DEADLINE, |records| records.len() >= LINES);
    let others: Vec<_> = records.iter().filter(|record| record.int("line").is_none()).collect();
    assert_eq!(records.len() - others.len(), LINES);
    assert!(
        others.iter().all(|record| !record.scope.name.starts_with('h')),
        "{others:?}"
    );
    assert!(receiver.spans().is_empty(), "an endpoint for logs is none for traces");
}
