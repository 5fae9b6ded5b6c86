//! What is logged for a time.

use std::{
    io,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tracing::{Level, debug, info, trace};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    Obs,
    context::run_in,
    logs::{LineReader, RequestMatch},
    request::{LayerState, Observation, RequestHead},
};

const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl LineReader for Lines {
    fn read(&self, _: Level, line: &[u8]) {
        let line: serde_json::Value = serde_json::from_slice(line).unwrap();
        self.0
            .lock()
            .unwrap()
            .push(line["message"].as_str().unwrap().to_owned());
    }
}

impl Lines {
    /// The messages of events since the last call.
    fn take(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap());
        lines
            .into_iter()
            .filter(|message| !message.starts_with("GET "))
            .collect()
    }
}

fn started() -> (Obs, Lines) {
    let lines = Lines::default();
    let obs = Obs::builder("test")
        .log_writer(io::sink())
        .log_format(crate::logs::LogFormat::Json)
        .log_filter("info")
        .line_reader(lines.clone())
        .build()
        .unwrap();
    (obs, lines)
}

fn subscribed(obs: &Obs, work: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, work);
}

/// One callsite for all, as in a service: what is cached of it must not stay.
fn log() {
    info!("info");
    debug!("debug");
    trace!("trace");
}

fn request(obs: &Obs, route: &'static str) {
    let layer = LayerState::default().with(|options| options.common.record_into(obs));
    let head = RequestHead {
        method: "GET",
        path: route,
        endpoint: Some(route),
        ..RequestHead::default()
    };
    Observation::start(layer.instrument(), &head, &()).run(log);
}

#[test]
fn the_newest_directives_hold_and_those_of_before_return() {
    let (obs, lines) = started();
    subscribed(&obs, || {
        log();
        let first = obs.set_log_filter_for("debug", LONG).unwrap();
        log();
        let second = obs.set_log_filter_for("trace", LONG).unwrap();
        log();
        assert!(obs.end_override(first) && !obs.end_override(first));
        log();
        obs.set_log_filter("warn").unwrap();
        log();
        assert!(obs.end_override(second));
        log();
    });
    let all = ["info", "debug", "trace"];
    let expected = [&all[..1], &all[..2], &all, &all, &all].concat();
    assert_eq!(lines.take(), expected);
    assert!(obs.overrides().is_empty());
}

#[test]
fn directives_return_by_themselves() {
    let (obs, lines) = started();
    subscribed(&obs, || {
        obs.set_log_filter_for("trace", Duration::from_millis(50)).unwrap();
        assert!(obs.overrides()[0].text.contains("trace"));
        let deadline = Instant::now() + LONG;
        while !obs.overrides().is_empty() {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(5));
        }
        log();
    });
    assert_eq!(lines.take(), ["info"]);
}

#[test]
fn malformed_directives_and_times_change_nothing() {
    let (obs, lines) = started();
    subscribed(&obs, || {
        assert!(obs.set_log_filter_for("a=b=c", LONG).is_err());
        let refused = obs.set_log_filter_for("trace", Duration::ZERO).unwrap_err();
        assert!(refused.to_string().contains("24 hours"), "{refused}");
        log();
    });
    assert_eq!(lines.take(), ["info"]);
}

#[test]
fn single_requests_can_be_logged_in_full() {
    let (obs, lines) = started();
    subscribed(&obs, || {
        let route = RequestMatch::Route("/orders/{id}".to_owned());
        let id = obs.log_requests(route, Level::DEBUG, LONG).unwrap();
        request(&obs, "/orders/{id}");
        assert_eq!(lines.take(), ["info", "debug"]);
        request(&obs, "/other");
        log();
        assert_eq!(lines.take(), ["info", "info"]);
        assert!(obs.end_override(id));
        request(&obs, "/orders/{id}");
        assert_eq!(lines.take(), ["info"]);

        let job = obs.start_context();
        let id = RequestMatch::RequestId(job.request_id().to_owned());
        obs.log_requests(id, Level::TRACE, LONG).unwrap();
        run_in(job, log);
        run_in(obs.start_context(), log);
    });
    assert_eq!(lines.take(), ["info", "debug", "trace", "info"]);
    assert!(
        obs.overrides()[0]
            .text
            .starts_with("lines up to TRACE in requests with the id")
    );
}
