//! What the tests share.

use std::time::Duration;

use obs_conventions::Outcome;

use super::parser;
use crate::metrics::{
    Format, Registry,
    red::{Measured, RedOptions, ServerRed, Target},
};

/// The page without what the registry says about itself.
pub(super) fn page(registry: &Registry, format: Format) -> String {
    let page = String::from_utf8(registry.render(format)).unwrap();
    let own = |line: &&str| line.contains("obs_scrape_duration_seconds");
    page.split_inclusive('\n').filter(|line| !own(line)).collect()
}

pub(super) fn text(registry: &Registry) -> String {
    page(registry, Format::Text)
}

/// The page and, after it, that of `OpenMetrics`, both checked by the strict parser.
pub(super) fn checked(registry: &Registry) -> String {
    let open = String::from_utf8(registry.render(Format::OpenMetrics)).unwrap();
    parser::parse(&open, true).unwrap();
    let text = String::from_utf8(registry.render(Format::Text)).unwrap();
    parser::parse(&text, false).unwrap();
    page(registry, Format::Text)
}

pub(super) fn measured(status: u16, outcome: Outcome) -> Measured<'static> {
    Measured {
        status,
        http_status: status,
        outcome,
        error_type: None,
        duration: Duration::from_millis(20),
        request_bytes: None,
        response_bytes: None,
        exemplar: None,
    }
}

pub(super) fn red(registry: &Registry) -> ServerRed {
    ServerRed::new(&Target::Own(registry.clone()), &RedOptions::default())
}

pub(super) fn request(red: &ServerRed, method: &'static str, endpoint: &str, status: u16) {
    red.arrive(method, endpoint)
        .record(red, &measured(status, Outcome::of_status(status)));
}

/// The value of the series whose line starts with `series`.
pub(super) fn value(page: &str, series: &str) -> Option<f64> {
    let line = page
        .lines()
        .find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line[series.len() + 1..].split(' ').next()?.parse().ok()
}

/// The sum of all series of a metric.
pub(super) fn total(page: &str, name: &str) -> f64 {
    let of = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    page.lines()
        .filter(of)
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}
