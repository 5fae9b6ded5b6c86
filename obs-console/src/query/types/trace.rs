//! A trace.

use super::{
    rows::{Field, Line, RecordSummary, Running},
    schema::{Time, objects, words},
};

words! {
    /// The status of a span.
    pub enum SpanStatus {
        /// Nothing was said.
        Unset = "unset",
        /// The work has succeeded.
        Ok = "ok",
        /// The work has failed.
        Error = "error",
    }
}

objects! {
    /// A trace, as far as it is known here.
    pub struct Trace {
        /// Its id.
        pub trace_id: String,
        /// When its first span began.
        pub started: Time,
        /// The seconds from there to the end of its last span.
        pub duration: f64,
        /// The services that reported spans of it.
        pub services: Vec<String>,
        /// Its requests, calls, upgrades and jobs in this process that have ended, by their begin.
        pub records: Vec<RecordSummary>,
        /// Its spans, each after its parent, siblings by their begin.
        pub spans: Vec<Span>,
        /// Its lines in order.
        pub lines: Vec<Line>,
        /// The ids of the spans that determine its duration, by their begin.
        pub critical_path: Vec<String>,
        /// The seconds of its root span in which none of its children ran.
        pub unaccounted: f64,
        /// What is still running of it.
        pub open: Vec<Running>,
    }

    /// A span.
    pub struct Span {
        /// The service that it belongs to.
        pub service: String,
        /// Its id.
        pub span_id: String,
        /// Its parent, which may be unknown here.
        pub parent_id: Option<String>,
        /// Its name.
        pub name: String,
        /// `internal`, `client`, `server`, `producer` or `consumer`.
        pub kind: String,
        /// When it began.
        pub started: Time,
        /// The seconds from the begin of the trace to its begin.
        pub offset: f64,
        /// Its duration in seconds; so far, if it is running.
        pub duration: f64,
        /// The seconds in which none of its children ran.
        pub self_time: f64,
        /// Its status.
        pub status: SpanStatus,
        /// How the request or call ended; `null` for other spans.
        pub outcome: Option<String>,
        /// The text of its error.
        pub error: Option<String>,
        /// Its attributes.
        pub attributes: Vec<Field>,
        /// How many attributes were left out.
        pub left_out_attributes: u32,
        /// Its events.
        pub events: Vec<SpanEvent>,
        /// Whether it is that of a record.
        pub is_record: bool,
        /// Whether it is running.
        pub is_running: bool,
    }

    /// An event of a span.
    pub struct SpanEvent {
        /// When it happened.
        pub at: Time,
        /// Its name.
        pub name: String,
        /// Its attributes.
        pub attributes: Vec<Field>,
    }
}
