//! Spans that turn out to be of no interest to anyone.

use std::sync::{Mutex, PoisonError};

use opentelemetry::Context;

/// How many spans are held at most, in a process.
const MAX_HELD: usize = 64;

static HELD: Mutex<Vec<Context>> = Mutex::new(Vec::new());

/// Keeps a span from being exported, on whatever provider it was made.
///
/// OpenTelemetry has no way to take a span back: it is exported when it ends, and it ends when it is
/// dropped. So it is held, unended, for the life of the process. That is meant for what happens a few
/// times only, as a scrape whose page was not known before: beyond 64 spans they are let go, and
/// exported.
pub(crate) fn withhold(span: &Context) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    if held.len() < MAX_HELD {
        held.push(span.clone());
    }
}
