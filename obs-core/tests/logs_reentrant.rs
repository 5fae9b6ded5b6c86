//! Events that are logged while another one is being formatted.
//!
//! A process-wide subscriber is needed: one of `with_default` keeps such events away itself.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use obs_core::{context, logs::JsonLayer};
use tracing::{info, info_span};
use tracing_subscriber::prelude::*;

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

/// Logs when it is formatted.
struct Talkative(&'static str);

impl fmt::Debug for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        context::set_field("formatted", self.0);
        info!(target: "inner", "formatting {}", self.0);
        f.write_str(self.0)
    }
}

#[test]
fn an_event_that_is_logged_while_another_is_formatted_is_a_line_of_its_own() {
    let captured = Captured::default();
    let logs = JsonLayer::new("svc", captured.clone()).unwrap();
    tracing_subscriber::registry().with(logs.clone()).init();
    context::run_new(|| {
        let span = info_span!("s", of_span = ?Talkative("span"), late = tracing::field::Empty);
        let _entered = span.enter();
        span.record("late", tracing::field::debug(Talkative("late")));
        info!(target: "t", of_event = ?Talkative("event"), "{:?}", Talkative("message"));
    });
    assert!(logs.flush(Duration::from_secs(20)));
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "formatting span",
            "formatting late",
            "formatting message",
            "formatting event",
            "message"
        ]
    );
    assert_eq!(lines[4]["of_event"], "event");
    assert_eq!(lines[4]["of_span"], "span");
    assert_eq!(lines[4]["late"], "late");
    assert_eq!(lines[4]["formatted"], "event");
}
