//! Which traces are recorded.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, SpanRef, TraceContextExt, TraceId as OtelTraceId, TraceState},
};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::{ids, settings::Env};
use crate::{
    context::{TraceFlags, TraceId},
    obs::InitError,
};

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

const KNOWN: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or \
                     parentbased_traceidratio";

/// The decision, made once per trace and before anything is built for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampler {
    /// Whether the caller's decision holds where there is a caller.
    parent_based: bool,
    /// New traces are recorded if the 63 bits that decide are below it.
    bound: u64,
}

/// [`Sampler`] as the SDK asks it, for spans that we don't start ourselves.
#[derive(Clone, Debug)]
pub(super) struct SdkSampler {
    sampler: Sampler,
    instance: u64,
}

fn ratio(setting: &'static str, value: f64) -> Result<u64, InitError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(bound(value));
    }
    Err(InitError::invalid(setting, value, "a number from 0.0 (record nothing) to 1.0 (record all)"))
}

/// The same rounding as in the SDK, so that services that decide by ratio agree on each trace.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "2^63 is a float without loss and the ratio is between 0 and 1"
)]
fn bound(ratio: f64) -> u64 {
    (ratio * Sampler::ALL as f64) as u64
}

// === impl Sampler ===

impl Sampler {
    /// One more than the greatest value of 63 bits.
    const ALL: u64 = 1 << 63;
    /// `parentbased_always_on`, the default of the standard.
    pub(super) const DEFAULT: Self = Self { parent_based: true, bound: Self::ALL };

    /// `code` is the ratio given to the builder; it beats the environment and lets the caller's
    /// decision hold. With neither, everything that the caller didn't leave out is recorded.
    pub(super) fn from_settings(code: Option<f64>, env: Env<'_>) -> Result<Self, InitError> {
        if let Some(given) = code {
            return Ok(Self { parent_based: true, bound: ratio("sample_ratio", given)? });
        }
        let Some(name) = env.get(SAMPLER) else { return Ok(Self { parent_based: true, bound: Self::ALL }) };
        let lower = name.to_ascii_lowercase();
        let root = lower.strip_prefix("parentbased_");
        let bound = match root.unwrap_or(&lower) {
            "always_on" => Self::ALL,
            "always_off" => 0,
            "traceidratio" => Self::ratio_from(env)?,
            _ => return Err(InitError::invalid(SAMPLER, name, KNOWN)),
        };
        Ok(Self { parent_based: root.is_some(), bound })
    }

    fn ratio_from(env: Env<'_>) -> Result<u64, InitError> {
        let Some(text) = env.get(SAMPLER_ARG) else { return Ok(Self::ALL) };
        match text.parse() {
            Ok(value) => ratio(SAMPLER_ARG, value),
            Err(_) => {
                Err(InitError::invalid(SAMPLER_ARG, text, "a number from 0.0 (record nothing) to 1.0 (record all)"))
            }
        }
    }

    /// Whether a trace that starts here is recorded.
    #[inline]
    pub(super) fn samples_root(self, trace_id: TraceId) -> bool {
        // The SDK drops the lowest of the lower 64 bits, so that is how it is done.
        let deciding = (trace_id.get() & u128::from(u64::MAX)) >> 1;
        deciding < u128::from(self.bound)
    }

    /// Whether a trace that came with `parent` is recorded.
    #[inline]
    pub(super) fn samples_child(self, parent: TraceFlags, trace_id: TraceId) -> bool {
        if self.parent_based { parent.is_sampled() } else { self.samples_root(trace_id) }
    }
}

// === impl SdkSampler ===

impl SdkSampler {
    pub(super) fn new(sampler: Sampler, instance: u64) -> Self {
        Self { sampler, instance }
    }

    fn samples(&self, parent: Option<&Context>, trace_id: OtelTraceId) -> bool {
        if ids::is_handed_over() {
            return true;
        }
        let Some(trace_id) = ids::trace_id(trace_id) else { return false };
        let parent = parent.map(TraceContextExt::span);
        match parent.as_ref().map(SpanRef::span_context).filter(|parent| parent.is_valid()) {
            Some(parent) => self.sampler.samples_child(ids::from_otel_flags(parent.trace_flags()), trace_id),
            // A request that is left out takes all that happens in it along.
            None => ids::request_decision(self.instance).unwrap_or_else(|| self.sampler.samples_root(trace_id)),
        }
    }
}

impl ShouldSample for SdkSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: OtelTraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let sampled = self.samples(parent, trace_id);
        SamplingResult {
            decision: if sampled { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
            attributes: Vec::new(),
            trace_state: parent
                .map_or_else(TraceState::default, |parent| parent.span().span_context().trace_state().clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ON: TraceFlags = TraceFlags::new_root(true);
    const OFF: TraceFlags = TraceFlags::new_root(false);

    fn from_env(sampler: &str, arg: Option<&str>) -> Result<Sampler, InitError> {
        let env = |name: &str| match name {
            SAMPLER => Some(sampler.to_owned()),
            SAMPLER_ARG => arg.map(str::to_owned),
            _ => None,
        };
        Sampler::from_settings(None, Env(&env))
    }

    fn from_code(ratio: f64) -> Result<Sampler, InitError> {
        Sampler::from_settings(Some(ratio), Env(&|_| Some("nonsense".to_owned())))
    }

    fn decisions(sampler: Sampler) -> [bool; 3] {
        let id = TraceId::new(1 << 63 | 5).unwrap();
        [sampler.samples_root(id), sampler.samples_child(ON, id), sampler.samples_child(OFF, id)]
    }

    #[test]
    fn each_sampler_of_the_standard_decides_as_it_says() {
        for (name, arg, expected) in [
            ("always_on", None, [true, true, true]),
            ("always_off", None, [false, false, false]),
            ("traceidratio", Some("0.25"), [false, false, false]),
            ("traceidratio", None, [true, true, true]),
            ("parentbased_always_on", Some("ignored"), [true, true, false]),
            ("parentbased_always_off", None, [false, true, false]),
            ("parentbased_traceidratio", Some("0.25"), [false, true, false]),
            ("ParentBased_TraceIdRatio", Some(" 1 "), [true, true, false]),
            ("", None, [true, true, false]),
        ] {
            assert_eq!(decisions(from_env(name, arg).unwrap()), expected, "{name} {arg:?}");
        }
    }

    #[test]
    fn a_ratio_from_code_beats_the_environment_and_lets_the_caller_decide() {
        assert_eq!(decisions(from_code(0.0).unwrap()), [false, true, false]);
        assert_eq!(decisions(from_code(1.0).unwrap()), [true, true, false]);
    }

    #[test]
    fn an_impossible_ratio_is_refused_by_name() {
        for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            let error = from_code(bad).unwrap_err().to_string();
            assert!(error.starts_with("sample_ratio is ") && error.contains("0.0"), "{error}");
        }
        for bad in ["NaN", "2", "-1", "half"] {
            let error = from_env("traceidratio", Some(bad)).unwrap_err().to_string();
            assert!(error.starts_with("OTEL_TRACES_SAMPLER_ARG is ") && error.contains(bad), "{error}");
        }
    }

    #[test]
    fn an_unknown_sampler_is_refused_by_name() {
        for bad in ["jaeger_remote", "xray", "parentbased_", "on"] {
            let error = from_env(bad, None).unwrap_err().to_string();
            assert!(error.starts_with("OTEL_TRACES_SAMPLER is ") && error.contains("parentbased_always_on"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn we_decide_by_ratio_as_the_sdk_does(id in 1u128.., ratio in 0.0f64..=1.0) {
            let theirs = opentelemetry_sdk::trace::Sampler::TraceIdRatioBased(ratio)
                .should_sample(None, OtelTraceId::from(id), "", &SpanKind::Server, &[], &[])
                .decision;
            let ours = from_code(ratio).unwrap().samples_root(TraceId::new(id).unwrap());
            prop_assert_eq!(ours, theirs == SamplingDecision::RecordAndSample);
        }
    }
}
