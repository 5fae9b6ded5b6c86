//! Times in answers: RFC 3339 in UTC.

use obs_base::calendar::{SECONDS_PER_DAY, days_of};

use super::{duration, shown};

/// The time of day of a timestamp, `14:03:22.123`; what can't be read is shown as it is.
pub(crate) fn clock(timestamp: &str) -> String {
    let is_time = millis(timestamp).is_some();
    timestamp
        .get(11..23)
        .filter(|_| is_time)
        .map_or_else(|| shown(timestamp).into_owned(), str::to_owned)
}

/// How long before `now` something was.
pub(crate) fn ago(now: &str, then: &str) -> String {
    let (Some(now), Some(then)) = (millis(now), millis(then)) else {
        return shown(then).into_owned();
    };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few years")]
    let seconds = now.saturating_sub(then) as f64 / 1e3;
    if seconds < 1.0 {
        return "now".to_owned();
    }
    // Nobody needs milliseconds here.
    format!("{} ago", duration(Some(seconds)).replace(".00s", "s"))
}

/// The milliseconds of a timestamp such as `2026-12-01T17:14:45.123Z` since 1970.
pub(crate) fn millis(timestamp: &str) -> Option<u64> {
    let bytes = timestamp.as_bytes();
    let is_time = bytes.len() == 24
        && b"0000-00-00T00:00:00.000Z".iter().zip(bytes).all(|(expected, byte)| {
            if *expected == b'0' {
                byte.is_ascii_digit()
            } else {
                expected == byte
            }
        });
    if !is_time {
        return None;
    }
    let number = |from: usize, to: usize| timestamp.get(from..to)?.parse::<u64>().ok();
    let is_in = |from, to, range: std::ops::RangeInclusive<u64>| number(from, to).is_some_and(|n| range.contains(&n));
    if !is_in(5, 7, 1..=12) || !is_in(8, 10, 1..=31) {
        return None;
    }
    let days = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    Some(seconds * 1_000 + number(20, 23)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read() {
        assert_eq!(millis("2023-11-14T22:13:20.123Z"), Some(1_700_000_000_123));
        for bad in [
            "",
            "2023-11-14",
            "2023-11-14T22:13:20.123+",
            "2023-13-14T22:13:20.123Z",
            "ä".repeat(12).as_str(),
        ] {
            assert_eq!(millis(bad), None, "{bad}");
        }
        assert_eq!(clock("2023-11-14T22:13:20.123Z"), "22:13:20.123");
        assert_eq!(clock("\u{1b}[2J"), "\\u{1b}[2J");
    }

    #[test]
    fn what_was_before_is_so_long_ago() {
        let now = "2023-11-14T22:13:20.123Z";
        assert_eq!(ago(now, "2023-11-14T22:10:15.123Z"), "3m 05s ago");
        assert_eq!(ago(now, "2023-11-14T22:13:18.123Z"), "2s ago");
        assert_eq!(ago(now, now), "now");
        assert_eq!(
            ago(now, "2023-11-14T22:13:21.123Z"),
            "now",
            "the clocks of two machines"
        );
    }
}
