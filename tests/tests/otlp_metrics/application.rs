//! Metrics of the application, of obs and of the process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use metrics::{Unit, counter, describe_counter, describe_histogram, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::PrometheusBuilder;
use obs_axum::ObsLayer;
use obs_core::{
    instruments::{Cache, Database},
    names::{self, MetricDef},
};
use obs_tests::{
    DEADLINE,
    otlp::{ReceivedMetric, Receiver},
};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value};

use crate::service::{app, ask, attributes, builder, last_push, named};

/// Kind, unit, help and the attributes of the first series.
#[track_caller]
fn check(push: &[ReceivedMetric], name: &str, expected: (&str, &str, &str), labels: &[(&str, &str)]) -> ReceivedMetric {
    let metric = named(push, name).unwrap_or_else(|| panic!("no {name} in {push:#?}"));
    assert_eq!(
        (metric.kind(), &*metric.metric.unit, &*metric.metric.description),
        expected
    );
    assert_eq!(metric.attributes(), [attributes(labels)], "{name}");
    metric.clone()
}

#[test]
fn an_interval_without_an_end_pushes_at_a_flush_and_at_the_shutdown() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).otlp_metrics_interval(Duration::MAX).build().unwrap();
    with_local_recorder(obs.registry(), || counter!("user_registrations_total").increment(3));
    obs.flush(DEADLINE).unwrap();
    assert_eq!(receiver.metrics().len(), 1);
    obs.shutdown(DEADLINE).unwrap();
    assert_eq!(receiver.metrics().len(), 2);
    assert!(named(&last_push(&receiver), "user_registrations_total").is_some());
}

#[test]
fn what_the_application_records_goes_along_under_the_names_of_the_page() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).build().unwrap();
    let registry = obs.registry();
    with_local_recorder(registry, || {
        describe_counter!("user_registrations_total", "Users who signed up.");
        counter!("user_registrations_total", "country" => "DE").increment(3);
        gauge!("cart_abandonment_rate").set(0.25);
        describe_histogram!("order_processing", Unit::Milliseconds, "Time to process an order.");
        histogram!("order_processing", "status" => "paid").record(7.0);
    });
    registry
        .float_counter("order_value", &[("currency", "EUR")])
        .increment(19.5);
    registry.summary("upload_bytes", &[]).record(100.0);
    registry.set_info("features", &[("checkout", "v2")]);
    obs.shutdown(DEADLINE).unwrap();

    let push = last_push(&receiver);
    let help = "Users who signed up.";
    let users = check(
        &push,
        "user_registrations_total",
        ("sum", "", help),
        &[("country", "\"DE\"")],
    );
    assert_eq!(users.numbers()[0].value, Some(Value::AsInt(3)));
    assert!(users.numbers()[0].start_time_unix_nano > 0);
    let rate = check(&push, "cart_abandonment_rate", ("gauge", "", ""), &[]);
    assert_eq!(rate.numbers()[0].value, Some(Value::AsDouble(0.25)));
    let help = "Time to process an order.";
    let time = check(
        &push,
        "order_processing_milliseconds",
        ("histogram", "ms", help),
        &[("status", "\"paid\"")],
    );
    assert_eq!((time.histograms()[0].count, time.histograms()[0].sum), (1, Some(7.0)));
    let value = check(&push, "order_value_total", ("sum", "", ""), &[("currency", "\"EUR\"")]);
    assert_eq!(value.numbers()[0].value, Some(Value::AsDouble(19.5)));
    let upload = check(&push, "upload_bytes", ("summary", "By", ""), &[]);
    let Some(Data::Summary(summary)) = &upload.metric.data else {
        panic!("{upload:#?}")
    };
    assert_eq!(
        (
            summary.data_points[0].count,
            summary.data_points[0].quantile_values.len()
        ),
        (1, 4)
    );
    let info = check(&push, "features_info", ("gauge", "", ""), &[("checkout", "\"v2\"")]);
    assert_eq!(info.numbers()[0].value, Some(Value::AsInt(1)));
}

#[test]
fn typed_sets_self_metrics_and_the_process_go_along() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).build().unwrap();
    Cache::for_obs(&obs, "sessions").hit();
    Database::for_obs(&obs, "main").set_connections_max(10);
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    let known_in = |namespace: &str, def: &MetricDef| named(&push, &def.name(namespace)).map(ReceivedMetric::kind);
    assert_eq!(
        known_in(names::cache::DEFAULT_NAMESPACE, &names::cache::HITS),
        Some("sum")
    );
    assert_eq!(
        known_in(names::database::DEFAULT_NAMESPACE, &names::database::CONNECTIONS_MAX),
        Some("gauge")
    );
    let known = |def| known_in("", def);
    assert_eq!(known(&names::metric::BUILD_INFO), Some("gauge"));
    assert_eq!(known(&names::metric::LOG_LINES), Some("sum"));
    assert_eq!(known(&names::metric::PROCESS_CPU), Some("sum"));
    assert_eq!(known(&names::metric::PROCESS_RESIDENT_MEMORY), Some("gauge"));
    assert_eq!(named(&push, "process_resident_memory_bytes").unwrap().metric.unit, "By");
    // The resource has what it says.
    assert_eq!(known(&names::metric::TARGET_INFO), None);
}

#[test]
fn only_what_is_asked_for_is_pushed() {
    let receiver = Receiver::start();
    let obs = builder(&receiver)
        .otlp_metrics_only(["http.server.", "user_"])
        .build()
        .unwrap();
    with_local_recorder(obs.registry(), || {
        counter!("user_registrations_total").increment(1);
        counter!("product_views_total").increment(1);
    });
    ask(&app(ObsLayer::new().obs(&obs)), "GET", "/users/7");
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    let names: Vec<_> = push.iter().map(ReceivedMetric::name).collect();
    assert_eq!(names, ["user_registrations_total", "http.server.request.duration"]);
}

#[test]
fn beside_another_recorder_requests_are_pushed_alone() {
    let receiver = Receiver::start();
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let obs = builder(&receiver).recorder(recorder).build().unwrap();
    ask(&app(ObsLayer::new().obs(&obs)), "GET", "/users/7");
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    assert_eq!(
        named(&push, "http.server.request.duration").unwrap().histograms()[0].count,
        1
    );
    assert!(handle.render().contains("http_requests_total{"), "{}", handle.render());
}

#[test]
fn a_hook_that_panics_costs_no_push() {
    let receiver = Receiver::start();
    let obs = builder(&receiver)
        .otlp_metrics_interval(Duration::from_millis(20))
        .build()
        .unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let called = Arc::clone(&calls);
    obs.registry().before_render(move || {
        called.fetch_add(1, SeqCst);
        panic!("on purpose");
    });
    receiver.wait_for_metrics(DEADLINE, |pushes| pushes.len() >= 2 && calls.load(SeqCst) >= 2);
    obs.shutdown(DEADLINE).unwrap();
    let push = last_push(&receiver);
    let failed =
        named(&push, "obs_metric_pushes_failed_total").map_or_else(Vec::new, |failed| failed.numbers().to_vec());
    assert!(
        failed.iter().all(|point| point.value == Some(Value::AsInt(0))),
        "{failed:?}"
    );
}
