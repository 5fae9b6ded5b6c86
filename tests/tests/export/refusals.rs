//! The answers of a collector, and their effect
//! ([OTLP](https://opentelemetry.io/docs/specs/otlp/#failures)).

use std::time::{Duration, Instant, SystemTime};

use obs_tests::{
    DEADLINE,
    otlp::{Again, Answer, Receiver},
};

use crate::service::{PROTOCOLS, lost, run, told};

/// Runs a service with one span.
fn one(receiver: &Receiver, protocol: &str) -> String {
    run(receiver, protocol, &[1], &[])
}

#[test]
fn resource_exhausted_without_retry_info_is_final() {
    let receiver = Receiver::start();
    receiver.answer(Answer::Throttle(Again::Unsaid));
    let output = one(&receiver, "grpc");
    assert_eq!(
        (receiver.requests().len(), lost(&output)),
        (1, vec![("export_failed", "1")]),
        "{output}"
    );
}

#[test]
fn a_collector_is_asked_again_when_it_wants_to_be() {
    let soon = Duration::from_millis(2_300);
    for (protocol, again, least) in [
        (
            "http/protobuf",
            Again::After(Duration::from_secs(2)),
            Duration::from_secs(2),
        ),
        // A date has no fractions of a second.
        (
            "http/protobuf",
            Again::At(SystemTime::now() + Duration::from_secs(4)),
            Duration::from_secs(1),
        ),
        ("http/protobuf", Again::Info(soon), soon),
        ("grpc", Again::Info(soon), soon),
    ] {
        let receiver = Receiver::start();
        let date = if let Again::At(_) = again {
            Again::At(SystemTime::now() + Duration::from_secs(4))
        } else {
            again
        };
        receiver.answer_next([Answer::Throttle(date)]);
        let output = one(&receiver, protocol);
        let requests = receiver.requests();
        assert_eq!(
            (requests.len(), receiver.spans().len(), lost(&output).len()),
            (2, 1, 0),
            "{again:?}: {output}"
        );
        let pause = requests[1].at - requests[0].at;
        assert!(
            pause >= least && pause < Duration::from_secs(8),
            "{protocol} {again:?}: {pause:?}"
        );
    }
}

#[test]
fn a_collector_that_wants_to_wait_for_longer_than_there_is_time_is_not_waited_for() {
    for (protocol, again) in [
        ("http/protobuf", Again::After(Duration::from_secs(3_600))),
        ("http/protobuf", Again::After(Duration::from_secs(u64::MAX))),
        ("http/protobuf", Again::Info(Duration::from_secs(3_600))),
        ("grpc", Again::Info(Duration::from_secs(3_600))),
    ] {
        let receiver = Receiver::start();
        receiver.answer(Answer::Throttle(again));
        let began = Instant::now();
        let output = one(&receiver, protocol);
        assert!(began.elapsed() < DEADLINE / 2, "{again:?}: {:?}", began.elapsed());
        assert_eq!(
            (receiver.requests().len(), lost(&output)),
            (1, vec![("export_failed", "1")]),
            "{again:?}"
        );
    }
}

#[test]
fn a_long_answer_means_that_the_message_was_taken() {
    for protocol in PROTOCOLS {
        for bytes in [100_000, 5 << 20] {
            let receiver = Receiver::start();
            receiver.answer(Answer::Long(bytes));
            let output = one(&receiver, protocol);
            assert_eq!(
                (receiver.spans().len(), lost(&output).len()),
                (1, 0),
                "{protocol} {bytes}: {output}"
            );
        }
    }
}

#[test]
fn the_reason_of_the_collector_and_the_path_stand_in_the_warning() {
    for (protocol, path) in [("http/protobuf", "/v1/traces"), ("grpc", "")] {
        let receiver = Receiver::start();
        receiver.answer(Answer::Status(400));
        let output = one(&receiver, protocol);
        let told = told(&output);
        assert!(told.contains("scripted status 400"), "{told}");
        assert!(
            told.contains(&format!(
                "\"endpoint\":\"{}{path}\"",
                receiver.endpoint().trim_end_matches('/')
            )),
            "{told}"
        );
    }
}

#[test]
fn a_warning_of_the_collector_is_told_and_loses_nothing() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start();
        receiver.answer(Answer::Warn);
        let output = one(&receiver, protocol);
        assert_eq!(
            (receiver.requests().len(), lost(&output).len()),
            (1, 0),
            "{protocol}: {output}"
        );
        let told = output
            .lines()
            .find(|line| line.contains("the collector warns about spans"))
            .expect("a warning");
        assert!(told.contains("the test warns"), "{told}");
    }
}

#[test]
fn redirects_within_the_origin_are_followed_and_no_others() {
    for status in [307, 308] {
        let receiver = Receiver::start();
        receiver.answer_next([Answer::Redirect(status, "/moved/v1/traces")]);
        let output = one(&receiver, "http/protobuf");
        let paths: Vec<_> = receiver.requests().iter().map(|request| request.path.clone()).collect();
        assert_eq!(
            (paths, lost(&output).len()),
            (vec!["/v1/traces".to_owned(), "/moved/v1/traces".to_owned()], 0)
        );
        assert_eq!(receiver.spans().len(), 1, "the method and the message stay");

        for elsewhere in [
            "http://127.0.0.1:1/v1/traces",
            "https://127.0.0.1/v1/traces",
            "//example.com/v1/traces",
        ] {
            let receiver = Receiver::start();
            receiver.answer(Answer::Redirect(status, elsewhere));
            let output = one(&receiver, "http/protobuf");
            assert_eq!(
                (receiver.requests().len(), lost(&output)),
                (1, vec![("export_failed", "1")]),
                "{output}"
            );
            assert!(told(&output).contains("another origin"), "{output}");
        }
        let receiver = Receiver::start();
        receiver.answer(Answer::Redirect(status, "/v1/traces"));
        let output = one(&receiver, "http/protobuf");
        assert!(receiver.requests().len() < 10, "{}", receiver.requests().len());
        assert_eq!(lost(&output), [("export_failed", "1")], "{output}");
    }
}
