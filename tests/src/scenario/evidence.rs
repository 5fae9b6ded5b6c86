//! What all signals have shown.

use std::fmt;

use obs_core::{recorder::Record, request::Outcome};

use super::{Seen, SeenSpan};
use crate::{logs::LogLine, page::Page};

/// What there is to see once a row was played.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The page before.
    pub before: Page,
    /// The page after.
    pub after: Page,
    /// The page after, as text.
    pub page: String,
    /// All log lines.
    pub lines: Vec<LogLine>,
    /// All spans.
    pub spans: Vec<SeenSpan>,
    /// The records of requests in the flight recorder.
    pub records: Vec<Record>,
    /// How many upgraded connections it has records of.
    pub upgrades: usize,
    /// How many requests it takes for running.
    pub running: usize,
    /// The calls of `on_finish`: outcome, status, endpoint.
    pub finished: Vec<(Outcome, u16, String)>,
    /// What the client saw.
    pub seen: Seen,
    /// Whether all connections ended when the server was stopped.
    pub has_stopped: bool,
}

// === impl Evidence ===

impl Evidence {
    /// The canonical lines.
    pub fn request_lines(&self) -> impl Iterator<Item = &LogLine> {
        self.lines.iter().filter(|line| line.is_request_line())
    }

    /// The server spans.
    pub fn server_spans(&self) -> impl Iterator<Item = &SeenSpan> {
        self.spans.iter().filter(|span| span.is_server)
    }

    /// What has changed on the page, without buckets, created stamps, the state of the process
    /// and obs's own health.
    #[must_use]
    pub fn changes(&self) -> Vec<(String, f64)> {
        let of_red = |series: &str| {
            let name = series.split('{').next().unwrap_or_default();
            let is_elsewhere = ["obs_", "process_", "tokio_"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            !name.ends_with("_bucket") && !name.ends_with("_created") && !is_elsewhere
        };
        self.after
            .changes(&self.before)
            .into_iter()
            .filter(|(series, _)| of_red(series))
            .collect()
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  the client saw:\n    {:?}", self.seen)?;
        writeln!(f, "  the page changed:")?;
        for (series, change) in self.changes() {
            writeln!(f, "    {series} {change:+}")?;
        }
        writeln!(f, "  lines:")?;
        for line in &self.lines {
            writeln!(f, "    {}", line.raw())?;
        }
        writeln!(f, "  spans:")?;
        for span in &self.spans {
            writeln!(f, "    {span}")?;
        }
        writeln!(f, "  records:")?;
        for record in &self.records {
            writeln!(f, "    {record:?}")?;
        }
        write!(f, "  on_finish was told: {:?}", self.finished)
    }
}
