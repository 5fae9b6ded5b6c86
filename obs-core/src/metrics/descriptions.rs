//! What the application says of its metrics, and which metric it says it of.

use std::{borrow::Cow, collections::HashMap};

use obs_base::sorting::sort_by;

use super::meta;
use crate::names::MetricType;

/// The longest unit is of three words: `gigabits_per_second`.
const WORDS_OF_A_UNIT: usize = 3;

/// Unit and help text of a metric.
#[derive(Clone, Debug)]
pub(super) struct Description {
    pub(super) unit: &'static str,
    pub(super) help: Cow<'static, str>,
}

/// The descriptions of all metrics.
///
/// They are kept under plain names (see [`plain_name`](meta::plain_name)), and found under those
/// that differ from these by the unit: what is described as `latency_seconds`, in seconds, is said of
/// `latency` too, and the other way round, as the page calls both `latency_seconds`. A metric of
/// exactly the described name comes first: where there is one, it has the description for itself.
#[derive(Debug, Default)]
pub(super) struct Descriptions {
    of_type: HashMap<MetricType, OfType>,
}

#[derive(Debug, Default)]
struct OfType {
    by_name: HashMap<String, Description>,
    /// Names that end in their unit, by what they are without it.
    with_unit: HashMap<String, String>,
}

// === impl Descriptions ===

impl Descriptions {
    /// Keeps what is said of the metric with this plain name, and returns the plain names of all
    /// metrics that it may be said of. At most `limit` descriptions of a type are kept.
    pub(super) fn insert(
        &mut self,
        metric_type: MetricType,
        plain: &str,
        description: Description,
        limit: usize,
    ) -> Vec<String> {
        let of_type = self.of_type.entry(metric_type).or_default();
        if of_type.by_name.len() >= limit && !of_type.by_name.contains_key(plain) {
            return Vec::new();
        }
        let unit = description.unit;
        if let Some(front) = meta::without_unit(plain, unit) {
            of_type
                .with_unit
                .entry(front.to_owned())
                .or_insert_with(|| plain.to_owned());
        }
        let before = of_type.by_name.insert(plain.to_owned(), description);
        let mut names = vec![plain.to_owned()];
        // Also those that lose what was said before.
        for unit in before.map(|before| before.unit).into_iter().chain([unit]) {
            names.push(meta::with_unit(plain, unit));
            names.extend(meta::without_unit(plain, unit).map(str::to_owned));
        }
        sort_by(&mut names, Ord::cmp);
        names.dedup();
        names
    }

    /// The description of the metric with this plain name; `is_metric` returns whether there is a metric of
    /// exactly another name.
    pub(super) fn get(
        &self,
        metric_type: MetricType,
        plain: &str,
        is_metric: impl Fn(&str) -> bool,
    ) -> Option<&Description> {
        let of_type = self.of_type.get(&metric_type)?;
        let exact = of_type.by_name.get(plain);
        exact
            .or_else(|| of_type.without_unit(plain, &is_metric))
            .or_else(|| of_type.with_unit(plain, &is_metric))
    }

    /// The plain name of the metric that goes by the description of `plain` as long as there is no
    /// metric of exactly this name.
    pub(super) fn borrower<'a>(&self, metric_type: MetricType, plain: &'a str) -> Option<&'a str> {
        let unit = self.of_type.get(&metric_type)?.by_name.get(plain)?.unit;
        meta::without_unit(plain, unit)
    }
}

// === impl OfType ===

impl OfType {
    /// What is said of `latency` in seconds, for `latency_seconds`.
    fn without_unit(&self, plain: &str, is_metric: impl Fn(&str) -> bool) -> Option<&Description> {
        plain.rmatch_indices('_').take(WORDS_OF_A_UNIT).find_map(|(at, _)| {
            let (front, unit) = (&plain[..at], &plain[at + 1..]);
            self.by_name
                .get(front)
                .filter(|described| described.unit == unit && !is_metric(front))
        })
    }

    /// What is said of `latency_seconds` in seconds, for `latency`.
    fn with_unit(&self, plain: &str, is_metric: impl Fn(&str) -> bool) -> Option<&Description> {
        let name = self.with_unit.get(plain)?;
        let described = self.by_name.get(name)?;
        (meta::without_unit(name, described.unit) == Some(plain) && !is_metric(name)).then_some(described)
    }
}
