//! Reading what runs, with 10 000 requests under way, and what requests cost meanwhile.

use std::{
    io::{self, Write as _},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use obs_core::{
    Obs,
    context::{self, RequestContext},
    trace::in_span_blocking,
};

use crate::{median, obs::instance};

/// Requests that are under way.
const RUNNING: usize = 10_000;
/// Requests that come and go, in one round.
const REQUESTS: u32 = 20_000;
const ROUNDS: usize = 21;

/// A recorder with room for all of them.
const BYTES: usize = 16 * 1_024 * 1_024;

fn request(obs: &Obs) {
    context::run_in(obs.start_context(), || in_span_blocking("load", || ()));
}

/// Nanoseconds of a request, the median of the rounds.
fn requests(obs: &Obs) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (0..REQUESTS).for_each(|_| request(obs));
        start.elapsed().as_secs_f64() * 1e9 / f64::from(REQUESTS)
    };
    median(&(0..ROUNDS).map(round).collect::<Vec<_>>())
}

/// Milliseconds of a reading, the median.
fn readings(obs: &Obs) -> f64 {
    let reading = |_| {
        let start = Instant::now();
        let running = obs.recorder().running().len();
        assert!(running >= RUNNING, "{running} are running");
        start.elapsed().as_secs_f64() * 1e3
    };
    median(&(0..ROUNDS).map(reading).collect::<Vec<_>>())
}

/// What a request costs while another thread reads all the time, or so often.
fn requests_while_read(obs: &Obs, pause: Duration) -> f64 {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                drop(obs.recorder().running());
                thread::sleep(pause);
            }
        });
        let nanos = requests(obs);
        done.store(true, Relaxed);
        nanos
    })
}

pub fn run() -> io::Result<()> {
    let obs = instance(|builder| builder.flight_recorder(BYTES));
    let alone = requests(&obs);
    let under_way: Vec<RequestContext> = (0..RUNNING).map(|_| obs.start_context()).collect();
    let mut out = io::stdout().lock();
    writeln!(out, "| with 10 000 requests under way | |\n|---|---:|")?;
    writeln!(out, "| `running()` | {:.2} ms |", readings(&obs))?;
    writeln!(out, "| a job with one span, nothing under way | {alone:.0} ns |")?;
    writeln!(out, "| the same with 10 000 under way | {:.0} ns |", requests(&obs))?;
    let often = requests_while_read(&obs, Duration::from_millis(100));
    writeln!(
        out,
        "| the same while `running()` is read ten times a second | {often:.0} ns |"
    )?;
    let always = requests_while_read(&obs, Duration::ZERO);
    writeln!(out, "| the same while it is read without a pause | {always:.0} ns |")?;
    drop(under_way);
    Ok(())
}
