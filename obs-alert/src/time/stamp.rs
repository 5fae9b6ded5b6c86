//! Stamps as receivers of alerts read them.

use std::time::Duration;

const DAY: u64 = 86_400;
/// The last second of the year 9999: later years have no form in RFC 3339.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// RFC 3339, UTC, milliseconds: `2026-11-22T14:30:05.123Z`.
pub(crate) fn rfc3339(unix: Duration) -> String {
    let unix = unix.min(LAST);
    let (days, second) = (unix.as_secs() / DAY, unix.as_secs() % DAY);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let millis = unix.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The Gregorian date of a day since 1970-01-01, counted in years that begin in March, so that the leap
/// day is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_rfc_3339_also_on_leap_days() {
        let stamp = |millis| rfc3339(Duration::from_millis(millis));
        assert_eq!(stamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(stamp(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(stamp(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(stamp(4_107_542_399_000), "2100-02-28T23:59:59.000Z");
        assert_eq!(stamp(u64::MAX), "9999-12-31T23:59:59.000Z");
    }
}
