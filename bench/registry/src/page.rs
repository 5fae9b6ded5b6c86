//! Pages of many histograms.

use std::{hint::black_box, time::Instant};

use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusBuilder;
use obs_core::{
    Obs, context,
    metrics::{DURATION_BUCKETS, Format, Registry},
};
use prometheus::{Encoder as _, HistogramOpts, HistogramVec, TextEncoder};
use prometheus_client::metrics::{family::Family, histogram::Histogram};

use crate::median;

const NAME: &str = "http_request_duration_seconds";
const HELP: &str = "Time from the arrival of a request to the last byte of its answer.";
const METADATA: Metadata<'static> = Metadata::new("bench", Level::INFO, None);

/// A registry that writes its page; gives its length.
struct Subject {
    name: &'static str,
    page: Box<dyn Fn() -> usize>,
    micros: Vec<f64>,
    allocations: u64,
}

/// Prints what the pages of `series` histograms cost.
pub(crate) fn compare(series: usize, rounds: usize) {
    let mut subjects = subjects(series);
    for subject in &mut subjects {
        // Buffers know their size from then on.
        (subject.page)();
        (subject.page)();
        subject.allocations = allocation_counter::measure(|| {
            black_box((subject.page)());
        })
        .count_total;
    }
    for _ in 0..rounds {
        for subject in &mut subjects {
            let started = Instant::now();
            black_box((subject.page)());
            subject.micros.push(started.elapsed().as_nanos() as f64 / 1e3);
        }
    }
    println!("{series} histograms of 14 bounds, median of {rounds} pages\n");
    println!("| a page | µs | µs at best | allocations | KiB |\n|---|---:|---:|---:|---:|");
    for Subject { name, page, micros, allocations } in subjects {
        let best = micros.iter().copied().fold(f64::INFINITY, f64::min);
        println!("| {name} | {:.0} | {best:.0} | {allocations} | {} |", median(micros), page() >> 10);
    }
    println!();
}

fn subjects(series: usize) -> Vec<Subject> {
    let subject = |name, page| Subject { name, page, micros: Vec::new(), allocations: 0 };
    let ours = |name, format| {
        let (obs, registry) = own(series);
        let page: Box<dyn Fn() -> usize> = Box::new(move || {
            let _alive = &obs;
            registry.render(format).len()
        });
        subject(name, page)
    };
    vec![
        ours("obs, text", Format::Text),
        ours("obs, OpenMetrics with exemplars", Format::OpenMetrics),
        ours("obs, protobuf with native buckets", Format::Protobuf),
        subject("metrics-exporter-prometheus 0.18, text", exporter(series)),
        subject("prometheus-client 0.25, OpenMetrics", client(series)),
        subject("prometheus 0.14, text", prometheus(series)),
    ]
}

/// A value in each bucket, the one above all bounds too.
fn values() -> impl Iterator<Item = f64> {
    DURATION_BUCKETS.into_iter().map(|bound| bound * 0.9).chain([11.0])
}

fn labels(n: usize) -> [(&'static str, String); 3] {
    [("method", "GET".to_owned()), ("endpoint", format!("/shops/{{shop}}/route-{n}")), ("status", "200".to_owned())]
}

fn key(n: usize) -> Key {
    Key::from_parts(NAME, labels(n).map(|(key, value)| Label::new(key, value)).to_vec())
}

/// All samples inside of a sampled request.
fn own(series: usize) -> (Obs, Registry) {
    let registry = Registry::builder().series_cap(series).build().expect("a cap");
    let builder = Obs::builder("bench").log_writer(std::io::sink()).registry(registry.clone());
    let obs = builder.build().expect("valid settings");
    registry.describe_histogram(NAME.into(), None, HELP.into());
    context::run_in(obs.start_context(), || {
        for n in 0..series {
            let histogram = registry.register_histogram(&key(n), &METADATA);
            values().for_each(|value| histogram.record(value));
        }
    });
    (obs, registry)
}

fn exporter(series: usize) -> Box<dyn Fn() -> usize> {
    let recorder = PrometheusBuilder::new().set_buckets(&DURATION_BUCKETS).expect("bounds").build_recorder();
    recorder.describe_histogram(NAME.into(), None, HELP.into());
    for n in 0..series {
        let histogram = recorder.register_histogram(&key(n), &METADATA);
        values().for_each(|value| histogram.record(value));
    }
    let handle = recorder.handle();
    handle.run_upkeep();
    Box::new(move || handle.render().len())
}

fn client(series: usize) -> Box<dyn Fn() -> usize> {
    let family: Family<Vec<(&'static str, String)>, Histogram, fn() -> Histogram> =
        Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS));
    for n in 0..series {
        let histogram = family.get_or_create_owned(&labels(n).to_vec());
        values().for_each(|value| histogram.observe(value));
    }
    let mut registry = prometheus_client::registry::Registry::default();
    registry.register(NAME, HELP, family);
    Box::new(move || {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).expect("a page");
        page.len()
    })
}

fn prometheus(series: usize) -> Box<dyn Fn() -> usize> {
    let options = HistogramOpts::new(NAME, HELP).buckets(DURATION_BUCKETS.to_vec());
    let vec = HistogramVec::new(options, &["method", "endpoint", "status"]).expect("a histogram");
    for n in 0..series {
        let labels = labels(n);
        let histogram = vec.with_label_values(&labels.each_ref().map(|(_, value)| value.as_str()));
        values().for_each(|value| histogram.observe(value));
    }
    let registry = prometheus::Registry::new();
    registry.register(Box::new(vec)).expect("a name that is free");
    Box::new(move || {
        let mut page = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut page).expect("a page");
        page.len()
    })
}
