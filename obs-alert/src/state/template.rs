//! The templates of labels and annotations, as far as rules of Prometheus use them every day.

/// Fills `{{ $value }}`, `{{ $labels.name }}` and the functions `humanize`, `humanizePercentage` and
/// `humanizeDuration` behind a pipe. Values are rounded to four significant digits, as people read them. What is
/// something else stays as it is: Prometheus can do more.
pub(crate) fn expand<'a>(text: &str, value: Option<f64>, label: impl Fn(&str) -> Option<&'a str>) -> String {
    let (mut expanded, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, template, after)) = next_template(rest) {
        expanded.push_str(before);
        let filled = fill(template.trim(), value, &label);
        expanded.push_str(&filled.unwrap_or_else(|| format!("{{{{{template}}}}}")));
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}

fn next_template(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (template, after) = rest.split_once("}}")?;
    Some((before, template, after))
}

fn fill<'a>(template: &str, value: Option<f64>, label: &impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    if let Some(name) = template.strip_prefix("$labels.") {
        return Some(label(name).unwrap_or_default().to_owned());
    }
    let rest = template.strip_prefix("$value")?.trim_start();
    let Some(value) = value else { return Some("unknown".to_owned()) };
    if rest.is_empty() {
        return Some(significant(value));
    }
    match rest.strip_prefix('|')?.trim() {
        "humanize" => Some(humanize(value)),
        "humanizePercentage" => Some(format!("{}%", significant(value * 100.0))),
        "humanizeDuration" => Some(duration(value)),
        _ => None,
    }
}

/// Four significant digits, more before the point where there are more.
fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if !(1e-6..1e15).contains(&value.abs()) {
        let text = format!("{value:.3e}");
        let (number, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", number.trim_end_matches('0').trim_end_matches('.'));
    }
    let digits = value.abs().log10().floor();
    let places = (3.0 - digits).clamp(0.0, 20.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20")]
    let text = format!("{value:.0$}", places as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn humanize(value: f64) -> String {
    const LARGE: [(f64, &str); 5] = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    const SMALL: [(f64, &str); 4] = [(1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n")];
    let size = value.abs();
    let unit = LARGE.into_iter().chain(SMALL).find(|(unit, _)| size >= *unit);
    unit.map_or_else(|| significant(value), |(unit, prefix)| format!("{}{prefix}", significant(value / unit)))
}

fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return seconds.to_string();
    }
    if seconds.abs() < 1.0 {
        return format!("{}s", humanize(seconds));
    }
    if seconds.abs() < 60.0 {
        return format!("{}s", significant(seconds));
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let whole = seconds.abs().trunc();
    let (days, hours) = ((whole / 86_400.0).trunc(), (whole / 3_600.0).trunc() % 24.0);
    let (minutes, seconds) = ((whole / 60.0).trunc() % 60.0, whole % 60.0);
    let parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")];
    let first = parts.iter().position(|(count, _)| *count > 0.0).unwrap_or(3);
    let shown: Vec<_> = parts[first..].iter().map(|(count, unit)| format!("{count}{unit}")).collect();
    format!("{sign}{}", shown.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str, value: f64) -> String {
        expand(text, Some(value), |name| (name == "pool").then_some("main"))
    }

    #[test]
    fn values_and_labels_are_filled_in() {
        assert_eq!(expanded("{{ $value }} of {{$labels.pool}}", 19.0), "19 of main");
        assert_eq!(expanded("{{ $value | humanizePercentage }} failed", 0.0626), "6.26% failed");
        assert_eq!(expanded("{{ $value | humanizeDuration }}", 2.5), "2.5s");
        assert_eq!(expanded("{{ $value | humanizeDuration }}", 93_784.0), "1d 2h 3m 4s");
        assert_eq!(expanded("{{ $value | humanizeDuration }}", 0.25), "250ms");
        assert_eq!(expanded("{{ $value | humanize }}", 12_345.6), "12.35k");
    }

    #[test]
    fn values_are_rounded_for_people() {
        let texts = [0.166_666_666_666_666_66, 0.1 + 0.2, 19.0, 123_456.789, 1e-9, 1.5e300, -0.000_012_345_6]
            .map(|value| expanded("{{ $value }}", value));
        assert_eq!(texts, ["0.1667", "0.3", "19", "123457", "1e-9", "1.5e300", "-0.00001235"]);
        assert!(expanded("{{ $value | humanize }}", 1e300).len() < 10);
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        for text in ["{{ range query \"up\" }}", "{{ $value | title }}", "{{ $value", "}}", "plain"] {
            assert_eq!(expanded(text, 1.0), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_can_break_it(text in "(\\{\\{|\\}\\}|\\$value|\\$labels\\.| |\\||[a-zé]){0,20}", value: f64) {
            let _ = expanded(&text, value);
        }
    }
}
