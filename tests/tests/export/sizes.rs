//! Messages that would be too large.

use obs_tests::otlp::{Answer, Receiver};

use crate::service::{PROTOCOLS, lost, run, told};

#[test]
fn spans_that_are_large_together_go_in_messages_that_every_collector_takes() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start();
        receiver.answer(Answer::AtMost(4 << 20));
        let output = run(&receiver, protocol, &[390_000; 40], &[]);
        assert_eq!(
            (receiver.spans().len(), lost(&output).len()),
            (40, 0),
            "{protocol}: {output}"
        );
        let sizes: Vec<_> = receiver.requests().iter().map(|request| request.size).collect();
        assert!(
            sizes.iter().all(|size| *size <= 3 << 20) && sizes.len() < 20,
            "{protocol}: {sizes:?}"
        );
    }
}

#[test]
fn a_message_that_is_refused_for_its_size_is_sent_in_halves() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start();
        receiver.answer(Answer::AtMost(50_000));
        let output = run(&receiver, protocol, &[10_000; 40], &[]);
        assert_eq!(
            (receiver.spans().len(), lost(&output).len()),
            (40, 0),
            "{protocol}: {output}"
        );
        let mut bodies: Vec<_> = receiver
            .spans()
            .iter()
            .map(obs_tests::otlp::ReceivedSpan::span_id)
            .collect();
        bodies.sort_unstable();
        bodies.dedup();
        assert_eq!(bodies.len(), 40, "{protocol}: each once");
    }
}

#[test]
fn a_span_that_no_collector_takes_is_lost_alone() {
    for protocol in PROTOCOLS {
        let mut sizes = [10; 20];
        sizes[7] = 4 << 20;
        let receiver = Receiver::start();
        let output = run(&receiver, protocol, &sizes, &[]);
        assert_eq!(
            (receiver.spans().len(), lost(&output)),
            (19, vec![("too_large", "1")]),
            "{protocol}: {output}"
        );
        assert!(
            told(&output).contains("more than the 3145728 that are sent at once"),
            "{output}"
        );

        let receiver = Receiver::start();
        receiver.answer(Answer::AtMost(30_000));
        sizes[7] = 40_000;
        let output = run(&receiver, protocol, &sizes, &[]);
        assert_eq!(
            (receiver.spans().len(), lost(&output)),
            (19, vec![("too_large", "1")]),
            "{protocol}: {output}"
        );
    }
}

#[test]
fn a_collector_that_takes_nothing_of_any_size_loses_every_span_once() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start();
        receiver.answer(Answer::AtMost(0));
        let output = run(&receiver, protocol, &[10; 20], &[]);
        assert_eq!(lost(&output), [("too_large", "20")], "{protocol}: {output}");
        assert!(
            receiver.requests().len() <= 2 * 20,
            "{protocol}: {}",
            receiver.requests().len()
        );
    }
}
