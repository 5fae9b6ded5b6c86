//! The history and Prometheus say the same of random queries over random series.

use std::{collections::BTreeMap, fs};

use metrics::{counter, gauge, histogram, with_local_recorder};
use obs_core::metrics::Registry;
use obs_rules::query::{Growth, Input, Operator, Query, Relation, Sample, Source, Values};
use obs_tests::{backends, prometheus};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use super::{Read, Resolved};
use crate::{
    Tally,
    history::History,
    promql::{Selector, Window},
};

/// Between two samples, in seconds.
const STEP: i64 = 30;
/// Samples of each series: 20 minutes.
const STEPS: i64 = 41;
/// What counters stand at before anybody looks.
const START: f64 = 5_000.0;
const BOUNDS: [f64; 3] = [0.1, 0.2, 0.5];
/// Sets of series, and queries over each.
const BATCHES: usize = 8;
const QUERIES: usize = 512;

/// Series that grow evenly, so that growth is the same with and without extrapolation.
#[derive(Clone, Debug)]
struct World {
    /// By metric and label `a`, what a counter grows by in each step.
    counters: Vec<(&'static str, &'static str, u64)>,
    gauges: Vec<(&'static str, &'static str, f64)>,
    /// What is observed in each step, by bucket.
    observed: [u64; 3],
}

fn world() -> impl Strategy<Value = World> {
    let counters = [
        ("one_total", "x"),
        ("one_total", "y"),
        ("two_total", "x"),
        ("two_total", "z"),
    ];
    let gauges = [
        ("used", "x"),
        ("used", "y"),
        ("most", "x"),
        ("most", "z"),
        ("plain", ""),
    ];
    let slopes = prop::collection::vec(
        prop::option::weighted(0.7, prop_oneof![Just(0), 1_u64..50]),
        counters.len(),
    );
    let values = prop::collection::vec(prop::option::weighted(0.7, -20_i32..40), gauges.len());
    (slopes, values, [0_u64..5, 0_u64..5, 0_u64..5]).prop_map(move |(slopes, values, observed)| World {
        counters: counters
            .iter()
            .zip(slopes)
            .filter_map(|((name, a), by)| Some((*name, *a, by?)))
            .collect(),
        gauges: gauges
            .iter()
            .zip(values)
            .filter_map(|((name, a), is)| Some((*name, *a, f64::from(is?) / 4.0)))
            .collect(),
        observed,
    })
}

fn labelled(a: &'static str) -> Vec<metrics::Label> {
    if a.is_empty() {
        Vec::new()
    } else {
        vec![metrics::Label::from_static_parts("a", a)]
    }
}

// === impl World ===

impl World {
    /// Lets the history look at each step.
    fn replay(&self, history: &mut History) {
        let registry = Registry::builder().buckets("time", BOUNDS).build().unwrap();
        with_local_recorder(&registry, || {
            for step in 0..STEPS {
                let grown = |by: u64| by * u64::try_from(step).unwrap();
                for (name, a, by) in &self.counters {
                    counter!(*name, labelled(a)).absolute(5_000 + grown(*by));
                }
                for (name, a, value) in &self.gauges {
                    gauge!(*name, labelled(a)).set(*value);
                }
                let time = histogram!("time");
                for (bound, times) in BOUNDS.iter().zip(self.observed).filter(|_| step > 0) {
                    (0..times).for_each(|_| time.record(bound - 0.01));
                }
                history.observe(&registry.snapshot(), step * STEP * 1_000);
            }
        });
    }

    /// The same for promtool.
    fn input_series(&self) -> Vec<Value> {
        let growing = |start: f64, by: f64| format!("{start}+{by}x{}", STEPS - 1);
        let float = |by: &u64| f64::from(u32::try_from(*by).unwrap());
        let name = |name: &str, label: &str, value: &str| {
            if value.is_empty() {
                name.to_owned()
            } else {
                format!("{name}{{{label}=\"{value}\"}}")
            }
        };
        let mut series: Vec<(String, String)> = vec![("up".to_owned(), growing(1.0, 0.0))];
        series.extend(
            self.counters
                .iter()
                .map(|(metric, a, by)| (name(metric, "a", a), growing(START, float(by)))),
        );
        series.extend(
            self.gauges
                .iter()
                .map(|(metric, a, value)| (name(metric, "a", a), growing(*value, 0.0))),
        );
        let mut below = 0.0;
        for (bound, times) in ["0.1", "0.2", "0.5"].iter().zip(&self.observed) {
            below += float(times);
            series.push((name("time_bucket", "le", bound), growing(0.0, below)));
        }
        series.push((name("time_bucket", "le", "+Inf"), growing(0.0, below)));
        series
            .iter()
            .map(|(series, values)| json!({ "series": series, "values": values }))
            .collect()
    }
}

fn selector(metric: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Selector> {
    (metric, prop::sample::select(vec!["", "x", "y", "z"])).prop_map(|(metric, a)| match a {
        "" => Selector::new(metric),
        a => Selector::new(metric).with("a", a),
    })
}

fn counter_selector() -> impl Strategy<Value = Selector> {
    selector(prop::sample::select(vec!["one_total", "two_total", "none_total"]))
}

fn gauge_selector() -> impl Strategy<Value = Selector> {
    prop_oneof![5 => selector(prop::sample::select(vec!["used", "most", "none"])), 1 => Just(Selector::new("plain"))]
}

fn growth() -> impl Strategy<Value = Growth> {
    let window = prop::sample::select(vec![2, 5, 10]).prop_map(Window::minutes);
    let offset = prop::option::of(prop::sample::select(vec![1, 5]).prop_map(Window::minutes));
    let counters = prop_oneof![
        3 => counter_selector().prop_map(Tally::from),
        1 => Just(Tally::new(vec![
            Selector::new("one_total").with("a", "x"),
            Selector::new("two_total").with("a", "z"),
        ])),
    ];
    (counters, window, offset).prop_map(|(counters, window, offset)| {
        let growth = Growth::new(counters, window);
        offset.into_iter().fold(growth, Growth::before)
    })
}

/// Both over windows of the same length.
fn ratio() -> impl Strategy<Value = Query> {
    (growth(), counter_selector(), any::<bool>()).prop_map(|(denominator, counter, is_filled)| {
        let numerator = Growth::new(counter, denominator.window);
        let ratio = Query::ratio(numerator.clone(), denominator.clone());
        let complement = Query::Number(1.0).binary(Operator::Subtract, ratio.clone());
        if is_filled { ratio } else { complement }
    })
}

/// Never what a value is by chance.
fn number() -> impl Strategy<Value = f64> {
    (-8_i32..40).prop_map(|number| f64::from(number) * 0.737 + 0.013)
}

fn query() -> impl Strategy<Value = Query> {
    let window = || prop::sample::select(vec![5, 10]).prop_map(Window::minutes);
    let leaf = prop_oneof![
        gauge_selector().prop_map(Query::series),
        growth().prop_map(|growth| Query::Read(Input::Growth(growth))),
        ratio(),
        (counter_selector(), window()).prop_map(|(counter, window)| {
            Query::Read(Input::GrowthFromZero {
                counter,
                window,
                up: Selector::new("up"),
            })
        }),
        (prop::sample::select(vec![0.5, 0.9, 0.99]), window()).prop_map(|(quantile, window)| {
            let buckets = Selector::new("time_bucket");
            Query::Read(Input::Quantile {
                buckets,
                quantile,
                window,
            })
            .filter(Relation::AtLeast, 0.0)
        }),
        gauge_selector().prop_map(|selector| Query::Count(Input::Series(selector))),
        prop::sample::select(vec!["plain", "none", "used"])
            .prop_map(|metric| Query::Absent(Input::Series(Selector::new(metric)))),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        let operator = prop::sample::select(vec![
            Operator::Add,
            Operator::Subtract,
            Operator::Multiply,
            Operator::Divide,
        ]);
        let relation = prop::sample::select(vec![Relation::Above, Relation::Below, Relation::AtLeast]);
        let other = prop_oneof![inner.clone(), number().prop_map(Query::Number)];
        prop_oneof![
            (inner.clone(), operator.clone(), other.clone()).prop_map(|(one, by, other)| one.binary(by, other)),
            (number(), operator, inner.clone()).prop_map(|(one, by, other)| Query::Number(one).binary(by, other)),
            (inner.clone(), relation.clone(), other).prop_map(|(one, relation, other)| one.test(relation, other)),
            (inner.clone(), relation, number()).prop_map(|(one, relation, bound)| one.filter(relation, bound)),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| one.and(other)),
            inner.prop_map(Query::or_zero),
        ]
    })
}

/// The history with each growth a little more, or less: what must not change a verdict that is compared.
struct Shaken<'a>(&'a History, f64);

impl Source<Read> for Shaken<'_> {
    fn read(&self, read: &Read) -> Values<'_> {
        let values = self.0.read(read);
        match (read, values.single()) {
            (Read::Series(_), _) | (_, None) => values,
            // Each differently: what is compared with itself is near a threshold too.
            (Read::Growth { window, offset, .. }, Some(value)) => {
                let part = if (window / 60_000 + offset / 60_000) % 2 == 0 {
                    1.0
                } else {
                    -0.7
                };
                Values::one(value * (1.0 + self.1 * part))
            }
            (_, Some(value)) => Values::one(value * (1.0 + self.1)),
        }
    }
}

type Found = BTreeMap<String, f64>;

/// What Prometheus should find: the values that hold, by their labels.
fn found(query: &Query<Read>, source: &impl Source<Read>) -> Found {
    let labels = |sample: &Sample<'_>| {
        let labels: Vec<_> = sample
            .labels()
            .iter()
            .map(|(key, value)| format!("{key}={value:?}"))
            .collect();
        format!("{{{}}}", labels.join(","))
    };
    query
        .eval(source)
        .iter()
        .filter(|sample| sample.holds)
        .map(|sample| (labels(sample), sample.value))
        .collect()
}

/// A value that no rounding error takes over the edge of the rounding that is asked of Prometheus.
fn rounded(value: f64) -> Option<f64> {
    let places = (value + OFFSET) / PLACE + 0.5;
    let is_clear = value.abs() < 1e6 && (places - places.round()).abs() > 1e-2;
    is_clear.then(|| places.floor() / (1.0 / PLACE))
}

const PLACE: f64 = 1e-6;
const OFFSET: f64 = 0.000_000_123_4;

/// A case for promtool; `None` for a query whose result is too near to a threshold to be compared.
fn case(query: &Query, resolved: &Query<Read>, history: &History) -> Option<Value> {
    let result = found(resolved, history);
    let is_stable = |shake: f64| {
        let shaken = found(resolved, &Shaken(history, shake));
        let is_near = |(one, other): (&f64, &f64)| (one - other).abs() <= 1e-6 * (1.0 + one.abs());
        shaken.keys().eq(result.keys()) && shaken.values().zip(result.values()).all(is_near)
    };
    if !is_stable(1e-10) || !is_stable(-1e-10) {
        return None;
    }
    let samples: Option<Vec<Value>> = result
        .iter()
        .map(|(labels, value)| Some(json!({ "labels": labels, "value": rounded(*value)? })))
        .collect();
    Some(json!({
        "expr": format!("round(({query}) + {OFFSET}, {PLACE})"),
        "eval_time": format!("{}s", (STEPS - 1) * STEP),
        "exp_samples": samples?,
    }))
}

#[test]
fn the_history_and_prometheus_agree_on_random_queries() {
    if !backends::require("promtool") {
        return;
    }
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let mut compared = 0;
    let mut with_values = 0;
    let tests: Vec<Value> = (0..BATCHES)
        .map(|_| {
            let world = world().new_tree(&mut runner).unwrap().current();
            let queries: Vec<Query> = (0..QUERIES)
                .map(|_| query().new_tree(&mut runner).unwrap().current())
                .collect();
            let mut history = History::default();
            let resolved: Vec<Resolved> = queries
                .iter()
                .map(|query| Resolved::new(query, &mut history).unwrap())
                .collect();
            world.replay(&mut history);
            let both = queries.iter().zip(&resolved);
            let cases: Vec<Value> = both
                .filter_map(|(query, resolved)| case(query, &resolved.query, &history))
                .collect();
            compared += cases.len();
            with_values += cases.iter().filter(|case| case["exp_samples"] != json!([])).count();
            let interval = format!("{STEP}s");
            json!({ "interval": interval, "input_series": world.input_series(), "promql_expr_test": cases })
        })
        .collect();
    assert!(
        compared > BATCHES * QUERIES * 3 / 4,
        "{compared} queries are far from all thresholds"
    );
    assert!(
        with_values > compared / 4,
        "{with_values} of {compared} queries have a value"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.yml");
    fs::write(
        &file,
        json!({ "evaluation_interval": format!("{STEP}s"), "tests": tests }).to_string(),
    )
    .unwrap();
    prometheus::test_rules(&file).assert_clean();
}
