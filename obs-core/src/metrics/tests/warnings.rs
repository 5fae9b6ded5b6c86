//! What the registry warns about, and how often.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tracing::{Event, Subscriber, subscriber::with_default};
use tracing_subscriber::{Layer, Registry as Subscribers, layer::Context, layer::SubscriberExt as _};

use super::prelude::*;

/// Counts warnings of obs; records into the registry meanwhile, as a layer that counts lines would.
#[derive(Clone, Default)]
struct Warnings {
    count: Arc<AtomicUsize>,
    registry: Arc<Mutex<Option<Registry>>>,
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == tracing::Level::WARN && event.metadata().target() == "obs" {
            self.count.fetch_add(1, Relaxed);
        }
        let registry = self.registry.lock().unwrap().clone();
        if let Some(registry) = registry {
            with_local_recorder(&registry, || counter!("lines", "n" => "1").increment(1));
        }
    }
}

pub(super) fn warnings(registry: &Registry, work: impl FnOnce()) -> usize {
    let warnings = Warnings::default();
    *warnings.registry.lock().unwrap() = Some(registry.clone());
    with_default(Subscribers::default().with(warnings.clone()), || {
        with_local_recorder(registry, work);
    });
    warnings.count.load(Relaxed)
}

#[test]
fn a_metric_over_its_cap_is_warned_about_once() {
    let registry = Registry::builder().series_cap(1).build().unwrap();
    let count = warnings(&registry, || {
        for n in 0..50 {
            counter!("c", "n" => n.to_string()).increment(1);
            gauge!("g", "n" => n.to_string()).set(1.0);
        }
    });
    assert_eq!(count, 2);
}

#[test]
fn layers_over_their_caps_are_warned_about_once_per_metric() {
    let registry = Registry::builder().series_cap(2).build().unwrap();
    let red = red(&registry);
    let count = warnings(&registry, || {
        for n in 0..50 {
            request(&red, "GET", &format!("/{n}"), 200);
        }
    });
    assert_eq!(count, 1);
}

#[test]
fn each_clash_is_warned_about_once() {
    let registry = Registry::new();
    let count = warnings(&registry, || {
        gauge!("a").set(1.0);
        for n in 0..50 {
            counter!("a", "n" => n.to_string()).increment(1);
            counter!("labels", "le" => n.to_string()).increment(1);
        }
    });
    assert_eq!(count, 2);
    assert!(checked(&registry).contains("lines_total{n=\"1\"} 2\n"));
}
