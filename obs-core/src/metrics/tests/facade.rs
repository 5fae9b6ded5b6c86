//! RED metrics into another recorder, made by hand.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use ::metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use super::prelude::*;

/// Writes down what it is told.
#[derive(Clone, Debug, Default)]
struct Notes {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    values: Mutex<BTreeMap<String, f64>>,
    registered: Mutex<Vec<String>>,
    described: Mutex<Vec<(String, Option<Unit>)>>,
}

#[derive(Debug)]
struct Note {
    notes: Notes,
    key: String,
}

impl Notes {
    fn note(&self, key: &Key) -> Arc<Note> {
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let key = format!("{}{{{}}}", key.name(), labels.join(","));
        self.inner
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(key.clone());
        Arc::new(Note {
            notes: self.clone(),
            key,
        })
    }

    fn value(&self, key: &str) -> Option<f64> {
        self.inner
            .values
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .copied()
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>) {
        let mut described = self.inner.described.lock().unwrap_or_else(PoisonError::into_inner);
        described.push((name.as_str().to_owned(), unit));
    }
}

impl Note {
    fn add(&self, step: f64) {
        let mut values = self.notes.inner.values.lock().unwrap_or_else(PoisonError::into_inner);
        *values.entry(self.key.clone()).or_default() += step;
    }
}

impl CounterFn for Note {
    fn increment(&self, n: u64) {
        self.add(f64::from(u32::try_from(n).unwrap()));
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Note {
    fn increment(&self, step: f64) {
        self.add(step);
    }

    fn decrement(&self, step: f64) {
        self.add(-step);
    }

    fn set(&self, _: f64) {}
}

impl HistogramFn for Note {
    fn record(&self, value: f64) {
        self.add(value);
    }
}

impl Recorder for Notes {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.note(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.note(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.note(key))
    }
}

fn facade() -> (Notes, ServerRed) {
    let notes = Notes::default();
    let target = Target::Facade(Arc::new(notes.clone()));
    let red = ServerRed::new(&target, &RedOptions::default());
    (notes, red)
}

#[test]
fn another_recorder_gets_the_same_names_and_labels() {
    let (notes, red) = facade();
    let flight = red.arrive("GET", "/a");
    assert_eq!(
        notes.value("http_requests_in_flight{method=_OTHER,endpoint=/a}"),
        Some(1.0)
    );
    let failed = Measured {
        error_type: Some("500"),
        request_bytes: Some(10),
        response_bytes: Some(20),
        ..measured(500, Outcome::ServerError)
    };
    flight.record(&red, &failed);
    flight.record_stream(&red, Duration::from_secs(2), &measured(500, Outcome::ServerError));
    drop(flight);
    let route = "method=GET,endpoint=/a";
    assert_eq!(
        notes.value(&format!(
            "http_requests_total{{{route},status=500,outcome=server_error}}"
        )),
        Some(1.0)
    );
    assert_eq!(
        notes.value(&format!("http_request_duration_seconds{{{route},status=500}}")),
        Some(0.02)
    );
    assert_eq!(
        notes.value(&format!("http_errors_total{{{route},error_type=500}}")),
        Some(1.0)
    );
    assert_eq!(notes.value(&format!("http_request_size_bytes{{{route}}}")), Some(10.0));
    assert_eq!(notes.value(&format!("http_response_size_bytes{{{route}}}")), Some(20.0));
    assert_eq!(
        notes.value(&format!("http_stream_duration_seconds{{{route}}}")),
        Some(2.0)
    );
    assert_eq!(
        notes.value("http_requests_in_flight{method=_OTHER,endpoint=/a}"),
        Some(0.0)
    );
}

#[test]
fn another_recorder_is_asked_for_each_handle_once() {
    let (notes, red) = facade();
    for _ in 0..10 {
        request(&red, "GET", "/a", 200);
    }
    let registered = notes.inner.registered.lock().unwrap().clone();
    assert_eq!(
        registered
            .iter()
            .filter(|key| key.starts_with("http_requests_total"))
            .count(),
        1,
        "{registered:?}"
    );
    assert_eq!(
        registered
            .iter()
            .filter(|key| key.starts_with("http_request_duration"))
            .count(),
        1
    );
    let described = notes.inner.described.lock().unwrap().clone();
    assert!(described.contains(&("http_request_duration_seconds".to_owned(), Some(Unit::Seconds))));
    assert_eq!(
        described
            .iter()
            .filter(|(name, _)| name == "http_requests_total")
            .count(),
        1
    );
}

#[test]
fn the_cap_holds_for_another_recorder_too() {
    let (notes, red) = facade();
    for n in 0..2_100 {
        request(&red, "GET", &format!("/{n}"), 200);
    }
    let overflow = "method=_overflow,endpoint=_overflow,status=_overflow,outcome=_overflow";
    assert_eq!(notes.value(&format!("http_requests_total{{{overflow}}}")), Some(100.0));
    assert!(
        notes
            .value("obs_series_overflow_total{metric=http_requests_in_flight}")
            .is_some_and(|count| count >= 100.0)
    );
}
