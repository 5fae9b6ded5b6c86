//! Spans and lines of obs, in requests that are not sampled.

use std::{io, time::Duration};

use obs_core::{
    Obs, ObsBuilder, context,
    trace::{SpanReader, in_span_blocking},
};
use opentelemetry_sdk::trace::SpanData;
use tracing::{Dispatch, Level, debug, dispatcher::with_default, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{Subject, timed};

/// A finished span is of no interest here.
#[derive(Debug)]
struct Ignore;

impl SpanReader for Ignore {
    fn read(&self, _: &SpanData) {}
}

/// An instance that exports spans and samples none of them.
pub fn instance(change: impl FnOnce(ObsBuilder) -> ObsBuilder) -> Obs {
    let builder = Obs::builder("bench")
        .log_writer(io::sink())
        .log_filter("info")
        .sample_ratio(0.0)
        .span_reader(Ignore);
    change(builder).build().unwrap_or_else(|error| panic!("{error}"))
}

/// A request of an instance, whose layer is the subscriber.
fn subject(name: &'static str, obs: Obs, step: impl Fn(u32) + Copy + 'static) -> Subject {
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(obs.subscriber_layer()));
    Subject::new(name, move |steps| {
        with_default(&dispatch, || {
            let mut took = Duration::ZERO;
            context::run_in(obs.start_context(), || took = timed(steps, step));
            took
        })
    })
}

fn own_span(_: u32) {
    in_span_blocking("load", || ());
}

fn tracing_span(order: u32) {
    info_span!("load", order).in_scope(|| ());
}

fn line(order: u32) {
    debug!(order, "looking for the order");
}

pub fn spans() -> Vec<Subject> {
    vec![
        subject("obs, `in_span`, recorder on", instance(|builder| builder), own_span),
        subject(
            "obs, `tracing` span, recorder on",
            instance(|builder| builder),
            tracing_span,
        ),
        subject(
            "obs, `in_span`, recorder off",
            instance(|builder| builder.flight_recorder(0)),
            own_span,
        ),
        subject(
            "obs, `tracing` span, recorder off",
            instance(|builder| builder.flight_recorder(0)),
            tracing_span,
        ),
    ]
}

pub fn lines() -> Vec<Subject> {
    let held = instance(|builder| builder.lines_of_failures(Level::DEBUG));
    let written = instance(|builder| builder.log_filter("debug").flight_recorder(0));
    vec![
        subject("obs, a line that is held", held, line),
        subject(
            "obs, a line that the filter leaves out",
            instance(|builder| builder),
            line,
        ),
        subject("obs, a line that is written, recorder off", written, line),
    ]
}
