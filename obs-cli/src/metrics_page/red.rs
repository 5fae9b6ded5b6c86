//! Endpoints, from what any library calls them.

use std::collections::{BTreeMap, HashMap};

use super::{Page, page::Sample};
use crate::model::EndpointRow;

/// Labels by their meaning, as the libraries of several languages call them.
const METHOD: &[&str] = &["http_request_method", "method", "http_method", "verb"];
const ROUTE: &[&str] = &[
    "http_route",
    "endpoint",
    "route",
    "uri",
    "handler",
    "path",
    "http_target",
    "url",
];
const STATUS: &[&str] = &[
    "http_response_status_code",
    "status",
    "status_code",
    "code",
    "http_status_code",
];
/// What a route is called that has no name.
const ANY: &str = "(all)";

/// An endpoint: method and route.
type Key = (String, String);

/// What was counted for an endpoint.
#[derive(Debug, Default)]
struct Counted {
    requests: f64,
    errors: Option<f64>,
    /// Upper bounds in seconds, with the requests up to them.
    buckets: Vec<(f64, f64)>,
    in_flight: Option<f64>,
}

/// Endpoints between two readings of a page. Counters that went back have begun anew.
pub(crate) fn between(before: &Page, after: &Page) -> Vec<EndpointRow> {
    let seconds = after.at.saturating_duration_since(before.at).as_secs_f64();
    let Some(family) = family(after).filter(|_| seconds > 0.0) else {
        return Vec::new();
    };
    let key = |sample: &Sample| (sample.name.clone(), sample.labels.clone());
    let old: HashMap<_, f64> = before
        .samples
        .iter()
        .map(|sample| (key(sample), sample.value))
        .collect();
    let grown = |sample: &Sample| match old.get(&key(sample)) {
        Some(old) if *old <= sample.value => sample.value - old,
        _ => sample.value,
    };
    let mut counted: BTreeMap<Key, Counted> = BTreeMap::new();
    for sample in &after.samples {
        add(&mut counted, &family, sample, &grown);
    }
    let rows = counted.into_iter().map(|(key, counted)| row(key, counted, seconds));
    rows.collect()
}

/// The family of the durations of requests, or of their number: the one with the most samples of the server's.
fn family(page: &Page) -> Option<String> {
    let mut sizes: BTreeMap<&str, (bool, usize)> = BTreeMap::new();
    for sample in &page.samples {
        let name = sample.name.as_str();
        let timed = name
            .strip_suffix("_count")
            .filter(|base| base.contains("second") || base.contains("duration"));
        let base = timed.or_else(|| name.ends_with("requests_total").then_some(name));
        if let Some(base) = base.filter(|base| !base.contains("client") && !base.contains("size")) {
            let size = sizes.entry(base).or_insert((timed.is_some(), 0));
            size.1 += 1;
        }
    }
    let best = sizes.into_iter().max_by_key(|(_, size)| *size)?;
    Some(best.0.to_owned())
}

fn add(counted: &mut BTreeMap<Key, Counted>, family: &str, sample: &Sample, grown: &impl Fn(&Sample) -> f64) {
    let status = sample.label(STATUS);
    let part = sample.name.strip_prefix(family);
    match part {
        Some("_count" | "") => {
            let one = counted.entry(key(sample)).or_default();
            one.requests += grown(sample);
            if let Some(status) = status {
                *one.errors.get_or_insert(0.0) += if is_error(status) { grown(sample) } else { 0.0 };
            }
        }
        Some("_bucket") => {
            let bound = sample.label(&["le"]).and_then(|bound| bound.parse().ok());
            if let Some(bound) = bound {
                add_bucket(
                    &mut counted.entry(key(sample)).or_default().buckets,
                    bound,
                    grown(sample),
                );
            }
        }
        // Some libraries count by status beside the durations.
        None if sample.name.ends_with("requests_total") && status.is_some_and(is_error) => {
            *counted.entry(key(sample)).or_default().errors.get_or_insert(0.0) += grown(sample);
        }
        None if is_in_flight(&sample.name) => {
            *counted.entry(key(sample)).or_default().in_flight.get_or_insert(0.0) += sample.value;
        }
        _ => {}
    }
}

fn add_bucket(buckets: &mut Vec<(f64, f64)>, bound: f64, count: f64) {
    match buckets.iter_mut().find(|(known, _)| known.total_cmp(&bound).is_eq()) {
        Some((_, all)) => *all += count,
        None => buckets.push((bound, count)),
    }
}

fn key(sample: &Sample) -> Key {
    let text = |keys| sample.label(keys).unwrap_or_default().to_owned();
    (text(METHOD), text(ROUTE))
}

fn is_error(status: &str) -> bool {
    status.starts_with('5') && status.len() == 3
}

fn is_in_flight(name: &str) -> bool {
    let words = [
        "active_requests",
        "requests_active",
        "requests_pending",
        "in_flight",
        "inflight",
    ];
    !name.contains("client") && words.iter().any(|word| name.contains(word))
}

fn row((method, route): Key, mut counted: Counted, seconds: f64) -> EndpointRow {
    counted.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let quantile = |share| quantile(&counted.buckets, share);
    let ratio = |errors: f64| (counted.requests > 0.0).then(|| (errors / counted.requests).min(1.0));
    EndpointRow {
        kind: "server".to_owned(),
        method,
        endpoint: if route.is_empty() { ANY.to_owned() } else { route },
        requests: Some(counted.requests),
        rate: Some(counted.requests / seconds),
        errors: counted.errors,
        error_ratio: counted.errors.and_then(ratio),
        p50: quantile(0.5),
        p95: quantile(0.95),
        p99: quantile(0.99),
        in_flight: counted.in_flight,
        budget_left: None,
    }
}

/// A quantile of cumulative buckets, as Prometheus estimates it.
fn quantile(buckets: &[(f64, f64)], share: f64) -> Option<f64> {
    let (_, all) = *buckets
        .last()
        .filter(|(bound, all)| bound.is_infinite() && *all > 0.0)?;
    let wanted = share * all;
    let index = buckets.iter().position(|(_, count)| *count >= wanted)?;
    let (low, before) = if index == 0 { (0.0, 0.0) } else { buckets[index - 1] };
    let (high, count) = buckets[index];
    if high.is_infinite() {
        return (index > 0).then_some(low);
    }
    Some(low + (high - low) * ((wanted - before) / (count - before)).clamp(0.0, 1.0))
}
