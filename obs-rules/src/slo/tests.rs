use std::{sync::Arc, time::Duration};

use proptest::prelude::*;

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
        assert_eq!(
            BurnRate { factor, ..burn }.exhaustion(days(1)),
            Duration::MAX,
            "{factor}"
        );
    }
}

#[test]
fn a_month_has_the_factors_of_the_workbook_and_a_week_its_own() {
    let factors = |window| {
        slo(0.999, window)
            .burn_rates()
            .iter()
            .map(|burn| burn.factor)
            .collect::<Vec<_>>()
    };
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
    let lasts: Vec<u64> = slo
        .burn_rates()
        .iter()
        .map(|burn| burn.exhaustion(slo.window()).as_secs() / 3_600)
        .collect();
    assert_eq!(lasts, [50, 120, 240, 720]);
}

#[test]
fn what_can_not_be_kept_or_watched_is_refused_with_the_fix() {
    let refused = [
        (slo(0.0, days(30)), "nothing is promised"),
        (slo(f64::NAN, days(30)), "nothing is promised"),
        (slo(1.0, days(30)), "no error budget"),
        (slo(0.99, Window::minutes(60)), "between 1 and 366 days"),
        (slo(0.99, days(367)), "between 1 and 366 days"),
        (slo(0.99, days(30)).min_requests(f64::NAN), "min_requests NaN"),
        (
            Slo::new(
                "quick",
                0.99,
                days(30),
                Sli::Latency {
                    threshold: Duration::ZERO,
                },
            ),
            "between 1 ms and 1 h",
        ),
        (
            Slo::new(
                "quick",
                0.99,
                days(30),
                Sli::Latency {
                    threshold: Duration::from_micros(1_500),
                },
            ),
            "whole milli",
        ),
    ];
    for (slo, fix) in refused {
        let error = slo.check().unwrap_err().to_string();
        assert!(error.contains(fix) && error.contains(slo.name()), "{error}");
    }
    for (objective, window) in [(0.5, days(1)), (0.9, days(30)), (0.92, days(7)), (0.99999, days(366))] {
        assert_eq!(slo(objective, window).check(), Ok(()));
    }
}

#[test]
fn an_objective_in_the_wrong_unit_is_asked_about() {
    let message = |objective| slo(objective, days(30)).check().unwrap_err().message().to_owned();
    assert_eq!(
        message(0.00999),
        "objective 0.999 %: hardly anything is promised; was 99.9 % meant?"
    );
    assert_eq!(
        message(0.0095),
        "objective 0.95 %: hardly anything is promised; was 95 % meant?"
    );
    assert_eq!(
        message(99.9),
        "objective 9990 %: there is no error budget to spend; was 0.999, which is 99.9 %, meant?"
    );
}

#[test]
fn an_objective_of_ninety_percent_has_the_alerts_that_can_fire_and_a_note() {
    let factors = |objective| {
        slo(objective, days(30))
            .burn_rates()
            .iter()
            .map(|burn| burn.factor)
            .collect::<Vec<_>>()
    };
    assert_eq!(factors(0.999), [14.4, 6.0, 3.0, 1.0]);
    assert_eq!(factors(0.9), [6.0, 3.0, 1.0]);
    assert_eq!(factors(0.8), [3.0, 1.0]);
    assert_eq!(factors(0.5), [1.0]);
    assert_eq!(slo(0.999, days(30)).note(), None);
    let note = slo(0.5, days(30)).note().unwrap();
    assert!(note.contains("a burn rate of 14.4 or 6 or 3: at 50 %") && note.contains("none of its alerts is critical"));
    let alerts = Arc::new(slo(0.5, days(30))).alerts();
    assert!(alerts.len() == 1 && alerts[0].check().is_ok(), "{alerts:?}");
}

#[test]
fn windows_grow_with_that_of_the_slo_and_are_never_shorter_than_an_hour() {
    let long = |window| {
        slo(0.999, window)
            .burn_rates()
            .iter()
            .map(|burn| burn.long.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(long(days(1)), ["1h", "4h", "12h"]);
    assert_eq!(long(days(7)), ["1h", "6h", "1d", "3d"]);
    assert_eq!(long(days(14)), ["1h", "6h", "1d", "3d"]);
    assert_eq!(long(days(28)), ["1h", "6h", "1d", "3d"]);
    assert_eq!(long(days(60)), ["2h", "12h", "2d", "6d"]);
    assert_eq!(long(days(90)), ["3h", "18h", "3d", "9d"]);
    assert_eq!(long(days(366)), ["14h", "4d", "13d", "37d"]);
}

#[test]
fn numbers_in_texts_are_rounded_for_people() {
    let alerts = Arc::new(slo(0.999, days(31))).alerts();
    assert_eq!(
        alerts[0].message(),
        "The error budget of availability is spent 7.44 times too fast"
    );
    assert!(
        alerts[3].annotations()["description"].ends_with("at this rate the budget lasts 40 days"),
        "{alerts:?}"
    );
}

/// Whether an alert fires some time: for so long a share of `ratio` of the requests is bad, none before and none
/// after.
fn fires(slo: &Slo, ratio: f64, seconds: f64) -> bool {
    slo.burn_rates().iter().any(|burn| {
        let share = slo.threshold(burn) / ratio;
        let [long, short] = [burn.long, burn.short].map(|window| window.duration().as_secs_f64());
        // The long window has seen enough from here on; the short one until here.
        let (begins, ends) = (share * long, seconds + short * (1.0 - share));
        share < 1.0 && begins < seconds && ends - begins >= burn.hold_for.as_secs_f64()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_window_what_empties_the_budget_fires_and_half_of_that_does_not(
        seconds in 86_400_u64..=366 * 86_400,
        bad in prop_oneof![0.00001_f64..0.001, 0.001_f64..0.5],
        fast in 0.0_f64..=1.0,
    ) {
        let window = Window::new(Duration::from_secs(seconds)).unwrap();
        let slo = slo(1.0 - bad, window);
        prop_assert_eq!(slo.check(), Ok(()));
        let period = window.duration().as_secs_f64();
        // From just fast enough up to all requests failing: each spends the budget exactly.
        let ratio = (slo.budget() * 1.001).powf(1.0 - fast);
        prop_assert!(fires(&slo, ratio, period * slo.budget() / ratio), "{ratio} of {:?}", slo.burn_rates());
        prop_assert!(!fires(&slo, slo.budget() / 2.0, period), "{:?}", slo.burn_rates());
    }

    #[test]
    fn alerts_of_every_window_can_be_used_and_tell_the_share_that_they_spend(
        seconds in 86_400_u64..=366 * 86_400,
        bad in 0.00001_f64..=0.5,
    ) {
        let window = Window::new(Duration::from_secs(seconds)).unwrap();
        let slo = Arc::new(slo(1.0 - bad, window));
        let burns = slo.burn_rates();
        prop_assert_eq!(slo.out_of_reach().is_empty(), slo.note().is_none());
        for (burn, rule) in burns.iter().zip(slo.alerts()) {
            prop_assert!(rule.check().is_ok(), "{:?}", rule.check());
            prop_assert!(slo.threshold(burn) < 1.0 && burn.budget < 0.5);
            prop_assert!(burn.short.duration() * 12 == burn.long.duration() && burn.hold_for < burn.short.duration());
            prop_assert!(burn.short.duration().as_secs().is_multiple_of(300), "{burn:?}");
        }
        prop_assert!(burns.windows(2).all(|two| two[0].long < two[1].long && two[0].factor > two[1].factor));
        let slowest = burns.last().map(|burn| burn.factor);
        prop_assert!(slowest.is_some_and(|factor| factor > 0.7 && factor <= 1.0), "{burns:?}");
    }
}

#[test]
fn an_alert_asks_for_both_windows() {
    let slo = Arc::new(
        Slo::new(
            "checkout-quick",
            0.99,
            days(30),
            Sli::Latency {
                threshold: Duration::from_secs(1),
            },
        )
        .scope(Scope::service().method("POST").endpoint("/checkout"))
        .min_requests(100.0),
    );
    let alerts = slo.alerts();
    let names: Vec<&str> = alerts.iter().map(AlertRule::name).collect();
    assert_eq!(
        names,
        [
            "CheckoutQuickBurn1h",
            "CheckoutQuickBurn6h",
            "CheckoutQuickBurn1d",
            "CheckoutQuickBurn3d"
        ]
    );
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
    assert!(
        text.starts_with("1 - (sum(rate(http_requests_total{") && text.ends_with("[30d])) > 0) / 0.01"),
        "{text}"
    );
}
