//! `init()` that fails, and what it leaves behind: nothing.

use std::io;

use obs_axum::obs_core::{Obs, metrics::Registry};
use obs_tests::logs::LogBuffer;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    own_process::in_own_process,
    service::{Service, builder, lines_of},
};

const SUBSCRIBER_TAKEN: &str = "the process-wide subscriber of `tracing` is already set; give your layers to \
                                `ObsBuilder::layer`, or use `build`, add `Obs::subscriber_layer` to your own \
                                subscriber and call `Obs::make_default`";

in_own_process!(a_refused_init_leaves_nothing_installed, || {
    /// Fails from the start.
    struct Broken;
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let attempt = || Obs::builder("shop").registry(Registry::new()).log_writer(io::sink());
    let messages = [
        Obs::builder(" ").init(),
        attempt().sample_ratio(f64::NAN).init(),
        attempt().duration_buckets([]).init(),
        attempt().otlp_endpoint("nowhere").init(),
        attempt().log_filter("shop=loud").init(),
        attempt().log_writer(Broken).init(),
    ]
    .map(|attempt| attempt.unwrap_err().to_string());
    let starts = [
        "service name is",
        "sample_ratio is",
        "duration_buckets is",
        "otlp_endpoint is",
        "log_filter is",
    ];
    for (message, start) in messages.iter().zip(starts.into_iter().chain(["log_writer is"])) {
        assert!(message.starts_with(start), "{message}");
    }

    // The right one works as if nothing had been before, with yet another registry.
    let logs = LogBuffer::new();
    let obs = builder(&logs).registry(Registry::new()).init().unwrap();
    let service = Service::start();
    assert_eq!(lines_of(&logs, &service.order()).len(), 2);
    let page = service.page();
    assert_eq!(page.sum("http_requests_total", &[]), 1.0);
    assert_eq!(page.value("orders_placed_total", &[]), Some(1.0));
    assert_eq!(obs.registry().snapshot().len(), page.families.len());
});

in_own_process!(a_subscriber_that_is_installed_is_an_error_that_names_the_mend, || {
    // Its levels are not asked about: it is there.
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    let logs = LogBuffer::new();
    assert_eq!(builder(&logs).init().unwrap_err().to_string(), SUBSCRIBER_TAKEN);
    // Still without an instance: requests are counted, nothing is written.
    let service = Service::start();
    service.order();
    assert_eq!((service.counted(), logs.lines()), (1.0, Vec::<String>::new()));

    // As the message says.
    let obs = builder(&logs).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || tracing::info!("seen by both"));
    let lines = logs.wait_for(obs_tests::DEADLINE, |lines| !lines.is_empty());
    assert_eq!(lines[0].str("message"), "seen by both");
});

in_own_process!(a_subscriber_of_the_thread_alone_is_none_of_the_process, || {
    let logs = LogBuffer::new();
    let obs = tracing::subscriber::with_default(tracing_subscriber::registry(), || builder(&logs).init());
    let service = Service::start();
    assert_eq!(lines_of(&logs, &service.order()).len(), 2);
    drop(obs.unwrap());
});
