//! The process of one subject: runs what it is told to, one run a line.
//!
//! A line in is `time N` or `allocations N`, with the place of a load; a line out is the figure, or `!` and
//! what went wrong.

use std::{
    io::{self, BufRead, Write},
    thread,
    time::{Duration, Instant},
};

use super::{Aim, Does, REQUESTS, Work};
use crate::{load::Load, subjects::Subject};

/// How long lines and spans may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves the parent until it closes our input.
pub fn serve(mut subject: Subject, does: Does) -> io::Result<()> {
    let loads = Load::all();
    // What is said at the start belongs to no run.
    subject.settled();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let answer = match parse(&line, &loads) {
            Some((aim, load)) => match run(&mut subject, does, aim, load) {
                Ok(figure) => figure.to_string(),
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

/// One run, and the proof that it left behind what it should have.
fn run(subject: &mut Subject, does: Does, aim: Aim, load: Load) -> Result<f64, String> {
    let before = subject.work();
    let figure = subject.run(aim, load);
    let expected = does.work(load, REQUESTS);
    let since = Instant::now();
    loop {
        let done = subject.work() - before;
        if done == expected {
            return Ok(figure);
        }
        if since.elapsed() > PATIENCE || exceeds(done, expected) {
            return Err(format!("{load}: requests, lines, spans were {done} and not {expected}"));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn exceeds(done: Work, expected: Work) -> bool {
    done.requests > expected.requests || done.lines > expected.lines || done.spans > expected.spans
}
