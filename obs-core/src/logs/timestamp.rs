//! RFC 3339 timestamps, UTC, with the part that changes once a second cached.

use std::time::Duration;

use obs_base::calendar::{LAST_SECOND, SECONDS_PER_DAY, civil_date};

use super::line_buffer::Sink;

/// The two digits of the numbers below 100.
pub(super) static PAIRS: [[u8; 2]; 100] = pairs();

const fn pairs() -> [[u8; 2]; 100] {
    let (mut pairs, mut number) = ([[0; 2]; 100], 0);
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
}

/// Writes timestamps; keeps the text of the last second.
#[derive(Debug)]
pub(super) struct Stamp {
    second: Option<u64>,
    /// `2026-11-22T14:30:05.`
    text: [u8; 20],
}

// === impl Stamp ===

impl Stamp {
    pub(super) const fn new() -> Self {
        Self {
            second: None,
            text: *b"0000-00-00T00:00:00.",
        }
    }

    /// Appends `2026-11-22T14:30:05.123456Z` for a time since the Unix epoch.
    #[inline]
    pub(super) fn push_micros(&mut self, out: &mut impl Sink, since_epoch: Duration) {
        self.refresh(since_epoch);
        out.put(&self.text);
        push_digits::<6>(out, u64::from(since_epoch.subsec_micros()));
        out.put(b"Z");
    }

    /// Appends `2026-11-22T14:30:05.123Z`.
    pub(super) fn push_millis(&mut self, out: &mut impl Sink, since_epoch: Duration) {
        self.refresh(since_epoch);
        out.put(&self.text);
        push_digits::<3>(out, u64::from(since_epoch.subsec_millis()));
        out.put(b"Z");
    }

    /// Appends `2026-11-22T14:30:05.123456789Z`.
    pub(super) fn push_nanos(&mut self, out: &mut impl Sink, since_epoch: Duration) {
        self.refresh(since_epoch);
        out.put(&self.text);
        push_digits::<9>(out, u64::from(since_epoch.subsec_nanos()));
        out.put(b"Z");
    }

    /// Appends `14:30:05.123`.
    pub(super) fn push_time_of_day(&mut self, out: &mut Vec<u8>, since_epoch: Duration) {
        self.refresh(since_epoch);
        out.extend_from_slice(&self.text[11..]);
        push_digits::<3>(out, u64::from(since_epoch.subsec_millis()));
    }

    #[inline]
    fn refresh(&mut self, since_epoch: Duration) {
        let second = since_epoch.as_secs().min(LAST_SECOND);
        if self.second != Some(second) {
            self.write_second(second);
        }
    }

    #[cold]
    fn write_second(&mut self, second: u64) {
        self.second = Some(second);
        let (year, month, day) = civil_date(second / SECONDS_PER_DAY);
        let time = second % SECONDS_PER_DAY;
        let parts = [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, time / 3_600),
            (14..16, time / 60 % 60),
            (17..19, time % 60),
        ];
        for (place, value) in parts {
            put_digits(&mut self.text[place], value);
        }
    }
}

/// Fills `place` with the decimal digits of `value`, zeros in front.
#[inline]
pub(super) fn put_digits(place: &mut [u8], mut value: u64) {
    let (first, pairs) = place.as_rchunks_mut::<2>();
    for pair in pairs.iter_mut().rev() {
        *pair = PAIRS[(value % 100) as usize];
        value /= 100;
    }
    if let [digit] = first {
        *digit = b'0' + (value % 10) as u8;
    }
}

/// Appends the last `N` decimal digits of `value`, zeros in front.
#[inline]
pub(super) fn push_digits<const N: usize>(out: &mut impl Sink, value: u64) {
    out.fill(|place: &mut [u8; N]| put_digits(place, value));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp(seconds: u64, micros: u64) -> String {
        let mut out = Vec::new();
        Stamp::new().push_micros(&mut out, Duration::from_secs(seconds) + Duration::from_micros(micros));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_times_are_written_as_rfc_3339() {
        // The numbers are those of `date --utc +%s --date=…`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (68_169_599, "1972-02-28T23:59:59.000000Z"),
            (68_169_600, "1972-02-29T00:00:00.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000000Z"),
            (1_795_357_805, "2026-11-22T14:30:05.000000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
            (LAST_SECOND, "9999-12-31T23:59:59.000000Z"),
            (u64::MAX / 2, "9999-12-31T23:59:59.000000Z"),
        ] {
            assert_eq!(stamp(seconds, 0), text);
        }
        assert_eq!(stamp(1_795_357_805, 123_456), "2026-11-22T14:30:05.123456Z");
    }

    #[test]
    fn the_time_of_day_has_milliseconds() {
        let mut out = Vec::new();
        Stamp::new().push_time_of_day(&mut out, Duration::from_micros(1_795_357_805_007_900));
        assert_eq!(out, b"14:30:05.007");
    }

    proptest! {
        #[test]
        fn a_cached_second_gives_the_same_text(seconds in 0..LAST_SECOND, micros in 0_u64..3_000_000) {
            let mut cached = Stamp::new();
            cached.push_micros(&mut Vec::new(), Duration::from_secs(seconds));
            let mut out = Vec::new();
            cached.push_micros(&mut out, Duration::from_secs(seconds) + Duration::from_micros(micros));
            prop_assert_eq!(String::from_utf8(out).unwrap(), stamp(seconds, micros));
        }
    }
}
