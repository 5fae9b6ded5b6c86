//! Durations on lines.

use std::time::Duration;

use super::{line_buffer::Sink, timestamp::push_digits, value::push_count};

/// Appends seconds with six decimals.
#[inline]
pub(super) fn push_seconds(line: &mut impl Sink, duration: Duration) {
    push_count(line, duration.as_secs());
    line.put(b".");
    push_digits::<6>(line, duration.subsec_micros().into());
}

/// Appends milliseconds with three decimals.
#[inline]
pub(super) fn push_millis(line: &mut impl Sink, duration: Duration) {
    push_count(
        line,
        duration
            .as_secs()
            .saturating_mul(1_000)
            .saturating_add(duration.subsec_millis().into()),
    );
    line.put(b".");
    push_digits::<3>(line, (duration.subsec_micros() % 1_000).into());
}
