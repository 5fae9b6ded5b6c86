//! A program that logs and ends in the way that its argument says; what tests of the end of a process
//! start.
#![expect(clippy::expect_used, reason = "a test program: what can't go on stops")]

use std::{env, io::Write as _, sync::OnceLock, thread, time::Duration};

use obs_core::{Obs, metrics::Format};

/// Lines before the end.
const LINES: usize = 5_000;

/// Keeps a handle for the life of the process: it is never dropped.
static KEPT: OnceLock<Obs> = OnceLock::new();

fn main() {
    let way = env::args().nth(1).unwrap_or_default();
    let obs = Obs::builder("ending").init().expect("the first of this process");
    match way.as_str() {
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
            std::process::abort();
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

/// Logs to whoever does not read any more, and shows on standard error what became of that.
fn closed_pipe(obs: &Obs) {
    let mut ready = String::new();
    std::io::stdin().read_line(&mut ready).expect("somebody says when");
    log();
    let written = obs.shutdown(Duration::from_secs(20)).is_ok();
    let page = String::from_utf8_lossy(&obs.registry().render(Format::Text)).into_owned();
    let dropped = page.lines().find(|line| line.starts_with("obs_log_lines_dropped_total")).unwrap_or_default();
    writeln!(std::io::stderr(), "{dropped} written={written}").expect("standard error is open");
}
