//! The process and Prometheus, asked about the same traffic, say that the same alerts fire.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use obs_alert::{AlertManager, AlertRule, AlertState, Condition, Moment, Naming, NoData, Severity, promql::Window};
use obs_core::metrics::FamilySnapshot;
use obs_tests::{backends, prometheus};
use serde_json::{Value, json};

use crate::{
    replay::{Replay, STEP},
    rules::{namings, rules_file, slos, standard, write},
    traffic::{Step, record},
};

/// How long a scenario is, in steps: 3 hours.
const STEPS: usize = 3 * 3_600 / 30;
/// Both are asked so often, in steps: every 2 minutes.
const ASKED_EVERY: usize = 4;

/// Traffic, and the alerts that fire some time in it.
struct Scenario {
    name: &'static str,
    at: fn(u64) -> Step,
    fires: &'static [&'static str],
}

/// What every service does all day.
const CALM: Step = Step {
    ok: 30,
    failed: 0,
    panics: 0,
    seconds: 0.02,
    calls: (30, 1),
    queries: (60, 1),
    cache: (50, 10),
    connections: 3,
    files: 50,
    queued: 0,
    lost: 0,
    restarts: false,
};

/// All that can be wrong without a failure.
const BAD: Step = Step {
    seconds: 3.0,
    calls: (30, 15),
    queries: (60, 20),
    cache: (10, 90),
    connections: 10,
    files: 900,
    queued: 500,
    lost: 1,
    ..CALM
};

const HOUR: u64 = 3_600;

/// From an hour after the start, for an hour.
fn in_the_second_hour(seconds: u64) -> bool {
    (HOUR..2 * HOUR).contains(&seconds)
}

/// One now and then, many in the second hour.
fn failures(seconds: u64) -> u64 {
    if in_the_second_hour(seconds) {
        6
    } else {
        u64::from(seconds.is_multiple_of(900))
    }
}

const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "no request at all",
        at: |_| Step {
            ok: 0,
            calls: (0, 0),
            ..CALM
        },
        fires: &[],
    },
    Scenario {
        name: "no failure ever",
        at: |_| CALM,
        fires: &[],
    },
    Scenario {
        name: "failures, then none",
        at: |seconds| Step {
            failed: failures(seconds),
            ..CALM
        },
        fires: &[
            "AvailabilityBurn1d",
            "AvailabilityBurn1h",
            "AvailabilityBurn6h",
            "HighErrorRate",
        ],
    },
    Scenario {
        name: "failures over restarts",
        at: |seconds| Step {
            failed: failures(seconds),
            restarts: seconds.is_multiple_of(600),
            ..CALM
        },
        fires: &[
            "AvailabilityBurn1d",
            "AvailabilityBurn1h",
            "AvailabilityBurn6h",
            "HighErrorRate",
        ],
    },
    Scenario {
        name: "one failure at low traffic",
        at: |seconds| {
            let ok = u64::from(seconds.is_multiple_of(120));
            let failed = u64::from(seconds == 4_500 || seconds == 0);
            Step {
                ok,
                failed,
                calls: (ok, failed.min(ok)),
                queries: (ok, 0),
                cache: (0, ok),
                ..CALM
            }
        },
        fires: &[],
    },
    Scenario {
        name: "traffic that ends",
        at: |seconds| {
            let is_over = seconds >= 2 * HOUR;
            Step {
                ok: if is_over { 0 } else { 30 },
                calls: (0, 0),
                ..CALM
            }
        },
        fires: &["TrafficDrop"],
    },
    // The rules look at metrics of their own, so these don't touch each other.
    Scenario {
        name: "slow answers, the first panic, and nothing left of what the service works with",
        at: |seconds| {
            let first_panic = u64::from(seconds == HOUR);
            if in_the_second_hour(seconds) {
                Step {
                    panics: first_panic,
                    ..BAD
                }
            } else {
                CALM
            }
        },
        fires: &[
            "CacheHitRatioLow",
            "CheckoutQuickBurn1d",
            "CheckoutQuickBurn1h",
            "CheckoutQuickBurn6h",
            "DatabaseConnectionPoolExhausted",
            "DatabaseQueryErrors",
            "FileDescriptorsLow",
            "HandlerPanics",
            "HighClientErrorRate",
            "HighLatency",
            "LogLinesDropped",
            "LogRecordsDropped",
            "RuntimeSaturated",
            "SeriesOverflow",
            "SpansDropped",
        ],
    },
];

const MEMORABLE: [Scenario; 3] = [
    Scenario {
        name: "no request at all",
        at: |_| Step { ok: 0, ..CALM },
        fires: &["Missing"],
    },
    Scenario {
        name: "many failures, then some, then none",
        at: |seconds| {
            let failed = match seconds / 1_800 {
                2 => 6,
                3 => 1,
                _ => 0,
            };
            Step { failed, ..CALM }
        },
        fires: &["Kept", "Lasting", "Missing", "Sticky"],
    },
    Scenario {
        name: "failures, then no request any more",
        at: |seconds| {
            if seconds < 2 * HOUR {
                Step {
                    failed: failures(seconds),
                    ..CALM
                }
            } else {
                Step { ok: 0, ..CALM }
            }
        },
        fires: &["Kept", "Lasting", "Missing", "Sticky"],
    },
];

/// The alerts that fire at each moment that is asked about, by the second.
type Verdicts = BTreeMap<u64, BTreeSet<String>>;

fn asked() -> impl Iterator<Item = u64> {
    (0..STEPS as u64).step_by(ASKED_EVERY).map(|step| step * STEP)
}

/// What the process says.
fn in_process(replay: &Replay, rules: &[AlertRule], naming: &Naming) -> Verdicts {
    let page = Arc::new(Mutex::new(Vec::<FamilySnapshot>::new()));
    let read = Arc::clone(&page);
    let manager = AlertManager::builder()
        .naming(naming.clone())
        .source(move || read.lock().unwrap().clone())
        .rules(rules.iter().cloned())
        .build()
        .unwrap();
    let mut verdicts = Verdicts::new();
    for (seconds, now) in (0..).step_by(usize::try_from(STEP).unwrap()).zip(&replay.pages) {
        page.lock().unwrap().clone_from(now);
        let since_start = Duration::from_secs(seconds);
        let alerts = manager.evaluate(Moment::new(since_start, since_start));
        let firing = alerts.iter().filter(|alert| alert.state() == AlertState::Firing);
        verdicts.insert(seconds, firing.map(|alert| alert.name().to_owned()).collect());
    }
    asked()
        .map(|seconds| (seconds, verdicts.remove(&seconds).unwrap()))
        .collect()
}

/// A promtool unit test that says the same.
fn unit_test(replay: &Replay, verdicts: &Verdicts) -> Value {
    let cases = verdicts.iter().map(|(seconds, firing)| {
        let of_alert = |name: &String| json!({ "labels": format!("{{alertname=\"{name}\"}}"), "value": 1 });
        json!({
            "expr": "count by (alertname) (ALERTS{alertstate=\"firing\"})",
            "eval_time": format!("{seconds}s"),
            "exp_samples": firing.iter().map(of_alert).collect::<Vec<_>>(),
        })
    });
    json!({
        "rule_files": ["rules.yml"],
        "evaluation_interval": format!("{STEP}s"),
        "tests": [{
            "interval": format!("{STEP}s"),
            "input_series": replay.input_series(),
            "promql_expr_test": cases.collect::<Vec<_>>(),
        }],
    })
}

/// Rules that remember: with a clear threshold, with each meaning of no data, and with a time to go on.
fn with_memory() -> Vec<AlertRule> {
    let rule = |name: &str| {
        AlertRule::new(
            name,
            Condition::error_ratio(Window::minutes(5), 0.1),
            Severity::Warning,
            name,
        )
        .label("team", "shop")
        .hold_for(Duration::from_secs(60))
    };
    vec![
        rule("Sticky").clear_threshold(0.02),
        rule("Lasting").keep_firing_for(Duration::from_secs(900)),
        rule("Missing").no_data(NoData::Alert),
        rule("Kept").no_data(NoData::Keep),
    ]
}

/// What they don't agree on, and what fires unexpectedly; empty if all is well.
fn disagreement(scenario: &Scenario, rules: &[AlertRule], naming: &Naming) -> String {
    let replay = record(naming, STEPS, scenario.at);
    let verdicts = in_process(&replay, rules, naming);
    let mut told = String::new();
    let fired: BTreeSet<&str> = verdicts.values().flatten().map(String::as_str).collect();
    if fired != scenario.fires.iter().copied().collect() {
        told = format!("{}: {fired:?} fired, not {:?}\n", scenario.name, scenario.fires);
    }
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("rules.yml"),
        &rules_file(rules, &naming.clone().with_job("shop")),
    );
    let test = folder.path().join("test.yml");
    write(&test, &unit_test(&replay, &verdicts));
    let verdict = prometheus::test_rules(&test);
    if verdict.code != 0 {
        told.extend([scenario.name, ": ", &verdict.output]);
    }
    told
}

fn assert_agreement(scenarios: &[Scenario], rules: &[AlertRule], naming: &Naming) {
    let told: String = scenarios
        .iter()
        .map(|scenario| disagreement(scenario, rules, naming))
        .collect();
    assert!(told.is_empty(), "{naming:?}\n{told}");
}

fn standard_and_slos(naming: &Naming) -> Vec<AlertRule> {
    standard(naming).into_iter().chain(slos()).collect()
}

#[test]
fn the_process_and_prometheus_agree_on_every_standard_rule() {
    if backends::require("promtool") {
        let [naming, ..] = namings();
        assert_agreement(&SCENARIOS, &standard_and_slos(&naming), &naming);
    }
}

#[test]
fn they_agree_in_the_conventions_of_opentelemetry() {
    if backends::require("promtool") {
        let [.., naming] = namings();
        assert_agreement(&SCENARIOS, &standard_and_slos(&naming), &naming);
    }
}

#[test]
fn they_agree_on_clear_thresholds_and_on_what_no_data_means() {
    if backends::require("promtool") {
        assert_agreement(&MEMORABLE, &with_memory(), &namings()[0]);
    }
}
