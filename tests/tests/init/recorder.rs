//! Another recorder of the `metrics` facade: found by `init()`, or given to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicU64, atomic::Ordering},
};

use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use obs_tests::logs::LogBuffer;

use crate::{
    own_process::in_own_process,
    service::{Service, builder, lines_of},
};

const REASON: &str = "The metrics of this service go to another recorder of the `metrics` facade; serve that \
                      recorder's page, as `metrics_from` does.\n";

/// Keeps whatever it is given, by name and labels.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Tables>>);

#[derive(Debug, Default)]
struct Tables {
    numbers: BTreeMap<String, Arc<AtomicU64>>,
    samples: BTreeMap<String, Arc<Samples>>,
    described: BTreeMap<String, (Option<Unit>, String)>,
}

#[derive(Debug, Default)]
struct Samples(Mutex<Vec<f64>>);

impl HistogramFn for Samples {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

impl Kept {
    fn number(&self, key: &Key) -> Arc<AtomicU64> {
        Arc::clone(self.0.lock().unwrap().numbers.entry(series(key)).or_default())
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, help: &SharedString) {
        self.0
            .lock()
            .unwrap()
            .described
            .insert(name.as_str().to_owned(), (unit, help.to_string()));
    }

    #[track_caller]
    fn counted(&self, series: &str) -> u64 {
        let tables = self.0.lock().unwrap();
        let found = tables.numbers.get(series);
        found
            .unwrap_or_else(|| panic!("no {series} in {:#?}", tables.numbers))
            .load(Ordering::SeqCst)
    }

    #[track_caller]
    fn measured(&self, series: &str) -> Vec<f64> {
        let tables = self.0.lock().unwrap();
        let found = tables.samples.get(series);
        found
            .unwrap_or_else(|| panic!("no {series} in {:#?}", tables.samples))
            .0
            .lock()
            .unwrap()
            .clone()
    }
}

/// `name{key="value",…}`
fn series(key: &Key) -> String {
    let labels: Vec<_> = key
        .labels()
        .map(|label| format!("{}={:?}", label.key(), label.value()))
        .collect();
    format!("{}{{{}}}", key.name(), labels.join(","))
}

impl Recorder for Kept {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(&key, unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.number(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.number(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::clone(
            self.0.lock().unwrap().samples.entry(series(key)).or_default(),
        ))
    }
}

/// Two orders, and what a foreign recorder and the page must say of them.
#[track_caller]
fn check(kept: &Kept, logs: &LogBuffer) {
    let service = Service::start();
    service.order();
    let request_id = service.order();
    assert_eq!(lines_of(logs, &request_id).len(), 2);

    let route = "method=\"GET\",endpoint=\"/orders/{id}\"";
    let requests = format!("http_requests_total{{{route},status=\"200\",outcome=\"ok\"}}");
    assert_eq!(kept.counted(&requests), 2);
    let durations = kept.measured(&format!("http_request_duration_seconds{{{route},status=\"200\"}}"));
    assert!(
        durations.len() == 2 && durations.iter().all(|seconds| (0.0..15.0).contains(seconds)),
        "{durations:?}"
    );
    assert_eq!(
        kept.measured(&format!("http_response_size_bytes{{{route}}}")),
        [5.0, 5.0]
    );
    assert_eq!(
        kept.counted(&format!("http_requests_in_flight{{{route}}}")),
        0,
        "the bits of 0.0"
    );
    let lines = kept.counted("obs_log_lines_total{level=\"info\"}");
    assert!(lines >= 4, "{lines} lines");
    assert_eq!(kept.counted("orders_placed_total{currency=\"EUR\"}"), 2);
    assert_eq!(kept.measured("order_value_eur{}"), [19.99, 19.99]);

    let (unit, help) = kept.0.lock().unwrap().described["http_request_duration_seconds"].clone();
    assert_eq!(unit, Some(Unit::Seconds));
    assert!(!help.is_empty());

    for accept in ["text/plain", "application/openmetrics-text"] {
        let page = service.get("/metrics", accept);
        assert_eq!((page.status, page.text()), (503, REASON));
        assert_eq!(page.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    // The page still leaves itself out.
    assert_eq!(kept.counted(&requests), 2);
    assert!(
        !kept
            .0
            .lock()
            .unwrap()
            .numbers
            .keys()
            .any(|series| series.contains("/metrics"))
    );
}

in_own_process!(init_adopts_the_recorder_that_is_installed_and_says_so, || {
    let kept = Kept::default();
    assert!(metrics::set_global_recorder(kept.clone()).is_ok());
    let logs = LogBuffer::new();
    let _obs = builder(&logs).init().unwrap();
    let lines = logs.wait_for(obs_tests::DEADLINE, |lines| !lines.is_empty());
    assert_eq!(
        lines[0].str("message"),
        "metrics go to the installed recorder; its own page shows them"
    );
    check(&kept, &logs);
});

in_own_process!(a_recorder_that_is_given_is_installed_for_the_application_too, || {
    let (kept, logs) = (Kept::default(), LogBuffer::new());
    let _obs = builder(&logs).recorder(kept.clone()).init().unwrap();
    check(&kept, &logs);
});

in_own_process!(a_recorder_that_is_given_beats_the_one_that_is_installed, || {
    let (installed, given) = (Kept::default(), Kept::default());
    assert!(metrics::set_global_recorder(installed.clone()).is_ok());
    let logs = LogBuffer::new();
    let _obs = builder(&logs).recorder(given.clone()).init().unwrap();
    let service = Service::start();
    service.order();
    let route = "method=\"GET\",endpoint=\"/orders/{id}\"";
    let requests = format!("http_requests_total{{{route},status=\"200\",outcome=\"ok\"}}");
    assert_eq!(given.counted(&requests), 1);
    // Metrics of the macros go to the same recorder as before.
    assert_eq!(installed.counted("orders_placed_total{currency=\"EUR\"}"), 1);
    assert!(!installed.0.lock().unwrap().numbers.contains_key(&requests));
});
