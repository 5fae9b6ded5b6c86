//! Files that are changed as time goes by.

use obs_base::calendar::{civil_date, days_of};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// The weekday of the first day of the Unix epoch, a Thursday, counted from Sunday.
const FIRST_WEEKDAY: u64 = 4;

/// When a log file is left for a new one, and how many are kept.
///
/// Files are cut by time, not by size; [`keep`](Self::keep) bounds their number. Where a new file can't be
/// opened, lines go on to the old one.
///
/// ```
/// use obs_core::logs::{LogTarget, Rotation};
///
/// let target = LogTarget::rolling_file("/var/log/shop/shop.log", Rotation::daily().keep(14));
/// # drop(target);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    period: Period,
    keep: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Period {
    Hour,
    Day,
    Week,
}

// === impl Rotation ===

impl Rotation {
    /// A new file at each full hour: `shop.log.2026-11-22-14`.
    #[must_use]
    pub const fn hourly() -> Self {
        Self {
            period: Period::Hour,
            keep: None,
        }
    }

    /// A new file at midnight, UTC: `shop.log.2026-11-22`.
    #[must_use]
    pub const fn daily() -> Self {
        Self {
            period: Period::Day,
            keep: None,
        }
    }

    /// A new file at the start of Sunday, UTC, named for that day.
    #[must_use]
    pub const fn weekly() -> Self {
        Self {
            period: Period::Week,
            keep: None,
        }
    }

    /// Keeps this many files beside the one that is written to, 1 or more. With every new file, and at
    /// the start, the oldest go. Only files go whose whole name is one that this rotation gives: neither
    /// `app.db` beside `app`, nor `app.2026-11-22.gz`, nor a folder or a link, nor the files of another
    /// period that the path had before. Defaults to all.
    #[must_use]
    pub const fn keep(self, files: usize) -> Self {
        let files = if files == 0 { 1 } else { files };
        Self {
            keep: Some(files),
            ..self
        }
    }

    pub(super) const fn kept(self) -> Option<usize> {
        self.keep
    }

    /// When the period began that `second` is in, both in seconds since the Unix epoch.
    pub(super) const fn period_of(self, second: u64) -> u64 {
        match self.period {
            Period::Hour => second - second % HOUR,
            Period::Day => second - second % DAY,
            Period::Week => {
                let day = second / DAY;
                day.saturating_sub((day + FIRST_WEEKDAY) % 7) * DAY
            }
        }
    }

    /// The name of the file of a period.
    pub(super) fn file_name(self, name: &str, period: u64) -> String {
        let (year, month, day) = civil_date(period / DAY);
        let date = format!("{name}.{year:04}-{month:02}-{day:02}");
        match self.period {
            Period::Hour => format!("{date}-{:02}", period / HOUR % 24),
            Period::Day | Period::Week => date,
        }
    }

    /// The period of a file, if [`file_name`](Self::file_name) gives it this very name.
    pub(super) fn parse(self, name: &str, file: &str) -> Option<u64> {
        let stamp = file.strip_prefix(name)?.strip_prefix('.')?;
        let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<u64>().ok();
        let day = days_of(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
        let hour = if matches!(self.period, Period::Hour) {
            number(11, 13)?
        } else {
            0
        };
        let period = self.period_of(day * DAY + hour * HOUR);
        // Whatever else may have been read: days and hours that there are not, signs, what follows.
        (self.file_name(name, period) == file).then_some(period)
    }

    /// Whether any rotation gives a file this name.
    pub(super) fn is_any(name: &str, file: &str) -> bool {
        [Self::hourly(), Self::daily(), Self::weekly()]
            .iter()
            .any(|rotation| rotation.parse(name, file).is_some())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Rotation; 3] = [Rotation::hourly(), Rotation::daily(), Rotation::weekly()];

    #[test]
    fn a_week_begins_on_sunday() {
        // 2026-11-22 is a Sunday.
        let sunday = 1_795_305_600;
        for second in [sunday, sunday + 1, sunday + 7 * DAY - 1] {
            assert_eq!(Rotation::weekly().period_of(second), sunday);
        }
        assert_eq!(Rotation::weekly().period_of(sunday - 1), sunday - 7 * DAY);
        assert_eq!(Rotation::weekly().period_of(0), 0, "the first one is cut by the epoch");
    }

    proptest! {
        #[test]
        fn what_a_rotation_names_it_reads_again(second in 0..253_402_300_800_u64, name in "[a-z.-]{1,8}") {
            for rotation in ALL {
                let period = rotation.period_of(second);
                prop_assert_eq!(rotation.parse(&name, &rotation.file_name(&name, period)), Some(period));
            }
        }

        #[test]
        fn what_it_reads_it_has_named(stamp in "[-0-9]{0,16}|[0-9]{4}-[0-9]{2}-[0-9]{2}(-[0-9]{2})?|\\PC{0,14}") {
            for rotation in ALL {
                let file = format!("app.{stamp}");
                if let Some(period) = rotation.parse("app", &file) {
                    prop_assert_eq!(rotation.file_name("app", period), file);
                }
            }
        }
    }
}
