//! What is said if something is not connected, or is there twice.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use axum::{Router, routing::get};
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, context},
};
use obs_tests::{
    DEADLINE,
    logs::LogBuffer,
    net::{self, Server},
    until,
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_log::log;
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

use crate::{
    own_process::in_own_process,
    service::{Service, builder},
};

/// The messages of obs about itself.
#[derive(Clone, Debug, Default)]
struct Notices(Arc<Mutex<Vec<String>>>);

impl Visit for Notices {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

impl<S: Subscriber> Layer<S> for Notices {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "obs" {
            event.record(&mut self.clone());
        }
    }
}

impl Notices {
    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

const NO_LAYER: &str = "an instance of obs writes lines of requests, but not those of events: add \
                        `.with(obs.subscriber_layer())` to the subscriber";
const NO_DEFAULT: &str = "the process has no default instance of obs, so `metrics::counter!`, records of the `log` \
                          crate, OpenTelemetry's globals, and layers, clients and pages without `.obs(…)` are not \
                          connected to one: call `obs.make_default()?` after `build()`";
const NO_INSTANCE: &str = "a layer or client without `.obs(…)` records metrics alone, and writes no lines, since the \
                           process has no default instance of obs: call `init()`, or `obs.make_default()?` after \
                           `build()`";
const NO_SUBSCRIBER: &str = "the process has no subscriber of `tracing`, so its events write no lines and its spans are \
                             not exported: call `init()` in place of `build()`, or install a subscriber, \
                             `tracing_subscriber::registry().with(obs.subscriber_layer()).init()`";

/// What the lines of an instance say of obs itself.
fn about_obs(logs: &LogBuffer) -> Vec<String> {
    let lines = logs.json_lines();
    let about = lines.iter().filter(|line| line.str("target") == "obs");
    about.map(|line| line.str("message").to_owned()).collect()
}

/// Sends a service of this instance two requests.
fn serve(obs: &Obs) {
    let service = Router::new().route("/", get(|| async { "done" }));
    let server = Server::start(service.layer(ObsLayer::new().obs(obs)));
    for _ in 0..2 {
        assert_eq!(net::get(server.addr(), "/").status, 200);
    }
}

in_own_process!(an_instance_that_is_not_connected_says_so_once, || {
    let (logs, notices) = (LogBuffer::new(), Notices::default());
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(notices.clone())).unwrap();
    let obs = builder(&logs).build().unwrap();
    serve(&obs);
    until(DEADLINE, || notices.all().len() >= 2);
    serve(&obs);
    Service::start().order();
    until(DEADLINE, || notices.all().len() >= 3);
    assert_eq!(notices.all(), [NO_LAYER, NO_DEFAULT, NO_INSTANCE]);
    // Whatever the other layers show: the lines of the instance have it.
    until(DEADLINE, || {
        logs.json_lines().iter().any(|line| line.str("message") == NO_LAYER)
    });
});

in_own_process!(an_instance_without_a_subscriber_says_so_once_in_its_lines, || {
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    serve(&obs);
    serve(&obs);
    obs.shutdown(DEADLINE).unwrap();
    assert_eq!(about_obs(&logs), [NO_SUBSCRIBER, NO_DEFAULT]);
});

in_own_process!(an_instance_with_jobs_alone_says_what_is_not_connected_once, || {
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    for _ in 0..2 {
        context::run_in(obs.start_context(), || ());
    }
    obs.shutdown(DEADLINE).unwrap();
    obs.shutdown(DEADLINE).unwrap();
    assert_eq!(about_obs(&logs), [NO_SUBSCRIBER, NO_DEFAULT]);
});

in_own_process!(a_default_that_is_never_asked_says_at_its_end_what_it_lacks, || {
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    obs.make_default().unwrap();
    context::run_new(|| ());
    drop(obs);
    assert_eq!(about_obs(&logs), [NO_SUBSCRIBER]);
});

in_own_process!(an_instance_that_is_never_used_says_nothing, || {
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    obs.shutdown(DEADLINE).unwrap();
    drop(obs);
    assert_eq!(about_obs(&logs), Vec::<String>::new());
});

in_own_process!(
    a_client_without_a_subscriber_says_so_in_the_lines_of_its_instance,
    || {
        let logs = LogBuffer::new();
        let obs = builder(&logs).build().unwrap();
        obs.make_default().unwrap();
        let client = obs_reqwest::client(reqwest::Client::new());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        // Nobody listens there.
        drop(runtime.block_on(client.get("http://127.0.0.1:1/").send()));
        obs.shutdown(DEADLINE).unwrap();
        assert_eq!(about_obs(&logs), [NO_SUBSCRIBER]);
    }
);

in_own_process!(a_subscriber_of_the_thread_alone_is_not_missed_in_the_process, || {
    let logs = LogBuffer::new();
    let obs = builder(&logs).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let app = Router::new()
            .route("/", get(|| async {}))
            .layer(ObsLayer::new().obs(&obs));
        let request = http::Request::get("/").body(axum::body::Body::empty()).unwrap();
        drop(runtime.block_on(tower::ServiceExt::oneshot(app, request)).unwrap());
    });
    obs.shutdown(DEADLINE).unwrap();
    assert_eq!(about_obs(&logs), Vec::<String>::new());
    assert_eq!(logs.json_lines().len(), 1);
});

in_own_process!(an_instance_that_is_connected_says_nothing, || {
    let (logs, notices) = (LogBuffer::new(), Notices::default());
    let obs = builder(&logs).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(notices.clone());
    tracing::subscriber::set_global_default(subscriber.with(obs.subscriber_layer())).unwrap();
    obs.make_default().unwrap();
    serve(&obs);
    Service::start().order();
    // The last thing that could be said.
    log::info!(target: "actix_web::middleware::logger", "127.0.0.1 GET /");
    until(DEADLINE, || !notices.all().is_empty());
    assert!(
        notices.all()[0].starts_with("`Logger` of actix-web"),
        "{:?}",
        notices.all()
    );
});

in_own_process!(others_that_log_each_request_are_named_once, || {
    let (logs, notices) = (LogBuffer::new(), Notices::default());
    let _obs = builder(&logs).layer(notices.clone()).init().unwrap();
    // Not enabled, so nothing is there twice.
    tracing::debug!(target: "tower_http::trace::on_request", "started processing request");
    for _ in 0..2 {
        tracing::error!(target: "tower_http::trace::on_failure", "response failed");
        tracing::info_span!(target: "tracing_actix_web::root_span_builder", "HTTP request").in_scope(|| ());
        log::info!(target: "actix_web::middleware::logger", "127.0.0.1 GET /");
    }
    until(DEADLINE, || notices.all().len() >= 3);
    let mut all = notices.all();
    all.sort();
    let fixes = [
        "actix_web::middleware::logger=off",
        "tower_http::trace=off",
        "tracing_actix_web=off",
    ];
    assert_eq!(all.len(), 3, "{all:?}");
    for (notice, fix) in all.iter().zip(fixes) {
        assert!(notice.contains(fix), "{notice}");
    }
});
