//! Objectives whose budgets are spent, in the process.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use obs_core::metrics::Registry;

use crate::{AlertManager, AlertState, Moment, Sli, Slo, promql::Window};

/// The names of the alerts that fire some time in the process, while a share of `ratio` of all requests fails.
fn fired_in_process(slo: Slo, ratio: f64, step: Duration) -> BTreeSet<String> {
    const REQUESTS: u32 = 1_000_000;
    let registry = Registry::new();
    let window = slo.window().duration();
    let manager = AlertManager::builder()
        .registry(&registry)
        .rules(Arc::new(slo).alerts())
        .build()
        .unwrap();
    let mut fired = BTreeSet::new();
    let steps = window.as_secs() / step.as_secs();
    for step in (0..=steps).map(|nth| step * u32::try_from(nth).unwrap()) {
        metrics::with_local_recorder(&registry, || {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "up to a million")]
            let failed = (f64::from(REQUESTS) * ratio) as u64;
            metrics::counter!("http_requests_total", "outcome" => "server_error").increment(failed);
            metrics::counter!("http_requests_total", "outcome" => "ok").increment(u64::from(REQUESTS) - failed);
        });
        let alerts = manager.evaluate(Moment::new(step, step));
        let firing = alerts.iter().filter(|alert| alert.state() == AlertState::Firing);
        fired.extend(firing.map(|alert| alert.name().to_owned()));
    }
    fired
}

#[test]
fn the_process_tells_of_a_budget_that_empties_within_any_window() {
    for (window, slowest) in [
        (1, "Burn12h"),
        (14, "Burn3d"),
        (27, "Burn3d"),
        (60, "Burn6d"),
        (90, "Burn9d"),
        (366, "Burn37d"),
    ] {
        let window_of = Window::new(Duration::from_secs(window * 86_400)).unwrap();
        let slo = || Slo::new("availability", 0.99, window_of, Sli::Availability);
        let step = Duration::from_secs(if window > 14 { 3_600 } else { 300 });
        let fired = fired_in_process(slo(), 0.0105, step);
        assert_eq!(
            fired.iter().map(String::as_str).collect::<Vec<_>>(),
            [format!("Availability{slowest}")],
            "{window}d"
        );
        assert_eq!(fired_in_process(slo(), 0.005, step), BTreeSet::new(), "{window}d");
    }
}
