//! What the receiver answers.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
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
    /// Never answered.
    Hang,
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.extend(answers);
    }

    pub(super) fn next(&self) -> Answer {
        let (queued, standing) = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        queued.pop_front().unwrap_or(*standing)
    }
}
