//! What a manager says of objectives and windows.

use super::*;

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
    assert!(
        p99 > Duration::from_millis(10) && p99 <= Duration::from_millis(25),
        "{p99:?}"
    );
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
    let slo = Arc::new(Slo::new(
        "availability",
        0.99,
        Window::minutes(30 * 24 * 60),
        Sli::Availability,
    ));
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
