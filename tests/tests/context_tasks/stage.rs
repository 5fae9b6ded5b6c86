//! The instance of this process.

use std::sync::LazyLock;

use obs_core::{
    Obs,
    context::{self, RequestContext},
    logs::LogFormat,
    metrics::Format,
};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
};

static STAGE: LazyLock<(Obs, LogBuffer)> = LazyLock::new(|| {
    let logs = LogBuffer::new();
    let builder = Obs::builder("tasks")
        .log_writer(logs.clone())
        .log_format(LogFormat::Json)
        .log_filter("info");
    (
        builder.sample_ratio(1.0).init().expect("nothing was installed before"),
        logs,
    )
});

/// The instance; installed at the first call.
pub(crate) fn obs() -> &'static Obs {
    &STAGE.0
}

/// A request's context, with a field.
pub(crate) fn request() -> RequestContext {
    obs();
    let context = RequestContext::start();
    context.set_field("user_id", "user-456");
    context
}

/// Writes a line and counts, both under `name`.
pub(crate) fn leave_marks(name: &'static str) {
    tracing::info!(step = name, "in the task");
    metrics::counter!(format!("{name}_total")).increment(1);
}

/// The line of the marks.
pub(crate) fn line_of(name: &str) -> LogLine {
    let is_it = |line: &LogLine| line.get("step").is_some_and(|step| step == name);
    let lines = STAGE.1.wait_for(DEADLINE, |lines| lines.iter().any(is_it));
    lines.into_iter().find(is_it).expect("a line")
}

/// Checks that line and exemplar belong to the request, and that none is left on this thread.
pub(crate) fn check(name: &str, request: &RequestContext) {
    let line = line_of(name);
    assert_eq!(
        (line.str("request_id"), line.str("user_id")),
        (request.request_id(), "user-456")
    );
    assert_eq!(line.str("trace_id"), request.trace_id().to_string());
    let page = String::from_utf8(obs().registry().render(Format::OpenMetrics)).unwrap();
    let counted = page
        .lines()
        .find(|line| line.starts_with(&format!("{name}_total ")))
        .expect("a counter");
    assert!(
        counted.contains(&format!("trace_id=\"{}\"", request.trace_id())),
        "{counted}"
    );
    assert!(context::current().is_none());
}
