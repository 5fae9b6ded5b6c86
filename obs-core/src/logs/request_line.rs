//! The canonical line: one for each request, at its end.

use std::{net::IpAddr, time::Duration};

use tracing_core::Level;

use obs_conventions::Outcome;

use super::{format::Style, output::Output, request_json, request_pretty, request_start::RequestStart, scratch};
use crate::{
    context::RequestContext,
    names::log::{
        CLIENT_ADDRESS, DURATION, DURATION_MS, ENDPOINT, ERROR_TYPE, GRPC_STATUS, HEAD_MS, METHOD, METHOD_ORIGINAL,
        OUTCOME, PANIC_LOCATION, PANIC_MESSAGE, PATH, PROTOCOL, REQUEST_BYTES, RESPONSE_BYTES, STATUS, USER_AGENT,
    },
};

/// How a request went.
#[derive(Clone, Debug)]
pub(crate) struct RequestLine<'a> {
    /// When it ended, since the Unix epoch.
    pub(crate) at: Duration,
    pub(crate) level: Level,
    /// One of a closed set, as is the protocol: they need no escaping.
    pub(crate) method: &'static str,
    /// As it was sent, if it is not in the set.
    pub(crate) method_original: Option<&'a str>,
    pub(crate) endpoint: &'a str,
    pub(crate) status: u16,
    /// The name of the status of a gRPC call.
    pub(crate) grpc_status: Option<&'static str>,
    pub(crate) outcome: Outcome,
    /// From arrival to the end.
    pub(crate) duration: Duration,
    /// From arrival to the response head.
    pub(crate) head: Option<Duration>,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: Option<u64>,
    pub(crate) protocol: &'static str,
    pub(crate) error_type: Option<&'a str>,
    /// Message and place of a panic; the place is empty where it is not known.
    pub(crate) panic: Option<(&'a str, &'a str)>,
}

// === impl RequestLine ===

impl RequestLine<'_> {
    /// Whether the line itself has this key, so that context fields can't.
    pub(super) fn has_key(&self, key: &str, start: &RequestStart) -> bool {
        match key {
            METHOD | ENDPOINT | PATH | STATUS | OUTCOME | DURATION | DURATION_MS | PROTOCOL => true,
            METHOD_ORIGINAL => self.method_original.is_some(),
            GRPC_STATUS => self.grpc_status.is_some(),
            HEAD_MS => self.head.is_some(),
            REQUEST_BYTES => self.request_bytes.is_some(),
            RESPONSE_BYTES => self.response_bytes.is_some(),
            CLIENT_ADDRESS => start.has_client_address(),
            USER_AGENT => start.has_user_agent(),
            ERROR_TYPE => self.error_type.is_some(),
            PANIC_MESSAGE => self.panic.is_some(),
            PANIC_LOCATION => self.panic.is_some_and(|(_, location)| !location.is_empty()),
            _ => false,
        }
    }
}

// === impl Output ===

impl Output {
    pub(super) fn begin_request(
        &self,
        path: &str,
        user_agent: Option<&[u8]>,
        client_address: Option<IpAddr>,
    ) -> RequestStart {
        RequestStart::new(self.encoder.style, path, user_agent, client_address)
    }

    pub(super) fn write_request(&self, start: &RequestStart, context: &RequestContext, line: &RequestLine<'_>) {
        scratch::with(|scratch| {
            let text = match self.encoder.style {
                Style::Json => request_json::encode(self, scratch, start, context, line),
                Style::Pretty { color } => {
                    request_pretty::encode(&self.encoder, scratch, start, context, line, color);
                    &scratch.line
                }
            };
            self.deliver(line.level, text);
        });
    }
}
