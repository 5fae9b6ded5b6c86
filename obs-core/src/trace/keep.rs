//! Requests that were left out and turn out to matter.

use std::time::Duration;

use crate::names::kept;

/// From which latency on a request counts as slow, see
/// [`ObsBuilder::keep_slower_than`](crate::ObsBuilder::keep_slower_than). A [`Duration`] converts into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlowThreshold {
    /// The same for all endpoints: what takes longer is slow.
    Duration(Duration),
    /// The 99th percentile of the requests with the same method and endpoint, from their histogram of durations: at most
    /// one in a hundred of them is slow.
    ///
    /// It is the bound of a bucket, the least that at most 1 % of the requests exceed; of what is beyond the last bound
    /// nothing is known, so it is never more than that. It follows the last 5 to 10 minutes, or all there ever was, if
    /// there were fewer than 100 requests in them. Before an endpoint has had 100 requests, none of it is slow.
    /// The histograms are read once a second at most for each endpoint.
    ///
    /// Layers without metrics have no histogram, and one of another recorder of the `metrics` facade can't be read:
    /// there, no request is slow.
    P99,
}

/// Which requests get their server span although the sampler left them out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Those that end in an error of the service.
    pub(crate) errors: bool,
    /// Those that take longer.
    pub(crate) slower_than: Option<SlowThreshold>,
}

// === impl SlowThreshold ===

impl SlowThreshold {
    /// Whether a request of this latency is slow; `p99` tells the percentile of its endpoint, if it is known.
    #[inline]
    pub(crate) fn is_exceeded(self, latency: Duration, p99: impl FnOnce() -> Option<Duration>) -> bool {
        let threshold = match self {
            Self::Duration(threshold) => Some(threshold),
            Self::P99 => p99(),
        };
        threshold.is_some_and(|threshold| latency > threshold)
    }
}

impl From<Duration> for SlowThreshold {
    fn from(threshold: Duration) -> Self {
        Self::Duration(threshold)
    }
}

// === impl Keep ===

impl Keep {
    pub(super) fn is_off(self) -> bool {
        !self.errors && self.slower_than.is_none()
    }

    /// Why a request that went so is kept, if it is; `p99` as for [`SlowThreshold::is_exceeded`].
    #[inline]
    pub(crate) fn reason(
        self,
        is_error: bool,
        latency: Duration,
        p99: impl FnOnce() -> Option<Duration>,
    ) -> Option<&'static str> {
        if self.errors && is_error {
            return Some(kept::ERROR);
        }
        self.slower_than
            .filter(|threshold| threshold.is_exceeded(latency, p99))
            .map(|_| kept::SLOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Duration = Duration::from_millis(100);
    const SLOW: Duration = Duration::from_millis(101);

    fn keep(errors: bool, slower_than: Option<SlowThreshold>) -> Keep {
        Keep { errors, slower_than }
    }

    fn reasons(keep: Keep, p99: Option<Duration>) -> [Option<&'static str>; 4] {
        [(false, FAST), (false, SLOW), (true, FAST), (true, SLOW)]
            .map(|(is_error, latency)| keep.reason(is_error, latency, || p99))
    }

    #[test]
    fn errors_and_slow_requests_are_kept_if_asked_for() {
        let (error, slow) = (Some(kept::ERROR), Some(kept::SLOW));
        let threshold = Some(FAST.into());
        assert_eq!(reasons(keep(true, threshold), None), [None, slow, error, error]);
        assert_eq!(reasons(keep(true, None), None), [None, None, error, error]);
        assert_eq!(reasons(keep(false, threshold), None), [None, slow, None, slow]);
        assert!(Keep::default().is_off() && !keep(true, None).is_off() && !keep(false, threshold).is_off());
    }

    #[test]
    fn by_the_percentile_nothing_is_slow_until_it_is_known() {
        let by_p99 = keep(false, Some(SlowThreshold::P99));
        assert_eq!(reasons(by_p99, None), [None; 4]);
        assert_eq!(
            reasons(by_p99, Some(FAST)),
            [None, Some(kept::SLOW), None, Some(kept::SLOW)]
        );
    }
}
