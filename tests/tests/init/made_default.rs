//! An instance of `build()` that is made the process-wide default, under a subscriber of the application.

use metrics_exporter_prometheus::PrometheusBuilder;
use obs_axum::obs_core::{
    Obs,
    instruments::Database,
    metrics::Format,
    otel::opentelemetry::{
        global,
        trace::{Tracer as _, TracerProvider as _},
    },
};
use obs_tests::{DEADLINE, logs::LogBuffer, net, page::Page, spans::SpanBuffer, until};
use tracing_log::{LogTracer, log};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{
    own_process::in_own_process,
    service::{Service, builder, lines_of},
};

/// Installs a subscriber with the layer of `obs`, as an application does that has one of its own.
fn install_subscriber(obs: &Obs) {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

fn page_of(obs: &Obs) -> Page {
    Page::parse(&String::from_utf8(obs.registry().render(Format::Text)).unwrap()).unwrap()
}

/// A logger that is not ours.
struct Other;

impl log::Log for Other {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

in_own_process!(what_names_no_instance_uses_the_one_that_was_made_the_default, || {
    let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
    // Layers may be added to services before.
    let service = Service::start();
    let obs = builder(&logs).tracer_provider(spans.provider()).build().unwrap();
    install_subscriber(&obs);
    obs.make_default().unwrap();
    obs.make_default().unwrap();

    assert_eq!(lines_of(&logs, &service.order()).len(), 2);
    let missing = net::get(service.address(), "/missing");
    assert_eq!(missing.status, 404);
    assert_eq!(lines_of(&logs, missing.header("x-request-id").unwrap()).len(), 1);
    let _: Result<(), ()> = Database::new("orders").query_blocking("count", || Ok(()));
    log::warn!("from the log crate");
    global::tracer_provider().tracer("library").start("of a library");
    for page in [service.page(), page_of(&obs)] {
        assert_eq!(page.sum("http_requests_total", &[]), 2.0);
        assert_eq!(page.value("orders_placed_total", &[("currency", "EUR")]), Some(1.0));
        assert_eq!(page.value("obs_build_info", &[("service", "shop")]), Some(1.0));
        assert_eq!(page.sum("db_queries_total", &[]), 1.0);
    }
    until(DEADLINE, || {
        spans.ended().iter().any(|span| span.name == "of a library")
    });
    obs.flush(DEADLINE).unwrap();
    let lines = logs.json_lines();
    assert!(
        lines.iter().any(|line| line.str("message") == "from the log crate"),
        "{lines:#?}"
    );
    assert!(!lines.iter().any(|line| line.str("target") == "obs"), "{lines:#?}");
});

in_own_process!(a_bridge_of_log_that_is_installed_already_is_as_good, || {
    LogTracer::init().unwrap();
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    obs.make_default().unwrap();
    install_subscriber(&obs);
    log::info!("bridged");
    obs.flush(DEADLINE).unwrap();
    let lines = logs.json_lines();
    assert_eq!(
        lines.iter().map(|line| line.str("message")).collect::<Vec<_>>(),
        ["bridged"]
    );
});

in_own_process!(another_logger_is_named_in_a_warning, || {
    log::set_boxed_logger(Box::new(Other)).unwrap();
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    obs.make_default().unwrap();
    obs.flush(DEADLINE).unwrap();
    let lines = logs.json_lines();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert_eq!(
        (lines[0].str("level"), lines[0].str("message")),
        (
            "warn",
            "records of the `log` crate go to the logger that is installed, and are not logged by obs: don't install \
             it, or install `tracing_log::LogTracer::init()` in its place"
        )
    );
});

in_own_process!(a_second_default_is_refused, || {
    let logs = LogBuffer::new();
    let [first, second] = [(), ()].map(|()| builder(&logs).build().unwrap());
    first.make_default().unwrap();
    let expected =
        "the process-wide obs is already set; call `init` or `make_default` once, and `build` for further instances";
    assert_eq!(second.make_default().unwrap_err().to_string(), expected);
    assert_eq!(builder(&logs).init().unwrap_err().to_string(), expected);
    metrics::counter!("orders_placed_total").increment(1);
    let counted = [&first, &second].map(|obs| page_of(obs).value("orders_placed_total", &[]));
    assert_eq!(counted, [Some(1.0), None]);
});

in_own_process!(another_recorder_is_refused_and_nothing_is_changed, || {
    let handle = PrometheusBuilder::new().install_recorder().unwrap();
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    assert_eq!(
        obs.make_default().unwrap_err().to_string(),
        "the process-wide recorder of `metrics` is already set; use `init`, which records into it, or give it to \
         `ObsBuilder::recorder` too"
    );
    metrics::counter!("orders_placed_total").increment(1);
    assert!(handle.render().contains("orders_placed_total 1"));
    // `init` takes it.
    let _default = builder(&logs).init().unwrap();
    Service::start().order();
    assert!(handle.render().contains("http_requests_total"));
});
