//! Requests at the bound: the memory of the process has to stay flat.

use std::{
    fs,
    io::{self, Write as _},
    time::Instant,
};

use obs_core::{context, trace};
use tracing::{Dispatch, Level, debug, dispatcher::with_default};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::obs::instance;

/// How often the memory is told.
const REPORTS: u64 = 10;

/// The resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// So many jobs with a span and a held line each, of which one in a hundred fails in one of a thousand ways.
pub fn run(requests: u64) -> io::Result<()> {
    let obs = instance(|builder| builder.lines_of_failures(Level::DEBUG));
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(obs.subscriber_layer()));
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| requests | held by the recorder, KiB | resident, KiB |\n|---:|---:|---:|"
    )?;
    let start = Instant::now();
    for part in 0..=REPORTS {
        let from = requests * part.saturating_sub(1) / REPORTS;
        let to = requests * part / REPORTS;
        with_default(&dispatch, || {
            for request in from..to {
                context::run_in(obs.start_context(), || {
                    trace::in_span_blocking("load", || debug!(request, "looking for the order"));
                    if request % 100 == 0 {
                        trace::record_error(&io::Error::other(format!("no order in {}", letters(request % 1_000))));
                    }
                });
            }
        });
        writeln!(
            out,
            "| {to} | {} | {} |",
            obs.recorder().held_bytes() / 1_024,
            resident()
        )?;
    }
    let nanos = start.elapsed().as_secs_f64() * 1e9 / requests as f64;
    writeln!(
        out,
        "\n{nanos:.0} ns a request; {} kinds of errors are kept.",
        obs.recorder().errors().len()
    )
}

/// A word for a number, since numbers are left out where errors are grouped.
fn letters(number: u64) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect()
}
