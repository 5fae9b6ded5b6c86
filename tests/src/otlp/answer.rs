//! What the receiver answers.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

/// How an export request is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Taken, answered at once.
    #[default]
    Accept,
    /// Refused with this HTTP status, over gRPC with the code that OTLP pairs with it: 429 and 503 are
    /// `UNAVAILABLE`, 400 `INVALID_ARGUMENT`, 401 `UNAUTHENTICATED`, 403 `PERMISSION_DENIED`, others `UNKNOWN`.
    Status(u16),
    /// Taken, answered after this long.
    Delay(Duration),
    /// Refused in part: so many spans, log records or points were rejected. What was sent is kept all the same.
    Partial(i64),
    /// Taken, with a warning in place of a number of what was rejected.
    Warn,
    /// Taken, with an answer of so many bytes.
    Long(usize),
    /// Refused for now: 429 and `RESOURCE_EXHAUSTED`. When to come again is said as [`Again`].
    Throttle(Again),
    /// Refused with 413 and `RESOURCE_EXHAUSTED` if the message is larger, else taken.
    AtMost(usize),
    /// Redirected with this status to a URL; over gRPC as [`Status`](Self::Status).
    Redirect(u16, &'static str),
    /// Never answered.
    Hang,
}

/// How it is said when to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Not at all.
    Unsaid,
    /// Over HTTP by `Retry-After` in seconds, over gRPC by `RetryInfo`.
    After(Duration),
    /// Over HTTP by `Retry-After` as a date; gRPC has none.
    At(SystemTime),
    /// By `RetryInfo`, over HTTP in the body.
    Info(Duration),
}

/// Answers in the order in which they will be given.
#[derive(Debug, Default)]
pub(super) struct Script {
    state: Mutex<(VecDeque<Answer>, Answer)>,
}

// === impl Script ===

impl Script {
    pub(super) fn set(&self, standing: Answer) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = standing;
    }

    pub(super) fn queue(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .extend(answers);
    }

    pub(super) fn next(&self) -> Answer {
        let (queued, standing) = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        queued.pop_front().unwrap_or(*standing)
    }
}
