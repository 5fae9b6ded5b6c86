//! The process of one subject: runs what it is told to, one measurement a line.
//!
//! A line in is `time N` or `allocations N`, with the place of a load. A line out is the figure and what was
//! recorded meanwhile (requests, lines, spans), or `!` and what went wrong.

use std::{
    io::{self, BufRead, Write},
    thread,
    time::{Duration, Instant},
};

use super::{Aim, Does, Work};
use crate::{load::Load, subjects::Subject};

/// How long lines and spans may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// Slices of a measurement.
const SLICES: usize = 10;
/// The same on several threads, where a slice is longer.
const THREADED_SLICES: usize = 2;

/// Serves the parent until it closes our input.
pub fn serve(mut subject: Subject, does: Does) -> io::Result<()> {
    let loads = Load::all();
    // What is said at the start belongs to no run.
    subject.settled();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match parse(&line, &loads) {
            Some((aim, load)) => match measure(&mut subject, does, aim, load) {
                Ok((figure, work)) => format!("{figure} {work}"),
                Err(error) => format!("!{error}"),
            },
            None => format!("!not understood: {line}"),
        };
        writeln!(io::stdout().lock(), "{answer}")?;
    }
    Ok(())
}

fn parse(line: &str, loads: &[Load]) -> Option<(Aim, Load)> {
    let (aim, place) = line.split_once(' ')?;
    let aim = match aim {
        "time" => Aim::Time,
        "allocations" => Aim::Allocations,
        _ => return None,
    };
    Some((aim, *loads.get(place.parse::<usize>().ok()?)?))
}

/// Several slices, of which the figure is the mean, and the proof that they left behind what they should
/// have.
fn measure(subject: &mut Subject, does: Does, aim: Aim, load: Load) -> Result<(f64, Work), String> {
    let before = subject.work();
    let mut expected = Work::default();
    let mut figures = 0.0;
    let slices = if load.is_threaded() { THREADED_SLICES } else { SLICES };
    for _ in 0..slices {
        let slice = subject.run(aim, load);
        figures += slice.figure;
        expected += does.work(load, slice.requests);
        // The exporter shall not work while the next slice is timed.
        wait_for(load, "spans", expected.spans, || subject.spans() - before.spans)?;
    }
    wait_for(load, "lines", expected.lines, || subject.lines() - before.lines)?;
    let done = subject.work() - before;
    if done == expected {
        Ok((figures / slices as f64, expected))
    } else {
        Err(format!("{load}: recorded were {done:?} and not {expected:?}"))
    }
}

/// Waits until as many have arrived as are expected.
fn wait_for(load: Load, what: &str, expected: u64, arrived: impl Fn() -> u64) -> Result<(), String> {
    let since = Instant::now();
    loop {
        let arrived = arrived();
        if arrived == expected {
            return Ok(());
        }
        if since.elapsed() > PATIENCE {
            return Err(format!("{load}: {arrived} {what} arrived, and not {expected}"));
        }
        thread::sleep(Duration::from_micros(200));
    }
}
