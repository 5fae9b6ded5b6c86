//! No exporter: the build has neither of its features.

use std::{convert::Infallible, marker::PhantomData, time::Duration};

use opentelemetry_sdk::trace::SpanData;

use crate::{environment::Env, obs::InitError, trace::handle::TracingConfig};

/// There is none.
#[derive(Debug)]
pub(in crate::trace) struct Exporter<T>(Infallible, PhantomData<T>);

/// Refuses an endpoint that code asks for; one from the environment may be meant for others.
pub(in crate::trace) fn check(otlp_endpoint: Option<&str>, _: Env<'_>) -> Result<(), InitError> {
    match otlp_endpoint {
        None => Ok(()),
        Some(endpoint) => {
            let expected = "the feature `otlp-http` or `otlp-grpc` of obs-core, or no endpoint";
            Err(InitError::invalid("otlp_endpoint", endpoint, expected))
        }
    }
}

/// Starts nothing.
pub(in crate::trace) fn start(config: &TracingConfig<'_>) -> Result<Option<Exporter<SpanData>>, InitError> {
    check(config.otlp_endpoint.as_deref(), config.env).map(|()| None)
}

// === impl Exporter ===

impl<T> Exporter<T> {
    pub(in crate::trace) fn push(&self, _: T) {
        match self.0 {}
    }

    pub(in crate::trace) fn flush(&self, _: Duration) -> bool {
        match self.0 {}
    }

    pub(in crate::trace) fn shutdown(&self, _: Duration) -> bool {
        match self.0 {}
    }
}
