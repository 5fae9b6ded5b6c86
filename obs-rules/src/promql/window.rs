//! Durations in the syntax of `PromQL`.

use std::{error::Error, fmt, str::FromStr, time::Duration};

/// A duration above zero, in whole milliseconds, that `PromQL` can express: `5m`, `1h30m`, `30d`.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::promql::Window;
///
/// let window: Window = "1h30m".parse()?;
/// assert_eq!(window.duration(), Duration::from_secs(5_400));
/// assert_eq!(Window::new(Duration::from_secs(90))?.to_string(), "1m30s");
/// assert!("0s".parse::<Window>().is_err());
/// # Ok::<(), obs_rules::promql::BadWindow>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window(Duration);

/// A duration that is not a valid [`Window`]: zero, too long, or in another syntax. The message names it.
///
/// ```
/// use obs_rules::promql::Window;
///
/// let error = "5 minutes".parse::<Window>().unwrap_err();
/// assert!(error.to_string().contains("5 minutes"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BadWindow {
    given: String,
}

/// The longest sum of a window and its offset: 366 days, the history that a process can hold.
pub const LONGEST_REACH: Duration = Duration::from_secs(366 * 86_400);

/// Units in milliseconds, the largest first. Years and weeks are only read, not written.
const UNITS: [(&str, u128); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

// === impl Window ===

impl Window {
    /// A window of this length; fractions of a millisecond are cut off when it is written.
    ///
    /// # Errors
    ///
    /// If `span` is shorter than a millisecond or longer than 1 000 years.
    pub fn new(span: Duration) -> Result<Self, BadWindow> {
        const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 86_400);
        if span < Duration::from_millis(1) || span > LONGEST {
            return Err(BadWindow {
                given: format!("{span:?}"),
            });
        }
        Ok(Self(span))
    }

    /// A duration that is known to be valid.
    pub(crate) const fn of(span: Duration) -> Self {
        Self(span)
    }

    /// A window of whole minutes; zero becomes one.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        let minutes = if minutes == 0 { 1 } else { minutes };
        Self(Duration::from_secs(minutes as u64 * 60))
    }

    /// Its length.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis();
        for (unit, millis) in UNITS {
            let count = rest / millis;
            rest %= millis;
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Window {
    type Err = BadWindow;

    /// Reads `30s`, `5m`, `1h30m`, `30d`, `2w`, `1y`: whole numbers, each with its unit, the largest first.
    fn from_str(text: &str) -> Result<Self, BadWindow> {
        let bad = || BadWindow { given: text.to_owned() };
        let millis = parse(text).ok_or_else(bad)?;
        Self::new(Duration::from_millis(millis)).map_err(|_| bad())
    }
}

fn parse(text: &str) -> Option<u64> {
    const KNOWN: [(&str, u64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let (mut rest, mut total, mut units) = (text, 0_u64, KNOWN.iter());
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = &rest[..end];
        // Units come once and in order, as in Prometheus.
        let (_, millis) = units.find(|(known, _)| *known == unit)?;
        total = total.checked_add(count.checked_mul(*millis)?)?;
        rest = &rest[end..];
    }
    Some(total)
}

// === impl BadWindow ===

impl fmt::Display for BadWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a duration above zero: write 30s, 5m, 1h30m or 30d",
            self.given
        )
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for BadWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for BadWindow {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_spelled_as_prometheus_reads_them() {
        for text in ["5m", "1h30m", "30d", "90s", "500ms", "1d"] {
            let window: Window = text.parse().unwrap();
            let back: Window = window.to_string().parse().unwrap();
            assert_eq!(window, back, "{text}");
        }
        assert_eq!("90s".parse::<Window>().unwrap().to_string(), "1m30s");
        assert_eq!("2w".parse::<Window>().unwrap().to_string(), "14d");
    }

    #[test]
    fn what_is_no_window_is_refused_by_name() {
        for text in [
            "",
            "0s",
            "5",
            "m",
            "-5m",
            "5m1h",
            "1.5h",
            "5 m",
            "99999999999999999999d",
            "1m1m",
        ] {
            let error = text.parse::<Window>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
