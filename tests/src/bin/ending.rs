//! A program that logs and ends in the way that its argument says; what tests of the end of a process
//! start.
#![expect(clippy::expect_used, reason = "a test program: what can't go on stops")]

use std::{
    env,
    io::{self, Write},
    process,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use obs_core::{Obs, metrics::Format};
use tracing_subscriber::prelude::*;

/// Lines before the end.
const LINES: usize = 5_000;

/// Keeps a handle for the life of the process: it is never dropped.
static KEPT: OnceLock<Obs> = OnceLock::new();

fn main() {
    let way = env::args().nth(1).unwrap_or_default();
    match way.as_str() {
        "exit-without-init" => exit_without_init(),
        "exit-while-the-target-blocks" => exit_while_the_target_blocks(),
        "panics-while-the-target-blocks" => panics_while_the_target_blocks(),
        _ => end(&way, Obs::builder("ending").init().expect("the first of this process")),
    }
}

fn end(way: &str, obs: Obs) {
    match way {
        "return" => log(),
        "panic" => {
            let _kept = KEPT.set(obs);
            log();
            panic!("on purpose");
        }
        "panic-in-a-thread" => {
            let _kept = KEPT.set(obs);
            let panicked = thread::spawn(|| {
                log();
                panic!("on purpose");
            });
            assert!(panicked.join().is_err());
            // Nothing runs on the way out of here.
            process::abort();
        }
        "return-without-a-drop" => {
            let _kept = KEPT.set(obs);
            log();
        }
        "exit" => {
            log();
            exit(3);
        }
        "exit-of-a-thread" => {
            let _kept = KEPT.set(obs);
            let _ends = thread::spawn(|| {
                log();
                exit(3);
            })
            .join();
        }
        "exit-after-the-shutdown" => {
            obs.shutdown(Duration::from_secs(20)).expect("nothing is in the way");
            log();
            exit(3);
        }
        "abort-after-a-flush" => {
            log();
            obs.flush(Duration::from_secs(20)).expect("nothing is in the way");
            process::abort();
        }
        "closed-pipe" => closed_pipe(&obs),
        "shutdown" => {
            log();
            obs.shutdown(Duration::from_secs(20)).expect("nothing is in the way");
        }
        other => panic!("{other} is no way to end"),
    }
}

fn log() {
    for line in 0..LINES {
        tracing::info!(line, "before the end");
    }
}

#[expect(clippy::exit, reason = "this is what the tests are about")]
fn exit(code: i32) -> ! {
    process::exit(code)
}

/// Lines of an instance that nothing of the process knows.
fn exit_without_init() {
    let obs = Obs::builder("ending").build().expect("no setting is wrong");
    let _default = tracing_subscriber::registry()
        .with(obs.subscriber_layer())
        .set_default();
    log();
    exit(3);
}

/// A target that takes nothing for a minute.
struct Blocked;

impl Write for Blocked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            thread::sleep(Duration::from_secs(60));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn exit_while_the_target_blocks() {
    let obs = Obs::builder("ending")
        .log_writer(Blocked)
        .init()
        .expect("the first of this process");
    log();
    let _kept = KEPT.set(obs);
    exit(3);
}

/// Shows on standard error how many milliseconds twenty panics took.
fn panics_while_the_target_blocks() {
    let obs = Obs::builder("ending")
        .log_writer(Blocked)
        .init()
        .expect("the first of this process");
    log();
    let since = Instant::now();
    for _ in 0..20 {
        assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
    }
    writeln!(io::stderr(), "took {}", since.elapsed().as_millis()).expect("standard error is open");
    let _kept = KEPT.set(obs);
}

/// Logs to a reader that has stopped, and reports the result on standard error.
fn closed_pipe(obs: &Obs) {
    let mut ready = String::new();
    io::stdin().read_line(&mut ready).expect("somebody says when");
    log();
    let written = obs.shutdown(Duration::from_secs(20)).is_ok();
    let page = String::from_utf8_lossy(&obs.registry().render(Format::Text)).into_owned();
    let dropped = page
        .lines()
        .find(|line| line.starts_with("obs_log_lines_dropped_total"))
        .unwrap_or_default();
    writeln!(io::stderr(), "{dropped} written={written}").expect("standard error is open");
}
