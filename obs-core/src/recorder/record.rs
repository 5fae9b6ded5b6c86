//! What the recorder is read as.

use std::{
    fmt,
    net::IpAddr,
    time::{Duration, SystemTime},
};

use obs_base::ids::{SpanId, TraceId};
use obs_conventions::Outcome;

use super::{line::Line, span::SpanRecord};

/// What an entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A request that the service answers.
    Request,
    /// An attempt of an outgoing request.
    Call,
    /// A connection that a handler serves after its response, see [`StreamGuard`](crate::StreamGuard).
    Upgrade,
    /// Work that no request has started: a job, or a message from a queue.
    Job,
}

/// How far something that runs has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Waiting for the handler, or for the response of a call; a job that runs.
    Waiting,
    /// The head of the response was sent or received, its body was not.
    Body,
    /// A stream without an end of its own, or an upgraded connection.
    Streaming,
}

/// A request, call, upgrade or job that is running.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Running {
    /// What it is.
    pub kind: Kind,
    /// The id of the request or job; that of its own request for a call.
    pub request_id: String,
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// Its own span, recorded or not.
    pub span_id: SpanId,
    /// The span that it is a child of, as far as this process knows.
    pub parent_id: Option<SpanId>,
    /// Whether the sampler has decided to export its span.
    pub is_sampled: bool,
    /// The method, from the closed set; empty for jobs.
    pub method: &'static str,
    /// The template of the route, or `unmatched`; the target of a call, else its host; empty for jobs.
    pub endpoint: String,
    /// The path as it was requested; host and path of a call. At most 512 bytes.
    pub path: String,
    /// The address of the client.
    pub client: Option<IpAddr>,
    /// When it began, by the wall clock.
    pub started: SystemTime,
    /// How long it has been running, by the monotonic clock.
    pub age: Duration,
    /// How far it has come.
    pub phase: Phase,
    /// The status of the response, once there is one.
    pub status: Option<u16>,
    /// Bytes of the request body that were read until the last poll, or its size if that was announced; `None` if nobody
    /// counts them.
    pub request_bytes: Option<u64>,
    /// Bytes of the response body so far.
    pub response_bytes: u64,
    /// How often its future was polled.
    pub polls: u32,
    /// How long ago it was polled last.
    pub since_poll: Duration,
    /// The names of the child spans that are open, the outermost first.
    pub open_spans: Vec<String>,
    /// The line that it has logged last.
    pub last_line: Option<Line>,
}

/// A request, call, upgrade or job that has ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// What it was.
    pub kind: Kind,
    /// The id of the request or job; that of its own request for a call.
    pub request_id: String,
    /// The trace that it belongs to.
    pub trace_id: TraceId,
    /// Its own span, recorded or not.
    pub span_id: SpanId,
    /// The span that it is a child of, as far as this process knows.
    pub parent_id: Option<SpanId>,
    /// Whether the sampler has decided to export its span.
    pub is_sampled: bool,
    /// The method, from the closed set; empty for jobs.
    pub method: String,
    /// The template of the route, or `unmatched`; the target of a call, else its host; empty for jobs. At most 256 bytes.
    pub endpoint: String,
    /// The path as it was requested; host and path of a call. At most 512 bytes.
    pub path: String,
    /// The address of the client.
    pub client: Option<IpAddr>,
    /// When it began, by the wall clock.
    pub started: SystemTime,
    /// From its begin to its end, by the monotonic clock.
    pub duration: Duration,
    /// From its begin to the head of the response, if that was measured.
    pub head: Option<Duration>,
    /// How it ended.
    pub outcome: Outcome,
    /// The status as it is recorded: 499 for a request cancelled before its head, 500 for a panic before it; 0 for jobs
    /// and for calls without a response.
    pub status: u16,
    /// The type of the error; empty without one.
    pub error_type: String,
    /// The text of the error; empty if there is none or it is not known. At most 2 KiB.
    pub error: String,
    /// The sources of the error, or the place of a panic; empty if not known. At most 2 KiB.
    pub error_source: String,
    /// Errors with the same endpoint, type and reason have the same fingerprint; 0 for those that are no error.
    pub fingerprint: u64,
    /// Bytes of the request body, if known.
    pub request_bytes: Option<u64>,
    /// Bytes of the response body.
    pub response_bytes: u64,
    /// How often its future was polled.
    pub polls: u32,
    /// Its child spans in the order of their ends, at most 64.
    pub spans: Vec<SpanRecord>,
    /// Its log lines in order, at most 64: the newest.
    pub lines: Vec<Line>,
    /// How many child spans were left out.
    pub left_out_spans: u32,
    /// How many lines were left out.
    pub left_out_lines: u32,
}

/// Errors of one kind: those with the same fingerprint.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErrorGroup {
    /// What they have in common, see [`Record::fingerprint`].
    pub fingerprint: u64,
    /// How many have been recorded since the group was first seen.
    pub count: u64,
    /// When the first of them ended.
    pub first: SystemTime,
    /// When the newest of them ended.
    pub last: SystemTime,
    /// The newest of them.
    pub example: Record,
}

// === impl Kind ===

impl Kind {
    const ALL: [Self; 4] = [Self::Request, Self::Call, Self::Upgrade, Self::Job];

    /// `request`, `call`, `upgrade` or `job`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Call => "call",
            Self::Upgrade => "upgrade",
            Self::Job => "job",
        }
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Self::Request => 0,
            Self::Call => 1,
            Self::Upgrade => 2,
            Self::Job => 3,
        }
    }

    pub(super) fn of_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Request)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Phase ===

impl Phase {
    /// `waiting`, `body` or `streaming`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Body => "body",
            Self::Streaming => "streaming",
        }
    }

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Waiting => 1,
            Self::Body => 2,
            Self::Streaming => 3,
        }
    }

    pub(super) fn of_number(number: u8) -> Option<Self> {
        [Self::Waiting, Self::Body, Self::Streaming]
            .into_iter()
            .find(|phase| phase.number() == number)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Record ===

impl Record {
    /// When it ended, by the wall clock.
    #[must_use]
    pub fn ended(&self) -> SystemTime {
        self.started + self.duration
    }
}
