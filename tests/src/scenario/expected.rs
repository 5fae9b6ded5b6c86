//! What a request must leave behind.

use std::time::Duration;

use obs_core::{
    names::{error_type, value},
    request::Outcome,
};

/// One kind of request and how it must be seen. What follows from the outcome by the design (error or
/// not, error type, whether a status was sent) is set; rows that differ say so.
#[derive(Clone, Debug)]
#[must_use]
pub struct Expected {
    pub(super) method: String,
    pub(super) metric_method: String,
    pub(super) span_method: String,
    pub(super) endpoint: String,
    pub(super) status: u16,
    pub(super) outcome: Outcome,
    pub(super) error_type: Option<String>,
    pub(super) sent_status: Option<u16>,
    pub(super) level: &'static str,
    pub(super) stream: bool,
    pub(super) at_least: Duration,
    pub(super) at_most: Option<Duration>,
    pub(super) request_bytes: Option<u64>,
    pub(super) response_bytes: Option<u64>,
    pub(super) times: usize,
}

/// RFC 9110 and PATCH: what labels may show.
const KNOWN_METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

// === impl Expected ===

impl Expected {
    /// A request sent with `method` that the router matched as `endpoint` (`unmatched` for none) and that
    /// ended as `outcome`; `status` is the label's: 499 for a cancelled request, 500 for a panic before the head.
    pub fn new(method: &str, endpoint: &str, status: u16, outcome: Outcome) -> Self {
        let label_method = if KNOWN_METHODS.contains(&method) { method } else { value::OTHER };
        let error_type = match outcome {
            Outcome::ServerError => Some(status.to_string()),
            Outcome::Panic => Some(error_type::PANIC.to_owned()),
            Outcome::BodyError => Some(error_type::BODY_ERROR.to_owned()),
            _ => None,
        };
        // A panic after the head has its status sent: the row says so by `sent_status`.
        let sent = !matches!(outcome, Outcome::Cancelled | Outcome::Panic);
        Self {
            method: method.to_owned(),
            metric_method: label_method.to_owned(),
            span_method: label_method.to_owned(),
            endpoint: endpoint.to_owned(),
            status,
            outcome,
            error_type,
            sent_status: sent.then_some(status),
            level: if outcome.is_error() { "error" } else { "info" },
            stream: false,
            at_least: Duration::ZERO,
            at_most: None,
            request_bytes: None,
            response_bytes: None,
            times: 1,
        }
    }

    /// The method label of the metrics, where a known method is not yet shown there. Defaults to the method,
    /// `_OTHER` for an unknown one.
    pub fn metric_method(mut self, label: &str) -> Self {
        label.clone_into(&mut self.metric_method);
        self
    }

    /// The error type. Defaults to the status for `server_error`, to the outcome's name for other errors.
    pub fn error_type(mut self, error_type: &str) -> Self {
        self.error_type = Some(error_type.to_owned());
        self
    }

    /// The status code on the span. Defaults to the label's, and to none for `cancelled` and `panic`.
    pub fn sent_status(mut self, status: Option<u16>) -> Self {
        self.sent_status = status;
        self
    }

    /// The log line's level. Defaults to `error` for errors, else `info`.
    pub fn level(mut self, level: &'static str) -> Self {
        self.level = level;
        self
    }

    /// A stream by nature: its lifetime is in the stream histogram too, and its duration ends at the head.
    pub fn stream(mut self) -> Self {
        self.stream = true;
        self
    }

    /// The shortest time that each signal may show. Defaults to none.
    pub fn at_least(mut self, duration: Duration) -> Self {
        self.at_least = duration;
        self
    }

    /// The longest time that the duration histogram may show. Defaults to none.
    pub fn at_most(mut self, duration: Duration) -> Self {
        self.at_most = Some(duration);
        self
    }

    /// The bytes of the request's body. Defaults to unchecked.
    pub fn request_bytes(mut self, bytes: u64) -> Self {
        self.request_bytes = Some(bytes);
        self
    }

    /// The bytes of the answer's body. Defaults to unchecked.
    pub fn response_bytes(mut self, bytes: u64) -> Self {
        self.response_bytes = Some(bytes);
        self
    }

    /// How many such requests there were. Defaults to 1.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The span's name by the semantic conventions.
    pub(super) fn span_name(&self) -> String {
        let method = if self.span_method == value::OTHER { "HTTP" } else { &self.span_method };
        match self.route() {
            Some(route) => format!("{method} {route}"),
            None => method.to_owned(),
        }
    }

    /// The route, when one matched.
    pub(super) fn route(&self) -> Option<&str> {
        (self.endpoint != value::UNMATCHED).then_some(&self.endpoint)
    }
}
