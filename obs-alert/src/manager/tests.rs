use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use obs_core::metrics::{Format, Registry};

use super::*;
use crate::{
    Alert, AlertRule, AlertState, Channel, Clock as _, Comparison, Condition, Inhibition, ManualClock, NoData,
    Notification, Severity, Silence, Sli, Slo,
    promql::{Selector, Window},
};

const TICK: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(15);

/// A service without a network: its counters, a clock, and a manager that is told when to evaluate.
struct Stage {
    registry: Registry,
    clock: ManualClock,
    manager: AlertManager,
    told: Arc<Mutex<Vec<Notification>>>,
}

fn stage(build: impl FnOnce(AlertManagerBuilder) -> AlertManagerBuilder) -> Stage {
    let (registry, clock, told) = (Registry::new(), ManualClock::new(), Arc::<Mutex<Vec<Notification>>>::default());
    let heard = Arc::clone(&told);
    let hear = move |notification: &Notification| {
        heard.lock().unwrap().push(notification.clone());
        Ok::<_, io::Error>(())
    };
    let builder = AlertManager::builder()
        .registry(&registry)
        .clock(clock.clone())
        .channel(Channel::closure("test", hear).per_minute(6_000_000));
    let manager = build(builder).build().unwrap();
    Stage { registry, clock, manager, told }
}

impl Stage {
    fn requests(&self, outcome: &'static str, count: u64) {
        metrics::with_local_recorder(&self.registry, || {
            metrics::counter!("http_requests_total", "method" => "GET", "endpoint" => "/", "status" => "200", "outcome" => outcome)
                .increment(count);
        });
    }

    fn gauge(&self, pool: &'static str, value: f64) {
        metrics::with_local_recorder(&self.registry, || metrics::gauge!("connections", "pool" => pool).set(value));
    }

    fn tick(&self) -> Vec<Alert> {
        self.clock.advance(TICK);
        let alerts = self.manager.evaluate(self.clock.now());
        assert!(self.manager.flush(SOON));
        alerts
    }

    /// `pending HighErrorRate`, …
    fn states(&self) -> Vec<String> {
        self.tick().iter().map(|alert| format!("{} {}", alert.state(), alert.name())).collect()
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().drain(..).map(|notification| notification.title()).collect()
    }

    fn page(&self) -> String {
        String::from_utf8(self.registry.render(Format::Text)).unwrap()
    }
}

fn high_error_rate() -> AlertRule {
    AlertRule::new(
        "HighErrorRate",
        Condition::error_ratio(Window::minutes(5), 0.05),
        Severity::Critical,
        "Error rate exceeds 5%",
    )
    .cooldown(Duration::from_secs(60))
}

fn flag() -> (Arc<AtomicBool>, Condition) {
    let flag = Arc::new(AtomicBool::new(false));
    let read = Arc::clone(&flag);
    (flag, Condition::custom(move || Ok::<_, io::Error>(read.load(Ordering::Relaxed))))
}

fn simple(name: &str, condition: Condition) -> AlertRule {
    AlertRule::new(name, condition, Severity::Warning, "it is so").cooldown(Duration::ZERO)
}

#[test]
fn an_alert_is_pending_fires_and_is_over() {
    let stage = stage(|builder| builder.rule(high_error_rate().hold_for(TICK)));
    stage.requests("ok", 100);
    assert_eq!(stage.states(), [""; 0]);
    stage.requests("server_error", 20);
    stage.requests("ok", 100);
    assert_eq!(stage.states(), ["pending HighErrorRate"]);
    assert_eq!(stage.states(), ["firing HighErrorRate"]);
    assert_eq!(stage.told(), ["[FIRING:1] HighErrorRate (critical): Error rate exceeds 5%"]);
    let value = stage.manager.alerts()[0].value().unwrap();
    assert!((value - 20.0 / 120.0).abs() < 1e-9, "{value}");
    assert!(
        stage.page().contains("obs_alerts{alertname=\"HighErrorRate\",severity=\"critical\",state=\"firing\"} 1\n")
    );
    stage.clock.advance(Duration::from_secs(300));
    stage.requests("ok", 100);
    assert_eq!(stage.states(), ["resolved HighErrorRate"]);
    assert_eq!(stage.told(), ["[RESOLVED:1] HighErrorRate (critical): Error rate exceeds 5%"]);
    assert!(
        stage.page().contains("obs_alerts{alertname=\"HighErrorRate\",severity=\"critical\",state=\"firing\"} 0\n")
    );
    assert!(stage.page().contains("obs_alert_notifications_total{channel=\"test\",outcome=\"sent\"} 2\n"));
    assert_eq!(stage.manager.past_alerts().len(), 2);
}

#[test]
fn an_alert_that_goes_on_is_told_again_after_its_cooldown_and_not_before() {
    let (is_so, condition) = flag();
    let stage = stage(|builder| builder.rule(simple("A", condition).cooldown(3 * TICK)));
    is_so.store(true, Ordering::Relaxed);
    let told: Vec<_> = (0..7)
        .map(|_| {
            stage.tick();
            stage.told().len()
        })
        .collect();
    assert_eq!(told, [1, 0, 0, 1, 0, 0, 1]);
}

#[test]
fn an_alert_that_comes_back_within_its_cooldown_is_not_told_again() {
    let (is_so, condition) = flag();
    let stage = stage(|builder| builder.rule(simple("A", condition).cooldown(6 * TICK)));
    let mut told = Vec::new();
    for flaps in [true, false, true, false, true, true, true, true] {
        is_so.store(flaps, Ordering::Relaxed);
        stage.tick();
        told.push(stage.told().first().map(|title| title[1..2].to_owned()));
    }
    let letters: String = told.iter().map(|letter| letter.as_deref().unwrap_or("-")).collect();
    assert_eq!(letters, "FR----F-");
}

#[test]
fn a_condition_that_fails_or_panics_is_an_error_and_changes_nothing() {
    let mode = Arc::new(Mutex::new("yes"));
    let read = Arc::clone(&mode);
    let condition = Condition::custom(move || match *read.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
        "yes" => Ok(true),
        "no" => Ok(false),
        "fail" => Err(io::Error::other("no answer")),
        _ => panic!("on purpose"),
    });
    let (other_is_so, other) = flag();
    let stage = stage(|builder| builder.rule(simple("A", condition)).rule(simple("B", other)));
    assert_eq!(stage.states(), ["firing A"]);
    other_is_so.store(true, Ordering::Relaxed);
    for broken in ["fail", "panic"] {
        *mode.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = broken;
        assert_eq!(stage.states(), ["firing A", "firing B"], "{broken}");
        assert_eq!(stage.manager.rules()[0].state, "error");
        assert_eq!(stage.manager.rules()[1].state, "firing");
    }
    assert!(stage.page().contains("obs_alert_evaluation_failures_total{alertname=\"A\"} 2\n"));
    *mode.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = "no";
    assert_eq!(stage.states(), ["firing B", "resolved A"]);
}

#[test]
fn a_clear_threshold_keeps_an_alert_until_the_value_has_come_back_past_it() {
    let gauge = Condition::Gauge { selector: Selector::new("connections"), by: None, is: Comparison::Above(0.8) };
    let stage = stage(|builder| builder.rule(simple("Full", gauge).clear_threshold(0.6)));
    let mut states = Vec::new();
    for value in [0.7, 0.9, 0.7, 0.61, 0.59, 0.7] {
        stage.gauge("main", value);
        states.push(stage.states().concat());
    }
    assert_eq!(states, ["", "firing Full", "firing Full", "firing Full", "resolved Full", ""]);
}

#[test]
fn each_series_of_a_gauge_has_an_alert_of_its_own() {
    let gauge = Condition::Gauge { selector: Selector::new("connections"), by: None, is: Comparison::Above(10.0) };
    let rule = AlertRule::new("Full", gauge, Severity::Warning, "{{ $value }} in {{ $labels.pool }}");
    let stage = stage(|builder| builder.rule(rule));
    stage.gauge("a", 11.0);
    stage.gauge("b", 12.0);
    stage.gauge("c", 1.0);
    let alerts = stage.tick();
    let mut messages: Vec<_> = alerts.iter().map(Alert::message).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["11 in a", "12 in b"]);
    assert_ne!(alerts[0].fingerprint(), alerts[1].fingerprint());
    let notifications = stage.told.lock().unwrap().clone();
    assert_eq!(notifications.len(), 1, "one group, one notification");
    assert_eq!(notifications[0].alerts().len(), 2);
    stage.gauge("a", 1.0);
    let states: Vec<_> = stage.tick().iter().map(Alert::state).collect();
    assert_eq!(states, [AlertState::Firing, AlertState::Resolved]);
}

#[test]
fn a_group_of_many_alerts_is_told_in_parts() {
    let gauge = Condition::Gauge { selector: Selector::new("connections"), by: None, is: Comparison::Above(10.0) };
    let stage = stage(|builder| builder.rule(simple("Full", gauge)));
    metrics::with_local_recorder(&stage.registry, || {
        for pool in 0..450 {
            metrics::gauge!("connections", "pool" => pool.to_string()).set(11.0);
        }
    });
    stage.tick();
    let sizes: Vec<_> = stage.told.lock().unwrap().iter().map(|notification| notification.alerts().len()).collect();
    assert_eq!(sizes, [200, 200, 50]);
}

#[test]
fn an_inhibition_mutes_what_agrees_with_its_source() {
    let (is_so, condition) = flag();
    let rule = |name: &str, cluster: &str| simple(name, condition.clone()).label("cluster", cluster);
    let inhibition =
        Inhibition::new().source("alertname", "Down").target_matching("alertname", "Pool.*").equal(["cluster"]);
    let stage = stage(|builder| {
        let builder = builder.inhibition(inhibition).rule(rule("Down", "a"));
        builder.rule(rule("PoolA", "a")).rule(rule("PoolB", "b"))
    });
    is_so.store(true, Ordering::Relaxed);
    stage.tick();
    let mut told = stage.told();
    told.sort_unstable();
    let names: Vec<_> = told.iter().map(|title| title.split(' ').nth(1).unwrap()).collect();
    assert_eq!(names, ["Down", "PoolB"]);
    assert!(stage.page().contains("obs_alerts_suppressed{reason=\"inhibited\"} 1\n"));
}

#[test]
fn no_data_means_what_the_rule_says() {
    let gauge = || Condition::Gauge { selector: Selector::new("connections"), by: None, is: Comparison::Above(10.0) };
    let policies = [(NoData::Ok, ""), (NoData::Alert, "firing A"), (NoData::Keep, "")];
    for (policy, expected) in policies {
        let stage = stage(|builder| builder.rule(simple("A", gauge()).no_data(policy)));
        assert_eq!(stage.states().concat(), expected, "{policy:?}");
    }
    let ratio = simple("A", Condition::error_ratio(Window::minutes(1), 0.05)).no_data(NoData::Keep);
    let stage = stage(|builder| builder.rule(ratio));
    stage.tick();
    stage.requests("server_error", 1);
    assert_eq!(stage.states(), ["firing A"]);
    stage.clock.advance(Duration::from_secs(600));
    stage.tick();
    assert_eq!(stage.states(), ["firing A"], "no requests: nobody knows");
    stage.requests("ok", 100);
    assert_eq!(stage.states(), ["resolved A"]);
}

#[test]
fn a_ratio_of_too_few_requests_does_not_fire() {
    let stage = stage(|builder| builder.rule(high_error_rate().min_requests(10.0)));
    stage.tick();
    stage.requests("server_error", 9);
    assert_eq!(stage.states(), [""; 0]);
    stage.requests("server_error", 1);
    assert_eq!(stage.states(), ["firing HighErrorRate"]);
}

#[test]
fn silenced_alerts_are_told_when_the_silence_is_over() {
    let (is_so, condition) = flag();
    let stage = stage(|builder| builder.rule(simple("A", condition)));
    let silence = Silence::new(3 * TICK, "maintenance").with("alertname", "A");
    let id = stage.manager.silence(silence.clone()).unwrap();
    is_so.store(true, Ordering::Relaxed);
    stage.tick();
    assert_eq!(stage.told(), [""; 0]);
    assert!(stage.page().contains("obs_alerts_suppressed{reason=\"silenced\"} 1\n"));
    assert!(stage.manager.end_silence(id));
    stage.manager.silence(silence).unwrap();
    let told: Vec<_> = (0..3)
        .map(|_| {
            stage.tick();
            stage.told().len()
        })
        .collect();
    assert_eq!(told, [0, 0, 1]);
    assert!(stage.manager.silences().is_empty());
}

#[test]
fn a_page_mutes_the_ticket_of_the_same_slo_and_no_other() {
    let (is_so, condition) = flag();
    let rule = |name: &str, severity, slo: &str| {
        AlertRule::new(name, condition.clone(), severity, "so").label("slo", slo).cooldown(Duration::ZERO)
    };
    let stage = stage(|builder| {
        builder
            .rule(rule("PageA", Severity::Critical, "a"))
            .rule(rule("TicketA", Severity::Warning, "a"))
            .rule(rule("TicketB", Severity::Warning, "b"))
            .rule(simple("Plain", condition.clone()))
    });
    is_so.store(true, Ordering::Relaxed);
    stage.tick();
    let mut told = stage.told();
    told.sort_unstable();
    let names: Vec<_> = told.iter().map(|title| title.split(' ').nth(1).unwrap()).collect();
    assert_eq!(names, ["PageA", "Plain", "TicketB"]);
}

#[test]
fn what_is_wrong_is_refused_with_value_place_and_mend() {
    let registry = Registry::new();
    let builder = || AlertManager::builder().registry(&registry);
    let gauge =
        |threshold| Condition::Gauge { selector: Selector::new("g"), by: None, is: Comparison::Above(threshold) };
    let nan = simple("Nan", gauge(f64::NAN));
    let long = simple("Long", Condition::error_ratio(Window::minutes(60 * 24 * 31), 0.05));
    let pattern = Selector::new("g").matching("a", "(");
    let pattern = simple("Pattern", Condition::Absence { selector: pattern });
    let refused = [
        (AlertManager::builder(), "setting registry: there are no metrics to watch"),
        (
            builder().rule(high_error_rate()).rule(high_error_rate()),
            "alert \"HighErrorRate\": there is a rule of this name",
        ),
        (builder().rule(nan), "alert \"Nan\": gauge compared with NaN"),
        (builder().rule(long), "alert \"Long\": the process remembers 30d, the window 31d"),
        (builder().rule(pattern), "alert \"Pattern\": \"(\" for the label a is no regular expression"),
        (builder().interval(Duration::ZERO), "setting interval: 0ns is not between 100 ms and 1 h"),
        (builder().channel(Channel::log()).channel(Channel::log()), "channel \"log\": there is a channel of this name"),
        (builder().channel(Channel::webhook("nowhere")), "channel \"webhook\": the address must begin with http"),
        (builder().channel(Channel::log().timeout(Duration::ZERO)), "channel \"log\": timeout 0 s"),
        (
            builder().channel(Channel::log().bearer_token("x")),
            "channel \"log\": the header \"authorization\" means nothing",
        ),
        (builder().channel(Channel::alertmanager([""; 0])), "channel \"alertmanager\": it names no Alertmanager"),
    ];
    for (builder, expected) in refused {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn rules_and_channels_come_and_go_while_it_runs() {
    let (is_so, condition) = flag();
    let stage = stage(|builder| builder);
    is_so.store(true, Ordering::Relaxed);
    stage.manager.add_rule(simple("A", condition)).unwrap();
    assert_eq!(stage.states(), ["firing A"]);
    assert!(stage.manager.remove_rule("A") && !stage.manager.remove_rule("A"));
    assert_eq!(stage.states(), ["resolved A"]);
    assert_eq!(stage.told().len(), 2);
    assert!(stage.manager.remove_channel("test") && !stage.manager.remove_channel("test"));
    stage.manager.add_channel(Channel::log()).unwrap();
}

#[test]
fn windows_are_asked_for_without_a_rule() {
    let stage = stage(|builder| builder);
    stage.tick();
    assert_eq!(stage.manager.error_rate(Duration::from_secs(300)), None);
    stage.requests("ok", 99);
    stage.requests("panic", 1);
    metrics::with_local_recorder(&stage.registry, || {
        let duration = metrics::histogram!("http_request_duration_seconds", "method" => "GET", "endpoint" => "/", "status" => "200");
        (0..100).for_each(|_| duration.record(0.02));
    });
    stage.tick();
    assert_eq!(stage.manager.error_rate(Duration::from_secs(300)), Some(0.01));
    assert_eq!(stage.manager.availability(Duration::from_secs(30 * 86_400)), Some(0.99));
    let p99 = stage.manager.p99(Duration::from_secs(300)).unwrap();
    assert!(p99 > Duration::from_millis(10) && p99 <= Duration::from_millis(25), "{p99:?}");
}

#[test]
fn a_restart_with_a_state_file_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.json");
    let clock = ManualClock::new();
    let rule = || high_error_rate().hold_for(2 * TICK).cooldown(Duration::from_secs(3600));
    let start = |registry: &Registry, told: &Arc<Mutex<u32>>| {
        let told = Arc::clone(told);
        let hear = move |_: &Notification| {
            *told.lock().unwrap() += 1;
            Ok::<_, io::Error>(())
        };
        let builder = AlertManager::builder().registry(registry).clock(clock.clone()).rule(rule());
        builder.channel(Channel::closure("test", hear)).state_file(&file).build().unwrap()
    };
    let count = |registry: &Registry, outcome: &'static str, by| {
        metrics::with_local_recorder(registry, || {
            metrics::counter!("http_requests_total", "outcome" => outcome).increment(by);
        });
    };
    let tick = |manager: &AlertManager| {
        clock.advance(TICK);
        let alerts = manager.evaluate(clock.now());
        assert!(manager.flush(SOON));
        alerts.first().map(Alert::state)
    };
    let (first, told) = (Registry::new(), Arc::default());
    let manager = start(&first, &told);
    tick(&manager);
    count(&first, "ok", 80);
    count(&first, "server_error", 20);
    assert_eq!(tick(&manager), Some(AlertState::Pending));
    assert_eq!(tick(&manager), Some(AlertState::Pending));
    assert!(manager.shutdown(SOON));
    let second = Registry::new();
    let manager = start(&second, &told);
    count(&second, "ok", 60);
    assert_eq!(tick(&manager), Some(AlertState::Firing), "it has waited since before the restart");
    assert_eq!(manager.error_rate(Duration::from_secs(300)), Some(0.125));
    assert!(manager.shutdown(SOON));
    let third = Registry::new();
    let manager = start(&third, &told);
    assert_eq!(tick(&manager), Some(AlertState::Firing));
    assert_eq!(*told.lock().unwrap(), 1, "the channel knows it already");
    count(&third, "ok", 10_000);
    assert_eq!(tick(&manager), Some(AlertState::Resolved));
    assert_eq!(*told.lock().unwrap(), 2, "and is told the end");
    std::fs::write(&file, "{broken").unwrap();
    let manager = start(&third, &told);
    assert_eq!(tick(&manager), None, "a broken file is none");
}

#[test]
fn a_condition_that_asks_its_own_manager_does_not_hang() {
    let manager = Arc::new(std::sync::OnceLock::<AlertManager>::new());
    let own = Arc::clone(&manager);
    let condition = Condition::custom(move || {
        let Some(manager) = own.get() else { return Err("too early") };
        Ok(manager.evaluate(manager.now()).is_empty() && manager.alerts().is_empty())
    });
    let stage = stage(|builder| builder.rule(simple("A", condition)));
    manager.set(stage.manager.clone()).unwrap();
    assert_eq!(stage.states(), ["firing A"]);
}

#[test]
fn objectives_tell_their_budget() {
    let month = Window::minutes(30 * 24 * 60);
    let slo = Arc::new(Slo::new("availability", 0.99, month, Sli::Availability));
    let stage = stage(|builder| builder.rules(slo.alerts()).slo(Arc::clone(&slo)));
    stage.tick();
    assert_eq!(stage.manager.slos()[0].budget_left, None);
    stage.requests("ok", 995);
    stage.requests("server_error", 5);
    stage.tick();
    let status = &stage.manager.slos()[0];
    assert_eq!(status.error_ratio, Some(0.005));
    assert!((status.budget_left.unwrap() - 0.5).abs() < 1e-9, "{status:?}");
    assert_eq!(status.burn_rates.len(), 4);
    assert!((status.burn_rates[0].1 - 0.5).abs() < 1e-9, "{status:?}");
    let json: serde_json::Value = serde_json::from_str(&stage.manager.to_json()).unwrap();
    assert_eq!(json["slos"][0]["window"], "30d");
    assert_eq!(json["rules"].as_array().unwrap().len(), 4);
    assert!(stage.manager.remove_slo("availability"));
}

#[test]
fn a_page_on_a_burn_rate_fires_and_ends() {
    let slo = Arc::new(Slo::new("availability", 0.99, Window::minutes(30 * 24 * 60), Sli::Availability));
    let stage = stage(|builder| builder.rules(slo.alerts()));
    let mut fast = Vec::new();
    for minute in 0..80_u64 {
        let is_broken = (10..20).contains(&minute);
        stage.requests(if is_broken { "server_error" } else { "ok" }, 60);
        stage.clock.advance(Duration::from_secs(50));
        let is_firing = |alert: &Alert| alert.name() == "AvailabilityBurn1h" && alert.state() == AlertState::Firing;
        fast.push(stage.tick().iter().any(is_firing));
    }
    let first = fast.iter().position(|firing| *firing).unwrap();
    let last = fast.iter().rposition(|firing| *firing).unwrap();
    // 14.4 % of an hour's requests, for 2 minutes; over soon after the short window is clean again.
    assert!((11..16).contains(&first), "{first}");
    assert!((23..27).contains(&last), "{last}");
}

#[test]
fn it_evaluates_by_itself_and_stops_with_its_last_handle() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let condition = Condition::custom(move || {
        *count.lock().unwrap() += 1;
        Ok::<_, io::Error>(false)
    });
    let registry = Registry::new();
    let builder = AlertManager::builder().registry(&registry).interval(Duration::from_millis(100));
    let manager = builder.rule(simple("A", condition)).start().unwrap();
    wait_for(|| *asked.lock().unwrap() >= 3);
    drop(manager);
    wait_for(|| Arc::strong_count(&asked) == 1);
}

fn wait_for(mut condition: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !condition() {
        assert!(started.elapsed() < SOON, "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
