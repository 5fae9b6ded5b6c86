//! The proof that a subject did its work.

use std::{
    fmt,
    ops::{AddAssign, Sub},
};

use crate::load::{Load, Parent};

/// What has been recorded, counted where it arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Requests in the metrics.
    pub requests: u64,
    /// Log lines that were written, or counted as dropped.
    pub lines: u64,
    /// Spans that were exported.
    pub spans: u64,
}

/// What a subject records of each request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Does {
    pub metrics: bool,
    pub lines: bool,
    pub spans: bool,
    /// What is not sampled has a span as well.
    pub spans_unsampled: bool,
}

type Count = Box<dyn Fn() -> u64>;

/// Where the work is counted.
#[derive(Default)]
pub struct Tally {
    requests: Option<Count>,
    lines: Option<Count>,
    spans: Option<Count>,
}

// === impl Work ===

impl Sub for Work {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            lines: self.lines - before.lines,
            spans: self.spans - before.spans,
        }
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.lines += more.lines;
        self.spans += more.spans;
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.requests, self.lines, self.spans)
    }
}

// === impl Does ===

impl Does {
    pub const NOTHING: Self = Self { metrics: false, lines: false, spans: false, spans_unsampled: false };
    pub const METRICS: Self = Self { metrics: true, ..Self::NOTHING };
    pub const LINES: Self = Self { lines: true, ..Self::NOTHING };
    pub const SPANS: Self = Self { spans: true, ..Self::NOTHING };
    pub const METRICS_AND_LINES: Self = Self { metrics: true, ..Self::LINES };
    pub const METRICS_AND_SPANS: Self = Self { metrics: true, ..Self::SPANS };
    pub const ALL: Self = Self { metrics: true, lines: true, ..Self::SPANS };

    /// What `requests` of a load must leave behind.
    pub fn work(self, load: Load, requests: usize) -> Work {
        let count = |does: bool| if does { requests as u64 } else { 0 };
        let sampled = load.parent() != Parent::Unsampled;
        Work {
            requests: count(self.metrics),
            lines: count(self.lines),
            spans: count(if sampled { self.spans } else { self.spans_unsampled }),
        }
    }
}

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let does = [(self.metrics, "metrics"), (self.lines, "line"), (self.spans, "span")];
        let done: Vec<_> = does.into_iter().filter(|signal| signal.0).map(|signal| signal.1).collect();
        f.write_str(if done.is_empty() { "–".to_owned() } else { done.join(", ") }.as_str())
    }
}

// === impl Tally ===

impl Tally {
    pub fn requests(mut self, count: impl Fn() -> u64 + 'static) -> Self {
        self.requests = Some(Box::new(count));
        self
    }

    pub fn lines(mut self, count: impl Fn() -> u64 + 'static) -> Self {
        self.lines = Some(Box::new(count));
        self
    }

    pub fn spans(mut self, count: impl Fn() -> u64 + 'static) -> Self {
        self.spans = Some(Box::new(count));
        self
    }

    /// What has been recorded so far.
    pub fn work(&self) -> Work {
        Work { requests: count(&self.requests), lines: self.count_lines(), spans: self.count_spans() }
    }

    pub fn count_lines(&self) -> u64 {
        count(&self.lines)
    }

    pub fn count_spans(&self) -> u64 {
        count(&self.spans)
    }
}

fn count(source: &Option<Count>) -> u64 {
    source.as_ref().map_or(0, |count| count())
}
