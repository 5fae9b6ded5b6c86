//! The settings of the export in code, seen by the collector.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

use std::time::Duration;

use obs_core::{
    Obs,
    adapter::{LayerState, Observation, RequestHead},
    metrics::Format,
    otlp::{Otlp, Protocol, Signal},
};
use obs_tests::{
    DEADLINE,
    otlp::{Answer, ReceivedRequest, Receiver, Transport},
    until,
};

/// Far longer than anything in these tests takes.
const LONG: Duration = Duration::from_secs(3_600);

/// An instance with these settings, which export to this receiver.
fn exporting(receiver: &Receiver, otlp: Otlp) -> Obs {
    Obs::builder("test")
        .otlp_endpoint(receiver.endpoint())
        .otlp(otlp)
        .log_writer(std::io::sink())
        .build()
        .expect("valid settings")
}

/// Records so many requests, each with its span and its line.
fn record(obs: &Obs, requests: usize) {
    let layer = LayerState::default().with(|options| options.common.record_into(obs));
    let head = RequestHead {
        method: "GET",
        endpoint: Some("/a"),
        ..RequestHead::default()
    };
    for _ in 0..requests {
        Observation::start(layer.instrument(), &head, &()).service_error();
    }
}

/// How many spans were lost for this reason.
fn lost(obs: &Obs, reason: &str) -> u64 {
    let page = String::from_utf8_lossy(&obs.registry().render(Format::Text)).into_owned();
    let front = format!("obs_spans_dropped_total{{reason=\"{reason}\"}} ");
    let count = page.lines().find_map(|line| line.strip_prefix(&*front));
    count.map_or(0, |count| count.parse().expect("a number"))
}

fn header(request: &ReceivedRequest, name: &str) -> Option<String> {
    let value = request.headers.get(name)?;
    Some(value.to_str().expect("text").to_owned())
}

#[test]
fn headers_compression_and_protocol_are_those_of_code() {
    for (protocol, transport, encoding) in [
        (Protocol::Http, Transport::Http, "content-encoding"),
        (Protocol::Grpc, Transport::Grpc, "grpc-encoding"),
    ] {
        let receiver = Receiver::start();
        let otlp = Otlp::new().protocol(protocol).header("API-Key", "s=cr,t").gzip(true);
        let obs = exporting(&receiver, otlp.header("x-team", "blue sky"));
        record(&obs, 3);
        obs.shutdown(DEADLINE).expect("a collector that takes all");
        assert_eq!(receiver.spans().len(), 3);
        let request = &receiver.requests()[0];
        assert_eq!(request.transport, transport);
        let sent = ["api-key", "x-team", encoding].map(|name| header(request, name).unwrap_or_default());
        assert_eq!(sent, ["s=cr,t", "blue sky", "gzip"], "{protocol:?}");
    }
}

#[test]
fn a_signal_goes_to_its_own_collector_with_its_own_headers() {
    let (general, own) = (Receiver::start(), Receiver::start());
    let obs = Obs::builder("test")
        .otlp(Otlp::new().endpoint(general.endpoint()).header("api-key", "general"))
        .otlp_for(
            Signal::Logs,
            Otlp::new()
                .endpoint(format!("{}/v1/logs", own.endpoint()))
                .header("x-logs", "1"),
        )
        .log_writer(std::io::sink())
        .build()
        .expect("valid settings");
    record(&obs, 2);
    obs.shutdown(DEADLINE).expect("collectors that take all");
    assert_eq!((general.spans().len(), general.logs().len()), (2, 0));
    // Beside the notices about what is not connected, as there is no subscriber.
    let logs = own.logs();
    let requests = logs.iter().filter(|log| log.str("endpoint").is_some());
    assert_eq!(
        (own.spans().len(), requests.count()),
        (0, 2),
        "the endpoint turns the export on"
    );
    assert_eq!(header(&general.requests()[0], "api-key").as_deref(), Some("general"));
    let request = &own.requests()[0];
    assert_eq!(header(request, "x-logs").as_deref(), Some("1"));
    assert_eq!(
        header(request, "api-key"),
        None,
        "a key of one collector isn't sent to another"
    );
}

#[test]
fn a_batch_is_sent_when_it_is_full_and_the_rest_waits_for_the_delay() {
    let receiver = Receiver::start();
    let obs = exporting(&receiver, Otlp::new().batch(2).delay(LONG));
    record(&obs, 5);
    receiver.wait_for(DEADLINE, |spans| spans.len() == 4);
    obs.flush(DEADLINE).expect("a collector that takes all");
    assert_eq!((receiver.spans().len(), receiver.requests().len()), (5, 3));
    let receiver = Receiver::start();
    let obs = exporting(&receiver, Otlp::new().delay(Duration::from_millis(1)));
    record(&obs, 1);
    receiver.wait_for(DEADLINE, |spans| spans.len() == 1);
    drop(obs);
}

#[test]
fn a_queue_that_is_full_loses_the_rest() {
    let receiver = Receiver::start();
    receiver.answer(Answer::Hang);
    let obs = exporting(&receiver, Otlp::new().queue(2).batch(1));
    record(&obs, 1);
    receiver.wait_for_requests(DEADLINE, |requests| !requests.is_empty());
    record(&obs, 5);
    assert_eq!(lost(&obs, "queue_full"), 3);
    let _ = obs.shutdown(Duration::ZERO);
}

#[test]
fn a_collector_that_hangs_is_given_up_after_the_timeout() {
    for timeouts in [
        Otlp::new().timeout(Duration::from_millis(50)),
        Otlp::new().export_timeout(Duration::from_millis(50)),
    ] {
        let receiver = Receiver::start();
        receiver.answer(Answer::Hang);
        let obs = exporting(&receiver, timeouts.batch(1));
        record(&obs, 1);
        receiver.wait_for_requests(DEADLINE, |requests| !requests.is_empty());
        until(DEADLINE, || {
            lost(&obs, "export_timeout") + lost(&obs, "export_failed") > 0
        });
        let _ = obs.shutdown(Duration::ZERO);
    }
}
