//! Settings of time at the ends of their range.

use std::{io, time::Duration};

use crate::{
    Obs,
    exposition::PageRequest,
    metrics::{Format, Registry},
    page::MetricsPage,
};

const ENDS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_secs(u64::MAX),
    Duration::MAX,
];

fn log_a_line(obs: &Obs) {
    use tracing_subscriber::layer::SubscriberExt as _;
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || tracing::info!("line"));
}

#[test]
fn a_shutdown_and_a_flush_take_as_long_as_it_takes_if_their_time_has_no_end() {
    let obs = Obs::builder("test").log_writer(io::sink()).build().unwrap();
    log_a_line(&obs);
    obs.flush(Duration::MAX).unwrap();
    log_a_line(&obs);
    obs.shutdown(Duration::MAX).unwrap();
    obs.shutdown(Duration::MAX).unwrap();
}

#[test]
fn no_time_for_a_shutdown_is_no_panic() {
    for timeout in ENDS {
        let obs = Obs::builder("test").log_writer(io::sink()).build().unwrap();
        // Whether it is done in no time is chance.
        let _ = (obs.flush(timeout), obs.shutdown(timeout));
    }
}

#[tokio::test]
async fn a_page_whose_time_has_no_end_is_written() {
    let obs = Obs::builder("test")
        .log_writer(io::sink())
        .metrics_timeout(Duration::MAX)
        .build()
        .unwrap();
    let page = MetricsPage::of(&obs);
    let asked = PageRequest {
        method: "GET",
        path: "/metrics",
        query: None,
        headers: &(),
    };
    assert_eq!(page.respond(&asked).await.status, 200);
}

#[test]
fn thresholds_and_windows_of_any_length_are_taken() {
    for duration in ENDS {
        let builder = Obs::builder("test").log_writer(io::sink());
        let built = builder.request_log_slow(duration).keep_slower_than(duration).build();
        built.unwrap();
    }
    for duration in [Duration::from_secs(1), Duration::MAX] {
        let registry = Registry::builder()
            .summary_window(duration)
            .idle_timeout(duration)
            .build()
            .unwrap();
        registry.summary("upload_bytes", &[]).record(7.0);
        let page = String::from_utf8(registry.render(Format::Text)).unwrap();
        assert!(page.contains("upload_bytes_count 1\n"), "{page}");
    }
    assert!(Registry::builder().summary_window(Duration::ZERO).build().is_err());
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_check_of_any_time_limit_is_asked() {
    use crate::health::{Check, Health};

    for duration in ENDS {
        let check = Check::new("database", || std::future::ready(Ok::<_, io::Error>(())))
            .timeout(duration)
            .cache(duration);
        let health = Health::new().check(check);
        let _report = health.readiness().await;
    }
}
