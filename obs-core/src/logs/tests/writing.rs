use std::thread;

use tracing::{Level, error, info, subscriber::with_default};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

use super::{
    super::{LogFormat, RequestLine},
    counters::Counters,
    fixture::{Fixture, LONG, known_context, parsed},
    requests,
};

#[test]
fn lines_are_counted_by_level() {
    let counters = Counters::default();
    let fixture = Fixture::with(LogFormat::Json, None, &counters);
    fixture.run(|| {
        info!("one");
        info!("two");
        error!("three");
    });
    let line = RequestLine {
        level: Level::WARN,
        ..requests::line("/", "")
    };
    fixture.logs.write_request(
        fixture.logs.begin_request("/", None, None),
        &known_context(false),
        &line,
    );
    let expected = [
        ("obs_log_lines_dropped_total{}", 0),
        ("obs_log_lines_sampled_out_total{}", 0),
        ("obs_log_lines_total{level=debug}", 0),
        ("obs_log_lines_total{level=error}", 1),
        ("obs_log_lines_total{level=info}", 2),
        ("obs_log_lines_total{level=trace}", 0),
        ("obs_log_lines_total{level=warn}", 1),
    ];
    assert_eq!(
        counters.all(),
        expected.map(|(name, count)| (name.to_owned(), count)).into()
    );
}

#[test]
fn threads_that_log_at_once_do_not_mix_their_lines() {
    const THREADS: usize = 8;
    const LINES: usize = 500;
    let fixture = Fixture::new();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(fixture.logs.layer(LevelFilter::OFF)));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    for index in 0..LINES {
                        info!(thread, index, filler = "x".repeat(index), "x");
                    }
                });
            });
        }
    });
    let mut next = [0; THREADS];
    for line in fixture.lines() {
        let object = parsed(&line);
        let thread = usize::try_from(object["thread"].as_u64().unwrap()).unwrap();
        assert_eq!(object["index"], next[thread], "in the order in which they were logged");
        next[thread] += 1;
    }
    assert_eq!(next, [LINES; THREADS]);
}

#[test]
fn lines_logged_after_shutdown_are_written() {
    let fixture = Fixture::new();
    with_default(
        tracing_subscriber::registry().with(fixture.logs.layer(LevelFilter::OFF)),
        || {
            info!("before");
            assert!(fixture.logs.shutdown(LONG));
            info!("after");
            assert_eq!(fixture.captured.text().lines().count(), 2);
            assert!(fixture.logs.shutdown(LONG));
        },
    );
}

#[test]
fn dropping_the_handle_writes_what_was_logged() {
    let Fixture { logs, captured } = Fixture::new();
    with_default(
        tracing_subscriber::registry().with(logs.layer(LevelFilter::OFF)),
        || info!("x"),
    );
    drop(logs);
    while captured.text().is_empty() {
        thread::yield_now();
    }
}
