//! The Gregorian calendar, and timestamps in the format of RFC 3339.

use std::time::Duration;

/// The last second of the year 9999, beyond which RFC 3339 has no dates.
pub const LAST_SECOND: u64 = 253_402_300_799;
/// The seconds of a day.
pub const SECONDS_PER_DAY: u64 = 86_400;
/// Days of 400 years: the pattern of leap years repeats.
const DAYS_PER_ERA: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_SHIFT: u64 = 719_468;

/// A time since the Unix epoch in the format of RFC 3339, in UTC with milliseconds; times after the year 9999 become its
/// end.
///
/// ```
/// use std::time::Duration;
/// use obs_base::calendar::rfc3339;
///
/// assert_eq!(rfc3339(Duration::from_millis(1_700_000_000_123)), "2023-11-14T22:13:20.123Z");
/// ```
#[must_use]
pub fn rfc3339(since_epoch: Duration) -> String {
    let since_epoch = since_epoch.min(Duration::from_secs(LAST_SECOND));
    let (days, second) = (
        since_epoch.as_secs() / SECONDS_PER_DAY,
        since_epoch.as_secs() % SECONDS_PER_DAY,
    );
    let (year, month, day) = civil_date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let millis = since_epoch.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The year, month (1 to 12) and day (1 to 31) of a day since the Unix epoch.
///
/// ```
/// use obs_base::calendar::{civil_date, days_of};
///
/// assert_eq!(civil_date(20_413), (2025, 11, 21));
/// assert_eq!(days_of(2025, 11, 21), Some(20_413));
/// ```
#[must_use]
pub const fn civil_date(days_since_epoch: u64) -> (u64, u64, u64) {
    // Years start in March here, so that the leap day is the last one.
    let days = days_since_epoch.saturating_add(EPOCH_SHIFT);
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Five months in a row, from March on, have 153 days.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + (month <= 2) as u64;
    (year, month, day)
}

/// The days from the Unix epoch to a date; `None` before it. A date that does not exist, such as the 30th of February,
/// counts as the days after the month.
#[must_use]
pub fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month_from_march) = if month > 2 {
        (year, month - 3)
    } else {
        (year.checked_sub(1)?, month + 9)
    };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = ((153 * month_from_march + 2) / 5 + day).checked_sub(1)?;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * DAYS_PER_ERA + day_of_era).checked_sub(EPOCH_SHIFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_rfc_3339_also_on_leap_days() {
        let stamp = |millis| rfc3339(Duration::from_millis(millis));
        assert_eq!(stamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(stamp(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(stamp(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(stamp(4_107_542_399_000), "2100-02-28T23:59:59.000Z");
        assert_eq!(stamp(u64::MAX), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn every_day_for_eight_hundred_years_follows_the_one_before() {
        let leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let mut expected = (1970, 1, 1);
        for days in 0..2 * DAYS_PER_ERA {
            assert_eq!(civil_date(days), expected);
            let (year, month, day) = expected;
            assert_eq!(days_of(year, month, day), Some(days));
            let last = match month {
                2 if leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (_, day) if day == last => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }
}
