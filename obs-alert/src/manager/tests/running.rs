//! From the start of a manager to its end.

use super::*;

#[test]
fn what_is_wrong_is_refused_with_value_place_and_mend() {
    let registry = Registry::new();
    let builder = || AlertManager::builder().registry(&registry);
    let gauge = |threshold| Condition::Gauge {
        selector: Selector::new("g"),
        denominator: None,
        comparison: Comparison::Above(threshold),
    };
    let nan = simple("Nan", gauge(f64::NAN));
    let long = simple("Long", Condition::error_ratio(Window::minutes(60 * 24 * 367), 0.05));
    let pattern = Selector::new("g").matching("a", "(");
    let pattern = simple("Pattern", Condition::Absence { selector: pattern });
    let refused = [
        (
            AlertManager::builder(),
            "setting registry: there are no metrics to watch",
        ),
        (
            builder().rule(high_error_rate()).rule(high_error_rate()),
            "alert \"HighErrorRate\": there is a rule of this name",
        ),
        (builder().rule(nan), "alert \"Nan\": the threshold NaN"),
        (
            builder().rule(long),
            "alert \"Long\": window 367d: with its offset it reaches back further than the 366 days",
        ),
        (
            builder().rule(pattern),
            "alert \"Pattern\": \"(\" for the label a is not a valid regular expression",
        ),
        (
            builder().interval(Duration::ZERO),
            "setting interval: 0ns is not between 100 ms and 1 h",
        ),
        (
            builder().channel(Channel::log()).channel(Channel::log()),
            "channel \"log\": there is a channel of this name",
        ),
        (
            builder().channel(Channel::webhook("nowhere")),
            "channel \"webhook\": the address must begin with http",
        ),
        (
            builder().channel(Channel::log().timeout(Duration::ZERO)),
            "channel \"log\": timeout 0 s",
        ),
        (
            builder().channel(Channel::log().bearer_token("x")),
            "channel \"log\": the header \"authorization\" has no effect",
        ),
        (
            builder().channel(Channel::alertmanager([""; 0])),
            "channel \"alertmanager\": it names no Alertmanager",
        ),
    ];
    for (builder, expected) in refused {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_flush_and_a_shutdown_take_as_long_as_it_takes_if_their_time_has_no_end() {
    let (is_so, condition) = flag();
    is_so.store(true, Ordering::Relaxed);
    let stage = stage(|builder| builder.channel(Channel::log().timeout(Duration::MAX).backoff(Duration::MAX)));
    let endless = simple("A", condition)
        .hold_for(Duration::ZERO)
        .keep_firing_for(Duration::MAX)
        .cooldown(Duration::MAX);
    stage.manager.add_rule(endless).unwrap();
    assert_eq!(stage.states(), ["firing A"]);
    stage
        .manager
        .silence(Silence::new(Duration::MAX, "for ever").with("alertname", "B"))
        .unwrap();
    let _ = (
        stage.manager.error_rate(Duration::MAX),
        stage.manager.latency(0.99, Duration::MAX),
    );
    let _ = (
        stage.manager.error_rate(Duration::ZERO),
        stage.manager.latency(0.99, Duration::ZERO),
    );
    stage.clock.advance(Duration::from_secs(10 * 365 * 86_400));
    stage.manager.evaluate(stage.clock.now());
    assert!(stage.manager.flush(Duration::MAX) && stage.manager.shutdown(Duration::MAX));
    assert_eq!(stage.notified().len(), 1);
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
    assert_eq!(stage.notified().len(), 2);
    assert!(stage.manager.remove_channel("test") && !stage.manager.remove_channel("test"));
    stage.manager.add_channel(Channel::log()).unwrap();
}

#[test]
fn a_restart_with_a_state_file_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alerts.json");
    let clock = ManualClock::new();
    let rule = || high_error_rate().hold_for(2 * TICK).cooldown(Duration::from_secs(3600));
    let start = |registry: &Registry, notified: &Arc<Mutex<u32>>| {
        let notified = Arc::clone(notified);
        let record = move |_: &Notification| {
            *notified.lock().unwrap() += 1;
            Ok::<_, io::Error>(())
        };
        let builder = AlertManager::builder()
            .registry(registry)
            .clock(clock.clone())
            .rule(rule());
        builder
            .channel(Channel::closure("test", record))
            .state_file(&file)
            .build()
            .unwrap()
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
    let (first, notified) = (Registry::new(), Arc::default());
    let manager = start(&first, &notified);
    tick(&manager);
    count(&first, "ok", 80);
    count(&first, "server_error", 20);
    assert_eq!(tick(&manager), Some(AlertState::Pending));
    assert_eq!(tick(&manager), Some(AlertState::Pending));
    assert!(manager.shutdown(SOON));
    let second = Registry::new();
    let manager = start(&second, &notified);
    count(&second, "ok", 60);
    assert_eq!(
        tick(&manager),
        Some(AlertState::Firing),
        "it has waited since before the restart"
    );
    assert_eq!(manager.error_rate(Duration::from_secs(300)), Some(0.125));
    assert!(manager.shutdown(SOON));
    let third = Registry::new();
    let manager = start(&third, &notified);
    assert_eq!(tick(&manager), Some(AlertState::Firing));
    assert_eq!(*notified.lock().unwrap(), 1, "the channel knows it already");
    count(&third, "ok", 10_000);
    assert_eq!(tick(&manager), Some(AlertState::Resolved));
    assert_eq!(*notified.lock().unwrap(), 2, "and is notified of the end");
    std::fs::write(&file, "{broken").unwrap();
    let manager = start(&third, &notified);
    assert_eq!(tick(&manager), None, "a broken file is none");
}

#[test]
fn a_condition_that_asks_its_own_manager_does_not_hang() {
    let manager = Arc::new(std::sync::OnceLock::<AlertManager>::new());
    let own = Arc::clone(&manager);
    let condition = Condition::custom(move || {
        let Some(manager) = own.get() else {
            return Err("too early");
        };
        Ok(manager.evaluate(manager.now()).is_empty() && manager.alerts().is_empty())
    });
    let stage = stage(|builder| builder.rule(simple("A", condition)));
    manager.set(stage.manager.clone()).unwrap();
    assert_eq!(stage.states(), ["firing A"]);
}

#[test]
fn it_evaluates_by_itself_and_stops_with_its_last_handle() {
    let calls = Arc::new(Mutex::new(0));
    let count = Arc::clone(&calls);
    let condition = Condition::custom(move || {
        *count.lock().unwrap() += 1;
        Ok::<_, io::Error>(false)
    });
    let registry = Registry::new();
    let builder = AlertManager::builder()
        .registry(&registry)
        .interval(Duration::from_millis(100));
    let manager = builder.rule(simple("A", condition)).start().unwrap();
    wait_for(|| *calls.lock().unwrap() >= 3);
    drop(manager);
    wait_for(|| Arc::strong_count(&calls) == 1);
}

pub(super) fn wait_for(mut condition: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !condition() {
        assert!(started.elapsed() < SOON, "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
