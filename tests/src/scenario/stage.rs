//! One instance of obs whose signals can be looked at.

use std::{
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use obs_core::{
    Obs, ObsBuilder,
    logs::LogFormat,
    names::{log, metric},
    request::{Finished, Outcome},
};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{Adapter, HANGING, Plan, Route, SeenSpan, Serving, Settings};
use crate::{
    logs::{LogBuffer, LogLine},
    otlp::Receiver,
    page::Page,
    spans::SpanBuffer,
    wait::DEADLINE,
    watched::Watched,
};

/// The service of every row.
pub(super) const SERVICE: &str = "scenario";
/// Its version.
pub(super) const VERSION: &str = "1.2.3";
/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(1);

/// An instance of obs with a view on its lines, spans and page.
pub struct Stage {
    obs: Obs,
    logs: LogBuffer,
    spans: Spans,
    finished: Watched<(Outcome, u16, String)>,
    /// None where the instance is the process-wide default.
    subscriber: Option<Dispatch>,
}

/// Where spans can be seen.
#[derive(Debug)]
enum Spans {
    Memory(SpanBuffer),
    Otlp(Receiver),
}

// === impl Stage ===

impl Stage {
    /// A new instance whose spans go to a provider of the test's own; nothing is installed.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::in_memory_with(|builder| builder)
    }

    /// [`in_memory`](Self::in_memory) with more settings.
    #[must_use]
    pub fn in_memory_with(change: impl FnOnce(ObsBuilder) -> ObsBuilder) -> Self {
        let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
        let obs = change(builder(&logs).tracer_provider(spans.provider()))
            .build()
            .expect("valid settings");
        Self::of(obs, logs, Spans::Memory(spans))
    }

    /// A new instance with obs's own provider and exporter, and a receiver at their end.
    #[must_use]
    pub fn over_otlp() -> Self {
        let (logs, receiver) = (LogBuffer::new(), Receiver::start());
        let obs = builder(&logs)
            .otlp_endpoint(receiver.endpoint())
            .build()
            .expect("valid settings");
        Self::of(obs, logs, Spans::Otlp(receiver))
    }

    /// Makes an instance the process-wide default, with `init`; once per program.
    #[must_use]
    pub fn installed() -> Self {
        let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
        let obs = builder(&logs)
            .tracer_provider(spans.provider())
            .init()
            .expect("nothing was installed before");
        Self {
            subscriber: None,
            ..Self::of(obs, logs, Spans::Memory(spans))
        }
    }

    fn of(obs: Obs, logs: LogBuffer, spans: Spans) -> Self {
        let subscriber = Dispatch::new(tracing_subscriber::registry().with(obs.subscriber_layer()));
        Self {
            obs,
            logs,
            spans,
            finished: Watched::default(),
            subscriber: Some(subscriber),
        }
    }

    /// The instance.
    #[must_use]
    pub fn obs(&self) -> &Obs {
        &self.obs
    }

    /// Its log target.
    #[must_use]
    pub fn logs(&self) -> &LogBuffer {
        &self.logs
    }

    /// Whether it is the process-wide default, with its panic hook.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.subscriber.is_none()
    }

    /// Serves `routes` with `adapter`, recorded here.
    #[must_use]
    pub fn serve(&self, adapter: &dyn Adapter, routes: &[Route], settings: &Settings) -> Box<dyn Serving> {
        let finished = self.finished.clone();
        adapter.start(&Plan {
            obs: (!self.is_installed()).then_some(&self.obs),
            routes,
            settings,
            subscriber: self.subscriber.clone(),
            on_finish: Arc::new(move |request: &Finished<'_>| {
                finished.push((request.outcome, request.status, request.endpoint.to_owned()));
            }),
        })
    }

    /// The page as text.
    #[must_use]
    pub fn page_text(&self) -> String {
        crate::page::text_of(self.obs.registry())
    }

    /// The page.
    #[must_use]
    #[track_caller]
    pub fn page(&self) -> Page {
        Page::of(self.obs.registry())
    }

    /// The lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<LogLine> {
        self.logs.json_lines()
    }

    /// The spans so far.
    #[must_use]
    pub fn spans(&self) -> Vec<SeenSpan> {
        match &self.spans {
            Spans::Memory(buffer) => buffer.ended().iter().map(SeenSpan::from).collect(),
            Spans::Otlp(receiver) => receiver.spans().iter().map(SeenSpan::from).collect(),
        }
    }

    /// The calls of `on_finish` so far.
    #[must_use]
    pub fn finished(&self) -> Vec<(Outcome, u16, String)> {
        self.finished.snapshot()
    }

    /// Waits until `requests` have ended; `false` if they don't.
    #[must_use]
    pub fn wait_finished(&self, requests: usize) -> bool {
        reaches(|| self.finished.lock().len() >= requests)
    }

    /// Waits until the server works on `requests`.
    #[track_caller]
    pub fn wait_in_flight(&self, requests: f64, settings: &Settings) {
        let gauge = metric::IN_FLIGHT.name(settings.namespace);
        assert!(
            reaches(|| self.page().sum(&gauge, &[]) >= requests),
            "{requests} requests never arrived"
        );
    }

    /// Waits until a handler has begun that never answers.
    #[track_caller]
    pub fn wait_hanging(&self) {
        self.logs.wait_for(DEADLINE, |lines| {
            lines.iter().any(|line| line.str(log::MESSAGE) == HANGING)
        });
    }

    /// Waits until the page holds `condition`; `false` if it doesn't.
    #[must_use]
    pub fn wait_page(&self, mut condition: impl FnMut(&Page) -> bool) -> bool {
        reaches(|| condition(&self.page()))
    }

    /// Brings all lines and spans of requests that have ended to where they can be seen; of the
    /// process-wide default, which goes on, this many canonical lines.
    pub fn flush(&self, lines: usize) {
        if self.is_installed() {
            let written = || {
                self.logs
                    .json_lines()
                    .into_iter()
                    .filter(LogLine::is_request_line)
                    .count()
            };
            reaches(|| written() >= lines);
        } else {
            self.obs.shutdown(DEADLINE).expect("all is flushed");
        }
    }

    /// Removes lines, spans and calls of `on_finish`; the page is kept.
    pub fn clear(&self) {
        self.logs.clear();
        self.finished.clear();
        match &self.spans {
            Spans::Memory(buffer) => buffer.clear(),
            Spans::Otlp(receiver) => receiver.clear(),
        }
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("obs", &self.obs)
            .field("spans", &self.spans)
            .finish_non_exhaustive()
    }
}

fn builder(logs: &LogBuffer) -> ObsBuilder {
    Obs::builder(SERVICE)
        .version(VERSION)
        .log_format(LogFormat::Json)
        .log_filter("info")
        .log_writer(logs.clone())
}

/// Whether `condition` comes to hold before the deadline.
fn reaches(mut condition: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() > DEADLINE {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
}
