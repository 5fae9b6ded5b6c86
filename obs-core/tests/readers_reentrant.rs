//! Readers of lines and spans that log and make spans themselves.
//!
//! A process-wide subscriber is needed: one of `with_default` keeps such events away itself.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use obs_core::{
    Obs,
    logs::{LineReader, LogFormat},
    otel::{SpanReader, opentelemetry_sdk::trace::SpanData},
    trace,
};
use tracing::{Level, info};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .map_err(|_| io::ErrorKind::Other)?
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs and makes a span, and then panics; counts how often it was called.
#[derive(Clone, Debug, Default)]
struct Hostile(Arc<AtomicUsize>);

impl Hostile {
    fn act(&self, what: &'static str) {
        self.0.fetch_add(1, Ordering::Relaxed);
        info!("from the reader of {what}");
        trace::in_span_blocking(what, || info!("in a span of the reader of {what}"));
        panic!("on purpose");
    }
}

impl LineReader for Hostile {
    fn read(&self, _: Level, _: &[u8]) {
        self.act("lines");
    }
}

impl SpanReader for Hostile {
    fn read(&self, _: &SpanData) {
        self.act("spans");
    }
}

#[test]
fn readers_that_log_and_make_spans_are_not_called_for_their_own() {
    let (captured, lines, spans) = (Captured::default(), Hostile::default(), Hostile::default());
    let builder = Obs::builder("readers")
        .log_format(LogFormat::Json)
        .log_filter("info")
        .log_writer(captured.clone());
    let obs = builder
        .line_reader(lines.clone())
        .span_reader(spans.clone())
        .init()
        .unwrap();
    info!("one");
    trace::in_span_blocking("work", || info!("two"));
    obs.shutdown(Duration::from_secs(20)).unwrap();
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    for message in ["one", "two"] {
        let found = text
            .lines()
            .filter(|line| line.contains(&format!("\"message\":\"{message}\"")))
            .count();
        assert_eq!(found, 1, "{message} in {text}");
    }
    let warnings = text
        .lines()
        .filter(|line| line.contains("has panicked and is ignored"))
        .count();
    assert_eq!(warnings, 2, "one for each reader in {text}");
    assert!(lines.0.load(Ordering::Relaxed) >= 2 && spans.0.load(Ordering::Relaxed) >= 1);
}
