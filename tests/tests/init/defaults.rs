//! What `init()` makes the default, and what there is without it.

use std::thread;

use axum::{Router, routing::get};
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, metrics::Registry},
};
use obs_tests::{
    logs::LogBuffer,
    net::{self, Server},
    page::Page,
    spans::SpanBuffer,
};

use crate::{
    own_process::in_own_process,
    service::{Service, builder, lines_of},
};

in_own_process!(after_init_requests_events_and_metrics_meet, || {
    let logs = LogBuffer::new();
    let _obs = builder(&logs).init().unwrap();
    let service = Service::start();
    let lines = lines_of(&logs, &service.order());
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(
        (lines[0].str("message"), lines[0].str("item")),
        ("order placed", "book")
    );
    for key in ["trace_id", "span_id", "request_id", "service"] {
        assert_eq!(lines[0].str(key), lines[1].str(key));
    }

    // What the application's macros record stands on the page beside the requests.
    metrics::describe_counter!("orders_placed_total", "Orders that were placed.");
    let page = service.page();
    assert_eq!(
        page.value("http_requests_total", &[("endpoint", "/orders/{id}")]),
        Some(1.0)
    );
    assert_eq!(page.value("orders_placed_total", &[("currency", "EUR")]), Some(1.0));
    assert_eq!(page.family("orders_placed").unwrap().help, "Orders that were placed.");
    assert_eq!(page.value("stock_level", &[]), Some(41.5));
    assert_eq!(page.value("order_value_eur_count", &[]), Some(1.0));
    // And leads to the request in which it was recorded.
    let trace_id = lines[0].str("trace_id");
    let exemplars: Vec<_> = page
        .exemplars()
        .filter(|sample| sample.exemplar.as_ref().unwrap().label("trace_id") == Some(trace_id))
        .map(|sample| sample.name.as_str())
        .collect();
    for name in [
        "orders_placed_total",
        "order_value_eur_bucket",
        "http_request_duration_seconds_bucket",
    ] {
        assert!(exemplars.contains(&name), "{name} among {exemplars:?}");
    }
});

in_own_process!(init_takes_the_registry_that_it_is_given, || {
    let (logs, registry) = (LogBuffer::new(), Registry::new());
    let obs = builder(&logs).registry(registry.clone()).init().unwrap();
    let service = Service::start();
    service.order();
    for page in [Page::of(&registry), Page::of(obs.registry()), service.page()] {
        assert_eq!(page.value("http_requests_total", &[]), Some(1.0));
        assert_eq!(page.value("orders_placed_total", &[]), Some(1.0));
    }
});

in_own_process!(instances_do_not_meet, || {
    let (logs, other_logs) = (LogBuffer::new(), LogBuffer::new());
    let _obs = builder(&logs).init().unwrap();
    let other = Obs::builder("other").log_writer(other_logs.clone()).build().unwrap();
    let service = Service::start();
    let routes = Router::new()
        .route("/orders/{id}", get(|| async { "other" }))
        .layer(ObsLayer::new().obs(&other));
    let server = Server::start(routes.merge(obs_axum::metrics_for("/metrics", &other)));
    service.order();
    for _ in 0..3 {
        assert_eq!(net::get(server.addr(), "/orders/7").text(), "other");
    }
    let lines = other_logs.wait_for_requests(obs_tests::DEADLINE, 3);
    assert!(lines.iter().all(|line| line.str("service") == "other"));
    assert_eq!(logs.wait_for_requests(obs_tests::DEADLINE, 1).len(), 1);
    assert_eq!(service.counted(), 1.0);
    let page = Page::parse(net::get(server.addr(), "/metrics").text()).unwrap();
    assert_eq!(page.value("http_requests_total", &[]), Some(3.0));
});

// === without it ===

in_own_process!(
    without_init_layer_and_page_share_one_registry_and_nothing_is_written,
    || {
        let spans = SpanBuffer::new();
        opentelemetry::global::set_tracer_provider(spans.provider());
        let (service, another) = (Service::start(), Service::start());
        let ids = [service.order(), service.order(), another.order()];
        assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 36), "{ids:?}");
        for service in [&service, &another] {
            assert_eq!(service.counted(), 3.0);
            assert_eq!(service.page().sum("http_request_duration_seconds_count", &[]), 3.0);
            assert_eq!(service.page().sum("http_requests_in_flight", &[]), 0.0);
        }
        assert_eq!(spans.ended().len(), 0);
    },
    [&[]],
    |printed: &[String]| assert!(!printed.iter().any(|line| line.contains('{')), "{printed:#?}")
);

in_own_process!(a_layer_made_before_init_uses_what_it_installs, || {
    let service = Service::start();
    let logs = LogBuffer::new();
    let _obs = builder(&logs).init().unwrap();
    assert_eq!(lines_of(&logs, &service.order()).len(), 2);
    assert_eq!(service.counted(), 1.0);
});

in_own_process!(what_was_counted_before_init_stays_and_goes_on, || {
    let early = Service::start();
    early.order();
    early.order();
    let logs = LogBuffer::new();
    let obs = builder(&logs).init().unwrap();
    let service = Service::start();
    let request_id = service.order();
    early.order();
    for service in [&early, &service] {
        assert_eq!(service.counted(), 4.0);
        assert_eq!(
            service.page().value("obs_build_info", &[("service", "shop")]),
            Some(1.0)
        );
    }
    // A layer that has served a request before keeps to what there was then: no lines.
    lines_of(&logs, &request_id);
    assert!(obs.shutdown(obs_tests::DEADLINE).is_ok());
    assert_eq!(logs.request_lines().len(), 1);
});

// === once ===

in_own_process!(a_second_init_is_an_error_and_changes_nothing, || {
    let (logs, ignored) = (LogBuffer::new(), LogBuffer::new());
    let obs = builder(&logs).init().unwrap();
    let expected =
        "the process-wide obs is already set; call `init` or `make_default` once, and `build` for further instances";
    assert_eq!(builder(&ignored).init().unwrap_err().to_string(), expected);
    // Also when its settings are bad, and when the first is shut down or gone.
    assert_eq!(Obs::builder("").init().unwrap_err().to_string(), expected);
    let service = Service::start();
    assert_eq!(lines_of(&logs, &service.order()).len(), 2);
    assert_eq!(service.counted(), 1.0);
    obs.shutdown(obs_tests::DEADLINE).unwrap();
    assert_eq!(builder(&ignored).init().unwrap_err().to_string(), expected);
    drop(obs);
    assert_eq!(builder(&ignored).init().unwrap_err().to_string(), expected);
    assert_eq!(ignored.lines(), Vec::<String>::new());
});

in_own_process!(of_many_inits_at_once_one_succeeds, || {
    let logs = LogBuffer::new();
    let inits: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| builder(&logs).init())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(inits.iter().filter(|init| init.is_ok()).count(), 1, "{inits:#?}");
    assert_eq!(lines_of(&logs, &Service::start().order()).len(), 2);
});
