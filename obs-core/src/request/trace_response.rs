//! What the caller is told of its trace, in headers of the answer.

use std::fmt::Write as _;

use super::{Observation, running::Running};
use crate::{headers::TraceParent, names::header};

/// The beginning of what a layer puts into `Server-Timing`.
const TIMING: &str = "traceparent;desc=";

/// Whether a layer inside has told this in a header of the answer, so that it has to go where this
/// one tells the same. The outer layer's span is the one that the caller's hangs on, as its request id
/// is the one that is echoed; a `Server-Timing` of anybody else's stays. Layers of one instance tell once,
/// whichever of them is asked to.
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
    /// The headers that tell the caller of its trace, if the layer is to send them; to be called
    /// before [`head`](Self::head). They are added to those that are there, in place of what layers
    /// inside [have told](is_trace_response).
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
