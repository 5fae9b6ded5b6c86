//! Lines that are held with their request.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tracing::{Level, debug, error, info, level_filters::LevelFilter, trace};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    Obs, ObsBuilder,
    context::run_in,
    recorder::Filter,
    request::{BodySize, LayerState, Observation, RequestHead, ResponseHead},
    trace::SlowThreshold,
};

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output {
    /// The lines that were written, of requests by their status.
    fn lines(&self, obs: &Obs) -> Vec<serde_json::Value> {
        obs.flush(Duration::from_secs(30)).unwrap();
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn started(change: impl FnOnce(ObsBuilder) -> ObsBuilder) -> (Obs, Output) {
    let output = Output::default();
    let builder = Obs::builder("test")
        .log_format(crate::logs::LogFormat::Json)
        .log_writer(output.clone())
        .log_filter("info")
        .lines_of_failures(Level::DEBUG);
    (change(builder).build().unwrap(), output)
}

fn subscribed(obs: &Obs, work: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, work);
}

fn request(obs: &Obs, status: u16, work: impl FnOnce()) {
    request_through(obs, None, status, work);
}

/// A request through a layer that holds lines up to this level.
fn request_through(obs: &Obs, held_lines: Option<LevelFilter>, status: u16, work: impl FnOnce()) {
    let layer = LayerState::default().with(|options| {
        options.common.record_into(obs);
        options.held_lines = held_lines;
    });
    let head = RequestHead {
        method: "GET",
        path: "/",
        endpoint: Some("/"),
        ..RequestHead::default()
    };
    let mut observation = Observation::start(layer.instrument(), &head, &());
    observation.run(work);
    observation.head(&ResponseHead {
        status,
        headers: &(),
        body: BodySize::Empty,
        endpoint: None,
    });
}

fn messages(lines: &[serde_json::Value]) -> Vec<&str> {
    lines.iter().map(|line| line["message"].as_str().unwrap()).collect()
}

#[test]
fn of_a_thousand_requests_those_that_fail_have_their_debug_lines() {
    let (obs, output) = started(|builder| builder);
    subscribed(&obs, || {
        for n in 0..1_000 {
            let status = if n % 333 == 1 { 500 } else { 200 };
            request(&obs, status, || (0..20).for_each(|line| debug!(line, n, "step")));
        }
    });
    let lines = output.lines(&obs);
    let (held, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line["message"] == "step");
    // 1, 334, 667
    assert_eq!((held.len(), others.len()), (60, 1_000));
    for (index, line) in held.iter().enumerate() {
        assert_eq!((&line["line"], &line["held"]), (&(index % 20).into(), &true.into()));
        assert_eq!(line["level"], "debug");
    }
    assert_eq!(others.iter().filter(|line| line["status"] == 500).count(), 3);
}

#[test]
fn lines_that_are_written_anyway_or_are_too_verbose_are_not_held() {
    let (obs, output) = started(|builder| builder);
    subscribed(&obs, || {
        debug!("outside");
        request(&obs, 500, || {
            info!("written");
            debug!(password = "hunter2", "held");
            trace!("too verbose");
            error!("written too");
        });
        request(&obs, 404, || debug!("of a client's error"));
        run_in(obs.start_context(), || debug!("of a job"));
    });
    let lines = output.lines(&obs);
    let written = messages(&lines);
    assert_eq!(written[..3], ["written", "written too", "held"], "{written:?}");
    assert_eq!(lines.len(), 5);
    assert_eq!(
        (&lines[2]["password"], lines[0].get("held")),
        (&"REDACTED".into(), None)
    );
    assert_eq!(lines[2]["request_id"], lines[3]["request_id"]);
    let record = obs.recorder().recent(&Filter::new().errors()).remove(0);
    let held: Vec<_> = record.lines.iter().map(|line| (line.level, line.is_held)).collect();
    assert_eq!(
        held,
        [(Level::INFO, false), (Level::DEBUG, true), (Level::ERROR, false)]
    );
}

#[test]
fn slow_requests_have_their_lines_if_slow_ones_are_kept() {
    let (obs, output) = started(|builder| builder.keep_slower_than(Duration::ZERO));
    subscribed(&obs, || request(&obs, 200, || debug!("held")));
    assert_eq!(messages(&output.lines(&obs))[0], "held");
}

#[test]
fn a_layer_holds_less_than_the_instance_if_it_says_so_and_never_more() {
    let (obs, output) = started(|builder| builder.log_filter("warn"));
    subscribed(&obs, || {
        let held = |layer: LevelFilter| {
            request_through(&obs, Some(layer), 500, || {
                info!("info");
                debug!("debug");
                trace!("trace");
            });
            let lines = output.lines(&obs);
            let held: Vec<_> = lines.iter().filter(|line| line["held"] == true).cloned().collect();
            let warned = lines.iter().any(|line| line["target"] == "obs");
            (messages(&held).join(" "), warned)
        };
        assert_eq!(held(LevelFilter::OFF), (String::new(), false));
        assert_eq!(held(LevelFilter::INFO), ("info".to_owned(), false));
        assert_eq!(held(LevelFilter::DEBUG), ("info debug".to_owned(), false));
        assert_eq!(held(LevelFilter::TRACE), ("info debug".to_owned(), true));
    });
}

#[test]
fn lines_of_requests_that_are_slower_than_their_endpoint_usually_is_are_held_until_that_is_known() {
    let (obs, output) = started(|builder| builder.keep_slower_than(SlowThreshold::P99));
    subscribed(&obs, || request(&obs, 200, || debug!("held")));
    assert_eq!(output.lines(&obs).len(), 1);
}

#[test]
fn the_filter_can_be_changed_while_lines_are_held() {
    let (obs, output) = started(|builder| builder);
    subscribed(&obs, || {
        let work = || debug!("step");
        request(&obs, 200, work);
        assert_eq!(output.lines(&obs).len(), 1);
        obs.set_log_filter("debug").unwrap();
        request(&obs, 200, work);
        let lines = output.lines(&obs);
        assert_eq!((lines.len(), lines[0].get("held")), (2, None));
        obs.set_log_filter("error").unwrap();
        request(&obs, 200, work);
        assert!(output.lines(&obs).is_empty());
        request(&obs, 500, work);
        assert_eq!(output.lines(&obs)[0]["held"], true);
    });
}

#[test]
fn without_a_flight_recorder_nothing_is_held() {
    let (obs, output) = started(|builder| builder.flight_recorder(0));
    subscribed(&obs, || request(&obs, 500, || debug!("held")));
    let lines = output.lines(&obs);
    assert!(
        messages(&lines)[0].contains("lines_of_failures has no effect"),
        "{lines:?}"
    );
    assert!(!messages(&lines).contains(&"held"));
}

#[test]
fn lines_are_held_as_they_are_written_and_recorded_in_the_keys_of_obs() {
    for format in [crate::logs::LogFormat::Pretty, crate::logs::LogFormat::Json] {
        let (obs, output) = started(|builder| builder.log_format(format));
        subscribed(&obs, || {
            request(&obs, 500, || {
                let span = tracing::info_span!("charge", card = "visa");
                let _entered = span.enter();
                debug!(amount = 7, "asked");
                error!(token = "hunter2", "declined");
            });
        });
        obs.flush(Duration::from_secs(30)).unwrap();
        let text = String::from_utf8(std::mem::take(&mut *output.0.lock().unwrap())).unwrap();
        assert_eq!(text.matches("asked").count(), 1, "{text}");
        assert_eq!(text.starts_with('{'), format == crate::logs::LogFormat::Json, "{text}");
        let record = obs.recorder().recent(&Filter::new()).remove(0);
        let lines: Vec<serde_json::Value> = record
            .lines
            .iter()
            .map(|line| serde_json::from_str(&line.text).unwrap())
            .collect();
        assert_eq!(messages(&lines), ["asked", "declined"]);
        assert_eq!((&lines[0]["amount"], &lines[0]["card"]), (&7.into(), &"visa".into()));
        assert_eq!((&lines[0]["held"], lines[1].get("held")), (&true.into(), None));
        assert!(!record.lines[1].text.contains("hunter2"));
        assert_eq!(lines[1]["request_id"], record.request_id.as_str());
    }
}
