//! Which records are read.

use std::time::{Duration, SystemTime};

use obs_base::ids::TraceId;
use obs_conventions::Outcome;

use super::{
    record::{Kind, Record},
    span::nanoseconds,
    stored::Summary,
};
use crate::clock;

/// The number of records that are read, unless the filter says otherwise.
const DEFAULT_LIMIT: usize = 100;

/// A filter of records: each condition that is set must hold.
///
/// ```
/// use std::time::Duration;
/// use obs_core::recorder::Filter;
///
/// let slow_failures = Filter::new().errors().slower_than(Duration::from_millis(250)).limit(20);
/// # let obs = obs_core::Obs::builder("test").log_writer(std::io::sink()).build()?;
/// assert!(obs.recorder().recent(&slow_failures).is_empty()); // nothing has happened yet
/// # Ok::<(), obs_core::InitError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Filter {
    kind: Option<Kind>,
    endpoint: Option<String>,
    outcome: Option<Outcome>,
    is_error: bool,
    statuses: Option<(u16, u16)>,
    slower_than: Option<Duration>,
    text: Option<String>,
    request_id: Option<String>,
    trace_id: Option<TraceId>,
    since: Option<SystemTime>,
    until: Option<SystemTime>,
    limit: usize,
}

// === impl Filter ===

impl Filter {
    /// A filter that lets everything through, up to the newest 100 records.
    pub fn new() -> Self {
        Self {
            kind: None,
            endpoint: None,
            outcome: None,
            is_error: false,
            statuses: None,
            slower_than: None,
            text: None,
            request_id: None,
            trace_id: None,
            since: None,
            until: None,
            limit: DEFAULT_LIMIT,
        }
    }

    /// Records of one kind: requests, calls, upgrades or jobs. Defaults to all.
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Records with this endpoint: the template of a route as it is recorded, or the target of a call, else its host. Defaults to
    /// all.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Records with this outcome. Defaults to all.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Records that are errors of the service: `server_error`, `panic` and `body_error`; for calls also
    /// `client_error`. Defaults to all records.
    pub fn errors(mut self) -> Self {
        self.is_error = true;
        self
    }

    /// Records with a status from `first` to `last`, both included. Defaults to all.
    pub fn status(mut self, first: u16, last: u16) -> Self {
        self.statuses = Some((first, last));
        self
    }

    /// Records that have taken longer than this. Defaults to all.
    pub fn slower_than(mut self, duration: Duration) -> Self {
        self.slower_than = Some(duration);
        self
    }

    /// Records that have this text in their path, request id, error, lines or the names of their spans, whatever the case
    /// of ASCII letters. Defaults to all.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Records with this request id: the request itself, and the calls that it has made. Defaults to all.
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Records of this trace. Defaults to all.
    pub fn trace_id(mut self, trace_id: TraceId) -> Self {
        self.trace_id = Some(trace_id);
        self
    }

    /// Records that have ended at this time or later. Defaults to all.
    pub fn since(mut self, since: SystemTime) -> Self {
        self.since = Some(since);
        self
    }

    /// Records that have ended before this time. Defaults to all.
    pub fn until(mut self, until: SystemTime) -> Self {
        self.until = Some(until);
        self
    }

    /// The most records that are read, the newest. Defaults to 100.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    pub(super) fn max(&self) -> usize {
        self.limit
    }

    /// Whether a record may pass, as far as its summary tells.
    pub(super) fn may_pass(&self, summary: &Summary) -> bool {
        let is_call = summary.kind == Kind::Call;
        let is_error = || summary.outcome.is_error() || (is_call && summary.outcome == Outcome::ClientError);
        let ended = |time: SystemTime| nanoseconds(clock::since_epoch(time));
        self.kind.is_none_or(|kind| kind == summary.kind)
            && self.outcome.is_none_or(|outcome| outcome == summary.outcome)
            && (!self.is_error || is_error())
            && self
                .statuses
                .is_none_or(|(first, last)| (first..=last).contains(&summary.status))
            && self
                .slower_than
                .is_none_or(|duration| summary.duration > nanoseconds(duration))
            && self.trace_id.is_none_or(|trace_id| trace_id.get() == summary.trace_id)
            && self.since.is_none_or(|since| summary.ended() >= ended(since))
            && self.until.is_none_or(|until| summary.ended() < ended(until))
    }

    /// Whether a record passes that [may pass](Self::may_pass).
    pub(super) fn passes(&self, record: &Record) -> bool {
        self.endpoint
            .as_ref()
            .is_none_or(|endpoint| *endpoint == record.endpoint)
            && self
                .request_id
                .as_ref()
                .is_none_or(|request_id| *request_id == record.request_id)
            && self.text.as_ref().is_none_or(|text| has_text(record, text))
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::new()
    }
}

fn has_text(record: &Record, text: &str) -> bool {
    let texts = [&record.path, &record.request_id, &record.error, &record.error_source];
    let lines = record.lines.iter().map(|line| &line.text);
    let spans = record.spans.iter().map(|span| &span.name);
    texts
        .into_iter()
        .chain(lines)
        .chain(spans)
        .any(|found| contains(found, text))
}

fn contains(found: &str, text: &str) -> bool {
    let text = text.as_bytes();
    text.is_empty()
        || found
            .as_bytes()
            .windows(text.len())
            .any(|window| window.eq_ignore_ascii_case(text))
}
