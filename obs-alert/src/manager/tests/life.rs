//! When alerts are pending, fire and are over.

use super::*;

#[test]
fn an_alert_is_pending_fires_and_is_over() {
    let stage = stage(|builder| builder.rule(high_error_rate().hold_for(TICK)));
    stage.requests("ok", 100);
    assert_eq!(stage.states(), [""; 0]);
    stage.requests("server_error", 20);
    stage.requests("ok", 100);
    assert_eq!(stage.states(), ["pending HighErrorRate"]);
    assert_eq!(stage.states(), ["firing HighErrorRate"]);
    assert_eq!(
        stage.notified(),
        ["[FIRING:1] HighErrorRate (critical): Error rate exceeds 5%"]
    );
    let value = stage.manager.alerts()[0].value().unwrap();
    assert!((value - 20.0 / 120.0).abs() < 1e-9, "{value}");
    assert!(
        stage
            .page()
            .contains("obs_alerts{alertname=\"HighErrorRate\",severity=\"critical\",state=\"firing\"} 1\n")
    );
    stage.clock.advance(Duration::from_secs(300));
    stage.requests("ok", 100);
    assert_eq!(stage.states(), ["resolved HighErrorRate"]);
    assert_eq!(
        stage.notified(),
        ["[RESOLVED:1] HighErrorRate (critical): Error rate exceeds 5%"]
    );
    assert!(
        stage
            .page()
            .contains("obs_alerts{alertname=\"HighErrorRate\",severity=\"critical\",state=\"firing\"} 0\n")
    );
    assert!(
        stage
            .page()
            .contains("obs_alert_notifications_total{channel=\"test\",outcome=\"sent\"} 2\n")
    );
    assert_eq!(stage.manager.past_alerts().len(), 2);
}

#[test]
fn an_alert_that_goes_on_is_told_again_after_its_cooldown_and_not_before() {
    let (is_so, condition) = flag();
    let stage = stage(|builder| builder.rule(simple("A", condition).cooldown(3 * TICK)));
    is_so.store(true, Ordering::Relaxed);
    let notified: Vec<_> = (0..7)
        .map(|_| {
            stage.tick();
            stage.notified().len()
        })
        .collect();
    assert_eq!(notified, [1, 0, 0, 1, 0, 0, 1]);
}

#[test]
fn an_alert_that_comes_back_after_its_end_was_told_is_told_within_its_cooldown() {
    let (is_so, condition) = flag();
    let stage = stage(|builder| builder.rule(simple("A", condition).cooldown(6 * TICK)));
    let mut notified = Vec::new();
    for flaps in [true, false, true, true, false, true, true, true] {
        is_so.store(flaps, Ordering::Relaxed);
        stage.tick();
        notified.push(stage.notified().first().map(|title| title[1..2].to_owned()));
    }
    let letters: String = notified.iter().map(|letter| letter.as_deref().unwrap_or("-")).collect();
    assert_eq!(letters, "FRF-RF--");
}

#[test]
fn a_condition_that_fails_or_panics_is_an_error_and_changes_nothing() {
    let mode = Arc::new(Mutex::new("yes"));
    let read = Arc::clone(&mode);
    let condition = Condition::custom(
        move || match *read.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            "yes" => Ok(true),
            "no" => Ok(false),
            "fail" => Err(io::Error::other("no answer")),
            _ => panic!("on purpose"),
        },
    );
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
    assert!(
        stage
            .page()
            .contains("obs_alert_evaluation_failures_total{alertname=\"A\"} 2\n")
    );
    *mode.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = "no";
    assert_eq!(stage.states(), ["firing B", "resolved A"]);
}

#[test]
fn a_clear_threshold_keeps_an_alert_until_the_value_has_come_back_past_it() {
    let gauge = Condition::Gauge {
        selector: Selector::new("connections"),
        denominator: None,
        comparison: Comparison::Above(0.8),
    };
    let stage = stage(|builder| builder.rule(simple("Full", gauge).clear_threshold(0.6)));
    let mut states = Vec::new();
    for value in [0.7, 0.9, 0.7, 0.61, 0.59, 0.7] {
        stage.gauge("main", value);
        states.push(stage.states().concat());
    }
    assert_eq!(
        states,
        ["", "firing Full", "firing Full", "firing Full", "resolved Full", ""]
    );
}

#[test]
fn each_series_of_a_gauge_has_an_alert_of_its_own() {
    let gauge = Condition::Gauge {
        selector: Selector::new("connections"),
        denominator: None,
        comparison: Comparison::Above(10.0),
    };
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
    let notifications = stage.notified.lock().unwrap().clone();
    assert_eq!(notifications.len(), 1, "one group, one notification");
    assert_eq!(notifications[0].alerts().len(), 2);
    stage.gauge("a", 1.0);
    let states: Vec<_> = stage.tick().iter().map(Alert::state).collect();
    assert_eq!(states, [AlertState::Firing, AlertState::Resolved]);
}

#[test]
fn no_data_means_what_the_rule_says() {
    let gauge = || Condition::Gauge {
        selector: Selector::new("connections"),
        denominator: None,
        comparison: Comparison::Above(10.0),
    };
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
