use std::{sync::Arc, time::Duration};

use super::{BurnRate, Sli, Slo};
use crate::{AlertRule, Naming, Scope, Severity, promql::Window};

fn days(count: u64) -> Window {
    Window::new(Duration::from_secs(count * 86_400)).unwrap()
}

fn slo(objective: f64, window: Window) -> Slo {
    Slo::new("availability", objective, window, Sli::Availability)
}

#[test]
fn a_budget_that_is_never_used_up_lasts_for_ever() {
    let burn = slo(0.999, days(30)).burn_rates().remove(0);
    for factor in [0.0, -1.0, f64::MIN_POSITIVE, f64::NAN] {
        assert_eq!(BurnRate { factor, ..burn }.exhaustion(days(1)), Duration::MAX, "{factor}");
    }
}

#[test]
fn a_month_has_the_factors_of_the_workbook_and_a_week_its_own() {
    let factors = |window| slo(0.999, window).burn_rates().iter().map(|burn| burn.factor).collect::<Vec<_>>();
    assert_eq!(factors(days(30)), [14.4, 6.0, 3.0, 1.0]);
    assert_eq!(factors(days(28)), [13.44, 5.6, 2.8, 0.933_333_333_3]);
    assert_eq!(factors(days(7)), [13.44, 3.5, 1.4, 0.98]);
}

#[test]
fn thresholds_have_no_noise_of_binary_fractions() {
    let slo = slo(0.999, days(30));
    let thresholds: Vec<f64> = slo.burn_rates().iter().map(|burn| slo.threshold(burn)).collect();
    assert_eq!(thresholds, [0.0144, 0.006, 0.003, 0.001]);
    assert_eq!(slo.budget().to_string(), "0.001");
}

#[test]
fn a_budget_lasts_its_window_divided_by_the_factor() {
    let slo = slo(0.999, days(30));
    let lasts: Vec<u64> = slo.burn_rates().iter().map(|burn| burn.exhaustion(slo.window()).as_secs() / 3_600).collect();
    assert_eq!(lasts, [50, 120, 240, 720]);
}

#[test]
fn what_can_not_be_kept_or_watched_is_refused_with_the_mend() {
    let refused = [
        (slo(0.0, days(30)), "nothing is promised"),
        (slo(f64::NAN, days(30)), "nothing is promised"),
        (slo(1.0, days(30)), "no error budget"),
        (slo(99.9, days(30)), "no error budget"),
        (slo(0.9, days(30)), "say more than 93.0556 % over 30d"),
        (slo(0.92, days(7)), "say more than 92.5595 % over 7d"),
        (slo(0.99, days(6)), "between 7 and 90 days"),
        (slo(0.99, days(91)), "between 7 and 90 days"),
        (slo(0.99, days(30)).min_requests(f64::NAN), "min_requests NaN"),
        (Slo::new("quick", 0.99, days(30), Sli::Latency { threshold: Duration::ZERO }), "between 1 ms and 1 h"),
        (Slo::new("quick", 0.99, days(30), Sli::Latency { threshold: Duration::from_micros(1_500) }), "whole milli"),
    ];
    for (slo, mend) in refused {
        let error = slo.check().unwrap_err().to_string();
        assert!(error.contains(mend) && error.contains(slo.name()), "{error}");
    }
    assert!(slo(0.931, days(30)).check().is_ok());
    assert!(slo(0.93, days(7)).check().is_ok());
}

#[test]
fn an_alert_asks_for_both_windows() {
    let slo = Arc::new(
        Slo::new("checkout-quick", 0.99, days(30), Sli::Latency { threshold: Duration::from_secs(1) })
            .scope(Scope::service().method("POST").endpoint("/checkout"))
            .min_requests(100.0),
    );
    let alerts = slo.alerts();
    let names: Vec<&str> = alerts.iter().map(AlertRule::name).collect();
    assert_eq!(names, ["CheckoutQuickBurn1h", "CheckoutQuickBurn6h", "CheckoutQuickBurn1d", "CheckoutQuickBurn3d"]);
    assert_eq!(alerts[0].severity(), Severity::Critical);
    assert_eq!(alerts[3].severity(), Severity::Warning);
    let is = r#"{job="shop",method="POST",endpoint="/checkout",status!="499""#;
    let over = |window: &str| {
        format!(
            "1 - sum(rate(http_request_duration_seconds_bucket{is},le=\"1.0\"}}[{window}])) \
             / (sum(rate(http_request_duration_seconds_count{is}}}[{window}])) > 0) > 0.144"
        )
    };
    let expected = format!(
        "{} and {} and sum(increase(http_request_duration_seconds_count{is}}}[1h])) >= 100",
        over("1h"),
        over("5m")
    );
    let naming = Naming::default().with_job("shop");
    assert_eq!(alerts[0].promql(&naming).unwrap().to_string(), expected);
    assert!(alerts.iter().all(|rule| rule.check().is_ok()));
}

#[test]
fn the_budget_that_is_left_is_read_over_the_whole_window() {
    let slo = slo(0.99, days(30));
    let text = slo.budget_left(&Naming::default()).to_string();
    assert!(text.starts_with("1 - (sum(rate(http_requests_total{") && text.ends_with("[30d])) > 0) / 0.01"), "{text}");
}
