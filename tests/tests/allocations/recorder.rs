//! What a request that is not sampled has in the flight recorder: its child spans, and lines that are held.

use obs_core::{
    Obs, ObsBuilder, context,
    trace::{SpanReader, in_span_blocking},
};
use opentelemetry_sdk::trace::SpanData;
use tracing::{Level, debug, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{allocations, at_most, builder};

/// Steps of one request.
const STEPS: u32 = 10;

#[derive(Debug)]
struct Ignore;

impl SpanReader for Ignore {
    fn read(&self, _: &SpanData) {}
}

/// Allocations of a step, beyond those of a job without any.
fn of_step(obs: &Obs, step: fn(u32)) -> f64 {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        let job = |steps| {
            allocations(
                || (),
                |()| context::run_in(obs.start_context(), || (0..steps).for_each(step)),
            )
        };
        (job(STEPS) - job(0)) / f64::from(STEPS)
    })
}

fn unsampled(builder: ObsBuilder) -> Obs {
    let builder = builder.sample_ratio(0.0).span_reader(Ignore);
    let builder = builder.log_filter("info").lines_of_failures(Level::DEBUG);
    builder.build().expect("valid settings")
}

#[test]
fn a_child_span_that_is_recorded_alone_costs_none() {
    let own = of_step(&unsampled(builder()), |_| in_span_blocking("load", || ()));
    at_most("a child span", 0.0, own);
}

#[test]
fn a_span_of_tracing_that_is_recorded_alone_costs_two() {
    let span = |order| info_span!("load", order).in_scope(|| ());
    // One for its place in the registry of `tracing`, one for its fields.
    let own = of_step(&unsampled(builder()), span) - of_step(&unsampled(builder().flight_recorder(0)), span);
    at_most("a child span of tracing", 2.0, own);
}

#[test]
fn a_line_that_is_held_costs_none() {
    let own = of_step(&unsampled(builder()), |order| debug!(order, "looking for the order"));
    at_most("a held line", 0.0, own);
}
