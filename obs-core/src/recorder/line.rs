//! Log lines, as they are read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracing_core::{Level, LevelFilter};

use super::{
    codec::{Reader, push_bytes, push_u64},
    span::nanoseconds,
};

/// The most bytes of a line that is kept; longer ones are left out.
pub(super) const MAX_LINE: usize = 8 * 1_024;
/// The bytes of a line beside its text.
pub(super) const FRAME: usize = 14;

/// A log line of a request or job.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// When it was logged, by the wall clock.
    pub at: SystemTime,
    /// Its level.
    pub level: Level,
    /// Whether it was below the filter of lines, and kept by
    /// [`lines_of_failures`](crate::ObsBuilder::lines_of_failures) until the end of its request.
    pub is_held: bool,
    /// The line, without its line break: one JSON object in the keys of obs
    /// ([`LogProfile::Obs`](crate::logs::LogProfile::Obs)), redacted; whatever the format of the lines that are written.
    pub text: String,
}

/// From the most verbose one.
const LEVELS: [Level; 5] = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];

/// How much a level lets through, as a number: 0 for nothing, 5 for everything.
#[inline]
pub(crate) fn verbosity(level: LevelFilter) -> u8 {
    LEVELS.iter().fold(0, |sum, known| sum + u8::from(*known <= level))
}

/// A line on its way into a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewLine<'a> {
    /// Since the Unix epoch.
    pub(crate) at: Duration,
    pub(crate) level: Level,
    pub(crate) is_held: bool,
    pub(crate) text: &'a [u8],
}

// === impl NewLine ===

impl<'a> NewLine<'a> {
    pub(super) fn size(&self) -> usize {
        FRAME + self.text.len()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        push_u64(out, nanoseconds(self.at));
        let level = LEVELS.iter().position(|level| *level == self.level).unwrap_or(0);
        out.extend_from_slice(&[u8::try_from(level).unwrap_or(0), u8::from(self.is_held)]);
        push_bytes(out, self.text);
    }

    /// Reads what was written; `None` at the end.
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        if reader.0.is_empty() {
            return None;
        }
        let at = Duration::from_nanos(reader.u64());
        let (level, is_held) = (reader.u8(), reader.u8() != 0);
        Some(Self {
            at,
            level: LEVELS.get(usize::from(level)).copied().unwrap_or(Level::INFO),
            is_held,
            text: reader.sized(),
        })
    }
}

// === impl Line ===

impl From<NewLine<'_>> for Line {
    fn from(line: NewLine<'_>) -> Self {
        let NewLine {
            at,
            level,
            is_held,
            text,
        } = line;
        let text = String::from_utf8_lossy(text);
        Self {
            at: UNIX_EPOCH + at,
            level,
            is_held,
            text: text.strip_suffix('\n').unwrap_or(&text).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_level_lets_through_grows_with_it() {
        let levels = [
            LevelFilter::OFF,
            LevelFilter::ERROR,
            LevelFilter::WARN,
            LevelFilter::INFO,
            LevelFilter::DEBUG,
            LevelFilter::TRACE,
        ];
        assert_eq!(levels.map(verbosity), [0, 1, 2, 3, 4, 5]);
    }
}
