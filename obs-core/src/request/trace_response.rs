//! The trace context in the headers of a response: `traceresponse` and `Server-Timing`.

use std::fmt::Write as _;

use super::{Observation, running::Running};
use crate::{headers::TraceParent, names::header};

/// The start of the entry that a layer adds to `Server-Timing`.
const TIMING: &str = "traceparent;desc=";

/// Whether a response header comes from an inner layer of obs. An outer layer that sends these headers replaces such
/// a header by its own, since its span is the child of the caller's, and its request id is echoed. A `Server-Timing`
/// header of the application is kept. Nested layers of one instance send the headers once, if any of them is set up
/// to do so.
///
/// ```
/// use obs_core::adapter::is_trace_response;
///
/// assert!(is_trace_response("server-timing", b"traceparent;desc=\"00-1-2-01\""));
/// assert!(!is_trace_response("server-timing", b"db;dur=53"));
/// ```
#[must_use]
pub fn is_trace_response(name: &str, value: &[u8]) -> bool {
    match name {
        header::TRACERESPONSE => true,
        header::SERVER_TIMING => value.starts_with(TIMING.as_bytes()),
        _ => false,
    }
}

// === impl Observation ===

impl Observation {
    /// Calls `add` with the trace context headers of the response, if the layer is set up to send them. Call this
    /// before [`head`](Self::head). They replace the headers of [inner layers](is_trace_response), and are added to
    /// all others.
    #[inline]
    pub fn response_headers(&self, add: &mut dyn FnMut(&'static str, &str)) {
        if let Some(running) = self.running()
            && running.any_layer(|layer| layer.options.trace_response || layer.options.server_timing)
        {
            running.response_headers(add);
        }
    }
}

// === impl Running ===

impl Running {
    fn response_headers(&self, add: &mut dyn FnMut(&'static str, &str)) {
        let Some(context) = &self.context else { return };
        let trace_response = self.any_layer(|layer| layer.options.trace_response);
        let server_timing = self.any_layer(|layer| layer.options.server_timing);
        let (trace_id, span_id, flags) = (context.trace_id(), context.span_id(), context.trace_flags());
        let parent = TraceParent {
            trace_id,
            span_id,
            flags,
        }
        .to_bytes();
        let text = std::str::from_utf8(&parent).unwrap_or_default();
        if trace_response {
            add(header::TRACERESPONSE, text);
        }
        if server_timing {
            let mut timing = String::with_capacity(96);
            let millis = self.started.elapsed().as_secs_f64() * 1_000.0;
            let _ = write!(timing, "{TIMING}\"{text}\", head;dur={millis:.3}");
            add(header::SERVER_TIMING, &timing);
        }
    }
}
