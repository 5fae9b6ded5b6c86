//! How often a layer's state is made.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use obs_tests::{
    DEADLINE,
    scenario::{Route, Settings, Stage, Wire, ask_all, get, text},
};

use crate::adapter::Axum;

/// Counts how often recording of requests is set up.
#[derive(Clone, Debug, Default)]
struct Describing(Arc<AtomicUsize>);

impl Recorder for Describing {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        if key.as_str() == "http_requests_total" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// axum adds the layer to each of 50 routes and to the fallback, and clones them for each of 20
/// connections.
#[test]
fn it_is_made_once_whatever_axum_does() {
    let describing = Describing::default();
    let stage = Stage::in_memory_with(|builder| builder.recorder(describing.clone()));
    let routes: Vec<_> = (0..50).map(|n| Route::new(format!("/r{n}"), text("hello"))).collect();
    let server = stage.serve(&Axum::PLAIN, &routes, &Settings::default());
    for _ in 0..20 {
        let answers = ask_all(Wire::H1, server.addr(), &[get("/r1"), get("/r2"), get("/nowhere")]);
        assert_eq!(
            answers.iter().map(|answer| answer.status).collect::<Vec<_>>(),
            [200, 200, 404]
        );
    }
    assert!(stage.wait_finished(60));
    assert!(server.stop(DEADLINE));
    assert_eq!(describing.0.load(Ordering::Relaxed), 1);
}
