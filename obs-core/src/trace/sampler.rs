//! Which traces are recorded.

use std::sync::Arc;

use obs_base::{InitError, sorting::sort_by};
use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, SpanRef, TraceContextExt, TraceId as OtelTraceId, TraceState},
};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::{
    ids,
    rate_limit::RateLimit,
    sampling::{RouteSampling, Sampling},
    sampling_boost::SamplingBoosts,
};
use crate::{
    context::{TraceFlags, TraceId},
    environment::Env,
};

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

const KNOWN: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or \
                     parentbased_traceidratio";

/// The decision, made once per trace and before anything is built for it.
#[derive(Debug)]
pub(super) struct Sampler {
    /// Whether the caller's decision holds where there is a caller.
    parent_based: bool,
    /// New traces are recorded if the 63 bits that decide are below it.
    bound: u64,
    /// What is said of single routes, by length and text of their templates.
    routes: Vec<(Box<str>, Rule)>,
    limit: Option<RateLimit>,
    boosts: SamplingBoosts,
}

/// What is said of a route, ready for use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Always,
    Never,
    Below(u64),
}

/// What a sampler of the environment does with new traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Always,
    Never,
    Ratio,
}

/// [`Sampler`] as the SDK calls it, for spans that we don't start ourselves.
#[derive(Clone, Debug)]
pub(super) struct SdkSampler {
    sampler: Arc<Sampler>,
    instance: u64,
}

pub(super) fn ratio(setting: &'static str, value: f64) -> Result<u64, InitError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(bound(value));
    }
    Err(InitError::invalid(
        setting,
        value,
        "a number from 0.0 (record nothing) to 1.0 (record all)",
    ))
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

/// Whether the bits of the id that decide are below `bound`. The SDK drops the lowest of the lower
/// 64 bits, so that is how it is done.
#[inline]
fn is_below(bound: u64, trace_id: TraceId) -> bool {
    let deciding = (trace_id.get() & u128::from(u64::MAX)) >> 1;
    deciding < u128::from(bound)
}

// === impl Sampler ===

impl Sampler {
    /// One more than the greatest value of 63 bits.
    const ALL: u64 = 1 << 63;

    /// `code` is the ratio given to the builder; it beats the environment and lets the caller's
    /// decision hold. With neither, everything that the caller didn't leave out is recorded.
    pub(super) fn from_settings(code: Option<f64>, sampling: &Sampling, env: Env<'_>) -> Result<Self, InitError> {
        let general = match code {
            Some(given) => Self {
                bound: ratio("sample_ratio", given)?,
                ..Self::default()
            },
            None => Self::from_env(env),
        };
        let mut routes = Vec::with_capacity(sampling.routes.len());
        for (template, of_route) in &sampling.routes {
            routes.push((Box::from(template.as_str()), Rule::of(*of_route)?));
        }
        sort_by(&mut routes, |(one, _), (other, _)| order(one, other));
        Ok(Self {
            routes,
            limit: sampling.per_second.map(RateLimit::new).transpose()?,
            ..general
        })
    }

    fn from_env(env: Env<'_>) -> Self {
        const WORDS: [(&str, (bool, Root)); 6] = [
            ("always_on", (false, Root::Always)),
            ("always_off", (false, Root::Never)),
            ("traceidratio", (false, Root::Ratio)),
            ("parentbased_always_on", (true, Root::Always)),
            ("parentbased_always_off", (true, Root::Never)),
            ("parentbased_traceidratio", (true, Root::Ratio)),
        ];
        let known = env.keyword([SAMPLER], &WORDS, KNOWN);
        let (parent_based, root) = known.unwrap_or((true, Root::Always));
        let ratio = env.get(SAMPLER_ARG);
        if let (Root::Always | Root::Never, Some(_)) = (root, &ratio) {
            env.notice(format!(
                "{SAMPLER_ARG} is ignored: the sampler, which {SAMPLER} names, takes no ratio"
            ));
        }
        let bound = match root {
            Root::Always => Self::ALL,
            Root::Never => 0,
            Root::Ratio => ratio.map_or(Self::ALL, |text| Self::ratio_from(&text, env)),
        };
        Self {
            parent_based,
            bound,
            ..Self::default()
        }
    }

    fn ratio_from(text: &str, env: Env<'_>) -> u64 {
        if let Some(bound) = text.parse().ok().and_then(|value| ratio(SAMPLER_ARG, value).ok()) {
            return bound;
        }
        env.ignore(
            SAMPLER_ARG,
            text,
            "a number from 0.0 (record nothing) to 1.0 (record all)",
        );
        Self::ALL
    }

    /// Whether a trace that starts here, at this route, is recorded. Asked once for each trace: one
    /// that is takes from the limit.
    #[inline]
    pub(super) fn samples_root(&self, trace_id: TraceId, route: Option<&str>) -> bool {
        self.samples_usually(trace_id, route) || self.boosts.bound(route).is_some_and(|bound| is_below(bound, trace_id))
    }

    #[inline]
    fn samples_usually(&self, trace_id: TraceId, route: Option<&str>) -> bool {
        let bound = match route.and_then(|route| self.rule(route)) {
            Some(Rule::Always) => return true,
            Some(Rule::Never) => return false,
            Some(Rule::Below(bound)) => bound,
            None => self.bound,
        };
        is_below(bound, trace_id) && self.limit.as_ref().is_none_or(RateLimit::take)
    }

    /// What is boosted for a time.
    pub(super) fn boosts(&self) -> &SamplingBoosts {
        &self.boosts
    }

    /// Whether a trace that came with `parent` is recorded.
    #[inline]
    pub(super) fn samples_child(&self, parent: TraceFlags, trace_id: TraceId, route: Option<&str>) -> bool {
        if self.parent_based {
            parent.is_sampled()
        } else {
            self.samples_root(trace_id, route)
        }
    }

    #[inline]
    fn rule(&self, route: &str) -> Option<Rule> {
        if self.routes.is_empty() {
            return None;
        }
        let found = self.routes.binary_search_by(|(template, _)| order(template, route));
        found.ok().map(|at| self.routes[at].1)
    }
}

/// `parentbased_always_on`, the default of the standard.
impl Default for Sampler {
    fn default() -> Self {
        Self {
            parent_based: true,
            bound: Self::ALL,
            routes: Vec::new(),
            limit: None,
            boosts: SamplingBoosts::default(),
        }
    }
}

/// Lengths differ more often than first letters do, which are all a slash.
fn order(one: &str, other: &str) -> std::cmp::Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

// === impl Rule ===

impl Rule {
    fn of(route: RouteSampling) -> Result<Self, InitError> {
        Ok(match route {
            RouteSampling::Always => Self::Always,
            RouteSampling::Never => Self::Never,
            RouteSampling::Ratio(value) => Self::Below(ratio("sampling.route", value)?),
        })
    }
}

// === impl SdkSampler ===

impl SdkSampler {
    pub(super) fn new(sampler: Arc<Sampler>, instance: u64) -> Self {
        Self { sampler, instance }
    }

    fn samples(&self, parent: Option<&Context>, trace_id: OtelTraceId) -> bool {
        if ids::is_handed_over() {
            return true;
        }
        let Some(trace_id) = ids::trace_id(trace_id) else {
            return false;
        };
        let parent = parent.map(TraceContextExt::span);
        match parent
            .as_ref()
            .map(SpanRef::span_context)
            .filter(|parent| parent.is_valid())
        {
            Some(parent) => self
                .sampler
                .samples_child(ids::from_otel_flags(parent.trace_flags()), trace_id, None),
            // A request that is left out takes all that happens in it along.
            None => ids::request_decision(self.instance).unwrap_or_else(|| self.sampler.samples_root(trace_id, None)),
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
            decision: if sampled {
                SamplingDecision::RecordAndSample
            } else {
                SamplingDecision::Drop
            },
            attributes: Vec::new(),
            trace_state: parent.map_or_else(TraceState::default, |parent| {
                parent.span().span_context().trace_state().clone()
            }),
        }
    }
}

#[cfg(test)]
#[path = "sampler_tests.rs"]
mod tests;
