//! Which channels are notified of which alerts.

use super::*;

#[test]
fn a_group_of_many_alerts_is_told_in_parts() {
    let gauge = Condition::Gauge {
        selector: Selector::new("connections"),
        denominator: None,
        comparison: Comparison::Above(10.0),
    };
    let stage = stage(|builder| builder.rule(simple("Full", gauge)));
    metrics::with_local_recorder(&stage.registry, || {
        for pool in 0..450 {
            metrics::gauge!("connections", "pool" => pool.to_string()).set(11.0);
        }
    });
    stage.tick();
    let sizes: Vec<_> = stage
        .notified
        .lock()
        .unwrap()
        .iter()
        .map(|notification| notification.alerts().len())
        .collect();
    assert_eq!(sizes, [200, 200, 50]);
}

#[test]
fn an_inhibition_mutes_what_agrees_with_its_source() {
    let (is_so, condition) = flag();
    let rule = |name: &str, cluster: &str| simple(name, condition.clone()).label("cluster", cluster);
    let inhibition = Inhibition::new()
        .source("alertname", "Down")
        .target_matching("alertname", "Pool.*")
        .equal(["cluster"]);
    let stage = stage(|builder| {
        let builder = builder.inhibition(inhibition).rule(rule("Down", "a"));
        builder.rule(rule("PoolA", "a")).rule(rule("PoolB", "b"))
    });
    is_so.store(true, Ordering::Relaxed);
    stage.tick();
    let mut notified = stage.notified();
    notified.sort_unstable();
    let names: Vec<_> = notified.iter().map(|title| title.split(' ').nth(1).unwrap()).collect();
    assert_eq!(names, ["Down", "PoolB"]);
    assert!(stage.page().contains("obs_alerts_suppressed{reason=\"inhibited\"} 1\n"));
}

#[test]
fn silenced_alerts_are_told_when_the_silence_is_over() {
    let (is_so, condition) = flag();
    let stage = stage(|builder| builder.rule(simple("A", condition)));
    let silence = Silence::new(3 * TICK, "maintenance").with("alertname", "A");
    let id = stage.manager.silence(silence.clone()).unwrap();
    is_so.store(true, Ordering::Relaxed);
    stage.tick();
    assert_eq!(stage.notified(), [""; 0]);
    assert!(stage.page().contains("obs_alerts_suppressed{reason=\"silenced\"} 1\n"));
    assert!(stage.manager.end_silence(id));
    stage.manager.silence(silence).unwrap();
    let notified: Vec<_> = (0..3)
        .map(|_| {
            stage.tick();
            stage.notified().len()
        })
        .collect();
    assert_eq!(notified, [0, 0, 1]);
    assert!(stage.manager.silences().is_empty());
}

#[test]
fn a_page_mutes_the_ticket_of_the_same_slo_and_no_other() {
    let (is_so, condition) = flag();
    let rule = |name: &str, severity, slo: &str| {
        AlertRule::new(name, condition.clone(), severity, "so")
            .label("slo", slo)
            .cooldown(Duration::ZERO)
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
    let mut notified = stage.notified();
    notified.sort_unstable();
    let names: Vec<_> = notified.iter().map(|title| title.split(' ').nth(1).unwrap()).collect();
    assert_eq!(names, ["PageA", "Plain", "TicketB"]);
}

#[test]
fn a_ring_of_inhibitions_is_refused_and_spelled_out() {
    let mutes = |source: &str, target: &str| {
        Inhibition::new()
            .source("alertname", source)
            .target("alertname", target)
            .equal(["service"])
    };
    let rule = |name: &str| simple(name, flag().1);
    let registry = Registry::new();
    let builder = || {
        AlertManager::builder()
            .registry(&registry)
            .inhibition(mutes("A", "B"))
            .inhibition(mutes("B", "A"))
    };
    let error = builder().rule(rule("A")).rule(rule("B")).build().unwrap_err();
    assert_eq!(error.place(), "setting inhibition");
    assert!(
        error.to_string().contains("\"A\" mutes \"B\", which mutes \"A\"")
            || error.to_string().contains("\"B\" mutes \"A\", which mutes \"B\""),
        "{error}"
    );
    let manager = builder().rule(rule("A")).build().unwrap();
    let error = manager.add_rule(rule("B")).unwrap_err();
    assert_eq!(error.place(), "alert \"B\"");
    manager.add_rule(rule("C")).unwrap();
    assert_eq!(manager.rules().len(), 2, "what is refused is not there");
    // Of different services they don't meet.
    builder()
        .rule(rule("A").label("service", "a"))
        .rule(rule("B").label("service", "b"))
        .build()
        .unwrap();
}

#[test]
fn series_whose_labels_make_them_mute_each_other_are_told() {
    let mutes = |source: &str, target: &str| {
        Inhibition::new()
            .source("pool", source)
            .target("pool", target)
            .equal(["alertname"])
    };
    let gauge = Condition::Gauge {
        selector: Selector::new("connections"),
        denominator: None,
        comparison: Comparison::Above(10.0),
    };
    let stage = stage(|builder| {
        builder
            .inhibition(mutes("a", "b"))
            .inhibition(mutes("b", "a"))
            .group_by(["pool"])
            .rule(simple("Full", gauge))
    });
    stage.gauge("a", 11.0);
    stage.gauge("b", 11.0);
    stage.tick();
    assert_eq!(stage.notified().len(), 2);
}

#[test]
fn evaluations_at_another_time_than_the_clocks_are_told_by_their_own() {
    let attempts = Arc::new(Mutex::new(0));
    let count = Arc::clone(&attempts);
    let fails = move |_: &Notification| {
        *count.lock().unwrap() += 1;
        Err(io::Error::other("down"))
    };
    let (is_so, condition) = flag();
    is_so.store(true, Ordering::Relaxed);
    let rule = simple("A", condition).cooldown(Duration::from_secs(3_600));
    let stage = stage(|builder| builder.rule(rule).channel(Channel::closure("fails", fails).attempts(1)));
    let notified: Vec<u32> = [0, 10, 50, 60, 70]
        .into_iter()
        .map(|seconds| {
            // A replay: the clock stands at the beginning.
            stage
                .manager
                .evaluate(stage.clock.now().after(Duration::from_secs(1_000_000 + seconds)));
            assert!(stage.manager.flush(SOON));
            *attempts.lock().unwrap()
        })
        .collect();
    assert_eq!(notified, [1, 1, 1, 2, 2], "a minute after a failure it is tried again");
}
