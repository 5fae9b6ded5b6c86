//! Requests that were left out and turn out to matter.

use std::time::Duration;

use crate::names::kept;

/// Which requests get their server span although the sampler left them out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Those that end in an error of the service.
    pub(crate) errors: bool,
    /// Those that take longer.
    pub(crate) slower_than: Option<Duration>,
}

// === impl Keep ===

impl Keep {
    pub(super) fn is_off(self) -> bool {
        !self.errors && self.slower_than.is_none()
    }

    /// Why a request that went so is kept, if it is.
    #[inline]
    pub(crate) fn reason(self, is_error: bool, duration: Duration) -> Option<&'static str> {
        if self.errors && is_error {
            return Some(kept::ERROR);
        }
        self.slower_than
            .filter(|threshold| duration > *threshold)
            .map(|_| kept::SLOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_slow_requests_are_kept_if_asked_for() {
        let (fast, slow) = (Duration::from_millis(100), Duration::from_millis(101));
        let both = Keep {
            errors: true,
            slower_than: Some(fast),
        };
        assert_eq!(
            (both.reason(false, fast), both.reason(false, slow)),
            (None, Some(kept::SLOW))
        );
        assert_eq!(
            (both.reason(true, fast), both.reason(true, slow)),
            (Some(kept::ERROR), Some(kept::ERROR))
        );
        let errors = Keep {
            errors: true,
            slower_than: None,
        };
        assert_eq!(
            (errors.reason(false, slow), errors.reason(true, fast)),
            (None, Some(kept::ERROR))
        );
        let slow_ones = Keep {
            errors: false,
            slower_than: Some(fast),
        };
        assert_eq!(
            (slow_ones.reason(true, fast), slow_ones.reason(true, slow)),
            (None, Some(kept::SLOW))
        );
        assert!(Keep::default().is_off() && !errors.is_off() && !slow_ones.is_off());
    }
}
