//! Numbers for people.

/// What stands for a number that is not known.
const UNKNOWN: &str = "-";

/// Seconds: `850µs`, `12ms`, `1.20s`, `3m 05s`, `2h 10m`, `4d 03h`.
pub(crate) fn duration(seconds: Option<f64>) -> String {
    let Some(seconds) = known(seconds) else {
        return UNKNOWN.to_owned();
    };
    let (sign, seconds) = if seconds < 0.0 { ("-", -seconds) } else { ("", seconds) };
    let text = match seconds {
        0.0 => "0s".to_owned(),
        s if s < 0.000_999_5 => format!("{:.0}µs", s * 1e6),
        s if s < 0.009_995 => format!("{:.1}ms", s * 1e3),
        s if s < 0.999_5 => format!("{:.0}ms", s * 1e3),
        s if s < 59.995 => format!("{s:.2}s"),
        s => long(s),
    };
    format!("{sign}{text}")
}

fn long(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 59, and a cast saturates"
    )]
    let whole = seconds.round() as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    if days > 0 {
        format!("{days}d {hours:02}h")
    } else if hours > 0 {
        format!("{hours}h {minutes:02}m")
    } else {
        format!("{minutes}m {:02}s", whole % 60)
    }
}

/// A share from 0 to 1 in percent: `0%`, `0.25%`, `12%`.
pub(crate) fn percent(share: Option<f64>) -> String {
    let Some(share) = known(share) else {
        return UNKNOWN.to_owned();
    };
    let percent = share * 100.0;
    match percent.abs() {
        0.0 => "0%".to_owned(),
        p if p < 0.01 => "<0.01%".to_owned(),
        p if p < 1.0 => format!("{percent:.2}%"),
        p if p < 10.0 => format!("{percent:.1}%"),
        _ => format!("{percent:.0}%"),
    }
}

/// Events per second: `0.05`, `1.2`, `340`.
pub(crate) fn rate(rate: Option<f64>) -> String {
    let Some(rate) = known(rate) else {
        return UNKNOWN.to_owned();
    };
    match rate {
        0.0 => "0".to_owned(),
        r if r < 0.005 => "<0.01".to_owned(),
        r if r < 1.0 => format!("{r:.2}"),
        r if r < 100.0 => format!("{r:.1}"),
        r => format!("{r:.0}"),
    }
}

/// A number without needless digits.
pub(crate) fn number(value: Option<f64>) -> String {
    let Some(value) = known(value) else {
        return UNKNOWN.to_owned();
    };
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    format!("{value:.3}")
}

/// Bytes: `512 B`, `1.5 KiB`.
pub(crate) fn bytes(value: Option<f64>) -> String {
    let Some(mut value) = known(value) else {
        return UNKNOWN.to_owned();
    };
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value.abs() < 1_024.0 {
            let digits = usize::from(unit != "B");
            return format!("{value:.digits$} {unit}");
        }
        value /= 1_024.0;
    }
    format!("{value:.1} TiB")
}

fn known(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (seconds, text) in [
            (0.0, "0s"),
            (0.000_85, "850µs"),
            (0.000_999_9, "1.0ms"),
            (0.001_25, "1.2ms"),
            (0.012, "12ms"),
            (0.9994, "999ms"),
            (0.9996, "1.00s"),
            (59.99, "59.99s"),
            (59.999, "1m 00s"),
            (185.0, "3m 05s"),
            (7_800.0, "2h 10m"),
            (356_400.0, "4d 03h"),
            (-1.0, "-1.00s"),
        ] {
            assert_eq!(duration(Some(seconds)), text);
        }
        assert_eq!(duration(Some(f64::NAN)), "-");
        assert!(duration(Some(f64::MAX)).ends_with('h'));
    }

    #[test]
    fn what_is_small_is_not_nothing() {
        assert_eq!(
            (percent(Some(0.0)), percent(Some(0.000_01))),
            ("0%".to_owned(), "<0.01%".to_owned())
        );
        assert_eq!(
            (percent(Some(0.025)), percent(Some(1.0))),
            ("2.5%".to_owned(), "100%".to_owned())
        );
        assert_eq!(
            (rate(Some(0.001)), rate(Some(0.0))),
            ("<0.01".to_owned(), "0".to_owned())
        );
        assert_eq!((rate(Some(12.34)), rate(None)), ("12.3".to_owned(), "-".to_owned()));
        assert_eq!(
            (bytes(Some(512.0)), bytes(Some(1_536.0))),
            ("512 B".to_owned(), "1.5 KiB".to_owned())
        );
        assert_eq!(
            (number(Some(3.0)), number(Some(0.25))),
            ("3".to_owned(), "0.250".to_owned())
        );
    }
}
