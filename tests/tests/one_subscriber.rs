//! A filter that is changed where no subscriber is current.
//!
//! A program of its own: what `tracing` remembers of events belongs to the process, and it remembers
//! them in another way while there is one subscriber.

#![allow(clippy::unwrap_used, reason = "tests: what can't go on fails the test")]

use obs_core::{Obs, logs::LogFormat};
use obs_tests::logs::LogBuffer;
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
fn a_filter_changed_on_a_thread_without_a_subscriber_is_in_force_where_there_is_one() {
    let logs = LogBuffer::new();
    let builder = Obs::builder("filter")
        .log_writer(logs.clone())
        .log_format(LogFormat::Json)
        .log_filter("info");
    let obs = builder.build().unwrap();
    let work = |step: u64| {
        tracing::info!(target: "work", step, "info");
        tracing::debug!(target: "work", step, "debug");
    };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(obs.subscriber_layer()), || {
        for (step, filter) in ["info", "debug", "error", "info"].into_iter().enumerate() {
            std::thread::scope(|threads| {
                threads.spawn(|| obs.set_log_filter(filter).unwrap()).join().unwrap();
            });
            work(step.try_into().unwrap());
        }
    });
    obs.shutdown(std::time::Duration::from_secs(5)).unwrap();
    let lines = logs.json_lines();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| (line.number("step"), line.str("message")))
        .collect();
    assert_eq!(seen, [(0.0, "info"), (1.0, "info"), (1.0, "debug"), (3.0, "info")]);
}
