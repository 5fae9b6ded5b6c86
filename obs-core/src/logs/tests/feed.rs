//! The feed of lines for readers in the process.

use std::io;

use tracing::info;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    Obs, ObsBuilder,
    context::run_in,
    logs::{FeedLine, LogFormat},
};

fn messages(lines: &[FeedLine]) -> Vec<String> {
    let message = |line: &FeedLine| {
        let line: serde_json::Value = serde_json::from_str(&line.text).unwrap();
        line["message"].as_str().unwrap().to_owned()
    };
    lines.iter().map(message).collect()
}

fn started(change: impl FnOnce(ObsBuilder) -> ObsBuilder) -> Obs {
    change(Obs::builder("test").log_writer(io::sink()).log_filter("info"))
        .build()
        .unwrap()
}

/// Logs a line outside of jobs and one in a job.
fn log(obs: &Obs) {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::debug!("below the filter");
        info!(password = "hunter2", "outside");
        run_in(obs.start_context(), || info!("inside"));
    });
}

#[test]
fn lines_of_jobs_are_fed_while_somebody_follows() {
    for format in [LogFormat::Json, LogFormat::Pretty] {
        let obs = started(|builder| builder.log_format(format));
        let feed = obs.lines();
        log(&obs);
        let page = feed.since(0, 10);
        assert_eq!(messages(&page.lines), ["outside"]);
        assert!(!page.lines[0].text.contains("hunter2"));
        let guard = feed.follow();
        log(&obs);
        let page = feed.since(page.next, 10);
        assert_eq!(messages(&page.lines), ["outside", "inside"]);
        drop(guard);
        log(&obs);
        assert_eq!(messages(&feed.since(page.next, 10).lines), ["outside"]);
    }
}

#[test]
fn without_a_flight_recorder_lines_are_fed_to_followers_alone() {
    let obs = started(|builder| builder.flight_recorder(0));
    log(&obs);
    assert!(obs.lines().since(0, 10).lines.is_empty());
    let _guard = obs.lines().follow();
    log(&obs);
    assert_eq!(messages(&obs.lines().since(0, 10).lines), ["outside", "inside"]);
}
