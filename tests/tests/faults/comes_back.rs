//! A collector that comes back gets the next spans, without a restart of anything.

use obs_tests::{
    DEADLINE,
    otlp::{Answer, Receiver},
    until,
};

use crate::{
    alone,
    collector::{Collector, Fault},
    service::Service,
};

/// More than a batch: sent without waiting for more.
const REQUESTS: usize = 600;

#[test]
fn one_that_was_absent() {
    let _alone = alone();
    let addr = Collector::start(Fault::Absent).addr();
    let mut service = Service::start(Some(format!("http://{addr}")));
    service.handle(REQUESTS);
    until(DEADLINE, || service.lost("export_failed") > 0);
    let collector = Collector::start_at(Fault::None, addr);
    until(DEADLINE, || {
        service.handle(REQUESTS);
        collector.requests() > 0
    });
    let lost = service.dropped();
    service.obs.shutdown(DEADLINE).expect("nothing is in the way any more");
    assert_eq!(service.dropped(), lost, "the rest has arrived");
}

#[test]
fn one_that_had_no_time() {
    let _alone = alone();
    let receiver = Receiver::start();
    receiver.answer(Answer::Status(503));
    let mut service = Service::start(Some(receiver.endpoint()));
    service.handle(REQUESTS);
    receiver.wait_for_requests(DEADLINE, |requests| !requests.is_empty());
    receiver.answer(Answer::Accept);
    service.obs.shutdown(DEADLINE).expect("nothing is in the way any more");
    let arrived = receiver.spans().len() as u64;
    assert_eq!(
        (arrived, service.dropped()),
        (service.handled, 0),
        "a short refusal costs no span at all"
    );
}

#[test]
fn one_that_never_answered() {
    let _alone = alone();
    let silent = Collector::start(Fault::Silent);
    let addr = silent.addr();
    let mut service = Service::start(Some(silent.endpoint()));
    service.handle(REQUESTS);
    until(DEADLINE, || silent.requests() > 0);
    drop(silent);
    let collector = Collector::start_at(Fault::None, addr);
    until(DEADLINE, || {
        service.handle(REQUESTS);
        collector.requests() > 0
    });
    let lost = service.dropped();
    service.obs.shutdown(DEADLINE).expect("nothing is in the way any more");
    assert_eq!(service.dropped(), lost, "the rest has arrived");
}
