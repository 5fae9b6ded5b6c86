//! What is different: two windows, or what is slow against the rest.
//!
//! The score of an endpoint or a value is the distance of two shares, a and b, as the arcus sine sees it
//! (Cohen's h, divided by π so that it is 0 to 1): a step from 0 % to 5 % counts for more than one from 50 % to 55 %. It is
//! multiplied by n / (n + 10), where n is the number of records of the smaller group, so that what few records say counts
//! for less. The shares of an endpoint are its error ratio, its share of all requests, and the share of its requests that
//! are slower than the 95th percentile of the other group; the largest of the three distances is its score.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use obs_core::recorder::{Filter, Record};

use super::{
    Problem,
    convert::is_error,
    durations::quantile_of,
    endpoints::ratio,
    page::{Budget, cut},
    params::Params,
    red::EndpointKey,
    types::{AttributeDifference, Difference, EndpointDifference, Kind, LeftOut, Red, Side, Window},
    view::{Made, View},
};

/// The parameters of `diff`.
pub(super) const PARAMETERS: &[&str] = &["mode", "from", "to", "last", "live", "base_from", "base_to", "limit"];
/// The share of each endpoint's records that are slow.
const SLOW: f64 = 0.95;
/// Records of a group that a score needs for half of its weight.
const FEW: f64 = 10.0;
/// The most distinct values of an attribute: what has more is an id.
const MAX_VALUES: usize = 200;
/// The longest value of an attribute that is compared.
const MAX_VALUE: usize = 200;

/// A group of records.
struct Group<'a> {
    records: Vec<&'a Record>,
    window: Window,
}

/// `GET diff`.
pub(super) fn answer(view: &View<'_>, params: &Params<'_>) -> Result<Made<Difference>, Problem> {
    let mode = params.one_of("mode", &["windows", "slow"])?;
    let window = params.window()?;
    let limit = params.limit()?;
    let records = view.records(&window, Filter::new());
    let base_records;
    let (a, b) = if mode == "slow" {
        let (slow, rest) = slow_and_rest(&records);
        (Group::new(slow, &window), Group::new(rest, &window))
    } else {
        let base = base(params, &window)?;
        base_records = view.records(&base, Filter::new());
        (
            Group::new(records.iter().collect(), &window),
            Group::new(base_records.iter().collect(), &base),
        )
    };
    let mut data = Difference {
        mode: mode.to_owned(),
        a: a.window.clone(),
        b: b.window.clone(),
        a_records: a.records.len() as u64,
        b_records: b.records.len() as u64,
        endpoints: endpoints(&a, &b),
        attributes: values(&a, &b, |record, add| attributes(view, record, add)),
        versions: values(&a, &b, |record, add| versions(view, record, add)),
    };
    let mut budget = Budget::default();
    let mut left_out = Vec::new();
    let mut bound = |what: &str, left: usize| {
        if left > 0 {
            left_out.push(LeftOut::new(what, left, "the least different ones"));
        }
    };
    bound("endpoints", cut_to(&mut data.endpoints, limit, &mut budget));
    bound("attributes", cut_to(&mut data.attributes, limit, &mut budget));
    bound("versions", cut_to(&mut data.versions, limit, &mut budget));
    Ok(Made {
        window: Some(window),
        left_out,
        ..Made::new(data)
    })
}

/// The window to compare with: that which is asked for, or the one before.
fn base(params: &Params<'_>, window: &Window) -> Result<Window, Problem> {
    let has_base = params.get("base_from").is_some() || params.get("base_to").is_some();
    if has_base {
        return params.window_of("base_from", "base_to");
    }
    Ok(Window {
        from: window.from.before(window.length()),
        to: window.from,
    })
}

fn cut_to<T: serde::Serialize>(rows: &mut Vec<T>, limit: usize, budget: &mut Budget) -> usize {
    let all = rows.len();
    rows.truncate(limit);
    budget.take(rows);
    all - rows.len()
}

/// The slowest of each endpoint, and the others.
fn slow_and_rest(records: &[Record]) -> (Vec<&Record>, Vec<&Record>) {
    let mut durations: HashMap<_, Vec<f64>> = HashMap::new();
    for record in records {
        durations
            .entry(key_of(record))
            .or_default()
            .push(record.duration.as_secs_f64());
    }
    let bounds: HashMap<_, _> = durations
        .into_iter()
        .map(|(key, mut durations)| (key, quantile_of(&mut durations, SLOW)))
        .collect();
    records.iter().partition(|record| {
        let bound = bounds.get(&key_of(record)).copied().flatten();
        bound.is_some_and(|bound| record.duration.as_secs_f64() >= bound)
    })
}

fn key_of(record: &Record) -> EndpointKey {
    EndpointKey {
        side: if Kind::from(record.kind) == Kind::Call {
            Side::Client
        } else {
            Side::Server
        },
        method: record.method.clone(),
        endpoint: record.endpoint.clone(),
    }
}

// === impl Group ===

impl<'a> Group<'a> {
    fn new(records: Vec<&'a Record>, window: &Window) -> Self {
        Self {
            records,
            window: window.clone(),
        }
    }

    fn seconds(&self) -> f64 {
        self.window.length().as_secs_f64().max(1e-3)
    }

    fn by_endpoint(&self) -> BTreeMap<EndpointKey, Vec<&'a Record>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for record in &self.records {
            found.entry(key_of(record)).or_default().push(*record);
        }
        found
    }
}

#[expect(clippy::cast_precision_loss, reason = "shares")]
fn number(count: usize) -> f64 {
    count as f64
}

/// See the [module](self).
fn score(a: f64, b: f64, records: usize) -> f64 {
    let angle = |share: f64| 2.0 * share.clamp(0.0, 1.0).sqrt().asin();
    let distance = (angle(a) - angle(b)).abs() / std::f64::consts::PI;
    distance * number(records) / (number(records) + FEW)
}

fn endpoints(a: &Group<'_>, b: &Group<'_>) -> Vec<EndpointDifference> {
    let (in_a, in_b) = (a.by_endpoint(), b.by_endpoint());
    let keys: BTreeSet<_> = in_a.keys().chain(in_b.keys()).collect();
    let nothing = Vec::new();
    let mut rows: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let (of_a, of_b) = (in_a.get(key).unwrap_or(&nothing), in_b.get(key).unwrap_or(&nothing));
            EndpointDifference {
                kind: key.side,
                method: key.method.clone(),
                endpoint: key.endpoint.clone(),
                a: red(of_a, a.seconds()),
                b: red(of_b, b.seconds()),
                score: endpoint_score((of_a, a), (of_b, b)),
            }
        })
        .collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    rows
}

fn seconds_of(records: &[&Record]) -> Vec<f64> {
    records.iter().map(|record| record.duration.as_secs_f64()).collect()
}

fn failed(records: &[&Record]) -> f64 {
    number(records.iter().filter(|record| is_error(record)).count())
}

fn red(records: &[&Record], seconds: f64) -> Red {
    let mut durations = seconds_of(records);
    let counted = records.iter().filter(|record| !record.outcome.is_abandoned()).count();
    Red {
        requests: records.len() as u64,
        rate: number(records.len()) / seconds,
        error_ratio: ratio(failed(records), number(counted)),
        p50: quantile_of(&mut durations, 0.5),
        p99: quantile_of(&mut durations, 0.99),
    }
}

fn endpoint_score((a, all_a): (&[&Record], &Group<'_>), (b, all_b): (&[&Record], &Group<'_>)) -> f64 {
    let share = |part: f64, whole: usize| ratio(part, number(whole)).unwrap_or(0.0);
    let of_all = score(
        share(number(a.len()), all_a.records.len()),
        share(number(b.len()), all_b.records.len()),
        all_a.records.len().min(all_b.records.len()),
    );
    if a.is_empty() || b.is_empty() {
        return of_all;
    }
    let fewest = a.len().min(b.len());
    let errors = score(share(failed(a), a.len()), share(failed(b), b.len()), fewest);
    let bound = quantile_of(&mut seconds_of(b), SLOW).unwrap_or(f64::MAX);
    let slower = |records: &[&Record]| {
        let slower = seconds_of(records)
            .into_iter()
            .filter(|seconds| *seconds > bound)
            .count();
        share(number(slower), records.len())
    };
    let slow = score(slower(a), slower(b), fewest);
    of_all.max(errors).max(slow)
}

/// The values that `each` finds in the records of both groups, the most different first.
fn values(
    a: &Group<'_>,
    b: &Group<'_>,
    each: impl Fn(&Record, &mut dyn FnMut(&str, String)),
) -> Vec<AttributeDifference> {
    let mut counts: BTreeMap<String, BTreeMap<String, (usize, usize)>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for (group, is_a) in [(a, true), (b, false)] {
        for record in &group.records {
            let mut seen = BTreeSet::new();
            each(record, &mut |key, value| {
                if value.len() > MAX_VALUE || !seen.insert((key.to_owned(), value.clone())) {
                    return;
                }
                let values = counts.entry(key.to_owned()).or_default();
                if values.len() == MAX_VALUES && !values.contains_key(&value) {
                    ids.insert(key.to_owned());
                    return;
                }
                let (in_a, in_b) = values.entry(value).or_default();
                *(if is_a { in_a } else { in_b }) += 1;
            });
        }
    }
    counts.retain(|key, _| !ids.contains(key));
    let (all_a, all_b) = (a.records.len(), b.records.len());
    let share = |count: usize, all: usize| ratio(number(count), number(all)).unwrap_or(0.0);
    let mut rows: Vec<_> = counts
        .into_iter()
        .flat_map(|(key, values)| {
            values
                .into_iter()
                .map(move |(value, counts)| (key.clone(), value, counts))
        })
        .map(|(key, value, (in_a, in_b))| {
            let (a_share, b_share) = (share(in_a, all_a), share(in_b, all_b));
            AttributeDifference {
                key,
                value,
                a_share,
                b_share,
                a_count: in_a as u64,
                b_count: in_b as u64,
                score: score(a_share, b_share, all_a.min(all_b)),
            }
        })
        .filter(|row| row.score > 0.0)
        .collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    rows
}

/// What a record is told by: its status and so on, the names and attributes of its spans, the fields of its lines.
fn attributes(view: &View<'_>, record: &Record, add: &mut dyn FnMut(&str, String)) {
    add("status", record.status.to_string());
    add("outcome", record.outcome.as_str().to_owned());
    add("error_type", record.error_type.clone());
    let sees = view.request.rights.sees_sensitive();
    for span in &record.spans {
        add("span", span.name.clone());
        for (key, value) in span.attributes.iter().filter(|_| sees) {
            add(key, value.to_string());
        }
    }
    if !sees {
        return;
    }
    if let Some(client) = record.client {
        add("client", client.to_string());
    }
    for line in view.lines_of(record) {
        add("level", line.level.as_str().to_owned());
        for field in &line.fields {
            let mut value = field.value.to_string();
            if !cut(&mut value) {
                add(&field.key, value);
            }
        }
    }
}

/// The version that a record is of: that of this process, and those which its spans tell.
fn versions(view: &View<'_>, record: &Record, add: &mut dyn FnMut(&str, String)) {
    let key = obs_core::names::attribute::SERVICE_VERSION;
    if let Some(version) = &view.service().version {
        add(&view.service().name, version.clone());
    }
    let attributes = record.spans.iter().flat_map(|span| &span.attributes);
    attributes
        .filter(|(name, _)| name == key)
        .for_each(|(name, value)| add(name, value.to_string()));
}
