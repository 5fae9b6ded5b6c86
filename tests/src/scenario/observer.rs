//! Comparing what the signals show after requests with what they showed before.

use std::{collections::BTreeSet, fmt, sync::Arc};

use obs_core::names::metric;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;

use super::{
    Expected,
    check::{check_line, check_metrics, check_span, find_span, id, in_flight, is_line_of},
};
use crate::{
    logs::{LogBuffer, LogLine},
    page::Page,
    spans::SpanBuffer,
    wait::{DEADLINE, eventually_ok},
};

/// Watches the signals of one service.
#[must_use]
pub struct Observer {
    render: Arc<dyn Fn() -> String + Send + Sync>,
    namespace: String,
    logs: Option<LogBuffer>,
    spans: Option<SpanBuffer>,
    expected: usize,
    start: Mark,
}

/// What the signals showed at one moment.
#[derive(Clone, Debug)]
pub struct Mark {
    page: Page,
    lines: usize,
    spans: usize,
}

// === impl Observer ===

impl Observer {
    /// Watches the page that `render` gives, in either text format.
    pub fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        let namespace = metric::DEFAULT_NAMESPACE.to_owned();
        let start = Mark { page: parse(&render()), lines: 0, spans: 0 };
        Self { render: Arc::new(render), namespace, logs: None, spans: None, expected: 0, start }
    }

    /// Watches log lines too: each request must leave one.
    pub fn logs(mut self, logs: &LogBuffer) -> Self {
        self.logs = Some(logs.clone());
        self.start.lines = logs.request_lines().len();
        self
    }

    /// Watches spans too: each request must leave one server span.
    pub fn spans(mut self, spans: &SpanBuffer) -> Self {
        self.spans = Some(spans.clone());
        self.start.spans = server_spans(spans).len();
        self
    }

    /// The namespace of the metrics. Defaults to `http`.
    pub fn namespace(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    /// The page as it is now.
    #[must_use]
    #[track_caller]
    pub fn page(&self) -> Page {
        parse(&(self.render)())
    }

    /// The state before the requests of a row.
    #[must_use]
    #[track_caller]
    pub fn mark(&self) -> Mark {
        Mark {
            page: self.page(),
            lines: self.request_lines().len(),
            spans: self.spans.as_ref().map_or(0, |spans| server_spans(spans).len()),
        }
    }

    /// Waits until all signals have as much as `expected` says, then panics when any of it is different,
    /// or when there is more. Returns the page after the requests.
    #[track_caller]
    pub fn check(&mut self, before: &Mark, expected: &[Expected]) -> Page {
        let count = expected.iter().map(|row| row.times).sum();
        self.expected += count;
        let after = self.wait_for(before, count);
        check_metrics(&before.page, &after, &self.namespace, expected);
        let lines: Vec<_> = self.request_lines().split_off(before.lines);
        let spans = self.spans.as_ref().map(|spans| server_spans(spans).split_off(before.spans));
        if self.logs.is_some() {
            assert_eq!(lines.len(), count, "request lines: {lines:#?}");
            check_lines(&lines, expected, spans.as_deref());
        }
        if let Some(spans) = spans {
            assert_eq!(spans.len(), count, "server spans: {spans:#?}");
            check_spans(&spans, expected);
        }
        after
    }

    /// Panics when the signals have more requests than all checks together: something was recorded late and twice.
    #[track_caller]
    pub fn finish(self) {
        let total = self.page().delta(&self.start.page, &metric::REQUESTS.name(&self.namespace), &[]);
        assert_eq!(total.to_string(), self.expected.to_string(), "requests counted");
        if self.logs.is_some() {
            assert_eq!(self.request_lines().len() - self.start.lines, self.expected, "request lines");
        }
        if let Some(spans) = &self.spans {
            assert_eq!(server_spans(spans).len() - self.start.spans, self.expected, "server spans");
        }
    }

    #[track_caller]
    fn wait_for(&self, before: &Mark, count: usize) -> Page {
        let requests = metric::REQUESTS.name(&self.namespace);
        eventually_ok(DEADLINE, || {
            let page = self.page();
            let counted = page.delta(&before.page, &requests, &[]);
            let lines = self.logs.as_ref().map_or(count, |_| self.request_lines().len() - before.lines);
            let spans = self.spans.as_ref().map_or(count, |spans| server_spans(spans).len() - before.spans);
            let under_way = in_flight(&page, &self.namespace);
            // Counts are whole numbers far below 2^53.
            if counted + 0.5 > count as f64 && lines >= count && spans >= count && under_way.is_empty() {
                return Ok(page);
            }
            Err(format!("{counted} requests counted, {lines} lines, {spans} spans of {count}; in flight {under_way:?}"))
        })
    }

    #[track_caller]
    fn request_lines(&self) -> Vec<LogLine> {
        self.logs.as_ref().map(LogBuffer::request_lines).unwrap_or_default()
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("namespace", &self.namespace)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

#[track_caller]
fn parse(page: &str) -> Page {
    Page::parse(page).unwrap_or_else(|error| panic!("{error} in the page\n{page}"))
}

fn server_spans(spans: &SpanBuffer) -> Vec<SpanData> {
    let mut spans = spans.ended();
    spans.retain(|span| span.span_kind == SpanKind::Server);
    spans
}

#[track_caller]
fn check_lines(lines: &[LogLine], expected: &[Expected], spans: Option<&[SpanData]>) {
    let ids: BTreeSet<_> = lines.iter().map(id).collect();
    assert_eq!(ids.len(), lines.len(), "span ids that come twice: {lines:#?}");
    for row in expected {
        let of_row: Vec<_> = lines.iter().filter(|line| is_line_of(line, row)).collect();
        assert_eq!(of_row.len(), row.times, "lines of {row:#?} among {lines:#?}");
        for line in of_row {
            check_line(line, row);
            if let Some(spans) = spans {
                check_span(find_span(spans, line), row);
            }
        }
    }
}

/// Without lines to lead from rows to spans, each row takes the spans that fit it.
#[track_caller]
fn check_spans(spans: &[SpanData], expected: &[Expected]) {
    for name in expected.iter().map(Expected::span_name).collect::<BTreeSet<_>>() {
        let wanted: usize = expected.iter().filter(|row| row.span_name() == name).map(|row| row.times).sum();
        let found = spans.iter().filter(|span| span.name == name).count();
        assert_eq!(found, wanted, "spans called {name:?} among {spans:#?}");
    }
    if let [row] = expected {
        for span in spans {
            check_span(span, row);
        }
    }
}
