//! Rows of lists: records, lines, what runs.

use super::{
    common::Counts,
    schema::{Scalar, Time, objects, words},
};

words! {
    /// What an entry of the flight recorder stands for.
    pub enum Kind {
        /// A request that the service answers.
        Request = "request",
        /// An outgoing request.
        Call = "call",
        /// An upgraded connection.
        Upgrade = "upgrade",
        /// A job, or a message from a queue.
        Job = "job",
    }

    /// The level of a line.
    pub enum Level {
        /// The finest.
        Trace = "TRACE",
        /// For debugging.
        Debug = "DEBUG",
        /// What is worth knowing.
        Info = "INFO",
        /// Something may be wrong.
        Warn = "WARN",
        /// Something has failed.
        Error = "ERROR",
    }

    /// How far something that runs has come.
    pub enum Phase {
        /// It waits for its handler, or for the response; a job that runs.
        Waiting = "waiting",
        /// The head of the response is there, its body is not.
        Body = "body",
        /// A stream without an end of its own.
        Streaming = "streaming",
    }
}

objects! {
    /// A request, call, upgrade or job that is running.
    pub struct Running {
        /// What it is.
        pub kind: Kind,
        /// The id of the request or job.
        pub request_id: String,
        /// Its trace.
        pub trace_id: String,
        /// Its span.
        pub span_id: String,
        /// The parent of its span.
        pub parent_id: Option<String>,
        /// Whether its span is exported.
        pub sampled: bool,
        /// The method; empty for jobs.
        pub method: String,
        /// The template of the route, or the target of a call; empty for jobs.
        pub endpoint: String,
        /// The path as it was requested.
        pub path: String,
        /// The address of the client.
        pub client: Option<String>,
        /// When it began.
        pub started: Time,
        /// The seconds for which it has been running.
        pub age: f64,
        /// The 99th percentile of its endpoint over the last 15 minutes, in seconds.
        pub p99: Option<f64>,
        /// Whether it is older than three times that and than a second, or waits and has not been polled for 30 seconds.
        pub stuck: bool,
        /// How far it has come.
        pub phase: Phase,
        /// The status of the response, once there is one.
        pub status: Option<u16>,
        /// The bytes of the request body, if known.
        pub request_bytes: Option<u64>,
        /// The bytes of the response body so far.
        pub response_bytes: u64,
        /// How often it was polled.
        pub polls: u32,
        /// The seconds since it was polled last.
        pub since_poll: f64,
        /// The names of the child spans that are open, the outermost first.
        pub open_spans: Vec<String>,
        /// The line that it has logged last.
        pub last_line: Option<Line>,
    }

    /// What is running.
    pub struct RunningList {
        /// What is stuck first, then by age.
        pub running: Vec<Running>,
        /// How many of all are stuck.
        pub stuck: u64,
        /// How many there are.
        pub total: u64,
    }

    /// A request, call, upgrade or job that has ended, without its spans and lines.
    pub struct RecordSummary {
        /// What it was.
        pub kind: Kind,
        /// The service that recorded it.
        pub service: String,
        /// The id of the request or job.
        pub request_id: String,
        /// Its trace.
        pub trace_id: String,
        /// Its span.
        pub span_id: String,
        /// The parent of its span.
        pub parent_id: Option<String>,
        /// Whether its span was exported.
        pub sampled: bool,
        /// The method; empty for jobs.
        pub method: String,
        /// The template of the route, or the target of a call; empty for jobs.
        pub endpoint: String,
        /// The path as it was requested.
        pub path: String,
        /// The address of the client.
        pub client: Option<String>,
        /// When it began.
        pub started: Time,
        /// When it ended.
        pub ended: Time,
        /// Its duration in seconds.
        pub duration: f64,
        /// The seconds to the head of the response.
        pub head: Option<f64>,
        /// How it ended: `ok`, `client_error`, `server_error`, `panic`, `cancelled`, `aborted`, `body_error`.
        pub outcome: String,
        /// The status as it was recorded.
        pub status: Option<u16>,
        /// The type of its error.
        pub error_type: Option<String>,
        /// The text of its error.
        pub error: Option<String>,
        /// The sources of the error, or the place of a panic.
        pub error_source: Option<String>,
        /// The group of its error, 16 hexadecimal digits.
        pub fingerprint: Option<String>,
        /// The bytes of the request body, if known.
        pub request_bytes: Option<u64>,
        /// The bytes of the response body.
        pub response_bytes: u64,
        /// How often it was polled.
        pub polls: u32,
        /// The number of its child spans that are kept.
        pub spans: usize,
        /// The number of its lines that are kept.
        pub lines: usize,
        /// The number of child spans that were left out.
        pub left_out_spans: u32,
        /// The number of lines that were left out.
        pub left_out_lines: u32,
    }

    /// A log line.
    pub struct Line {
        /// Its number in the feed of lines; `null` for a line that a record has.
        pub seq: Option<u64>,
        /// When it was logged.
        pub at: Time,
        /// Its level.
        pub level: Level,
        /// The service that logged it.
        pub service: String,
        /// Its target.
        pub target: String,
        /// Its message.
        pub message: String,
        /// Its fields in order.
        pub fields: Vec<Field>,
        /// The request that it belongs to.
        pub request_id: Option<String>,
        /// Its trace.
        pub trace_id: Option<String>,
        /// Its span.
        pub span_id: Option<String>,
        /// Whether it was below the filter and kept because its request has failed.
        pub held: bool,
        /// The line as it was written.
        pub text: String,
    }

    /// A field of a line, or an attribute.
    pub struct Field {
        /// Its name.
        pub key: String,
        /// Its value.
        pub value: Scalar,
    }

    /// Errors of one kind.
    pub struct ErrorRow {
        /// What they have in common, 16 hexadecimal digits.
        pub fingerprint: String,
        /// What failed.
        pub kind: Kind,
        /// The method of the example.
        pub method: String,
        /// The endpoint.
        pub endpoint: String,
        /// The type of the error.
        pub error_type: String,
        /// The text of the example.
        pub error: Option<String>,
        /// The sources of the error of the example, or the place of a panic.
        pub error_source: Option<String>,
        /// How many there were since the first.
        pub count: u64,
        /// When the first one ended.
        pub first: Time,
        /// When the newest one ended.
        pub last: Time,
        /// How many there were over the window, as far as their records are kept.
        pub trend: Counts,
        /// The newest one.
        pub example: RecordSummary,
        /// Its newest records, where one group is asked for; empty in the list of all.
        pub recent: Vec<RecordSummary>,
    }
}
