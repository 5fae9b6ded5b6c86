//! What promtool and the parsers of Python read on the page.

use std::collections::{BTreeMap, BTreeSet};

use obs_axum::obs_core::{
    metrics::{Format as WrittenAs, Registry},
    names::MetricType,
};
use obs_tests::{
    backends,
    page::{Format, Page},
    prometheus::{self, Verdict},
    python::{self, PythonFamily},
};
use proptest::{
    prop_oneof,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};

use super::Service;

#[test]
fn promtool_has_nothing_to_say_about_the_text_page() {
    if !backends::require("promtool") {
        return;
    }
    let service = Service::start().with_traffic();
    let (text, _) = service.page(Format::Text);
    assert_eq!(
        prometheus::check_metrics(&text),
        Verdict {
            code: 0,
            output: String::new()
        },
        "{text}"
    );
}

#[test]
fn an_empty_service_has_a_clean_page_too() {
    if !backends::require("promtool") || !backends::require("prometheus_client") {
        return;
    }
    let service = Service::start();
    let (text, _) = service.page(Format::Text);
    assert_eq!(
        prometheus::check_metrics(&text),
        Verdict {
            code: 0,
            output: String::new()
        },
        "{text}"
    );
    let (text, page) = service.page(Format::OpenMetrics);
    assert_eq!(
        of_python(&python::parse(Format::OpenMetrics, &text).unwrap()),
        of_ours(&page)
    );
}

#[test]
fn the_strict_openmetrics_parser_of_python_reads_what_ours_reads() {
    if !backends::require("prometheus_client") {
        return;
    }
    let (text, page) = Service::start().with_traffic().page(Format::OpenMetrics);
    let python = python::parse(Format::OpenMetrics, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(
        python
            .iter()
            .flat_map(|family| &family.samples)
            .any(|sample| sample.exemplar.is_some())
    );
    assert_eq!(of_python(&python), of_ours(&page));
}

#[test]
fn the_text_parser_of_python_reads_what_ours_reads() {
    if !backends::require("prometheus_client") {
        return;
    }
    let (text, page) = Service::start().with_traffic().page(Format::Text);
    let python = python::parse(Format::Text, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(of_python(&python), of_ours(&page));
}

#[test]
fn any_text_in_labels_and_help_is_read_back_by_every_parser() {
    if !backends::require("prometheus_client") {
        return;
    }
    let mut runner = TestRunner::deterministic();
    let mut any = |pattern: &str, count| -> BTreeSet<String> {
        let strategy = proptest::string::string_regex(pattern).unwrap();
        (0..count)
            .map(|_| strategy.new_tree(&mut runner).unwrap().current())
            .collect()
    };
    // Python's text parser trims the help, so it begins and ends with something that is no blank.
    let (values, helps) = (any("(?s).{0,12}", 300), any("[a-z\\\\\"](?s:.{0,12})[a-z\\\\\"]", 50));
    let service = Service::start();
    metrics::with_local_recorder(service.obs.registry(), || {
        for value in &values {
            metrics::counter!("values", "v" => value.clone(), "w" => "x").increment(1);
        }
        for (n, help) in helps.iter().enumerate() {
            metrics::describe_gauge!(format!("help_{n}"), help.clone());
            metrics::gauge!(format!("help_{n}")).set(1.0);
        }
    });
    for format in [Format::Text, Format::OpenMetrics] {
        let (text, page) = service.page(format);
        assert_eq!(
            page.label_values("values_total", "v"),
            values.iter().map(String::as_str).collect()
        );
        let python = python::parse(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(of_python(&python), of_ours(&page));
        let read: BTreeSet<_> = python
            .iter()
            .filter(|family| family.name.starts_with("help_"))
            .map(|family| family.help.clone())
            .collect();
        assert_eq!(read, helps);
    }
}

/// What a program may do to a registry: a kind of metric or a description, a name, a label key, a value.
type Deed = (u8, String, &'static str, f64);

fn any_deeds(runner: &mut TestRunner) -> Vec<Deed> {
    let name = "[a-c.]{1,2}(_seconds|_bytes)?(_total|_sum|_count|_bucket|_info|_created)?";
    let extremes = [
        0.0,
        -0.5,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let value = prop_oneof![-3.0..3.0_f64, proptest::sample::select(extremes.to_vec())];
    let keys = vec!["a", "b.c", "b_c", "le", "quantile", "__name__"];
    let deed = (
        0..9_u8,
        proptest::string::string_regex(name).unwrap(),
        proptest::sample::select(keys),
        value,
    );
    proptest::collection::vec(deed, 1..60)
        .new_tree(runner)
        .unwrap()
        .current()
}

fn do_to(registry: &Registry, (kind, name, key, value): Deed) {
    let labels = [(key, "x")];
    metrics::with_local_recorder(registry, || match kind {
        0 => metrics::counter!(name, key => "x").increment(1),
        1 => metrics::gauge!(name, key => "x").set(value),
        2 => metrics::histogram!(name, key => "x").record(value),
        3 => metrics::histogram!(name, key => "x").record_many(value, 1 << 40),
        4 | 5 => registry.summary(&name, &labels).record(value),
        6 => registry.float_counter(&name, &labels).increment(value),
        7 => registry.set_info(&name, &labels),
        _ => {
            for metric_type in [
                MetricType::Counter,
                MetricType::Gauge,
                MetricType::Histogram,
                MetricType::Summary,
            ] {
                registry.describe_metric(metric_type, &name, Some(metrics::Unit::Bytes), "What it is.");
            }
        }
    });
}

#[test]
fn whatever_a_program_records_the_strict_parsers_take_the_page() {
    if !backends::require("prometheus_client") {
        return;
    }
    let mut runner = TestRunner::deterministic();
    for _ in 0..40 {
        let registry = Registry::builder()
            .created_timestamps(true)
            .buckets("a", [-1.0, 1.0])
            .build()
            .unwrap();
        for deed in any_deeds(&mut runner) {
            do_to(&registry, deed);
        }
        for (format, written) in [
            (Format::Text, WrittenAs::Text),
            (Format::OpenMetrics, WrittenAs::OpenMetrics),
        ] {
            let text = String::from_utf8(registry.render(written)).unwrap();
            Page::parse_as(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            python::parse(format, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
    }
}

#[test]
fn a_summary_of_negative_values_is_read_by_the_strict_parser() {
    if !backends::require("prometheus_client") {
        return;
    }
    let registry = Registry::new();
    let summary = registry.summary("temperature_celsius", &[("room", "cellar")]);
    for value in [-5.0, -3.0, 20.0, 20.0, 20.0] {
        summary.record(value);
    }
    let text = String::from_utf8(registry.render(WrittenAs::OpenMetrics)).unwrap();
    let families = python::parse(Format::OpenMetrics, &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let family = families
        .iter()
        .find(|family| family.name == "temperature_celsius")
        .unwrap();
    // Those of the quantiles that are not negative, and the count.
    assert!(
        family.samples.iter().all(|sample| sample.value >= 0.0) && family.samples.len() >= 2,
        "{text}"
    );
}

#[test]
fn both_text_formats_tell_the_same() {
    let service = Service::start().with_traffic();
    let (text, open) = (service.page(Format::Text).1, service.page(Format::OpenMetrics).1);
    let comparable = |page: &Page| {
        let mut families = of_ours(page);
        families.retain(|family| {
            !["obs_", "process_", "tokio_"]
                .iter()
                .any(|prefix| family.name.starts_with(prefix))
        });
        for family in &mut families {
            // What only one of the formats can say.
            family.unit.clear();
            for sample in &mut family.samples {
                sample.exemplar = None;
            }
            if family.kind == "info" {
                (family.name, family.kind) = (format!("{}_info", family.name), "gauge".to_owned());
            }
        }
        families
    };
    assert_eq!(comparable(&text), comparable(&open));
    let units: BTreeMap<_, _> = open
        .families
        .iter()
        .map(|family| (&*family.name, &*family.unit))
        .collect();
    let expected = [
        ("http_requests", ""),
        ("http_request_duration_seconds", "seconds"),
        ("http_response_size_bytes", "bytes"),
        ("order_processing_seconds", "seconds"),
        ("bytes_sent_bytes", "bytes"),
    ];
    for (family, unit) in expected {
        assert_eq!(units.get(family), Some(&unit), "{family}");
    }
}

/// A family as any parser sees it.
#[derive(Debug, PartialEq)]
struct Seen {
    name: String,
    kind: String,
    unit: String,
    help: String,
    samples: Vec<SeenSample>,
}

#[derive(Debug, PartialEq)]
struct SeenSample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
    exemplar: Option<(BTreeMap<String, String>, f64)>,
}

fn of_python(families: &[PythonFamily]) -> Vec<Seen> {
    let sample = |sample: &python::PythonSample| SeenSample {
        name: sample.name.clone(),
        labels: sample.labels.clone(),
        value: sample.value,
        exemplar: sample.exemplar.clone(),
    };
    let family = |family: &PythonFamily| Seen {
        name: family.name.clone(),
        kind: family.kind.clone(),
        unit: family.unit.clone(),
        help: family.help.clone(),
        samples: family.samples.iter().map(sample).collect(),
    };
    families.iter().map(family).collect()
}

/// Python calls the counters of the text format as OpenMetrics does, without `_total`.
fn of_ours(page: &Page) -> Vec<Seen> {
    let labels = |labels: &[(String, String)]| labels.iter().cloned().collect::<BTreeMap<_, _>>();
    let sample = |sample: &obs_tests::page::Sample| SeenSample {
        name: sample.name.clone(),
        labels: labels(&sample.labels),
        value: sample.value,
        exemplar: sample
            .exemplar
            .as_ref()
            .map(|exemplar| (labels(&exemplar.labels), exemplar.value)),
    };
    let family = |family: &obs_tests::page::Family| Seen {
        name: family.name.strip_suffix("_total").unwrap_or(&family.name).to_owned(),
        kind: family.kind.to_string(),
        unit: family.unit.clone(),
        help: family.help.clone(),
        samples: family.samples.iter().map(sample).collect(),
    };
    page.families.iter().map(family).collect()
}
