//! No log records for a collector: the build has not the features.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use metrics::Recorder;
use tracing_core::Subscriber;
use tracing_subscriber::{Layer, registry::LookupSpan};

use super::{RequestLine, RequestStart, output::Output};
use crate::{
    context::RequestContext,
    environment::Env,
    obs::{InitError, ServiceInfo},
    trace::Budget,
};

/// There is none.
#[derive(Clone, Debug)]
pub(super) struct OtlpLogs(Infallible);

/// Nothing is kept.
#[derive(Debug)]
pub(super) struct RawRequest;

// === impl OtlpLogs ===

impl OtlpLogs {
    /// Refuses what code asks for; what the environment says may be meant for others.
    pub(super) fn check((_, export): (Option<&str>, Option<bool>), _: Env<'_>) -> Result<(), InitError> {
        if export == Some(true) {
            let expected = "the feature `otlp-logs` of obs-core with `otlp-http` or `otlp-grpc`, or false";
            return Err(InitError::invalid("otlp_logs", true, expected));
        }
        Ok(())
    }

    /// Starts nothing.
    pub(super) fn start(
        _: &Arc<Output>,
        _: (&ServiceInfo, &Budget),
        code: (Option<&str>, Option<bool>),
        _: Option<usize>,
        env: Env<'_>,
        _: &dyn Recorder,
    ) -> Result<Option<Self>, InitError> {
        Self::check(code, env).map(|()| None)
    }

    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.clone()
    }

    pub(super) fn send_request(&self, _: &mut RequestStart, _: &RequestContext, _: &RequestLine<'_>) {
        match self.0 {}
    }

    pub(super) fn flush(&self, _: Duration) -> bool {
        match self.0 {}
    }

    pub(super) fn begin_shutdown(&self, _: Duration) {
        match self.0 {}
    }

    pub(super) fn shutdown(&self, _: Duration) -> bool {
        match self.0 {}
    }
}

impl<S: Subscriber> Layer<S> for OtlpLogs {}

// === impl RawRequest ===

impl RawRequest {
    pub(super) fn new(_: &str, _: Option<&[u8]>, _: Option<IpAddr>) -> Self {
        Self
    }
}
