//! A program that logs, and makes spans, while its threads end: from the destructor of a thread-local that
//! is older than those of obs and of OpenTelemetry. Each panic ends it at once, as `panic = "abort"` does.
#![expect(clippy::expect_used, reason = "a test program: what can't go on stops")]

use std::{cell::Cell, env, io, panic, process, thread, time::Duration};

use obs_core::{
    Obs,
    context::{self, RequestContext},
    otel::{SpanReader, opentelemetry_sdk::trace::SpanData},
    propagation, trace,
};

/// Says something when its thread ends.
struct AtEnd(Cell<&'static str>);

thread_local! {
    static AT_END: AtEnd = const { AtEnd(Cell::new("")) };
}

/// Makes spans be recorded.
#[derive(Debug)]
struct Reader;

impl SpanReader for Reader {
    fn read(&self, _: &SpanData) {}
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        let at = self.0.get();
        tracing::info!(at, "ending");
        log_in_all_ways(at);
        context::run_in(RequestContext::start(), || log_in_all_ways(at));
        tracing::info!(at, "ended");
    }
}

/// Touches whatever asks for the current context.
fn log_in_all_ways(at: &'static str) {
    trace::in_span_blocking("work", || {
        tracing::error!(at, "in a span");
        trace::set_attribute("at", at);
        trace::record_error(&io::Error::other("on purpose"));
        propagation::inject(&mut |_, _| ());
    });
    drop(context::in_current(async {}));
    context::carry(|| tracing::info!(at, "carried"))();
    drop(trace::in_span("unpolled", async {}));
}

fn main() {
    panic::set_hook(Box::new(|info| {
        use io::Write as _;
        let _ = writeln!(io::stderr(), "{info}");
        process::abort();
    }));
    let builder = Obs::builder("ending");
    let builder = if env::args().any(|arg| arg == "spans") {
        builder.span_reader(Reader)
    } else {
        builder
    };
    let obs = builder.init().expect("the first of this process");
    let touched_first = thread::spawn(|| {
        AT_END.with(|end| end.0.set("touched first"));
        tracing::info!("the first line");
        trace::in_span_blocking("work", || tracing::info!("in a span"));
    });
    touched_first.join().expect("a thread that ends well");
    let touched_only = thread::spawn(|| AT_END.with(|end| end.0.set("touched only")));
    touched_only.join().expect("a thread that ends well");
    obs.shutdown(Duration::from_secs(20)).expect("nothing is in the way");
    // Lines that come later are written by the thread that logs them.
    AT_END.with(|end| end.0.set("main"));
    tracing::info!("the last line of main");
}
