//! The state machine of one alert, the same as in Prometheus.

use std::time::Duration;

use crate::time::Moment;

/// The phase of an active alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The condition holds, but not yet for `for`.
    Pending {
        /// When it began.
        since: Moment,
    },
    /// The alert fires.
    Firing {
        /// When the condition began.
        since: Moment,
        /// When it had held for `for`.
        fired: Moment,
        /// When the condition ended, during `keep_firing_for`.
        ended: Option<Moment>,
    },
}

/// The durations of a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// `for`
    pub(crate) hold_for: Duration,
    /// `keep_firing_for`
    pub(crate) keep_firing_for: Duration,
}

// === impl Phase ===

impl Phase {
    pub(crate) const fn is_firing(self) -> bool {
        matches!(self, Self::Firing { .. })
    }

    pub(crate) const fn since(self) -> Moment {
        match self {
            Self::Pending { since } | Self::Firing { since, .. } => since,
        }
    }

    /// The phase after an evaluation in which the condition `holds` or not; `None` is inactive.
    pub(crate) fn next(phase: Option<Self>, holds: bool, now: Moment, times: Times) -> Option<Self> {
        match (phase, holds) {
            (None | Some(Self::Pending { .. }), false) => None,
            (None, true) => Some(Self::held(now, now, times)),
            (Some(Self::Pending { since }), true) => Some(Self::held(since, now, times)),
            (Some(Self::Firing { since, fired, .. }), true) => Some(Self::Firing {
                since,
                fired,
                ended: None,
            }),
            (Some(Self::Firing { since, fired, ended }), false) => {
                let ended = ended.unwrap_or(now);
                let is_kept = now.since(ended) < times.keep_firing_for;
                is_kept.then_some(Self::Firing {
                    since,
                    fired,
                    ended: Some(ended),
                })
            }
        }
    }

    fn held(since: Moment, now: Moment, times: Times) -> Self {
        if now.since(since) >= times.hold_for {
            Self::Firing {
                since,
                fired: now,
                ended: None,
            }
        } else {
            Self::Pending { since }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::new(
            Duration::from_secs(seconds),
            Duration::from_secs(1_700_000_000 + seconds),
        )
    }

    /// Evaluates every 10 seconds and writes a letter for each phase: inactive, pending, firing.
    fn run(hold_for: u64, keep_firing_for: u64, holds: &str) -> String {
        let times = Times {
            hold_for: Duration::from_secs(hold_for),
            keep_firing_for: Duration::from_secs(keep_firing_for),
        };
        let mut phase = None;
        let letter = |(tick, holds): (usize, char)| {
            phase = Phase::next(phase, holds == 'x', at(tick as u64 * 10), times);
            match phase {
                None => 'i',
                Some(Phase::Pending { .. }) => 'p',
                Some(Phase::Firing { .. }) => 'f',
            }
        };
        holds.chars().enumerate().map(letter).collect()
    }

    #[test]
    fn phases_follow_for_and_keep_firing_for() {
        // for, keep_firing_for, condition, phases
        let table = [
            (0, 0, "-xx-", "iffi"),
            (20, 0, "xxxx-", "ppffi"),
            (20, 0, "xx-xxx", "ppippf"),
            (15, 0, "xxx", "ppf"),
            (0, 20, "x---x", "fffif"),
            (0, 20, "x-x---", "fffffi"),
            (20, 20, "xxx---x", "ppfffip"),
        ];
        for (hold_for, keep, holds, phases) in table {
            assert_eq!(
                run(hold_for, keep, holds),
                phases,
                "for {hold_for}, keep {keep}, {holds}"
            );
        }
    }

    #[test]
    fn an_alert_that_fires_again_while_it_is_kept_has_never_stopped() {
        let times = Times {
            hold_for: Duration::ZERO,
            keep_firing_for: Duration::from_secs(60),
        };
        let first = Phase::next(None, true, at(0), times);
        let kept = Phase::next(first, false, at(10), times);
        assert_eq!(Phase::next(kept, true, at(20), times), first);
    }
}
