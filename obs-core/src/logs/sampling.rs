//! Which requests write no line.

use std::time::Duration;

use obs_base::InitError;

use obs_conventions::Outcome;

use super::RequestLine;
use crate::context::{RequestContext, TraceId};

/// What counts as slow if nothing else is said.
pub(super) const USUAL_SLOW: Duration = Duration::from_secs(1);

/// Writes the lines of a share of the requests that went well; of all others every one.
///
/// The share is decided by the trace id, with the arithmetic of the trace sampler: services agree on a
/// request, and where traces are sampled by the same ratio, the lines that stay are those that have a
/// trace. Nothing is drawn and nothing is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineSampler {
    /// Lines are kept if the 63 bits of the trace id that decide are below it.
    bound: u64,
    slow: Duration,
}

// === impl LineSampler ===

impl LineSampler {
    /// None if every line is written.
    pub(super) fn new(ratio: Option<f64>, slow: Option<Duration>) -> Result<Option<Self>, InitError> {
        let Some(ratio) = ratio else { return Ok(None) };
        if !(0.0..=1.0).contains(&ratio) {
            let expected = "a number from 0.0 (errors and slow requests only) to 1.0 (every request)";
            return Err(InitError::invalid("request_log_sample_ratio", ratio, expected));
        }
        let sampler = Self {
            bound: bound(ratio),
            slow: slow.unwrap_or(USUAL_SLOW),
        };
        Ok((ratio < 1.0).then_some(sampler))
    }

    /// Whether the line of a request that has ended is to be written.
    #[inline]
    pub(super) fn keeps(self, context: &RequestContext, request: &RequestLine<'_>) -> bool {
        request.outcome != Outcome::Ok || request.duration >= self.slow || is_below(self.bound, context.trace_id())
    }
}

/// As the SDK rounds it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "2^63 is a float without loss and the ratio is between 0 and 1"
)]
fn bound(ratio: f64) -> u64 {
    (ratio * (1_u64 << 63) as f64) as u64
}

/// Whether the id decides for it. The SDK drops the lowest of the lower 64 bits, so that is how it is
/// done.
#[inline]
fn is_below(bound: u64, trace_id: TraceId) -> bool {
    let deciding = (trace_id.get() & u128::from(u64::MAX)) >> 1;
    deciding < u128::from(bound)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanKind;
    use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_impossible_ratio_is_refused_by_name() {
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let error = LineSampler::new(Some(bad), None).unwrap_err().to_string();
            assert!(
                error.starts_with("request_log_sample_ratio is ") && error.contains("0.0"),
                "{error}"
            );
        }
    }

    #[test]
    fn without_a_ratio_below_one_nothing_is_left_out() {
        assert!(LineSampler::new(None, Some(Duration::ZERO)).unwrap().is_none());
        assert!(LineSampler::new(Some(1.0), None).unwrap().is_none());
        assert!(LineSampler::new(Some(0.0), None).unwrap().is_some());
    }

    proptest! {
        #[test]
        fn the_lines_that_stay_are_those_of_the_traces_that_the_sdk_keeps(id in 1_u128.., ratio in 0.0..=1.0) {
            let sdk = Sampler::TraceIdRatioBased(ratio);
            let decision = sdk.should_sample(None, id.into(), "x", &SpanKind::Server, &[], &[]).decision;
            let kept = is_below(bound(ratio), TraceId::new(id).unwrap());
            prop_assert_eq!(kept, decision == SamplingDecision::RecordAndSample);
        }
    }
}
