//! The handle to the log pipeline.

use std::{net::IpAddr, sync::Arc, time::Duration};

use metrics::Recorder;
use obs_base::{InitError, ServiceInfo};
use obs_otlp::{Budget, OtlpSettings};
use tracing_core::{Level, LevelFilter, Subscriber};
use tracing_subscriber::{Layer, registry::LookupSpan};

use super::{
    LineReader, LogFormat, LogTarget, RequestLine, RequestStart,
    constants::ConstantSettings,
    directives::Directives,
    encoder::Encoder,
    filter::FilterControl,
    format::Style,
    held::{HeldFilter, HeldLayer, HeldLine, HeldSettings},
    layer::LogLayer,
    line_feed::LineFeed,
    otlp::{OtlpLogs, RawRequest},
    output::{Counters, Output, next_layer},
    profile::ProfileSettings,
    recorded_lines::RecordedLines,
    request_json, request_pretty, request_profiled,
    sampling::LineSampler,
    scratch,
    writer::Writer,
};
use crate::{
    context::{Ownership, RequestContext},
    environment::Env,
    guard::Guarded,
    recorder::Entry,
    redact::Redactor,
};

/// The environment variable with the filter's directives.
const FILTER: &str = "RUST_LOG";
/// What code calls them.
const SETTING: &str = "log_filter";

/// What code says about logs; `None` is the environment's say, or the default.
#[derive(Debug, Default)]
pub(crate) struct LogSettings {
    pub(crate) format: Option<LogFormat>,
    /// Profile and time of lines for machines.
    pub(crate) profile: ProfileSettings,
    /// Directives as in `RUST_LOG`.
    pub(crate) filter: Option<String>,
    pub(crate) target: Option<LogTarget>,
    /// Further names of fields whose values must not be written.
    pub(crate) redact: Vec<String>,
    /// Fields that every line has.
    pub(crate) constants: ConstantSettings,
    /// Which share of the requests that went well writes a line.
    pub(crate) sample_ratio: Option<f64>,
    /// From which duration on a request writes a line in any case.
    pub(crate) slow: Option<Duration>,
    /// Whether log records are exported by OTLP.
    pub(crate) export: Option<bool>,
    /// Which lines below the filter are held, and written if their request fails.
    pub(crate) held: Option<HeldSettings>,
}

impl LogSettings {
    /// Checks the settings, and opens the target: before anything is started.
    pub(crate) fn prepare(
        &mut self,
        service: &ServiceInfo,
        otlp: &OtlpSettings,
        env: Env<'_>,
    ) -> Result<(), InitError> {
        self.directives(env)?;
        let style = self.style(false, env)?.0;
        self.constants.check(style, service, env)?;
        self.tell_useless(env);
        LineSampler::new(self.sample_ratio, self.slow)?;
        OtlpLogs::check((otlp, self.export), env)?;
        self.target = Some(self.target.take().unwrap_or_else(LogTarget::stdout).opened()?);
        Ok(())
    }

    /// The style of lines for a target that is a terminal, or not, and the project of Google Cloud.
    fn style(&self, terminal: bool, env: Env<'_>) -> Result<(Style, Option<String>), InitError> {
        let (profiled, project) = self.profile.decided(env)?;
        let format = LogFormat::decided(self.format, env);
        Ok((format.style(profiled, terminal), project))
    }

    /// What is logged, by code or the environment.
    fn directives(&self, env: Env<'_>) -> Result<Directives, InitError> {
        let directives = match (&self.filter, env.get(FILTER)) {
            (Some(directives), _) => Directives::read(SETTING, directives)?,
            (None, Some(directives)) => match Directives::of_environment(FILTER, &directives, env) {
                Err(_) if env.is_disabled() => {
                    env.ignore(FILTER, &directives, "directives such as info");
                    Directives::default()
                }
                read => read?,
            },
            (None, None) => Directives::default(),
        };
        directives
            .oddities()
            .iter()
            .for_each(|oddity| env.notice(oddity.clone()));
        Ok(directives)
    }

    /// Notes settings that have no effect.
    fn tell_useless(&self, env: Env<'_>) {
        if self.redact.iter().any(|name| name.trim().is_empty()) {
            env.notice("redact_fields has an empty name, which no field has");
        }
        if self.slow.is_some() && self.sample_ratio.is_none_or(|ratio| ratio >= 1.0) {
            env.notice("request_log_slow has no effect: without request_log_sample_ratio every request has its line");
        }
    }
}

/// What a log pipeline is made from.
pub(crate) struct LogsConfig<'a> {
    pub(crate) service: Arc<ServiceInfo>,
    pub(crate) settings: LogSettings,
    /// Where and how records are exported, from code.
    pub(crate) otlp: &'a OtlpSettings,
    /// The bytes that what waits for it may hold.
    pub(crate) budget: &'a Budget,
    /// The longest text of an attribute of a record, from code, in bytes.
    pub(crate) value_limit: Option<usize>,
    /// The environment.
    pub(crate) env: Env<'a>,
    /// Where the pipeline's own counters are registered.
    pub(crate) recorder: &'a dyn Recorder,
    /// Whether there is a flight recorder, and with it a feed of lines.
    pub(crate) records_lines: bool,
}

/// A log pipeline; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Logs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    output: Arc<Output>,
    filter: Arc<FilterControl>,
    sampler: Option<LineSampler>,
    /// The way to a collector, if there is one.
    otlp: Option<OtlpLogs>,
    held: Option<HeldSettings>,
}

// === impl Logs ===

impl Logs {
    /// Checks the configuration, opens the target and starts the threads.
    pub(crate) fn start(config: LogsConfig<'_>) -> Result<Self, InitError> {
        let LogsConfig {
            service,
            mut settings,
            otlp,
            budget,
            value_limit,
            env,
            recorder,
            records_lines,
        } = config;
        let filter = Arc::new(FilterControl::new(settings.directives(env)?));
        let target = settings.target.take().unwrap_or_else(LogTarget::stdout);
        let (style, project) = settings.style(target.is_terminal(), env)?;
        let LogSettings {
            format: _,
            profile: _,
            filter: _,
            target: _,
            redact,
            constants,
            sample_ratio,
            slow,
            export,
            held,
        } = settings;
        let sampler = LineSampler::new(sample_ratio, slow)?;
        let redactor = Arc::new(Redactor::with(redact.iter().map(String::as_str)));
        let feed = LineFeed::new(records_lines);
        let recorded = (style != Style::Json).then(|| {
            let encoder = Encoder::new(Style::Json, &service, Arc::clone(&redactor), &constants, None);
            (encoder, next_layer())
        });
        let recorded = RecordedLines::new(recorded, feed);
        let encoder = Encoder::new(style, &service, redactor, &constants, project);
        let counters = Counters::register(recorder);
        let writer = Writer::start(target.into_writer()?, counters.dropped.clone())?;
        let output = Arc::new(Output::new(encoder, writer, counters, recorded));
        let code = (otlp, export);
        let otlp = OtlpLogs::start(&output, (&service, budget), code, value_limit, env, recorder)?;
        Ok(Self(Arc::new(Inner {
            output,
            filter,
            sampler,
            otlp,
            held,
        })))
    }

    /// A layer that writes the events that belong to one instance, behind the filter. Layers within it take what is up
    /// to the level `beside`.
    pub(crate) fn layer_of<S>(&self, ownership: &Ownership, beside: LevelFilter) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let exported = self.0.otlp.as_ref().map(|otlp| otlp.layer(ownership));
        let held = self.0.held;
        let beside = beside.max(held.map_or(LevelFilter::OFF, |held| held.level.into()));
        let filter = self.0.filter.filter(beside);
        let lines = LogLayer::new(Arc::clone(&self.0.output), Some(ownership.clone()))
            .and_then(exported)
            .and_then(self.0.filter.watch())
            .and_then(ownership.clone())
            .with_filter(filter.clone());
        // Boxes, as tracing-subscriber takes a `None` beside a layer with a filter for one without.
        let Some(held) = held else {
            return Box::new(lines) as Box<dyn Layer<S> + Send + Sync>;
        };
        let exported = self.0.otlp.as_ref().map(|otlp| otlp.held_layer(ownership));
        let held = HeldLayer::new(Arc::clone(&self.0.output))
            .and_then(exported)
            .with_filter(HeldFilter::new(held, filter, ownership.clone()));
        // Lines come last: over a bare registry, the level of the outermost layer is that of both.
        Box::new(held.and_then(lines))
    }

    /// Up to which level lines are held for a failure.
    pub(crate) fn held_level(&self) -> LevelFilter {
        self.0.held.map_or(LevelFilter::OFF, |held| held.level.into())
    }

    /// Writes and exports the lines that a request or job has held, if it ends so that they are to be.
    pub(crate) fn write_held(
        &self,
        entry: &Entry,
        is_error: bool,
        latency: Duration,
        p99: impl FnOnce() -> Option<Duration>,
    ) {
        if self.0.held.is_some_and(|held| held.writes(is_error, latency, p99)) {
            let output = &self.0.output;
            if output.recorded.encoder().is_none() {
                entry.each_held_line(|line| output.deliver(line.level, line.text));
            }
            for record in entry.take_held_records() {
                match (record.downcast::<HeldLine>(), &self.0.otlp) {
                    (Ok(line), _) => output.deliver(line.level, &line.text),
                    (Err(record), Some(otlp)) => otlp.send_held(record),
                    (Err(_), None) => {}
                }
            }
        }
    }

    /// [`layer_of`](Self::layer_of) the only instance.
    #[cfg(test)]
    pub(crate) fn layer<S>(&self, beside: LevelFilter) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.layer_of(&Ownership::new(0), beside)
    }

    /// The filter of events, which can be changed.
    pub(crate) fn filter(&self) -> &Arc<FilterControl> {
        &self.0.filter
    }

    /// The newest lines, for readers in the process.
    pub(crate) fn feed(&self) -> &LineFeed {
        self.0.output.recorded.feed()
    }

    /// Gives every finished line to a second reader as well; `false` if there is one.
    pub(crate) fn set_reader(&self, reader: Box<Guarded<dyn LineReader>>) -> bool {
        self.0.output.set_reader(reader)
    }

    /// Whether the line of a request would be written at this level.
    #[inline]
    pub(crate) fn request_enabled(&self, level: Level) -> bool {
        self.0.filter.request_enabled(level)
    }

    /// At arrival: copies what of the request is gone at its end; nothing if request lines are off.
    #[inline]
    pub(crate) fn begin_request(
        &self,
        path: &str,
        user_agent: Option<&[u8]>,
        client_address: Option<IpAddr>,
    ) -> RequestStart {
        // A level that is off for errors is off for all.
        if !self.request_enabled(Level::ERROR) {
            return RequestStart::default();
        }
        let mut start = RequestStart::new(self.0.output.encoder.style, path, user_agent, client_address);
        if self.0.otlp.is_some() {
            start.raw = Some(Box::new(RawRequest::new(path, user_agent, client_address)));
        }
        start
    }

    /// At the end: writes the line of the request, if it is enabled at its level and sampling doesn't
    /// leave it out.
    #[inline]
    pub(crate) fn write_request(&self, mut start: RequestStart, context: &RequestContext, line: &RequestLine<'_>) {
        if self.request_enabled(line.level) {
            if self.0.sampler.is_none_or(|sampler| sampler.keeps(context, line)) {
                self.0.write_line(&start, context, line);
                if let Some(otlp) = &self.0.otlp {
                    otlp.send_request(&mut start, context, line);
                }
            } else {
                self.0.output.count_sampled_out();
            }
        }
        // Its buffer serves the next request.
        drop(start);
    }

    /// Exports what has been logged so far; `false` if that does not succeed within `timeout`.
    pub(crate) fn flush_export(&self, timeout: Duration) -> bool {
        self.0.otlp.as_ref().is_none_or(|otlp| otlp.flush(timeout))
    }

    /// Starts what [`shutdown_export`](Self::shutdown_export) waits for.
    pub(crate) fn begin_shutdown_export(&self, timeout: Duration) {
        if let Some(otlp) = &self.0.otlp {
            otlp.begin_shutdown(timeout);
        }
    }

    /// Exports what has been logged so far and ends the export; `false` if that does not succeed within
    /// `timeout`.
    pub(crate) fn shutdown_export(&self, timeout: Duration) -> bool {
        self.0.otlp.as_ref().is_none_or(|otlp| otlp.shutdown(timeout))
    }

    /// Waits until everything accepted so far has been written and flushed; `false` if that takes
    /// longer than `timeout` or the target fails.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        self.0.output.writer.flush(timeout)
    }

    /// Writes everything accepted so far and ends the thread; `false` as for [`flush`](Self::flush).
    ///
    /// Lines that come later are written by a thread that is started for them.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        self.0.output.writer.shutdown(timeout)
    }
}

// === impl Inner ===

impl Inner {
    fn write_line(&self, start: &RequestStart, context: &RequestContext, line: &RequestLine<'_>) {
        let output = &*self.output;
        scratch::with(|scratch| {
            let text = match output.encoder.style {
                Style::Json => request_json::encode(output, scratch, start, context, line),
                Style::Pretty { color } => {
                    request_pretty::encode(&output.encoder, scratch, start, context, line, color);
                    &scratch.line
                }
                Style::Profiled(profiled) => {
                    request_profiled::encode(&output.encoder, profiled, scratch, start, context, line);
                    &scratch.line
                }
            };
            output.deliver(line.level, text);
        });
    }
}

impl std::fmt::Debug for LogsConfig<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            service,
            settings,
            otlp,
            budget: _,
            value_limit,
            env: _,
            recorder: _,
            records_lines,
        } = self;
        f.debug_struct("LogsConfig")
            .field("service", service)
            .field("settings", settings)
            .field("otlp", otlp)
            .field("value_limit", value_limit)
            .field("records_lines", records_lines)
            .finish_non_exhaustive()
    }
}
