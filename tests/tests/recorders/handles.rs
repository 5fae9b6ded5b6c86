//! How often a recorder is called for a handle.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use axum::{Router, body::Body, routing::get};
use http::Request;
use http_body_util::BodyExt as _;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use obs_axum::ObsLayer;
use obs_core::Obs;
use tower::ServiceExt as _;

/// Counts what is registered and what is recorded.
#[derive(Clone, Debug, Default)]
struct Counting {
    registered: Arc<AtomicUsize>,
    recorded: Arc<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    counted: AtomicU64,
    level: AtomicUsize,
    observed: AtomicUsize,
}

impl CounterFn for Recorded {
    fn increment(&self, value: u64) {
        self.counted.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Recorded {
    fn increment(&self, _: f64) {
        self.level.fetch_add(1, Ordering::Relaxed);
    }

    fn decrement(&self, _: f64) {
        self.level.fetch_sub(1, Ordering::Relaxed);
    }

    fn set(&self, _: f64) {}
}

impl HistogramFn for Recorded {
    fn record(&self, _: f64) {
        self.observed.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counting {
    fn register(&self, key: &Key) -> Option<Arc<Recorded>> {
        key.name().starts_with("http_").then(|| {
            self.registered.fetch_add(1, Ordering::Relaxed);
            Arc::clone(&self.recorded)
        })
    }
}

impl Recorder for Counting {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.register(key).map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.register(key).map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.register(key).map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

#[test]
fn any_recorder_is_asked_once_for_each_series() {
    let recorder = Counting::default();
    let builder = Obs::builder("test")
        .log_writer(std::io::sink())
        .recorder(recorder.clone());
    let obs = builder.build().expect("valid settings");
    let app = Router::new()
        .route("/users/{id}", get(async || "hello"))
        .layer(ObsLayer::new().obs(&obs));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let ask = |times: usize| {
        for _ in 0..times {
            let request = Request::get("/users/7").body(Body::empty()).expect("a request");
            runtime.block_on(async {
                let response = app.clone().oneshot(request).await.expect("a router never fails");
                response.into_body().collect().await.expect("a body");
            });
        }
    };
    ask(2);
    let registered = recorder.registered.load(Ordering::Relaxed);
    ask(998);
    assert_eq!(
        recorder.registered.load(Ordering::Relaxed),
        registered,
        "handles are kept"
    );
    assert_eq!(
        recorder.recorded.counted.load(Ordering::Relaxed),
        1_000,
        "requests_total"
    );
    assert_eq!(
        recorder.recorded.observed.load(Ordering::Relaxed),
        3_000,
        "a duration and two sizes each"
    );
    assert_eq!(
        recorder.recorded.level.load(Ordering::Relaxed),
        0,
        "nothing is in flight any more"
    );
}
