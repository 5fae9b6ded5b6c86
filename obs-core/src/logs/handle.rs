//! The handle to the log pipeline.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use metrics::Recorder;
use tracing_core::{Level, Subscriber};
use tracing_subscriber::{Layer, registry::LookupSpan};

use super::{
    LineReader, LogFormat, RequestLine, RequestStart,
    encoder::Encoder,
    filter::FilterControl,
    layer::LogLayer,
    output::{Counters, Output},
    writer::Writer,
};
use crate::{
    context::RequestContext,
    obs::{InitError, ServiceInfo},
};

/// What a log pipeline is made from.
pub(crate) struct LogsConfig<'a> {
    pub(crate) service: Arc<ServiceInfo>,
    pub(crate) format: LogFormat,
    /// Directives as in `RUST_LOG`; `None` is `info`.
    pub(crate) filter: Option<String>,
    /// Where lines go; `None` is stdout.
    pub(crate) writer: Option<Box<dyn io::Write + Send>>,
    /// Where the pipeline's own counters are registered.
    pub(crate) recorder: &'a dyn Recorder,
}

/// A log pipeline; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Logs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    output: Arc<Output>,
    filter: FilterControl,
}

// === impl Logs ===

impl Logs {
    /// Checks the configuration and starts the writer's thread.
    pub(crate) fn start(config: LogsConfig<'_>) -> Result<Self, InitError> {
        let LogsConfig { service, format, filter, writer, recorder } = config;
        let filter = FilterControl::new(filter.as_deref())?;
        let encoder = Encoder::new(format.style(writer.is_none()), &service);
        let counters = Counters::register(recorder);
        let target = writer.unwrap_or_else(|| Box::new(io::stdout()));
        let writer = Writer::start(target, counters.dropped.clone())?;
        let output = Arc::new(Output::new(encoder, writer, counters));
        Ok(Self(Arc::new(Inner { output, filter })))
    }

    /// A layer that writes events, behind the filter.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        LogLayer::new(Arc::clone(&self.0.output)).with_filter(self.0.filter.filter())
    }

    /// Puts other directives in force, for layers that exist already, too.
    pub(crate) fn set_filter(&self, directives: &str) -> Result<(), InitError> {
        self.0.filter.set(directives)
    }

    /// Replaces the list of field names whose values are redacted; `false` if that was done before.
    pub(crate) fn set_redacted_fields<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        self.0.output.encoder.set_redacted(names)
    }

    /// Gives every finished line to a second reader as well; `false` if there is one.
    pub(crate) fn set_reader(&self, reader: Box<dyn LineReader>) -> bool {
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
        self.0.output.begin_request(path, user_agent, client_address)
    }

    /// At the end: writes the line of the request, if it is enabled at its level.
    #[inline]
    pub(crate) fn write_request(&self, start: RequestStart, context: &RequestContext, line: &RequestLine<'_>) {
        if self.request_enabled(line.level) {
            self.0.output.write_request(&start, context, line);
        }
        // Its buffer serves the next request.
        drop(start);
    }

    /// Waits until everything accepted so far has been written and flushed; `false` if that takes
    /// longer than `timeout` or the target fails.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        self.0.output.writer.flush(timeout)
    }

    /// Writes everything accepted so far and ends the thread; `false` as for [`flush`](Self::flush).
    ///
    /// Lines that come later are written by the threads that log them.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        self.0.output.writer.shutdown(timeout)
    }
}

impl std::fmt::Debug for LogsConfig<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { service, format, filter, writer, recorder: _ } = self;
        f.debug_struct("LogsConfig")
            .field("service", service)
            .field("format", format)
            .field("filter", filter)
            .field("own_writer", &writer.is_some())
            .finish_non_exhaustive()
    }
}
