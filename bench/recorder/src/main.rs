//! What the flight recorder costs: a child span and a held line in a request that is not sampled, beside what other crates
//! take for a span and for an event of one; and the reading of 10 000 requests that are running.
//!
//! ```console
//! $ cargo run --release --manifest-path bench/recorder/Cargo.toml
//! $ cargo run --release --manifest-path bench/recorder/Cargo.toml soak 10000000
//! ```
//!
//! The figures are in BENCHMARKS.md. Requests have ten spans or lines each; their own begin and end are outside of the
//! timed part. All subjects take turns in one run, and the median of the rounds is shown.

mod obs;
mod peers;
mod running;
mod soak;

use std::{
    env,
    io::{self, Write},
    time::{Duration, Instant},
};

/// Spans or lines of one request.
const STEPS: u32 = 10;
/// Requests in one round.
const REQUESTS: u32 = 500;
/// Rounds of each subject.
const ROUNDS: usize = 101;

/// A request that takes so many steps, and returns the time that they took.
type Request = Box<dyn FnMut(u32) -> Duration>;

/// What is measured.
struct Subject {
    name: &'static str,
    request: Request,
    nanos: Vec<f64>,
}

/// The time of so many steps.
fn timed(steps: u32, mut step: impl FnMut(u32)) -> Duration {
    let start = Instant::now();
    (0..steps).for_each(&mut step);
    start.elapsed()
}

// === impl Subject ===

impl Subject {
    fn new(name: &'static str, request: impl FnMut(u32) -> Duration + 'static) -> Self {
        Self {
            name,
            request: Box::new(request),
            nanos: Vec::new(),
        }
    }

    fn round(&mut self) {
        let took: Duration = (0..REQUESTS).map(|_| (self.request)(STEPS)).sum();
        self.nanos.push(took.as_secs_f64() * 1e9 / f64::from(REQUESTS * STEPS));
    }

    /// Allocations of a step beyond those of a request without any.
    fn allocations(&mut self) -> f64 {
        let mut of =
            |steps| allocation_counter::measure(|| (0..REQUESTS).for_each(|_| _ = (self.request)(steps))).count_total;
        (of(STEPS) as f64 - of(0) as f64) / f64::from(REQUESTS * STEPS)
    }

    fn median(&self) -> f64 {
        median(&self.nanos)
    }
}

/// The value in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn table(title: &str, mut subjects: Vec<Subject>) -> io::Result<()> {
    for round in 0..ROUNDS + 3 {
        for subject in &mut subjects {
            if round == 3 {
                subject.nanos.clear();
            }
            subject.round();
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out, "| {title} | ns | allocations |\n|---|---:|---:|")?;
    for subject in &mut subjects {
        let (nanos, allocations) = (subject.median(), subject.allocations());
        writeln!(out, "| {} | {nanos:.0} | {allocations:.2} |", subject.name)?;
    }
    writeln!(out)
}

fn main() -> io::Result<()> {
    let mut words = env::args().skip(1);
    if words.next().as_deref() == Some("soak") {
        let requests = words.next().and_then(|number| number.parse().ok());
        return soak::run(requests.unwrap_or(1_000_000));
    }
    let peers = peers::Peers::start();
    table(
        "a child span",
        [obs::spans(), peers.spans()].into_iter().flatten().collect(),
    )?;
    table(
        "a line or event",
        [obs::lines(), peers.events()].into_iter().flatten().collect(),
    )?;
    running::run()
}
