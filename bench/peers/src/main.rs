//! What a request costs with obs, and with what is used otherwise.
//!
//! ```console
//! $ cargo run --release --manifest-path bench/peers/Cargo.toml
//! $ cargo run --release --manifest-path bench/peers/Cargo.toml -- --plain --rounds 1 'axum: obs'
//! ```
//!
//! Requests are handled in the process, by one thread, to the end of their answers, and are made outside
//! of the timed part. The figures are above those of a layer that wraps future and body and does nothing,
//! which stands in parentheses. Each subject has a process of its own, with the process-wide subscriber,
//! recorder and providers that a service would give it; the processes work in turns, one run of one load
//! each, and the median of the repetitions is shown. Spans wait in a batch until the run has ended.
//!
//! Each run ends with a proof: as many requests in the metrics, lines written or counted as dropped, and spans exported as
//! there were requests, or the benchmark fails. Our lines go through the queue to
//! the writer's thread and our spans by OTLP over HTTP to a collector on this machine; the peers' lines are
//! counted where they are written, at once, and their spans by the exporter.
//!
//! Loads: a `GET` of a route with a parameter and a query, a `POST` with a body, a path that is no route;
//! each without a `traceparent`, with one that is sampled and one that is not. Then handlers that are
//! polled ten times, numbers of routes, and threads. For threads the figure is the time of a processor, on
//! which the threads take turns if there are more of them. A client has no caller: its requests begin
//! traces, and it is answered by the innermost middleware, or service, without a network.
//!
//! [`BENCHMARKS.md`](../../../BENCHMARKS.md) has the figures.

mod args;
mod harness;
mod load;
mod serve;
mod subjects;
mod table;
mod targets;
mod telemetry;

use std::{env, error::Error, process::ExitCode};

use args::Args;
use harness::Results;
use load::Load;
use subjects::{Group, SUBJECTS, Spec};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let args = Args::parse(env::args().skip(1))?;
    if args.list {
        SUBJECTS.iter().for_each(|spec| println!("{}", spec.name));
        return Ok(());
    }
    // Some subjects want one when they are made; what it does is asked for by nobody while others are timed.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let _entered = runtime.enter();
    if let Some(name) = &args.subject {
        let spec = find(name)?;
        return Ok(harness::serve((spec.make)()?, spec.does)?);
    }
    if let Some(name) = &args.serve {
        return serve::serve((find(name)?.make)()?);
    }
    let (plain, special): (Vec<_>, Vec<_>) = Load::all().into_iter().partition(|load| matches!(load, Load::Plain(..)));
    let mut results = Results::default();
    for group in Group::ALL.into_iter().filter(|group| group.members().any(|spec| args.wants(spec.name))) {
        let compared = |name| args.wants(name) || name == group.baseline() || name == group.ours();
        let specs: Vec<_> = group.members().filter(|spec| compared(spec.name)).collect();
        harness::compare(&specs, &plain, &args, &mut results)?;
        // In processes of their own: ten thousand routes leave large pages behind.
        let takes = |spec: &&'static Spec| !args.plain && special.iter().any(|load| spec.takes(*load));
        harness::compare(&specs.into_iter().filter(takes).collect::<Vec<_>>(), &special, &args, &mut results)?;
    }
    print!("{}", table::print(&results));
    Ok(())
}

fn find(name: &str) -> Result<&'static Spec, String> {
    let found = SUBJECTS.iter().find(|spec| spec.name == name);
    found.ok_or_else(|| format!("there is no subject {name:?}: --list tells their names"))
}
