//! What a log line costs, beside the JSON layers of tracing-subscriber and json-subscriber.
//!
//! ```console
//! $ cargo run --release --manifest-path bench/logs/Cargo.toml
//! ```
//!
//! All layers see the same events in one run, in turns. The times are of the thread that logs: the
//! peers write each line to a sink at once, obs puts it into its queue, whose thread writes it to a sink
//! meanwhile; the queue is emptied outside of the timed part, so that no line is dropped. The median of
//! the rounds is shown.
//!
//! Limits that this is measured against: all ids on a line cost at most 300 ns beyond its own fields; an
//! event in a span with eight fields costs at most 500 ns and allocates nothing.
//!
//! November 2026, 2 virtual cores of a busy machine, rustc 1.95, median of 300 turns of 2 000 lines:
//!
//! | a line | ns | allocations |
//! |---|---:|---:|
//! | tracing-subscriber, json | 662 | 3 |
//! | json-subscriber | 670 | 7 |
//! | obs, outside of a request | 197 | 0 |
//! | obs, all ids of a request | 237 | 0 |
//! | obs, all ids, sampled, with the event of the trace's span | 408 | 3 |
//! | tracing-subscriber, json, in an 8-field span | 2 897 | 32 |
//! | json-subscriber, in an 8-field span | 842 | 9 |
//! | obs, in an 8-field span | 321 | 0 |
//! | obs, in an 8-field span, all ids | 342 | 0 |

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use obs_core::{
    Obs, context,
    trace::{SpanReader, in_span_blocking},
};
use opentelemetry_sdk::trace::SpanData;
use tracing::{Dispatch, dispatcher::with_default, info, info_span};
use tracing_subscriber::prelude::*;

/// Lines in one turn: fewer than the queue holds.
const LINES: u32 = 2_000;
/// Turns of each.
const ROUNDS: usize = 300;

/// A finished span is of no interest here.
#[derive(Debug)]
struct Ignore;

impl SpanReader for Ignore {
    fn read(&self, _: &SpanData) {}
}

/// Counts the lines that arrive.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicU64>);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.0.fetch_add(lines as u64, Ordering::Release);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the event is logged.
#[derive(Clone, Copy)]
enum Scope {
    Bare,
    Request,
    /// In a request that is sampled, below a span of OpenTelemetry.
    Sampled,
}

struct Subject {
    name: &'static str,
    dispatch: Dispatch,
    scope: Scope,
    /// Whether the event stands in a `tracing` span with eight fields.
    in_span: bool,
    obs: Option<(Obs, Counting)>,
    logged: u64,
    nanos: Vec<f64>,
    allocations: f64,
}

// === impl Subject ===

impl Subject {
    fn obs(name: &'static str, scope: Scope, in_span: bool) -> Self {
        let arrived = Counting::default();
        let obs = Obs::builder("payment-service").log_filter("info").log_writer(arrived.clone());
        let obs = if matches!(scope, Scope::Sampled) { obs.span_reader(Ignore) } else { obs };
        let obs = obs.build().unwrap_or_else(|error| panic!("{error}"));
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(obs.subscriber_layer()));
        Self { name, dispatch, scope, in_span, obs: Some((obs, arrived)), logged: 0, nanos: Vec::new(), allocations: 0.0 }
    }

    fn peer(name: &'static str, dispatch: Dispatch, in_span: bool) -> Self {
        Self { name, dispatch, scope: Scope::Bare, in_span, obs: None, logged: 0, nanos: Vec::new(), allocations: 0.0 }
    }

    /// Runs `work` where the events of this subject are logged.
    fn within(&self, work: impl FnOnce()) {
        with_default(&self.dispatch, || {
            let in_span = || {
                if !self.in_span {
                    return work();
                }
                let span = info_span!(
                    "charge",
                    method = "POST",
                    route = "/orders/{id}",
                    status = 200,
                    user = "user-456",
                    tenant = "blue",
                    region = "eu-west-1",
                    attempt = 1,
                    cached = false,
                );
                span.in_scope(work);
            };
            match (self.scope, &self.obs) {
                (Scope::Bare, _) | (_, None) => in_span(),
                (Scope::Request, Some((obs, _))) => context::run_in(obs.start_context(), in_span),
                (Scope::Sampled, Some((obs, _))) => {
                    context::run_in(obs.start_context(), || in_span_blocking("charge", in_span));
                }
            }
        });
    }

    /// Waits until all lines have left the queue.
    fn drain(&mut self, lines: u64) {
        self.logged += lines;
        if let Some((_, arrived)) = &self.obs {
            while arrived.0.load(Ordering::Acquire) < self.logged {
                thread::yield_now();
            }
        }
    }

    fn measure(&mut self) {
        let mut took = Duration::ZERO;
        self.within(|| {
            let start = Instant::now();
            (0..LINES).for_each(|_| log());
            took = start.elapsed();
        });
        self.drain(LINES.into());
        self.nanos.push(took.as_secs_f64() * 1e9 / f64::from(LINES));
    }

    fn count_allocations(&mut self) {
        let mut allocations = 0;
        self.within(|| {
            log();
            allocations = allocation_counter::measure(|| (0..LINES).for_each(|_| log())).count_total;
        });
        self.drain(u64::from(LINES) + 1);
        self.allocations = allocations as f64 / f64::from(LINES);
    }

    fn median(&self) -> f64 {
        let mut sorted = self.nanos.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

/// The event, with two fields of its own.
fn log() {
    info!(action = "charge", amount_cents = 1999, "User action");
}

fn subjects() -> Vec<Subject> {
    let tracing_subscriber = |name, in_span| {
        let layer = tracing_subscriber::fmt::layer().json().with_writer(io::sink);
        Subject::peer(name, Dispatch::new(tracing_subscriber::registry().with(layer)), in_span)
    };
    let json_subscriber = |name, in_span| {
        let layer = json_subscriber::fmt::layer().with_writer(io::sink);
        Subject::peer(name, Dispatch::new(tracing_subscriber::registry().with(layer)), in_span)
    };
    vec![
        tracing_subscriber("tracing-subscriber, json", false),
        json_subscriber("json-subscriber", false),
        Subject::obs("obs, outside of a request", Scope::Bare, false),
        Subject::obs("obs, all ids of a request", Scope::Request, false),
        Subject::obs("obs, all ids, sampled, with the event of the trace's span", Scope::Sampled, false),
        tracing_subscriber("tracing-subscriber, json, in an 8-field span", true),
        json_subscriber("json-subscriber, in an 8-field span", true),
        Subject::obs("obs, in an 8-field span", Scope::Bare, true),
        Subject::obs("obs, in an 8-field span, all ids", Scope::Request, true),
    ]
}

fn main() -> io::Result<()> {
    let mut subjects = subjects();
    for round in 0..ROUNDS + 10 {
        for subject in &mut subjects {
            subject.measure();
            if round < 10 {
                subject.nanos.clear();
            }
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out, "| a line | ns | allocations |\n|---|---:|---:|")?;
    for subject in &mut subjects {
        subject.count_allocations();
        writeln!(out, "| {} | {:.0} | {:.2} |", subject.name, subject.median(), subject.allocations)?;
    }
    let cost = |index: usize| subjects[index].median();
    writeln!(out, "\nall ids beyond the event's own fields: {:.0} ns (limit 300)", cost(3) - cost(2))?;
    writeln!(out, "an event in an 8-field span: {:.0} ns (limit 500)", cost(7))
}
