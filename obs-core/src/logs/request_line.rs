//! The canonical line: one for each request, at its end.

use std::time::Duration;

use obs_conventions::Outcome;
use tracing_core::Level;

use super::{line_template::TemplateKey, parts, request_start::RequestStart};
use crate::{
    failure::Failure,
    names::log::{
        CLIENT_ADDRESS, DURATION, DURATION_MS, ENDPOINT, ERROR, ERROR_CHAIN, ERROR_LOCATION, ERROR_TYPE, GRPC_STATUS,
        HEAD_MS, METHOD, METHOD_ORIGINAL, OUTCOME, PATH, PROTOCOL, REQUEST_BYTES, REQUEST_TARGET, RESPONSE_BYTES,
        STATUS, USER_AGENT,
    },
};

/// The result of a request, as its line has it.
#[derive(Clone, Debug)]
pub(crate) struct RequestLine<'a> {
    /// When it ended, since the Unix epoch.
    pub(crate) at: Duration,
    pub(crate) level: Level,
    /// One of a closed set, as is the protocol: neither needs escaping.
    pub(crate) method: &'static str,
    /// The method as it was sent, if it is not in the set.
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
    /// The error behind it, redacted.
    pub(crate) failure: Option<&'a Failure>,
}

/// Whether the line of a request has this key, or may have it.
pub(super) fn is_own_key(key: &str) -> bool {
    matches!(
        key,
        METHOD
            | METHOD_ORIGINAL
            | ENDPOINT
            | PATH
            | STATUS
            | GRPC_STATUS
            | OUTCOME
            | DURATION
            | DURATION_MS
            | HEAD_MS
            | REQUEST_BYTES
            | RESPONSE_BYTES
            | PROTOCOL
            | CLIENT_ADDRESS
            | USER_AGENT
            | ERROR_TYPE
            | ERROR
            | ERROR_CHAIN
            | ERROR_LOCATION
    )
}

// === impl RequestLine ===

impl RequestLine<'_> {
    /// Time, level and target of the line.
    pub(super) fn parts_head(&self) -> parts::Head<'static> {
        parts::Head {
            at: self.at,
            level: self.level,
            target: REQUEST_TARGET,
        }
    }

    /// What the template of the line is made of, in the service with this number.
    #[inline]
    pub(super) fn template_key(&self, output: u64) -> TemplateKey {
        let &Self {
            level,
            method,
            status,
            grpc_status,
            outcome,
            ..
        } = self;
        TemplateKey {
            output,
            level,
            method,
            status,
            grpc_status,
            outcome,
        }
    }

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
            ERROR => self.failure.is_some(),
            ERROR_CHAIN => self.failure.is_some_and(Failure::has_sources),
            ERROR_LOCATION => self.failure.is_some_and(|failure| failure.location().is_some()),
            _ => false,
        }
    }
}
