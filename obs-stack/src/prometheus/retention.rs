//! How long Prometheus must keep what it scrapes.

use obs_rules::definition::Service;

/// Prometheus keeps samples for 15 days unless told otherwise; we keep the last month and half of the one before.
const LEAST_DAYS: u64 = 45;
/// Beyond the longest window: blocks of up to a tenth of the retention go as a whole.
const MARGIN: u64 = 10;
const DAY: u64 = 86_400;

/// The days that the windows of these services' objectives need, with a margin; 45 at least.
pub(crate) fn days<'a>(services: impl IntoIterator<Item = &'a Service>) -> u64 {
    longest(services).map_or(LEAST_DAYS, |days| LEAST_DAYS.max(days + days.div_ceil(MARGIN)))
}

/// What a configuration says of it; nothing where nothing is promised.
pub(crate) fn note<'a>(services: impl IntoIterator<Item = &'a Service> + Clone) -> Option<String> {
    let longest = longest(services.clone())?;
    let days = days(services);
    Some(format!(
        "The longest objective looks back for {longest} days: start Prometheus with --storage.tsdb.retention.time={days}d \
         or more\n(the Prometheus Operator: `retention: {days}d`), or what it recorded of the budgets is cut short."
    ))
}

/// The longest window of an objective, in days.
fn longest<'a>(services: impl IntoIterator<Item = &'a Service>) -> Option<u64> {
    let windows = services.into_iter().flat_map(|service| service.slos.iter().map(|slo| slo.window().duration()));
    windows.map(|window| window.as_secs().div_ceil(DAY)).max()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use obs_rules::definition::Definition;

    use super::*;

    fn definition(windows: &[&str]) -> Definition {
        let mut text = "version: 1\nservices:\n  - name: a\n    endpoints: [GET /a]\n".to_owned();
        for (at, window) in windows.iter().enumerate() {
            text += if at == 0 { "    slos:\n" } else { "" };
            let _ = writeln!(text, "      - {{ name: promise-{at}, objective: 99, window: {window} }}");
        }
        Definition::parse(&text, "obs.yaml").unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn samples_are_kept_for_longer_than_the_longest_window() {
        for (windows, expected) in [(&[][..], 45), (&["7d"], 45), (&["30d", "28d"], 45), (&["7d", "90d"], 99)] {
            assert_eq!(days(&definition(windows).services), expected, "{windows:?}");
        }
    }

    #[test]
    fn configurations_name_the_window_and_the_setting() {
        let note = note(&definition(&["90d"]).services).unwrap();
        assert!(note.contains("90 days") && note.contains("--storage.tsdb.retention.time=99d"), "{note}");
        assert_eq!(super::note(&definition(&[]).services), None);
    }
}
