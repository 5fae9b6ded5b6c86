//! Times and durations as people write them.

use std::time::Duration;

use obs_base::calendar::{SECONDS_PER_DAY, civil_date, days_of};

use super::types::Time;

/// A duration such as `15m`, `1.5s`, `500ms`; without a unit, milliseconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.');
    let (number, unit) = text.split_at(digits.count());
    let number: f64 = number.parse().ok().filter(|number: &f64| number.is_finite())?;
    let seconds = match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" | "" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * seconds).ok()
}

/// A time in RFC 3339, or in milliseconds since the Unix epoch.
pub(super) fn time(text: &str) -> Option<Time> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(Duration::from_millis).map(Time);
    }
    rfc3339(text)
}

fn rfc3339(text: &str) -> Option<Time> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let days = days_of(year, month, day).filter(|days| civil_date(*days) == (year, month, day))?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (nanoseconds, zone) = fraction(rest)?;
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    let seconds = i64::try_from(seconds).ok()?.checked_sub(offset(zone)?)?;
    Some(Time(Duration::new(u64::try_from(seconds).ok()?, nanoseconds)))
}

fn numbers<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[u64; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (place, length) in found.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length)?;
        *place = digits(part)?;
    }
    parts.next().is_none().then_some(found)
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// Nanoseconds, and what is behind them.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, zone) = rest.split_at(length);
    let first: String = digits.chars().chain("000000000".chars()).take(9).collect();
    (length > 0).then_some((first.parse().ok()?, zone))
}

/// Seconds ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.bytes().next()? {
        b'+' | b' ' => 1, // a plus that was not encoded
        b'-' => -1,
        _ => return None,
    };
    let [hours, minutes] = numbers(zone.get(1..)?, ':', [2, 2])?;
    let seconds = i64::try_from(hours * 3_600 + minutes * 60).ok()?;
    (hours < 24 && minutes < 60).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_are_milliseconds_without() {
        assert_eq!(duration("15m"), Some(Duration::from_secs(900)));
        assert_eq!(duration("500"), Some(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Some(Duration::from_millis(1_500)));
        for wrong in [
            "",
            "s",
            "1x",
            "-1s",
            "1e3s",
            "NaN",
            "..s",
            "1s ",
            "99999999999999999999999999d",
        ] {
            assert_eq!(duration(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn times_are_rfc_3339_or_milliseconds() {
        let at = Time(Duration::from_millis(1_700_000_000_123));
        for text in [
            "2023-11-14T22:13:20.123Z",
            "1700000000123",
            "2023-11-14T23:13:20.123+01:00",
            "2023-11-14 21:13:20.123-01:00",
        ] {
            assert_eq!(time(text), Some(at), "{text}");
        }
        for wrong in [
            "",
            "2023-11-14",
            "2023-13-14T22:13:20Z",
            "2023-11-14T22:13:20",
            "2023-11-14T24:00:00Z",
            "1960-01-01T00:00:00Z",
            "2023-11-14T22:13:20.Z",
            "+23-11-14T22:13:20Z",
            "2023-11-14T22:13:20ä",
            "999999999999999999999999",
        ] {
            assert_eq!(time(wrong), None, "{wrong:?}");
        }
    }
}
